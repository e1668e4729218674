"""Files in parts: what to ask for, and what the answer to that means.

Source: RFC 9110, sections 8.8 (validators), 13.1.5 (If-Range), 14.2 (Range) and 14.4 (Content-Range).
"""

import re
from collections.abc import Mapping
from email.utils import parsedate_to_datetime

import msgspec

__all__ = ["Version", "continued", "range_headers", "version_of"]

_STRONG_TAG = re.compile(r'"[\x21\x23-\x7e]{0,1000}"')
_IMF_DATE = re.compile(r"[A-Z][a-z]{2}, [0-9]{2} [A-Z][a-z]{2} [0-9]{4} [0-9]{2}:[0-9]{2}:[0-9]{2} GMT")
_SIZE = re.compile(r"[0-9]{1,18}")
_CONTENT_RANGE = re.compile(r"bytes ([0-9]{1,18})-([0-9]{1,18})/([0-9]{1,18}|\*)", re.IGNORECASE)


class Version(msgspec.Struct, frozen=True):
    """One version of a file, as an answer describes it."""

    validator: str | None = None
    """What tells this version from all others; ``None`` where parts of two could be mixed."""
    size: int | None = None
    """Bytes of the whole file; ``None`` where the answer does not tell."""


def version_of(headers: Mapping[str, str]) -> Version:
    """Read a complete answer. One that is packed tells neither: what is counted comes unpacked."""
    if headers.get("Content-Encoding", "identity").lower() != "identity":
        return Version()
    length = headers.get("Content-Length", "")
    size = int(length) if _SIZE.fullmatch(length) else None
    if headers.get("Accept-Ranges", "").lower() == "none":
        return Version(size=size)
    return Version(_validator(headers), size)


def range_headers(have: int, version: Version) -> dict[str, str]:
    """Ask for what is missing, or for the whole file should there be another version by now.

    Empty when this version cannot be told from others, so that nothing of it can be kept.
    """
    validator = version.validator or ""
    if have == 0 or not (_STRONG_TAG.fullmatch(validator) or _date(validator) is not None):
        return {}
    return {"Range": f"bytes={have}-", "If-Range": validator}


def continued(headers: Mapping[str, str], have: int, version: Version) -> Version | None:
    """Give the version that a 206 goes on with, if its body follows the first ``have`` bytes of it."""
    found = _CONTENT_RANGE.fullmatch(headers.get("Content-Range", ""))
    if found is None or headers.get("Content-Encoding", "identity").lower() != "identity":
        return None
    first, last = int(found[1]), int(found[2])
    size = version.size if found[3] == "*" else int(found[3])
    length = headers.get("Content-Length", "")
    fits = (
        first == have <= last
        and (size is None or last < size)
        and version.size in (None, size)
        and length in ("", str(last - first + 1))
        and _says_the_same(headers, version)
    )
    return Version(version.validator, size) if fits else None


def _says_the_same(headers: Mapping[str, str], version: Version) -> bool:
    validator = version.validator or ""
    name = "ETag" if validator.startswith('"') else "Last-Modified"
    return headers.get(name, validator) == validator


def _validator(headers: Mapping[str, str]) -> str | None:
    """Choose the validator: a strong entity tag, or without any tag a date that is strong (8.8.2.2)."""
    tag = headers.get("ETag")
    if tag is not None:
        return tag if _STRONG_TAG.fullmatch(tag) else None
    changed, answered = _date(headers.get("Last-Modified", "")), _date(headers.get("Date", ""))
    strong = changed is not None and answered is not None and answered - changed >= 1
    return headers["Last-Modified"] if strong else None


def _date(text: str) -> float | None:
    """Read a date in the one form that is sent today (5.6.7), as seconds since the epoch."""
    try:
        return parsedate_to_datetime(text).timestamp() if _IMF_DATE.fullmatch(text) else None
    except (ValueError, OverflowError):
        return None
