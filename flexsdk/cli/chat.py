"""A conversation with a Flapjack agent: the answer as it comes, with its tools; Ctrl-C stops an answer."""

from __future__ import annotations

import asyncio
import sys
from typing import Any, Final

from flexsdk.cli.exits import report
from flexsdk.cli.output import can_draw, clean, out
from flexsdk.cli.session import Access, opened
from flexsdk.errors import FlexError, StreamError
from flexsdk.platforms.flapjack.client import Flapjack
from flexsdk.platforms.flapjack.events import AuthChallenge, Event, Token, ToolCall, ToolExecuting, ToolResult

__all__ = ["chat"]

_DIM, _PLAIN = "\x1b[2m", "\x1b[0m"
_LONGEST: Final = 200
"""Characters of a tool's arguments or result."""
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
    while line := _asked():
        if line.strip():
            _turn(runner, talk, line.strip())
    return 0


def _turn(runner: asyncio.Runner, talk: _Talk, message: str) -> int:
    try:
        runner.run(talk.turn(message))
    except KeyboardInterrupt:
        out()
        print("flexsdk: stopped", file=sys.stderr)
        return _INTERRUPTED
    return 0


def _asked() -> str:
    """Give the next line with its end; empty text at the end."""
    if sys.stdin.isatty():
        print("you> ", end="", file=sys.stderr, flush=True)
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
        self._thread_id = thread_id

    async def turn(self, message: str) -> None:
        """Send a message and show the answer; leaving early stops the platform, too."""
        if self._thread_id is None:
            self._thread_id = (await self.client.threads.create(self._agent_id)).id
        async with self.client.threads.stream(self._thread_id, message, stop_on_exit=True) as events:
            try:
                async for event in events:
                    _show(event)
            except StreamError:
                out()  # the text so far stands; the error gets a line of its own
                raise
        out()


def _show(event: Event) -> None:
    match event:
        case Token(delta=delta):
            out("".join(sign for sign in delta if sign.isprintable() or sign in "\n\t"), end="")
        case ToolCall(tool=tool):
            _aside(f"calls {tool.name}({tool.arguments})")
        case ToolExecuting(tool_name=name):
            _aside(f"{name} runs")
        case ToolResult(tool_name=name, result=result):
            _aside(f"{name} gave {result}")
        case AuthChallenge(tool_name=name, challenge=challenge):
            _aside(f"{name} needs you at {challenge.redirect_url}")


def _aside(text: str) -> None:
    """Write a line about a tool to stderr, so that stdout is the answer alone."""
    line = clean(text)
    shown = line if len(line) <= _LONGEST else f"{line[: _LONGEST - 1]}…"
    before, after = (f"\n{_DIM}", _PLAIN) if can_draw() else ("", "")
    print(f"{before}[{shown}]{after}", file=sys.stderr, flush=True)
