"""What the headers of an answer say about limits, waiting and the request's id.

Nothing here raises: a part that is malformed or absurd (negative, not a number, more than 400 days away)
is left out, and the rest is still used. Sources: RFC 9110 (5.6.7 dates, 10.2.3 Retry-After), RFC 9651
(structured fields) and draft-ietf-httpapi-ratelimit-headers, all generations up to -11.
"""

import re
from collections.abc import Mapping
from datetime import date
from functools import lru_cache

import msgspec
from multidict import istr

__all__ = ["Limit", "rate_limits", "retry_after", "request_id"]

_HORIZON = 400 * 86_400.0
"""Seconds; a year's quota fits below, a mistaken unit does not."""
_EPOCH_SECONDS = 1e9
"""A reset from here on is seconds since the epoch, not seconds from now."""
_EPOCH_MILLISECONDS = 1e12
_MAX_DIGITS = 15
"""Longest integer of a structured field; exact as a float."""
_MAX_REQUEST_ID = 200
# A name that is made once is found in half the time; it is looked for in every answer.
_LIMIT, _REMAINING, _RESET = map(istr, ("X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset"))
_RATE, _POLICY, _EARLY_LIMIT, _EARLY_REMAINING = map(
    istr, ("RateLimit", "RateLimit-Policy", "RateLimit-Limit", "RateLimit-Remaining")
)
_REQUEST_ID, _VERCEL_ID, _RAY = map(istr, ("X-Request-Id", "X-Vercel-Id", "CF-Ray"))


class Limit(msgspec.Struct, frozen=True, gc=False):
    """What one answer says of one window; ``None`` where it says nothing."""

    limit: int | None = None
    """Requests the window allows."""
    remaining: int | None = None
    """Requests left in it."""
    reset_after: float | None = None
    """Seconds from the answer until the window refills, never negative."""
    window: float | None = None
    """Length in seconds."""
    name: str = ""
    """The policy's name; empty where the header has none, as with X-RateLimit-*."""


def rate_limits(headers: Mapping[str, str], *, now: float) -> tuple[Limit, ...]:
    """Read X-RateLimit-* and the IETF fields RateLimit and RateLimit-Policy.

    X-RateLimit-* comes first, then the windows RateLimit speaks of, then policies without a count. Quotas
    in another unit than requests are left out. A reset of 1e9 or more is seconds since the epoch, of 1e12
    or more milliseconds, and is measured against the answer's own Date, so that a wrong local clock does
    no harm. Date is cut to whole seconds, so the result is up to one second late, never early.

    Args:
        headers: case-insensitive, or spelled as in ``X-RateLimit-Limit``.
        now: local wall clock in seconds since the epoch, used where Date is missing or malformed.
    """
    found: tuple[Limit, ...] = ()
    if _LIMIT in headers or _REMAINING in headers or _RESET in headers:
        reset = _until(headers.get(_RESET), headers, now)
        found = _known(headers.get(_LIMIT), headers.get(_REMAINING), reset)
    if _RATE in headers or _POLICY in headers or _EARLY_LIMIT in headers or _EARLY_REMAINING in headers:
        return found + _ietf_limits(headers, now)
    return found


def retry_after(headers: Mapping[str, str], *, now: float) -> float | None:
    """Return the longest wait the answer asks for, in seconds; ``None`` when it asks for none.

    Read are Retry-After (seconds, decimal seconds, or a date in any of the three forms, measured against
    the answer's own Date), ``retry-after-ms``, and the reset of every window with nothing remaining: a
    service may name a short pause and an exhausted day at once, and then the pause alone would not do.
    A moment that has passed counts as 0. The caller caps the result: it may be up to 400 days.

    Args:
        headers: case-insensitive, or spelled as in ``Retry-After``.
        now: local wall clock in seconds since the epoch, used where Date is missing or malformed.
    """
    wishes = [limit.reset_after for limit in rate_limits(headers, now=now) if limit.remaining == 0]
    if (text := headers.get("Retry-After")) is not None:
        wishes.append(_pause(text, headers, now))
    if (text := headers.get("Retry-After-Ms")) is not None:
        milliseconds = _number(text)
        wishes.append(None if milliseconds is None else _near(milliseconds / 1000))
    return max((wish for wish in wishes if wish is not None), default=None)


