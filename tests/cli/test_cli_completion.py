"""Completion: every command and option is offered, by the shells themselves."""

from __future__ import annotations

import shutil
import subprocess
from functools import cache
from pathlib import Path
from typing import get_args

import pytest
from cli_kit import SECONDS

from flexsdk.cli.app import app
from flexsdk.cli.commands import whole_app
from flexsdk.cli.completing import Shell, script
from flexsdk.cli.tree import CLIENTS, tree

SHELLS: tuple[Shell, ...] = get_args(Shell)
ASKED = {
    "bash": """
source "$1"; shift
COMP_WORDS=(flexsdk "$@"); COMP_CWORD=$#
_flexsdk; printf '%s\\n' "${COMPREPLY[@]}"
""",
    "fish": """
source $argv[1]; set -e argv[1]
complete -C (string join -- ' ' flexsdk $argv) | string replace -r '\\t.*' ''
""",
    # The function runs outside of a widget, so its last step is replaced by one that only tells.
    "zsh": """
compdef() { }
source "$1"; shift
_describe() { print -l -- "${(@P)2%%:*}" }
_files() { }
words=(flexsdk "$@"); CURRENT=$#words; PREFIX=$words[-1]
_flexsdk
""",
}
"""How each shell is asked what may stand for the last word."""


@cache
def written(shell: Shell) -> str:
    return script(whole_app(app, CLIENTS), shell)


def run(shell: Shell, program: str, *arguments: str, file: Path) -> list[str]:
    found = shutil.which(shell)
    if found is None:
        pytest.skip(f"there is no {shell} on this machine")
    file.write_text(written(shell))
    more = [shell] if shell != "fish" else []
    done = subprocess.run(
        [found, "-c", program, *more, str(file), *arguments],
        capture_output=True,
        text=True,
        timeout=SECONDS,
        cwd=file.parent,
        check=False,
    )
    assert done.stderr == ""
    return done.stdout.split()


@pytest.mark.parametrize("shell", SHELLS)
@pytest.mark.parametrize(
    ("words", "offered"),
    [
        pytest.param("fl", {"flapjack", "flexorch", "fleece", "flextell"}, id="platforms"),
        pytest.param("fleece agents ", {"list", "get", "execute"}, id="operations"),
        pytest.param("fleece agents execute --ti", {"--timezone", "--timeout"}, id="options"),
        pytest.param("fleece agents execute list --rev", {"--reveal"}, id="an id that is also a word"),
        pytest.param("fleece agents list --output ", {"json", "table", "csv"}, id="values of an option"),
        pytest.param("jobs watch ", {"flexorch", "platform"}, id="values of a place"),
        pytest.param("flexorch process --exp", {"--export"}, id="commands by hand"),
        pytest.param("keys ", {"set", "list", "remove"}, id="commands of no platform"),
        pytest.param("flextell customers list --ten", {"--tenant"}, id="options of a platform"),
    ],
)
def test_offers_what_may_come_next(shell: Shell, words: str, offered: set[str], tmp_path: Path) -> None:
    shown = run(shell, ASKED[shell], *words.split(" "), file=tmp_path / "script")

    last = words.rpartition(" ")[2]
    assert {word for word in shown if word.startswith(last)} - {"--help", "script"} == offered


def test_every_command_has_a_place() -> None:
    lines = written("bash").splitlines()

    for platform in CLIENTS:
        for words, _ in tree(platform).walk(platform):
            place = " ".join(words).replace("_", "-")
            assert sum(line.startswith(f"    '{place}') ") for line in lines) == 1, place
