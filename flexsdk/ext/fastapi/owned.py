"""Clients that the application owns, and the dependency that hands them out."""

# FastAPI reads the annotations of dependencies at run time, so they are no strings here.

import math
import re
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager, nullcontext
from dataclasses import dataclass
from typing import Any, Final, Generic, TypeAlias, TypeVar

from fastapi import FastAPI, HTTPException
from fastapi.requests import HTTPConnection

from flexsdk.core.client import Client
from flexsdk.core.deadline import deadline
from flexsdk.errors import ConfigError

__all__ = ["REQUEST_ID_HEADER", "TIMEOUT_HEADER", "client", "clients"]

C = TypeVar("C", bound=Client)

Lifespan: TypeAlias = Callable[[FastAPI], AbstractAsyncContextManager[Mapping[str, Any]]]

TIMEOUT_HEADER: Final = "X-Request-Timeout"
"""How many seconds the caller will wait; a decimal number above 0."""
MOST_SECONDS: Final = 3_600.0
"""A caller who asks for more gets this."""
REQUEST_ID_HEADER: Final = "X-Request-Id"
"""The caller's name for the request: 1 to 128 visible ASCII characters; others are left out."""

_STATE = "flexsdk_clients"
_REQUEST_ID = re.compile(r"[!-~]{1,128}")


def clients(**makers: Callable[[], Client]) -> Lifespan:
    """Make the lifespan that opens these clients and closes them: ``FastAPI(lifespan=clients(...))``.

    The clients are made when the application starts, so in each worker process, and serve all its requests
    together. A lifespan of your own enters this one and adds what it gives to its own state:
    ``async with clients(fleece=Fleece)(app) as state: yield {**state, ...}``.

    Args:
        makers: what makes each client, by a name of your choice: a class, or a function without arguments.
    """

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[Mapping[str, Any]]:
        async with AsyncExitStack() as stack:
            yield {_STATE: {name: await stack.enter_async_context(make()) for name, make in makers.items()}}

    return lifespan


@dataclass(frozen=True)
class _Provide(Generic[C]):
    """The dependency; two for the same client are equal, so that one can be named to be overridden."""

    kind: type[C]
    name: str | None
    forward_id: bool

    async def __call__(self, connection: HTTPConnection) -> AsyncIterator[C]:
        owned = self._find(getattr(connection.state, _STATE, {}))
        seconds = _seconds(connection.headers.get(TIMEOUT_HEADER))
        request_id = connection.headers.get(REQUEST_ID_HEADER, "")
        if self.forward_id and _REQUEST_ID.fullmatch(request_id):
            owned = owned.with_options(headers={REQUEST_ID_HEADER: request_id})
        with nullcontext() if seconds is None else deadline(seconds):
            yield owned

    def _find(self, made: Mapping[str, Client]) -> C:
        fitting = [
            each for name, each in made.items() if isinstance(each, self.kind) and self.name in (None, name)
        ]
        if len(fitting) != 1:
            wanted = f"{self.kind.__name__} named {self.name}" if self.name else self.kind.__name__
            raise ConfigError(
                f"the application has {len(fitting)} clients that are a {wanted}; "
                "pass lifespan=clients(...) to FastAPI, and a name where there are several"
            )
        return fitting[0]


def client(
    kind: type[C], name: str | None = None, *, forward_id: bool = True
) -> Callable[[HTTPConnection], AsyncIterator[C]]:
    """Give the dependency for a client: ``Annotated[Fleece, Depends(client(Fleece))]``.

    All calls made for one request, streams included, share the seconds that its caller will wait, and carry
    the caller's request id. In tests: ``app.dependency_overrides[client(Fleece)] = ...``.

    Args:
        kind: the class of the client.
        name: its name in ``clients(...)``, where several are of this class.
        forward_id: false sends no request id, so that requests which wait for jobs share one poller.

    Raises while answering:
        HTTPException: 400, for a time that is no number of seconds.
        ConfigError: the application has no such client, or several.
    """
    return _Provide(kind, name, forward_id)


def _seconds(given: str | None) -> float | None:
    """Read the caller's time."""
    if given is None:
        return None
    try:
        seconds = float(given)
    except ValueError:
        seconds = math.nan
    if not 0 < seconds < math.inf:
        raise HTTPException(400, f"{TIMEOUT_HEADER} has to be a number of seconds above 0")
    return min(seconds, MOST_SECONDS)