def request_id(headers: Mapping[str, str]) -> str | None:
    """Return what support will ask for: X-Request-Id, else X-Vercel-Id, else CF-Ray.

    Control and other unprintable characters are removed, and at most 200 characters are kept.
    """
    value = headers.get(_REQUEST_ID)
    if value and len(value) <= _MAX_REQUEST_ID and value.isprintable() and (value := value.strip()):
        return value  # mostly
    values = (headers.get(name, "") for name in (_REQUEST_ID, _VERCEL_ID, _RAY))
    cleaned = ("".join(filter(str.isprintable, value)).strip()[:_MAX_REQUEST_ID] for value in values)
    return next(filter(None, cleaned), None)


# --- numbers and moments


_NUMBER = re.compile(rf"-?[0-9]{{1,{_MAX_DIGITS}}}(?:\.[0-9]{{1,{_MAX_DIGITS}}})?")


def _number(text: str) -> float | None:
    return float(text) if _NUMBER.fullmatch(text) else None


def _count(text: str | None) -> int | None:
    # `isdigit` alone is true for digits that `int` refuses, such as a superscript two.
    if text is None or len(text) > _MAX_DIGITS or not (text.isascii() and text.isdigit()):
        return None
    return int(text)


def _near(seconds: float) -> float | None:
    """Return a wait of at least 0; ``None`` when it is too far away to be meant."""
    return max(0.0, seconds) if seconds <= _HORIZON else None


def _until(text: str | None, headers: Mapping[str, str], now: float) -> float | None:
    """Read a reset: seconds from now, or a moment since the epoch in seconds or milliseconds."""
    value = None if text is None else _number(text)
    if value is None or value < 0:
        return None
    if value < _EPOCH_SECONDS:
        return _near(value)
    moment = value / 1000 if value >= _EPOCH_MILLISECONDS else value
    return _near(moment - _server_time(headers, now))


def _pause(text: str, headers: Mapping[str, str], now: float) -> float | None:
    """Read the value of Retry-After: seconds or a date."""
    seconds = _number(text)
    if seconds is None:
        moment = _http_date(text, now)
        seconds = None if moment is None else moment - _server_time(headers, now)
    return None if seconds is None else _near(seconds)


def _server_time(headers: Mapping[str, str], now: float) -> float:
    text = headers.get("Date")
    moment = None if text is None else _http_date(text, now)
    return now if moment is None else moment


_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_CLOCK = r"(?P<hour>[01][0-9]|2[0-3]):(?P<minute>[0-5][0-9]):(?P<second>[0-5][0-9]|60)"
_DATES = (
    # RFC 9110, 5.6.7: IMF-fixdate, RFC 850 and asctime. The weekday is not held against the date.
    re.compile(rf"[A-Z][a-z]{{2}}, (?P<day>[0-9]{{2}}) (?P<month>\w{{3}}) (?P<year>[0-9]{{4}}) {_CLOCK} GMT"),
    re.compile(rf"[A-Z][a-z]+day, (?P<day>[0-9]{{2}})-(?P<month>\w{{3}})-(?P<year>[0-9]{{2}}) {_CLOCK} GMT"),
    re.compile(rf"[A-Z][a-z]{{2}} (?P<month>\w{{3}}) (?P<day>[ 0-9][0-9]) {_CLOCK} (?P<year>[0-9]{{4}})"),
)
_EPOCH_DAY = date(1970, 1, 1).toordinal()
_YEAR = 365.2425 * 86_400


