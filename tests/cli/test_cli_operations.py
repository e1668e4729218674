from __future__ import annotations

import json

import pytest
from cli_kit import ESCAPES, run, run_on_terminal

from flexsdk.__main__ import main
from flexsdk.platforms import operations

EVERY = [(platform, op.id) for platform, ops in operations().items() for op in ops]


def test_json_has_one_object_for_every_operation() -> None:
    done = run("operations", "--json")

    assert (done.returncode, done.stderr) == (0, "")
    objects = json.loads(done.stdout)
    assert [(each["platform"], each["id"]) for each in objects] == EVERY
    assert all(list(each) == ["platform", "id", "method", "path", "replay", "certainty"] for each in objects)
    assert {each["replay"] for each in objects} <= {"safe", "keyed", "never"}
    assert {each["certainty"] for each in objects} <= {"documented", "inferred"}


def test_json_tells_what_the_operation_is(capsys: pytest.CaptureFixture[str]) -> None:
    main(["operations", "--json"])

    found = {(each["platform"], each["id"]): each for each in json.loads(capsys.readouterr().out)}
    assert found["fleece", "flows_trigger"] == {
        "platform": "fleece",
        "id": "flows_trigger",
        "method": "POST",
        "path": "/flows/{flow_id}/trigger",
        "replay": "never",
        "certainty": "documented",
    }
    assert found["flapjack", "threads_stop"]["replay"] == "safe"


def test_the_table_has_a_line_for_every_operation_and_counts_them(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["operations"]) == 0

    head, *rows, _, counts = capsys.readouterr().out.splitlines()
    assert head.split() == ["platform", "id", "method", "path", "replay", "certainty"]
    assert [tuple(row.split()[:2]) for row in rows] == EVERY
    assert counts.startswith(f"{len(EVERY)} operations: flapjack ")


def test_the_table_is_drawn_on_a_terminal_only() -> None:
    pytest.importorskip("pty", reason="no pseudo terminals here")

    drawn = run_on_terminal("operations", COLUMNS="60")
    plain = run_on_terminal("operations", NO_COLOR="1")

    assert "\x1b[" in drawn
    assert "\x1b" not in plain
    assert not any(mark in run("operations").stdout for mark in ESCAPES)
