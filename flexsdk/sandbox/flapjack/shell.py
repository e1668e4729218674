"""What a Flapjack computer does with a command line: a few commands, split at semicolons.

| command | what it does |
|---|---|
| `echo words`, `echo words >&2` | says the words on the standard or on the error output |
| `seq n` | counts to n, a line at a time with the pause of `token_delay` between them |
| `pwd`, `printenv NAME` | says the directory, a variable |
| `sleep seconds` | is silent; longer than the timeout of the command it ends with 124 |
| `exit n` | ends with that code |
| `crash` | ends with an `error` event in place of an exit code |

Everything else is not found and ends with 127.
"""

from __future__ import annotations

import asyncio
import re
import shlex
from collections.abc import AsyncGenerator, Mapping
from dataclasses import dataclass
from typing import Any

from flexsdk.sandbox.exchange import Problem

__all__ = ["Event", "Shell"]

Event = tuple[str, dict[str, Any]]
"""Name and data of one event."""
_MOST_LINES = 10_000
_NUMBER = re.compile(r"[0-9]{1,9}")
_DURATION = re.compile(r"[0-9]+(\.[0-9]+)?")
_TIMED_OUT, _NOT_FOUND, _FAILED = 124, 127, 1


@dataclass(frozen=True, slots=True)
class Shell:
    """Runs one command line."""

    cwd: str
    env: Mapping[str, str]
    timeout: float
    """Seconds that a `sleep` may take."""
    pause: float
    """Seconds between two lines of `seq`."""

    def parse(self, line: str) -> list[list[str]]:
        """Split a line into commands of words, or raise a 400."""
        try:
            commands = [shlex.split(part) for part in line.split(";")]
        except ValueError as error:
            raise Problem(400, f"The command cannot be read: {error}", param="command") from None
        return [words for words in commands if words]

    async def run(self, commands: list[list[str]]) -> AsyncGenerator[Event, None]:
        """Yield the output of the commands, and the exit code of the last one."""
        code = 0
        for words in commands:
            match words:
                case ["exit", *number]:
                    code = int(number[0]) if number and _NUMBER.fullmatch(number[0]) else code
                    break
                case ["crash"]:
                    yield "error", {"code": "COMPUTER_LOST", "detail": "The computer went away"}
                    return
                case ["sleep", seconds] if _DURATION.fullmatch(seconds):
                    code = await self._sleep(float(seconds))
                case ["seq", number] if _NUMBER.fullmatch(number):
                    for each in range(1, min(int(number), _MOST_LINES) + 1):
                        await asyncio.sleep(self.pause)
                        yield "stdout", {"chunk": f"{each}\n"}
                case _:
                    code, name, text = self._say(words)
                    if text:
                        yield name, {"chunk": f"{text}\n"}
        yield "exit", {"exitCode": code}

    async def _sleep(self, seconds: float) -> int:
        if seconds > self.timeout:
            return _TIMED_OUT
        await asyncio.sleep(seconds)
        return 0

    def _say(self, words: list[str]) -> tuple[int, str, str]:
        """Return exit code, channel and text of a command that says one thing."""
        match words:
            case ["echo", *said, ">&2"]:
                return 0, "stderr", " ".join(said)
            case ["echo", *said]:
                return 0, "stdout", " ".join(said)
            case ["pwd"]:
                return 0, "stdout", self.cwd
            case ["printenv", name]:
                value = self.env.get(name)
                return (_FAILED, "stdout", "") if value is None else (0, "stdout", value)
        return _NOT_FOUND, "stderr", f"sh: {words[0]}: command not found"
