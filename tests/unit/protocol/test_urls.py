from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta, timezone
from enum import IntEnum, StrEnum
from urllib.parse import unquote
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import UNSET

from flexsdk.errors import ConfigError
from flexsdk.protocol.urls import PathTemplate, check_base_url, encode_query, quote_segment, same_origin

AN_ID = UUID("0b0e5b4e-1f7a-4f0e-9d53-2a7c4d1e8f00")


class Colour(StrEnum):
    RED = "red"


class Plain(str):
    """A string by another name, as `class Colour(str, Enum)` makes them."""

    def __str__(self) -> str:
        return "Plain.name"


class Level(IntEnum):
    HIGH = 3


# --- segments


@pytest.mark.parametrize(
    ("value", "segment"),
    [
        ("thr_9-A", "thr_9-A"),
        ("x" * 1_024, "x" * 1_024),
        ("v1.2~b", "v1.2~b"),
        ("...", "..."),
        ("a/b", "a%2Fb"),
        ("../x", "..%2Fx"),
        ("%2e%2e", "%252e%252e"),
        ("a;b:c+d@e?f#g\\h", "a%3Bb%3Ac%2Bd%40e%3Ff%23g%5Ch"),
        (" é", "%20%C3%A9"),
        ("😀", "%F0%9F%98%80"),
        (7, "7"),
        (-7, "-7"),
        (AN_ID, str(AN_ID)),
        (Colour.RED, "red"),
        (Plain("a b"), "a%20b"),
        (Plain("ab"), "ab"),
        (Level.HIGH, "3"),
    ],
)
def test_quotes_one_segment(value: str | int | UUID, segment: str) -> None:
    quoted = quote_segment(value)

    assert quoted == segment
    assert type(quoted) is str


@pytest.mark.parametrize(
    ("value", "advice"),
    [
        ("", "pass an id"),
        (".", "pass an id"),
        ("..", "pass an id"),
        ("abc\n", "control character"),
        ("a\x00b", "control character"),
        ("a\x7f", "control character"),
        ("a\x85", "control character"),
        ("a\ud800", "surrogate"),
        ("x" * 1_025, "longer than 1,024"),
        ("/" * 1_025, "longer than 1,024"),
        (10**1_025, "more than 1,024 digits"),
        (10**5_000, "more than 1,024 digits"),
        (None, "got NoneType"),
        (True, "got bool"),
        (1.0, "got float"),
        (b"a", "got bytes"),
    ],
    ids=lambda value: repr(value)[:12] if not isinstance(value, int) else type(value).__name__,
)
def test_refuses_what_would_address_something_else(value: object, advice: str) -> None:
    with pytest.raises(ConfigError, match=f"^thread_id: .*{advice}"):
        quote_segment(value, name="thread_id")  # type: ignore[arg-type]  # wrong types are the point


texts = st.text(st.characters(exclude_categories=["Cc", "Cs"])) | st.text("./%~a ")


@given(texts.filter(lambda text: text not in {"", ".", ".."}))
def test_a_segment_round_trips_and_stays_one_segment(text: str) -> None:
    quoted = quote_segment(text)

    assert unquote(quoted) == text
    assert quoted not in {"", ".", ".."}
    assert not set(quoted) & set("/\\?#;:@+& \r\n")


# --- templates


@pytest.mark.parametrize(
    ("template", "values", "path"),
    [
        ("/api/threads", (), "/api/threads"),
        ("/api/threads/{thread_id}/stop", ("a/b",), "/api/threads/a%2Fb/stop"),
        ("/o/{org}/u/{user_id}", (7, AN_ID), f"/o/7/u/{AN_ID}"),
        ("/50%25/{a}%s", ("x%d",), "/50%25/x%25d%s"),
    ],
)
def test_fills_a_template(template: str, values: tuple[str | int | UUID, ...], path: str) -> None:
    assert PathTemplate(template).fill(values) == path


def test_a_template_knows_its_names_in_order() -> None:
    template = PathTemplate("/o/{org}/u/{user_id}")

    assert template.names == ("org", "user_id")
    assert repr(template) == "PathTemplate('/o/{org}/u/{user_id}')"


