"""The same typed GET as users of other clients write it."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

__all__ = ["PEERS"]

Probe = Callable[[], Awaitable[object]]
KEY = "fj_test_0123456789abcdef"
HEADERS = {"Authorization": f"Bearer {KEY}"}


@contextlib.asynccontextmanager
async def openai(url: str, client: Any = None) -> AsyncIterator[Probe]:
    from openai import AsyncOpenAI

    async with AsyncOpenAI(api_key=KEY, base_url=url, http_client=client) as made:
        yield lambda: made.models.retrieve("m")


def openai_aiohttp(url: str) -> Any:
    from openai import DefaultAioHttpClient

    return openai(url, DefaultAioHttpClient())


@contextlib.asynccontextmanager
async def anthropic(url: str, client: Any = None) -> AsyncIterator[Probe]:
    from anthropic import AsyncAnthropic

    async with AsyncAnthropic(api_key=KEY, base_url=url, http_client=client) as made:
        yield lambda: made.models.retrieve("m")


def anthropic_aiohttp(url: str) -> Any:
    from anthropic import DefaultAioHttpClient

    return anthropic(url, DefaultAioHttpClient())


@contextlib.asynccontextmanager
async def githubkit(url: str) -> AsyncIterator[Probe]:
    """A model of pydantic, the default retries and throttle, no cache: it would spare requests."""
    from githubkit import GitHub
    from pydantic import BaseModel

    class Resource(BaseModel):
        id: str
        name: str
        status: str
        data: dict[str, Any]
        metadata: dict[str, str]

    async with GitHub(KEY, base_url=url, http_cache=False) as github:

        async def probe() -> object:
            response = await github.arequest("GET", "/resources/r1", response_model=Resource)
            return response.parsed_data

        yield probe


@contextlib.asynccontextmanager
async def azure_core(url: str) -> AsyncIterator[Probe]:
    """The pipeline that its generated clients have; its models are generated too, so ours stands in."""
    import msgspec
    from azure.core import AsyncPipelineClient
    from azure.core.pipeline import policies
    from azure.core.rest import HttpRequest

    from flexsdk.platforms.platform.resources import Resource

    pipeline: list[Any] = [
        policies.RequestIdPolicy(),
        policies.HeadersPolicy(HEADERS),
        policies.UserAgentPolicy("bench"),
        policies.AsyncRedirectPolicy(),
        policies.AsyncRetryPolicy(),
        policies.HttpLoggingPolicy(),
    ]
    client: Any = AsyncPipelineClient(url, policies=pipeline)

    async def probe() -> object:
        response = await client.send_request(HttpRequest("GET", f"{url}/resources/r1"))
        response.raise_for_status()
        return msgspec.convert(response.json(), Resource)

    async with client:
        yield probe


@contextlib.asynccontextmanager
async def _session() -> AsyncIterator[tuple[Any, Callable[[bytes], object]]]:
    import aiohttp
    import msgspec

    from flexsdk.platforms.platform.resources import Resource

    async with aiohttp.ClientSession(headers=HEADERS) as session:
        yield session, msgspec.json.Decoder(Resource).decode


@contextlib.asynccontextmanager
async def aiohttp_retry(url: str) -> AsyncIterator[Probe]:
    from aiohttp_retry import ExponentialRetry, RetryClient

    async with _session() as (session, decode):
        client = RetryClient(client_session=session, retry_options=ExponentialRetry(attempts=4))

        async def probe() -> object:
            async with client.get(f"{url}/resources/r1") as response:
                response.raise_for_status()
                return decode(await response.read())

        yield probe


@contextlib.asynccontextmanager
async def tenacity(url: str) -> AsyncIterator[Probe]:
    from aiohttp import ClientError
    from tenacity import retry, retry_if_exception_type, stop_after_attempt, wait_random_exponential

    async with _session() as (session, decode):

        @retry(
            retry=retry_if_exception_type(ClientError),
            stop=stop_after_attempt(4),
            wait=wait_random_exponential(max=8),
        )
        async def probe() -> object:
            async with session.get(f"{url}/resources/r1") as response:
                response.raise_for_status()
                return decode(await response.read())

        yield probe


PEERS: tuple[Callable[[str], Any], ...] = (
    aiohttp_retry,
    tenacity,
    azure_core,
    githubkit,
    openai_aiohttp,
    anthropic_aiohttp,
    openai,
    anthropic,
)
