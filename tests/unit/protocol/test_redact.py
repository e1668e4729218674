import copy
import pickle
import re
import traceback
from html import escape
from urllib.parse import quote

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from multidict import CIMultiDict

from flexsdk.errors import ConfigError
from flexsdk.protocol.redact import Secret, Withheld, check_key, redact_headers, redact_url

KEY = "flc_test_0123456789abcdef"


# --- Secret


def test_reveals_only_when_asked() -> None:
    assert Secret(KEY).reveal() == KEY


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        pytest.param(KEY, "Secret('flc_…')", id="long: the kind of key"),
        pytest.param("x" * 20, "Secret('xxxx…')", id="20 characters"),
        pytest.param("x" * 19, "Secret('…')", id="19 characters"),
        pytest.param("", "Secret('…')", id="empty"),
        pytest.param("\x1b[31" + "x" * 20, "Secret('\\x1b[31…')", id="control characters"),
    ],
)
def test_shows_no_more_than_the_kind_of_key(value: str, shown: str) -> None:
    secret = Secret(value)

    assert repr(secret) == str(secret) == f"{secret}" == "%s" % secret == shown  # noqa: UP031 one more way
    assert f"{secret:>30}" == shown.rjust(30)
    assert repr([secret]) == f"[{shown}]"


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_refuses_to_be_pickled(protocol: int) -> None:
    with pytest.raises(TypeError, match="not pickled") as caught:
        pickle.dumps(Secret(KEY), protocol)

    assert KEY not in "".join(traceback.format_exception(caught.value))


def test_does_not_leak_through_json() -> None:
    with pytest.raises(TypeError):
        msgspec.json.encode(Secret(KEY))


def test_copies_are_the_same_secret() -> None:
    secret = Secret(KEY)

    assert copy.copy(secret) is secret
    assert copy.deepcopy({"key": secret})["key"] is secret


def test_compares_and_hashes_by_value() -> None:
    assert Secret(KEY) == Secret(KEY)
    assert Secret(KEY) != Secret(KEY + "x")
    assert Secret("é\udc80") != Secret("e")
    assert Secret(KEY) != KEY
    assert len({Secret(KEY), Secret(KEY), Secret("x")}) == 2


# --- check_key


@pytest.mark.parametrize("key", ["k", KEY, "a.b/c+d=~!", "x" * 8_192], ids=lambda key: key[:10])
def test_returns_a_good_key_unchanged(key: str) -> None:
    assert check_key(key, name="FLEECE_API_KEY") == key


@pytest.mark.parametrize(
    ("key", "advice"),
    [
        pytest.param("", "empty", id="empty"),
        pytest.param(f" {KEY}", "whitespace", id="space before"),
        pytest.param(f"{KEY}\n", "whitespace", id="newline after"),
        pytest.param(f"{KEY} {KEY}", "whitespace", id="space inside"),
        pytest.param(f"{KEY}\r\nX-Evil: 1", "whitespace", id="header injection"),
        pytest.param(f"{KEY}\x00", "control", id="NUL"),
        pytest.param(f"{KEY}\x7f", "control", id="DEL"),
        pytest.param(f"“{KEY}”", "not ASCII", id="curly quotes"),
        pytest.param(f"{KEY}\udc80", "not ASCII", id="surrogate"),
        pytest.param(KEY * 400, "longer than 8,192", id="too long"),
    ],
)
def test_refuses_a_key_by_the_name_of_its_setting(key: str, advice: str) -> None:
    with pytest.raises(ConfigError, match=f"^FLEECE_API_KEY: .*{advice}") as caught:
        check_key(key, name="FLEECE_API_KEY")

    assert "flc_" not in str(caught.value)


# --- headers and URLs for logs


