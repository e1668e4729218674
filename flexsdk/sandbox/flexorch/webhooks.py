"""FlexOrch webhooks: subscriptions, and signed deliveries to addresses of this machine."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
from collections import deque
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Protocol
from urllib.parse import urlsplit

import aiohttp
import msgspec

from flexsdk.sandbox.exchange import Call, Problem
from flexsdk.sandbox.flexorch.models import Build, Dataset, Job, Run
from flexsdk.sandbox.flexorch.pipeline import grade
from flexsdk.sandbox.flexorch.workspace import Workspace

__all__ = ["Courier", "Delivery", "Webhook", "Webhooks"]

_EVENTS = frozenset({"job.completed", "job.failed", "dataset.ready", "quota.warning"})
_LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
_TIMEOUT = aiohttp.ClientTimeout(total=5)
_MARGIN = 0.01
"""Seconds between the end of a job and its delivery: the loop's clock is not the sandbox's."""


@dataclass(slots=True, eq=False)
class Webhook:
    """One subscription."""

    id: int
    url: str
    events: list[str]
    secret: str
    stamp: str
    auto_export: dict[str, Any] | None


@dataclass(slots=True, eq=False)
class Delivery:
    """One event for one webhook, and what came of it."""

    url: str
    body: bytes
    signature: str
    statuses: list[int | None] = field(default_factory=list)
    """The answer to each attempt; None when there was none."""


class Pusher(Protocol):
    """Writes finished datasets to connectors."""

    def check(self, target: dict[str, Any]) -> None:
        """Raise a Problem when a dataset could not be written there."""

    def push(self, dataset: Dataset, target: dict[str, Any]) -> None:
        """Write a dataset."""


class Courier:
    """Tells the webhooks what has ended; begun anew with every workspace."""

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[None]] = set()
        self._timers: deque[asyncio.TimerHandle] = deque()
        self.pusher: Pusher
        """What owns exports."""

    def begin(self, space: Workspace) -> None:
        """Forget all webhooks, and what is not delivered yet; ``pusher`` has to be set next."""
        self._cancel()
        self._space = space
        self.webhooks: dict[int, Webhook] = {}
        self.deliveries: list[Delivery] = []
        self._pending: deque[Job] = deque()

    def expect(self, job: Job) -> None:
        """Announce a new job once it has ended, even when nobody asks for it."""
        self._pending.append(job)
        loop = asyncio.get_running_loop()
        while self._timers and self._timers[0].when() < loop.time():
            self._timers.popleft()
        self._timers.append(loop.call_later(self._space.options.run_seconds + _MARGIN, self.settle))

    def settle(self) -> None:
        """Announce the jobs that have ended since the last look."""
        while self._pending and self._space.share(self._pending[0].created) >= 1:
            self._announce(self._pending.popleft())

    def warn(self) -> None:
        """Tell that most of the credits are used."""
        self._send({"event": "quota.warning", "timestamp": self._space.make.time()})

    async def finish(self) -> None:
        """Announce what is due, and wait until all deliveries have been answered."""
        self.settle()
        await asyncio.gather(*self._tasks)

    async def stop(self) -> None:
        """Give up what is not delivered yet, and wait until its connections are closed."""
        self._cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _cancel(self) -> None:
        for task in self._tasks:
            task.cancel()
        for timer in self._timers:
            timer.cancel()

    def _announce(self, job: Job) -> None:
        done = self._space.status(job) == "completed"
        name = "job.completed" if done else "job.failed"
        document = job.document if isinstance(job, Run) else None
        if isinstance(job, Build) and done:
            name = "dataset.ready"
            self._push(job)
        self._space.record(name.replace("ready", "built"), document, success=done, stamp=job.stamps[1])
        self._send(self._event(name, job))

    def _event(self, name: str, job: Job) -> dict[str, Any]:
        event: dict[str, Any] = {
            "event": name,
            "job_id": self._space.shown("job", job.id),
            "status": self._space.status(job),
            "timestamp": job.stamps[1],
        }
        if isinstance(job, Build):
            event["dataset_id"] = self._space.shown("dataset", job.dataset.id)
        elif not job.failure:
            event["quality_grade"] = grade(job.finding.score)
            event["pii_findings_count"] = sum(job.finding.pii.values())
        return event

    def _send(self, event: dict[str, Any]) -> None:
        for webhook in self.webhooks.values():
            if event["event"] not in webhook.events:
                continue
            body = msgspec.json.encode(event)
            signature = hmac.new(webhook.secret.encode(), body, hashlib.sha256).hexdigest()
            self._dispatch(Delivery(webhook.url, body, signature))

    def _push(self, build: Build) -> None:
        targets = [webhook.auto_export for webhook in self.webhooks.values() if webhook.auto_export]
        for target in targets:
            # The connector may have gone since; the event is told all the same.
            with suppress(Problem):
                self.pusher.push(build.dataset, target)

    def _dispatch(self, delivery: Delivery) -> None:
        self.deliveries.append(delivery)
        # Nothing that a test registers may leave this machine.
        if urlsplit(delivery.url).hostname in _LOOPBACK:
            task = asyncio.create_task(self._deliver(delivery))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _deliver(self, delivery: Delivery) -> None:
        async with aiohttp.ClientSession(timeout=_TIMEOUT) as session:
            if not await _post(session, delivery):
                await asyncio.sleep(self._space.terms.webhook_pause)
                await _post(session, delivery)


async def _post(session: aiohttp.ClientSession, delivery: Delivery) -> bool:
    headers = {"Content-Type": "application/json", "X-Flexorch-Signature": delivery.signature}
    try:
        async with session.post(delivery.url, data=delivery.body, headers=headers) as response:
            delivery.statuses.append(response.status)
            return response.ok
    except (aiohttp.ClientError, TimeoutError):
        delivery.statuses.append(None)
        return False


def _is_address(url: str) -> bool:
    try:
        return urlsplit(url).scheme in ("http", "https") and bool(urlsplit(url).hostname)
    except ValueError:
        return False


class Webhooks:
    """The subscriptions of the tenant."""

    def __init__(self, space: Workspace, courier: Courier) -> None:
        self._space = space
        self._courier = courier

    async def webhooks_create(self, call: Call) -> dict[str, Any]:
        """Subscribe; the secret is ours and shown this once (form A: the caller's, and never shown)."""
        body = call.body
        if not _is_address(body["url"]):
            raise Problem(422, "url has to be an address", param="url")
        if unknown := set(body["events"]) - _EVENTS:
            raise Problem(422, f"unknown events: {', '.join(sorted(unknown))}", param="events")
        if body.get("auto_export"):
            self._check_export(body)
        webhook = Webhook(
            self._space.number("webhook"),
            body["url"],
            list(body["events"]),
            self._secret(body.get("secret")),
            self._space.make.time(),
            body.get("auto_export"),
        )
        self._courier.webhooks[webhook.id] = webhook
        own = self._space.terms.form("webhook-secret") == "B"
        return self._shown(webhook) | ({"secret": webhook.secret} if own else {})

    def _check_export(self, body: dict[str, Any]) -> None:
        if "dataset.ready" not in body["events"]:
            raise Problem(422, "auto_export needs the event dataset.ready", param="auto_export")
        self._courier.pusher.check(body["auto_export"])

    def _secret(self, sent: str | None) -> str:
        if self._space.terms.form("webhook-secret") == "B":
            return f"whsec_test_{self._space.make.random.getrandbits(128):032x}"
        if not sent:
            raise Problem(422, "secret is required", param="secret")
        return sent

    async def webhooks_list(self, _call: Call) -> dict[str, Any]:
        """Answer with all webhooks, without secrets."""
        return {"items": list(map(self._shown, self._courier.webhooks.values()))}

    async def webhooks_delete(self, call: Call) -> None:
        """End a subscription."""
        webhook = self._space.find("webhook", self._courier.webhooks, call.path["webhook_id"])
        del self._courier.webhooks[webhook.id]

    def _shown(self, webhook: Webhook) -> dict[str, Any]:
        return {
            "id": self._space.shown("webhook", webhook.id),
            "url": webhook.url,
            "events": webhook.events,
            "active": True,
            "created_at": webhook.stamp,
            "auto_export": webhook.auto_export,
        }
