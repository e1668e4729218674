"""FlexOrch's ways with errors. Source: seed 002, "Error codes"; the documentation; the vendor's packages."""

from __future__ import annotations

import msgspec

from flexsdk import errors
from flexsdk.codec import decoder
from flexsdk.core.auth import HeaderKey
from flexsdk.core.dialect import Dialect, Problem
from flexsdk.core.limits import Window
from flexsdk.errors import DecodeError

__all__ = ["DIALECT"]


class _Error(msgspec.Struct, frozen=True):
    """The object behind ``error``; ``message`` may be missing, ``min_plan`` comes with too small a plan."""

    code: str | None = None
    message: str | None = None
    min_plan: str | None = None


class _Detail(msgspec.Struct, frozen=True):
    """One complaint about a field, in the form of the web framework behind the service."""

    loc: list[str | int] = []
    msg: str = ""


class _Failure(msgspec.Struct, frozen=True):
    """The documented form has ``error``; ``detail`` is what the web framework sends by itself. Inferred."""

    error: _Error | str | None = None
    detail: _Error | list[_Detail] | str | None = None


_decode = decoder(_Failure)


def _problem(body: bytes) -> Problem:
    try:
        failure = _decode(body)
    except DecodeError:
        return Problem()
    match failure.error or failure.detail:
        case _Error() as error:
            return Problem(code=error.code, message=_explained(error))
        case str(text):
            return Problem(message=text)
        case [_Detail() as first, *_]:
            return Problem(message=first.msg, param=".".join(map(str, first.loc)) or None)
    return Problem()


def _explained(error: _Error) -> str:
    message, plan = error.message or "", error.min_plan
    if plan is None or plan in message:
        return message
    return f"{message} (needs the plan {plan} or a larger one)".lstrip()


DIALECT = Dialect(
    name="FlexOrch",
    base_url="https://api.flexorch.com/v1",
    prefix="/v1",
    problem=_problem,
    # Pro and enterprise agree on their figures by contract: they are learned.
    plans={"trial": (Window(60, 60.0),), "starter": (Window(60, 60.0),), "pro": (), "enterprise": ()},
    credential=HeaderKey,
    # The same code comes with several statuses (QUOTA_EXCEEDED with 402 and 429), also with 200.
    codes={
        "INVALID_API_KEY": errors.Unauthorized,
        "UNAUTHORIZED": errors.Unauthorized,
        "TRIAL_EXPIRED": errors.PaymentRequired,
        "QUOTA_EXCEEDED": errors.QuotaExceeded,
        "RATE_LIMIT_EXCEEDED": errors.RateLimited,
        "PLAN_UPGRADE_REQUIRED": errors.Forbidden,
        "FILE_TOO_LARGE": errors.PayloadTooLarge,
        "UNSUPPORTED_FILE": errors.UnsupportedMedia,
        "VALIDATION_ERROR": errors.Unprocessable,
        "MISSING_INPUT": errors.BadRequest,
        "NOT_FOUND": errors.NotFound,
        "DOCUMENT_NOT_FOUND": errors.NotFound,
        "DOCUMENT_FILE_NOT_AVAILABLE": errors.BadRequest,
        "REPROCESS_NOT_SUPPORTED": errors.BadRequest,
        "NO_OUTPUT_DATA": errors.BadRequest,
        "REPROCESS_FAILED": errors.ServerError,
        "PROCESSING_FAILED": errors.ServerError,
    },
)
