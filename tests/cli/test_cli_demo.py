from __future__ import annotations

import re
import signal
import sys

import pytest
from cli_kit import ESCAPES, SECONDS, run, started
from msgspec import structs

from flexsdk.__main__ import main
from flexsdk.cli.demo import tour
from flexsdk.cli.demo.scenes import SCENES
from flexsdk.cli.demo.stage import Pace, Stage, check
from flexsdk.cli.live import LiveScreen
from flexsdk.cli.screen import PlainScreen, Screen
from flexsdk.platforms.fleece import runs
from flexsdk.protocol.poll import Rhythm

QUICK = Pace(token_delay=0.0, run_seconds=0.05, calls=12, allowed=1000, retry_after=0)


@pytest.fixture(autouse=True)
def quick_looks(monkeypatch: pytest.MonkeyPatch) -> None:
    quick = structs.replace(runs.RUN, rhythm=Rhythm(first=0.01, slowest=0.02))
    monkeypatch.setattr(runs.Runs, "kind", quick)


async def test_every_scene_shows_its_facts(capsys: pytest.CaptureFixture[str]) -> None:
    status = await tour.play(PlainScreen(), SCENES, QUICK)

    shown = capsys.readouterr().out
    assert status == 0, shown
    for fact in (
        r"you: Where is my order A-1001\?\n",
        r'tool: orders__lookup {"query":.*} -> {"orders": \[',
        r'agent: You asked: "Where is my order',
        r"ok: \d\d tokens as they came, 1 tool call",
        r"Email Triager +email +gpt-5\.2 +142\n",
        r"ok: 5 agents with 1 request",
        r"Weekly Mail Summary, run [0-9a-f]{8}: pending\n(?s:.*): completed\n",
        r"3 of 12 calls, 1000 allowed in 1 s, 0 refused\n",
        r"ok: 12 calls in .* s, 0 refused",
        r"attempt 1: the platform answers 503; it asks for 0 s",
        r"ok: 503, then 200 after ",
        r"waits: retry of a 503, as asked +1 +the longest",
        r"All 6 parts worked, in ",
    ):
        assert re.search(fact, shown), (fact, shown)
    assert not any(mark in shown for mark in ESCAPES)
    assert shown.isascii()


async def test_the_summary_is_counted_by_hooks(capsys: pytest.CaptureFixture[str]) -> None:
    await tour.play(PlainScreen(), SCENES, QUICK)

    shown = capsys.readouterr().out
    counted = re.search(r"calls +(\d+)\n +HTTP attempts +(\d+)\n +retries +(\d+)\n", shown)
    assert counted
    calls, attempts, retries = map(int, counted.groups())
    assert (attempts, retries) == (calls + 1, 1)
    assert f"the platforms have seen {attempts} requests, too" in shown


async def fails(stage: Stage) -> str:
    check(1 > 2, "one is more than two")
    return "never said"


async def breaks(stage: Stage) -> str:
    raise ExceptionGroup("several", [RuntimeError("the stage fell down")])


async def works(stage: Stage) -> str:
    return "all is well"


@pytest.mark.parametrize("screen", [PlainScreen, LiveScreen])
async def test_a_part_that_fails_is_shown_and_the_others_go_on(
    screen: type[Screen], capsys: pytest.CaptureFixture[str]
) -> None:
    scenes = [("First", "a()", fails), ("Second", "b()", breaks), ("Third", "c()", works)]

    status = await tour.play(screen(), scenes, QUICK)

    assert status == 1
    shown = capsys.readouterr().out
    assert "Unmet: not so: one is more than two" in shown
    assert "RuntimeError: the stage fell down" in shown
    assert "all is well" in shown
    assert "never said" not in shown
    assert "2 of 3 parts failed." in shown


def test_the_command_ends_with_the_status_of_the_tour(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(tour, "SCENES", [("First", "a()", works)])
    assert main(["demo"]) == 0

    monkeypatch.setattr(tour, "SCENES", [("First", "a()", fails)])
    assert main(["demo"]) == 1


async def test_the_drawn_form_fits_a_narrow_terminal(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, value in {"FORCE_COLOR": "1", "TERM": "xterm", "COLUMNS": "44", "LINES": "24"}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("NO_COLOR", raising=False)

    assert await tour.play(LiveScreen(), SCENES, QUICK) == 0

    drawn = capsys.readouterr().out
    assert "\x1b[" in drawn
    lines = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", drawn).replace("\r", "\n").split("\n")
    assert max(map(len, lines)) <= 44
    assert any("A rate limit, kept" in line for line in lines)


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals")
def test_an_interrupt_ends_it_with_status_130_and_no_traceback() -> None:
    with started("demo") as process:
        assert process.stdout is not None
        assert any("agent:" in line for line in process.stdout)
        process.send_signal(signal.SIGINT)
        shown, told = process.communicate(timeout=SECONDS)

    assert (process.returncode, told) == (130, "flexsdk: interrupted\n")
    assert shown.endswith("\n")


@pytest.mark.parametrize("lines", [1, 4], ids=["at once", "in the conversation"])
def test_a_reader_that_leaves_ends_it_quietly(lines: int) -> None:
    with started("demo") as process:
        assert process.stdout is not None
        assert process.stderr is not None
        for _ in range(lines):
            assert process.stdout.readline()
        process.stdout.close()
        told = process.stderr.read()

        assert (process.wait(SECONDS), told) == (1, "")


@pytest.mark.parametrize("command", [["operations"], ["operations", "--json"]], ids=" ".join)
def test_a_list_whose_reader_has_left_ends_quietly(command: list[str]) -> None:
    with started(*command) as process:
        assert process.stdout is not None
        process.stdout.close()
        _, told = process.communicate(timeout=SECONDS)

    assert (process.returncode, told) == (1, "")


@pytest.mark.slow
def test_the_whole_tour_works_in_its_own_process() -> None:
    done = run("demo")

    assert (done.returncode, done.stderr) == (0, ""), done.stdout
    assert "ok: 40 calls in" in done.stdout
    assert re.search(r"waits: rate limit +[1-9]", done.stdout)
    assert not any(mark in done.stdout for mark in ESCAPES)
