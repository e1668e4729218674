"""Checks of arguments, made before anything is sent."""

from __future__ import annotations

import re
from collections.abc import Mapping

from flexsdk.errors import ConfigError

__all__ = ["check_count", "check_headers", "check_seconds"]

MAX_SECONDS = 1e9
"""Thirty years; more is a mistake, and beyond what event loops can wait."""

_TOKEN = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")  # RFC 9110 section 5.6.2
_FIELD_VALUE = re.compile(r"[\t\x20-\x7e]*")  # RFC 9110 section 5.5, without obs-text
_CREDENTIALS = frozenset({"authorization", "proxy-authorization", "x-api-key", "cookie"})
_OURS = frozenset({"host", "content-length", "transfer-encoding", "connection"})


def check_seconds(name: str, value: object) -> float:
    """Refuse what is no positive, finite number of seconds."""
    if not isinstance(value, int | float) or isinstance(value, bool) or not 0 < value < MAX_SECONDS:
        raise ConfigError(f"{name} must be a number of seconds above 0, not {value!r}")
    return float(value)


def check_count(name: str, value: object, *, least: int) -> int:
    """Refuse what is no whole number of ``least`` or more."""
    if not isinstance(value, int) or isinstance(value, bool) or value < least:
        raise ConfigError(f"{name} must be a whole number, {least} or more, not {value!r}")
    return value


def check_headers(headers: Mapping[str, object]) -> dict[str, str]:
    """Refuse headers that would break the request apart, carry a credential, or are not the caller's.

    Messages name the header, never its value.
    """
    checked = {}
    for name, value in headers.items():
        if not _TOKEN.fullmatch(name):
            raise ConfigError(f"{name!r} is no valid header name")
        if not isinstance(value, str) or not _FIELD_VALUE.fullmatch(value):
            raise ConfigError(f"the value of header {name} must be ASCII text without control characters")
        if name.lower() in _CREDENTIALS:
            raise ConfigError(f"header {name} is a second credential; pass api_key= or auth= instead")
        if name.lower() in _OURS:
            raise ConfigError(f"header {name} is set by the client itself; leave it out")
        checked[name] = value
    return checked
