"""Failures of a platform as answers of this server: problem details of RFC 9457."""

from __future__ import annotations

import math
import traceback
from http import HTTPStatus
from pathlib import Path
from typing import Final

import msgspec
from fastapi import FastAPI, Request, Response

from flexsdk.core.logs import report
from flexsdk.errors import (
    APIError,
    ApprovalRequired,
    DecodeError,
    FlexError,
    JobFailed,
    JobPaused,
    JobTimeout,
    RateLimited,
    SignatureError,
    StreamError,
    StreamFailed,
    StreamStalled,
    Timeout,
    TransportError,
)

__all__ = ["MEDIA_TYPE", "Problem", "install", "log_failure", "problem"]

MEDIA_TYPE: Final = "application/problem+json"

_HOME: Final = str(Path(__file__).parents[2])

_OWN_ACCOUNT = frozenset({401, 402, 403})
"""What the platform says of this server's account, which the caller cannot mend and need not know."""

# The first that fits. Their own messages name hosts and settings of this server, so they are not shown.
_KINDS: Final[tuple[tuple[type[FlexError], int, str, str], ...]] = (
    (SignatureError, 403, "signature_invalid", "The signature does not fit the body."),
    (Timeout, 504, "upstream_timeout", "The platform did not answer in time."),
    (
        TransportError,
        502,
        "upstream_unreachable",
        "The platform could not be reached, or was lost.",
    ),
    (StreamStalled, 504, "upstream_stalled", "The platform fell silent in the middle of its answer."),
    (StreamError, 502, "upstream_cut", "The platform's answer broke off before its end."),
    (DecodeError, 502, "upstream_unreadable", "The platform's answer could not be read."),
    (JobTimeout, 504, "job_timeout", "The job has not ended yet; it goes on."),
    (ApprovalRequired, 409, "approval_required", "The job waits for a person to approve it."),
    (JobPaused, 409, "job_paused", "The job stands still until it is resumed."),
    (JobFailed, 502, "job_failed", "The job has ended, but not well."),
    (FlexError, 500, "internal", "This server cannot make the call."),
)


class Problem(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What went wrong, in the words of RFC 9457; members beside those are omitted where unknown.

    ``status`` is that of this server's answer, ``upstream_status`` that of the platform's; ``request_id`` is
    the platform's, for its support; ``retry_after`` is in seconds.
    """

    type: str
    title: str
    status: int
    detail: str | None = None
    code: str | None = None
    request_id: str | None = None
    retry_after: float | None = None
    upstream_status: int | None = None


def problem(error: FlexError, *, request_id: str | None = None) -> Problem:
    """Tell a caller of an error: never with a body, a header, a host name or a setting.

    What concerns the caller's own request keeps the platform's status and words, 4xx and 429 above all. What
    the platform says of this server's account (401, 402, 403) is a 502, and so is every failure of its own
    but 503 and 504.

    Args:
        error: what a call, a stream or a wait has raised.
        request_id: the platform's, where the error has none of its own.
    """
    if isinstance(error, APIError):
        return _of_answer(error, request_id)
    _, status, code, detail = next(kind for kind in _KINDS if isinstance(error, kind[0]))
    if isinstance(error, StreamFailed):
        return _problem(status, error.detail, code=error.code, request_id=request_id)
    return _problem(status, detail, code=code, request_id=request_id)


def install(app: FastAPI) -> None:
    """Let the application answer every error of this package as a problem; 5xx ones are logged, too.

    ``Retry-After`` is sent where the platform named a time.
    """
    app.add_exception_handler(FlexError, _answer)


async def _answer(_: Request, error: Exception) -> Response:
    assert isinstance(error, FlexError), "installed for these only"
    told = problem(error)
    if told.status >= 500:
        log_failure(f"answered {told.status}", error)
    headers = {} if told.retry_after is None else {"Retry-After": str(math.ceil(told.retry_after))}
    return Response(msgspec.json.encode(told), told.status, headers, MEDIA_TYPE)


def log_failure(said: str, error: FlexError) -> None:
    """Warn of an error by its class and place: its own words may repeat what was sent or received."""
    frames = traceback.extract_tb(error.__traceback__)
    frame = ([each for each in frames if not each.filename.startswith(_HOME)] or frames)[-1]
    kind, place = type(error).__name__, f"{frame.name}, line {frame.lineno}"
    known = {"request_id": getattr(error, "request_id", None), "attempts": len(error.attempts) or None}
    report(f"{said}: {kind} in {place}", error=kind, place=place, **known)


def _of_answer(error: APIError, request_id: str | None) -> Problem:
    own = error.status in _OWN_ACCOUNT and not isinstance(error, RateLimited)
    return _problem(
        _status_of(error),
        "The platform refused this server's own account." if own else error.message,
        code=error.code,
        request_id=error.request_id or request_id,
        retry_after=error.retry_after,
        upstream_status=error.status or None,  # 0 where nothing was sent
    )


def _status_of(error: APIError) -> int:
    if isinstance(error, RateLimited):
        return 429
    status = error.status
    if status in (503, 504) or (400 <= status < 500 and status not in _OWN_ACCOUNT):
        return status
    return 502


def _problem(
    status: int,
    detail: str | None,
    *,
    code: str | None,
    request_id: str | None,
    retry_after: float | None = None,
    upstream_status: int | None = None,
) -> Problem:
    known = status in HTTPStatus.__members__.values()
    return Problem(
        type="about:blank",
        title=HTTPStatus(status).phrase if known else "Error",
        status=status,
        detail=detail,
        code=code,
        request_id=request_id,
        retry_after=retry_after,
        upstream_status=upstream_status,
    )
