"""Flapjack code agents and sessions: what the client's tests do not see."""

from __future__ import annotations

from typing import Any

import pytest
from sandbox_kit import Ask, Clock, bearer

from flexsdk.sandbox import Sandbox
from flexsdk.sandbox.flapjack import Flapjack

KEY = "cur_test_0123456789abcdef"


async def start(flapjack: Flapjack, ask: Ask, **body: Any) -> dict[str, Any]:
    template = (await ask(flapjack, "GET", "/api/code-agents")).json()[0]
    whole = {"codeAgentId": template["id"], "prompt": "Mend", **body}
    session: dict[str, Any] = (await ask(flapjack, "POST", "/api/code-sessions", json=whole)).json()
    return session


async def test_a_session_takes_what_it_is_not_given_from_its_template(
    flapjack: Flapjack, ask: Ask, sandbox: Sandbox
) -> None:
    sandbox.run_seconds = 0.0
    plain = await start(flapjack, ask)
    own = await start(flapjack, ask, repoUrl="https://git.example.com/own", modelId="m", autoCreatePr=False)

    assert (plain["repo_url"], plain["model_id"]) == ("https://git.example.com/shop", "auto")
    assert plain["pr_url"] == "https://git.example.com/shop/pull/1"
    assert (own["repo_url"], own["model_id"], own["pr_url"]) == ("https://git.example.com/own", "m", None)


async def test_a_session_without_a_repository_opens_no_pull_request(
    flapjack: Flapjack, ask: Ask, sandbox: Sandbox
) -> None:
    sandbox.run_seconds = 0.0
    template = (await ask(flapjack, "GET", "/api/code-agents")).json()[1]

    session = await start(flapjack, ask, codeAgentId=template["id"], autoCreatePr=True)

    assert (session["status"], session["repo_url"], session["pr_url"]) == ("finished", None, None)


async def test_a_cursor_key_stands_in_no_answer(flapjack: Flapjack, ask: Ask) -> None:
    session = await start(flapjack, ask, cursorApiKey=KEY)

    read = await ask(flapjack, "GET", f"/api/code-sessions/{session['id']}")
    events = await ask(flapjack, "GET", f"/api/code-sessions/{session['id']}/events")

    assert KEY not in f"{session} {read.body!r} {events.body!r}"


async def test_sessions_stay_when_their_template_is_deleted(flapjack: Flapjack, ask: Ask) -> None:
    session = await start(flapjack, ask)
    await ask(flapjack, "DELETE", f"/api/code-agents/{session['code_agent_id']}")

    read = await ask(flapjack, "GET", f"/api/code-sessions/{session['id']}")
    again = await ask(
        flapjack,
        "POST",
        "/api/code-sessions",
        json={"codeAgentId": session["code_agent_id"], "prompt": "Mend"},
    )

    assert (read.status, again.status) == (200, 404)


@pytest.mark.parametrize(
    ("after", "limit", "count"), [("none", 10, 5), ("", 2, 2), ("", 0, 0), ("", -3, 0)], ids=str
)
async def test_an_unknown_event_leaves_the_timeline_whole_and_a_limit_cuts_it(
    flapjack: Flapjack, ask: Ask, clock: Clock, after: str, limit: int, count: int
) -> None:
    session = await start(flapjack, ask)
    clock.now += 1

    query = f"?after={after}&limit={limit}"
    events = (await ask(flapjack, "GET", f"/api/code-sessions/{session['id']}/events{query}")).json()

    assert len(events) == count


async def test_a_follow_up_may_come_while_the_session_works(
    flapjack: Flapjack, ask: Ask, clock: Clock, sandbox: Sandbox
) -> None:
    sandbox.run_seconds = 100.0
    session = await start(flapjack, ask)
    clock.now += 50
    path = f"/api/code-sessions/{session['id']}"

    sent = await ask(flapjack, "POST", f"{path}/messages", json={"prompt": "Faster"})
    clock.now += 60
    read = await ask(flapjack, "GET", path)

    assert (sent.status, read.json()["status"]) == (201, "running")


@pytest.mark.parametrize("prompt", ["", "  "])
async def test_a_prompt_without_words_is_refused(flapjack: Flapjack, ask: Ask, prompt: str) -> None:
    session = await start(flapjack, ask)

    reply = await ask(
        flapjack, "POST", f"/api/code-sessions/{session['id']}/messages", json={"prompt": prompt}
    )

    assert (reply.status, reply.json()["detail"]) == (400, "prompt is required")


async def test_what_a_demo_key_writes_is_not_kept(flapjack: Flapjack, ask: Ask) -> None:
    demo = bearer(flapjack.issue(plan="demo"))
    session = await start(flapjack, ask)
    path = f"/api/code-sessions/{session['id']}"

    title = await ask(flapjack, "PATCH", path, json={"title": "T"}, headers=demo)
    sent = await ask(flapjack, "POST", f"{path}/messages", json={"prompt": "More"}, headers=demo)
    archived = await ask(flapjack, "POST", f"{path}/archive", headers=demo)
    cancelled = await ask(flapjack, "POST", f"{path}/cancel", headers=demo)

    assert (title.json()["title"], archived.json()["archived_at"] is None) == ("T", False)
    assert (sent.status, cancelled.status) == (201, 200)
    read = (await ask(flapjack, "GET", path)).json()
    assert (read["title"], read["archived_at"], read["status"]) == (None, None, "pending")
    assert len(read["messages"]) == 1


@pytest.mark.parametrize(
    ("method", "tail", "options"),
    [
        pytest.param("GET", "", {}, id="get"),
        pytest.param("PATCH", "", {"json": {}}, id="update"),
        pytest.param("GET", "/events", {}, id="events"),
        pytest.param("POST", "/messages", {"json": {"prompt": "Mend"}}, id="message"),
        pytest.param("POST", "/cancel", {}, id="cancel"),
        pytest.param("POST", "/archive", {}, id="archive"),
    ],
)
async def test_an_unknown_session_is_not_found(
    flapjack: Flapjack, ask: Ask, method: str, tail: str, options: dict[str, Any]
) -> None:
    reply = await ask(flapjack, method, "/api/code-sessions/none" + tail, **options)

    assert (reply.status, reply.json()["detail"]) == (404, "Code session not found")
