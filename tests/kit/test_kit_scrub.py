"""What the scrubber takes out, what it leaves, and what it still finds."""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import pytest

from flexsdk.testing.scrub import Scrubber

SECRET = 'fl+c/test_"5f0c9d7b1a2e4c6f8091'


@pytest.mark.parametrize(
    "name",
    [
        "key",
        "api_key",
        "apiKey",
        "APIKey",
        "X-API-KEY",
        "accessToken",
        "clientSecret",
        "password",
        "userPassword2",
    ],
)
def test_a_string_under_the_name_of_a_secret_is_taken_out(name: str) -> None:
    assert Scrubber().data({"a": [{name: "hunter2"}]}) == {"a": [{name: "scrubbed"}]}


@pytest.mark.parametrize(
    "value",
    [
        pytest.param({"monkey": "Bo"}, id="a word that only ends so"),
        pytest.param({"keyboard": "qwerty"}, id="a word that only begins so"),
        pytest.param({"total_tokens": 12}, id="a number of tokens"),
        pytest.param({"token_expires_at": "2026-11-22T04:00:00Z"}, id="a date"),
        pytest.param({"key": None, "password": ""}, id="nothing"),
    ],
)
def test_what_is_no_secret_is_left(value: Any) -> None:
    assert Scrubber().data(value) == value


def test_lists_of_secrets_are_taken_out() -> None:
    assert Scrubber().data({"keys": ["a", "b"]}) == {"keys": ["scrubbed", "scrubbed"]}


def test_a_long_value_is_known_from_then_on() -> None:
    scrubber = Scrubber()

    scrubber.data({"token": "flc_test_0123456789abcdef"})

    assert scrubber.data({"note": "use flc_test_0123456789abcdef"}) == {"note": "use scrubbed"}


def test_links_lose_their_signatures_only() -> None:
    link = "https://files.invalid/a?page=2&X-Amz-Signature=abc&token=d%20e"

    clean = Scrubber().data({"url": link})

    assert clean == {"url": "https://files.invalid/a?page=2&X-Amz-Signature=scrubbed&token=scrubbed"}


@pytest.mark.parametrize(
    ("raw", "clean"),
    [
        pytest.param(
            b'event: a\ndata: {"token":"t"}\n\ndata: x\n\n',
            b'event: a\ndata: {"token":"scrubbed"}\n\ndata: x\n\n',
            id="events",
        ),
        pytest.param(b'{"key":"a"}\n{"n":1}\r\n', b'{"key":"scrubbed"}\n{"n":1}\r\n', id="lines"),
        pytest.param(b'{\n "key": "a"\n}\n', b'{"key":"scrubbed"}\n', id="a document of several lines"),
        pytest.param(b'{ "n" : 1.0 }', b'{ "n" : 1.0 }', id="nothing in it"),
        pytest.param(b"\xff" + SECRET.encode(), b"\xffscrubbed", id="bytes"),
    ],
)
def test_bytes_are_scrubbed_as_what_they_are(raw: bytes, clean: bytes) -> None:
    scrubber = Scrubber()
    scrubber.learn(SECRET)

    assert scrubber.bytes(raw) == clean


def _in_base64(before: int, text: str) -> str:
    return b64encode(b"u" * before + text.encode() + b":x").decode()


@pytest.mark.parametrize(
    "disguise",
    [
        pytest.param(str, id="plain"),
        pytest.param(lambda text: quote(text, safe=""), id="quoted"),
        pytest.param(lambda text: json.dumps(text), id="escaped"),
        pytest.param(lambda text: text.encode().hex(), id="hex"),
        *(
            pytest.param(
                lambda text, n=n: b64encode(b"u" * n + text.encode() + b":x").decode(), id=f"base64 at {n}"
            )
            for n in range(4)
        ),
    ],
)
def test_a_known_secret_is_found_in_disguise(disguise: Callable[[str], str]) -> None:
    scrubber = Scrubber()
    scrubber.learn(SECRET)

    assert scrubber.finds(f"before {disguise(SECRET)} after")
    assert not scrubber.finds(f"before {disguise('something else, as long as it')} after")


def test_a_quoted_secret_is_taken_out() -> None:
    scrubber = Scrubber()
    scrubber.learn(SECRET)

    clean = scrubber.target(f"/items/{quote(SECRET, safe='')}?near={quote(SECRET)}")

    assert clean == "/items/scrubbed?near=scrubbed"


def test_the_scrubber_does_not_show_what_it_knows() -> None:
    scrubber = Scrubber()
    scrubber.learn(SECRET)

    assert SECRET not in repr(scrubber)
