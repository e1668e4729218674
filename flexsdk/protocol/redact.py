"""Keep credentials out of logs, messages and headers."""

import hmac
import re
from collections.abc import Mapping
from typing import NoReturn, Self, final

from flexsdk.errors import ConfigError

__all__ = ["Secret", "Withheld", "check_key", "redact_headers", "redact_url"]

_HIDDEN = "…"
_MAX_KEY = 8_192
_TELLING = 16
"""So many first characters of a credential count as the whole."""
_LONG = 20
"""From this length on the first four characters may be shown; they tell the kind of key, not the key."""


@final
class Secret:
    """A credential that never shows itself: not in ``repr``, ``str``, a format, a log or a pickle."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        """Return the credential, for the one place that sends it."""
        return self._value

    def __repr__(self) -> str:
        shown = self._value[:4] if len(self._value) >= _LONG else ""
        return f"Secret({shown + _HIDDEN!r})"

    def __format__(self, spec: str) -> str:
        return format(repr(self), spec)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Secret):
            return NotImplemented
        return hmac.compare_digest(_encoded(self._value), _encoded(other._value))

    def __hash__(self) -> int:
        return hash((Secret, self._value))

    def __copy__(self) -> Self:
        return self

    def __deepcopy__(self, memo: object) -> Self:
        return self

    def __reduce__(self) -> NoReturn:
        raise TypeError(
            "a Secret is not pickled, it would lie open in the file; read the key anew over there"
        )


class Withheld:
    """Knows a credential again where it is repeated, also the beginning of one that was cut."""

    __slots__ = ("_echo", "_secret", "_start")

    def __init__(self, secret: Secret) -> None:
        self._secret = secret
        self._start = Secret(secret.reveal()[:_TELLING])
        self._echo: re.Pattern[bytes] | None = None

    def is_in(self, text: str) -> bool:
        """Tell whether the text repeats it."""
        return self._start.reveal() in text

    def hide_in(self, body: bytes) -> bytes:
        """Return the body with "..." wherever it is repeated, as JSON, HTML or a URL may write it."""
        if self._echo is None:
            self._echo = _echo_of(self._secret.reveal())
        return self._echo.sub(b"...", body)


_WORD = r"(?:[\w.~+=%/-]|\\/)*"
"""What follows the beginning of a credential that was cut or changed."""


def _echo_of(key: str) -> re.Pattern[bytes]:
    written = [_written(character) for character in key]
    whole, start = "".join(written), "".join(written[:_TELLING])
    cut = f"|{start}{_WORD}" if len(key) > _TELLING else ""
    return re.compile(f"(?i:{whole}{cut})".encode())


_NAMED = {"&": "amp", "<": "lt", ">": "gt", '"': "quot", "'": "apos"}
"""Characters that have names in HTML, among those that keys may hold."""


def _written(character: str) -> str:
    """Match a character as itself and, where it may have a meaning, in the ways to take that from it."""
    if character.isalnum() or character in "-._~":
        return re.escape(character)
    code = ord(character)
    named = f"&{_NAMED[character]};|" if character in _NAMED else ""
    return rf"(?:{named}\\?{re.escape(character)}|\\u{code:04x}|%{code:02x}|&#(?:{code}|x0*{code:x});)"


def _encoded(value: str) -> bytes:
    # `compare_digest` takes text only when it is ASCII, and a lone surrogate must not raise.
    return value.encode("utf-8", "surrogatepass")


_KEY = re.compile(r"[!-~]+")


def check_key(value: str, *, name: str) -> str:
    """Return the key as it is, once it is sure that it can stand in a header.

    Args:
        value: visible ASCII, at most 8,192 characters.
        name: the setting the error message speaks of, such as ``FLAPJACK_API_KEY``.

    Raises:
        ConfigError: the message names the setting and never the value.
    """
    if not value:
        raise ConfigError(f"{name}: empty; set it to your key")
    if len(value) > _MAX_KEY:
        raise ConfigError(f"{name}: longer than {_MAX_KEY:,} characters; pass the key alone, not a file")
    if not _KEY.fullmatch(value):
        raise ConfigError(
            f"{name}: contains whitespace, a control character or one that is not ASCII; "
            "copy the key anew, without a newline or quotes around it"
        )
    return value


_SHOWN_HEADERS = frozenset(
    {
        "accept", "accept-encoding", "age", "allow", "cache-control", "cf-ray", "connection",
        "content-encoding", "content-length", "content-type", "date", "retry-after", "retry-after-ms",
        "server", "transfer-encoding", "user-agent", "vary", "x-request-id", "x-vercel-id",
    }
)  # fmt: skip
_SHOWN_PREFIXES = ("ratelimit", "x-ratelimit-")


def redact_headers(headers: Mapping[str, str]) -> dict[str, str]:
    """Return a copy for logs: values of headers known to be harmless, "…" for all others."""
    return {name: value if _is_shown(name.lower()) else _HIDDEN for name, value in headers.items()}


def _is_shown(name: str) -> bool:
    return name in _SHOWN_HEADERS or name.startswith(_SHOWN_PREFIXES)


_HEAD = re.compile(
    r"(?:(?P<scheme>(?:[a-z][a-z0-9+.-]*:)?//)(?P<userinfo>[^/]*@)?"
    r"(?P<host>(?:\[[0-9a-f:.]*\]|[^/@:\\\[\]\s]*)(?::[0-9]*)?))?"
    r"(?P<path>/[^\s\x00-\x1f\x7f]*)?",
    re.IGNORECASE | re.ASCII,
)


def redact_url(url: str) -> str:
    """Return a URL for logs: host and path stay, userinfo, query values and fragment become "…".

    Plain names of query parameters stay. What is not clearly a URL becomes "…" as a whole.
    """
    head, fragment_mark, _ = url.partition("#")
    head, query_mark, query = head.partition("?")
    parts = _HEAD.fullmatch(head)
    if parts is None:
        return _HIDDEN
    userinfo = f"{_HIDDEN}@" if parts["userinfo"] else ""
    shown = f"{parts['scheme'] or ''}{userinfo}{parts['host'] or ''}{parts['path'] or ''}"
    pairs = "&".join(map(_without_value, query.split("&")))
    return f"{shown}{query_mark}{pairs}{fragment_mark}{_HIDDEN if fragment_mark else ''}"


# A name without a value may be a bare token, which padding of base64 ends with "=".
_PAIR = re.compile(r"([A-Za-z0-9_.%\[\]-]+)=+[^=]")


def _without_value(pair: str) -> str:
    named = _PAIR.match(pair)
    return f"{named[1]}={_HIDDEN}" if named else pair and _HIDDEN
