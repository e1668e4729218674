"""What one hook or one middleware more costs: ``python -m benchmarks._more_client URL LOOP CALLS AT_ONCE``.

The difference is below that between two processes of the same program. So one process holds all clients, and
a round goes from one to the next every few calls.
"""

from __future__ import annotations

import sys
from contextlib import AsyncExitStack
from itertools import cycle, permutations

from benchmarks._contest import Measured, runner_of, serve
from benchmarks._unary_client import Probe, drive, flexsdk, flexsdk_middleware, flexsdk_two_hooks

SLICE = 48
CLIENTS = {"plain": flexsdk, "hook": flexsdk_two_hooks, "middleware": flexsdk_middleware}


async def _round(probes: dict[str, Probe], calls: int, at_once: int) -> Measured:
    spent = dict.fromkeys(probes, 0.0)
    orders = cycle(permutations(probes))
    for _ in range(calls // SLICE):
        for name in next(orders):
            spent[name] += await drive(probes[name], SLICE, at_once)
    return spent


async def _open(stack: AsyncExitStack, url: str) -> dict[str, Probe]:
    return {name: await stack.enter_async_context(client(url)) for name, client in CLIENTS.items()}


def main(url: str, loop: str, calls: str, at_once: str) -> None:
    with runner_of(loop) as runner:
        stack = AsyncExitStack()
        probes = runner.run(_open(stack, url))
        serve(lambda: runner.run(_round(probes, int(calls), int(at_once))))
        runner.run(stack.aclose())


if __name__ == "__main__":
    main(*sys.argv[1:])
