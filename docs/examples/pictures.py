"""Takes the pictures of the command line in `docs/img`; needs pyte, and a system with pseudo terminals.

python docs/examples/pictures.py
"""

from __future__ import annotations

import fcntl
import io
import json
import os
import pty
import re
import select
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from itertools import groupby
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pyte
from rich.console import Console
from rich.style import Style
from rich.terminal_theme import TerminalTheme
from rich.text import Text

FOLDER = Path(__file__).parents[1] / "img"
COLUMNS, LINES = 100, 60
SECONDS = 60.0
"""No command takes longer."""
THEME = TerminalTheme(
    (24, 26, 31),
    (222, 225, 230),
    [
        *((24, 26, 31), (224, 108, 117), (126, 196, 124), (224, 180, 100)),
        *((97, 160, 235), (198, 120, 221), (86, 190, 200), (222, 225, 230)),
    ],
)
COLOURS = {"brown": "yellow"}
"""What the emulated terminal calls otherwise."""


def main() -> None:
    """Take all pictures, against a sandbox of its own."""
    FOLDER.mkdir(exist_ok=True)
    with sandbox("--token-delay", "0.03", "--run-seconds", "4") as environment, TemporaryDirectory() as work:
        for number in (1, 2, 3):
            Path(work, f"invoice-2026-0{number}.pdf").write_bytes(b"%PDF-1.4" + b"0" * 100_000 * number)
        Path(work, "notes.md").write_text("# Notes")
        at = {"environment": environment, "folder": work}
        take("cli-help", "flexsdk --help", **at)
        take("cli-platform", "flexsdk fleece agents execute --help", **at)
        command = "flexsdk flexorch process *.pdf notes.md --wait --export parquet -o out/"
        take(
            "cli-process",
            command,
            until=all_jobs_done,
            goes_on=True,
            **at,
        )
        for platform, calls in (("platform", 390), ("flexorch", 270), ("flextell", 240)):
            spend(platform, calls, Path(work, "ids"), environment)
        take("cli-limits", "flexsdk limits", **at)
        agents = output_of("flapjack", "agents", "list", environment=environment)
        agent = json.loads(agents.splitlines()[1])["id"]
        take("cli-chat", f"flexsdk flapjack chat {agent}", typed="Where is my order A-1001?\n", **at)


READ = {"platform": "resources", "flexorch": "jobs", "flextell": "customers"}


def spend(platform: str, calls: int, ids: Path, environment: Mapping[str, str]) -> None:
    """Make many calls, so that the bars of the limits have something to tell."""
    ids.write_text("".join(f'{{"{READ[platform][:-1]}_id": "{number}"}}\n' for number in range(1, calls)))
    output_of("ingest", str(ids), platform, READ[platform], "get", environment=environment)


def output_of(*arguments: str, environment: Mapping[str, str]) -> bytes:
    """Run a command to its end, and give what it wrote."""
    done = subprocess.run(
        [sys.executable, "-m", "flexsdk", *arguments],
        env=surroundings(environment), stdout=subprocess.PIPE, timeout=SECONDS, check=False,
    )  # fmt: skip
    return done.stdout


@contextmanager
def sandbox(*options: str) -> Iterator[Mapping[str, str]]:
    """Run a sandbox; gives the variables that lead a client there."""
    command = [sys.executable, "-m", "flexsdk", "sandbox", *options]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        found: dict[str, str] = {"FLEXSDK_CONFIG": os.devnull}
        for line in process.stdout:
            found.update(re.findall(r"(\w+)=(\S+)", line) if line.startswith("export") else [])
            if "PLATFORM_API_KEY" in found:
                break
        yield found
        process.terminate()


def surroundings(environment: Mapping[str, str]) -> dict[str, str]:
    """Give what a command sees: nothing of this machine but where programs lie."""
    terminal = {
        "TERM": "xterm-256color",
        "COLORTERM": "truecolor",
        "COLUMNS": str(COLUMNS),
        "PYTHONUTF8": "1",
    }
    return {"PATH": os.environ["PATH"], **terminal, **environment}


