"""Headers about limits: whatever stands in them, the values are sane or none."""

from __future__ import annotations

import math

from multidict import CIMultiDict

from flexsdk.protocol import headers as read

WATCHED = [read]
"""The modules whose coverage leads."""
NAMES = (
    "X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset", "Retry-After", "Retry-After-Ms",
    "Date", "RateLimit", "RateLimit-Policy", "RateLimit-Limit", "RateLimit-Remaining", "RateLimit-Reset",
    "X-Request-Id",
)  # fmt: skip
"""The first character of a line tells the header: 0 to 9 the first ten, ``:`` and ``;`` the last two."""
NOW = 1_780_000_000.0
HORIZON = 400 * 86_400


def check(data: bytes) -> None:
    """Take one header a line."""
    lines = [line for line in data.decode("latin-1").split("\n") if line]
    headers = CIMultiDict((NAMES[ord(line[0]) % len(NAMES)], line[1:]) for line in lines)

    for limit in read.rate_limits(headers, now=NOW):
        assert limit.limit is None or limit.limit >= 0
        assert limit.remaining is None or limit.remaining >= 0
        assert limit.reset_after is None or 0 <= limit.reset_after <= HORIZON
        assert limit.window is None or 0 < limit.window <= HORIZON
    _check_wish(headers)
    found = read.request_id(headers)
    assert found is None or (found.isprintable() and 0 < len(found) <= 200)


def _check_wish(headers: CIMultiDict[str]) -> None:
    """A wish is finite, and what else is said never makes it shorter than one header alone asks for."""
    wish = read.retry_after(headers, now=NOW)
    assert wish is None or (math.isfinite(wish) and 0 <= wish <= HORIZON)
    if "Retry-After-Ms" in headers:
        alone = read.retry_after({"Retry-After-Ms": headers["Retry-After-Ms"]}, now=NOW)
        assert alone is None or (wish is not None and alone <= wish)


def break_it() -> None:
    """Take moments that have passed, and those too far away to be meant, as they are."""
    read._near = lambda seconds: seconds
