"""The virtual clock: when it jumps, and when it does not."""

from __future__ import annotations

import asyncio

from flexsdk.testing import VirtualClock


async def test_jumps_to_each_moment_in_order() -> None:
    clock, woken = VirtualClock(now=0.0), []

    async def sleep(seconds: float) -> None:
        await clock.sleep(seconds)
        woken.append((seconds, clock.monotonic()))

    await asyncio.gather(sleep(3600), sleep(1), sleep(60))

    assert woken == [(1, 1.0), (60, 60.0), (3600, 3600.0)]
    assert clock.slept == [3600, 1, 60]


async def test_both_times_pass_together() -> None:
    clock = VirtualClock(now=5.0, epoch=1_000_000.0)

    await clock.sleep(2.5)

    assert (clock.monotonic(), clock.time()) == (7.5, 1_000_002.5)


async def test_stands_still_while_a_task_has_something_to_do() -> None:
    clock, seen = VirtualClock(now=0.0), []

    async def work() -> None:
        for _ in range(50):
            seen.append(clock.monotonic())
            await asyncio.sleep(0)

    await asyncio.gather(clock.sleep(10), work())

    assert set(seen) == {0.0}
    assert clock.monotonic() == 10.0


async def test_stands_still_while_it_is_held() -> None:
    clock, looks = VirtualClock(now=0.0), []

    def held() -> bool:
        looks.append(clock.monotonic())
        return len(looks) < 3

    clock.hold_while(held)
    await clock.sleep(10)

    assert looks[:3] == [0.0, 0.0, 0.0]
    assert clock.monotonic() == 10.0


async def test_does_not_wait_for_who_was_cancelled() -> None:
    clock = VirtualClock(now=0.0)
    sleeper = asyncio.create_task(clock.sleep(1_000))
    await asyncio.sleep(0)

    sleeper.cancel()
    await clock.sleep(5_000)

    assert sleeper.cancelled()
    assert clock.monotonic() == 5_000.0


async def test_advancing_wakes_those_whose_time_has_come_and_no_others() -> None:
    clock = VirtualClock(now=0.0)
    clock.hold_while(lambda: True)
    soon, late = asyncio.create_task(clock.sleep(30)), asyncio.create_task(clock.sleep(90))
    await asyncio.sleep(0)

    clock.advance(60)
    await soon

    assert clock.monotonic() == 60.0
    assert not late.done()
    late.cancel()
