"""Clients in a FastAPI application: owned, handed out, relayed to browsers; extra ``fastapi``.

```python
from typing import Annotated

from fastapi import Depends, FastAPI, Response
from flexsdk import Flapjack
from flexsdk.ext.fastapi import client, clients, install, relay

app = FastAPI(lifespan=clients(flapjack=Flapjack))
install(app)


@app.post("/threads/{thread_id}")
async def answer(
    thread_id: str, content: str, flapjack: Annotated[Flapjack, Depends(client(Flapjack))]
) -> Response:
    return relay(flapjack.threads.stream(thread_id, content, stop_on_exit=True))
```

Of each request the headers ``X-Request-Timeout`` (seconds) and ``X-Request-Id`` reach the calls made for it.
"""

from __future__ import annotations

from flexsdk.errors import ConfigError

try:
    from flexsdk.ext.fastapi.owned import REQUEST_ID_HEADER, TIMEOUT_HEADER, client, clients
    from flexsdk.ext.fastapi.passing import passthrough
    from flexsdk.ext.fastapi.problems import Problem, install, problem
    from flexsdk.ext.fastapi.relaying import relay
    from flexsdk.ext.fastapi.webhooks import webhook
except ModuleNotFoundError as missing:
    raise ConfigError(
        "flexsdk.ext.fastapi needs FastAPI 0.135 or later; pip install 'flexsdk[fastapi]'"
    ) from missing

__all__ = [
    "REQUEST_ID_HEADER",
    "TIMEOUT_HEADER",
    "Problem",
    "client",
    "clients",
    "install",
    "passthrough",
    "problem",
    "relay",
    "webhook",
]
