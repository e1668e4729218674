"""Addresses: path segments, path templates, queries, base URLs and origins.

What is refused here is refused with a ConfigError before anything is sent. No message repeats the value:
it may be a secret in the wrong place.
"""

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from ipaddress import IPv6Address, ip_address
from urllib.parse import quote
from uuid import UUID

from msgspec import UNSET

from flexsdk.errors import ConfigError

__all__ = ["quote_segment", "PathTemplate", "encode_query", "check_base_url", "same_origin", "may_leave"]

_MAX_SEGMENT = 1_024
_MAX_INT_BITS = 3_400
"""Integers above this have more than 1,024 digits, and Python refuses to print really long ones."""

# Without the dot, so that "." and ".." take the slow way and are refused there.
_PLAIN = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-"
_UNRESERVED = re.compile(r"[A-Za-z0-9._~-]*")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_SURROGATE = re.compile(r"[\ud800-\udfff]")


def quote_segment(value: str | int | UUID, *, name: str = "id") -> str:
    """Return one percent-encoded path segment that no server or proxy can read as anything else.

    Only RFC 3986 unreserved characters stay as they are; "/" becomes "%2F".

    Args:
        value: at most 1,024 characters.
        name: the argument the error message speaks of.

    Raises:
        ConfigError: empty, "." or "..", a control character or lone surrogate, too long, or another type.
    """
    if type(value) is str and not value.strip(_PLAIN) and 0 < len(value) <= _MAX_SEGMENT:
        return value  # all of it is plain; faster than an expression
    text = _as_text(value, name)
    if len(text) > _MAX_SEGMENT:
        raise ConfigError(f"{name}: longer than {_MAX_SEGMENT:,} characters; pass an id")
    if text in ("", ".", ".."):
        # An empty id turns "get one" into "list"; dots climb to another path.
        raise ConfigError(f'{name}: empty, "." and ".." would address something else; pass an id')
    if _CONTROL.search(text):
        raise ConfigError(f"{name}: contains a control character; remove it, often a trailing newline")
    return _quoted(text, name)


def _as_text(value: object, name: str) -> str:
    if isinstance(value, str):
        return str.__str__(value)  # the value of an Enum, which would format as its name
    if isinstance(value, UUID):
        return str(value)
    if isinstance(value, int) and not isinstance(value, bool):
        if value.bit_length() > _MAX_INT_BITS:
            raise ConfigError(f"{name}: the number has more than {_MAX_SEGMENT:,} digits; pass a smaller one")
        return int.__repr__(value)
    raise ConfigError(f"{name}: expected str, int or UUID, got {type(value).__name__}; convert it first")


def _quoted(text: str, name: str) -> str:
    if _UNRESERVED.fullmatch(text):
        return text
    if _SURROGATE.search(text):
        raise ConfigError(
            f"{name}: contains half of a surrogate pair, so it is not valid Unicode; decode it anew"
        )
    return quote(text, safe="")


class PathTemplate:
    """A path with named places, as in ``/api/threads/{thread_id}/stop``; built once, filled often.

    Raises:
        ConfigError: the template does not start with "/", or has a stray brace, a query or raw characters.
    """

    __slots__ = ("_pattern", "names", "template")

    _PLACE = re.compile(r"\{([A-Za-z_][A-Za-z0-9_]*)\}")
    _LITERAL = re.compile(r"/[A-Za-z0-9._~:@/%-]*")

    def __init__(self, template: str) -> None:
        literal = self._PLACE.sub("", template)
        if not template.startswith("/") or not self._LITERAL.fullmatch(literal):
            raise ConfigError(
                f"path template {template!r}: start with '/', write places as '{{name}}', "
                "percent-encode the rest and leave the query to encode_query"
            )
        self.template = template
        self.names: tuple[str, ...] = tuple(self._PLACE.findall(template))
        self._pattern = self._PLACE.sub("%s", template.replace("%", "%%"))

    def __repr__(self) -> str:
        return f"PathTemplate({self.template!r})"

    def fill(self, values: Sequence[str | int | UUID]) -> str:
        """Return the path with the values in their places, each as one percent-encoded segment.

        Raises:
            ConfigError: too few or too many values, or one that cannot be a segment.
        """
        names = self.names
        if len(values) != len(names):
            raise ConfigError(self._miscount(len(values)))
        if len(names) == 1:  # most paths; spares a list
            return self._pattern % quote_segment(values[0], name=names[0])
        return self._pattern % tuple(
            [quote_segment(value, name=name) for value, name in zip(values, names, strict=True)]
        )

    def _miscount(self, given: int) -> str:
        if missing := self.names[given:]:
            return f"{self.template}: missing {', '.join(missing)}; pass one value for each place"
        takes = ", ".join(self.names) or "no values"
        return f"{self.template}: takes {takes}, got {given} values; remove {given - len(self.names)}"


def encode_query(pairs: Mapping[str, object]) -> str:
    """Return a query with its "?", or an empty string when nothing is left to send.

    Sent are strings, numbers, UUIDs, booleans as "true" and "false", and an aware ``datetime`` as RFC 3339
    with "Z" for UTC; a sequence of them repeats its key. ``None`` and ``UNSET`` are left out. Space is
    "%20", never "+".

    Raises:
        ConfigError: another type, a number that is not finite, or a ``datetime`` without time zone.
    """
    parts = [
        f"{_quoted(name, 'query parameter')}={text}"
        for name, value in pairs.items()
        if value is not None and value is not UNSET
        for text in _query_values(name, value)
    ]
    return f"?{'&'.join(parts)}" if parts else ""


