"""Credentials: which keys exist, and which one a request carries."""

from __future__ import annotations

import random
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

__all__ = ["Key", "Keyring", "Kind", "presented"]

Kind = Literal["api", "user"]
"""``user`` is the token of a signed-in person, where a platform tells it from an API key."""


@dataclass(slots=True)
class Key:
    """One credential."""

    text: str
    kind: Kind
    plan: str
    active: bool = True


class Keyring:
    """The credentials of one platform; what it makes depends on the seed alone."""

    def __init__(self, seed: str) -> None:
        self._random = random.Random(seed)  # noqa: S311 - test keys have to be the same each time
        self._keys: dict[str, Key] = {}

    def issue(self, prefix: str, length: int, kind: Kind, plan: str) -> Key:
        """Make a key of ``length`` characters in all: the prefix and hexadecimal digits."""
        digits = length - len(prefix)
        key = Key(f"{prefix}{self._random.getrandbits(4 * digits):0{digits}x}", kind, plan)
        self._keys[key.text] = key
        return key

    def find(self, text: str) -> Key | None:
        """Return the key of this text while it is active."""
        key = self._keys.get(text)
        return key if key and key.active else None

    def revoke(self, text: str) -> None:
        """End a key at once; a KeyError tells of an unknown one."""
        self._keys[text].active = False


def presented(headers: Mapping[str, str], schemes: Iterable[Mapping[str, Any]]) -> str | None:
    """Return the credential that a request carries for one of the security schemes."""
    for scheme in schemes:
        text = _read(headers, scheme)
        if text:
            return text
    return None


def _read(headers: Mapping[str, str], scheme: Mapping[str, Any]) -> str | None:
    if scheme["type"] == "apiKey":
        return headers.get(scheme["name"])
    # http bearer and oauth2 look alike on the wire (RFC 6750).
    word, _, token = headers.get("Authorization", "").partition(" ")
    return token.strip() if word.lower() == "bearer" else None