def _http_date(text: str, now: float) -> float | None:
    """Return seconds since the epoch for any of the three forms of an HTTP date."""
    return _moment(text, 1970 + int(now // _YEAR))


@lru_cache(maxsize=64)  # Date changes once a second, and parsing it is most of the cost of a reset
def _moment(text: str, this_year: int) -> float | None:
    match = next((found for form in _DATES if (found := form.fullmatch(text))), None)
    if match is None:
        return None
    year = int(match["year"])
    if len(match["year"]) == 2:
        # RFC 9110, 5.6.7: the latest year with these last digits that is at most 50 years ahead.
        year = this_year + 50 - (this_year + 50 - year) % 100
    try:
        day = date(year, _MONTHS.index(match["month"]) + 1, int(match["day"])).toordinal() - _EPOCH_DAY
    except ValueError:  # no such month or day
        return None
    return day * 86_400.0 + int(match["hour"]) * 3_600 + int(match["minute"]) * 60 + int(match["second"])


# --- the IETF fields


def _ietf_limits(headers: Mapping[str, str], now: float) -> tuple[Limit, ...]:
    # Up to draft -06 RateLimit-Limit could carry the policies after its first value.
    policies = _policies(f"{_list(headers, 'RateLimit-Policy')},{_list(headers, 'RateLimit-Limit')}")
    current = _current(headers, now) or _early(headers, now)
    told = {_key(limit) for limit in current}
    silent = [policy for key, policy in policies.items() if policy is not None and key not in told]
    joined = [_joined(limit, policy) for limit in current if (policy := policies.get(_key(limit), limit))]
    return (*joined, *silent)


def _key(limit: Limit) -> str | int | None:
    """Return what joins a limit to its policy: the name, or in drafts without names the quota."""
    return limit.name or limit.limit


def _joined(limit: Limit, policy: Limit) -> Limit:
    return Limit(policy.limit, limit.remaining, limit.reset_after, policy.window, limit.name)


def _current(headers: Mapping[str, str], now: float) -> tuple[Limit, ...]:
    """Read RateLimit: ``"default";r=50;t=30`` from -08 on, ``limit=100, remaining=50, reset=5`` in -07."""
    items = _items(_list(headers, "RateLimit"))
    told = dict(bare.split("=", 1) for bare, _ in items if "=" in bare and not bare.startswith('"'))
    if told:
        return _known(told.get("limit"), told.get("remaining"), _until(told.get("reset"), headers, now))
    return tuple(
        Limit(None, remaining, _until(parameters.get("t"), headers, now), None, name)
        for bare, parameters in items
        if (name := _name(bare)) and (remaining := _count(parameters.get("r"))) is not None
    )


def _early(headers: Mapping[str, str], now: float) -> tuple[Limit, ...]:
    """Read the three headers of -06 and before."""
    limit = next((bare for bare, _ in _items(_list(headers, "RateLimit-Limit"))), None)
    reset = _until(headers.get("RateLimit-Reset"), headers, now)
    return _known(limit, headers.get("RateLimit-Remaining"), reset)


def _known(limit: str | None, remaining: str | None, reset_after: float | None) -> tuple[Limit, ...]:
    """Return one nameless limit, or nothing when no part of it is valid."""
    found = Limit(_count(limit), _count(remaining), reset_after)
    return () if found == _NOTHING else (found,)


_NOTHING = Limit()


@lru_cache(maxsize=64)  # a service sends the same policies with every answer
def _policies(text: str) -> dict[str | int | None, Limit | None]:
    """Return the policies by key; ``None`` marks one that counts something else than requests."""
    policies: dict[str | int | None, Limit | None] = {}
    for bare, parameters in _items(text):
        if policy := _policy(bare, parameters):
            counts_requests = parameters.get("qu", _REQUESTS) == _REQUESTS
            policies.setdefault(_key(policy), policy if counts_requests else None)
    return policies


_REQUESTS = '"requests"'


def _policy(bare: str, parameters: Mapping[str, str]) -> Limit | None:
    """Read ``"default";q=100;w=60``, or the nameless ``100;w=60`` of -07 and before."""
    window = _number(parameters.get("w", ""))
    if window is not None and not 0 < window <= _HORIZON:
        window = None
    if "q" in parameters:
        quota, name = _count(parameters["q"]), _name(bare)
        return Limit(quota, None, None, window, name) if name and quota is not None else None
    quota = _count(bare)
    # Without a window a number in RateLimit-Limit is the current limit, not a policy.
    return None if quota is None or window is None else Limit(quota, None, None, window)


# An unclosed quote runs to the end: then no match fails midway, and a hostile value costs linear time.
_QUOTED = r'"(?:[^"\\]|\\.?)*"?'
_MEMBER = re.compile(rf'(?:[^",]+|{_QUOTED})+', re.DOTALL)
_PART = re.compile(rf'(?:[^";]+|{_QUOTED})+', re.DOTALL)
_STRING = re.compile(r'"((?:[^"\\]|\\.)*)"')
_TOKEN = re.compile(r'[^\s"=]+')


def _list(headers: Mapping[str, str], field: str) -> str:
    """Return a list field as one text; it may be split over lines of the same name (RFC 9651, 4.2)."""
    if (text := headers.get(field)) is None:
        return ""
    getall = getattr(headers, "getall", None)
    return ",".join(getall(field)) if getall else text


def _items(text: str) -> list[tuple[str, dict[str, str]]]:
    """Return the members of a structured list: the bare item as written, and its parameters."""
    items = []
    for member in _MEMBER.findall(text):
        bare, *parameters = (part.strip() for part in _PART.findall(member) or ("",))
        items.append((bare, dict(part.split("=", 1) for part in parameters if "=" in part)))
    return items


def _name(bare: str) -> str | None:
    """Return a policy's name, a string or (in -08) a token; ``None`` when it is neither."""
    if string := _STRING.fullmatch(bare):
        return re.sub(r"\\(.)", r"\1", string[1])
    return bare if _TOKEN.fullmatch(bare) else None
