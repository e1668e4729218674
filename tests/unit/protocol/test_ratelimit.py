"""Decisions of the limiter, one promise at a time; the platform's side is played by the test."""

from __future__ import annotations

import math
from typing import Any

import pytest

from flexsdk.errors import ConfigError
from flexsdk.protocol.headers import Limit
from flexsdk.protocol.ratelimit import AT_ONCE, SILENT, Limiter, Ticket, Verdict, Window

NOON = 1_780_056_000.0
"""Seconds since the epoch; 2026-05-29, 12:00 UTC."""


class Traffic:
    """A limiter, a clock, and what is on its way."""

    def __init__(self, *windows: Window, **buckets: list[Window]) -> None:
        self.limiter = Limiter(windows, buckets)
        self.now = 100.0
        self.midday = NOON - self.now

    def ask(
        self, bucket: str = "", key: str = "", *, patience: float = math.inf, priority: int = 1
    ) -> Ticket:
        return self.limiter.ask(bucket, key, self.now, self.now + patience, priority)

    def answer(self, ticket: Ticket, *limits: Limit, **verdict: Any) -> None:
        said = Verdict(limits, **verdict) if limits or verdict else SILENT
        self.limiter.answer(ticket, said, self.now, self.now + self.midday)

    def refuse(self, ticket: Ticket, *limits: Limit, retry_after: float | None = None) -> None:
        self.answer(ticket, *limits, refused=True, retry_after=retry_after)

    def burst(self, calls: int, *limits: Limit) -> int:
        """Ask and answer at once, as long as the limiter lets through; give how many it were."""
        for done in range(calls):
            ticket = self.ask(patience=0.0)
            if ticket.waiting or ticket.refusal:
                self.limiter.cancel(ticket, now=self.now)
                return done
            self.answer(ticket, *limits)
        return calls

    def wait(self, seconds: float) -> list[Ticket]:
        self.now += seconds
        self.limiter.pump(self.now)
        return self.limiter.outcome(self.now)[0]


@pytest.mark.parametrize(
    "arguments",
    [
        {"requests": 0, "seconds": 1.0},
        {"requests": True, "seconds": 1.0},
        {"requests": 1.5, "seconds": 1.0},
        {"requests": 1, "seconds": -1.0},
        {"requests": 1, "seconds": math.inf},
        {"requests": 1, "seconds": math.nan},
        {"requests": 1, "seconds": "60"},
        {"requests": 1, "seconds": 60.0, "align": "local"},
        {"requests": 1, "seconds": AT_ONCE, "align": "utc"},
    ],
    ids=lambda arguments: ", ".join(f"{name}={value!r}" for name, value in arguments.items()),
)
def test_a_window_that_makes_no_sense_is_refused(arguments: dict[str, Any]) -> None:
    with pytest.raises(ConfigError, match="Window"):
        Window(**arguments)


def test_limits_per_parameter_belong_to_a_bucket_and_to_one_parameter() -> None:
    with pytest.raises(ConfigError, match="bucket"):
        Limiter([Window(1, 1.0, per="agent_id")])
    with pytest.raises(ConfigError, match="one path parameter"):
        Limiter([], {"few": [Window(1, 1.0, per="agent_id"), Window(1, 1.0, per="thread_id")]})


# --- declared windows


def test_a_place_is_taken_until_a_window_after_the_answer() -> None:
    traffic = Traffic(Window(1, 10.0))
    first = traffic.ask()
    traffic.wait(3.0)
    traffic.answer(first)

    second = traffic.ask()

    assert traffic.wait(9.99) == []
    assert traffic.wait(0.01) == [second]


def test_places_that_come_free_close_together_come_free_with_the_latest() -> None:
    traffic = Traffic(Window(2, 1.0))
    first, second = traffic.ask(), traffic.ask()
    traffic.answer(first)
    traffic.wait(0.0005)
    traffic.answer(second)

    traffic.wait(0.9999)

    assert traffic.burst(2) == 0
    traffic.wait(0.0001)
    assert traffic.burst(2) == 2


def test_all_windows_are_kept_at_once() -> None:
    traffic = Traffic(Window(2, 1.0), Window(3, 10.0))

    assert traffic.burst(5) == 2
    traffic.wait(1.0)
    assert traffic.burst(5) == 1
    traffic.wait(9.0)
    assert traffic.burst(5) == 2


