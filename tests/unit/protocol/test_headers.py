from email.utils import formatdate

import pytest
from multidict import CIMultiDict, CIMultiDictProxy

from flexsdk.protocol.headers import Limit, rate_limits, request_id, retry_after

NOW = 1_800_000_000.0  # Fri, 15 Jan 2027 08:00:00 GMT
DATE = formatdate(NOW, usegmt=True)
DAY = 86_400.0


def limits(**fields: str) -> tuple[Limit, ...]:
    return rate_limits(spelled(fields), now=NOW)


def wait(**fields: str) -> float | None:
    return retry_after(spelled(fields), now=NOW)


def spelled(fields: dict[str, str]) -> CIMultiDict[str]:
    return CIMultiDict({name.replace("_", "-"): value for name, value in fields.items()})


# --- X-RateLimit-*


@pytest.mark.parametrize(
    ("reset", "seconds"),
    [
        pytest.param("30", 30.0, id="seconds from now"),
        pytest.param("0.5", 0.5, id="decimal seconds"),
        pytest.param("0", 0.0, id="now"),
        pytest.param("1800000060", 60.0, id="epoch"),
        pytest.param("1800000060.25", 60.25, id="decimal epoch"),
        pytest.param("1800000060500", 60.5, id="epoch milliseconds"),
        pytest.param("1799999990", 0.0, id="in the past"),
        pytest.param("34560000", 400 * DAY, id="400 days"),
    ],
)
def test_reads_each_unit_of_a_reset(reset: str, seconds: float) -> None:
    found = limits(X_RateLimit_Limit="60", X_RateLimit_Remaining="7", X_RateLimit_Reset=reset)

    assert found == (Limit(limit=60, remaining=7, reset_after=seconds),)


@pytest.mark.parametrize(
    "absurd",
    ["-1", "nan", "inf", "1e3", "", " ", "soon", "9" * 1_000_001, "٣", "²", "0x10", "1_000", "+5", "5;w=1"],
    ids=lambda text: repr(text[:8]),
)
def test_leaves_out_what_is_not_a_sane_number(absurd: str) -> None:
    assert limits(X_RateLimit_Limit=absurd, X_RateLimit_Remaining=absurd, X_RateLimit_Reset=absurd) == ()
    assert limits(X_RateLimit_Limit="60", X_RateLimit_Remaining=absurd, X_RateLimit_Reset=absurd) == (
        Limit(limit=60),
    )


@pytest.mark.parametrize("reset", ["34560001", "999999999", "1834560001", "9999999999999"])
def test_leaves_out_a_reset_more_than_400_days_away(reset: str) -> None:
    assert limits(X_RateLimit_Remaining="1", X_RateLimit_Reset=reset) == (Limit(remaining=1),)


@pytest.mark.parametrize("skew", [-3_600.0, 0.0, 3_600.0], ids=["clock behind", "right", "clock ahead"])
def test_measures_an_epoch_reset_by_the_server_clock(skew: float) -> None:
    headers = {"Date": DATE, "X-RateLimit-Reset": "1800000060"}

    (found,) = rate_limits(headers, now=NOW + skew)

    assert found.reset_after == 60.0


def test_is_never_early_although_date_is_cut_to_seconds() -> None:
    server_time = NOW + 0.999
    headers = {"Date": formatdate(int(server_time), usegmt=True), "X-RateLimit-Reset": "1800000060"}

    (found,) = rate_limits(headers, now=NOW)

    assert found.reset_after is not None
    assert server_time + found.reset_after >= 1_800_000_060


def test_falls_back_to_the_local_clock_when_date_is_malformed() -> None:
    headers = {"Date": "yesterday", "X-RateLimit-Reset": "1800000060"}

    (found,) = rate_limits(headers, now=NOW + 10)

    assert found.reset_after == 50.0


def test_takes_a_case_insensitive_mapping_in_any_spelling() -> None:
    headers = CIMultiDictProxy(CIMultiDict({"x-ratelimit-limit": "60", "X-RATELIMIT-REMAINING": "1"}))

    assert rate_limits(headers, now=NOW) == (Limit(limit=60, remaining=1),)


def test_says_nothing_when_no_header_speaks_of_limits() -> None:
    assert rate_limits({"Date": DATE, "Content-Type": "text/plain"}, now=NOW) == ()


