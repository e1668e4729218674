"""Calls, lists, streams and waits without ``await``."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from servers import RawServer, answer

from flexsdk import deadline
from flexsdk.blocking import Flapjack, Fleece, FlexOrch, Platform, run
from flexsdk.blocking._portal import Portal
from flexsdk.core.deadline import ambient
from flexsdk.errors import ConfigError, NotFound
from flexsdk.platforms.flapjack import Token, ToolResult
from flexsdk.platforms.flexorch import Job
from flexsdk.sandbox import Sandbox

pytestmark = pytest.mark.usefixtures("sandbox")


def test_a_list_is_a_plain_loop() -> None:
    with Fleece() as fleece:
        names = [agent.name for agent in fleece.agents.list()]

        assert names == [agent.name for agent in fleece.agents.list().collect()]
        assert len(names) > 3


def test_a_list_is_chosen_from_changed_and_bundled() -> None:
    with Fleece() as fleece:
        agents = fleece.agents.list().collect()
        ids = [agent.id for agent in agents]

        assert [agent.id for agent in fleece.agents.list().take(2)] == ids[:2]
        assert list(fleece.agents.list().map(lambda agent: agent.id)) == ids
        assert fleece.agents.list().filter(lambda agent: agent.id == ids[1]).collect() == [agents[1]]
        assert [len(batch) for batch in fleece.agents.list().take(3).batched(2)] == [2, 1]
        assert fleece.agents.list().first() == agents[0]
        assert [page.items for page in fleece.agents.list().ahead(0).pages()] == [agents]


def test_a_list_goes_on_at_its_cursor() -> None:
    with Platform() as platform:
        everything = platform.resources.list(limit=2).collect()
        pages = platform.resources.list(limit=2)

        for _ in pages:
            break

        assert pages.cursor is not None
        assert not pages.ended
        assert platform.resources.list(limit=2, cursor=pages.cursor).collect() == everything[1:]


def test_the_items_of_a_page_in_hand_need_no_loop(monkeypatch: pytest.MonkeyPatch) -> None:
    with Fleece() as fleece:
        walk = iter(fleece.agents.list())
        first = next(walk)
        monkeypatch.setattr(Portal, "call", None)

        second = next(walk)

        monkeypatch.undo()
        assert first.id != second.id


def test_a_list_outlives_the_variable_of_its_client() -> None:
    agents = [agent.id for agent in Fleece().agents.list()]

    assert agents


def test_a_stream_is_a_with_block_and_a_plain_loop() -> None:
    with Flapjack() as flapjack:
        thread = flapjack.threads.create(flapjack.agents.list().collect()[0].id)
        with flapjack.threads.stream(thread.id, "Hello") as events:
            words = [event.delta for event in events if isinstance(event, Token)]

        assert events.result.outcome == "complete"
        assert events.result.text == "".join(words)
        with flapjack.threads.stream(thread.id, "Hello") as events:
            assert "".join(events.text()) == events.result.text


def test_leaving_a_stream_early_ends_it() -> None:
    with Flapjack() as flapjack:
        thread = flapjack.threads.create(flapjack.agents.list().collect()[0].id)

        with flapjack.threads.stream(thread.id, "Hello") as events:
            next(events)

        assert events.result.outcome == "cancelled"
        assert list(events) == []


def test_a_tool_may_make_blocking_calls_itself() -> None:
    with Flapjack() as flapjack, Fleece() as fleece:

        def lookup_order(reference: str) -> str:
            """Look up an order by its reference."""
            return f"{reference} {len(fleece.agents.list().collect())}"

        thread = flapjack.threads.create(flapjack.agents.list().collect()[0].id)
        question = "Where is my order A-1001?"
        with flapjack.threads.stream(thread.id, question, tools=[lookup_order]) as events:
            results = [event.result for event in events if isinstance(event, ToolResult)]

        assert results == ["A-1001 5"]


@pytest.fixture
def paper(tmp_path: Path) -> Path:
    """A document whose jobs have ended when they are first looked at."""
    path = tmp_path / "paper.txt"
    path.write_text("a paper")
    return path


def test_waits_watches_and_takes_jobs_as_they_end(paper: Path) -> None:
    with FlexOrch() as flexorch:
        ids = [job.id for job in flexorch.documents.process(paper).jobs]

        done = flexorch.jobs.wait(ids[0])
        # a generator that makes calls is used up in this thread, not on the loop
        jobs = flexorch.jobs.as_completed(flexorch.jobs.get(job_id) for job_id in ids)

        assert [job.status for job in flexorch.jobs.watch(ids[0])] == [done.status]
        assert jobs.pending in ((), tuple(ids))
        assert [job.id for job in jobs] == ids
        assert flexorch.jobs.wait_all(ids)[0].id == done.id


def test_a_callback_runs_in_the_thread_that_waits_and_may_make_calls(paper: Path) -> None:
    with FlexOrch() as flexorch:
        told: list[tuple[threading.Thread, str]] = []

        def on_update(job: Job) -> None:
            told.append((threading.current_thread(), flexorch.jobs.get(job.id).id))

        job_id = flexorch.documents.process(paper).jobs[0].id
        flexorch.jobs.wait(job_id, on_update=on_update)

        assert told == [(threading.current_thread(), job_id)]


def test_an_error_of_a_callback_ends_the_wait(paper: Path) -> None:
    with FlexOrch() as flexorch:
        job_id = flexorch.documents.process(paper).jobs[0].id

        def on_update(job: Job) -> None:
            raise LookupError(job.id)

        with pytest.raises(LookupError, match=job_id):
            flexorch.jobs.wait(job_id, on_update=on_update)


def test_a_download_is_read_and_saved(tmp_path: Path) -> None:
    with FlexOrch() as flexorch:
        told: list[threading.Thread] = []

        whole = flexorch.audit.export().read()
        path = flexorch.audit.export().save(
            tmp_path / "audit.csv", on_progress=lambda _: told.append(threading.current_thread())
        )

        assert path.read_bytes() == whole
        assert set(told) == {threading.current_thread()}


def test_a_download_is_walked_over_line_by_line(serve: Callable[..., RawServer]) -> None:
    server = serve(answer(200, b'{"a":1}\n{"a":2}\n', content_type="application/octet-stream"))

    with (
        FlexOrch("fo_test", base_url=server.url) as flexorch,
        flexorch.datasets.export("7", "jsonl") as download,
    ):
        assert list(download.lines(dict)) == [{"a": 1}, {"a": 2}]


def test_the_deadline_of_a_block_counts() -> None:
    seen: list[float | None] = []

    async def look(call: Any, forward: Any) -> Any:
        seen.append(ambient.get())
        return await forward(call)

    with Fleece(middlewares=[look]) as fleece, deadline(30):
        fleece.agents.list().first()

        assert seen == [ambient.get()]


def test_many_threads_share_one_loop() -> None:
    threads: set[int] = set()
    with Platform(hooks=[lambda _: threads.add(threading.get_ident())]) as platform:
        with ThreadPoolExecutor(8) as pool:
            found = list(pool.map(lambda _: platform.resources.list().first(), range(16)))

        assert len(set(map(repr, found))) == 1
        assert len(threads) == 1
        assert threading.get_ident() not in threads


async def test_works_where_a_loop_is_running() -> None:
    with Fleece() as fleece:
        assert fleece.agents.list().first() is not None


def test_errors_are_those_of_the_package() -> None:
    with Fleece() as fleece, pytest.raises(NotFound) as caught:
        fleece.agents.get("nobody")

    assert caught.value.attempts


def test_a_blocking_call_on_the_loop_is_refused() -> None:
    with Fleece() as fleece:
        agents = fleece.agents.list().filter(lambda agent: fleece.agents.get(agent.id))

        with pytest.raises(ConfigError, match="on the loop of the blocking clients"):
            next(agents)


def test_a_session_of_another_loop_is_refused() -> None:
    with pytest.raises(ConfigError, match="blocking clients have their own"):
        Fleece(session=object())  # type: ignore[call-arg]  # what the stub says, too


def test_settings_that_are_wrong_are_told_at_once() -> None:
    with pytest.raises(ConfigError, match="timeout"):
        Fleece(timeout=-1)


def test_a_view_is_blocking_too() -> None:
    with Fleece() as fleece:
        view = fleece.with_options(timeout=5)

        assert type(view) is Fleece
        assert view.agents.list().first() == fleece.agents.list().first()
        assert view.base_url == fleece.base_url


def test_any_coroutine_function_can_be_run() -> None:
    async def double(number: int) -> int:
        return number * 2

    assert run(double, number=21) == 42


def test_a_closed_client_says_so() -> None:
    with Fleece() as fleece:
        pass

    with pytest.raises(ConfigError, match="closed"):
        fleece.agents.list().first()


def test_a_resource_shows_its_methods_and_their_documentation() -> None:
    with Fleece() as fleece:
        shown = {name for name in dir(fleece.agents) if not name.startswith("_")}

        assert shown == {"get", "execute", "list"}
        assert "Costs credits" in str(fleece.agents.execute.__doc__)
        assert fleece.agents is fleece.agents
        assert repr(fleece) == "<blocking Fleece>"


def test_an_unknown_name_is_an_attribute_error(sandbox: Sandbox) -> None:
    with Fleece() as fleece, pytest.raises(AttributeError, match="nothing"):
        fleece.agents.nothing  # type: ignore[attr-defined]  # noqa: B018 - it raises
