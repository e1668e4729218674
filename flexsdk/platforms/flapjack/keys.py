"""API keys. Source: seed 004; docs api/keys, concepts/authentication."""

from __future__ import annotations

from datetime import datetime
from typing import Unpack

from flexsdk.core.op import Op
from flexsdk.core.pages import Pages
from flexsdk.core.resource import Resource
from flexsdk.platforms.flapjack.envelope import LIST
from flexsdk.protocol.redact import Secret
from flexsdk.structs import CamelParams, Model, Page
from flexsdk.types import CallOptions

__all__ = ["CREATE", "LIST_KEYS", "REVOKE", "ApiKey", "ApiKeyCreate", "ApiKeyCreated", "Keys"]


class ApiKey(Model, frozen=True, kw_only=True):
    """A key as it is listed: ``prefix`` is its first 12 characters and three dots."""

    id: str
    prefix: str
    name: str | None = None
    last_used_at: datetime | None = None
    created_at: datetime


class ApiKeyCreate(CamelParams, frozen=True, kw_only=True):
    """The body of a creation."""

    name: str


class ApiKeyCreated(Model, frozen=True, kw_only=True):
    """A new key. ``key.reveal()`` is the plain text; the platform never shows it again."""

    id: str
    key: Secret
    prefix: str
    name: str
    created_at: datetime


LIST_KEYS = Op("keys_list", "GET", "/api/keys", Page[ApiKey], envelope=LIST)
CREATE = Op("keys_create", "POST", "/api/keys", ApiKeyCreated, body=ApiKeyCreate)
REVOKE: Op[None] = Op("keys_revoke", "DELETE", "/api/keys/{key_id}", None)


class Keys(Resource):
    """API keys of the organization; reached as ``client.keys``.

    No API key may manage keys: all methods raise ``Forbidden`` unless the client was made with a user token
    of the dashboard, ``Flapjack(user_token)``.
    """

    async def create(self, name: str, **options: Unpack[CallOptions]) -> ApiKeyCreated:
        """Make a key; its plain text is in this answer only.

        Not repeated after an ambiguous failure: a lost answer leaves a key behind that nobody knows. Find it
        by its name and revoke it.
        """
        return await self._call(CREATE, body=ApiKeyCreate(name=name), **options)

    async def revoke(self, key_id: str, **options: Unpack[CallOptions]) -> None:
        """Revoke a key for good, at once. Safe to repeat.

        Raises:
            NotFound: no such key, or no longer: after a repeated attempt this means success.
        """
        await self._call(REVOKE, key_id, **options)

    def list(self, **options: Unpack[CallOptions]) -> Pages[ApiKey]:
        """List all keys, without their plain text; the platform sends one page. Safe to repeat."""
        return self._pages(LIST_KEYS, **options)