# --- the IETF fields


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        pytest.param(
            {"RateLimit-Limit": "10", "RateLimit-Remaining": "3", "RateLimit-Reset": "7"},
            (Limit(10, 3, 7.0),),
            id="early: three headers",
        ),
        pytest.param(
            {"RateLimit-Limit": "10", "RateLimit-Reset": "7"},
            (Limit(10, None, 7.0),),
            id="early: remaining is optional",
        ),
        pytest.param(
            {"RateLimit-Limit": "10, 10;w=1, 50;w=60", "RateLimit-Remaining": "3", "RateLimit-Reset": "1"},
            (Limit(10, 3, 1.0, 1.0), Limit(50, None, None, 60.0)),
            id="early: policies in the limit",
        ),
        pytest.param(
            {"RateLimit-Limit": "10", "RateLimit-Remaining": "3", "RateLimit-Policy": "10;w=1, 50;w=60"},
            (Limit(10, 3, None, 1.0), Limit(50, None, None, 60.0)),
            id="-06: policies in their own field",
        ),
        pytest.param(
            {"RateLimit": "limit=100, remaining=50, reset=50", "RateLimit-Policy": "100;w=60"},
            (Limit(100, 50, 50.0, 60.0),),
            id="-07",
        ),
        pytest.param(
            {"RateLimit": "limit=100, reset=5", "RateLimit-Policy": '50;w=1;comment="a, b;c"'},
            (Limit(100, None, 5.0), Limit(50, None, None, 1.0)),
            id="-07: another quota",
        ),
        pytest.param(
            {"RateLimit": "default;r=50;t=30", "RateLimit-Policy": "default;q=100;w=60"},
            (Limit(100, 50, 30.0, 60.0, "default"),),
            id="-08: names are tokens",
        ),
        pytest.param(
            {
                "RateLimit": '"default";r=50;t=30',
                "RateLimit-Policy": '"default";q=100;w=60, "daily";q=5000;w=86400',
            },
            (Limit(100, 50, 30.0, 60.0, "default"), Limit(5000, None, None, DAY, "daily")),
            id="-09 and later",
        ),
        pytest.param(
            {"RateLimit": '"a, b;c=\\"1\\""; r=1; t=2;pk=:cHM=:, "day";r=9'},
            (Limit(None, 1, 2.0, None, 'a, b;c="1"'), Limit(None, 9, None, None, "day")),
            id="quoted separators, several windows",
        ),
        pytest.param(
            {"RateLimit-Policy": '"default";q=100'},
            (Limit(100, None, None, None, "default"),),
            id="a policy alone, without window",
        ),
        pytest.param(
            {"RateLimit": '"default";r=9;t=1', "RateLimit-Remaining": "8", "RateLimit-Reset": "5"},
            (Limit(None, 9, 1.0, None, "default"),),
            id="two generations: the newest counts",
        ),
        pytest.param(
            {"RateLimit": "?", "RateLimit-Limit": "10", "RateLimit-Remaining": "8"},
            (Limit(10, 8),),
            id="two generations: the newest is broken",
        ),
        pytest.param(
            {"X-RateLimit-Limit": "60", "RateLimit": '"default";r=9'},
            (Limit(60), Limit(None, 9, None, None, "default")),
            id="both families",
        ),
    ],
)
def test_reads_every_generation_of_the_draft(fields: dict[str, str], expected: tuple[Limit, ...]) -> None:
    assert rate_limits(fields, now=NOW) == expected


def test_joins_a_list_that_is_split_over_lines() -> None:
    headers = CIMultiDict([("RateLimit", '"minute";r=1;t=2'), ("RateLimit", '"day";r=3;t=4')])

    found = rate_limits(headers, now=NOW)

    assert [limit.name for limit in found] == ["minute", "day"]


def test_leaves_out_quotas_that_do_not_count_requests() -> None:
    found = limits(
        RateLimit='"bytes";r=10;t=5, "calls";r=3;t=5',
        RateLimit_Policy='"bytes";q=65535;qu="content-bytes";w=10, "calls";q=9;qu="requests";w=10',
    )

    assert found == (Limit(9, 3, 5.0, 10.0, "calls"),)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("RateLimit", '"default"'),
        ("RateLimit", '"default";t=5'),
        ("RateLimit", '"default";r=-1;t=5'),
        ("RateLimit", '"default";r=1.5'),
        ("RateLimit", '"default;r=1;t=5'),
        ("RateLimit", ';r=1"'),
        ("RateLimit", '"a"b;r=1'),
        ("RateLimit", "a b;r=1"),
        ("RateLimit", ",;,"),
        ("RateLimit", "limit=x, reset=nan"),
        ("RateLimit-Policy", "100"),
        ("RateLimit-Policy", "100;w=0"),
        ("RateLimit-Policy", "100;w=34560001"),
        ("RateLimit-Policy", '"default";w=60'),
        ("RateLimit-Policy", '"default";q=many;w=60'),
        ("RateLimit-Limit", "many, more;w=1"),
    ],
)
def test_ignores_malformed_members(field: str, value: str) -> None:
    assert rate_limits({field: value}, now=NOW) == ()


