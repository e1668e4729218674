"""Platform, the template: resources, jobs, idempotency keys, scopes, plans and webhooks.

Keys of one plan belong to one workspace; its test and its live keys see data of their own. The metadata
``{"sandbox": "job"}`` turn a creation into a job, ``{"sandbox": "job fails"}`` into one that fails; jobs
take ``run_seconds``.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar

from flexsdk.sandbox.auth import Key, Kind
from flexsdk.sandbox.contract import Operation
from flexsdk.sandbox.emulator import Emulator
from flexsdk.sandbox.exchange import Answer, Call, Problem
from flexsdk.sandbox.limits import Limiter, Window
from flexsdk.sandbox.options import Options
from flexsdk.sandbox.platform.space import Row, Space
from flexsdk.sandbox.platform.terms import Scope, Terms
from flexsdk.sandbox.platform.webhooks import Courier, Delivery

__all__ = ["Platform"]

_CODES = {
    400: "bad_request",
    401: "unauthorized",
    403: "forbidden",
    404: "not_found",
    405: "method_not_allowed",
    409: "conflict",
    422: "validation_error",
    429: "rate_limited",
}
_MINUTES = {"starter": 60, "pro": 600, "business": 6_000}


@dataclass(frozen=True, slots=True)
class _Access:
    plan: str
    live: bool
    scopes: Collection[Scope] | None
    """None for all."""


class Platform(Emulator):
    """Resources and jobs; see ``issue`` for keys of other plans, modes and scopes."""

    name: ClassVar[str] = "platform"
    key_prefix: ClassVar[str] = "sk_"

    def __init__(self, options: Options) -> None:
        self.terms = Terms()
        """What a test may change; a reset leaves it alone."""
        self._courier: Courier | None = None
        self._spaces: dict[tuple[str, bool], Space] = {}
        super().__init__(options)

    def begin(self) -> None:
        """Set all but the terms to the start."""
        self._accesses: dict[str, _Access] = {}
        self._minutes: dict[str, Limiter] = {}
        super().begin()

    def sections(self) -> Sequence[object]:
        """Return the operations, over workspaces that are made when their first key comes."""
        self._cancel()
        self._courier = Courier(self.terms, self.make)
        self._spaces = {}
        return (Operations(self),)

    # What a test uses.

    def issue(
        self,
        kind: Kind = "api",
        *,
        plan: str = "pro",
        live: bool = False,
        scopes: Collection[Scope] | None = None,
    ) -> str:
        """Make a further key of a plan's workspace, for live data or test data, perhaps for some scopes only.

        A KeyError tells of an unknown plan.
        """
        key = self.new_key(self.key_prefix + ("live_" if live else "test_"), kind, plan)
        self._accesses[key.text] = _Access(plan, live, scopes)
        return key.text

    def add_webhook(self, url: str, secret: str = "whsec_test_sandbox") -> str:  # noqa: S107 - for tests only
        """Deliver all events to an address from now on, as the dashboard would; return the secret."""
        self.courier.endpoints[url] = secret
        return secret

    @property
    def deliveries(self) -> list[Delivery]:
        """What was sent to webhooks, in order; only addresses of this machine are really called."""
        return self.courier.deliveries

    async def deliver(self) -> None:
        """End the jobs that are due, and wait until all deliveries were acknowledged or given up."""
        for space in self._spaces.values():
            space.settle()
        await self.courier.finish()

    # What the engine and the operations use.

    @property
    def courier(self) -> Courier:
        """Who delivers events."""
        assert self._courier is not None
        return self._courier

    def space(self, call: Call, scope: Scope) -> Space:
        """Return the workspace of a call.

        Raises:
            Problem: 403 without the scope.
        """
        assert call.key is not None
        access = self._accesses[call.key.text]
        if access.scopes is not None and scope not in access.scopes:
            raise Problem(403, f"This key lacks the scope {scope}", code="insufficient_scope")
        place = access.plan, access.live
        if place not in self._spaces:
            self._spaces[place] = Space(self.options, self.terms, self.make, self.courier)
        return self._spaces[place]

    def extra_operations(self) -> Sequence[Operation]:
        """Let a creation answer 409: that is usual for a key in use, and the contract leaves it open."""
        create = self.contract.operations["resources_create"]
        return (replace(create, answers={**create.answers, "409": create.answers["422"]}),)

    def new_key(self, prefix: str, kind: Kind, plan: str) -> Key:
        """Make a key that is valid from now on; all keys of a workspace share its limit."""
        key = super().new_key(prefix, kind, plan)
        self._limiters[key.text] = self._minutes.setdefault(plan, self._limiters[key.text])
        return key

    def refused(self, operation: Operation, problem: Problem) -> Problem:
        """Refuse well-formed parameters with 422 as well; 400 is for malformed requests."""
        status = operation.first_documented(422, problem.status)
        return Problem(status, problem.message, param=problem.param)

    def error_body(self, problem: Problem) -> Any:
        """Return ``{error: {code, message, param?}}``."""
        code = problem.code or _CODES.get(problem.status, "internal_error")
        error = {"code": code, "message": problem.message, **problem.extra}
        return {"error": error | ({"param": problem.param} if problem.param else {})}

    def common_headers(self) -> dict[str, str]:
        """Return the request id."""
        return {"X-Request-Id": f"req_{len(self.requests):06d}"}

    def windows(self, plan: str) -> Sequence[Window]:
        """Return the minute of a plan."""
        return ((_MINUTES[plan], 60.0),)

    async def stop(self) -> None:
        """Close the listener, all connections and what is being delivered."""
        self._cancel()
        await self.courier.stop()
        await super().stop()

    def _cancel(self) -> None:
        for space in self._spaces.values():
            space.cancel()
        if self._courier is not None:
            self._courier.cancel()


class Operations:
    """The six operations."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform

    async def resources_create(self, call: Call) -> Answer:
        """Make a resource, or accept a job; once for each idempotency key."""
        space = self._platform.space(call, "resources:write")

        async def create() -> Answer:
            await asyncio.sleep(self._platform.terms.create_seconds)
            if space.is_job(call.body):
                return Answer(202, {"job_id": space.start(call.body).id})
            return Answer(201, space.create(call.body))

        return await space.repeats.once(call.headers.get("Idempotency-Key"), call.body, create)

    async def resources_list(self, call: Call) -> dict[str, Any]:
        """Answer with one page, newest first; archived resources only when they are asked for."""
        space = self._platform.space(call, "resources:read")
        rows, cursor = space.page(call.query.get("status"), call.query["limit"], call.query.get("cursor"))
        return {"object": "list", "data": rows, "hasMore": cursor is not None, "nextCursor": cursor}

    async def resources_get(self, call: Call) -> Row:
        """Answer with one resource."""
        return self._platform.space(call, "resources:read").find(call.path["id"])

    async def resources_update(self, call: Call) -> Row:
        """Change the fields that were sent."""
        return self._platform.space(call, "resources:write").change(call.path["id"], call.body)

    async def resources_delete(self, call: Call) -> Answer:
        """Delete a resource for good."""
        self._platform.space(call, "resources:write").remove(call.path["id"])
        return Answer(204)

    async def jobs_get(self, call: Call) -> Row:
        """Answer with one job as it stands by now."""
        space = self._platform.space(call, "jobs:read")
        return space.shown(space.find_job(call.path["id"]))
