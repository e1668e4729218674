import pytest

from flexsdk.protocol.backoff import full_jitter, upward_jitter

ALMOST_ONE = 1 - 2**-53


@pytest.mark.parametrize(
    ("attempt", "ceiling"), [(1, 0.5), (2, 1.0), (3, 2.0), (5, 8.0), (6, 8.0), (10_000, 8.0)]
)
def test_the_ceiling_doubles_up_to_the_cap(attempt: int, ceiling: float) -> None:
    assert full_jitter(attempt, random=0.0) == 0.0
    assert full_jitter(attempt, random=0.5) == ceiling / 2
    assert full_jitter(attempt, random=ALMOST_ONE) == pytest.approx(ceiling)


def test_base_and_cap_are_the_callers() -> None:
    assert full_jitter(3, random=0.5, base=2.0, cap=60.0) == 4.0
    assert full_jitter(9, random=0.5, base=2.0, cap=60.0) == 30.0


@pytest.mark.parametrize(
    ("floor", "widest"),
    [
        pytest.param(0.0, 0.05, id="at once still spreads a herd"),
        pytest.param(0.1, 0.05, id="short"),
        pytest.param(4.0, 0.4, id="ten percent"),
        pytest.param(3_600.0, 1.0, id="at most a second"),
    ],
)
def test_a_hint_is_a_floor_and_jitter_goes_only_upward(floor: float, widest: float) -> None:
    assert upward_jitter(floor, random=0.0) == floor
    assert upward_jitter(floor, random=ALMOST_ONE) == pytest.approx(floor + widest)
