"""Decisions of the poller: what a state means, when to look, and through which request."""

from __future__ import annotations

import math

import pytest

from flexsdk.protocol.poll import SINGLES, Agenda, Plan, Ref, Rhythm, States, Walk

STATES = States(succeeded=frozenset({"done"}), failed=frozenset({"failed"}), paused=("paus", "budget"))
RHYTHM = Rhythm(first=2.0, slowest=15.0)


def refs(count: int, group: str = "") -> list[Ref]:
    return [Ref(f"j{number}", group) for number in range(count)]


def plan_of(jobs: list[Ref], *, lists: bool = True) -> Plan:
    plan = Plan(RHYTHM, lists=lists)
    for ref in jobs:
        plan.add(ref, began=0.0, due=0.0, now=0.0)
    return plan


@pytest.mark.parametrize(
    ("state", "meaning"),
    [
        ("done", "succeeded"),
        ("failed", "failed"),
        ("paused", "paused"),
        ("Budget_Exceeded", "paused"),
        ("running", "going"),
        ("a word of next year", "going"),
        ("", "going"),
    ],
    ids=str,
)
def test_a_state_means(state: str, meaning: str) -> None:
    assert STATES.meaning(state) == meaning


def test_no_word_means_a_pause_where_none_is_named() -> None:
    assert States(succeeded=frozenset(), failed=frozenset()).meaning("paused") == "going"


@pytest.mark.parametrize(
    ("waited", "random", "wish", "seconds"),
    [
        (0.0, 0.0, None, 2.0),
        (2.0, 0.0, None, 4.0),
        (6.0, 0.0, None, 8.0),
        (1e9, 0.0, None, 15.0),
        (-1.0, 0.0, None, 2.0),
        (6.0, 0.5, None, 7.2),
        (6.0, 0.0, 30.0, 30.0),
        (6.0, 0.5, 30.0, 33.0),
        (6.0, 0.0, 0.0, 2.0),
    ],
    ids=["first", "second", "third", "slowest", "clock", "jitter", "wish", "wish jitter", "wish of nothing"],
)
def test_the_interval_grows_with_the_wait(
    waited: float, random: float, wish: float | None, seconds: float
) -> None:
    assert RHYTHM.interval(waited, random=random, wish=wish) == pytest.approx(seconds)


def test_an_agenda_gives_what_has_come_the_earliest_first() -> None:
    agenda: Agenda[str] = Agenda()
    for key, moment in (("c", 3.0), ("a", 9.0), ("b", 2.0), ("gone", 1.0)):
        agenda.set(key, moment)
    agenda.set("a", 1.5)
    agenda.drop("gone")

    assert (agenda.next(), agenda.get("a"), agenda.get("gone")) == (1.5, 1.5, math.inf)
    assert agenda.take(2.0) == ["a", "b"]
    assert (agenda.take(2.9), agenda.next()) == ([], 3.0)


# --- which request


def test_many_jobs_that_are_due_are_one_list() -> None:
    plan = plan_of(refs(3))
    (look,) = plan.begin(0.0)

    assert (look.walk, sorted(look.refs)) == (True, refs(3))


@pytest.mark.parametrize(("count", "lists"), [(2, True), (10, False)], ids=["few", "no list"])
def test_few_jobs_or_such_without_a_list_are_read_singly(count: int, lists: bool) -> None:
    plan = plan_of(refs(count), lists=lists)
    looks = plan.begin(0.0)

    assert [look.refs for look in looks] == [(ref,) for ref in refs(count)]
    assert not any(look.walk for look in looks)


def test_each_group_has_its_own_list() -> None:
    plan = plan_of([*refs(5, "a"), *refs(4, "b"), *refs(1, "c")])
    looks = plan.begin(0.0)

    assert [(look.group, look.walk, len(look.refs)) for look in looks] == [
        ("a", True, 5),
        ("b", True, 4),
        ("c", False, 1),
    ]


def test_a_list_takes_along_what_is_nearly_due() -> None:
    plan = plan_of(refs(1))
    for number, due in enumerate((0.5, 0.5, 0.51)):
        plan.add(Ref(f"soon {number}"), began=0.0, due=due, now=0.0)
    (look,) = plan.begin(0.0)

    assert {ref.id for ref in look.refs} == {"j0", "soon 0", "soon 1"}


def test_what_is_nearly_due_is_not_read_early_by_itself() -> None:
    plan = plan_of(refs(1))
    plan.add(Ref("soon"), began=0.0, due=0.1, now=0.0)

    assert [look.refs for look in plan.begin(0.0)] == [(Ref("j0"),)]


def test_one_list_of_a_group_is_read_at_a_time() -> None:
    plan = plan_of(refs(5))
    (look,) = plan.begin(0.0)
    for ref in refs(10)[5:]:
        plan.add(ref, began=1.0, due=1.0, now=1.0)

    assert plan.begin(1.0) == []
    plan.done(look, 2.0)
    (after,) = plan.begin(2.0)
    assert len(after.refs) == 10