def test_a_day_ends_at_midnight_and_a_second_for_the_clocks() -> None:
    traffic = Traffic(Window(3, 86_400.0, align="utc"))

    assert traffic.burst(5) == 3
    traffic.wait(12 * 3_600.0)
    assert traffic.burst(5) == 0
    traffic.wait(1.0)
    assert traffic.burst(5) == 3


def test_a_limit_on_requests_at_the_same_time_is_held_by_a_stream_until_it_ends() -> None:
    traffic = Traffic(few=[Window(1, AT_ONCE)])
    stream = traffic.ask("few")
    traffic.answer(stream, streams=True)
    second = traffic.ask("few")
    assert second.waiting

    traffic.answer(stream)

    assert traffic.wait(0.0) == [second]


def test_each_value_of_the_parameter_has_its_own_limit_beside_that_of_all() -> None:
    traffic = Traffic(few=[Window(1, 60.0, per="agent_id"), Window(3, 60.0)])

    granted = [not traffic.ask("few", key).waiting for key in ("a", "a", "b", "c", "d")]

    assert granted == [True, False, True, True, False]


def test_a_full_bucket_does_not_hold_up_the_others() -> None:
    traffic = Traffic(Window(10, 60.0), few=[Window(1, 60.0)])
    traffic.ask("few")

    assert traffic.ask("few").waiting
    assert not traffic.ask().waiting


def test_a_bucket_nobody_declared_counts_in_the_common_limit() -> None:
    traffic = Traffic(Window(1, 60.0))

    assert not traffic.ask("odd").waiting
    assert traffic.ask().waiting


# --- the queue


def test_first_come_first_served_inside_a_priority() -> None:
    traffic = Traffic(Window(1, 1.0))
    traffic.burst(1)
    bulk, normal, also_normal, urgent = (traffic.ask(priority=each) for each in (2, 1, 1, 0))

    order = []
    for _ in range(4):
        order += (granted := traffic.wait(1.0))
        traffic.answer(granted[0])

    assert order == [urgent, normal, also_normal, bulk]


def test_only_as_many_are_woken_as_there_are_places() -> None:
    traffic = Traffic(Window(5, 1.0))
    traffic.burst(5)
    waiting = [traffic.ask() for _ in range(20)]

    assert traffic.wait(1.0) == waiting[:5]


def test_who_leaves_the_queue_lets_the_next_one_up() -> None:
    traffic = Traffic(Window(1, 1.0))
    traffic.burst(1)
    first, second = traffic.ask(), traffic.ask()

    traffic.limiter.cancel(first, now=traffic.now)

    assert traffic.wait(1.0) == [second]


def test_a_place_that_was_not_used_goes_to_the_next_at_once() -> None:
    traffic = Traffic(Window(1, 1.0))
    first, second = traffic.ask(), traffic.ask()

    traffic.limiter.cancel(first, now=traffic.now)

    assert traffic.wait(0.0) == [second]


def test_who_would_wait_too_long_is_refused_at_once() -> None:
    traffic = Traffic(Window(2, 60.0))
    traffic.burst(2)

    tickets = [traffic.ask(patience=65.0) for _ in range(3)]

    assert [ticket.waiting for ticket in tickets] == [True, True, False]
    refusal = tickets[2].refusal
    assert refusal is not None
    assert refusal.retry_after == pytest.approx(120.0)
    assert (refusal.limit, refusal.requests, refusal.remaining) == ("2 per 60 s", 2, 0)


def test_the_places_of_more_urgent_calls_are_not_counted_against_a_call() -> None:
    traffic = Traffic(Window(1, 60.0))
    traffic.burst(1)
    traffic.ask(patience=65.0, priority=2)

    assert traffic.ask(patience=65.0, priority=1).waiting


def test_who_waits_is_refused_when_the_time_is_over() -> None:
    traffic = Traffic(few=[Window(1, AT_ONCE)])
    traffic.ask("few")
    second = traffic.ask("few", patience=5.0)

    assert traffic.limiter.outcome(traffic.now)[1] == traffic.now + 5.0
    assert traffic.wait(5.0) == [second]
    assert second.refusal is not None


