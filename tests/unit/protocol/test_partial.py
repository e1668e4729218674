"""Ranges and validators."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flexsdk.protocol.partial import Version, continued, range_headers, version_of

DATE = "Sat, 21 Nov 2026 02:00:00 GMT"
LATER = "Sat, 21 Nov 2026 02:00:01 GMT"

ANSWERS = {
    "strong tag": ({"ETag": '"a"', "Content-Length": "5"}, Version('"a"', 5)),
    "tag before date": ({"ETag": '"a"', "Last-Modified": DATE, "Date": LATER}, Version('"a"')),
    "weak tag": ({"ETag": 'W/"a"', "Last-Modified": DATE, "Date": LATER}, Version()),
    "date a second ago": ({"Last-Modified": DATE, "Date": LATER}, Version(DATE)),
    "date of now": ({"Last-Modified": DATE, "Date": DATE}, Version()),
    "date in another form": ({"Last-Modified": "Sat Nov 21 02:00:00 2026", "Date": LATER}, Version()),
    "date that is none": ({"Last-Modified": "Sat, 99 Nov 2026 02:00:00 GMT", "Date": LATER}, Version()),
    "packed": ({"ETag": '"a"', "Content-Length": "5", "Content-Encoding": "GZIP"}, Version()),
    "packed as it is": ({"ETag": '"a"', "Content-Encoding": "Identity"}, Version('"a"')),
    "no ranges": ({"ETag": '"a"', "Content-Length": "5", "Accept-Ranges": "None"}, Version(None, 5)),
    "odd sizes": ({"Content-Length": "٣"}, Version()),
    "negative": ({"Content-Length": "-5"}, Version()),
    "nothing": ({}, Version()),
}


@pytest.mark.parametrize("case", ANSWERS)
def test_reads_what_tells_a_version_from_all_others(case: str) -> None:
    headers, version = ANSWERS[case]

    assert version_of(headers) == version


@pytest.mark.parametrize("validator", ['"a"', DATE])
def test_asks_for_the_rest_of_one_version(validator: str) -> None:
    asked = range_headers(7, Version(validator, 10))

    assert asked == {"Range": "bytes=7-", "If-Range": validator}


@pytest.mark.parametrize("validator", [None, "", 'W/"a"', "a", '"a"\r\nX: y', "2026-11-21", '"\xe9"', '"a" '])
def test_asks_for_no_rest_of_what_cannot_be_told_apart(validator: str | None) -> None:
    assert range_headers(7, Version(validator, 10)) == {}


def test_asks_for_no_rest_of_nothing() -> None:
    assert range_headers(0, Version('"a"', 10)) == {}


def test_a_part_tells_the_size_that_was_not_known() -> None:
    assert continued({"Content-Range": "bytes 7-9/10"}, 7, Version('"a"')) == Version('"a"', 10)
    assert continued({"Content-Range": "bytes 7-9/*"}, 7, Version('"a"', 10)) == Version('"a"', 10)
    assert continued({"Content-Range": "bytes 7-9/*"}, 7, Version('"a"')) == Version('"a"')


@given(
    have=st.integers(0, 50),
    size=st.integers(1, 50),
    first=st.integers(0, 50),
    last=st.integers(0, 50),
    whole=st.integers(0, 50),
    length=st.none() | st.integers(0, 50),
)
def test_a_part_is_taken_only_if_it_is_the_next(
    have: int, size: int, first: int, last: int, whole: int, length: int | None
) -> None:
    headers = {"Content-Range": f"bytes {first}-{last}/{whole}"}
    if length is not None:
        headers["Content-Length"] = str(length)

    taken = continued(headers, have, Version('"a"', size))

    right = first == have <= last < whole == size and length in (None, last - first + 1)
    assert (taken is not None) == right


@given(
    st.dictionaries(
        st.sampled_from(["ETag", "Last-Modified", "Date", "Content-Length", "Content-Range"]), st.text()
    )
)
def test_no_header_makes_it_raise(headers: dict[str, str]) -> None:
    version = version_of(headers)
    assert all(value.isascii() and value.isprintable() for value in range_headers(1, version).values())
    continued(headers, 1, version)