def take(
    name: str,
    command: str,
    *,
    environment: Mapping[str, str],
    folder: str,
    typed: str = "",
    until: Callable[[str], bool] = lambda shown: False,
    goes_on: bool = False,
) -> None:
    """Run a command on a terminal and draw what stands there; with ``goes_on`` its end below that, too."""
    screen = pyte.Screen(COLUMNS, LINES)
    process, terminal = started(command, environment, folder)
    pictures = []
    with process:
        if typed:
            watch(terminal, screen, lambda shown: "you>" in shown)
            os.write(terminal, typed.encode())
            until = prompted_again
        watch(terminal, screen, until)
        pictures.append(text_of(screen))
        if goes_on:
            watch(terminal, screen, lambda shown: False)
            pictures.append(text_of(screen))
        process.terminate()
    os.close(terminal)
    draw(name, command, pictures)


def all_jobs_done(shown: str) -> bool:
    """Tell whether the jobs have ended, and their datasets are on the way."""
    return re.search(r"jobs .* 3 of 3", shown) is not None


def prompted_again(shown: str) -> bool:
    """Tell whether a talk waits for its next line."""
    return shown.count("you>") == 2


def started(command: str, environment: Mapping[str, str], folder: str) -> tuple[subprocess.Popen[bytes], int]:
    """Start a command on a pseudo terminal of the right size."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", LINES, COLUMNS, 0, 0))
    process = subprocess.Popen(
        ["sh", "-c", f"exec {command}"],
        stdin=theirs, stdout=theirs, stderr=theirs, cwd=folder, env=surroundings(environment),
    )  # fmt: skip
    os.close(theirs)
    return process, ours


def watch(terminal: int, screen: pyte.Screen, until: Callable[[str], bool]) -> None:
    """Read until the screen shows what is wanted, or the command has ended."""
    stream = pyte.ByteStream(screen)
    ends = time.monotonic() + SECONDS
    while not until("\n".join(screen.display)):
        left = ends - time.monotonic()
        if not select.select([terminal], [], [], max(left, 0))[0]:
            sys.exit("this takes too long:\n" + "\n".join(screen.display))
        try:
            written = os.read(terminal, 65_536)
        except OSError:  # how Linux tells that the other side of a terminal was closed
            return
        stream.feed(written)


def text_of(screen: pyte.Screen) -> Text:
    """Give what stands on the screen, with its colours."""
    whole = Text()
    for line in range(len("\n".join(screen.display).rstrip().splitlines())):
        signs = (screen.buffer[line][column] for column in range(COLUMNS))
        drawn = Text()
        for style, run in groupby(signs, style_of):
            drawn.append("".join(sign.data for sign in run), style)
        drawn.rstrip()
        whole.append_text(drawn).append("\n")
    return whole


def style_of(sign: Any) -> Style:
    """Give the style of a sign."""
    colour = COLOURS.get(sign.fg, sign.fg)
    if re.fullmatch("[0-9a-f]{6}", colour):
        colour = f"#{colour}"
    return Style(color=None if colour == "default" else colour, bold=sign.bold)


def draw(name: str, command: str, pictures: list[Text]) -> None:
    """Write the pictures, one below the other, as one SVG."""
    console = Console(record=True, width=COLUMNS, file=io.StringIO(), force_terminal=True)
    console.print(Text.assemble(("$ ", "bold green"), (command, "bold")))
    for number, picture in enumerate(pictures):
        if number:
            console.print(Text("…"))
        console.print(picture, end="")
    svg = console.export_svg(title="flexsdk", theme=THEME, unique_id=name)
    # Fonts of the reader's own: these pictures fetch nothing.
    svg = re.sub(r"@font-face \{.*?\}\s*", "", svg, flags=re.DOTALL)
    (FOLDER / f"{name}.svg").write_text(svg.replace("Fira Code", "ui-monospace, Menlo, Consolas"))


if __name__ == "__main__":
    main()
