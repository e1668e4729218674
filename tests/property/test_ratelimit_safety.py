"""The limiter against platforms that count as awkwardly as they may, under any order of events."""

from __future__ import annotations

import math

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from flexsdk.protocol.headers import Limit
from flexsdk.protocol.ratelimit import AT_ONCE, SILENT, Limiter, Ticket, Verdict, Window

EPOCH = 1_780_000_000.0
ROUNDING = 1e-6
"""Seconds; moments are floats, and a difference of two of them is a little off."""


class Platform:
    """Counts in fixed windows of any phase, and remembers all moments, for counting in every other way."""

    def __init__(self, limit: int, seconds: float, phase: float) -> None:
        self.limit = limit
        self.seconds = seconds
        self.phase = phase
        self.moments: list[float] = []

    def window(self, now: float) -> int:
        return math.floor((now - self.phase) / self.seconds)

    def used(self, now: float) -> int:
        return sum(self.window(moment) == self.window(now) for moment in self.moments)

    def says(self, now: float) -> Limit:
        reset_after = self.phase + (self.window(now) + 1) * self.seconds - now
        return Limit(self.limit, max(0, self.limit - self.used(now)), reset_after)

    def most_in_any_span(self) -> int:
        """The most requests within any span of the window's length, its end excluded."""
        length = self.seconds - ROUNDING
        spans = [[each for each in self.moments if 0 <= each - start < length] for start in self.moments]
        return max(map(len, spans), default=0)


class Sent:
    """A request on its way: counted by the platform at some moment before its answer."""

    def __init__(self, ticket: Ticket) -> None:
        self.ticket = ticket
        self.says: Limit | None = None