_ONE_VALUE = (str, bytes, bytearray, memoryview)  # sequences by type, but each stands for one value


def _query_values(name: str, value: object) -> Iterator[str]:
    if not isinstance(value, _ONE_VALUE) and isinstance(value, Sequence):
        for one in value:
            yield _quoted(_query_text(name, one), name)
    else:
        yield _quoted(_query_text(name, value), name)


def _query_text(name: str, value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        if not math.isfinite(value):
            raise ConfigError(f"{name}: not a finite number; pass one, or None to leave it out")
        return float.__repr__(value)
    if isinstance(value, datetime):
        if value.utcoffset() is None:
            raise ConfigError(f"{name}: the datetime has no time zone; add one, as in datetime.now(UTC)")
        return value.isoformat().replace("+00:00", "Z")
    return _as_text(value, name)


# --- base URLs and origins


_ANY_CASE = re.IGNORECASE | re.ASCII
_URL = re.compile(r"(https?)://([^/?#]*)([^?#]*)(.*)", _ANY_CASE | re.DOTALL)
_VISIBLE = re.compile(r"[!-~]+")
_AUTHORITY = re.compile(r"(\[[0-9a-f:.]+\]|[a-z0-9._-]+)(?::([0-9]{0,5}))?", _ANY_CASE)
_BASE_PATH = re.compile(r"(?:/[A-Za-z0-9._~!$&'()*+,;=:@/%-]*)?")
_DOT_SEGMENT = re.compile(r"/(?:\.|%2e){1,2}(?:/|\Z)", _ANY_CASE)
_DEFAULT_PORTS = {"http": 80, "https": 443}


def check_base_url(url: str, *, allow_http: bool = False) -> str:
    """Return the base URL in normal form: lower-case host, no default port, no slash at the end.

    Only https is taken, and http for this machine itself (127.0.0.0/8, ::1, localhost).

    Args:
        url: as given by the user; it may carry a path, such as ``https://api.example.com/v1``.
        allow_http: take http for every host; keys then travel in clear text.

    Raises:
        ConfigError: the message says what to change and does not repeat the URL, which may hold a password.
    """
    if (parts := _URL.fullmatch(url)) is None:
        raise ConfigError("base_url: start with https:// and a host, without spaces around")
    _, authority, path, rest = parts.groups()
    if "@" in authority:
        raise ConfigError("base_url: remove user name and password; pass the key as api_key")
    if rest:
        raise ConfigError("base_url: remove the query or fragment, all from '?' or '#' on")
    if not _BASE_PATH.fullmatch(path) or _DOT_SEGMENT.search(path):
        raise ConfigError("base_url: percent-encode spaces and other characters, and remove '.' and '..'")
    if (origin := _origin(url)) is None:
        raise ConfigError(
            "base_url: host or port is missing or malformed; write https://host or https://host:port, "
            "the host in ASCII (xn-- form), the port from 1 to 65535"
        )
    scheme, host, port = origin
    if scheme == "http" and not allow_http and not _is_loopback(host):
        raise ConfigError(
            "base_url: use https://, for over http the key can be read; or pass allow_http=True"
        )
    shown = "" if port == _DEFAULT_PORTS[scheme] else f":{port}"
    return f"{scheme}://{host}{shown}{path.rstrip('/')}"


def same_origin(a: str, b: str) -> bool:
    """Tell whether two http(s) URLs have the same scheme, host and port.

    False whenever there is doubt: a relative or malformed URL, userinfo, a host that is not ASCII.
    """
    origin = _origin(a)
    return origin is not None and origin == _origin(b)


def may_leave(url: str, onward: str) -> bool:
    """Tell whether a link may be followed from one host to another, once all credentials are left behind.

    To https always; to http only from this machine to this machine. False whenever there is doubt.
    """
    start, end = _origin(url), _origin(onward)
    if start is None or end is None or not _VISIBLE.fullmatch(onward):
        return False
    return end[0] == "https" or (_is_loopback(start[1]) and _is_loopback(end[1]))


def _origin(url: str) -> tuple[str, str, int] | None:
    """Return scheme, host and port in normal form.

    Read by RFC 3986 to the letter. `urlsplit` is no help here: it drops tabs and newlines, which hides
    where the host ends.
    """
    parts = _URL.fullmatch(url)
    authority = parts and _AUTHORITY.fullmatch(parts[2])
    if not parts or not authority:
        return None
    scheme = parts[1].lower()
    host = _host(authority[1].lower())
    port = int(authority[2] or _DEFAULT_PORTS[scheme])
    return (scheme, host, port) if host and 0 < port < 65_536 else None


def _host(host: str) -> str | None:
    """Return the host, an IPv6 address in its short form; ``None`` when that is malformed."""
    if not host.startswith("["):
        return host
    try:
        return f"[{IPv6Address(host[1:-1]).compressed}]"
    except ValueError:
        return None


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False
