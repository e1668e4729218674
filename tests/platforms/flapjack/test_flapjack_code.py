"""Code agents and code sessions, through the client."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest
from flapjack_kit import last_body
from service import KEY

from flexsdk import Flapjack
from flexsdk.errors import ConfigError, Conflict, ConnectionLost, NotFound
from flexsdk.platforms.flapjack import CodeSession, CodeSessionStart
from flexsdk.platforms.flapjack.code_sessions import GET
from flexsdk.protocol.redact import Secret
from flexsdk.sandbox import Fault, Sandbox

CURSOR_KEY = "cur_test_0123456789abcdef"


class Moment:
    """A clock of the sandbox that stands still until it is moved."""

    def __init__(self) -> None:
        self.now = 1_741_500_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def moment() -> Moment:
    return Moment()


@pytest.fixture
async def sandbox(moment: Moment) -> AsyncIterator[Sandbox]:
    async with Sandbox(platforms=("flapjack",), clock=moment, run_seconds=100.0) as sandbox:
        yield sandbox
    assert sandbox.violations == []


async def start(flapjack: Flapjack, prompt: str = "Mend the tests") -> CodeSession:
    template = await flapjack.code_agents.list().first()
    assert template is not None
    return await flapjack.code_sessions.start(template.id, prompt)


async def test_templates_are_made_read_changed_listed_and_deleted(
    flapjack: Flapjack, sandbox: Sandbox
) -> None:
    made = await flapjack.code_agents.create(
        "Fixer",
        model_params={"effort": "high"},
        default_repo_url="https://git.example.com/a",
        auto_create_pr=True,
        preamble=None,
    )
    assert last_body(sandbox) == {
        "name": "Fixer",
        "modelParams": {"effort": "high"},
        "defaultRepoUrl": "https://git.example.com/a",
        "autoCreatePr": True,
        "preamble": None,
    }
    assert (made.model_id, made.auto_create_pr) == ("auto", True)
    assert await flapjack.code_agents.get(made.id) == made

    changed = await flapjack.code_agents.update(made.id, default_repo_url=None, skip_reviewer_request=True)
    assert last_body(sandbox) == {"defaultRepoUrl": None, "skipReviewerRequest": True}
    assert (changed.name, changed.default_repo_url, changed.skip_reviewer_request) == ("Fixer", None, True)
    assert changed in await flapjack.code_agents.list().collect()

    await flapjack.code_agents.delete(made.id)
    with pytest.raises(NotFound, match="Code agent not found"):
        await flapjack.code_agents.get(made.id)


async def test_templates_of_another_organization_are_asked_for(flapjack: Flapjack, sandbox: Sandbox) -> None:
    assert await flapjack.code_agents.list(org_id="other").collect() == []

    assert sandbox.flapjack.requests[-1].query == {"orgId": "other"}


async def test_a_session_goes_through_its_states_to_a_pull_request(
    flapjack: Flapjack, moment: Moment
) -> None:
    session = await start(flapjack)
    seen = [(session.status, session.branch_name, session.pr_url)]
    for _ in range(3):
        moment.now += 35
        session = await flapjack.code_sessions.get(session.id)
        seen.append((session.status, session.branch_name, session.pr_url))

    branch, request = session.branch_name, session.pr_url
    assert (branch is not None, request) == (True, "https://git.example.com/shop/pull/1")
    assert seen == [
        ("pending", None, None),
        ("creating", None, None),
        ("running", branch, None),
        ("finished", branch, request),
    ]
    assert [message.prompt for message in session.messages] == ["Mend the tests"]


async def test_the_timeline_grows_and_keeps_its_order(flapjack: Flapjack, moment: Moment) -> None:
    session = await start(flapjack)
    before = await flapjack.code_sessions.events.list(session.id).collect()
    moment.now += 70
    during = await flapjack.code_sessions.events.list(session.id).collect()
    moment.now += 30
    after = await flapjack.code_sessions.events.list(session.id).collect()

    assert [event.type for event in before] == ["prompt"]
    assert [event.type for event in during] == ["prompt", "stdout", "tool_call"]
    assert [event.type for event in after[3:]] == ["file_edit", "status"]
    assert after[:3] == during
    assert after[-1].payload == {"status": "finished"}
    assert {event.session_id for event in after} == {session.id}


async def test_the_timeline_is_read_on_from_an_event(
    flapjack: Flapjack, moment: Moment, sandbox: Sandbox
) -> None:
    session = await start(flapjack)
    moment.now += 100
    events = await flapjack.code_sessions.events.list(session.id).collect()

    rest = await flapjack.code_sessions.events.list(session.id, after=events[1].id, limit=2).collect()

    assert rest == events[2:4]
    assert sandbox.flapjack.requests[-1].query == {"after": events[1].id, "limit": "2"}


async def test_a_follow_up_makes_a_finished_session_run_again(
    flapjack: Flapjack, moment: Moment, sandbox: Sandbox
) -> None:
    session = await start(flapjack)
    moment.now += 100

    message = await flapjack.code_sessions.messages.send(session.id, "And the docs")
    assert last_body(sandbox) == {"prompt": "And the docs"}
    again = await flapjack.code_sessions.get(session.id)
    moment.now += 100
    ended = await flapjack.code_sessions.get(session.id)

    assert (message.session_id, message.prompt) == (session.id, "And the docs")
    assert (again.status, ended.status) == ("running", "finished")
    assert again.updated_at != session.updated_at
    assert [each.prompt for each in ended.messages] == ["Mend the tests", "And the docs"]
    events = await flapjack.code_sessions.events.list(session.id).collect()
    assert [event.type for event in events].count("status") == 2


@pytest.mark.parametrize(("prompt", "status"), [("Please fail", "error"), ("Let it expire", "expired")])
async def test_a_session_that_ended_badly_takes_no_follow_up(
    flapjack: Flapjack, moment: Moment, prompt: str, status: str
) -> None:
    session = await start(flapjack, prompt)
    moment.now += 100

    assert (await flapjack.code_sessions.get(session.id)).status == status
    with pytest.raises(Conflict):
        await flapjack.code_sessions.messages.send(session.id, "Once more")


async def test_a_cancelled_session_stays_as_it_was(flapjack: Flapjack, moment: Moment) -> None:
    session = await start(flapjack)
    moment.now += 50
    cancelled = await flapjack.code_sessions.cancel(session.id)
    moment.now += 100

    assert cancelled.status == "cancelled"
    assert (await flapjack.code_sessions.get(session.id)).status == "cancelled"
    assert len(await flapjack.code_sessions.events.list(session.id).collect()) == 2
    with pytest.raises(Conflict, match="cancelled already"):
        await flapjack.code_sessions.cancel(session.id)
    with pytest.raises(Conflict):
        await flapjack.code_sessions.messages.send(session.id, "Once more")


async def test_an_archived_session_takes_no_follow_up(flapjack: Flapjack, moment: Moment) -> None:
    session = await start(flapjack)
    moment.now += 100

    archived = await flapjack.code_sessions.archive(session.id)
    again = await flapjack.code_sessions.archive(session.id)

    assert archived.archived_at is not None
    assert (archived.status, again.archived_at) == ("finished", archived.archived_at)
    with pytest.raises(Conflict, match="archived"):
        await flapjack.code_sessions.messages.send(session.id, "Once more")


async def test_sessions_are_listed_by_template_and_state(
    flapjack: Flapjack, moment: Moment, sandbox: Sandbox
) -> None:
    done = await start(flapjack)
    moment.now += 100
    fresh = await start(flapjack)
    sessions = flapjack.code_sessions

    assert [each.id async for each in sessions.list()] == [fresh.id, done.id]
    finished = await sessions.list(
        org_id=done.org_id, code_agent_id=done.code_agent_id, status="finished"
    ).collect()
    assert [each.id for each in finished] == [done.id]
    assert set(sandbox.flapjack.requests[-1].query) == {"orgId", "codeAgentId", "status"}


async def test_a_title_is_changed(flapjack: Flapjack, sandbox: Sandbox) -> None:
    session = await start(flapjack)

    changed = await flapjack.code_sessions.update(session.id, title="Tests")

    assert last_body(sandbox) == {"title": "Tests"}
    assert (changed.title, changed.id) == ("Tests", session.id)


@pytest.mark.parametrize("key", [CURSOR_KEY, Secret(CURSOR_KEY)], ids=["text", "secret"])
async def test_the_cursor_key_is_sent_and_shows_nowhere_else(
    flapjack: Flapjack, sandbox: Sandbox, key: str | Secret, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(0)
    template = (await flapjack.code_agents.list().collect())[1]

    session = await flapjack.code_sessions.start(
        template.id, "Mend", repo_url="https://git.example.com/b", cursor_api_key=key
    )

    assert last_body(sandbox) == {
        "codeAgentId": template.id,
        "prompt": "Mend",
        "repoUrl": "https://git.example.com/b",
        "cursorApiKey": CURSOR_KEY,
    }
    whole = await flapjack.code_sessions.get(session.id)
    events = await flapjack.code_sessions.events.list(session.id).collect()
    assert CURSOR_KEY not in f"{session!r} {whole!r} {events!r} {caplog.text}"


async def test_an_error_of_a_start_does_not_hold_the_cursor_key(flapjack: Flapjack) -> None:
    with pytest.raises(NotFound) as missing:
        await flapjack.code_sessions.start("none", "Mend", cursor_api_key=CURSOR_KEY)

    assert CURSOR_KEY not in f"{missing.value!r} {missing.value} {vars(missing.value)}"


def test_the_body_of_a_start_keeps_the_key_out_of_its_repr() -> None:
    body = CodeSessionStart(code_agent_id="a", prompt="Mend", cursor_api_key=CURSOR_KEY)

    assert repr(body) == "CodeSessionStart(code_agent_id='a', prompt='Mend', …)"
    assert CURSOR_KEY not in f"{body} {[body]}"


PROMPTS: dict[str, Callable[[Flapjack, CodeSession], Awaitable[Any]]] = {
    "code_sessions_start": lambda client, session: start(client),
    "code_sessions_messages_send": lambda client, session: client.code_sessions.messages.send(
        session.id, "Once more"
    ),
}


@pytest.mark.parametrize("operation", PROMPTS)
async def test_no_prompt_is_sent_twice_when_the_answer_is_lost(
    flapjack: Flapjack, sandbox: Sandbox, operation: str
) -> None:
    session = await start(flapjack)
    sandbox.flapjack.faults.add(Fault.reset(acted=True), operation=operation)
    before = len(sandbox.flapjack.calls(operation))

    with pytest.raises(ConnectionLost):
        await PROMPTS[operation](flapjack, session)

    assert len(sandbox.flapjack.calls(operation)) == before + 1


def test_a_limit_out_of_range_is_refused() -> None:
    with pytest.raises(ConfigError, match="limit must be 1 or more"):
        Flapjack(KEY).code_sessions.events.list("s", limit=0)


def test_new_words_and_errors_of_any_shape_decode() -> None:
    session = GET.decode(b'{"id":"s","status":"dreaming","error":{"code":7},"new":1}')

    assert (session.status, session.error) == ("dreaming", {"code": 7})