def test_who_waits_is_refused_as_soon_as_it_turns_out_to_be_in_vain() -> None:
    traffic = Traffic(Window(2, 1.0))
    first = traffic.ask()
    traffic.burst(1)
    waiting = traffic.ask(patience=65.0)

    traffic.refuse(first, Limit(5_000, 0, 30_000.0))

    assert traffic.wait(0.0) == [waiting]
    assert waiting.refusal is not None
    assert waiting.refusal.retry_after == pytest.approx(30_000.0, rel=1e-3)
    assert (waiting.refusal.requests, waiting.refusal.remaining) == (5_000, 0)


# --- headers


def test_a_full_burst_goes_right_after_the_reset_that_the_platform_named() -> None:
    traffic = Traffic(Window(50, 60.0))
    for left in range(49, -1, -1):
        traffic.burst(1, Limit(50, left, 10.0))

    traffic.wait(9.99)
    assert traffic.burst(60) == 0
    traffic.wait(0.02)

    assert traffic.burst(60) == 50


def test_limits_are_learned_from_headers_alone() -> None:
    traffic = Traffic()
    first, others = traffic.ask(), [traffic.ask() for _ in range(4)]

    traffic.answer(first, Limit(5, 4, 60.0))
    assert traffic.ask().waiting

    for left, ticket in enumerate(reversed(others)):
        traffic.answer(ticket, Limit(5, left, 60.0))
    (state,) = traffic.limiter.snapshot(traffic.now)
    assert (state.limit, state.remaining, state.queued) == (5, 0, 1)
    assert len(traffic.wait(60.1)) == 1
    assert traffic.burst(9) == 4


def test_a_policy_alone_is_a_limit() -> None:
    traffic = Traffic()
    traffic.burst(1, Limit(3, None, None, 10.0, "default"))

    assert traffic.burst(9) == 2
    traffic.wait(10.0)
    assert traffic.burst(9) == 3


def test_requests_of_others_with_the_same_key_are_counted() -> None:
    traffic = Traffic(Window(10, 60.0))
    traffic.burst(1, Limit(10, 2, 30.0))

    assert traffic.burst(9) == 2


def test_a_late_answer_does_not_give_back_what_is_used() -> None:
    traffic = Traffic()
    slow, quick = traffic.ask(), traffic.ask()
    traffic.answer(quick, Limit(10, 3, 60.0))

    traffic.answer(slow, Limit(10, 8, 60.0))

    assert traffic.burst(9) == 3


def test_an_answer_about_an_old_window_does_not_spoil_the_new_one() -> None:
    traffic = Traffic()
    slow = traffic.ask()
    traffic.wait(3.0)
    traffic.burst(1, Limit(10, 9, 60.0))

    traffic.answer(slow, Limit(10, 0, 2.0))

    assert traffic.burst(20) >= 8


def test_an_answer_whose_window_is_over_says_nothing_of_the_present() -> None:
    traffic = Traffic()
    slow = traffic.ask()
    traffic.wait(5.0)

    traffic.answer(slow, Limit(10, 0, 2.0))

    assert traffic.burst(20) == 9


def test_a_new_window_replaces_the_old_one_before_its_time() -> None:
    traffic = Traffic()
    traffic.burst(1, Limit(10, 1, 20.0))

    traffic.burst(1, Limit(10, 9, 60.0))

    assert traffic.burst(20) == 8


def test_answers_without_headers_use_up_what_the_platform_left() -> None:
    traffic = Traffic()
    traffic.burst(1, Limit(10, 2, 60.0))

    assert traffic.burst(9) == 2


def test_a_header_never_raises_what_was_declared() -> None:
    traffic = Traffic(Window(2, 60.0, name="minute"))

    traffic.burst(1, Limit(100, 99, 60.0, 60.0, "minute"))

    assert traffic.burst(9) == 1


def test_a_header_lowers_what_was_declared() -> None:
    traffic = Traffic(Window(10, 60.0, name="minute"))

    traffic.burst(1, Limit(3, None, None, 60.0, "minute"))

    assert traffic.burst(9) == 2