class Traffic(RuleBasedStateMachine):
    """Calls, answers, losses and cancellations in any order, at any time."""

    @initialize(
        limit=st.integers(1, 5),
        seconds=st.sampled_from([1.0, 10.0, 60.0]),
        phase=st.floats(0.0, 60.0),
        at_once=st.integers(1, 4),
    )
    def begin(self, limit: int, seconds: float, phase: float, at_once: int) -> None:
        self.now = 1_000.0
        self.platform = Platform(limit, seconds, phase)
        self.at_once = at_once
        self.limiter = self.make(limit, seconds, at_once)
        self.waiting: list[Ticket] = []
        self.sent: list[Sent] = []
        self.streams: list[Ticket] = []
        self.granted: list[Ticket] = []

    def make(self, limit: int, seconds: float, at_once: int) -> Limiter:
        return Limiter([Window(limit, seconds)], {"few": [Window(at_once, AT_ONCE)]})

    @rule(
        bucket=st.sampled_from(["", "", "few"]),
        calls=st.integers(1, 6),
        priority=st.integers(0, 2),
        patience=st.sampled_from([0.5, 70.0, 200.0]),
        late=st.sampled_from([0.0, 0.0, 1.5]),
    )
    def call(self, bucket: str, calls: int, priority: int, patience: float, late: float) -> None:
        self.now += late  # a busy loop, whose timers ring late
        for _ in range(calls):
            ticket = self.limiter.ask(bucket, "", self.now, self.now + patience, priority)
            self.catch_up()
            if ticket.waiting:
                self.waiting.append(ticket)
            else:
                self.decide(ticket)
        self.limiter.pump(self.now)
        self.catch_up()

    @rule(windows=st.sampled_from([0.0003, 0.002, 0.3, 0.97, 1.0, 2.5]))
    def time_passes(self, windows: float) -> None:
        end = self.now + windows * self.platform.seconds
        while (due := self.catch_up()) <= end:
            self.turn_comes(due)
        self.now = end
        self.nobody_waits_while_there_is_room()
        self.limiter.pump(end)
        self.catch_up()

    @precondition(lambda self: self.catch_up() < math.inf)
    @rule()
    def next_turn_comes(self) -> None:
        self.turn_comes(self.catch_up())

    def turn_comes(self, due: float) -> None:
        assert due > self.now
        self.now = due - 0.0001
        self.nobody_waits_while_there_is_room()
        self.now = due
        self.limiter.pump(due)
        self.catch_up()

    @rule()
    def platform_counts_all(self) -> None:
        for sent in self.sent:
            self.count(sent)

    @precondition(lambda self: self.sent)
    @rule()
    def platform_answers_all(self) -> None:
        while self.sent:
            sent = self.sent.pop(0)
            self.limiter.answer(sent.ticket, Verdict(self.limits_in(sent)), self.now, EPOCH + self.now)
            self.catch_up()

    @precondition(lambda self: any(each.says is None for each in self.sent))
    @rule(data=st.data())
    def platform_counts(self, data: st.DataObject) -> None:
        self.count(data.draw(st.sampled_from([each for each in self.sent if each.says is None])))

    @precondition(lambda self: self.sent)
    @rule(data=st.data(), streams=st.booleans())
    def platform_answers(self, data: st.DataObject, streams: bool) -> None:
        sent = self.take(data)
        limits = self.limits_in(sent)
        self.limiter.answer(sent.ticket, Verdict(limits, streams=streams), self.now, EPOCH + self.now)
        if streams and sent.ticket.route.pools[-1].bucket == "few":
            self.streams.append(sent.ticket)
        self.catch_up()

    @precondition(lambda self: self.streams)
    @rule(data=st.data())
    def stream_ends(self, data: st.DataObject) -> None:
        ticket = data.draw(st.sampled_from(self.streams))
        self.streams.remove(ticket)
        self.limiter.answer(ticket, SILENT, self.now, EPOCH + self.now)
        self.catch_up()

    @precondition(lambda self: self.sent)
    @rule(data=st.data())
    def answer_is_lost(self, data: st.DataObject) -> None:
        self.limiter.answer(self.take(data).ticket, SILENT, self.now, EPOCH + self.now)
        self.catch_up()

    @precondition(lambda self: self.waiting)
    @rule(data=st.data())
    def waiting_call_is_cancelled(self, data: st.DataObject) -> None:
        ticket = data.draw(st.sampled_from(self.waiting))
        self.waiting.remove(ticket)
        self.limiter.cancel(ticket, now=self.now)
        self.catch_up()

    @precondition(lambda self: any(each.says is None for each in self.sent))
    @rule(data=st.data())
    def connecting_fails(self, data: st.DataObject) -> None:
        sent = data.draw(st.sampled_from([each for each in self.sent if each.says is None]))
        self.sent.remove(sent)
        self.limiter.cancel(sent.ticket, now=self.now)
        self.catch_up()

    @invariant()
    def no_span_holds_more_than_the_limit(self) -> None:
        if hasattr(self, "platform"):
            assert self.over_limit() is None

    @invariant()
    def nobody_waits_while_there_is_room(self) -> None:
        for ticket in getattr(self, "waiting", ()):
            assert not ticket.route.take(ticket, self.now)

    @invariant()
    def places_in_flight_are_the_requests_in_flight(self) -> None:
        if not hasattr(self, "platform"):
            return
        states = {state.bucket: state for state in self.limiter.snapshot(self.now)}
        few = [each.ticket for each in self.sent if each.ticket.route.pools[-1].bucket == "few"]
        if "few" in states:
            assert states["few"].in_flight == len(few) + len(self.streams) <= self.at_once
        if "" in states:
            assert states[""].in_flight == len(self.sent)
            assert states[""].remaining is not None
            assert states[""].remaining >= 0

    def teardown(self) -> None:
        """Answer everything, and wait: all places are free again."""
        for ticket in self.streams:
            self.limiter.answer(ticket, SILENT, self.now, EPOCH + self.now)
        self.catch_up()
        while self.sent or self.waiting:
            if self.sent:
                sent = self.sent.pop()
                self.count(sent)
                self.limiter.answer(sent.ticket, SILENT, self.now, EPOCH + self.now)
            else:
                self.turn_comes(self.catch_up())
            self.catch_up()
        for state in self.limiter.snapshot(self.now + 100.0):
            assert (state.in_flight, state.queued, state.remaining) == (0, 0, state.limit)

    def over_limit(self) -> str | None:
        most = self.platform.most_in_any_span()
        return None if most <= self.platform.limit else f"{most} requests in one span"

    def limits_in(self, sent: Sent) -> tuple[Limit, ...]:
        self.count(sent)
        return ()

    def count(self, sent: Sent) -> None:
        if sent.says is None:
            self.platform.moments.append(self.now)
            sent.says = self.platform.says(self.now)

    def take(self, data: st.DataObject) -> Sent:
        sent = data.draw(st.sampled_from(self.sent))
        self.count(sent)
        self.sent.remove(sent)
        return sent

    def catch_up(self) -> float:
        decided, due = self.limiter.outcome(self.now)
        self.waiting = [ticket for ticket in self.waiting if ticket not in decided]
        for ticket in decided:
            self.decide(ticket)
        return due

    def decide(self, ticket: Ticket) -> None:
        if ticket.refusal is not None:
            assert ticket.refusal.retry_after >= 0
            return
        assert ticket.granted == self.now
        self.sent.append(Sent(ticket))
        overtaken = [each for each in self.waiting if self.before(each, ticket)]
        assert overtaken == []

    def before(self, waiting: Ticket, granted: Ticket) -> bool:
        same_way = waiting.route is granted.route
        return same_way and (waiting.priority, waiting.seq) < (granted.priority, granted.seq or math.inf)


class TrafficWithHeaders(Traffic):
    """The same, where answers tell count and reset, in any order: then fixed windows are what is kept to."""

    def limits_in(self, sent: Sent) -> tuple[Limit, ...]:
        self.count(sent)
        assert sent.says is not None
        return (sent.says,)

    def over_limit(self) -> str | None:
        windows = {self.platform.window(moment) for moment in self.platform.moments}
        counts = [
            sum(self.platform.window(moment) == window for moment in self.platform.moments)
            for window in windows
        ]
        return None if max(counts, default=0) <= self.platform.limit else f"{counts} requests in the windows"


TestTraffic = Traffic.TestCase
TestTraffic.settings = settings(max_examples=100, stateful_step_count=30, deadline=None)
TestTrafficWithHeaders = TrafficWithHeaders.TestCase
TestTrafficWithHeaders.settings = settings(max_examples=100, stateful_step_count=30, deadline=None)
