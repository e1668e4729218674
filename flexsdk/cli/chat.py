"""A conversation with a Flapjack agent: the answer as it comes, with its tools; Ctrl-C stops an answer."""

from __future__ import annotations

import asyncio
import sys
from typing import Any, Final

from flexsdk.cli.exits import report
from flexsdk.cli.output import can_draw, out
from flexsdk.cli.session import Access, opened
from flexsdk.cli.speech import Speech, dimmed
from flexsdk.errors import ConfigError, FlexError
from flexsdk.platforms.flapjack.client import Flapjack

__all__ = ["chat"]

_PROMPT: Final = "\x1b[1;36myou>\x1b[0m "
_INTERRUPTED: Final = 130


def chat(agent_id: str, message: str | None, thread_id: str | None, access: Access) -> int:
    """Send one message, or one for each line of stdin, and show the answers.

    Ctrl-C during an answer stops it, also at the platform; at the prompt it ends the conversation.
    """
    # One loop for all turns: between them the prompt belongs to the terminal, where Ctrl-C has to work.
    with asyncio.Runner() as runner:
        try:
            talk = _Talk(opened("flapjack", access), agent_id, thread_id)
            try:
                return _turns(runner, talk, message)
            finally:
                runner.run(talk.client.aclose())
        except (FlexError, OSError) as error:
            return report(error)


def _turns(runner: asyncio.Runner, talk: _Talk, message: str | None) -> int:
    if message is not None:
        return _turn(runner, talk, message)
    drawn = can_draw() and sys.stdin.isatty()
    if drawn:
        dimmed("Ctrl-C stops an answer, Ctrl-D ends the talk.")
    while line := _asked(drawn=drawn):
        if line.strip():
            _turn_of_many(runner, talk, line.strip())
    if drawn and talk.thread_id:
        out()
        dimmed(f"To go on later: --thread-id {talk.thread_id}")
    return 0


def _turn_of_many(runner: asyncio.Runner, talk: _Talk, message: str) -> None:
    """Send a message; on a terminal a failure is told, and the talk goes on."""
    try:
        _turn(runner, talk, message)
    except FlexError as error:
        if isinstance(error, ConfigError) or not sys.stdin.isatty():
            raise
        report(error)


def _turn(runner: asyncio.Runner, talk: _Talk, message: str) -> int:
    try:
        runner.run(talk.turn(message))
    except KeyboardInterrupt:
        print("flexsdk: stopped", file=sys.stderr)
        return _INTERRUPTED
    return 0


def _asked(*, drawn: bool) -> str:
    """Give the next line with its end; empty text at the end."""
    if sys.stdin.isatty():
        print(_PROMPT if drawn else "you> ", end="", file=sys.stderr, flush=True)
    try:
        return sys.stdin.readline()
    except KeyboardInterrupt:
        out()
        return ""


class _Talk:
    """One thread and its client."""

    def __init__(self, client: Any, agent_id: str, thread_id: str | None) -> None:
        self.client: Flapjack = client
        self._agent_id = agent_id
        self.thread_id = thread_id

    async def turn(self, message: str) -> None:
        """Send a message and show the answer; leaving early stops the platform, too."""
        if self.thread_id is None:
            self.thread_id = (await self.client.threads.create(self._agent_id)).id
        async with self.client.threads.stream(self.thread_id, message, stop_on_exit=True) as events:
            speech = Speech()
            try:
                async for event in events:
                    speech.show(event)
            finally:
                speech.end()  # the text so far stands; an error gets a line of its own
