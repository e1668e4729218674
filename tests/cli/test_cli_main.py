from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence

import pytest

import flexsdk
from flexsdk.__main__ import main
from flexsdk.cli import app, serve

HINT = 'python -m pip install "flexsdk[cli]"'


def without(monkeypatch: pytest.MonkeyPatch, missing: str) -> None:
    """Let imports fail as they do where the extra is not installed."""
    ours = [name for name in sys.modules if name.startswith(("flexsdk.cli", "flexsdk.sandbox"))]
    for name in [*ours, *(name for name in sys.modules if name.startswith(f"{missing}."))]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, missing, None)


@pytest.mark.parametrize("missing", ["cyclopts", "jsonschema"])
def test_names_the_extra_in_one_line_when_it_is_missing(
    missing: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    without(monkeypatch, missing)

    assert main(["demo"]) == 1

    told = capsys.readouterr()
    assert told.err.count("\n") == 1
    assert HINT in told.err
    assert told.out == ""


@pytest.mark.parametrize(
    "arguments", [[], ["--help"], ["--version"], ["operations"], ["sandbox"]], ids=" ".join
)
def test_every_command_names_the_missing_extra(
    arguments: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    without(monkeypatch, "cyclopts")

    assert main(arguments) == 1
    assert HINT in capsys.readouterr().err


def test_a_missing_module_of_our_own_is_no_missing_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    without(monkeypatch, "flexsdk.cli.app")

    with pytest.raises(ModuleNotFoundError, match=r"flexsdk\.cli\.app"):
        main(["demo"])


def test_lists_operations_as_json_without_the_extra(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for missing in ("cyclopts", "rich", "jsonschema"):
        without(monkeypatch, missing)

    assert main(["operations", "--json"]) == 0
    assert capsys.readouterr().out.startswith("[")


def test_an_interrupt_before_the_command_runs_is_no_traceback(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupted(arguments: Sequence[str]) -> int:
        raise KeyboardInterrupt

    monkeypatch.setattr(app, "run", interrupted)

    assert main(["demo"]) == 130
    assert capsys.readouterr().err == "flexsdk: interrupted\n"


def test_tells_its_version(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--version"]) == 0
    assert capsys.readouterr().out.strip() == flexsdk.__version__


def test_shows_the_commands_when_none_is_given(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 0

    shown = capsys.readouterr().out
    assert all(command in shown for command in ("demo", "operations", "sandbox"))


@pytest.mark.parametrize(
    "arguments",
    [
        ["frobnicate"],
        ["demo", "--frobnicate"],
        ["sandbox", "--platform", "nowhere"],
        ["sandbox", "--token-delay=-1"],
        ["sandbox", "--seed", "x"],
    ],
    ids=" ".join,
)
def test_wrong_arguments_end_with_status_2_and_a_word_on_stderr(
    arguments: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(serve, "serve", lambda sandbox: 0)

    assert main(arguments) == 2

    told = capsys.readouterr()
    assert told.out == ""
    assert arguments[-1].removeprefix("--").split("=")[-1] in told.err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["fleece", "agents", "get"], "missing: AGENT-ID; see: flexsdk fleece agents get --help"),
        (["jobs", "watch"], "missing: PLATFORM; see: flexsdk jobs watch --help"),
        (["fleece", "agents", "get", "a", "b"], "too many words: b; see: flexsdk fleece agents get --help"),
        (["fleece", "agents", "lst"], 'Unknown command "lst". Did you mean "list"?'),
    ],
    ids=["missing", "missing in a command by hand", "too many", "unknown"],
)
def test_a_wrong_argument_is_one_line_that_names_the_help(
    arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(arguments) == 2

    told = capsys.readouterr().err
    assert told.startswith("flexsdk: ")
    assert said in told
    assert told.count("\n") == 1


def test_help_fits_its_lines_to_the_terminal(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLUMNS", "100")

    assert main(["limits", "--help"]) == 0

    (line,) = [line for line in capsys.readouterr().out.splitlines() if line.startswith("Without a platform")]
    assert len(line.rstrip()) > 80


def test_help_loads_no_platform_and_no_sandbox() -> None:
    program = (
        "import sys; from flexsdk.__main__ import main; main(['--help']);"
        "heavy = ('aiohttp', 'flexsdk.platforms', 'flexsdk.sandbox');"
        "print([name for name in sys.modules if name.startswith(heavy)])"
    )
    shown = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=30, check=True
    ).stdout

    assert shown.splitlines()[-1] == "[]"
