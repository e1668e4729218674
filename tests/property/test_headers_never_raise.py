"""Headers come from outside: whatever they hold, reading them gives a sane value or none."""

import math

from hypothesis import given
from hypothesis import strategies as st
from multidict import CIMultiDict

from flexsdk.protocol.headers import rate_limits, request_id, retry_after

HORIZON = 400 * 86_400
NAMES = ["X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset", "Retry-After", "Retry-After-Ms"]
LISTS = ["RateLimit", "RateLimit-Policy", "RateLimit-Limit", "RateLimit-Remaining", "RateLimit-Reset"]
SEPARATORS = ['"', ";", ",", "=", "\\", " ", ";;", ",;,"]

numbers = (
    st.integers().map(str)
    | st.floats().map(str)
    | st.integers(0, 2 * HORIZON).map(str)
    | st.integers(10**9, 4 * 10**9).map(str)
    | st.integers(10**12, 4 * 10**12).map(str)
    | st.sampled_from(["²", "٣", "0", "-0", "0.0"])
)
dates = st.builds(
    lambda form, day, month, year, hour: form.format(day=day, month=month, year=year, hour=hour),
    st.sampled_from(
        [
            "Sun, {day:02} {month} {year:04} {hour:02}:59:60 GMT",
            "Sunday, {day:02}-{month}-{year:02} {hour:02}:00:00 GMT",
            "Sun {month} {day:2} {hour:02}:00:00 {year:04}",
        ]
    ),
    st.integers(0, 32),
    st.sampled_from(["Jan", "Feb", "Dec", "Foo"]),
    st.integers(0, 99) | st.integers(1970, 2099),
    st.integers(0, 24),
)
parameters = st.builds("{}={}".format, st.sampled_from(["r", "t", "q", "w", "qu", "limit", "reset"]), numbers)
bare_items = st.sampled_from(['"a"', '"b', "c", ""]) | numbers | parameters
policies = st.builds("a;q=9;w={}".format, numbers)
members = st.builds("{};{};{}".format, bare_items, parameters, parameters) | bare_items | policies
lists = st.lists(members | st.sampled_from(SEPARATORS), max_size=6).map(",".join)
noise = st.text() | st.lists(st.sampled_from(SEPARATORS) | members, max_size=20).map("".join)
fields = (
    st.tuples(st.sampled_from(["Date", "Retry-After"]), dates)
    | st.tuples(st.sampled_from(NAMES), numbers | noise)
    | st.tuples(st.sampled_from(LISTS), lists)
    | st.tuples(st.sampled_from(LISTS), numbers | noise)
)
answers = st.lists(fields, max_size=10).map(CIMultiDict)
clocks = st.floats(0, 4e9)
ids = st.builds(lambda text, times: text * times, st.text(min_size=1), st.integers(1, 300))


@given(answers, clocks)
def test_limits_are_never_negative_and_never_absurd(headers: CIMultiDict[str], now: float) -> None:
    for limit in rate_limits(headers, now=now):
        assert limit.limit is None or limit.limit >= 0
        assert limit.remaining is None or limit.remaining >= 0
        assert limit.reset_after is None or 0 <= limit.reset_after <= HORIZON
        assert limit.window is None or 0 < limit.window <= HORIZON
        assert (limit.limit, limit.remaining, limit.reset_after) != (None, None, None)


@given(answers, clocks)
def test_a_wish_is_never_negative_and_always_finite(headers: CIMultiDict[str], now: float) -> None:
    wish = retry_after(headers, now=now)

    assert wish is None or (math.isfinite(wish) and 0 <= wish <= HORIZON)


@given(ids)
def test_a_request_id_is_short_and_printable(text: str) -> None:
    found = request_id({"X-Request-Id": text})

    assert found is None or (found.isprintable() and 0 < len(found) <= 200)
