from __future__ import annotations

import copy
import inspect
import pickle
from typing import Any

import pytest
from service import DIALECT

from flexsdk import errors
from flexsdk.core.dialect import Dialect, Problem
from flexsdk.errors import APIError, Attempt, FlexError
from flexsdk.protocol.headers import Limit

MADE: dict[str, FlexError] = {
    "FlexError": FlexError("m"),
    "ConfigError": errors.ConfigError("m"),
    "TransportError": errors.TransportError("m"),
    "ConnectFailed": errors.ConnectFailed("m"),
    "CertificateInvalid": errors.CertificateInvalid("m"),
    "ConnectionLost": errors.ConnectionLost("m"),
    "Timeout": errors.Timeout("m", phase="attempt", seconds=2.0),
    "DecodeError": errors.DecodeError("m", expected="Item", path="$.a", body=b"{}"),
    "StreamError": errors.StreamError("m", snapshot={"text": "a"}),
    "StreamFailed": errors.StreamFailed("m", code="c", detail="d", snapshot=1),
    "StreamTruncated": errors.StreamTruncated("m", snapshot=1),
    "StreamStalled": errors.StreamStalled("m", phase="idle", seconds=1.0, snapshot=1),
    "EventTooLarge": errors.EventTooLarge("m", limit=5, snapshot=1),
    "JobFailed": errors.JobFailed("m", job={"id": "j"}),
    "ApprovalRequired": errors.ApprovalRequired("m", job={"id": "j"}),
    "JobPaused": errors.JobPaused("m", job={"id": "j"}),
    "JobTimeout": errors.JobTimeout("m", job={"id": "j"}),
    "SignatureError": errors.SignatureError("m"),
    **{
        name: kind("m", status=418, code="c", param="p", request_id="r", retry_after=1.5, body=b"b")
        for name, kind in vars(errors).items()
        if isinstance(kind, type) and issubclass(kind, APIError)
    },
}
ATTEMPTS = (
    Attempt(number=1, outcome="503", started=0.0, seconds=0.5, waited=1.0),
    Attempt(number=2, outcome="ConnectionLost", started=1.5, seconds=0.5),
)


def test_the_table_has_every_error() -> None:
    kinds = {name for name in errors.__all__ if name not in ("Attempt", "Phase", "Spent")}

    assert set(MADE) == kinds


@pytest.mark.parametrize("copied", [lambda e: pickle.loads(pickle.dumps(e)), copy.copy, copy.deepcopy],
                         ids=["pickle", "copy", "deepcopy"])  # fmt: skip
@pytest.mark.parametrize("name", MADE)
def test_an_error_crosses_a_process_border_whole(name: str, copied: Any) -> None:
    error = MADE[name]
    error.attempts = ATTEMPTS

    other = copied(error)

    assert type(other) is type(error)
    assert str(other) == str(error)
    assert vars(other) == vars(error)
    assert other.attempts == ATTEMPTS


@pytest.mark.parametrize("name", MADE)
def test_every_error_can_be_caught_as_one_of_ours_and_says_something(name: str) -> None:
    assert isinstance(MADE[name], FlexError)
    assert str(MADE[name])
    assert "m" in str(MADE[name])
    assert inspect.getdoc(type(MADE[name]))


@pytest.mark.parametrize(
    ("kind", "builtin"),
    [(errors.ConfigError, ValueError), (errors.Timeout, TimeoutError), (errors.JobTimeout, TimeoutError)],
    ids=lambda kind: kind.__name__,
)
def test_errors_are_also_what_python_calls_them(kind: type[FlexError], builtin: type[Exception]) -> None:
    assert issubclass(kind, builtin)


def test_the_tree_in_the_documentation_is_the_tree_of_the_code() -> None:
    drawn = [line for line in (errors.__doc__ or "").splitlines() if line.strip(" │├└─")]
    for name in MADE:
        assert any(name in line for line in drawn), name


@pytest.mark.parametrize(
    ("settings", "attempts", "text"),
    [
        ({"status": 404}, (), "404: m"),
        ({"status": 404, "code": "gone"}, (), "404 gone: m"),
        ({"status": 500, "request_id": "r-1"}, ATTEMPTS, "500: m (request id r-1, 2 attempts)"),
        ({"status": 429, "retry_after": 61.0}, ATTEMPTS[:1], "429: m (retry after 61 s)"),
        ({"status": 429, "retry_after": 0.0}, (), "429: m (retry after 0 s)"),
    ],
    ids=["bare", "code", "support", "retry after", "at once"],
)
def test_the_text_holds_what_helps(settings: Any, attempts: Any, text: str) -> None:
    error = APIError("m", **settings)
    error.attempts = attempts

    assert str(error) == text


# --- which error an answer is


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, errors.BadRequest),
        (401, errors.Unauthorized),
        (402, errors.PaymentRequired),
        (403, errors.Forbidden),
        (404, errors.NotFound),
        (409, errors.Conflict),
        (413, errors.PayloadTooLarge),
        (415, errors.UnsupportedMedia),
        (422, errors.Unprocessable),
        (429, errors.RateLimited),
        (500, errors.ServerError),
        (503, errors.ServerError),
        (599, errors.ServerError),
        (418, APIError),
        (302, APIError),
    ],
    ids=str,
)
def test_the_status_chooses_the_class(status: int, kind: type[APIError]) -> None:
    assert DIALECT.error_type(status, None) is kind
    assert DIALECT.error_type(status, "new_code") is kind


@pytest.mark.parametrize("status", [400, 403, 429, 500])
def test_a_known_code_wins_over_the_status(status: int) -> None:
    assert DIALECT.error_type(status, "quota") is errors.QuotaExceeded


def error_of(status: int, *limits: Limit, dialect: Dialect = DIALECT, body: bytes = b"") -> APIError:
    return dialect.error(status, body, request_id="r", retry_after=None, limits=limits, now=100.0)


def test_an_answer_without_an_explanation_says_so() -> None:
    assert str(error_of(404)) == "404: Service answered with status 404 and no explanation (request id r)"


def test_code_message_and_field_come_from_the_platform() -> None:
    error = error_of(422, body=b'{"code":"too_long","message":"name is too long","param":"name"}')

    assert (error.code, error.message, error.param) == ("too_long", "name is too long", "name")


@pytest.mark.parametrize(
    ("limits", "seen"),
    [
        ((), (None, None, None)),
        ((Limit(limit=60, remaining=0, reset_after=5.0),), (60, 0, 105.0)),
        ((Limit(limit=60, remaining=3), Limit(limit=9, remaining=0, reset_after=2.0)), (9, 0, 102.0)),
        ((Limit(limit=60), Limit(limit=9, remaining=0)), (9, 0, None)),
    ],
    ids=["none", "one", "the tightest", "told before untold"],
)
def test_a_rate_limit_error_tells_of_the_tightest_limit(limits: tuple[Limit, ...], seen: Any) -> None:
    error = error_of(429, *limits)

    assert isinstance(error, errors.RateLimited)
    assert (error.limit, error.remaining, error.reset_at) == seen


def test_other_errors_do_not_speak_of_limits() -> None:
    assert not hasattr(error_of(404, Limit(limit=60, remaining=0)), "limit")


def test_a_problem_is_empty_unless_it_was_read() -> None:
    assert Problem() == Problem(code=None, message="", param=None)
