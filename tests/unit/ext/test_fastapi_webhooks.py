import hashlib
import hmac
from io import BytesIO
from typing import Annotated, Any

import aiohttp
import pytest
from fastapi import Depends, FastAPI
from fastapi_kit import served

from flexsdk.ext.fastapi import install, webhook
from flexsdk.platforms import flapjack, flexorch, platform

SECRET = "whsec_test_1"
FLEXORCH = b'{ "event":"job.completed", "job_id":"job_1" }'
PLATFORM = b'{"id":"evt_1","type":"resource.updated","createdAt":"2026-01-05T09:00:00Z","data":{}}'
FLAPJACK = b'{"event":"computer.idled","agentId":"agent_1"}\n'


def listening() -> FastAPI:
    app = FastAPI()
    install(app)

    @app.post("/flexorch")
    async def from_flexorch(
        event: Annotated[
            flexorch.WebhookEvent, Depends(webhook(flexorch.receive, flexorch.SIGNATURE_HEADER, SECRET))
        ],
    ) -> str:
        return f"{type(event).__name__} {event.job_id}"

    @app.post("/platform")
    async def from_platform(
        event: Annotated[
            platform.Event,
            Depends(webhook(platform.receive, platform.SIGNATURE_HEADER, ["whsec_test_new", SECRET])),
        ],
    ) -> str:
        return f"{type(event).__name__} {event.id}"

    @app.post("/flapjack")
    async def from_flapjack(
        event: Annotated[
            flapjack.WebhookEvent, Depends(webhook(flapjack.receive, flapjack.SIGNATURE_HEADER, SECRET))
        ],
    ) -> str:
        return f"{event.name} {event.agent_id}"

    return app


def sign(body: bytes) -> str:
    return hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest()


async def deliver(path: str, body: bytes, headers: dict[str, str]) -> tuple[int, Any]:
    async with (
        served(listening()) as url,
        aiohttp.ClientSession() as session,
        session.post(url + path, data=BytesIO(body), headers=headers) as response,
    ):
        return response.status, await response.json(content_type=None)


@pytest.mark.parametrize(
    ("path", "header", "body", "told"),
    [
        pytest.param("/flexorch", "X-Flexorch-Signature", FLEXORCH, "JobCompletedEvent job_1", id="FlexOrch"),
        pytest.param("/platform", "X-Signature", PLATFORM, "Event evt_1", id="Platform"),
        pytest.param("/flapjack", "X-Flapjack-Signature", FLAPJACK, "computer.idled agent_1", id="Flapjack"),
    ],
)
async def test_a_genuine_delivery_arrives_as_a_typed_event(
    path: str, header: str, body: bytes, told: str
) -> None:
    assert await deliver(path, body, {header: sign(body)}) == (200, told)


@pytest.mark.parametrize(
    "headers",
    [
        pytest.param({}, id="no signature"),
        pytest.param({"X-Flexorch-Signature": "00"}, id="another signature"),
        pytest.param(
            {"X-Flexorch-Signature": sign(b'{"event":"job.completed","job_id":"job_1"}')},
            id="the same JSON, written otherwise",
        ),
        pytest.param({"X-Signature": sign(FLEXORCH)}, id="another header"),
    ],
)
async def test_a_delivery_that_is_not_genuine_is_refused(headers: dict[str, str]) -> None:
    status, told = await deliver("/flexorch", FLEXORCH, headers)

    assert (status, told["code"], told["status"]) == (403, "signature_invalid", 403)


async def test_a_genuine_delivery_of_another_shape_is_refused() -> None:
    status, told = await deliver("/flexorch", b"[]", {"X-Flexorch-Signature": sign(b"[]")})

    assert status == 422
    assert "Expected" in told["detail"]


async def test_a_large_delivery_is_refused_before_it_is_verified() -> None:
    body = b" " * (1024 * 1024) + FLEXORCH

    status, _ = await deliver("/flexorch", body, {"X-Flexorch-Signature": sign(body)})

    assert status == 413


def test_the_secret_is_never_shown() -> None:
    assert SECRET not in repr(webhook(platform.receive, platform.SIGNATURE_HEADER, SECRET))
