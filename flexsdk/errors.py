"""Every exception of the package, named by what the caller may do next.

FlexError
├── ConfigError            also a ValueError: mend the argument, nothing was sent
├── TransportError         no complete answer
│   ├── ConnectFailed      nothing was sent: any call may be repeated
│   │   └── CertificateInvalid   the host is not who it says: never repeated
│   ├── ConnectionLost     sent, answer missing or cut: repeat only what is safe to repeat
│   └── Timeout            also a TimeoutError; phase: connect, attempt, deadline, queue
├── APIError               the platform answered with an error
│   ├── BadRequest 400, Unauthorized 401, PaymentRequired 402, Forbidden 403, NotFound 404
│   ├── LoginRequired      an Unauthorized: no token is left to renew, log in again
│   ├── Conflict 409, PayloadTooLarge 413, UnsupportedMedia 415, Unprocessable 422
│   ├── RateLimited 429    wait ``retry_after`` seconds, or until ``limit.reset``
│   │   └── QuotaExceeded  a quota that waiting does not refill: buy or wait for the period
│   └── ServerError 5xx
├── DecodeError            the answer has another shape than documented: path, type and raw body
├── StreamError            a stream did not end well; ``snapshot`` holds all that had arrived
│   ├── StreamFailed       the platform sent its own error event: code and detail
│   ├── StreamTruncated    the body ended without a last event
│   ├── StreamStalled      nothing came for ``seconds`` (phase: idle or event)
│   └── EventTooLarge      a line or an event is above its cap
├── JobFailed              the job ended, but not well
├── ApprovalRequired       the job waits for a person
├── JobPaused              the job waits for you: lift what paused it, resume it, wait again
├── JobTimeout             also a TimeoutError; the job goes on at the platform
└── SignatureError         do not trust this webhook

No message, no attribute and no ``repr`` ever holds a credential.
"""

from __future__ import annotations

from typing import Any, Literal

import msgspec

__all__ = [
    "Attempt",
    "Phase",
    "Spent",
    "FlexError",
    "ConfigError",
    "TransportError",
    "ConnectFailed",
    "CertificateInvalid",
    "ConnectionLost",
    "Timeout",
    "APIError",
    "BadRequest",
    "Unauthorized",
    "LoginRequired",
    "PaymentRequired",
    "Forbidden",
    "NotFound",
    "Conflict",
    "PayloadTooLarge",
    "UnsupportedMedia",
    "Unprocessable",
    "RateLimited",
    "QuotaExceeded",
    "ServerError",
    "DecodeError",
    "StreamError",
    "StreamFailed",
    "StreamTruncated",
    "StreamStalled",
    "EventTooLarge",
    "JobFailed",
    "ApprovalRequired",
    "JobPaused",
    "JobTimeout",
    "SignatureError",
]

Phase = Literal["connect", "attempt", "deadline", "queue"]


