"""Logins of persons, against the sandbox."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
from clock import VirtualClock

from flexsdk.errors import Forbidden, NotFound, Unauthorized
from flexsdk.platforms.flexorch import FlexOrch, Login, MemberInvite
from flexsdk.platforms.flexorch.team import INVITE
from flexsdk.protocol.redact import Secret
from flexsdk.sandbox import Sandbox


@pytest.fixture
def login(sandbox: Sandbox, clock: VirtualClock) -> Login:
    platform = sandbox.flexorch
    return Login(platform.email, Secret(platform.password), base_url=platform.base_url, clock=clock)


@pytest.fixture
async def person(sandbox: Sandbox, login: Login, clock: VirtualClock) -> AsyncIterator[FlexOrch]:
    async with FlexOrch(auth=login, base_url=sandbox.flexorch.base_url, clock=clock, limits=None) as client:
        yield client


def asked(sandbox: Sandbox) -> list[str | None]:
    return [
        call.operation for call in sandbox.flexorch.requests if (call.operation or "").startswith("auth_")
    ]


async def test_logs_in_once_for_many_tasks(sandbox: Sandbox, person: FlexOrch) -> None:
    await asyncio.gather(*(person.usage.get() for _ in range(50)))

    assert asked(sandbox) == ["auth_login"]


async def test_sends_a_token_and_no_key(sandbox: Sandbox, person: FlexOrch) -> None:
    await person.usage.get()

    headers = sandbox.flexorch.calls("usage_get")[0].headers
    assert headers["Authorization"].startswith("Bearer ")
    assert "X-API-KEY" not in headers


async def test_refreshes_a_minute_before_the_token_expires(
    sandbox: Sandbox, person: FlexOrch, clock: VirtualClock
) -> None:
    await person.usage.get()
    clock.now += 3600 - 61
    await person.usage.get()
    assert asked(sandbox) == ["auth_login"]

    clock.now += 2
    await person.usage.get()

    assert asked(sandbox) == ["auth_login", "auth_refresh"]


@pytest.mark.parametrize("rotate", [True, False])
async def test_refreshes_again_and_again(
    sandbox: Sandbox, person: FlexOrch, clock: VirtualClock, rotate: bool
) -> None:
    sandbox.flexorch.terms.rotate = rotate

    for _ in range(3):
        await person.usage.get()
        clock.now += 3600

    assert asked(sandbox) == ["auth_login", "auth_refresh", "auth_refresh"]


async def test_logs_in_again_when_the_refresh_is_refused(
    sandbox: Sandbox, login: Login, person: FlexOrch, clock: VirtualClock
) -> None:
    await person.usage.get()
    sandbox.reset()
    clock.now += 3600

    await person.usage.get()

    assert asked(sandbox) == ["auth_refresh", "auth_login"]


async def test_a_refused_token_is_replaced_once(sandbox: Sandbox, login: Login, person: FlexOrch) -> None:
    await person.usage.get()
    token = await login.token(0.0)
    sandbox.flexorch.revoke(token.access)

    await person.usage.get()

    assert [call.status for call in sandbox.flexorch.calls("usage_get")] == [200, 401, 200]


async def test_a_wrong_password_raises(sandbox: Sandbox) -> None:
    platform = sandbox.flexorch
    login = Login(platform.email, "wrong", base_url=platform.base_url)

    async with FlexOrch(auth=login, base_url=platform.base_url) as client:
        with pytest.raises(Unauthorized):
            await client.usage.get()


async def test_a_person_changes_the_team(sandbox: Sandbox, person: FlexOrch) -> None:
    invited = await person.call(INVITE, body=MemberInvite(email="ada@example.com", role="member"))

    await person.team.invite("grace@example.com", "viewer")
    await person.team.members.set_role(invited["user_id"], "admin")
    await person.team.members.remove(invited["user_id"])

    with pytest.raises(NotFound):
        await person.team.members.set_role(invited["user_id"], "admin")


async def test_makes_an_account_that_has_to_be_confirmed(sandbox: Sandbox, flexorch: FlexOrch) -> None:
    await flexorch.auth.signup("grace@example.com", Secret("long-password-1"))
    with pytest.raises(Forbidden):
        await flexorch.auth.login("grace@example.com", "long-password-1")
    sandbox.flexorch.verify("grace@example.com")

    pair = await flexorch.auth.login("grace@example.com", "long-password-1")

    assert pair.refresh_token is not None
    assert (await flexorch.auth.refresh(pair.refresh_token)).access_token != pair.access_token
    assert pair.access_token.reveal() not in repr(pair)
