"""Fleece API keys. Source: seed 003, "API Keys"."""

from __future__ import annotations

from datetime import datetime
from typing import Unpack

from flexsdk.core.op import Op
from flexsdk.core.pages import Pages
from flexsdk.core.resource import Resource
from flexsdk.platforms.fleece.dialect import LIST
from flexsdk.protocol.redact import Secret
from flexsdk.structs import CamelModel, CamelParams, Page
from flexsdk.types import CallOptions

__all__ = ["CREATE", "DELETE", "LIST_KEYS", "ApiKey", "ApiKeyCreated", "ApiKeyCreateRequest", "Keys"]


class ApiKey(CamelModel, frozen=True, kw_only=True):
    """A key as it is listed: ``key_prefix`` is its first 12 characters."""

    id: str
    name: str = ""
    key_prefix: str = ""
    is_active: bool = True
    last_used_at: datetime | None = None
    expires_at: datetime | None = None
    created_at: datetime | None = None


class ApiKeyCreateRequest(CamelParams, frozen=True, kw_only=True):
    """The body of a creation."""

    name: str


class ApiKeyCreated(CamelModel, frozen=True, kw_only=True):
    """A new key. ``key.reveal()`` is the plain text; the platform never shows it again."""

    id: str
    key: Secret
    name: str = ""
    key_prefix: str = ""
    created_at: datetime | None = None


LIST_KEYS = Op("keys_list", "GET", "/keys", Page[ApiKey], envelope=LIST)
CREATE = Op("keys_create", "POST", "/keys", ApiKeyCreated, body=ApiKeyCreateRequest)
DELETE: Op[None] = Op("keys_delete", "DELETE", "/keys/{key_id}", None)


class Keys(Resource):
    """API keys, also the one in use; reached as ``client.keys``."""

    async def create(self, name: str, **options: Unpack[CallOptions]) -> ApiKeyCreated:
        """Make a key; its plain text is in this answer only.

        Not repeated after an ambiguous failure: a lost answer leaves a key behind that nobody knows. Find it
        by its name and delete it.

        Raises:
            Forbidden: the plan allows no further key: 5 for Pro, 10 for Business, 25 for Enterprise.
        """
        return await self._call(CREATE, body=ApiKeyCreateRequest(name=name), **options)

    async def delete(self, key_id: str, **options: Unpack[CallOptions]) -> None:
        """Revoke a key for good, at once; also the one in use. Safe to repeat.

        Raises:
            NotFound: no such key, or no longer: after a repeated attempt this means success.
        """
        await self._call(DELETE, key_id, **options)

    def list(self, **options: Unpack[CallOptions]) -> Pages[ApiKey]:
        """List all keys of the user, without their plain text. Safe to repeat."""
        return self._pages(LIST_KEYS, **options)
