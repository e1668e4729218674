"""Addresses, credentials and errors of FlexOrch; its envelope is among the conflicts."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from clock import VirtualClock
from servers import RawServer, answer

from flexsdk import errors
from flexsdk.core.body import Upload
from flexsdk.errors import APIError, DecodeError, RateLimited
from flexsdk.platforms.flexorch import FlexOrch
from flexsdk.platforms.flexorch.dialect import DIALECT
from flexsdk.sandbox.contract import load

Connect = Callable[..., FlexOrch]


@pytest.mark.parametrize("suffix", ["", "/", "/v1", "/v1/"])
async def test_takes_the_address_with_and_without_the_version(to: Connect, suffix: str) -> None:
    async with RawServer(answer(200, b'{"data":{}}')) as server:
        server_with_suffix = type("Address", (), {"url": server.url + suffix})
        await to(server_with_suffix).usage.get()

    assert server.lines == ["GET /v1/usage HTTP/1.1"]


async def test_reads_key_and_address_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    async with RawServer(answer(200, b'{"data":{}}')) as server:
        monkeypatch.setenv("FLEXORCH_BASE_URL", server.url)
        monkeypatch.setenv("FLEXORCH_API_KEY", "dfx_test_from_the_environment")
        async with FlexOrch() as client:
            await client.usage.get()

    assert server.requests[0].headers["x-api-key"] == "dfx_test_from_the_environment"
    assert "authorization" not in server.requests[0].headers


@pytest.mark.parametrize(
    ("body", "code", "message", "param"),
    [
        (
            b'{"status":"error","data":null,"error":{"code":"NOT_FOUND","message":"no job"}}',
            "NOT_FOUND",
            "no job",
            None,
        ),
        (b'{"error":{"code":"NOT_FOUND","message":"no job"}}', "NOT_FOUND", "no job", None),
        (
            b'{"error":{"code":"PLAN_UPGRADE_REQUIRED","min_plan":"pro"}}',
            "PLAN_UPGRADE_REQUIRED",
            "(needs the plan pro or a larger one)",
            None,
        ),
        (
            b'{"error":{"code":"PLAN_UPGRADE_REQUIRED","message":"Not for you","min_plan":"pro"}}',
            "PLAN_UPGRADE_REQUIRED",
            "Not for you (needs the plan pro or a larger one)",
            None,
        ),
        (
            b'{"error":{"code":"PLAN_UPGRADE_REQUIRED","message":"Only for pro","min_plan":"pro"}}',
            "PLAN_UPGRADE_REQUIRED",
            "Only for pro",
            None,
        ),
        (b'{"error":"broken"}', None, "broken", None),
        (b'{"detail":"Not Found"}', None, "Not Found", None),
        (b'{"detail":{"code":"NOT_FOUND","message":"no job"}}', "NOT_FOUND", "no job", None),
        (
            b'{"detail":[{"loc":["body","query",0],"msg":"too long","type":"x"}]}',
            None,
            "too long",
            "body.query.0",
        ),
        (b'{"detail":[{"msg":"too long"}]}', None, "too long", None),
        (b'{"detail":[]}', None, "", None),
        (b"{}", None, "", None),
        (b"<html>", None, "", None),
        (b"", None, "", None),
    ],
)
def test_reads_every_form_of_an_error(body: bytes, code: str | None, message: str, param: str | None) -> None:
    problem = DIALECT.problem(body)

    assert (problem.code, problem.message, problem.param) == (code, message, param)


def documented_codes() -> list[tuple[str, int]]:
    table = load("flexorch").document["x-error-codes"]
    return [
        (row["code"], status)
        for row in table
        if row["http"] is not None
        for status in (row["http"], *row.get("also_http", []))
    ]


@pytest.mark.parametrize(("code", "status"), documented_codes())
def test_every_documented_code_has_the_class_of_its_status(code: str, status: int) -> None:
    kind = DIALECT.error_type(200, code)

    assert issubclass(
        kind, errors.QuotaExceeded if code == "QUOTA_EXCEEDED" else DIALECT.error_type(status, None)
    )
    assert kind is not APIError


def test_an_unknown_code_is_kept_and_the_status_decides() -> None:
    failure = DIALECT.error(
        409, b'{"error":{"code":"NEW"}}', request_id="r", retry_after=None, limits=(), now=0.0
    )

    assert (type(failure), failure.code) == (errors.Conflict, "NEW")


async def test_waits_out_a_rate_limit(to: Connect, clock: VirtualClock) -> None:
    limited = answer(429, b'{"error":{"code":"RATE_LIMIT_EXCEEDED"}}', retry_after="7")
    async with RawServer(limited, answer(200, b'{"data":{}}')) as server:
        await to(server).usage.get()

    assert 7 <= clock.slept[0] < 9


async def test_a_limit_that_stays_names_the_wait(to: Connect) -> None:
    limited = answer(429, b'{"error":{"code":"RATE_LIMIT_EXCEEDED","message":"slow"}}', retry_after="600")
    async with RawServer(limited) as server:
        with pytest.raises(RateLimited, match="retry after 600 s"):
            await to(server).usage.get()


@pytest.mark.parametrize("body", [b"[]", b"null", b"", b"{", b'{"data":[]}', b'{"data":7}'])
async def test_an_answer_of_another_shape_is_no_value(to: Connect, body: bytes) -> None:
    async with RawServer(answer(200, body)) as server:
        with pytest.raises(DecodeError):
            await to(server).jobs.get(1)


@pytest.mark.parametrize("body", [b"", b'{"data":null}', b'{"data":{"deleted":true}}', b"{}"])
async def test_an_answer_that_says_nothing_may_have_any_shape(to: Connect, body: bytes) -> None:
    async with RawServer(answer(200, body)) as server:
        await to(server).connectors.delete(1)
        await to(server).settings.set_llm_config("openai", "gpt-5.2", "flx_test_word")


@pytest.mark.parametrize(("repeat", "requests"), [(False, 1), (True, 2)], ids=["by default", "as asked"])
async def test_an_upload_is_sent_again_only_as_asked(to: Connect, repeat: bool, requests: int) -> None:
    done = answer(202, b'{"data":{"jobs":[{"job_id":1}]}}')
    async with RawServer(answer(502), done) as server:
        upload = to(server).documents.process(Upload(b"x", name="a.txt"), repeat=repeat)
        if repeat:
            assert [job.id for job in (await upload).jobs] == ["1"]
        else:
            with pytest.raises(errors.ServerError):
                await upload

    assert len(server.requests) == requests
    assert all(b'filename="a.txt"' in request.body for request in server.requests)
