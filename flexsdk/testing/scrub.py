"""What has to leave a recording before it is written: secrets by the name of their field, and known ones."""

from __future__ import annotations

import json
import re
from base64 import b64encode
from collections.abc import Callable
from typing import Any
from urllib.parse import quote, quote_plus, unquote_plus

import msgspec

__all__ = ["SCRUBBED", "Scrubber"]

SCRUBBED = "scrubbed"
"""What stands in place of a secret."""

_SECRET_WORDS = frozenset(
    {
        "apikey", "apikeys", "authorization", "bearer", "cookie", "credential", "credentials", "jwt", "key",
        "keys", "passphrase", "passwd", "password", "passwords", "pwd", "secret", "secrets", "sig",
        "signature", "token", "tokens",
    }
)  # fmt: skip
_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")
_DATE = re.compile(r"\d{4}-\d\d-\d\d([T ].*)?")
_TELLING = 16
"""From this length on, a value with a secret's name is looked for everywhere else, too."""
_DISGUISED = 8
"""Shorter texts are not searched for in other encodings: they would be found by chance."""


class Scrubber:
    """Knows secrets, and takes them out of texts and JSON values.

    A string is a secret when its field has a word such as ``key``, ``token``, ``secret`` or ``password`` in
    its name (dates are not), or when it contains one that is known. Numbers are kept: they count tokens.
    """

    def __init__(self) -> None:
        self._known: set[str] = set()
        self._removed: list[str] = []

    def __repr__(self) -> str:
        """Show how many secrets are known, not which."""
        return f"<Scrubber of {len(self._known)} secrets>"

    def learn(self, secret: str) -> None:
        """Take this out wherever it is met from now on."""
        if secret in self._known or secret in ("", SCRUBBED):
            return
        self._known.add(secret)
        removed = {*self._removed, *_spellings(secret)}
        self._removed = sorted(removed, key=len, reverse=True)  # the longest first: one may hold another

    def text(self, text: str) -> str:
        """Take out the known secrets, also if quoted, escaped or in hex."""
        for spelling in self._removed:
            text = text.replace(spelling, SCRUBBED)
        return text

    def bytes(self, raw: bytes) -> bytes:
        """Scrub JSON, lines of JSON and event streams by their names, too; of anything else what is known."""
        try:
            text = raw.decode()
        except UnicodeDecodeError:
            return self.text(raw.decode("latin-1")).encode("latin-1")
        whole = self._json(text)
        return (whole or "\n".join(map(self._line, text.split("\n")))).encode()

    def data(self, value: Any, name: str = "") -> Any:
        """Scrub a JSON value that stands under this name."""
        if isinstance(value, str):
            return self._named(value) if _is_secret(name) else self._string(value)
        if isinstance(value, list):
            return [self.data(each, name) for each in value]
        if isinstance(value, dict):
            return {self.text(key): self.data(each, key) for key, each in value.items()}
        return value

    def query(self, pairs: str) -> str:
        """Scrub the values of ``a=b&c=d``, the query of a URL or a form."""
        return "&".join(map(self._pair, pairs.split("&")))

    def target(self, target: str) -> str:
        """Scrub a URL or its path: the query by its names, all of it of what is known."""
        path, mark, query = target.partition("?")
        return self.text(path) + mark + self.query(query)

    def finds(self, text: str) -> bool:
        """Tell whether a known secret is in the text, also if quoted, escaped, in hex or in Base64."""
        return any(form in text for secret in self._known for form in _forms(secret))

    def _named(self, value: str) -> str:
        if _DATE.fullmatch(value) or not value:
            return value
        if len(value) >= _TELLING and " " not in value:
            self.learn(value)
        return SCRUBBED

    def _string(self, value: str) -> str:
        is_link = value.startswith(("https://", "http://")) and "?" in value
        return self.target(value) if is_link else self.text(value)

    def _pair(self, pair: str) -> str:
        name, mark, value = pair.partition("=")
        if mark and _is_secret(unquote_plus(name)):
            return f"{name}={quote_plus(self._named(unquote_plus(value)))}"
        return self.text(pair)

    def _line(self, line: str) -> str:
        if line.startswith("data:"):
            return f"data:{self._json(line[5:]) or self.text(line[5:])}"
        return self._json(line) or self.text(line)

    def _json(self, text: str) -> str | None:
        """Scrub JSON, and leave it as it was written when nothing is in it; ``None`` if it is no JSON."""
        try:
            value = json.loads(text)
        except ValueError:
            return None
        clean = self.data(value)
        if clean == value:
            return text
        space = text[: len(text) - len(text.lstrip())]
        end = text[len(text.rstrip()) :]
        return f"{space}{msgspec.json.encode(clean).decode()}{end}"


def _is_secret(name: str) -> bool:
    return any(word.lower() in _SECRET_WORDS for word in _WORD.findall(name))


_QUOTINGS: tuple[Callable[[str], str], ...] = (
    str,
    quote,
    quote_plus,
    lambda text: quote(text, safe=""),
    lambda text: json.dumps(text)[1:-1],
    lambda text: text.encode().hex(),
)


def _spellings(secret: str) -> set[str]:
    return {secret} if len(secret) < _DISGUISED else {form(secret) for form in _QUOTINGS}


def _forms(secret: str) -> set[str]:
    if len(secret) < _DISGUISED:
        return {secret}
    return _spellings(secret) | {_inside_base64(secret, shift) for shift in range(3)}


def _inside_base64(secret: str, shift: int) -> str:
    """Give what is the same whatever stands before and after the secret, ``shift`` bytes into a group."""
    raw = bytes(shift) + secret.encode()
    first = (shift * 8 + 5) // 6
    return b64encode(raw).decode()[first : len(raw) * 8 // 6]
