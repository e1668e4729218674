"""What is ordered from a shared store, and what is done while it is away; the test plays the store."""

from __future__ import annotations

import math

import pytest

from flexsdk.protocol.fleet import Fleet, Job
from flexsdk.protocol.headers import Limit
from flexsdk.protocol.ratelimit import AT_ONCE, SILENT, Limiter, Ticket, Verdict, Window
from flexsdk.protocol.stock import Delivery, Fallback, Rule


class Member:
    """A process of the fleet, and its clock."""

    def __init__(self, *windows: Window, fallback: Fallback = "divide", members: int = 2) -> None:
        self.limiter = Limiter(windows)
        self.fleet = Fleet(self.limiter, fallback)
        self.now = 100.0
        self.members = members

    def ask(self, patience: float = math.inf) -> Ticket:
        return self.limiter.ask("", "", self.now, self.now + patience)

    def answer(self, ticket: Ticket, verdict: Verdict = SILENT) -> None:
        self.limiter.answer(ticket, verdict, self.now, self.now)

    def job(self) -> Job:
        job = self.fleet.next_job(self.now)
        assert job is not None
        return job

    def deliver(self, job: Job, *waits: float, again: float | None = None, generation: str = "one") -> None:
        bookings = tuple((f"booking {number}", wait) for number, wait in enumerate(waits))
        self.fleet.delivered(job, Delivery(generation, self.members, bookings, again, "shared"), self.now)

    def join(self) -> None:
        """Ask for one place, and meet the store for the first time."""
        first = self.ask()
        self.deliver(self.job())
        self.deliver(self.job(), 0.0)
        self.answer(first)
        self.deliver(self.job())
        self.limiter.outcome(self.now)

    def wait(self, seconds: float) -> list[Ticket]:
        self.now += seconds
        self.limiter.pump(self.now)
        return self.limiter.outcome(self.now)[0]


def test_as_many_places_are_ordered_as_calls_wait() -> None:
    member = Member(Window(50, 60.0, name="minute"), Window(3, AT_ONCE))
    member.join()
    tickets = [member.ask() for _ in range(3)]

    order = member.job().order

    assert all(ticket.waiting for ticket in tickets)
    assert order.want == 3
    assert order.pools[0].rules == (Rule("3 at a time", 3, 0.0, False), Rule("minute", 50, 60.0, False))


def test_nothing_is_ordered_when_there_is_nothing_to_say() -> None:
    member = Member(Window(50, 60.0))
    member.join()

    assert member.fleet.next_job(member.now) is None


def test_a_booking_is_used_when_its_moment_comes() -> None:
    member = Member(Window(50, 60.0))
    member.join()
    first, second = member.ask(), member.ask()
    member.deliver(member.job(), 0.0, 5.0)

    assert member.wait(0.0) == [first]
    assert member.limiter.outcome(member.now)[1] == member.now + 5.0
    assert member.wait(5.0) == [second]


def test_more_is_ordered_when_the_store_says_so() -> None:
    member = Member(Window(50, 60.0))
    member.join()
    member.ask()
    member.deliver(member.job(), again=4.0)

    assert member.fleet.next_job(member.now) is None
    assert member.limiter.outcome(member.now)[1] == member.now + 4.0
    member.wait(4.0)
    assert member.job().order.want == 1


def test_who_would_wait_too_long_for_the_store_is_refused() -> None:
    member = Member(Window(50, 60.0))
    member.join()
    waiting = member.ask(patience=10.0)

    member.deliver(member.job(), again=30.0)

    assert member.wait(0.0) == [waiting]
    assert waiting.refusal is not None
    assert (waiting.refusal.limit, waiting.refusal.retry_after) == ("shared", pytest.approx(30.0))


def test_a_booking_that_nobody_waits_for_is_given_back() -> None:
    member = Member(Window(50, 60.0))
    member.join()
    first, second = member.ask(), member.ask()
    member.deliver(member.job(), 1.0, 2.0)

    member.limiter.cancel(first, now=member.now)

    assert member.job().order.unused == ("booking 1",)
    assert member.wait(1.0) == [second]


def test_a_place_that_was_not_used_is_given_back() -> None:
    member = Member(Window(50, 60.0))
    member.join()
    ticket = member.ask()
    member.deliver(member.job(), 0.0)
    member.wait(0.0)

    member.limiter.cancel(ticket, now=member.now)

    assert member.job().order.unused == ("booking 0",)