@pytest.mark.parametrize(
    ("values", "advice"),
    [
        ((), "missing org, user_id"),
        (("a",), "missing user_id"),
        (("a", "b", "c"), "takes org, user_id, got 3 values; remove 1"),
        (("a", ""), "user_id: empty"),
    ],
)
def test_names_the_values_that_are_wrong(values: tuple[str, ...], advice: str) -> None:
    with pytest.raises(ConfigError, match=advice):
        PathTemplate("/o/{org}/u/{user_id}").fill(values)


def test_a_template_without_places_takes_no_values() -> None:
    with pytest.raises(ConfigError, match="takes no values, got 1"):
        PathTemplate("/api/threads").fill(("a",))


@pytest.mark.parametrize(
    "template", ["api", "", "{host}/a", "/a/{", "/a/{}", "/a/{b c}", "/a?b=1", "/a#b", "/a b", "/é", "/a\n"]
)
def test_refuses_a_malformed_template(template: str) -> None:
    with pytest.raises(ConfigError, match="path template"):
        PathTemplate(template)


# --- queries


@pytest.mark.parametrize(
    ("pairs", "query"),
    [
        ({}, ""),
        ({"a": None, "b": UNSET, "c": [], "d": ()}, ""),
        ({"a": 1, "b": "x y"}, "?a=1&b=x%20y"),
        ({"a": True, "b": False}, "?a=true&b=false"),
        ({"a": 0.25, "b": 1e21}, "?a=0.25&b=1e%2B21"),
        ({"a": ""}, "?a="),
        ({"a": ["x", 2, True], "b": ("y",)}, "?a=x&a=2&a=true&b=y"),
        ({"a[b]": "&=+#%/é\n"}, "?a%5Bb%5D=%26%3D%2B%23%25%2F%C3%A9%0A"),
        ({"a": Colour.RED, "b": Plain("x"), "c": Level.HIGH, "d": AN_ID}, f"?a=red&b=x&c=3&d={AN_ID}"),
        ({"at": datetime(2027, 1, 15, 8, tzinfo=UTC)}, "?at=2027-01-15T08%3A00%3A00Z"),
        (
            {"at": datetime(2027, 1, 15, 8, 0, 0, 500_000, tzinfo=timezone(timedelta(hours=2)))},
            "?at=2027-01-15T08%3A00%3A00.500000%2B02%3A00",
        ),
    ],
)
def test_encodes_a_query(pairs: Mapping[str, object], query: str) -> None:
    assert encode_query(pairs) == query


