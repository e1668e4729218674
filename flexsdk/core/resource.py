"""The base of resources: a group of operations on one client."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flexsdk.core.client import Client

__all__ = ["Resource"]


class Resource:
    """Operations that belong together; reached as an attribute of a client, with that client's options."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._call = client.call
        self._stream = client.stream
