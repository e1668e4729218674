"""What changes while it is looked at: drawn in place on a terminal, lines elsewhere."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from cli_kit import ESCAPES, SECONDS, run_on_terminal
from cli_sandbox import served

from flexsdk.__main__ import main
from flexsdk.cli import speech, windows
from flexsdk.cli.speech import Speech
from flexsdk.platforms.flapjack.events import Token
from flexsdk.sandbox import Fault, Sandbox

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="pseudo terminals")
Captured = pytest.CaptureFixture[str]
UP = "\x1b[1A"
"""How a drawing goes back to its first line."""


@pytest.fixture(scope="module")
def running() -> Iterator[tuple[Sandbox, dict[str, str]]]:
    sandbox = Sandbox(run_seconds=0.5)
    with served(sandbox) as environment:
        yield sandbox, {**environment, "FLEXSDK_CONFIG": "/nonexistent/config.toml"}


@pytest.fixture
def sandbox(running: tuple[Sandbox, dict[str, str]], monkeypatch: pytest.MonkeyPatch) -> Sandbox:
    for name, value in running[1].items():
        monkeypatch.setenv(name, value)
    return running[0]


@pytest.fixture
def environment(running: tuple[Sandbox, dict[str, str]]) -> dict[str, str]:
    return running[1]


def new_job(tmp_path: Path, capsys: Captured, name: str) -> str:
    (tmp_path / name).write_text(name)
    assert main(["flexorch", "process", str(tmp_path / name)]) == 0
    return str(json.loads(capsys.readouterr().out)["job"])


def shown(terminal: str) -> str:
    """Leave out colours and moves of the cursor."""
    return re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", terminal)


def test_jobs_are_drawn_in_place_on_a_terminal(
    tmp_path: Path, capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    lasting = Sandbox(platforms=["flexorch"], run_seconds=3.0)  # longer than a command takes to start
    with served(lasting) as environment:
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        jobs = [new_job(tmp_path, capsys, name) for name in ("one.txt", "two.txt")]
        written = run_on_terminal("jobs", "watch", "flexorch", *jobs, **environment)

    assert UP in written
    for job in jobs:
        assert re.search(rf"✓ +{job} +completed +\d+\.\d s", shown(written))


@pytest.mark.usefixtures("sandbox")
def test_jobs_are_lines_where_there_is_no_terminal(tmp_path: Path, capsys: Captured) -> None:
    job = new_job(tmp_path, capsys, "three.txt")

    assert main(["jobs", "watch", "flexorch", job, "--debug"]) == 0

    told = capsys.readouterr()
    assert json.loads(told.out.splitlines()[-1]) == {"job": job, "status": "completed"}
    assert not any(mark in told.out for mark in ESCAPES)
    assert "> GET /jobs/" in told.err


@pytest.mark.usefixtures("sandbox")
def test_a_job_that_is_not_there_does_not_end_the_others(tmp_path: Path, capsys: Captured) -> None:
    job = new_job(tmp_path, capsys, "four.txt")

    assert main(["jobs", "watch", "flexorch", "999", job]) == 7

    told = capsys.readouterr()
    assert f'{{"job":"{job}","status":"completed"}}' in told.out
    assert told.err.startswith("flexsdk: NotFound")


@pytest.mark.usefixtures("sandbox")
def test_limits_of_every_platform_with_a_key_are_shown(
    capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("FLAPJACK_API_KEY")

    assert main(["limits", "--debug"]) == 0

    told = capsys.readouterr()
    assert [line.split()[0] for line in told.out.splitlines()] == [
        "flexorch",
        "fleece",
        "flextell",
        "platform",
    ]
    assert re.search(r"platform .*\[#+\.*\] \d+ of 600 left, all free in \d+ s", told.out)
    assert told.err.count("> GET") == 4


def test_one_platform_without_an_answer_does_not_hide_the_others(sandbox: Sandbox, capsys: Captured) -> None:
    sandbox.fleece.faults.add(Fault.status(401), requests=[len(sandbox.fleece.requests) + 1])

    status = main(["limits", "fleece", "platform"])

    told = capsys.readouterr()
    assert status == 5
    assert told.out.startswith("platform ")
    assert told.err.startswith("flexsdk: Unauthorized")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [(["limits"], "no platform has a key"), (["limits", "fleece", "platform", "--plan", "pro"], "name it")],
    ids=["no key", "a plan of two"],
)
def test_limits_say_what_is_missing(
    arguments: list[str], said: str, capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("FLAPJACK", "FLEXORCH", "FLEECE", "FLEXTELL", "PLATFORM"):
        monkeypatch.delenv(f"{name}_API_KEY", raising=False)

    assert main(arguments) == 2
    assert said in capsys.readouterr().err


def test_limits_are_drawn_again_in_place_until_an_interrupt(environment: dict[str, str]) -> None:
    import pty

    ours, theirs = pty.openpty()
    more = {"TERM": "xterm", "COLUMNS": "80", "PATH": os.environ["PATH"], "PYTHONUTF8": "1"}
    command = [sys.executable, "-m", "flexsdk", "limits", "fleece", "--plan", "pro", "--every", "0.2"]
    process = subprocess.Popen(command, stdout=theirs, stderr=theirs, env={**environment, **more})
    os.close(theirs)
    with process:
        written = b""
        for _ in range(2_000):
            written += os.read(ours, 1_000)
            if written.count(b"a minute") >= 3:
                break
        process.send_signal(signal.SIGINT)
        assert process.wait(SECONDS) == 130
        written += os.read(ours, 1_000)
    os.close(ours)

    text = written.decode()
    assert UP in text
    assert "\x1b[?25h" in text.rpartition("\x1b[?25l")[2], "the cursor has to come back"
    assert "Traceback" not in text


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0.4, "0 s"), (59.4, "59 s"), (60, "1 min 0 s"), (3_725, "1 h 2 min")],
)
def test_lengths_of_time_are_told_in_their_largest_units(seconds: float, words: str) -> None:
    assert windows._span(seconds) == words


@pytest.mark.usefixtures("sandbox")
def test_an_answer_shows_its_tools_on_a_terminal(environment: dict[str, str], capsys: Captured) -> None:
    assert main(["flapjack", "agents", "list"]) == 0
    agent = json.loads(capsys.readouterr().out.splitlines()[0])["id"]

    written = shown(
        run_on_terminal("flapjack", "chat", agent, "Where is my order A-1001?", **environment)
    ).splitlines()

    assert '  → orders__lookup({"query":"Where is my order A-1001?"})' in written
    assert '  ← orders__lookup gave {"orders":[{"id":"A-1001","status":"shipped"}]}' in written
    assert max(map(len, written)) <= 80


@pytest.mark.parametrize(
    ("tokens", "drawn"),
    [
        pytest.param(["one two", " three four"], "one two\nthree four\n", id="words stay whole"),
        pytest.param(["one t", "wo thr", "ee"], "one two\nthree\n", id="words come in pieces"),
        pytest.param(["one\ntwo\n\nthree"], "one\ntwo\n\nthree\n", id="lines stay lines"),
        pytest.param(["x" * 30], "x" * 30 + "\n", id="a long word is not held back"),
        pytest.param(["\x1b[31mred"], "[31mred\n", id="no escapes"),
    ],
)
def test_words_are_wrapped_on_a_terminal(
    tokens: list[str], drawn: str, monkeypatch: pytest.MonkeyPatch, capsys: Captured
) -> None:
    monkeypatch.setattr(speech, "can_draw", lambda: True)
    monkeypatch.setenv("COLUMNS", "10")
    answer = Speech()

    for token in tokens:
        answer.show(Token(delta=token))
    answer.end()

    assert [line.rstrip() for line in capsys.readouterr().out.split("\n")] == drawn.split("\n")


def test_an_answer_is_exact_where_there_is_no_terminal(capsys: Captured) -> None:
    answer = Speech()

    answer.show(Token(delta="a long line  with two spaces " * 10))
    answer.end()

    assert capsys.readouterr().out == "a long line  with two spaces " * 10 + "\n"


def test_the_tenant_is_sent_with_every_call(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, capsys: Captured, tmp_path: Path
) -> None:
    items = tmp_path / "items.jsonl"
    items.write_text('{"first_name": "Ada", "last_name": "Lovelace", "phone_number": "+905550000000"}\n')

    assert main(["flextell", "customers", "list", "--tenant", "42"]) == 0
    monkeypatch.setenv("FLEXTELL_TENANT", "43")
    assert main(["flextell", "customers", "list"]) == 0
    assert main(["ingest", str(items), "flextell", "customers", "create", "--tenant", "42", "--debug"]) == 0

    tenants = [record.headers.get("X-Tenant") for record in sandbox.flextell.requests[-3:]]
    assert tenants == ["42", "43", "42"]
    assert "> POST /v1/customers" in capsys.readouterr().err


def test_a_table_cuts_its_last_column_and_leaves_out_what_is_always_the_same(
    sandbox: Sandbox, capsys: Captured
) -> None:
    assert main(["flapjack", "agents", "list", "--output", "table"]) == 0

    head, first, *_ = capsys.readouterr().out.splitlines()
    assert head.split() == ["id", "name", "description"]
    assert len(first) <= 120
