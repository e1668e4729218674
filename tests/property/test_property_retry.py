"""Repeats, whatever happens: not too many, too soon or past the deadline, and nothing twice by accident."""

from __future__ import annotations

import asyncio
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from service import KEY, FakeClock, Service

from flexsdk.core.call import Call, Reply
from flexsdk.core.op import Op
from flexsdk.core.retry import Retry
from flexsdk.errors import CertificateInvalid, ConnectFailed, ConnectionLost, Timeout, TransportError
from flexsdk.protocol.backoff import full_jitter, upward_jitter
from flexsdk.protocol.retry import Budget, Replay, may_repeat_failure, may_repeat_status

chances = st.floats(0.0, 1.0, exclude_max=True)
attempts = st.integers(1, 5_000)
seconds = st.floats(0.0, 1e6)
statuses = st.integers(100, 599)
FAILURES: dict[str, TransportError] = {
    "connect": ConnectFailed("no"),
    "certificate": CertificateInvalid("no"),
    "lost": ConnectionLost("cut"),
    "connect time": Timeout("late", phase="connect", seconds=1.0),
    "attempt time": Timeout("late", phase="attempt", seconds=1.0),
    "queue time": Timeout("late", phase="queue", seconds=1.0),
    "deadline": Timeout("late", phase="deadline", seconds=1.0),
}
REFUSALS = {408, 425, 429}
"""With 503 and a time to come back: the platform says that it has not acted."""
UNSENT = {"connect", "certificate", "connect time", "queue time"}


# --- waits


@given(attempts, chances, st.floats(0.01, 10.0), st.floats(0.01, 100.0))
def test_jitter_lies_below_its_ceiling_which_never_falls(
    attempt: int, chance: float, base: float, cap: float
) -> None:
    wait = full_jitter(attempt, random=chance, base=base, cap=cap)

    assert 0.0 <= wait <= cap
    assert wait <= full_jitter(attempt + 1, random=chance, base=base, cap=cap)
    assert attempt > 1 or wait <= base


@given(seconds, seconds, chances)
def test_a_wait_that_was_asked_for_is_never_shortened_and_hardly_lengthened(
    floor: float, more: float, chance: float
) -> None:
    wait = upward_jitter(floor, random=chance)

    assert floor <= wait <= floor + 1.0
    assert wait <= upward_jitter(floor + more, random=chance)


# --- decisions


@given(statuses, st.booleans())
def test_what_is_repeated_without_knowing_is_a_part_of_what_is_repeated_when_it_is_safe(
    status: int, hinted: bool
) -> None:
    never, keyed, safe = (
        may_repeat_status(status, replay, hinted=hinted)
        for replay in (Replay.NEVER, Replay.KEYED, Replay.SAFE)
    )

    assert never <= keyed <= safe
    assert never is (status in REFUSALS or (status == 503 and hinted))
    assert not safe or status in REFUSALS or status >= 500


@given(st.sampled_from(sorted(FAILURES)))
def test_a_call_that_may_have_been_sent_is_repeated_only_where_that_is_harmless(name: str) -> None:
    never, keyed, safe = (
        may_repeat_failure(FAILURES[name], replay) for replay in (Replay.NEVER, Replay.KEYED, Replay.SAFE)
    )

    assert never <= keyed <= safe
    assert not never or name in UNSENT
    assert not (safe and name in ("certificate", "deadline", "queue time"))


@given(
    st.lists(st.booleans(), max_size=200),
    st.floats(0.0, 1.0),
    st.floats(0.0, 20.0),
    st.integers(0, 3),
)
def test_repeats_stay_within_the_reserve_and_their_share_of_calls(
    steps: list[bool], ratio: float, reserve: float, returned: int
) -> None:
    budget = Budget(ratio=ratio, reserve=reserve)
    calls = repeats = 0

    for is_call in steps:
        if is_call:
            budget.deposit()
            calls += 1
        elif budget.withdraw():
            if returned:  # not made after all, because its call was cancelled
                budget.give_back()
                returned -= 1
            else:
                repeats += 1

    assert repeats <= reserve + ratio * calls + 1e-6


# --- the loop

OPS: dict[Replay, Op[None]] = {
    replay: Op(f"op_{replay.value}", "POST", "/op", None, replay=replay) for replay in Replay
}
outcomes = st.one_of(
    st.sampled_from(sorted(FAILURES)),
    st.tuples(st.sampled_from([200, 400, 408, 425, 429, 500, 502, 503, 504]), st.none() | st.integers(0, 90)),
)


class Platform:
    """Answers as it was told, then well; notes when it was asked."""

    def __init__(self, clock: FakeClock, outcomes: list[Any]) -> None:
        self.clock = clock
        self.left = list(outcomes)
        self.asked: list[float] = []
        self.met: list[Any] = []

    async def __call__(self, call: Call) -> Reply[Any]:
        self.asked.append(self.clock.now)
        self.met.append(self.left.pop(0) if self.left else (200, None))
        if isinstance(self.met[-1], str):
            raise FAILURES[self.met[-1]]
        status, wish = self.met[-1]
        return Reply(call, status, {} if wish is None else {"Retry-After": str(wish)})


def in_doubt(outcome: Any) -> bool:
    """Tell whether the platform may have acted."""
    if isinstance(outcome, str):
        return outcome not in UNSENT
    status, wish = outcome
    return status not in REFUSALS and not (status == 503 and wish is not None)


@settings(max_examples=200, deadline=None)
@given(
    st.lists(outcomes, max_size=8),
    st.sampled_from(Replay),
    st.integers(1, 6),
    st.none() | st.floats(0.1, 200.0),
    chances,
)
def test_the_loop_keeps_to_attempts_deadline_and_wishes(
    told: list[Any], replay: Replay, most: int, deadline: float | None, chance: float
) -> None:
    clock = FakeClock()
    platform = Platform(clock, told)
    retry = Retry(attempts=most, rng=lambda: chance)
    options: Any = {} if deadline is None else {"deadline": deadline}
    call = Service(KEY, clock=clock, limits=None)._prepare(OPS[replay], (), None, None, options)

    raised = None
    try:
        asyncio.run(retry(call, platform))
    except TransportError as error:
        raised = error
    assert raised is FAILURES.get(platform.met[-1])

    assert 1 <= len(platform.asked) <= most
    assert deadline is None or all(moment < deadline for moment in platform.asked)
    if replay is Replay.NEVER:
        assert not any(map(in_doubt, platform.met[:-1]))
    for before, after, met in zip(platform.asked, platform.asked[1:], platform.met, strict=False):
        wish = None if isinstance(met, str) else met[1]
        assert after - before <= (8.0 if wish is None else wish + 6.0)
        assert wish is None or wish - 1e-6 <= after - before
        assert wish is None or wish <= retry.max_retry_after
