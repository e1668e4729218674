"""A login to Flextell in a real browser: from the application to the consent and back with a token."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest
import pytest_asyncio
from aiohttp import web

from flexsdk.core.oauth import Authorization
from flexsdk.errors import LoginRequired
from flexsdk.platforms.flextell import Flextell, FlextellOAuth
from flexsdk.sandbox import Sandbox

pytest.importorskip("playwright", reason="no browser tests: pip install playwright")
from playwright.async_api import expect

if TYPE_CHECKING:
    from playwright.async_api import Page

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]


@dataclass
class Application:
    """A web application with a button to sign in; it says how the login has ended."""

    sandbox: Sandbox
    url: str = ""
    logins: list[Authorization] = field(default_factory=list)
    refused: list[str | None] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.app = web.Application()
        self.app.add_routes([web.get("/login", self._login), web.get("/callback", self._callback)])

    def begin(self, url: str) -> None:
        flextell = self.sandbox.flextell
        self.url = url
        flextell.redirect_uris.add(f"{url}/callback")
        self.oauth = FlextellOAuth(
            client_id=flextell.client_id,
            client_secret=flextell.client_secret,
            redirect_uri=f"{url}/callback",
            base_url=flextell.base_url,
            scope="customers:read",
            pkce=True,
        )

    async def _login(self, _: web.Request) -> web.Response:
        self.logins.append(self.oauth.authorization_url())
        raise web.HTTPFound(self.logins[-1].url)

    async def _callback(self, request: web.Request) -> web.Response:
        login = self.logins[-1]
        try:
            await self.oauth.exchange(str(request.url), login.state, login.verifier)
        except LoginRequired as error:
            self.refused.append(error.code)
            return web.Response(text="Not signed in")
        return web.Response(text="Signed in")


@pytest_asyncio.fixture(loop_scope="session")
async def application() -> AsyncIterator[Application]:
    async with Sandbox(platforms=("flextell",)) as sandbox:
        application = Application(sandbox)
        runner = web.AppRunner(application.app, access_log=None, shutdown_timeout=0)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        application.begin(f"http://127.0.0.1:{runner.addresses[0][1]}")
        yield application
        await runner.cleanup()
        assert sandbox.violations == []


async def test_a_person_who_agrees_brings_back_a_token_that_calls_are_let_in_with(
    page: Page, application: Application
) -> None:
    await page.goto(f"{application.url}/login")
    await expect(page.get_by_role("heading", name="Sign in to Flextell")).to_be_visible()
    await expect(page.get_by_text("customers:read")).to_be_visible()

    await page.get_by_role("button", name="Sign in and allow").click()

    await expect(page.get_by_text("Signed in")).to_be_visible()
    flextell = application.sandbox.flextell
    async with Flextell(auth=application.oauth, base_url=flextell.base_url) as client:
        assert await client.with_tenant(42).customers.list().first()
    (call,) = flextell.calls("customers_list")
    assert call.headers["Authorization"].startswith("Bearer ")
    assert call.headers["Authorization"] != f"Bearer {flextell.key}"
    assert dict(flextell.grants) == {"authorization_code": 1}


async def test_a_person_who_refuses_comes_back_without_one(page: Page, application: Application) -> None:
    await page.goto(f"{application.url}/login")

    await page.get_by_role("button", name="Deny").click()

    await expect(page.get_by_text("Not signed in")).to_be_visible()
    assert application.refused == ["access_denied"]
    assert not application.sandbox.flextell.grants


async def test_a_wrong_password_is_said_on_the_page_and_may_be_mended(
    page: Page, application: Application
) -> None:
    await page.goto(f"{application.url}/login")
    await page.get_by_label("Password").fill("flt_password_test_wrong")
    await page.get_by_role("button", name="Sign in and allow").click()
    await expect(page.get_by_role("alert")).to_contain_text("wrong")

    await page.get_by_label("Password").fill(application.sandbox.flextell.password)
    await page.get_by_role("button", name="Sign in and allow").click()

    await expect(page.get_by_text("Signed in")).to_be_visible()


async def test_a_page_that_was_opened_for_another_login_is_refused(
    page: Page, application: Application
) -> None:
    await page.goto(f"{application.url}/login")
    application.logins.append(application.oauth.authorization_url())  # begun meanwhile, in another tab

    await page.get_by_role("button", name="Sign in and allow").click()

    await expect(page.get_by_text("Not signed in")).to_be_visible()
    assert application.refused == ["state_mismatch"]
    assert not application.sandbox.flextell.grants