def test_few_single_reads_are_made_at_a_time() -> None:
    plan = plan_of(refs(SINGLES + 1), lists=False)
    looks = plan.begin(0.0)

    assert len(looks) == SINGLES
    assert plan.begin(0.0) == []
    assert plan.next() == math.inf
    plan.read(looks[0].refs[0], 1.0, random=0.0)
    plan.done(looks[0], 1.0)
    assert plan.next() <= 1.0
    assert [look.refs for look in plan.begin(1.0)] == [(refs(SINGLES + 1)[-1],)]


# --- how far a list is read


@pytest.mark.parametrize(
    ("sought", "pages", "asked"),
    [
        (10, [10], 1),
        (200, [100, 100], 2),
        (100, [0] * 99, 5),
        (10, [0] * 99, 1),
        (10, [8, 2], 1),
        (1_000, [*[0] * 49, 1_000], 50),
    ],
    ids=["all on one", "two pages", "nowhere", "few nowhere", "two left", "far down"],
)
def test_a_list_is_read_as_far_as_it_pays(sought: int, pages: list[int], asked: int) -> None:
    walk = Walk(refs(sought))
    left = iter(refs(sought))
    turns = 0
    for count in pages:
        turns += 1
        if not walk.go_on([next(left) for _ in range(count)]):
            break

    assert turns == asked


def test_what_the_list_did_not_tell_is_read_singly() -> None:
    plan = plan_of(refs(5))
    (look,) = plan.begin(0.0)
    plan.straggle(look.refs)
    plan.done(look, 1.0)

    assert [each.refs for each in plan.begin(1.0)] == [(ref,) for ref in refs(5)]


def test_a_group_whose_list_is_given_up_is_read_singly_until_nobody_waits_for_it() -> None:
    plan = plan_of(refs(3))
    (look,) = plan.begin(0.0)
    plan.unlist("")
    plan.done(look, 0.0)
    singles = plan.begin(0.0)
    assert [each.walk for each in singles] == [False] * 3

    for each in singles:
        plan.done(each, 1.0)
    for ref in refs(3):
        plan.remove(ref)
    for ref in refs(3):
        plan.add(ref, began=5.0, due=5.0, now=5.0)
    assert [each.walk for each in plan.begin(5.0)] == [True]


# --- when


def test_a_job_that_goes_on_is_due_after_its_interval() -> None:
    plan = plan_of(refs(1))
    (look,) = plan.begin(0.0)
    plan.read(Ref("j0"), 2.0, random=0.0)
    plan.done(look, 2.0)

    assert plan.next() == plan.due(Ref("j0")) == 6.0


def test_a_request_that_told_nothing_leaves_its_job_due() -> None:
    plan = plan_of(refs(1))
    (look,) = plan.begin(0.0)
    assert plan.untold(look) == [Ref("j0")]
    plan.done(look, 3.0)

    assert plan.next() == 3.0


def test_nothing_is_asked_before_the_time_the_platform_named() -> None:
    plan = plan_of(refs(1))
    plan.hold(9.0)

    assert plan.begin(8.9) == []
    assert plan.next() == 9.0
    assert len(plan.begin(9.0)) == 1


def test_a_hurry_makes_a_job_due_and_one_under_way_due_again() -> None:
    plan = Plan(RHYTHM, lists=False)
    plan.add(Ref("a"), began=0.0, due=9.0, now=0.0)
    plan.hurry(Ref("a"), 1.0)
    plan.hurry(Ref("nobody waits for this"), 1.0)
    (look,) = plan.begin(1.0)
    plan.hurry(Ref("a"), 1.5)
    plan.read(Ref("a"), 2.0, random=0.0)
    plan.done(look, 2.0)

    assert plan.next() == 2.0


def test_the_last_to_come_sets_the_pace() -> None:
    plan = Plan(RHYTHM, lists=False)
    plan.add(Ref("a"), began=0.0, due=50.0, now=0.0)
    plan.add(Ref("a"), began=40.0, due=40.0, now=40.0)

    (look,) = plan.begin(40.0)
    plan.read(Ref("a"), 40.0, random=0.0)
    plan.done(look, 40.0)
    assert plan.next() == 42.0


def test_a_name_finds_the_job_in_whatever_list() -> None:
    plan = plan_of([Ref("a", "x"), Ref("a", "y"), Ref("b", "x")])

    assert plan.named("a") == [Ref("a", "x"), Ref("a", "y")]
    assert plan.named("c") == []


def test_a_job_read_in_passing_is_not_asked_for_again() -> None:
    plan = plan_of(refs(SINGLES + 1), lists=False)
    looks = plan.begin(0.0)
    waiting = refs(SINGLES + 1)[-1]
    plan.read(waiting, 0.0, random=0.0)
    plan.done(looks[0], 0.0)

    assert waiting not in [ref for look in plan.begin(0.0) for ref in look.refs]
