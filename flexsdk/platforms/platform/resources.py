"""Platform resources. Source: seed 001, "Resources"; template docs, core concepts."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Literal, TypeAlias, Unpack, cast

import msgspec

from flexsdk.codec import Envelope, decoder
from flexsdk.core.op import Op, Replay
from flexsdk.core.pages import Pages
from flexsdk.core.resource import Resource as _Resource
from flexsdk.errors import ConfigError
from flexsdk.platforms.platform.dialect import LIST
from flexsdk.protocol.cursor import CURSOR
from flexsdk.structs import UNSET, CamelModel, CamelParams, Model, Page, UnsetType
from flexsdk.types import CallOptions

__all__ = [
    "CREATE",
    "DELETE",
    "GET",
    "LIST_RESOURCES",
    "UPDATE",
    "Created",
    "JobAccepted",
    "Resource",
    "ResourceCreate",
    "ResourceUpdate",
    "Resources",
    "Status",
]

MAX_PAIRS = 20
"""Most pairs of metadata."""
MAX_DESCRIPTION = 2_000
"""Most characters of a description."""
MAX_PAGE = 100
"""Most items of a page."""

Status: TypeAlias = Literal["active", "paused", "archived"]


class Resource(CamelModel, frozen=True, kw_only=True):
    """The primary object. Lists may leave fields out; ``metadata`` holds the customer's own pairs."""

    id: str
    object: str = "resource"
    name: str = ""
    description: str | None = None
    status: Status | str = "active"
    metadata: dict[str, str] | None = None
    created_at: datetime | None = None
    updated_at: datetime | None = None


class JobAccepted(Model, frozen=True, kw_only=True):
    """The write goes on as a job: wait for it with ``jobs.wait(accepted.job_id)``."""

    job_id: str


Created: TypeAlias = Resource | JobAccepted
"""What a creation answers; that it may be a job is inferred."""


class ResourceCreate(CamelParams, frozen=True, kw_only=True):
    """The body of a creation."""

    name: str
    description: str | UnsetType = UNSET
    metadata: Mapping[str, str] | UnsetType = UNSET


class ResourceUpdate(CamelParams, frozen=True, kw_only=True):
    """The body of an update: what is left out stays; ``metadata`` is replaced whole, not merged."""

    name: str | UnsetType = UNSET
    description: str | UnsetType | None = UNSET
    status: Status | UnsetType = UNSET
    metadata: Mapping[str, str] | UnsetType | None = UNSET


class _JobWire(msgspec.Struct, frozen=True):
    """The ways in which an answer can name a job; only ``job_id`` is documented."""

    object: str = ""
    id: str = ""
    job_id: str = ""
    camel_job_id: str = msgspec.field(name="jobId", default="")

    def name(self) -> str:
        """The id of the job; empty when the answer is none."""
        return self.job_id or self.camel_job_id or (self.id if self.object == "job" else "")


_job_wire = decoder(_JobWire)
_resource = decoder(Resource)


def _peel(raw: msgspec.Raw) -> Created:
    body = bytes(raw)
    job_id = _job_wire(body).name()
    return JobAccepted(job_id=job_id) if job_id else _resource(body)


CREATED = Envelope(lambda _: msgspec.Raw, _peel)
"""A resource, or the id of a job."""

CREATE: Op[Created] = Op(
    "resources_create",
    "POST",
    "/resources",
    cast("type[Created]", Created),
    body=ResourceCreate,
    envelope=CREATED,
    replay=Replay.KEYED,
)
LIST_RESOURCES = Op(
    "resources_list",
    "GET",
    "/resources",
    Page[Resource],
    query=("limit", "cursor", "status"),
    envelope=LIST,
    pages=CURSOR,
)
GET = Op("resources_get", "GET", "/resources/{id}", Resource)
UPDATE = Op("resources_update", "PATCH", "/resources/{id}", Resource, body=ResourceUpdate, replay=Replay.SAFE)
DELETE: Op[None] = Op("resources_delete", "DELETE", "/resources/{id}", None)


class Resources(_Resource):
    """The primary objects; reached as ``client.resources``."""

    async def create(
        self,
        name: str,
        *,
        description: str | UnsetType = UNSET,
        metadata: Mapping[str, str] | UnsetType = UNSET,
        **options: Unpack[CallOptions],
    ) -> Created:
        """Create a resource; it starts active. Safe to repeat for 24 hours under one idempotency key.

        The key is made for you and stays the same on every attempt; pass ``idempotency_key=`` to repeat a
        call over the end of the process. The answer may be a :class:`JobAccepted` (inferred).

        Args:
            name: a readable label.
            description: up to 2,000 characters.
            metadata: up to 20 pairs of text.
        """
        _check(description, metadata)
        body = ResourceCreate(name=name, description=description, metadata=metadata)
        return await self._call(CREATE, body=body, **options)

    async def get(self, resource_id: str, **options: Unpack[CallOptions]) -> Resource:
        """Read a resource. Safe to repeat."""
        return await self._call(GET, resource_id, **options)

    async def update(
        self,
        resource_id: str,
        *,
        name: str | UnsetType = UNSET,
        description: str | UnsetType | None = UNSET,
        status: Status | UnsetType = UNSET,
        metadata: Mapping[str, str] | UnsetType | None = UNSET,
        **options: Unpack[CallOptions],
    ) -> Resource:
        """Change the given fields and keep the others. Safe to repeat: all values are absolute.

        ``metadata`` replaces the whole map. That ``None`` clears a field is not documented; it is sent as
        null only when you pass it.
        """
        body = ResourceUpdate(name=name, description=description, status=status, metadata=metadata)
        if body == ResourceUpdate():
            raise ConfigError("nothing to change: pass at least one field")
        _check(description, metadata)
        return await self._call(UPDATE, resource_id, body=body, **options)

    async def delete(self, resource_id: str, **options: Unpack[CallOptions]) -> None:
        """Delete a resource for good. Safe to repeat.

        Raises:
            NotFound: it is not there, or no longer: after a repeated attempt this means success.
        """
        await self._call(DELETE, resource_id, **options)

    def list(
        self,
        *,
        status: Status | None = None,
        limit: int | None = None,
        cursor: str | None = None,
        **options: Unpack[CallOptions],
    ) -> Pages[Resource]:
        """List resources, newest first; archived ones only with ``status="archived"``. Safe to repeat.

        Args:
            status: keep only this status.
            limit: items of a page, 1 to 100; the platform's default is 20.
            cursor: where to go on, from ``pages.cursor``.
        """
        if limit is not None and not 1 <= limit <= MAX_PAGE:
            raise ConfigError(f"limit must be 1 to {MAX_PAGE}, not {limit!r}")
        return self._pages(LIST_RESOURCES, query={"status": status}, limit=limit, cursor=cursor, **options)


def _check(description: object, metadata: object) -> None:
    """Refuse what the platform would refuse."""
    if isinstance(description, str) and len(description) > MAX_DESCRIPTION:
        raise ConfigError(f"description may have {MAX_DESCRIPTION} characters, not {len(description)}")
    if not isinstance(metadata, Mapping):
        return
    if len(metadata) > MAX_PAIRS:
        raise ConfigError(f"metadata may have {MAX_PAIRS} pairs, not {len(metadata)}")
    if not all(isinstance(each, str) for pair in metadata.items() for each in pair):
        raise ConfigError("metadata holds pairs of text; turn other values into text first")