def test_answers_are_reported_with_their_age() -> None:
    member = Member(Window(50, 60.0))
    member.join()
    ticket = member.ask()
    member.deliver(member.job(), 0.0)
    member.answer(ticket)
    member.now += 2.0

    assert member.job().order.answered == (("booking 0", 2.0),)


def test_what_the_platform_told_is_passed_on() -> None:
    member = Member(Window(50, 60.0, name="minute"))
    member.join()
    ticket = member.ask()
    member.deliver(member.job(), 0.0)
    member.answer(ticket, Verdict((Limit(50, 7, 30.0, 60.0, "minute"),)))

    assert member.job().order.pools[0].told == (("minute", 7, pytest.approx(30.0, abs=0.01)),)


def test_a_store_that_lost_its_memory_is_told_of_all_that_still_counts() -> None:
    member = Member(Window(50, 60.0))
    member.join()
    running = [member.ask() for _ in range(3)]
    member.deliver(member.job(), 0.0, 0.0, 0.0)
    member.answer(running[0])
    member.ask()

    member.deliver(member.job(), generation="two")

    order = member.job().order
    assert (order.generation, order.pools[0].carry) == ("two", 2 + 2)


def test_bookings_of_a_store_that_lost_its_memory_are_worth_nothing() -> None:
    member = Member(Window(50, 60.0))
    member.join()
    waiting = member.ask()
    member.deliver(member.job(), 5.0)
    member.ask()

    member.deliver(member.job(), generation="two")

    assert member.wait(5.0) == []
    assert waiting.waiting


@pytest.mark.parametrize(("fallback", "granted"), [("divide", 4), ("open", 8), ("closed", 0)])
def test_without_the_store_everybody_keeps_to_his_share(fallback: Fallback, granted: int) -> None:
    member = Member(Window(8, 60.0), fallback=fallback)
    member.join()
    member.wait(60.0)
    tickets = [member.ask() for _ in range(9)]

    member.fleet.failed(member.job(), member.now)

    assert sum(not ticket.waiting for ticket in tickets) == granted


def test_a_share_of_less_than_one_request_is_one_in_more_time() -> None:
    member = Member(Window(2, 60.0), members=8)
    member.join()
    member.wait(60.0)
    first, second = member.ask(), member.ask()
    member.fleet.failed(member.job(), member.now)
    member.answer(first)

    assert member.wait(239.0) == [first]
    assert member.wait(2.0) == [second]


def test_the_store_is_tried_again_after_a_second_and_told_what_went_without_it() -> None:
    member = Member(Window(8, 60.0))
    member.join()
    member.ask()
    member.fleet.failed(member.job(), member.now)

    assert member.fleet.next_job(member.now + 0.9) is None
    member.now += 1.0
    job = member.job()
    assert job.order.pools[0].carry == 1
    member.deliver(job)
    assert not member.fleet.away
    member.ask()
    assert member.job().order.pools[0].carry == 0


def test_what_was_to_be_told_is_told_again_when_it_did_not_arrive() -> None:
    member = Member(Window(8, 60.0))
    member.join()
    ticket, gone = member.ask(), member.ask()
    member.deliver(member.job(), 0.0, 5.0)
    member.answer(ticket)
    member.limiter.cancel(gone, now=member.now)
    member.fleet.failed(member.job(), member.now)

    member.now += 1.0

    order = member.job().order
    assert order.answered == (("booking 0", 1.0),)
    assert order.unused == ("booking 1",)


def test_bookings_are_not_used_while_the_store_is_away() -> None:
    member = Member(Window(8, 60.0))
    member.join()
    ticket, waiting = member.ask(), member.ask()
    member.deliver(member.job(), 0.0, 5.0)
    member.answer(ticket)

    member.fleet.failed(member.job(), member.now)

    assert not waiting.waiting
    member.now += 1.0
    assert member.job().order.unused == ("booking 1",)


def test_what_the_platform_leaves_is_shared_too_while_the_store_is_away() -> None:
    member = Member(Window(50, 60.0, name="minute"))
    member.join()
    ticket = member.ask()
    member.fleet.failed(member.job(), member.now)

    member.answer(ticket, Verdict((Limit(50, 8, 30.0, 60.0, "minute"),)))

    assert sum(not member.ask().waiting for _ in range(9)) == 4
