"""A chat on Flapjack threads: a page, and the few routes between it and the platform.

`python docs/examples/chat/app.py` serves it on http://127.0.0.1:8000, against a sandbox on this machine. With
FLAPJACK_API_KEY set it speaks with the real platform, where answers cost tokens.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Annotated, Any

import uvicorn
from fastapi import Body, Depends, FastAPI, HTTPException, Response
from fastapi.middleware.trustedhost import TrustedHostMiddleware
from fastapi.responses import FileResponse
from fastapi.staticfiles import StaticFiles

from flexsdk import Flapjack, RateLimit, Retry
from flexsdk.ext.fastapi import client, clients, install, relay
from flexsdk.sandbox import Sandbox

STATIC = Path(__file__).parent / "static"
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
    "connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; "
    "require-trusted-types-for 'script'; trusted-types 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-cache",
}
PATIENCE_SECONDS = 3.0
"""A person sees a longer wait counted down and decides, instead of looking at a page that does nothing."""

Platform = Annotated[Flapjack, Depends(client(Flapjack))]
Text = Annotated[str, Body(embed=True, min_length=1, max_length=8000)]


async def track_parcel(reference: str) -> dict[str, str]:
    """Track a parcel by its reference."""
    return {"reference": reference, "status": "on its way", "expected": "tomorrow, before noon"}


def connect(key: str | None = None, base_url: str | None = None) -> Flapjack:
    """Make the client; what is not given comes from the environment."""
    retry = Retry(attempts=2, max_retry_after=PATIENCE_SECONDS)
    return Flapjack(key, base_url=base_url, retry=retry, limits=RateLimit(max_wait=PATIENCE_SECONDS))


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[Mapping[str, Any]]:
    """Own one client, and a sandbox where there is no key."""
    if os.environ.get("FLAPJACK_API_KEY"):
        async with clients(flapjack=connect)(app) as state:
            yield state
        return
    # A seed of its own for each start, so that the ids of an earlier one are not met again.
    async with Sandbox(platforms=("flapjack",), seed=secrets.randbits(32), token_delay=0.04) as sandbox:
        platform = sandbox.flapjack
        async with clients(flapjack=lambda: connect(platform.key, platform.base_url))(app) as state:
            yield state


app = FastAPI(title="Flapjack chat", lifespan=lifespan, docs_url=None, redoc_url=None, openapi_url=None)
# Other sites must not reach this server by a name of theirs that leads here.
app.add_middleware(TrustedHostMiddleware, allowed_hosts=["127.0.0.1", "localhost"])
app.mount("/static", StaticFiles(directory=STATIC), name="static")
install(app)


@app.get("/")
async def page() -> FileResponse:
    """Send the page, which may use nothing but this server's own files."""
    return FileResponse(STATIC / "index.html", headers=HEADERS)


@app.post("/api/threads", status_code=201)
async def create(title: Text, flapjack: Platform) -> dict[str, str]:
    """Start a conversation with the first agent of the account."""
    agent = await flapjack.agents.list().first()
    if agent is None:
        raise HTTPException(409, "The account has no agent yet.")
    thread = await flapjack.threads.create(agent.id, title=title)
    return {"id": thread.id}


@app.post("/api/threads/{thread_id}/messages")
async def ask(thread_id: str, content: Text, flapjack: Platform) -> Response:
    """Stream the answer; a browser that leaves stops it at the platform, too."""
    return relay(flapjack.threads.stream(thread_id, content, tools=[track_parcel], stop_on_exit=True))


@app.post("/api/threads/{thread_id}/stop", status_code=204)
async def stop(thread_id: str, flapjack: Platform) -> None:
    """End the answer in progress; its stream ends with what it has."""
    await flapjack.threads.stop(thread_id)


@app.post("/api/threads/{thread_id}/profile", status_code=204)
async def switch_profile(thread_id: str, profile: Text, flapjack: Platform) -> None:
    """Use another tool profile from the next message on; the person has agreed."""
    await flapjack.threads.switch_profile(thread_id, profile)


if __name__ == "__main__":
    uvicorn.run(app, host="127.0.0.1", port=int(os.environ.get("PORT", "8000")), log_level="warning")
