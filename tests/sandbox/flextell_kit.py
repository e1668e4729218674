"""What the tests of Flextell's clinic tier share."""

from __future__ import annotations

from typing import Any, Protocol

from sandbox_kit import Ask, Reply, bearer

from flexsdk.sandbox.flextell import Flextell

NOBODY = 999
"""An id that is not there."""


class Send(Protocol):
    """One request under ``/v1`` in the first tenant, unless another is named."""

    async def __call__(self, method: str, path: str, body: Any = None, *, tenant: int = 42) -> Reply: ...


def sender(flextell: Flextell, ask: Ask) -> Send:
    async def send(method: str, path: str, body: Any = None, *, tenant: int = 42) -> Reply:
        headers = bearer(flextell.key) | {"X-Tenant": str(tenant)}
        return await ask(flextell, method, f"/api/v1/{path}", json=body, headers=headers)

    return send


def one(reply: Reply, status: int = 200) -> Any:
    """Return the object of a good answer."""
    assert reply.status == status, reply.body
    assert reply.json()["success"] in (True, "true")
    return reply.json()["data"]


async def listed(send: Send, path: str, **named: int) -> list[dict[str, Any]]:
    """Return the items of a page."""
    reply = await send("GET", path, **named)
    assert reply.status == 200, reply.body
    items: list[dict[str, Any]] = reply.json()["data"]
    return items


def fault(reply: Reply) -> tuple[int, str | None]:
    """Return the status of a refusal, and the field that it names."""
    return reply.status, next(iter(reply.json().get("errors", {})), None)
