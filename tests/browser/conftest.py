"""A real browser, where there is one."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING

import pytest
import pytest_asyncio
from chat_kit import Chat

from flexsdk.sandbox import Sandbox

if TYPE_CHECKING:
    from playwright.async_api import Browser, BrowserContext, Page

_PROGRAMS = ("chromium", "chromium-browser", "google-chrome")
_QUIET = [
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
_WAIT_MS = 10_000


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browser() -> AsyncIterator[Browser]:
    """Start Chromium once, with a profile of its own."""
    player = pytest.importorskip("playwright.async_api", reason="no browser tests: pip install playwright")
    program = next(filter(None, map(shutil.which, _PROGRAMS)), None)
    if program is None:
        pytest.skip("no browser tests: apt-get install chromium")
    async with player.async_playwright() as driver:
        browser = await driver.chromium.launch(executable_path=program, args=_QUIET)
        yield browser
        await browser.close()


@pytest_asyncio.fixture(loop_scope="session")
async def context(browser: Browser) -> AsyncIterator[BrowserContext]:
    """Open a window without a past."""
    async with await browser.new_context(viewport={"width": 1180, "height": 760}) as context:
        context.set_default_timeout(_WAIT_MS)
        yield context


@pytest_asyncio.fixture(loop_scope="session")
async def page(context: BrowserContext) -> AsyncIterator[Page]:
    """Open a page on which no script may fail and nothing may break the page's own policy."""
    page = await context.new_page()
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("console", lambda line: faults.extend([line.text] if "Policy" in line.text else []))
    yield page
    assert faults == []


@pytest_asyncio.fixture(loop_scope="session")
async def chat(page: Page) -> AsyncIterator[Chat]:
    """Open the chat, with a sandbox of its own behind it."""
    pytest.importorskip("fastapi", reason="no browser tests: pip install 'flexsdk[fastapi]'")
    serving = pytest.importorskip("serving", reason="no browser tests: pip install uvicorn")
    async with Sandbox(platforms=("flapjack",)) as sandbox, serving.serving(sandbox) as url:
        await page.goto(url)
        yield Chat(page, sandbox, url)
        await page.close()  # else the server waits for the answer in progress
        assert sandbox.violations == []