@pytest.mark.parametrize(
    ("limit", "name"),
    [
        (Limit(5_000, 0, 40_000.0), "day"),
        (Limit(60, 0, 20.0), "minute"),
        (Limit(1, 0, 20.0, None, "day"), "day"),
        (Limit(1, 0, 20.0, 60.0), "minute"),
    ],
    ids=["size of the day", "size of the minute", "name", "length"],
)
def test_a_header_is_held_against_the_window_it_speaks_of(limit: Limit, name: str) -> None:
    day = Window(5_000, 86_400.0, name="day", align="utc")
    traffic = Traffic(day, Window(60, 60.0, name="minute"))
    traffic.burst(1, limit)

    empty = [state.name for state in traffic.limiter.snapshot(traffic.now) if not state.remaining]

    assert empty == [name]


def test_a_header_of_another_size_speaks_of_another_window() -> None:
    traffic = Traffic(Window(60, 60.0))
    traffic.burst(1, Limit(30, 0, 20.0))

    assert [state.limit for state in traffic.limiter.snapshot(traffic.now)] == [60, 30]


def test_two_windows_under_one_header_are_kept_apart() -> None:
    traffic = Traffic()
    traffic.burst(1, Limit(60, 59, 20.0))

    traffic.burst(1, Limit(5_000, 4_000, 40_000.0))

    assert [state.limit for state in traffic.limiter.snapshot(traffic.now)] == [60, 5_000]


def test_a_changed_limit_is_no_second_window() -> None:
    traffic = Traffic()
    traffic.burst(1, Limit(60, 59, 20.0))
    traffic.wait(5.0)

    traffic.burst(1, Limit(300, 290, 15.0))

    assert [state.limit for state in traffic.limiter.snapshot(traffic.now)] == [300]


def test_made_up_names_do_not_fill_the_memory() -> None:
    traffic = Traffic()
    for number in range(100):
        traffic.burst(1, Limit(1_000, 900, 60.0, None, f"name {number}"))

    assert len(traffic.limiter.snapshot(traffic.now)) == 16


def test_a_reset_that_was_rounded_down_is_waited_out_a_second_longer() -> None:
    traffic = Traffic()
    traffic.refuse(traffic.ask(), Limit(2, 0, 0.0))

    traffic.wait(0.99)
    assert traffic.ask().waiting
    assert len(traffic.wait(0.02)) == 1


def test_resets_that_free_single_places_are_no_longer_trusted_after_a_refusal() -> None:
    traffic = Traffic(Window(2, 60.0))
    traffic.burst(2, Limit(2, 0, 5.0))
    traffic.wait(5.01)

    traffic.refuse(traffic.ask(), Limit(2, 0, 5.0))
    traffic.wait(5.01)
    traffic.burst(1, Limit(2, 0, 5.0))
    traffic.wait(5.01)

    assert traffic.burst(9) == 0
    traffic.wait(60.0)
    assert traffic.burst(9) == 2


def test_a_limit_read_elsewhere_is_in_force_at_once() -> None:
    traffic = Traffic()

    traffic.limiter.learn("", [Limit(100, 2, 30.0)], now=traffic.now)

    assert traffic.burst(9) == 2


# --- knowing nothing


def test_a_limiter_that_knows_nothing_begins_slowly_and_is_open_after_a_second() -> None:
    traffic = Traffic()
    tickets = [traffic.ask() for _ in range(300)]

    granted = [sum(not ticket.waiting for ticket in tickets)]
    assert traffic.limiter.outcome(traffic.now)[1] == pytest.approx(traffic.now + 0.1)
    for _ in range(6):
        traffic.wait(0.1)
        granted.append(sum(not ticket.waiting for ticket in tickets))

    assert granted == [10, 20, 40, 80, 160, 300, 300]


def test_answers_open_a_limiter_that_knows_nothing() -> None:
    traffic = Traffic()
    tickets = [traffic.ask() for _ in range(10)]
    assert traffic.ask().waiting

    for ticket in tickets:
        traffic.answer(ticket)

    assert sum(not traffic.ask().waiting for _ in range(20)) == 14


def test_a_slow_start_refuses_nobody() -> None:
    traffic = Traffic()
    for _ in range(10):
        traffic.ask()

    assert traffic.ask(patience=1.0).waiting


