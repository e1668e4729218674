"""Webhooks as a dependency: verified on the raw bytes, then typed."""

# FastAPI reads the annotations of dependencies at run time, so they are no strings here.

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Final, Generic, TypeAlias, TypeVar

from fastapi import HTTPException, Request

from flexsdk.errors import DecodeError

__all__ = ["webhook"]

T = TypeVar("T")

Receive: TypeAlias = Callable[[bytes, str, str | Sequence[str]], T]

MAX_BYTES: Final = 1024 * 1024
"""Most bytes of a delivery, so that a stranger cannot fill the memory before the signature is checked."""


@dataclass(frozen=True)
class _Verified(Generic[T]):
    receive: Receive[T]
    header: str
    secret: str | tuple[str, ...] = field(repr=False)

    async def __call__(self, request: Request) -> T:
        body = await _read(request)
        try:
            return self.receive(body, request.headers.get(self.header, ""), self.secret)
        except DecodeError as error:
            reason = str(error)
        raise HTTPException(422, reason)


def webhook(
    receive: Receive[T], header: str, secret: str | Sequence[str]
) -> Callable[[Request], Awaitable[T]]:
    """Give the dependency for deliveries of a platform, whose value is a typed event.

    As in ``Annotated[Event, Depends(webhook(platform.receive, platform.SIGNATURE_HEADER, secret))]``.

    Args:
        receive: the platform's function of this name.
        header: the name of the header that holds the signature.
        secret: one secret, or several while they are being exchanged.

    Raises while answering:
        SignatureError: the delivery is not from the platform, or was changed; :func:`install` answers 403.
        HTTPException: 413, above 1 MiB; 422, genuine but of another shape than documented.
    """
    return _Verified(receive, header, secret if isinstance(secret, str) else tuple(secret))


async def _read(request: Request) -> bytes:
    pieces: list[bytes] = []
    size = 0
    async for piece in request.stream():
        size += len(piece)
        if size > MAX_BYTES:
            raise HTTPException(413, f"a delivery has at most {MAX_BYTES} bytes")
        pieces.append(piece)
    return b"".join(pieces)
