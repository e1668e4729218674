"""The plan of the poller under any order of events."""

from __future__ import annotations

import math

from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from flexsdk.protocol.poll import FEWEST, SINGLES, Look, Plan, Ref, Rhythm, Walk

GROUPS = ("", "flow")
IDS = st.builds(Ref, st.sampled_from([f"j{number}" for number in range(40)]), st.sampled_from(GROUPS))
SECONDS = st.floats(0.0, 20.0)
CHANCE = st.floats(0.0, 1.0, exclude_max=True)
RHYTHM = Rhythm(first=2.0, slowest=15.0)


class Polling(RuleBasedStateMachine):
    """A poller without I/O: requests are answered, fail or overtake each other in any order."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 100.0
        self.plan = Plan(RHYTHM, lists=True)
        self.watched: set[Ref] = set()
        self.looks: list[Look] = []
        self.latest: dict[Ref, float] = {}
        """When each job was last read, or began to be waited for."""

    @rule(ref=IDS, wait=st.floats(0.0, 2.0))
    def add(self, ref: Ref, wait: float) -> None:
        self.plan.add(ref, self.now, self.now + wait, self.now)
        if ref not in self.watched:
            self.latest[ref] = self.now
        self.watched.add(ref)

    @precondition(lambda self: self.watched)
    @rule(data=st.data())
    def remove(self, data: st.DataObject) -> None:
        ref = data.draw(st.sampled_from(sorted(self.watched)))
        self.watched.discard(ref)
        self.plan.remove(ref)

    @rule(ref=IDS)
    def hurry(self, ref: Ref) -> None:
        self.plan.hurry(ref, self.now)

    @rule(seconds=SECONDS)
    def pass_time(self, seconds: float) -> None:
        """Let time pass, but to no later moment than something is due: a timer would have rung."""
        self.now = max(self.now, min(self.now + seconds, self.plan.next()))
        self.looks += self.plan.begin(self.now)

    @precondition(lambda self: self.looks)
    @rule(data=st.data(), random=CHANCE, told=st.sampled_from(["all", "half", "none"]))
    def answer(self, data: st.DataObject, random: float, told: str) -> None:
        look = data.draw(st.sampled_from(self.looks))
        self.looks.remove(look)
        known = [ref for ref in look.refs if ref in self.plan]
        share = {"all": len(known), "half": len(known) // 2, "none": 0}[told]
        for ref in known[:share]:
            self.plan.read(ref, self.now, random=random)
            self.latest[ref] = self.now
        if look.walk and told != "none":
            self.plan.straggle(known[share:])
        self.plan.done(look, self.now)
        self.looks += self.plan.begin(self.now)

    @invariant()
    def nobody_is_forgotten(self) -> None:
        assert len(self.plan) == len(self.watched)
        asked = {ref for look in self.looks for ref in look.refs}
        walking = {look.group for look in self.looks if look.walk}
        full = sum(not look.walk for look in self.looks) == SINGLES
        for ref in self.watched - asked:
            due = self.plan.due(ref)
            assert due < math.inf or ref.group in walking or full
            if due < math.inf:
                assert due <= max(self.latest[ref] + RHYTHM.slowest, self.now)

    @invariant()
    def requests_are_few(self) -> None:
        singles = [look for look in self.looks if not look.walk]
        walks = [look for look in self.looks if look.walk]
        assert len(singles) <= SINGLES
        assert len({look.group for look in walks}) == len(walks)
        assert all(len(look.refs) >= FEWEST for look in walks)
        assert all(len(look.refs) == 1 for look in singles)

    def teardown(self) -> None:
        """When nobody waits any more, nothing is due."""
        for ref in self.watched:
            self.plan.remove(ref)
        for look in self.looks:
            self.plan.done(look, self.now)
        assert self.plan.begin(self.now) == []
        assert self.plan.next() == math.inf


Polling.TestCase.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
test_the_plan_forgets_nobody_and_asks_little = Polling.TestCase


def cost(sought: set[Ref], pages: list[list[Ref]]) -> int:
    """Count the pages that are read, and the single reads that follow."""
    walk = Walk(sought)
    asked = 0
    for page in pages:
        asked += 1
        if not walk.go_on(page):
            break
    return asked + len(walk.missing)


@st.composite
def lists(draw: st.DrawFn) -> tuple[set[Ref], list[list[Ref]]]:
    everything = [Ref(str(number)) for number in range(draw(st.integers(1, 300)))]
    size = draw(st.integers(1, 100))
    pages = [everything[start : start + size] for start in range(0, len(everything), size)]
    chosen = draw(st.sets(st.sampled_from(everything), min_size=1))
    strangers = {Ref(f"not listed {number}") for number in range(draw(st.integers(0, 50)))}
    return chosen | strangers, pages


@given(lists())
@settings(max_examples=200, deadline=None)
def test_a_list_never_costs_much_more_than_single_reads(case: tuple[set[Ref], list[list[Ref]]]) -> None:
    sought, pages = case

    assert cost(sought, pages) <= len(sought) * 1.05 + 1