def test_a_slow_start_ends_for_good() -> None:
    traffic = Traffic()
    traffic.burst(3_000)

    assert traffic.limiter.snapshot(traffic.now) == ()


# --- refusals


def test_a_refusal_with_an_empty_window_waits_for_its_reset() -> None:
    traffic = Traffic()
    traffic.refuse(traffic.ask(), Limit(5, 0, None), retry_after=7.0)

    waiting = traffic.ask()

    assert traffic.wait(6.9) == []
    assert traffic.wait(0.2) == [waiting]


def test_a_refusal_that_names_a_wait_gives_the_limit_that_was_hit() -> None:
    traffic = Traffic()
    tickets = [traffic.ask() for _ in range(10)]
    traffic.wait(0.1)
    for ticket in tickets[:5]:
        traffic.answer(ticket)

    for ticket in tickets[5:]:
        traffic.refuse(ticket, retry_after=10.0)
        traffic.wait(0.01)

    assert traffic.burst(20) == 0
    traffic.wait(10.0)
    assert traffic.burst(20) == 5


def test_a_guess_that_is_used_up_grows_slowly_until_it_is_refused() -> None:
    traffic = Traffic()
    traffic.burst(5)
    traffic.refuse(traffic.ask(), retry_after=1.0)

    sizes = []
    for _ in range(6):
        traffic.wait(1.1)
        sizes.append(traffic.burst(20))

    assert sizes == sorted(sizes)
    assert 5 < sizes[-1] <= 11


def test_a_bare_refusal_halves_what_passed() -> None:
    traffic = Traffic()
    traffic.burst(8)

    traffic.refuse(traffic.ask())

    assert traffic.burst(9) == 0
    traffic.wait(1.0)
    assert traffic.burst(9) == 4


def test_bare_refusals_of_single_requests_slow_down_to_one_a_minute() -> None:
    traffic = Traffic()
    for _ in range(12):
        traffic.refuse(traffic.ask())
        traffic.wait(120.0)

    assert traffic.burst(9) == 1
    traffic.wait(59.0)
    assert traffic.burst(9) == 0


def test_a_burst_of_refusals_is_one_refusal() -> None:
    traffic = Traffic()
    tickets = [traffic.ask() for _ in range(9)]
    traffic.burst(8)
    traffic.wait(0.1)

    for ticket in tickets:
        traffic.refuse(ticket)

    traffic.wait(1.0)
    assert traffic.burst(9) == 4


def test_a_ban_is_not_taken_for_a_window() -> None:
    traffic = Traffic()
    traffic.burst(50)
    traffic.refuse(traffic.ask(), retry_after=3_600.0)

    assert traffic.ask(patience=65.0).refusal is not None
    traffic.wait(3_600.0)
    assert traffic.burst(90) == 50
    traffic.wait(60.1)
    assert traffic.burst(90) >= 50


# --- long runs


@pytest.mark.parametrize("seconds", [1.0, 60.0], ids=["second", "minute"])
@pytest.mark.parametrize("told", [False, True], ids=["declared", "with headers"])
def test_nearly_all_of_the_allowed_rate_is_used(seconds: float, told: bool) -> None:
    limit, windows, latency = 10, 50, seconds / 100
    traffic = Traffic(Window(limit, seconds))
    start, done = traffic.now, 0
    waiting = [traffic.ask() for _ in range(limit * windows)]
    granted = waiting[:limit]
    while granted:
        traffic.now += latency
        for ticket in granted:
            done += 1
            reset = seconds - (traffic.now - start) % seconds
            traffic.answer(ticket, *([Limit(limit, limit - 1 - (done - 1) % limit, reset)] if told else []))
        granted = (
            traffic.wait(traffic.limiter.outcome(traffic.now)[1] - traffic.now) if done < len(waiting) else []
        )

    assert done == limit * windows
    assert done / (traffic.now - start) >= 0.98 * limit / seconds


def test_a_long_window_is_remembered_in_little_memory() -> None:
    traffic = Traffic(Window(50_000, 3_600.0))
    for _ in range(20_000):
        traffic.wait(0.1)
        traffic.burst(1)

    (pool,) = traffic.ask().held
    assert len(pool.meters[0]._runs) <= 1_025