@pytest.mark.parametrize(
    ("value", "advice"),
    [
        (float("nan"), "not a finite number"),
        (float("-inf"), "not a finite number"),
        (datetime(2027, 1, 15), "no time zone"),  # noqa: DTZ001 the missing zone is the point
        (date(2027, 1, 15), "got date"),
        (b"a", "got bytes"),
        ({"a": 1}, "got dict"),
        ({"a"}, "got set"),
        ([["a"]], "got list"),
        ([None], "got NoneType"),
        ("\udc80", "surrogate"),
        (10**5_000, "more than 1,024 digits"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_refuses_values_without_one_clear_form(value: object, advice: str) -> None:
    with pytest.raises(ConfigError, match=f"^since: .*{advice}"):
        encode_query({"since": value})


# --- base URLs


@pytest.mark.parametrize(
    ("url", "base"),
    [
        ("https://api.example.com", "https://api.example.com"),
        ("https://api.example.com/", "https://api.example.com"),
        ("HTTPS://API.Example.COM:443/V1//", "https://api.example.com/V1"),
        ("https://api.example.com:8443/v1", "https://api.example.com:8443/v1"),
        ("https://api.example.com:", "https://api.example.com"),
        ("https://api.example.com/@me/a%20b", "https://api.example.com/@me/a%20b"),
        ("https://[2001:DB8:0::1]:8443", "https://[2001:db8::1]:8443"),
        ("http://localhost:8000/", "http://localhost:8000"),
        ("http://127.8.9.1:80", "http://127.8.9.1"),
        ("http://[::1]:9", "http://[::1]:9"),
    ],
)
def test_brings_a_base_url_into_normal_form(url: str, base: str) -> None:
    assert check_base_url(url) == base


@pytest.mark.parametrize(
    ("url", "advice"),
    [
        ("http://api.example.com", "allow_http"),
        ("http://127.0.0.1.example.com", "allow_http"),
        ("http://localhost.example.com", "allow_http"),
        ("http://10.0.0.1", "allow_http"),
        ("http://[2001:db8::1]", "allow_http"),
        ("ftp://api.example.com", "start with https://"),
        ("api.example.com", "start with https://"),
        ("", "start with https://"),
        (" https://api.example.com", "start with https://"),
        ("https:/\t/api.example.com", "start with https://"),
        ("https://user:hunter2@api.example.com", "remove user name"),
        ("https://hunter2@api.example.com", "remove user name"),
        ("https://api.example.com?key=hunter2", "remove the query"),
        ("https://api.example.com/?", "remove the query"),
        ("https://api.example.com/#hunter2", "remove the query or fragment"),
        ("https://user:hunter2/x@api.example.com", "host or port"),
        ("https://", "host or port"),
        ("https:///v1", "host or port"),
        ("https://:443", "host or port"),
        ("https://api.example.com:0", "host or port"),
        ("https://api.example.com:65536", "host or port"),
        ("https://api.example.com:http", "host or port"),
        ("https://api example.com", "host or port"),
        ("https://api.example.com\n", "host or port"),
        ("https://api.example.com\\@evil.example", "remove user name"),
        ("https://bücher.example", "host or port"),
        ("https://api.example.\N{KELVIN SIGN}", "host or port"),
        ("https://[::1", "host or port"),
        ("https://[:::1]", "host or port"),
        ("https://[127.0.0.1]", "host or port"),
        ("https://api.example.com/a b", "percent-encode"),
        ("https://api.example.com/v1\n", "percent-encode"),
        ("https://api.example.com/é", "percent-encode"),
        ("https://api.example.com/a/../b", "percent-encode"),
        ("https://api.example.com/%2E%2e", "percent-encode"),
    ],
)
def test_refuses_a_base_url_and_says_what_to_change(url: str, advice: str) -> None:
    with pytest.raises(ConfigError, match=f"^base_url: .*{advice}") as caught:
        check_base_url(url)

    assert "hunter2" not in str(caught.value)
    assert caught.value.__context__ is None


def test_takes_http_when_told_so() -> None:
    assert check_base_url("http://10.0.0.1:80/v1", allow_http=True) == "http://10.0.0.1/v1"


# --- origins


@pytest.mark.parametrize(
    ("a", "b", "same"),
    [
        ("https://a.example", "https://A.example:443/x?y#z", True),
        ("http://a.example:80", "HTTP://a.example", True),
        ("https://[::1]/", "https://[0:0::1]", True),
        ("https://a.example", "http://a.example", False),
        ("https://a.example:80", "http://a.example", False),
        ("https://a.example", "https://a.example:8443", False),
        ("https://a.example", "https://a.example.evil.example", False),
        ("https://a.example", "https://b.a.example", False),
        ("https://a.example", "https://a.example@evil.example", False),
        ("https://a.example", "https://x@a.example", False),
        ("https://a.example", "https://a.example\\@evil.example", False),
        ("https://a.example", "https://a.example\t.evil.example", False),
        ("https://a.example", "/x", False),
        ("https://a.example", "//a.example/x", False),
        ("/x", "/x", False),
        ("ftp://a.example", "ftp://a.example", False),
    ],
)
def test_compares_origins(a: str, b: str, same: bool) -> None:
    assert same_origin(a, b) is same
    assert same_origin(b, a) is same


authorities = st.text() | st.text("[]:.@a0\\\t") | st.builds("[{}]:{}".format, st.text(":a"), st.text("09"))


@given(authorities, authorities)
def test_comparing_origins_never_raises(a: str, b: str) -> None:
    assert same_origin(f"https://{a}", f"https://{b}") in {True, False}