def test_shows_only_headers_known_to_be_harmless() -> None:
    headers = CIMultiDict(
        {
            "Authorization": f"Bearer {KEY}",
            "X-API-KEY": KEY,
            "Cookie": KEY,
            "Location": f"https://a.example/?sig={KEY}",
            "X-Unknown": KEY,
            "Content-Type": "application/json",
            "X-RateLimit-Remaining": "3",
            "RateLimit-Policy": "100;w=60",
            "x-request-id": "r1",
        }
    )

    assert redact_headers(headers) == {
        "Authorization": "…",
        "X-API-KEY": "…",
        "Cookie": "…",
        "Location": "…",
        "X-Unknown": "…",
        "Content-Type": "application/json",
        "X-RateLimit-Remaining": "3",
        "RateLimit-Policy": "100;w=60",
        "x-request-id": "r1",
    }


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://a.example/v1/x", "https://a.example/v1/x"),
        ("https://a.example:8443?b=s3cret&c%5B%5D=1", "https://a.example:8443?b=…&c%5B%5D=…"),
        ("https://a.example/?czNjcmV0cw==&c=", "https://a.example/?…&…"),
        ("https://a.example/?x:s3cret@b=1", "https://a.example/?…"),
        ("https://a.example/x?s3cret&b=1=s3cret&", "https://a.example/x?…&b=…&"),
        ("https://user:s3cret@a.example/x", "https://…@a.example/x"),
        ("https://s3cret@x@a.example/x", "https://…@a.example/x"),
        ("https://a.example/@me#token=s3cret", "https://a.example/@me#…"),
        ("/v1/x?b=s3cret#", "/v1/x?b=…#…"),
        ("https://[::1]:80/x?b=s3cret", "https://[::1]:80/x?b=…"),
        ("redis://:s3cret@a.example", "redis://…@a.example"),
        ("https://user:s3cret/x@a.example", "…"),
        ("user:s3cret@a.example/x", "…"),
        ("https:\\\\user:s3cret@a.example", "…"),
        ("/x\nFAKE LOG LINE s3cret", "…"),
        ("/x\x1b[2Ks3cret", "…"),
        ("/x s3cret", "…"),
        ("", ""),
    ],
)
def test_hides_what_may_be_secret_in_a_url(url: str, shown: str) -> None:
    assert redact_url(url) == shown


safe = st.text(alphabet="abcdefghijk/:?#@[]=&;.%\\ ")


@given(safe, safe)
def test_never_shows_a_password_or_a_query_value(before: str, after: str) -> None:
    assert "S3CRET" not in redact_url(f"https://a.example/?{before}=S3CRET{after}")
    assert "S3CRET" not in redact_url(f"https://{before.replace('/', '')}:S3CRET@a.example{after}")


# --- credentials that a platform repeats

ODD = "sk_test_0&23/56+89=bc&\"e\\f'<g>"


def _as_json(key: str) -> bytes:
    return msgspec.json.encode(key)[1:-1]


WRITTEN = {
    "as it is": str.encode,
    "JSON": _as_json,
    "JSON with its slashes escaped": lambda key: _as_json(key).replace(b"/", rb"\/"),
    "JSON for a page": lambda key: re.sub(r'["+&=]', lambda found: rf"\u{ord(found[0]):04X}", key).encode(),
    "a URL": lambda key: quote(key, safe="").encode(),
    "HTML": lambda key: re.sub(r"[/+=&]", lambda found: f"&#x{ord(found[0]):02X};", key).encode(),
    "HTML with names": lambda key: escape(key).encode(),
    "HTML in decimals": lambda key: re.sub(r"[/+=&]", lambda found: f"&#{ord(found[0])};", key).encode(),
    "capitals": lambda key: key.upper().encode(),
    "cut": lambda key: key[:17].encode(),
    "another end": lambda key: f"{key[:16]}....wxyz".encode(),
}


@pytest.mark.parametrize("way", WRITTEN)
@pytest.mark.parametrize("key", [KEY, ODD])
def test_a_credential_is_hidden_however_it_is_written(key: str, way: str) -> None:
    body = b'{"message": "bad key %b"}' % WRITTEN[way](key)

    assert Withheld(Secret(key)).hide_in(body) == b'{"message": "bad key ..."}'


def test_what_is_not_the_credential_stays() -> None:
    body = b'{"message": "flc_test_012345 is short, flc_test_X123456789abcdef another; see \\"docs\\""}'

    assert Withheld(Secret(KEY)).hide_in(body) == body


def test_a_short_credential_is_hidden_alone() -> None:
    assert Withheld(Secret("k1")).hide_in(b"k1, k12 and k2") == b"..., ...2 and k2"


def test_what_knows_a_credential_neither_shows_it_nor_is_pickled() -> None:
    withheld = Withheld(Secret(KEY))
    withheld.hide_in(b"")

    assert KEY not in repr(withheld)
    with pytest.raises(TypeError, match="not pickled"):
        pickle.dumps(withheld)