class Attempt(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One HTTP attempt of a call; the history stands on every reply and error."""

    number: int
    outcome: str
    """The status as text, or the name of the transport error."""
    started: float
    """Seconds after the call began."""
    seconds: float
    """How long the attempt took."""
    waited: float = 0.0
    """Seconds slept after this attempt, before the next one."""


class Spent(msgspec.Struct, frozen=True, kw_only=True):
    """Where the seconds of a call went."""

    attempts: float = 0.0
    """In HTTP attempts."""
    backoff: float = 0.0
    """In waits between attempts."""
    limits: float = 0.0
    """In the queue of the rate limiter."""
    queue: float = 0.0
    """In the queue for one of the client's own connections."""

    def __str__(self) -> str:
        """Name what took time, the longest first."""
        parts = sorted(msgspec.structs.asdict(self).items(), key=lambda part: -part[1])
        return ", ".join(f"{seconds:.3g} s in {name}" for name, seconds in parts if seconds > 0)


class FlexError(Exception):
    """Base of all errors of the package."""

    attempts: tuple[Attempt, ...] = ()
    """What was tried, in order; empty when nothing was sent."""
    spent: Spent | None = None
    """Where the time of the call went; ``None`` when there was no call."""
    snapshot: Any = None
    """The result so far of the stream that broke; ``None`` outside of streams."""

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle by state, so that keyword arguments survive process borders."""
        return _rebuild, (type(self), self.args, self.__dict__.copy())


def _rebuild(cls: type[FlexError], args: tuple[Any, ...], state: dict[str, Any]) -> FlexError:
    error = cls.__new__(cls, *args)
    error.args = args
    error.__dict__.update(state)
    return error


class ConfigError(FlexError, ValueError):
    """An argument or setting is wrong; nothing was sent. The message says what to change."""


class TransportError(FlexError):
    """No complete answer arrived."""


class ConnectFailed(TransportError):
    """No connection could be made, so nothing was sent; any call may be repeated."""


class CertificateInvalid(ConnectFailed):
    """The host's certificate does not verify; nothing was sent and repeating will not help."""


class ConnectionLost(TransportError):
    """The connection broke after the request may have been sent; the platform may have acted on it."""

    kept: bool = False
    """Whether it had served an earlier call, and broke before this answer began: not a sign of an outage."""


class Timeout(TransportError, TimeoutError):
    """Time ran out; ``phase`` says which clock: connect, attempt, deadline or queue."""

    def __init__(self, message: str, *, phase: Phase, seconds: float) -> None:
        super().__init__(message)
        self.phase = phase
        self.seconds = seconds

    def __str__(self) -> str:
        """The message, and where the time of the call went."""
        message = super().__str__()
        return f"{message} ({self.spent})" if self.spent and str(self.spent) else message


class APIError(FlexError):
    """The platform answered with an error status.

    ``code`` is the platform's own word and may be new; ``param`` names the offending field where the
    platform tells it; ``body`` is the raw answer, at most 64 KiB of it.
    """

    def __init__(
        self,
        message: str,
        *,
        status: int,
        code: str | None = None,
        param: str | None = None,
        request_id: str | None = None,
        retry_after: float | None = None,
        body: bytes = b"",
    ) -> None:
        super().__init__(message)
        self.message = message
        self.status = status
        self.code = code
        self.param = param
        self.request_id = request_id
        self.retry_after = retry_after
        self.body = body

    def __str__(self) -> str:
        """Status, code and message, then what helps support: request id and number of attempts."""
        head = f"{self.status} {self.code}: {self.message}" if self.code else f"{self.status}: {self.message}"
        tail = []
        if self.request_id:
            tail.append(f"request id {self.request_id}")
        if len(self.attempts) > 1:
            tail.append(f"{len(self.attempts)} attempts")
        if self.retry_after is not None:
            tail.append(f"retry after {self.retry_after:g} s")
        return f"{head} ({', '.join(tail)})" if tail else head


class BadRequest(APIError):
    """400: the request is malformed; mend it."""


class Unauthorized(APIError):
    """401: the key is missing, unknown or revoked."""


class LoginRequired(Unauthorized):
    """There is no token that could be renewed: send the user to a new ``authorization_url()``.

    ``code`` is the server's word, such as ``invalid_grant`` or ``access_denied``, or ``state_mismatch`` for a
    redirect that belongs to another login. ``status`` is 0 when nothing was sent.
    """


class PaymentRequired(APIError):
    """402: no credits or an expired plan."""


class Forbidden(APIError):
    """403: the key is valid but may not do this; the plan may be too small."""


class NotFound(APIError):
    """404: no such object, or it belongs to somebody else."""


class Conflict(APIError):
    """409: the object is in another state than the call needs; read it, then decide."""


class PayloadTooLarge(APIError):
    """413: the body is above the platform's limit."""


class UnsupportedMedia(APIError):
    """415: the platform does not take this kind of file or body."""


class Unprocessable(APIError):
    """422: a field has an invalid value; ``param`` names it where the platform tells."""


class RateLimited(APIError):
    """429 that was not waited out: wait ``retry_after`` seconds, or until ``reset_at``.

    ``limit`` and ``remaining`` count requests in the window the platform spoke of; ``reset_at`` is
    in seconds since the epoch. ``status`` is 0 when the limiter refused before anything was sent.
    """

    limit: int | None = None
    remaining: int | None = None
    reset_at: float | None = None


class QuotaExceeded(RateLimited):
    """A quota is used up that waiting does not refill before its period ends."""


class ServerError(APIError):
    """5xx: the platform failed; the call may or may not have been processed."""


class DecodeError(FlexError):
    """An answer does not have the documented shape.

    ``path`` is the JSON path of the offending value, ``expected`` the type asked for, ``body`` the raw
    answer, ``op`` the id of the operation that was called, if one was.
    """

    op: str = ""

    def __init__(self, message: str, *, expected: str, path: str = "$", body: bytes = b"") -> None:
        super().__init__(message)
        self.expected = expected
        self.path = path
        self.body = body

    def __str__(self) -> str:
        """The operation, and what is wrong with its answer."""
        message = super().__str__()
        return f"{self.op}: {message}" if self.op else message


class StreamError(FlexError):
    """A stream did not end well; ``snapshot`` is the result so far."""

    def __init__(self, message: str, *, snapshot: Any = None) -> None:
        super().__init__(message)
        self.snapshot = snapshot


class StreamFailed(StreamError):
    """The platform reported a failure inside the stream, with its ``code`` and ``detail``."""

    def __init__(
        self, message: str, *, code: str | None = None, detail: str | None = None, snapshot: Any = None
    ) -> None:
        super().__init__(message, snapshot=snapshot)
        self.code = code
        self.detail = detail


class StreamTruncated(StreamError):
    """The body ended, or the connection broke, before a terminal event."""


class StreamStalled(StreamError):
    """Nothing came for ``seconds``: no byte (``idle``) or no real event (``event``)."""

    def __init__(
        self, message: str, *, phase: Literal["idle", "event"], seconds: float, snapshot: Any = None
    ) -> None:
        super().__init__(message, snapshot=snapshot)
        self.phase = phase
        self.seconds = seconds


class EventTooLarge(StreamError):
    """A line or an event is above its cap of ``limit`` bytes; raise the cap if such events are expected."""

    def __init__(self, message: str, *, limit: int, snapshot: Any = None) -> None:
        super().__init__(message, snapshot=snapshot)
        self.limit = limit


class JobFailed(FlexError):
    """The job reached a terminal state that is not success; ``job`` is its last known state."""

    def __init__(self, message: str, *, job: Any) -> None:
        super().__init__(message)
        self.job = job


class ApprovalRequired(FlexError):
    """The job waits for a person to approve it; ``job`` is its last known state."""

    def __init__(self, message: str, *, job: Any) -> None:
        super().__init__(message)
        self.job = job


class JobPaused(FlexError):
    """The job stands still until it is resumed, such as over a budget; ``job`` is its last known state."""

    def __init__(self, message: str, *, job: Any) -> None:
        super().__init__(message)
        self.job = job


class JobTimeout(FlexError, TimeoutError):
    """The wait ran out; the job goes on at the platform. ``job`` is its last known state."""

    def __init__(self, message: str, *, job: Any) -> None:
        super().__init__(message)
        self.job = job


class SignatureError(FlexError):
    """The signature does not match the body: do not act on this webhook."""
