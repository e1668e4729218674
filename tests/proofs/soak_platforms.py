"""The platforms in a process of their own, where now and then something goes wrong, until the input ends.

Run as a program, it writes one line of JSON: for each platform its address and its key, and under ``login``
the id, the secret and the address of the application that Flextell knows.
"""

from __future__ import annotations

import asyncio
import json
import sys

from flexsdk.sandbox import Fault, Sandbox
from flexsdk.sandbox.emulator import Emulator

TIDY_SECONDS = 0.5
TOKEN_SECONDS = 4
FAULTS = (
    (Fault.status(503, retry_after=0), 0.02),
    (Fault.status(500), 0.01),
    (Fault.status(429, retry_after=0), 0.0003),
    (Fault.reset(), 0.01),
    (Fault.close(), 0.01),
    (Fault.cut(40), 0.01),
    (Fault.cut(40, clean=True), 0.01),
    (Fault.silence(40), 0.002),
    (Fault.bad_json(), 0.01),
    (Fault.content_type("text/html"), 0.01),
    (Fault.latency(0.01), 0.05),
)
SPARED = frozenset({"oauth_exchange_code"})
"""A token request whose answer is lost ends the login: its refresh token serves once."""


def go_wrong(emulator: Emulator) -> None:
    for operation in emulator.contract.operations.keys() - SPARED:
        for fault, probability in FAULTS:
            emulator.faults.add(fault, operation=operation, probability=probability)


async def tidy(emulators: list[Emulator]) -> None:
    """Forget what was asked, which nobody will look at."""
    while True:
        await asyncio.sleep(TIDY_SECONDS)
        for emulator in emulators:
            emulator.requests.clear()


async def main() -> None:
    names = ("flapjack", "flexorch", "fleece", "flextell", "platform")
    unlimited: dict[str, list[tuple[int, float]]] = {name: [] for name in names}
    async with Sandbox(limits=unlimited, run_seconds=0.05, check_answers=False) as sandbox:
        sandbox.flextell.terms.consent = "allow"
        sandbox.flextell.terms.token_seconds = TOKEN_SECONDS
        emulators: list[Emulator] = [getattr(sandbox, name) for name in names]
        for emulator in emulators:
            go_wrong(emulator)
        places = {each.name: [each.base_url, each.key] for each in emulators}
        flextell = sandbox.flextell
        places["login"] = [flextell.client_id, flextell.client_secret, min(flextell.redirect_uris)]
        sys.stdout.write(json.dumps(places) + "\n")
        sys.stdout.flush()
        task = asyncio.create_task(tidy(emulators))
        await asyncio.to_thread(sys.stdin.read)
        task.cancel()


if __name__ == "__main__":
    asyncio.run(main())
