from collections.abc import AsyncIterator
from time import monotonic
from typing import Annotated, Any

import aiohttp
import pytest
from fastapi import Depends, FastAPI
from fastapi.responses import JSONResponse
from fastapi_kit import Served, application, get, served
from servers import RawServer, answer, silence
from service import KEY, Service, until

from flexsdk.core.deadline import ambient
from flexsdk.errors import ConfigError
from flexsdk.ext.fastapi import client, clients

ITEM = answer(200, b'{"id":"a"}')


@pytest.fixture
async def upstream() -> AsyncIterator[RawServer]:
    async with RawServer(ITEM) as server:
        yield server


async def test_one_client_serves_all_requests_and_is_closed_with_the_application(upstream: RawServer) -> None:
    app = application(upstream)
    async with served(app) as url, aiohttp.ClientSession() as browser:
        for _ in range(3):
            async with browser.get(f"{url}/items/a") as response:
                assert (response.status, await response.json()) == (200, "a")
        assert (upstream.connections, upstream.open_connections) == (1, 1)

    await until(lambda: upstream.open_connections == 0)


async def test_a_lifespan_of_the_user_can_enter_that_of_the_clients() -> None:
    lifespan = clients(service=lambda: Service(KEY, base_url="http://127.0.0.1:9"))

    async with lifespan(FastAPI()) as state:
        assert {**state, "mine": 1}["mine"] == 1
        (made,) = state.values()
        assert isinstance(made["service"], Service)


class Other(Service):
    """A second kind of client."""


def with_two(upstream: RawServer, **names: Any) -> FastAPI:
    def make(kind: type[Service]) -> Any:
        return lambda: kind(KEY, base_url=upstream.url, limits=None)

    return FastAPI(lifespan=clients(**{name: make(kind) for name, kind in names.items()}))


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        pytest.param(client(Other), "Other", id="the only one of its class"),
        pytest.param(client(Service, "first"), "Service", id="by its name"),
        pytest.param(client(Service), "has 2 clients that are a Service;", id="several and no name"),
        pytest.param(client(Other, "first"), "has 0 clients that are a Other named first;", id="none"),
    ],
)
async def test_a_client_is_found_by_class_and_name(upstream: RawServer, wanted: Any, found: str) -> None:
    app = with_two(upstream, first=Service, second=Other)

    @app.exception_handler(ConfigError)
    async def told(_: Any, error: ConfigError) -> Any:
        return JSONResponse(str(error))

    @app.get("/")
    async def kind(given: Annotated[Service, Depends(wanted)]) -> str:
        return type(given).__name__

    async with served(app) as url:
        _, told = await get(url)

    assert found in told


async def test_a_test_of_the_user_puts_its_own_client_in_place(upstream: RawServer) -> None:
    app = FastAPI()
    mine = Service(KEY, base_url=upstream.url, limits=None)
    app.dependency_overrides[client(Service)] = lambda: mine

    @app.get("/")
    async def same(service: Served) -> bool:
        return service is mine

    async with mine, served(app) as url:
        _, told = await get(url)

    assert told is True


@pytest.mark.parametrize(
    ("sent", "forwarded"),
    [
        pytest.param("req-1:Ab/2", "req-1:Ab/2", id="usual"),
        pytest.param("x" * 128, "x" * 128, id="longest"),
        pytest.param("x" * 129, None, id="too long"),
        pytest.param("a b", None, id="with a space"),
        pytest.param("é", None, id="not ASCII"),
        pytest.param("", None, id="empty"),
    ],
)
async def test_the_callers_request_id_goes_with_the_calls(
    upstream: RawServer, sent: str, forwarded: str | None
) -> None:
    async with served(application(upstream)) as url:
        await get(f"{url}/items/a", headers={"X-Request-Id": sent})

    assert upstream.requests[0].headers.get("x-request-id") == forwarded


async def test_the_request_id_can_be_kept_back(upstream: RawServer) -> None:
    app = application(upstream)
    same: list[bool] = []

    @app.get("/wait")
    async def wait(
        one: Annotated[Service, Depends(client(Service, forward_id=False))],
        two: Annotated[Service, Depends(client(Service, "service", forward_id=False))],
    ) -> None:
        same.append(one is two)

    async with served(app) as url:
        await get(f"{url}/wait", headers={"X-Request-Id": "r1"})

    assert same == [True]


async def test_the_call_ends_when_the_caller_would_no_longer_wait() -> None:
    async with RawServer(silence) as upstream, served(application(upstream)) as url:
        response, told = await get(f"{url}/items/a", headers={"X-Request-Timeout": "0.05"})

    assert (response.status, told["code"]) == (504, "upstream_timeout")


@pytest.mark.parametrize("given", ["0", "-1", "nan", "inf", "soon", ""])
async def test_a_time_that_is_none_is_refused(upstream: RawServer, given: str) -> None:
    async with served(application(upstream)) as url:
        response, told = await get(f"{url}/items/a", headers={"X-Request-Timeout": given})

    assert response.status == 400
    assert "X-Request-Timeout" in told["detail"]
    assert upstream.requests == []


async def test_a_caller_cannot_ask_for_more_than_an_hour_and_leaves_nothing_to_the_next(
    upstream: RawServer,
) -> None:
    app = application(upstream)

    @app.get("/left")
    async def left(service: Served) -> float | None:
        ends = ambient.get()
        return None if ends is None else ends - monotonic()

    async with served(app) as url, aiohttp.ClientSession() as browser:  # one connection for all
        seen = []
        for headers in ({"X-Request-Timeout": "1e9"}, {}):
            async with browser.get(f"{url}/left", headers=headers) as response:
                seen.append(await response.json())

    assert 3_500 < seen[0] <= 3_600
    assert seen[1] is None
