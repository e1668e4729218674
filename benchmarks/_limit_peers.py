"""The peers' own ways through a rate limit: the same request, with the number of retries given."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any

import anthropic
import openai
from azure.core import AsyncPipelineClient
from azure.core.pipeline.policies import AsyncRetryPolicy
from azure.core.rest import HttpRequest
from githubkit import GitHub
from githubkit.retry import RetryRateLimit

Probe = Callable[[], Awaitable[object]]
Peer = Callable[[str, int], AbstractAsyncContextManager[Probe]]
KEY = "fj_test_0123456789abcdef"
logging.getLogger("githubkit").disabled = True  # it writes a traceback for each refusal


@asynccontextmanager
async def _openai(url: str, retries: int) -> AsyncIterator[Probe]:
    async with openai.AsyncOpenAI(api_key=KEY, base_url=url, max_retries=retries) as client:
        yield lambda: client.get("/probe", cast_to=object)


@asynccontextmanager
async def _anthropic(url: str, retries: int) -> AsyncIterator[Probe]:
    async with anthropic.AsyncAnthropic(api_key=KEY, base_url=url, max_retries=retries) as client:
        yield lambda: client.get("/probe", cast_to=object)


@asynccontextmanager
async def _azure(url: str, retries: int) -> AsyncIterator[Probe]:
    policy: Any = AsyncRetryPolicy(retry_total=retries, retry_status=retries)
    client: Any = AsyncPipelineClient(url, policies=[policy])

    async def probe() -> object:
        response = await client.send_request(HttpRequest("GET", f"{url}/probe"))
        response.raise_for_status()
        return await response.read()

    async with client:
        yield probe


@asynccontextmanager
async def _githubkit(url: str, retries: int) -> AsyncIterator[Probe]:
    github = GitHub(
        base_url=url, auto_retry=RetryRateLimit(max_retry=retries), http_cache=False, throttler=None
    )
    async with github:
        yield lambda: github.arequest("GET", "/probe")


PEERS: dict[str, Peer] = {
    "openai": _openai,
    "anthropic": _anthropic,
    "azure-core": _azure,
    "githubkit": _githubkit,
}
