"""The chat example in a browser."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from flexsdk.sandbox import Sandbox

if TYPE_CHECKING:
    from playwright.async_api import Locator, Page

EXAMPLE = Path(__file__).parents[2] / "docs" / "examples" / "chat"
sys.path.append(str(EXAMPLE))
PATIENCE_SECONDS = 10.0
MESSAGE = "threads_send_message"
DONE = ("done", {"ok": True, "messageId": "00000000-0000-4000-8000-000000000000"})


@dataclass(frozen=True)
class Chat:
    """The page, and the platform behind it."""

    page: Page
    sandbox: Sandbox
    url: str

    async def ask(self, question: str) -> None:
        """Type a question and send it."""
        await self.question.fill(question)
        await self.question.press("Enter")

    async def asked(self, question: str) -> None:
        """Ask, and wait until the answer has ended in whatever way."""
        await self.ask(question)
        await self.ended()

    async def ended(self) -> None:
        """Wait until the last answer is no longer written."""
        await self.page.locator(".turn:last-child article[aria-busy=false]").wait_for()

    async def until(self, holds: Callable[[], bool]) -> None:
        """Wait for something at the platform, which has no events to tell of it."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            while not holds():  # noqa: ASYNC110
                await asyncio.sleep(0.01)

    def say(self, text: str) -> None:
        """Let the next answer be exactly this text."""
        self.sandbox.flapjack.script(stream(("token", {"delta": text}), DONE))

    @property
    def question(self) -> Locator:
        return self.page.get_by_label("Your question")

    @property
    def answer(self) -> Locator:
        """The last answer."""
        return self.page.get_by_role("article").last

    @property
    def text(self) -> Locator:
        """The last text of the last answer."""
        return self.answer.locator(".markdown").last

    def button(self, name: str) -> Locator:
        return self.page.get_by_role("button", name=name, exact=True)


def stream(*events: tuple[str, dict[str, Any]]) -> bytes:
    """Write an event stream."""
    return "".join(f"event: {name}\ndata: {json.dumps(data)}\n\n" for name, data in events).encode()
