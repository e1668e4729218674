"""Idempotency keys of Platform in the sandbox."""

from __future__ import annotations

import asyncio
from typing import Any

import aiohttp
import pytest
from sandbox_kit import Ask, Clock, Reply, bearer, until

from flexsdk.sandbox import Fault, Sandbox
from flexsdk.sandbox.platform import Platform

BASE = "/v1/resources"
DAY = 24 * 3600


@pytest.fixture
def platform(sandbox: Sandbox) -> Platform:
    return sandbox.platform


async def post(platform: Platform, ask: Ask, *, body: Any = None, key: str = "k", api_key: str = "") -> Reply:
    headers = bearer(api_key or platform.key) | {"Idempotency-Key": key}
    return await ask(platform, "POST", BASE, json=body or {"name": "A"}, headers=headers)


async def count(platform: Platform, ask: Ask) -> int:
    return len((await ask(platform, "GET", f"{BASE}?limit=100")).json()["data"])


async def test_a_repeated_key_gets_the_first_answer_again(platform: Platform, ask: Ask) -> None:
    first = await post(platform, ask)
    await ask(platform, "PATCH", f"{BASE}/{first.json()['id']}", json={"name": "B"})
    again = [await post(platform, ask) for _ in range(2)]

    assert {(reply.status, reply.body) for reply in again} == {(first.status, first.body)}
    assert len({reply.headers["X-Request-Id"] for reply in (first, *again)}) == 3
    assert await count(platform, ask) == 3 + 1


async def test_a_repeated_key_gets_the_first_job_again(platform: Platform, ask: Ask) -> None:
    platform.terms.jobs = True

    assert (await post(platform, ask)).json() == (await post(platform, ask)).json()


async def test_without_a_key_or_with_another_one_it_is_done_again(platform: Platform, ask: Ask) -> None:
    for key in ("", "", "1", "2"):
        await post(platform, ask, key=key)

    assert await count(platform, ask) == 3 + 4


@pytest.mark.parametrize(("seconds", "made"), [(DAY - 1, 1), (DAY, 2)])
async def test_a_key_is_kept_for_24_hours(
    platform: Platform, ask: Ask, clock: Clock, seconds: float, made: int
) -> None:
    await post(platform, ask)
    clock.now += seconds
    await post(platform, ask)

    assert await count(platform, ask) == 3 + made


async def test_a_key_with_another_body_is_refused(platform: Platform, ask: Ask) -> None:
    await post(platform, ask)

    reply = await post(platform, ask, body={"name": "B"})

    assert reply.status == 422
    assert reply.json()["error"]["code"] == "idempotency_key_reused"


async def test_a_key_belongs_to_its_workspace(platform: Platform, ask: Ask) -> None:
    await post(platform, ask)

    reply = await post(platform, ask, body={"name": "B"}, api_key=platform.issue(live=True))

    assert reply.status == 201


async def test_of_two_requests_at_once_the_second_is_told_to_wait(platform: Platform, ask: Ask) -> None:
    platform.terms.create_seconds = 60
    first = asyncio.create_task(post(platform, ask))
    await until(lambda: platform.calls("resources_create"))
    second = await post(platform, ask)
    first.cancel()
    await asyncio.wait([first])

    assert (second.status, second.json()["error"]["code"]) == (409, "idempotency_key_in_use")


async def test_a_request_that_was_given_up_blocks_nobody(platform: Platform, ask: Ask) -> None:
    platform.terms.create_seconds = 60
    first = asyncio.create_task(post(platform, ask))
    await until(lambda: platform.calls("resources_create"))
    first.cancel()
    await asyncio.wait([first])
    await until(lambda: platform.requests[0].disconnected)
    platform.terms.create_seconds = 0

    assert (await post(platform, ask)).status == 201


async def test_an_error_is_not_kept(platform: Platform, ask: Ask) -> None:
    platform.faults.add(Fault.status(500), operation="resources_create", requests=[1])

    statuses = [(await post(platform, ask)).status for _ in range(2)]

    assert statuses == [500, 201]


async def test_a_lost_answer_is_found_again(platform: Platform, ask: Ask) -> None:
    platform.faults.add(Fault.reset(acted=True), operation="resources_create", requests=[1])
    with pytest.raises(aiohttp.ClientError):
        await post(platform, ask)
    reply = await post(platform, ask)

    assert reply.status == 201
    assert await count(platform, ask) == 3 + 1