def test_a_malformed_member_does_not_spoil_its_neighbours() -> None:
    assert limits(RateLimit='"a";r=x, "b";r=1, ;;, "c"') == (Limit(None, 1, None, None, "b"),)


# --- Retry-After


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        pytest.param("30", 30.0, id="seconds"),
        pytest.param("1.5", 1.5, id="decimal seconds"),
        pytest.param("0", 0.0, id="at once"),
        pytest.param("-5", 0.0, id="negative"),
        pytest.param("Fri, 15 Jan 2027 08:01:00 GMT", 60.0, id="IMF-fixdate"),
        pytest.param("Friday, 15-Jan-27 08:01:00 GMT", 60.0, id="RFC 850"),
        pytest.param("Fri Jan 15 08:01:00 2027", 60.0, id="asctime"),
        pytest.param("Mon Feb  1 08:00:00 2027", 17 * DAY, id="asctime with a padded day"),
        pytest.param("Fri, 15 Jan 2027 08:00:60 GMT", 60.0, id="leap second"),
        pytest.param("Thu, 01 Jan 1970 00:00:00 GMT", 0.0, id="long past"),
        pytest.param("Friday, 15-Jan-77 08:00:00 GMT", None, id="RFC 850, 50 years ahead"),
        pytest.param("Friday, 15-Jan-78 08:00:00 GMT", 0.0, id="RFC 850, the last century"),
        pytest.param("34560001", None, id="more than 400 days"),
        pytest.param("nan", None, id="not a number"),
        pytest.param("1e2", None, id="exponent"),
        pytest.param("", None, id="empty"),
        pytest.param("30, 60", None, id="two values"),
        pytest.param("Fri, 31 Feb 2027 08:01:00 GMT", None, id="no such day"),
        pytest.param("Fri, 15 Foo 2027 08:01:00 GMT", None, id="no such month"),
        pytest.param("Fri, 15 Jan 0000 08:01:00 GMT", None, id="no such year"),
        pytest.param("Fri, 15 Jan 2027 24:01:00 GMT", None, id="no such hour"),
        pytest.param("Fri, 15 Jan 2027 08:01:00 CET", None, id="another zone"),
        pytest.param("2027-01-15T08:01:00Z", None, id="another form"),
    ],
)
def test_reads_retry_after_in_its_documented_forms(text: str, seconds: float | None) -> None:
    assert wait(Retry_After=text) == seconds


def test_measures_a_retry_date_by_the_server_clock() -> None:
    headers = {"Date": DATE, "Retry-After": formatdate(NOW + 60, usegmt=True)}

    assert retry_after(headers, now=NOW + 3_600) == 60.0


@pytest.mark.parametrize(
    ("text", "seconds"), [("1500", 1.5), ("0.5", 0.0005), ("-1", 0.0), ("soon", None), ("9" * 13, None)]
)
def test_reads_retry_after_ms(text: str, seconds: float | None) -> None:
    assert wait(retry_after_ms=text) == seconds


@pytest.mark.parametrize(
    ("remaining", "seconds"),
    [
        pytest.param("0", 300.0, id="nothing left: the reset counts"),
        pytest.param("1", 30.0, id="some left: only the pause counts"),
        pytest.param("x", 30.0, id="unknown: only the pause counts"),
    ],
)
def test_takes_the_longest_wish(remaining: str, seconds: float) -> None:
    found = wait(
        Retry_After="30", Retry_After_Ms="10", X_RateLimit_Remaining=remaining, X_RateLimit_Reset="300"
    )

    assert found == seconds


def test_waits_for_the_slowest_exhausted_window() -> None:
    assert wait(RateLimit='"minute";r=0;t=20, "hour";r=0;t=900, "day";r=5;t=50000') == 900.0


def test_wishes_nothing_when_an_exhausted_window_has_no_reset() -> None:
    assert wait(X_RateLimit_Remaining="0") is None


# --- request id


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        pytest.param({"X-Request-Id": "a", "X-Vercel-Id": "b", "CF-Ray": "c"}, "a", id="request id first"),
        pytest.param({"X-Vercel-Id": "b", "CF-Ray": "c"}, "b", id="then vercel"),
        pytest.param({"CF-Ray": "c"}, "c", id="then cloudflare"),
        pytest.param({"X-Request-Id": " \x00", "CF-Ray": "c"}, "c", id="an empty one does not count"),
        pytest.param({"X-Request-Id": "a\x1b[31m\r\nb\udc80\x85"}, "a[31mb", id="control characters"),
        pytest.param({"X-Request-Id": "x" * 201}, "x" * 200, id="too long"),
        pytest.param({}, None, id="none"),
    ],
)
def test_finds_the_request_id(headers: dict[str, str], expected: str | None) -> None:
    assert request_id(headers) == expected
