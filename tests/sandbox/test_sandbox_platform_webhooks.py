"""Webhooks of Platform in the sandbox: really delivered, signed, repeated."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiohttp import web
from sandbox_kit import Ask, Clock, until

from flexsdk.sandbox import Sandbox
from flexsdk.sandbox.platform import Platform

BASE = "/v1/resources"


class Receiver:
    """An endpoint that answers with the next of its statuses, at the end with 200."""

    def __init__(self) -> None:
        self.statuses: list[int] = []
        self.got: list[tuple[bytes, str]] = []

    async def __call__(self, request: web.BaseRequest) -> web.Response:
        self.got.append((await request.read(), request.headers["X-Signature"]))
        return web.Response(status=self.statuses.pop(0) if self.statuses else 200)

    @property
    def events(self) -> list[dict[str, Any]]:
        return [json.loads(body) for body, _ in self.got]


@pytest.fixture
def platform(sandbox: Sandbox) -> Platform:
    sandbox.platform.terms.webhook_pause = 0
    return sandbox.platform


@pytest.fixture
async def receiver(platform: Platform) -> AsyncIterator[Receiver]:
    receiver = Receiver()
    runner = web.ServerRunner(web.Server(receiver))
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    platform.add_webhook(site.name, "whsec_test_1")
    yield receiver
    await runner.cleanup()


async def test_an_event_is_delivered_with_the_signature_of_its_bytes(
    platform: Platform, receiver: Receiver, ask: Ask
) -> None:
    made = await ask(platform, "POST", BASE, json={"name": "A"})
    await platform.deliver()

    ((body, signature),) = receiver.got
    assert signature == hmac.new(b"whsec_test_1", body, hashlib.sha256).hexdigest()
    (event,) = receiver.events
    assert event["id"].startswith("evt_")
    assert (event["type"], event["data"]) == ("resource.created", made.json())
    assert event["createdAt"]


async def test_each_change_has_its_event(platform: Platform, receiver: Receiver, ask: Ask) -> None:
    path = f"{BASE}/{(await ask(platform, 'POST', BASE, json={'name': 'A'})).json()['id']}"
    for change in ({"name": "B"}, {"status": "archived"}, {"name": "C"}):
        await ask(platform, "PATCH", path, json=change)
        await platform.deliver()

    words = [event["type"].removeprefix("resource.") for event in receiver.events]
    assert sorted(words[:2]) == ["created", "updated"]
    assert words[2:] == ["archived", "updated"]


async def test_a_job_that_is_done_tells_so_once(
    platform: Platform, receiver: Receiver, ask: Ask, clock: Clock
) -> None:
    for metadata in ({"sandbox": "job"}, {"sandbox": "job fails"}):
        await ask(platform, "POST", BASE, json={"name": "A", "metadata": metadata})
    clock.now += 1
    await platform.deliver()
    await platform.deliver()

    assert sorted(event["type"] for event in receiver.events) == ["job.completed", "resource.created"]


async def test_a_job_tells_so_without_being_asked(receiver: Receiver, ask: Ask) -> None:
    async with Sandbox(platforms=("platform",), run_seconds=0) as sandbox:
        sandbox.platform.terms.jobs = True
        await ask(sandbox.platform, "POST", BASE, json={"name": "A"})
        sandbox.platform.add_webhook("https://hooks.example.com/")
        await until(lambda: len(sandbox.platform.deliveries) == 2)


@pytest.mark.parametrize(
    ("statuses", "seen"),
    [
        pytest.param([500, 302, 200], [500, 302, 200], id="until it is taken"),
        pytest.param([500] * 9, [500] * 6, id="five times again"),
    ],
)
async def test_a_refused_event_is_delivered_again(
    platform: Platform, receiver: Receiver, ask: Ask, statuses: list[int], seen: list[int]
) -> None:
    receiver.statuses = statuses
    await ask(platform, "POST", BASE, json={"name": "A"})
    await platform.deliver()

    assert platform.deliveries[0].statuses == seen
    assert len(set(receiver.got)) == 1


async def test_an_endpoint_that_is_not_there_is_tried_as_often(platform: Platform, ask: Ask) -> None:
    platform.add_webhook("http://127.0.0.1:1/")
    await ask(platform, "POST", BASE, json={"name": "A"})
    await platform.deliver()

    assert platform.deliveries[0].statuses == [None] * 6


async def test_an_event_may_come_more_than_once(platform: Platform, receiver: Receiver, ask: Ask) -> None:
    platform.terms.webhook_copies = 2
    await ask(platform, "POST", BASE, json={"name": "A"})
    await platform.deliver()

    assert len(receiver.got) == 2
    assert len({event["id"] for event in receiver.events}) == 1


async def test_nothing_is_sent_beyond_this_machine(platform: Platform, ask: Ask) -> None:
    platform.add_webhook("https://hooks.example.com/")
    await ask(platform, "POST", BASE, json={"name": "A"})
    await platform.deliver()

    (delivery,) = platform.deliveries
    assert (delivery.url, delivery.statuses) == ("https://hooks.example.com/", [])


async def test_a_stopped_sandbox_gives_up_what_waits(ask: Ask) -> None:
    async with Sandbox(platforms=("platform",)) as sandbox:
        sandbox.platform.terms.webhook_pause = 60
        sandbox.platform.add_webhook("http://127.0.0.1:1/")
        await ask(sandbox.platform, "POST", BASE, json={"name": "A"})
        (delivery,) = sandbox.platform.deliveries
        await until(lambda: delivery.statuses == [None])

    assert delivery.statuses == [None]
