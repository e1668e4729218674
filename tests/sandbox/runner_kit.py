"""What the tests of Flapjack runners share."""

from __future__ import annotations

from typing import Any

from sandbox_kit import Ask, Clock

from flexsdk.sandbox.flapjack import Flapjack

RUN_SECONDS = 8.0

AGENT = {"kind": "agent", "name": "Sort"}


async def make(flapjack: Flapjack, ask: Ask, *steps: dict[str, Any], **members: Any) -> str:
    """Make a runner with these steps and give its path."""
    made = await ask(flapjack, "POST", "/api/runners", json={"name": "Desk", **members})
    path = f"/api/runners/{made.json()['id']}"
    for step in steps:
        assert (await ask(flapjack, "POST", f"{path}/steps", json=step)).status == 201
    return path


async def start(flapjack: Flapjack, ask: Ask, path: str, **body: Any) -> str:
    """Start a run and give its path."""
    run = await ask(flapjack, "POST", f"{path}/runs", json=body)
    assert (run.status, run.json()["status"]) == (201, "pending")
    return f"{path}/runs/{run.json()['id']}"


async def end(flapjack: Flapjack, ask: Ask, clock: Clock, run: str) -> dict[str, Any]:
    """Let the whole time of a run pass and give what has become of it."""
    clock.now += RUN_SECONDS
    shown: dict[str, Any] = (await ask(flapjack, "GET", run)).json()
    return shown
