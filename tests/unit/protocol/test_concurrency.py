from __future__ import annotations

from flexsdk.protocol.concurrency import START, Concurrency


def rounds(concurrency: Concurrency, number: int, seconds: float) -> None:
    for _ in range(number):
        concurrency.fill()
        for _ in range(concurrency.limit):
            concurrency.answer(seconds)


def test_begins_small_and_doubles_while_answers_stay_fast() -> None:
    concurrency = Concurrency(100)

    limits = [concurrency.limit]
    for _ in range(4):
        rounds(concurrency, 1, 0.1)
        limits.append(concurrency.limit)

    assert limits == [START, 2 * START, 4 * START, 8 * START, 100]


def test_never_begins_above_what_was_asked_for() -> None:
    assert Concurrency(3).limit == 3


def test_does_not_grow_while_it_is_not_used_up() -> None:
    concurrency = Concurrency(100)

    for _ in range(50):
        concurrency.answer(0.1)

    assert concurrency.limit == START


def test_shrinks_once_for_a_burst_of_refusals() -> None:
    concurrency = Concurrency(100)
    rounds(concurrency, 4, 0.1)

    for _ in range(50):
        concurrency.refuse(sent=5.0, now=6.0)

    assert concurrency.limit == 70


def test_shrinks_again_when_what_was_sent_after_a_cut_is_refused() -> None:
    concurrency = Concurrency(100)
    rounds(concurrency, 4, 0.1)

    concurrency.refuse(sent=5.0, now=6.0)
    concurrency.refuse(sent=6.0, now=7.0)

    assert concurrency.limit == 49


def test_grows_slowly_after_the_first_refusal() -> None:
    concurrency = Concurrency(100)
    rounds(concurrency, 4, 0.1)
    concurrency.refuse(sent=5.0, now=6.0)

    rounds(concurrency, 1, 0.1)

    assert concurrency.limit == 73


def test_shrinks_when_answers_take_more_than_twice_the_best() -> None:
    concurrency = Concurrency(100)
    rounds(concurrency, 4, 0.1)

    rounds(concurrency, 1, 0.25)

    assert concurrency.limit == 90


def test_learns_that_a_platform_became_slower_for_good() -> None:
    concurrency = Concurrency(100)
    rounds(concurrency, 4, 0.1)

    rounds(concurrency, 60, 0.25)

    assert concurrency.limit > 50


def test_always_lets_one_through() -> None:
    concurrency = Concurrency(2)

    for moment in range(50):
        concurrency.refuse(sent=moment, now=moment)

    assert concurrency.limit == 1
