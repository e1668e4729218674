"""Addresses from any text: an id is one segment that reads back as it was, or it is refused."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit
from uuid import UUID

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st
from yarl import URL

from flexsdk.errors import ConfigError
from flexsdk.protocol.urls import (
    PathTemplate,
    check_base_url,
    encode_query,
    may_leave,
    quote_segment,
    same_origin,
)

BASE = "https://api.example.com/v1"
TEMPLATE = PathTemplate("/things/{thing_id}/parts/{part_id}")
HALF = re.compile("[\ud800-\udfff]")
NASTY = st.sampled_from(
    ["", ".", "..", "%2e%2e", "%2F", "/", "\\", "?", "#", ";", "&", "=", "+", " ", "%", "%00", "\x00", "\r\n",
     "\x85", "\u2028", "\ud800", "é", "🙂", "a", "A", "0", "-", "_", "~", "//", "@", ":", "{", "}", "%s"]
)  # fmt: skip
texts = st.text() | st.lists(NASTY, max_size=6).map("".join)
names = st.from_regex(r"[a-z_]{1,8}", fullmatch=True)
values = texts | st.integers() | st.booleans() | st.floats(allow_nan=False, allow_infinity=False) | st.uuids()
hosts = st.sampled_from(
    ["api.example.com", "API.Example.com", "localhost", "127.0.0.1", "[::1]", "[0:0:0:0:0:0:0:1]", "a_b.test",
     "", "-", "[::1", "ex ample.com", "example.com@evil.test", "exämple.com", "example.com.", "127.1"]
)  # fmt: skip
ports = st.sampled_from(["", ":", ":443", ":80", ":8080", ":0", ":65536", ":x", ":00443"])
paths = st.sampled_from(["", "/", "/v1", "/v1/", "/v1//", "/a/../b", "/%2e", "/a b", "/?q", "/#f", "/v1/\n"])
addresses = (
    st.builds(
        "{}{}{}{}".format, st.sampled_from(["https://", "http://", "HTTPS://", ""]), hosts, ports, paths
    )
    | texts
)


def sent(value: str | int | UUID) -> str | None:
    """Give the segment, or ``None`` where it is refused."""
    try:
        return quote_segment(value)
    except ConfigError:
        return None


@settings(max_examples=150, deadline=None)
@example("")
@example(".")
@example("..")
@given(texts)
def test_a_text_is_one_segment_that_reads_back_as_it_was(text: str) -> None:
    segment = sent(text)

    if segment is None:
        assert (
            text in ("", ".", "..")
            or len(text) > 1_024
            or re.search(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]", text)
        )
        return
    assert text not in ("", ".", "..")
    assert unquote(segment, errors="strict") == text
    assert re.fullmatch(r"(?:[A-Za-z0-9._~-]|%[0-9A-F]{2})+", segment)


@given(st.integers() | st.uuids())
def test_numbers_and_uuids_are_written_as_python_writes_them(value: int | UUID) -> None:
    assert quote_segment(value) == str(value)


@settings(max_examples=150, deadline=None)
@given(texts, texts)
def test_ids_stay_in_their_places_in_the_path_that_is_sent(first: str, second: str) -> None:
    if sent(first) is None or sent(second) is None:
        with pytest.raises(ConfigError):
            TEMPLATE.fill([first, second])
        return

    url = URL(BASE + TEMPLATE.fill([first, second]), encoded=True)

    assert [unquote(part) for part in url.raw_path.split("/")] == ["", "v1", "things", first, "parts", second]
    assert (url.host, url.query_string, url.fragment) == ("api.example.com", "", "")


def as_text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


@settings(max_examples=150, deadline=None)
@given(st.dictionaries(names | texts, values | st.none() | st.lists(values, max_size=3), max_size=4))
def test_a_query_reads_back_as_it_was(pairs: dict[str, Any]) -> None:
    wanted = [
        (name, as_text(each))
        for name, value in pairs.items()
        for each in (value if isinstance(value, list) else [value])
        if each is not None
    ]
    if any(map(HALF.search, [*pairs, *(text for _, text in wanted)])):
        assume(any(map(HALF.search, [text for pair in wanted for text in pair])))
        with pytest.raises(ConfigError):
            encode_query(pairs)
        return

    query = encode_query(pairs)
    found = parse_qsl(query.removeprefix("?"), keep_blank_values=True, strict_parsing=bool(query))

    assert found == wanted
    assert re.fullmatch(r"(?:\?[\x21-\x7e]+)?", query)


@settings(max_examples=200, deadline=None)
@given(addresses)
def test_a_base_url_is_refused_or_in_its_one_normal_form(address: str) -> None:
    try:
        base = check_base_url(address)
    except ConfigError:
        return

    assert check_base_url(base) == base
    assert same_origin(base, address)
    parts, url = urlsplit(base), URL(base)
    assert (parts.hostname, parts.port) == ((url.host or "").lower(), url.explicit_port)
    assert (parts.username, parts.password, parts.query, parts.fragment) == (None, None, "", "")
    assert not base.endswith("/")
    assert parts.scheme == "https" or parts.hostname in ("localhost", "127.0.0.1", "::1")


@given(hosts, ports, paths)
def test_a_password_in_a_base_url_is_refused_and_not_repeated(host: str, port: str, path: str) -> None:
    with pytest.raises(ConfigError) as caught:
        check_base_url(f"https://me:fj_test_password@{host}{port}{path}")

    assert "fj_test_password" not in str(caught.value)


@settings(max_examples=150, deadline=None)
@given(addresses, addresses)
def test_origins_are_compared_both_ways_alike_and_never_raise(one: str, other: str) -> None:
    assert same_origin(one, other) is same_origin(other, one)
    if same_origin(one, one):
        assert urlsplit(one).hostname
    if may_leave(one, other):
        assert re.match("https?://", other, re.IGNORECASE)
