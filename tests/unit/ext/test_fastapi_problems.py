from __future__ import annotations

from http import HTTPStatus
from typing import Any

import msgspec
import pytest
from fastapi_kit import application, get, served
from servers import RawServer, answer, close

from flexsdk import errors
from flexsdk.ext.fastapi import problem

SECRET = "fj_test_never_shown"


def api(kind: type[errors.APIError], status: int, **more: Any) -> errors.APIError:
    return kind("the words of the platform", status=status, body=SECRET.encode(), **more)


@pytest.mark.parametrize(
    ("error", "status"),
    [
        pytest.param(api(errors.BadRequest, 400), 400, id="400"),
        pytest.param(api(errors.NotFound, 404), 404, id="404"),
        pytest.param(api(errors.Conflict, 409), 409, id="409"),
        pytest.param(api(errors.Unprocessable, 422), 422, id="422"),
        pytest.param(api(errors.APIError, 418), 418, id="4xx without a class"),
        pytest.param(api(errors.APIError, 499), 499, id="4xx without a name"),
        pytest.param(api(errors.RateLimited, 429), 429, id="429"),
        pytest.param(api(errors.QuotaExceeded, 402), 429, id="a quota"),
        pytest.param(api(errors.RateLimited, 0), 429, id="refused by the limiter"),
        pytest.param(api(errors.Unauthorized, 401), 502, id="401 is about this server's key"),
        pytest.param(api(errors.PaymentRequired, 402), 502, id="402 is about this server's account"),
        pytest.param(api(errors.Forbidden, 403), 502, id="403 is about this server's key"),
        pytest.param(api(errors.LoginRequired, 0), 502, id="no token"),
        pytest.param(api(errors.ServerError, 500), 502, id="500"),
        pytest.param(api(errors.ServerError, 503), 503, id="503"),
        pytest.param(api(errors.ServerError, 504), 504, id="504"),
        pytest.param(api(errors.APIError, 200), 502, id="an error with a status of success"),
        pytest.param(errors.ConnectFailed(SECRET), 502, id="no connection"),
        pytest.param(errors.ConnectionLost(SECRET), 502, id="connection lost"),
        pytest.param(errors.Timeout(SECRET, phase="deadline", seconds=1), 504, id="deadline"),
        pytest.param(errors.DecodeError(SECRET, expected="Item", body=b"x"), 502, id="another shape"),
        pytest.param(errors.StreamTruncated(SECRET), 502, id="cut stream"),
        pytest.param(errors.StreamStalled(SECRET, phase="idle", seconds=1), 504, id="silent stream"),
        pytest.param(errors.EventTooLarge(SECRET, limit=1), 502, id="large event"),
        pytest.param(errors.JobFailed(SECRET, job=None), 502, id="job failed"),
        pytest.param(errors.JobTimeout(SECRET, job=None), 504, id="job goes on"),
        pytest.param(errors.JobPaused(SECRET, job=None), 409, id="job paused"),
        pytest.param(errors.ApprovalRequired(SECRET, job=None), 409, id="job waits"),
        pytest.param(errors.SignatureError(SECRET), 403, id="signature"),
        pytest.param(errors.ConfigError(SECRET), 500, id="setting"),
    ],
)
def test_each_error_has_a_status_and_shows_nothing_of_this_server(
    error: errors.FlexError, status: int
) -> None:
    told = problem(error)

    assert told.status == status
    assert SECRET not in msgspec.json.encode(told).decode()
    assert told.type == "about:blank"
    assert told.title


def test_what_the_platform_said_of_the_request_is_told() -> None:
    error = api(errors.Unprocessable, 422, code="VALIDATION_FAILED", request_id="req_1", retry_after=2.5)

    assert msgspec.to_builtins(problem(error)) == {
        "type": "about:blank",
        "title": HTTPStatus(422).phrase,  # another one from Python 3.13 on
        "status": 422,
        "detail": "the words of the platform",
        "code": "VALIDATION_FAILED",
        "request_id": "req_1",
        "retry_after": 2.5,
        "upstream_status": 422,
    }


def test_what_the_platform_said_of_this_servers_account_is_not_told() -> None:
    told = problem(api(errors.Unauthorized, 401, code="BAD_KEY", request_id="req_1"))

    assert (told.upstream_status, told.code, told.request_id) == (401, "BAD_KEY", "req_1")
    assert told.detail == "The platform refused this server's own account."


def test_an_error_event_of_the_platform_keeps_its_code() -> None:
    error = errors.StreamFailed("the platform reported it", code="context_too_long", detail="Too long.")

    told = problem(error, request_id="req_2")

    assert (told.code, told.detail, told.request_id) == ("context_too_long", "Too long.", "req_2")


async def test_an_endpoint_that_fails_upstream_answers_with_the_problem_and_the_time_to_wait() -> None:
    limited = answer(429, b'{"code":"slow","message":"Too many."}', retry_after="2.5", x_request_id="req_9")

    async with RawServer(limited) as upstream, served(application(upstream)) as url:
        response, told = await get(f"{url}/items/a")

    assert response.status == 429
    assert response.headers["Content-Type"] == "application/problem+json"
    assert response.headers["Retry-After"] == "3"
    assert told == {
        "type": "about:blank",
        "title": "Too Many Requests",
        "status": 429,
        "detail": "Too many.",
        "code": "slow",
        "request_id": "req_9",
        "retry_after": 2.5,
        "upstream_status": 429,
    }


async def test_a_failure_of_this_server_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    async with RawServer(close) as upstream, served(application(upstream)) as url:
        response, told = await get(f"{url}/items/a")

    assert (response.status, told["code"]) == (502, "upstream_unreachable")
    assert "Retry-After" not in response.headers
    assert "answered 502" in caplog.text
    assert "ConnectionLost" in caplog.text
