"""A canary in every credential, searched in all that is written down: traces, tapes, files, logs, answers."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import service
from canaries import failure_of, pickled, places_of
from fastapi_kit import application, served
from file_kit import FileServer, file_of
from proofs.fault_actions import ACTIONS, Action, World, client_of, world
from proofs.fault_scenes import SCENES, look_often, net
from proofs.leak_places import (
    CREDENTIALS,
    FAULTS,
    KEY,
    Traps,
    files_of,
    found,
    leave_it_in,
    received,
    repeat,
    whole,
    work,
)
from servers import RawServer, Step, answer
from service import READ, WRITE, Item, Service

from flexsdk import blocking
from flexsdk.__main__ import main
from flexsdk.core.auth import Bearer
from flexsdk.core.call import Call
from flexsdk.core.hooks import AttemptEnded, emit
from flexsdk.core.op import Op, Replay
from flexsdk.core.pages import Pages
from flexsdk.core.retry import Retry
from flexsdk.ext.fastapi import problems
from flexsdk.ingest import Operation, ingest
from flexsdk.ingest.export import export
from flexsdk.ingest.sinks import JsonLines
from flexsdk.protocol.cursor import CURSOR
from flexsdk.structs import Page
from flexsdk.testing.scrub import Scrubber

Captured = pytest.CaptureFixture[str]
Log = pytest.LogCaptureFixture
Patch = pytest.MonkeyPatch
Record = Callable[[str, object], None]
LIST: Op[Page[Item]] = Op("list", "GET", "/items", Page[Item])


@pytest.fixture
def log(caplog: Log, monkeypatch: Patch) -> Log:
    monkeypatch.setattr("flexsdk.core.oauth.TOKEN_SECONDS", 0.4)
    monkeypatch.setattr("flexsdk.core.oauth.RENEWAL_SECONDS", 0.6)
    caplog.set_level(logging.DEBUG)
    return caplog


# --- what watches a client: spans, metrics, tapes, logs, the wire on stderr


async def watched(credential: str, fault: str, folder: Path, log: Log, capsys: Captured) -> list[str]:
    """Meet a fault under all eyes, with a further key in a header; name what shows a credential."""
    make, before = CREDENTIALS[credential]
    traps = Traps(folder)
    async with RawServer(*before, FAULTS[fault]) as server:
        settings = {"auth": make(server.url), "retry": None, "limits": None, **traps.settings}
        async with Service(base_url=server.url, headers={"X-Tenant-Key": KEY}, **settings) as client:
            for what in ("read", "write", "stream"):
                await failure_of(work(client, what, fault, server))
        assert KEY in received(server)
    said = {**traps.said(), "log": log.text, "stderr": capsys.readouterr().err}
    assert all(said[place] for place in ("spans", "metrics", "exposition", "log", "stderr"))
    return found(said)


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("credential", CREDENTIALS)
async def test_nothing_that_watches_a_client_writes_a_credential_down(
    credential: str, fault: str, tmp_path: Path, log: Log, capsys: Captured, record_property: Record
) -> None:
    record_property("cases", 3)

    assert await watched(credential, fault, tmp_path, log, capsys) == []


@pytest.mark.control
async def test_hooks_that_are_told_of_a_credential_are_found(
    tmp_path: Path, log: Log, capsys: Captured, monkeypatch: Patch
) -> None:
    def note(call: Call, *_: object) -> None:
        told = str(call.credentials)
        emit(call.hooks, AttemptEnded(op=call.op.id, call=call.ref, attempt=1, outcome=told, seconds=0))

    monkeypatch.setattr("flexsdk.core.transport.transport._note", note)

    assert {"spans", "log"} <= set(await watched("bearer", "500", tmp_path, log, capsys))


async def taped(credential: str, folder: Path) -> list[str]:
    """Record an answer that repeats the credential as a value."""
    make, before = CREDENTIALS[credential]
    traps = Traps(folder)
    async with RawServer(*before, repeat(200)) as server:
        settings = {"auth": make(server.url), "limits": None, **traps.settings}
        async with Service(base_url=server.url, **settings) as client:
            await failure_of(client.call(READ, "a"))
    return found(traps.said())


@pytest.mark.parametrize("credential", CREDENTIALS)
async def test_a_tape_does_not_hold_a_credential_that_an_answer_repeats(
    credential: str, tmp_path: Path, log: Log
) -> None:
    assert await taped(credential, tmp_path) == []


@pytest.mark.control
async def test_a_tape_that_is_not_scrubbed_is_found(tmp_path: Path, monkeypatch: Patch) -> None:
    monkeypatch.setattr(Scrubber, "text", lambda _, text: text)
    monkeypatch.setattr(Scrubber, "finds", lambda *_: False)

    assert await taped("bearer", tmp_path) == ["cassette"]


# --- the five platforms in a bad net


async def acted(made: World, action: Action, scene: str) -> list[str]:
    """Do one thing through one fault; search its error and all that was written down."""
    emulator = getattr(made.sandbox, action.platform)
    traps = Traps(made.folder / action.name)
    fault = SCENES[scene]
    async with net(fault, emulator._port) as way:
        base_url = emulator.base_url.replace(str(emulator._port), str(way.proxy.port))
        retry = Retry(base=0.005, cap=0.02)
        async with client_of(
            action.platform, emulator.key, base_url, retry=retry, **traps.settings
        ) as client:
            way.poison(fault)
            error = await failure_of(whole(action, made, client, min(fault.deadline, 2.0)))
            way.heal()
    places = {**traps.said(), **places_of(error)}
    return [f"{action.name}: {place}" for place in found(places, emulator.key)]


async def through(scene: str, actions: list[Action], folder: Path, log: Log, capsys: Captured) -> list[str]:
    """Do all this through one fault; name every place that shows a key."""
    async with world(folder) as made:
        keys = [getattr(made.sandbox, action.platform).key for action in actions]
        seen = await asyncio.gather(*(acted(made, action, scene) for action in actions))
    said = {"log": log.text, "stderr": capsys.readouterr().err}
    return [place for each in seen for place in each] + [each for key in keys for each in found(said, key)]


@pytest.mark.parametrize("scene", SCENES)
async def test_no_action_of_a_platform_shows_its_key_whatever_the_net_does(
    scene: str, tmp_path: Path, log: Log, capsys: Captured, monkeypatch: Patch, record_property: Record
) -> None:
    look_often(monkeypatch)
    record_property("cases", len(ACTIONS))

    assert await through(scene, ACTIONS, tmp_path, log, capsys) == []


@pytest.mark.control
async def test_an_error_of_the_http_library_in_a_bad_net_is_found(
    tmp_path: Path, log: Log, capsys: Captured, monkeypatch: Patch
) -> None:
    monkeypatch.setattr("flexsdk.core.transport.transport.translate", lambda error, _: error)
    chosen = [action for action in ACTIONS if action.name == "platform_gets"]

    assert await through("another protocol", chosen, tmp_path, log, capsys) != []


# --- what stays behind on the disk


async def written(step: Step, folder: Path) -> list[str]:
    """Ingest with a journal, export and download while a fault lasts; search all files and pickles."""
    async with (
        RawServer(step) as server,
        Service(base_url=server.url, auth=Bearer(KEY), retry=None, limits=None, timeout=0.2) as client,
    ):
        operation = Operation(lambda item: client.call(WRITE, body={"n": item}), Replay.NEVER, name="write")
        pages = Pages(lambda query: client.call(LIST, query=query), CURSOR)
        await failure_of(_ingest(operation, folder / "work.journal"))
        await failure_of(export(lambda cursor: pages, JsonLines(folder / "rows.jsonl")))
        error = await failure_of(file_of(client).save(folder / "file.bin", resume=True))
        assert server.requests
        places = {**files_of(folder), "place": f"{pages.cursor}", "error": pickled(error)}
    assert places["work.journal"]
    return found(places)


async def _ingest(operation: Operation[int, Item], journal: Path) -> None:
    async with asyncio.timeout(0.5), ingest([1, 2], operation, journal=journal, grace=0.1) as run:
        async for _ in run:  # which waits long for a platform that is down
            pass


STEPS = {**FAULTS, "cut file": FileServer(cuts=(1_000,) * 9)}


@pytest.mark.parametrize("fault", STEPS)
async def test_no_journal_position_or_part_of_a_file_holds_a_credential(
    fault: str, tmp_path: Path, record_property: Record
) -> None:
    record_property("cases", 3)

    assert await written(STEPS[fault], tmp_path) == []


@pytest.mark.control
async def test_a_journal_that_notes_a_credential_is_found(tmp_path: Path, monkeypatch: Patch) -> None:
    monkeypatch.setattr(Bearer, "__call__", leave_it_in)

    assert "work.journal" in str(await written(repeat(422), tmp_path))


# --- the command line


async def typed(fault: str, source: str, folder: Path, capsys: Captured, patch: Patch) -> list[str]:
    """Run a command with ``--debug``, the key in the environment or in the configuration file."""
    config = folder / "config.toml"
    config.touch(mode=0o600)
    patch.setenv("FLEXSDK_CONFIG", str(config))
    if source == "environment":
        patch.setenv("FLEECE_API_KEY", KEY)
    else:
        config.write_text(f'[fleece]\napi_key = "{KEY}"\n')
    async with RawServer(FAULTS[fault]) as server:
        options = f"--debug --attempts 1 --timeout 0.3 --base-url {server.url} --header X-Tenant-Key:{KEY}"
        for command in ("fleece agents get a", "fleece agents list"):
            await asyncio.to_thread(main, [*command.split(), *options.split()])
        assert KEY in server.requests[0].headers["authorization"]
    said = capsys.readouterr()
    assert "GET" in said.err
    return found({"stdout": said.out, "stderr": said.err})


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("source", ["environment", "file"])
async def test_the_command_line_shows_no_key_even_when_it_shows_the_wire(
    source: str, fault: str, tmp_path: Path, capsys: Captured, monkeypatch: Patch, record_property: Record
) -> None:
    record_property("cases", 2)

    assert await typed(fault, source, tmp_path, capsys, monkeypatch) == []


@pytest.mark.control
async def test_a_wire_that_is_shown_as_it_is_is_found(
    tmp_path: Path, capsys: Captured, monkeypatch: Patch
) -> None:
    monkeypatch.setattr("flexsdk.cli.session.redact_headers", dict)

    assert await typed("500", "environment", tmp_path, capsys, monkeypatch) == ["stderr"]


# --- an application that passes failures on


async def answered(step: Step, log: Log, canary: str) -> list[str]:
    """Ask an application while its platform fails; search what it answers and logs."""
    log.clear()
    places = {}
    async with (
        RawServer(step) as upstream,
        served(application(upstream, timeout=0.3)) as url,
        aiohttp.ClientSession() as browser,
    ):
        for path in ("/items/a", "/say"):
            async with browser.get(url + path) as response:
                places[path] = f"{response.headers}{(await response.content.read()).decode()}"
    return found({**places, "log": _all_of(log)}, canary)


def _all_of(log: Log) -> str:
    """Give the text of all records, tracebacks with locals included, as a collector of errors takes them."""
    errors = [record.exc_info[1] for record in log.records if record.exc_info]
    return log.text + "".join(f"{each.__dict__}" for each in log.records) + str([*map(places_of, errors)])


@pytest.mark.parametrize("fault", FAULTS)
async def test_an_application_neither_answers_nor_logs_a_credential(
    fault: str, log: Log, record_property: Record
) -> None:
    record_property("cases", 2)

    assert await answered(FAULTS[fault], log, service.KEY) == []


@pytest.mark.parametrize(("status", "kind"), [(401, "Unauthorized"), (500, "ServerError")])
async def test_an_application_does_not_log_the_words_of_the_platform(
    status: int, kind: str, log: Log
) -> None:
    said = answer(status, b'{"code":"c","message":"of somebody"}')

    assert "log" not in await answered(said, log, "of somebody")
    assert f"answered 502: {kind} in item, line" in log.text


@pytest.mark.control
async def test_an_application_that_logs_the_error_itself_is_found(log: Log, monkeypatch: Patch) -> None:
    def log_it(said: str, error: Exception) -> None:
        logging.getLogger("flexsdk").warning(said, exc_info=error)

    monkeypatch.setattr(problems, "log_failure", log_it)

    said = answer(500, b'{"code":"c","message":"of somebody"}')
    assert "log" in await answered(said, log, "of somebody")


# --- clients without await


async def blocked(fault: str) -> list[str]:
    """Make calls of a blocking client in a thread; search their errors, tracebacks with locals included."""
    async with RawServer(FAULTS[fault]) as server:
        settings: dict[str, Any] = {"base_url": server.url, "retry": None, "limits": None, "timeout": 0.3}

        def call() -> list[str]:
            with blocking.Fleece(KEY, **settings) as fleece, blocking.Flapjack(KEY, **settings) as flapjack:
                makes: list[Callable[[], object]] = [
                    lambda: fleece.agents.get("a"),
                    lambda: list(fleece.agents.list()),
                    lambda: _listen(flapjack),
                ]
                shown = {"clients": f"{fleece!r}{flapjack!r}{fleece.stats()!r}"}
                return found(shown) + [place for make in makes for place in found(places_of(_raised(make)))]

        return await asyncio.to_thread(call)


def _listen(flapjack: blocking.Flapjack) -> None:
    with flapjack.threads.stream("a", "hello", deadline=0.5) as events:
        for _ in events:
            pass


def _raised(make: Callable[[], object]) -> BaseException | None:
    try:
        make()
    except BaseException as error:  # noqa: BLE001 - it is searched
        return error
    return None


@pytest.mark.parametrize("fault", FAULTS)
async def test_no_failure_of_a_blocking_client_shows_its_key(fault: str, record_property: Record) -> None:
    record_property("cases", 3)

    assert await blocked(fault) == []


@pytest.mark.control
async def test_an_error_of_the_http_library_behind_the_blocking_face_is_found(monkeypatch: Patch) -> None:
    monkeypatch.setattr("flexsdk.core.transport.transport.translate", lambda error, _: error)

    assert await blocked("no HTTP") != []
