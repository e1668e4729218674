"""Rate limits: how much, which headers, and when the next request is welcome."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from sandbox_kit import Ask, Clock, bearer

from flexsdk.sandbox import Sandbox
from flexsdk.sandbox.flapjack import Flapjack
from flexsdk.sandbox.fleece import Fleece
from flexsdk.sandbox.limits import Limiter, Reset, Verdict

PATH = "/api/v1/agents"
DAY = 86_400
MIDNIGHT = 1_741_564_800
"""2025-03-10 00:00:00 UTC, the example value of the documents."""


def trio(headers: object) -> list[str | None]:
    get = headers.get  # type: ignore[attr-defined]  # a mapping of either library
    return [get("X-RateLimit-Limit"), get("X-RateLimit-Remaining"), get("X-RateLimit-Reset")]


def take(limiter: Limiter, now: float) -> Verdict:
    verdict = limiter.take(now)
    assert verdict is not None
    return verdict


def waits(windows: Sequence[tuple[int, float]], times: Sequence[float], *, sliding: bool) -> list[float]:
    limiter = Limiter(windows, sliding=sliding, longest=False)
    return [round(take(limiter, now).wait, 6) for now in times]


@pytest.mark.parametrize(
    ("windows", "times", "sliding", "expected"),
    [
        pytest.param(
            [(2, 1.0)], [0, 0.9, 0.95, 1.0], False, [0, 0, 0.05, 0], id="a fixed window starts anew"
        ),
        pytest.param([(2, 1.0)], [0.9, 0.95, 1.0, 1.1], False, [0, 0, 0, 0], id="twice at a fixed border"),
        pytest.param([(2, 1.0)], [0.9, 0.95, 1.0, 1.9], True, [0, 0, 0.9, 0], id="not twice when it slides"),
        pytest.param([(1, 1.0), (2, 60.0)], [0, 1, 2], False, [0, 0, 58], id="each window refuses"),
        pytest.param([(1, 1.0), (1, 60.0)], [0, 0.5], False, [0, 59.5], id="the longer wait counts"),
        pytest.param([(0, 60.0)], [30], False, [30], id="a window of nothing"),
        pytest.param([(1, 1.0)], [0, 0.5, 0.6, 1.0], False, [0, 0.5, 0.4, 0], id="refusals are not counted"),
    ],
)
def test_a_window_admits_so_many_requests(
    windows: Sequence[tuple[int, float]], times: Sequence[float], sliding: bool, expected: list[float]
) -> None:
    assert waits(windows, times, sliding=sliding) == expected


@pytest.mark.parametrize(
    ("style", "expected"),
    [
        pytest.param("epoch", "61", id="whole seconds"),
        pytest.param("epoch_decimal", "60.251", id="decimal seconds"),
        pytest.param("epoch_ms", "60251", id="milliseconds"),
        pytest.param("delta", "60", id="from now"),
    ],
)
def test_a_reset_is_rounded_up_never_down(style: Reset, expected: str) -> None:
    verdict = Verdict(wait=0.0, limit=5, remaining=4, reset=60.2501)

    assert verdict.headers(0.5, style)["X-RateLimit-Reset"] == expected


def test_no_windows_mean_no_verdict() -> None:
    assert Limiter((), sliding=False, longest=False).take(0.0) is None


async def test_the_headers_describe_the_day_and_the_wait_the_minute(
    fleece: Fleece, ask: Ask, clock: Clock
) -> None:
    clock.now = MIDNIGHT - DAY + 30.5
    replies = [await ask(fleece, "GET", PATH) for _ in range(61)]

    assert [reply.status for reply in replies] == [200] * 60 + [429]
    assert trio(replies[0].headers) == ["5000", "4999", str(MIDNIGHT)]
    assert trio(replies[60].headers) == ["5000", "4940", str(MIDNIGHT)]
    assert replies[60].headers["Retry-After"] == "30"
    assert replies[60].json() == {"error": "Rate limit exceeded"}


async def test_the_next_minute_is_welcome_again(fleece: Fleece, ask: Ask, clock: Clock) -> None:
    clock.now = MIDNIGHT - DAY
    for _ in range(60):
        await ask(fleece, "GET", PATH)

    clock.now += 59.9
    early = await ask(fleece, "GET", PATH)
    clock.now += 0.1
    later = await ask(fleece, "GET", PATH)

    assert (early.status, early.headers["Retry-After"], later.status) == (429, "1", 200)


async def test_a_bigger_plan_has_bigger_windows(fleece: Fleece, ask: Ask) -> None:
    reply = await ask(fleece, "GET", PATH, headers=bearer(fleece.issue(plan="business")))

    assert reply.headers["X-RateLimit-Limit"] == "50000"


async def test_each_key_has_windows_of_its_own(ask: Ask, clock: Clock) -> None:
    async with Sandbox(platforms=("fleece",), limits={"fleece": [(1, 60.0)]}, clock=clock) as sandbox:
        first = await ask(sandbox.fleece, "GET", PATH)
        second = await ask(sandbox.fleece, "GET", PATH)
        other = await ask(sandbox.fleece, "GET", PATH, headers=bearer(sandbox.fleece.issue()))

    assert (first.status, second.status, other.status) == (200, 429, 200)


async def test_custom_windows_describe_the_tightest(ask: Ask, clock: Clock) -> None:
    limits = {"fleece": [(2, 1.0), (50, 10.0)]}
    async with Sandbox(platforms=("fleece",), limits=limits, clock=clock) as sandbox:
        replies = [await ask(sandbox.fleece, "GET", PATH) for _ in range(3)]

    assert [reply.status for reply in replies] == [200, 200, 429]
    assert trio(replies[2].headers) == ["2", "0", str(int(clock.now) + 1)]


async def test_windows_slide_when_asked(ask: Ask, clock: Clock) -> None:
    clock.now = MIDNIGHT - 0.1
    limits = {"fleece": [(1, 1.0)]}
    async with Sandbox(platforms=("fleece",), limits=limits, sliding=True, clock=clock) as sandbox:
        first = await ask(sandbox.fleece, "GET", PATH)
        clock.now = MIDNIGHT + 0.1
        second = await ask(sandbox.fleece, "GET", PATH)

    assert (first.status, second.status) == (200, 429)


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        pytest.param({"limit_headers": False}, [None, None, None], id="on refusals only"),
        pytest.param({"limit_reset": None}, ["1", "0", None], id="without a reset"),
        pytest.param({"limit_reset": "delta"}, ["1", "0", "60"], id="seconds from now"),
    ],
)
async def test_the_headers_can_be_set_to_what_is_left_open(
    ask: Ask, clock: Clock, options: dict[str, object], expected: list[str | None]
) -> None:
    clock.now = MIDNIGHT
    limits = {"fleece": [(1, 60.0)]}
    async with Sandbox(platforms=("fleece",), limits=limits, clock=clock, **options) as sandbox:  # type: ignore[arg-type]  # a table of options
        admitted = await ask(sandbox.fleece, "GET", PATH)
        refused = await ask(sandbox.fleece, "GET", PATH)

    assert trio(admitted.headers) == expected
    assert refused.headers["X-RateLimit-Limit"] == "1"


async def test_flapjack_sends_retry_after_alone(flapjack: Flapjack, ask: Ask, clock: Clock) -> None:
    clock.now = MIDNIGHT + 0.5
    async with Sandbox(platforms=("flapjack",), limits={"flapjack": [(1, 60.0)]}, clock=clock) as sandbox:
        admitted = await ask(sandbox.flapjack, "GET", "/api/agents")
        refused = await ask(sandbox.flapjack, "GET", "/api/agents")

    assert trio(admitted.headers) == trio(refused.headers) == [None, None, None]
    assert (refused.status, refused.headers["Retry-After"]) == (429, "60")
    assert refused.json() == {"error": "RATE_LIMITED", "detail": "Rate limit exceeded"}


async def test_limits_come_before_validation(ask: Ask, clock: Clock) -> None:
    async with Sandbox(platforms=("flapjack",), limits={"flapjack": [(0, 60.0)]}, clock=clock) as sandbox:
        reply = await ask(sandbox.flapjack, "POST", "/api/agents", json={})

    assert reply.status == 429
