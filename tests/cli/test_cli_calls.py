"""Generated commands against the sandbox: output forms, exit statuses, secrets, pages."""

from __future__ import annotations

import csv
import io
import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from cli_sandbox import served
from servers import RawServer, answer
from service import KEY, READ, Service

from flexsdk import errors
from flexsdk.__main__ import main
from flexsdk.cli.exits import EXITS, status_of
from flexsdk.cli.ingesting import _count, _fact
from flexsdk.cli.session import wire_log
from flexsdk.cli.tree import CLIENTS
from flexsdk.ingest import Progress
from flexsdk.sandbox import Fault, Sandbox

Captured = pytest.CaptureFixture[str]


@pytest.fixture(scope="module")
def running() -> Iterator[tuple[Sandbox, dict[str, str]]]:
    sandbox = Sandbox(limits={name: [] for name in CLIENTS}, run_seconds=0.0)
    with served(sandbox) as environment:
        yield sandbox, environment


@pytest.fixture(autouse=True)
def sandbox(
    running: tuple[Sandbox, dict[str, str]], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> Sandbox:
    served_by, environment = running
    for name, value in {**environment, "FLEXSDK_CONFIG": str(tmp_path / "config.toml")}.items():
        monkeypatch.setenv(name, value)
    return served_by


def agent_id(capsys: Captured) -> str:
    assert main(["fleece", "agents", "list"]) == 0
    return str(json.loads(capsys.readouterr().out.splitlines()[0])["id"])


def test_a_list_is_one_line_of_json_for_each_item_when_piped(capsys: Captured) -> None:
    assert main(["fleece", "agents", "list"]) == 0

    lines = capsys.readouterr().out.splitlines()
    assert [json.loads(line)["name"] for line in lines][:2] == ["Email Triager", "Calendar Keeper"]


@pytest.mark.parametrize("option", [["--body", "-"], ["--body=-"]], ids=["two words", "one word"])
def test_a_body_comes_from_stdin(
    option: list[str], capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(b'{"name": "Quarterly report"}')))

    assert main(["platform", "resources", "create", *option, "--debug"]) == 0

    assert json.loads(capsys.readouterr().out)["name"] == "Quarterly report"


def test_csv_has_a_head_and_nested_values_as_json(capsys: Captured) -> None:
    assert main(["fleece", "agents", "list", "--output", "csv"]) == 0

    rows = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
    assert rows[0]["name"] == "Email Triager"
    assert json.loads(rows[0]["capabilities"]) == ["email-assistant", "summarizer"]


def test_a_table_has_one_line_for_each_item(capsys: Captured) -> None:
    assert main(["fleece", "agents", "list", "--output", "table"]) == 0

    head, first, *_ = capsys.readouterr().out.splitlines()
    assert head.split()[:2] == ["id", "name"]
    assert "Email Triager" in first


def test_all_walks_over_the_pages_that_are_named_else(capsys: Captured) -> None:
    first = ["flapjack", "logs", "list", "--limit", "1"]

    assert main(first) == 0
    one = capsys.readouterr()
    assert main([*first, "--all"]) == 0
    every = capsys.readouterr()

    assert len(one.out.splitlines()) == 1
    assert "--all" in one.err
    assert len(every.out.splitlines()) > 1
    assert every.err == ""


def test_arguments_come_from_a_file_and_words_win(capsys: Captured, tmp_path: Path) -> None:
    body = tmp_path / "resource.json"
    body.write_text(json.dumps({"name": "from the file", "description": "text", "metadata": {"a": "b"}}))

    assert main(["platform", "resources", "create", "--name", "from a word", "--body", f"@{body}"]) == 0

    made = json.loads(capsys.readouterr().out)
    assert made["name"] == "from a word" or made.get("resource", {}).get("name") == "from a word"


def test_a_body_with_an_unknown_name_is_refused_and_names_the_known(capsys: Captured) -> None:
    assert main(["platform", "resources", "create", "--body", '{"colour": "red"}']) == 2

    told = capsys.readouterr().err
    assert "colour" in told
    assert "name" in told


def test_a_secret_that_is_shown_once_needs_to_be_asked_for(capsys: Captured, sandbox: Sandbox) -> None:
    before = len(sandbox.fleece.requests)

    assert main(["fleece", "keys", "create", "ci"]) == 2
    refused = capsys.readouterr()
    assert len(sandbox.fleece.requests) == before
    assert main(["fleece", "keys", "create", "ci", "--reveal"]) == 0

    assert "--reveal" in refused.err
    assert json.loads(capsys.readouterr().out)["key"].startswith("flc_")


