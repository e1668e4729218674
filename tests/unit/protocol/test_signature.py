from __future__ import annotations

import pytest

from flexsdk.errors import ConfigError, SignatureError
from flexsdk.protocol.signature import verify

# Test case 2 of RFC 4231.
BODY = b"what do ya want for nothing?"
SECRET = "Jefe"
SIGNATURE = "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"


@pytest.mark.parametrize(
    "signature",
    [SIGNATURE, SIGNATURE.upper(), f"sha256={SIGNATURE}", f"SHA256={SIGNATURE.upper()}", f" {SIGNATURE}\n"],
    ids=["plain", "upper case", "prefix", "prefix in upper case", "white space"],
)
def test_takes_the_signature_of_the_body_in_every_spelling(signature: str) -> None:
    verify(BODY, signature, SECRET)


@pytest.mark.parametrize(
    "secrets", [[SECRET, "new"], ("old", SECRET), ["old", SECRET, "new"]], ids=["first", "last", "middle"]
)
def test_takes_any_secret_while_they_are_exchanged(secrets: list[str]) -> None:
    verify(BODY, SIGNATURE, secrets)


@pytest.mark.parametrize(
    ("body", "signature", "secret"),
    [
        (BODY + b" ", SIGNATURE, SECRET),
        (BODY, SIGNATURE, "jefe"),
        (BODY, SIGNATURE, ["one", "two"]),
        (BODY, SIGNATURE[:-1], SECRET),
        (BODY, SIGNATURE + "0", SECRET),
        (BODY, f"sha1={SIGNATURE}", SECRET),
        (BODY, f"sha256=sha256={SIGNATURE}", SECRET),
        (BODY, "", SECRET),
        (BODY, "sha256=", SECRET),
        (BODY, "\udc80ß", SECRET),
    ],
    ids=[
        "body",
        "secret",
        "secrets",
        "short",
        "long",
        "algorithm",
        "twice",
        "empty",
        "prefix alone",
        "no hex",
    ],
)
def test_refuses_everything_else(body: bytes, signature: str, secret: str | list[str]) -> None:
    with pytest.raises(SignatureError):
        verify(body, signature, secret)


@pytest.mark.parametrize("secret", ["", [], ["word", ""]], ids=["empty", "none", "one of them"])
def test_an_empty_secret_is_a_mistake_of_the_caller(secret: str | list[str]) -> None:
    with pytest.raises(ConfigError, match="the webhook secret is empty"):
        verify(BODY, SIGNATURE, secret)


def test_the_error_shows_neither_secret_nor_signature() -> None:
    with pytest.raises(SignatureError) as caught:
        verify(BODY, "0" * 64, SECRET)

    assert SECRET not in str(caught.value)
    assert SIGNATURE not in str(caught.value)
