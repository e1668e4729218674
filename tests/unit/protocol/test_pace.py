from __future__ import annotations

from flexsdk.protocol.pace import WINDOW_SECONDS, Pace


def test_tells_rate_and_time_left() -> None:
    pace = Pace(100.0)

    for number in range(20):
        pace.count(100.0 + number / 2)

    assert pace.rate(110.0) == 2.0
    assert pace.time_left(50, 110.0) == 25.0


def test_forgets_what_is_older_than_its_window() -> None:
    pace = Pace(0.0)
    for _ in range(1_000):
        pace.count(1.0)

    later = 2.0 + WINDOW_SECONDS
    pace.count(later)

    assert pace.rate(later) == 1 / WINDOW_SECONDS


def test_knows_nothing_before_the_first_is_finished() -> None:
    pace = Pace(5.0)

    assert pace.rate(5.0) == 0.0
    assert pace.time_left(10, 9.0) is None