def test_debug_shows_the_wire_without_the_key(capsys: Captured, sandbox: Sandbox) -> None:
    assert main(["fleece", "agents", "list", "--debug", "--header", "X-Note:hidden-value"]) == 0

    shown = capsys.readouterr()
    assert "> GET /agents" in shown.err
    assert "< 200" in shown.err
    assert sandbox.fleece.key not in shown.out + shown.err
    assert "hidden-value" not in shown.err


def test_doctor_tells_which_keys_are_there_and_none_of_them(capsys: Captured, sandbox: Sandbox) -> None:
    assert main(["doctor"]) == 0

    shown = capsys.readouterr().out
    rows = {row["check"]: row for row in map(json.loads, shown.splitlines())}
    assert rows["key fleece"]["fact"] == "environment"
    assert rows["clock fleece"]["state"] == "ok"
    assert not any(getattr(sandbox, name).key in shown for name in CLIENTS)


def test_the_key_comes_from_the_file_that_only_its_owner_reads(
    capsys: Captured, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = Path(os.environ["FLEXSDK_CONFIG"])
    config.write_text(f'[fleece]\napi_key = "{sandbox.fleece.key}"\n')
    monkeypatch.delenv("FLEECE_API_KEY")

    config.chmod(0o600)
    assert main(["fleece", "agents", "list"]) == 0
    config.chmod(0o644)
    assert main(["fleece", "agents", "list"]) == 2

    told = capsys.readouterr().err
    assert "chmod 600" in told
    assert sandbox.fleece.key not in told


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (errors.ConfigError("x"), 2),
        (errors.ConnectFailed("x"), 3),
        (errors.Timeout("x", phase="attempt", seconds=1.0), 4),
        (errors.JobTimeout("x", job=None), 4),
        (errors.Unauthorized("x", status=401), 5),
        (errors.Forbidden("x", status=403), 6),
        (errors.NotFound("x", status=404), 7),
        (errors.Conflict("x", status=409), 8),
        (errors.Unprocessable("x", status=422), 9),
        (errors.QuotaExceeded("x", status=429), 10),
        (errors.ServerError("x", status=503), 11),
        (errors.DecodeError("x", expected="y"), 12),
        (errors.StreamTruncated("x"), 13),
        (errors.JobFailed("x", job=None), 14),
        (errors.JobPaused("x", job=None), 15),
        (errors.FlexError("x"), 1),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else str(value),
)
def test_each_class_of_error_has_its_exit_status(error: Exception, status: int) -> None:
    assert status_of(error) == status


def test_the_guide_has_every_exit_status() -> None:
    guide = (Path(__file__).parents[2] / "docs/guides/command-line.md").read_text()

    for status, kinds in EXITS:
        (row,) = [line for line in guide.splitlines() if line.startswith(f"| {status} |")]
        assert all(kind.__name__ in row for kind in kinds)


def test_a_refusal_is_one_line_on_stderr(capsys: Captured) -> None:
    assert main(["fleece", "agents", "get", "no-such-agent"]) == 7

    told = capsys.readouterr()
    assert told.out == ""
    assert told.err.startswith("flexsdk: NotFound: 404")
    assert told.err.count("\n") == 1


def test_chat_writes_the_answer_to_stdout_and_tools_to_stderr(capsys: Captured) -> None:
    main(["flapjack", "agents", "list"])
    agent = json.loads(capsys.readouterr().out.splitlines()[0])["id"]

    assert main(["flapjack", "chat", agent, "Where is my order A-1001?"]) == 0

    shown = capsys.readouterr()
    assert 'You asked: "Where is my order A-1001?"' in shown.out
    assert "[calls orders__lookup(" in shown.err
    assert "orders__lookup" not in shown.out


def test_process_uploads_waits_and_exports(capsys: Captured, tmp_path: Path) -> None:
    (tmp_path / "invoice.txt").write_text("Invoice 12")
    (tmp_path / "table.csv").write_text("a,b")
    files = [str(tmp_path / name) for name in ("invoice.txt", "table.csv")]

    status = main(["flexorch", "process", *files, "--export", "csv", "-o", str(tmp_path / "out")])

    rows = {row["file"]: row for row in map(json.loads, capsys.readouterr().out.splitlines())}
    assert status == 14  # csv is refused
    assert rows["table.csv"]["state"] == "rejected"
    assert rows["invoice.txt"]["state"] == "completed"
    assert Path(rows["invoice.txt"]["fact"]).parent == tmp_path / "out"
    assert Path(rows["invoice.txt"]["fact"]).stat().st_size > 0


