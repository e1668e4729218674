"""Headers that are well formed are read to the figure, whichever generation they are of."""

from __future__ import annotations

from datetime import UTC, datetime

from hypothesis import given, settings
from hypothesis import strategies as st
from multidict import CIMultiDict

from flexsdk.protocol.headers import Limit, rate_limits, retry_after

NOW = 1_780_000_000
DAY = 86_400
counts = st.integers(0, 10**9)
resets = st.integers(0, 300 * DAY)
windows = st.integers(1, 300 * DAY)
names = st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E), min_size=1, max_size=12)
spaces = st.sampled_from(["", " ", "  "])
strange = st.lists(
    st.sampled_from(['x="a;b,c"', "pk=:Y2RlZg==:", "flag", 'note="\\""', "z=1.5"]), max_size=2, unique=True
)
limits = st.lists(
    st.builds(
        Limit,
        limit=counts,
        remaining=counts,
        reset_after=resets.map(float),
        window=windows.map(float),
        name=names,
    ),
    min_size=1,
    max_size=3,
    unique_by=lambda limit: limit.name,
)


def quoted(name: str) -> str:
    """Write a string by RFC 9651, section 4.1.6."""
    escaped = name.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


@settings(deadline=None)
@given(limits, spaces, strange, st.booleans())
def test_the_present_form_is_read_as_it_was_written(
    written: list[Limit], space: str, others: list[str], in_lines: bool
) -> None:
    ends = "".join(f";{space}{other}" for other in others)
    current = [f"{quoted(e.name)};r={e.remaining};{space}t={e.reset_after:.0f}{ends}" for e in written]
    policies = [f"{quoted(e.name)}{ends};q={e.limit}{space};w={e.window:.0f}" for e in written]
    headers = CIMultiDict[str]()
    for name, members in (("RateLimit", current), ("RateLimit-Policy", policies)):
        for line in members if in_lines else [f"{space},{space}".join(members)]:
            headers.add(name, line)

    assert rate_limits(headers, now=NOW) == tuple(written)


@given(counts, counts, resets, st.sampled_from(["seconds", "moment", "milliseconds"]))
def test_the_old_form_is_read_however_the_reset_is_written(
    limit: int, remaining: int, reset: int, how: str
) -> None:
    text = {"seconds": reset, "moment": NOW + reset, "milliseconds": (NOW + reset) * 1000}[how]
    headers = {
        "X-RateLimit-Limit": str(limit),
        "X-RateLimit-Remaining": str(remaining),
        "X-RateLimit-Reset": str(text),
    }

    assert rate_limits(headers, now=NOW) == (Limit(limit, remaining, float(reset)),)


FORMS = ("%a, %d %b %Y %H:%M:%S GMT", "%A, %d-%b-%y %H:%M:%S GMT", "%a %b %e %H:%M:%S %Y")


@given(st.integers(-30 * DAY, 300 * DAY), st.sampled_from(FORMS), st.integers(-DAY, DAY), st.booleans())
def test_a_date_is_a_wait_from_the_servers_own_time(ahead: int, form: str, wrong: int, dated: bool) -> None:
    headers = {"Retry-After": f"{datetime.fromtimestamp(NOW + ahead, UTC):{form}}"}
    if dated:
        headers["Date"] = f"{datetime.fromtimestamp(NOW, UTC):{FORMS[0]}}"

    wish = retry_after(headers, now=NOW + (wrong if dated else 0))

    assert wish == max(0, ahead)


wishes = st.fixed_dictionaries(
    {},
    optional={
        "Retry-After": st.integers(0, 10**6).map(str),
        "Retry-After-Ms": st.integers(0, 10**9).map(str),
        "X-RateLimit-Reset": st.integers(0, 10**6).map(str),
    },
)


@given(wishes, st.integers(0, 1))
def test_the_longest_wish_counts_and_none_makes_it_shorter(headers: dict[str, str], remaining: int) -> None:
    units = {"Retry-After": 1, "Retry-After-Ms": 1000, "X-RateLimit-Reset": 1}
    silent = "X-RateLimit-Reset" if remaining else ""
    wanted = [int(text) / units[name] for name, text in headers.items() if name != silent]

    found = retry_after({**headers, "X-RateLimit-Remaining": str(remaining)}, now=NOW)

    assert found == max(wanted, default=None)


@given(st.integers(0, 300 * DAY), st.integers(0, 300 * DAY), st.integers(0, 300 * DAY))
def test_a_moment_comes_nearer_as_time_goes_on(ahead: int, first: int, second: int) -> None:
    headers = {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": str(NOW + ahead)}
    earlier, later = sorted((NOW + first, NOW + second))

    before, after = retry_after(headers, now=earlier), retry_after(headers, now=later)

    assert before is not None
    assert after is not None
    assert after == max(0.0, before - (later - earlier))
