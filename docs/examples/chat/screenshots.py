"""Takes the pictures in `screenshots/`; needs Chromium and Playwright.

python docs/examples/chat/screenshots.py
"""

from __future__ import annotations

import asyncio
import json
import re
import shutil
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from playwright.async_api import Browser, Locator, Page, async_playwright
from serving import serving

from flexsdk.sandbox import Fault, Sandbox

Scene = Callable[[Page, Sandbox], Awaitable[None]]
FOLDER = Path(__file__).parent / "screenshots"
WIDE: Any = {"width": 1180, "height": 760}
PHONE: Any = {"width": 390, "height": 780}
ANSWER = """Three things decide which batter works best. In order of **effect**:

1. **Rest**: thirty minutes, so that the flour takes up the milk
2. Heat: a drop of water should *dance* on the pan
3. Fat: `butter` for taste, oil for heat

| Batter | Flour | Milk | Rest |
|:--|--:|--:|--:|
| Thin | 200 g | 500 ml | 30 min |
| Thick | 250 g | 300 ml | 10 min |

```python
async with Flapjack() as flapjack:
    thread = await flapjack.threads.create(agent.id)
    async with flapjack.threads.stream(thread.id, "Which batter?") as events:
        async for event in events:
            print(event)
```

More in the [notes on batters](https://example.com/batters)."""


async def main() -> None:
    """Take all pictures, each in a browser window of its own."""
    FOLDER.mkdir(exist_ok=True)
    async with async_playwright() as player:
        browser = await player.chromium.launch(executable_path=shutil.which("chromium"))
        for scheme, size, name, scene in [
            ("light", WIDE, "welcome", welcome),
            ("light", WIDE, "streaming", streaming),
            ("light", WIDE, "tool", tool),
            ("light", WIDE, "error", error),
            ("dark", WIDE, "dark", markdown),
            ("light", PHONE, "narrow", asking),
            ("dark", PHONE, "narrow-dark", drawer),
        ]:
            await take(browser, scheme, size, name, scene)
        await browser.close()


async def take(browser: Browser, scheme: Any, size: Any, name: str, scene: Scene) -> None:
    """Take one picture of a scene, with a sandbox of its own."""
    async with Sandbox(platforms=("flapjack",)) as sandbox, serving(sandbox) as url:
        page = await browser.new_page(viewport=size, color_scheme=scheme)
        await page.goto(url)
        await scene(page, sandbox)
        await settled(page)
        await page.screenshot(path=FOLDER / f"{name}.png")
        await page.close()


async def welcome(page: Page, sandbox: Sandbox) -> None:
    """Show the page before the first question."""
    await page.get_by_role("heading", name="What can I do for you?").wait_for()


async def streaming(page: Page, sandbox: Sandbox) -> None:
    """Show an answer that is being written, after an earlier one."""
    await ask(page, "What is the weather in Lisbon?")
    await complete(page)
    sandbox.token_delay = 0.05
    await ask(page, "Tell me a slow, long story about it")
    await answer(page).get_by_text(re.compile(r"(\S+ ){70}")).wait_for()


async def tool(page: Page, sandbox: Sandbox) -> None:
    """Show tools, one of them unfolded."""
    await ask(page, "Where is my order A-1001?")
    await complete(page)
    await ask(page, "Track parcel B-2002")
    await complete(page)
    await page.locator("summary").last.click()


async def error(page: Page, sandbox: Sandbox) -> None:
    """Show an answer that failed half way, and a rate limit."""
    await ask(page, "Where is my order A-1001?")
    await complete(page)
    await ask(page, "Show me an error")
    await answer(page).get_by_role("alert").wait_for()
    sandbox.flapjack.faults.add(Fault.status(429, retry_after=24), operation="threads_send_message")
    await ask(page, "And the weather in Lisbon?")
    await answer(page).get_by_role("alert").wait_for()


async def markdown(page: Page, sandbox: Sandbox) -> None:
    """Show all that an answer can be made of."""
    sandbox.flapjack.script(script(ANSWER))
    await ask(page, "Which batter works best for flapjacks?")
    await complete(page)


async def asking(page: Page, sandbox: Sandbox) -> None:
    """Show what asks the person."""
    await ask(page, "Which profile fits an incident?")
    await complete(page)
    await ask(page, "Book a meeting; I need auth")
    await complete(page)


async def drawer(page: Page, sandbox: Sandbox) -> None:
    """Show the list of conversations over the page."""
    for question in (
        "Which batter works best?",
        "طقس لشبونة اليوم",
        "リスボンの天気は?",
        "Where is my order A-1001?",
    ):
        await page.get_by_role("button", name="Conversations", exact=True).click()
        await page.get_by_role("button", name="New conversation").click()
        await ask(page, question)
        await complete(page)
    await page.get_by_role("button", name="Conversations", exact=True).click()


async def ask(page: Page, question: str) -> None:
    """Type a question and send it."""
    await page.get_by_label("Your question").fill(question)
    await page.keyboard.press("Enter")


def answer(page: Page) -> Locator:
    """Find the last answer."""
    return page.get_by_role("article").last


async def complete(page: Page) -> None:
    """Wait until the last answer is whole."""
    await answer(page).get_by_role("button", name="Copy").last.wait_for()
    await page.locator("article[aria-busy=true]").wait_for(state="detached")


async def settled(page: Page) -> None:
    """Wait until nothing slides or turns any more but what never ends."""
    await page.evaluate(
        "() => Promise.all(document.getAnimations().filter((each) => each instanceof CSSTransition)"
        ".map((each) => each.finished.catch(() => null)))"
    )


def script(text: str) -> bytes:
    """Write an event stream that says a text."""
    done = {"ok": True, "messageId": "00000000-0000-4000-8000-000000000000"}
    events = [("token", {"delta": text}), ("done", done)]
    return "".join(f"event: {name}\ndata: {json.dumps(data)}\n\n" for name, data in events).encode()


if __name__ == "__main__":
    asyncio.run(main())