def test_every_file_has_a_row_also_where_several_are_the_same(capsys: Captured, tmp_path: Path) -> None:
    for name in ("a.txt", "b.txt", "other.txt"):
        (tmp_path / name).write_text("other" if name == "other.txt" else "the same")
    files = [str(tmp_path / name) for name in ("a.txt", "b.txt", "other.txt")]

    assert main(["flexorch", "process", *files, "--export", "jsonl", "-o", str(tmp_path / "out")]) == 0

    rows = {row["file"]: row for row in map(json.loads, capsys.readouterr().out.splitlines())}
    assert rows.keys() == {"a.txt", "b.txt", "other.txt"}
    assert rows["a.txt"]["job"] == rows["b.txt"]["job"] != rows["other.txt"]["job"]
    assert len(list((tmp_path / "out").iterdir())) == 2


def test_a_dataset_that_cannot_be_fetched_is_the_failure_of_its_file_alone(
    capsys: Captured, sandbox: Sandbox, tmp_path: Path
) -> None:
    files = [tmp_path / name for name in ("first.txt", "second.txt")]
    for file in files:
        file.write_text(file.name)
    build = "datasets_build_from_execution"
    sandbox.flexorch.faults.add(
        Fault.status(404), operation=build, requests=[len(sandbox.flexorch.calls(build)) + 1]
    )
    try:
        status = main(["flexorch", "process", *map(str, files), "--export", "jsonl", "-o", str(tmp_path)])
    finally:
        sandbox.flexorch.faults.clear()

    rows = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert status == 14
    assert sorted(row["state"] for row in rows) == ["completed", "failed"]
    assert any(row["fact"].startswith("404") for row in rows)


def test_a_wait_that_breaks_loses_no_job(capsys: Captured, sandbox: Sandbox, tmp_path: Path) -> None:
    (tmp_path / "only.txt").write_text("only")
    sandbox.flexorch.faults.add(Fault.status(401), operation="jobs_get")
    sandbox.flexorch.faults.add(Fault.status(401), operation="jobs_list")
    try:
        status = main(["flexorch", "process", str(tmp_path / "only.txt"), "--wait"])
    finally:
        sandbox.flexorch.faults.clear()

    told = capsys.readouterr()
    (row,) = map(json.loads, told.out.splitlines())
    assert status == 5
    assert (row["file"], row["state"], row["job"].isdigit()) == ("only.txt", "unfinished", True)
    assert told.err.startswith("flexsdk: Unauthorized")
    assert told.err.count("\n") == 1


def test_ingest_goes_on_with_what_its_journal_does_not_have(
    capsys: Captured, sandbox: Sandbox, tmp_path: Path
) -> None:
    agent = agent_id(capsys)
    items = tmp_path / "tasks.jsonl"
    items.write_text("".join(json.dumps({"agent_id": agent, "task": task}) + "\n" for task in "ab"))
    command = ["ingest", str(items), "fleece", "agents", "execute", "--journal", str(tmp_path / "journal")]

    assert main(command) == 0
    first = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    sent = len(sandbox.fleece.requests)
    assert main(command) == 0
    again = [json.loads(line) for line in capsys.readouterr().out.splitlines()]

    assert [row["recorded"] for row in first] == [False, False]
    assert [row["recorded"] for row in again] == [True, True]
    assert len(sandbox.fleece.requests) == sent


def test_limits_of_a_plan_are_bars(capsys: Captured) -> None:
    assert main(["limits", "fleece", "--plan", "pro"]) == 0

    out = capsys.readouterr().out
    assert "[###" in out
    assert "5000" in out.replace(",", "")


def test_a_platform_that_tells_no_limits_is_said_to(capsys: Captured) -> None:
    assert main(["limits", "platform"]) == 0

    assert "no limits" in capsys.readouterr().out


def test_ingest_says_where_the_run_stands_on_a_terminal(tmp_path: Path) -> None:
    items = tmp_path / "items.jsonl"
    items.write_text('{"a":1}\n\n{"a":2}\n')
    stands = Progress(
        done=2, failed=1, gave_up=1, uncertain=0, in_flight=3, concurrency=8, rate=12.34, time_left=7.6
    )

    assert (_count(str(items)), _count("-"), _count(str(tmp_path / "none"))) == (2, None, None)
    assert _fact(stands) == "2 done, 2 not, 3 in flight, 12.3 a second, 8 s left"


async def test_debug_does_not_show_a_key_that_an_answer_repeats(capsys: Captured) -> None:
    async with (
        RawServer(answer(200, b'{"id":"a"}', x_request_id=KEY)) as server,
        Service(KEY, base_url=server.url, attempt_middlewares=[wire_log]) as client,
    ):
        await client.call(READ, "a")

    shown = capsys.readouterr().err
    assert "< 200" in shown
    assert KEY not in shown
