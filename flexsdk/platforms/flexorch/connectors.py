"""FlexOrch connectors to storage and vector databases.

Source: docs-repo "Connectors"; the vendor's packages.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import Any, Literal, Unpack

from flexsdk.core.op import Replay
from flexsdk.core.pages import Pages
from flexsdk.platforms.flexorch.resource import FlexOrchResource
from flexsdk.platforms.flexorch.schedules import Schedules
from flexsdk.platforms.flexorch.wire import LIST, Answer, Endpoint, Id, plain
from flexsdk.protocol.redact import Secret
from flexsdk.structs import Model, Page, Params
from flexsdk.types import CallOptions

__all__ = [
    "CREATE",
    "DELETE",
    "GET",
    "LIST_CONNECTORS",
    "TEST",
    "Connector",
    "ConnectorCreate",
    "ConnectorTest",
    "Connectors",
    "s3_config",
]

ConnectorType = (
    Literal["s3", "gcs", "azure_blob", "google_drive", "pgvector_external", "pinecone", "qdrant"] | str
)


class ConnectorCreate(Params, frozen=True, kw_only=True):
    """The body of a creation."""

    type: str
    name: str
    config: Mapping[str, Any]


class Connector(Answer, frozen=True, kw_only=True):
    """A connector; ``config`` comes without its secrets."""

    id: Id = ""
    name: str = ""
    type: ConnectorType = ""
    active: bool | None = None
    last_tested_at: str | None = None
    last_used_at: str | None = None
    created_at: str | None = None
    config: dict[str, Any] | None = None


class ConnectorTest(Model, frozen=True, kw_only=True):
    """The result of a test; ``latency_ms`` is in milliseconds."""

    success: bool = False
    latency_ms: int | None = None
    message: str = ""


CREATE = Endpoint("connectors_create", "POST", "/connectors", Connector, body=ConnectorCreate)
LIST_CONNECTORS = Endpoint("connectors_list", "GET", "/connectors", Page[Connector], envelope=LIST)
GET = Endpoint("connectors_get", "GET", "/connectors/{connector_id}", Connector)
DELETE: Endpoint[None] = Endpoint("connectors_delete", "DELETE", "/connectors/{connector_id}", None)
TEST = Endpoint(
    "connectors_test", "POST", "/connectors/{connector_id}/test", ConnectorTest, replay=Replay.SAFE
)


def s3_config(
    bucket: str,
    region: str,
    *,
    access_key_id: str,
    secret_access_key: str | Secret,
    prefix: str | None = None,
) -> dict[str, str]:
    """Make the ``config`` of an ``s3`` connector, with the names of the live service.

    The documentation names the keys ``aws_access_key_id`` and ``aws_secret_access_key``; to use these, pass
    a dict of your own.
    """
    config = {
        "bucket": bucket,
        "region": region,
        "access_key_id": access_key_id,
        "secret_access_key": plain(secret_access_key),
    }
    return config if prefix is None else {**config, "prefix": prefix}


class Connectors(FlexOrchResource):
    """Connectors; reached as ``client.connectors``."""

    @cached_property
    def schedules(self) -> Schedules:
        """When a connector fetches new files by itself."""
        return Schedules(self._client)

    async def create(
        self,
        type: ConnectorType,  # noqa: A002 - the platform's word
        name: str,
        config: Mapping[str, Any],
        **options: Unpack[CallOptions],
    ) -> Connector:
        """Register a connector. The platform keeps its secrets and never shows them again.

        Not repeated after an ambiguous failure: list the connectors first.

        Args:
            type: the kind of storage; from ``google_drive`` on known from the vendor's package only.
            config: depends on the type, and passes through unchanged; for ``s3`` see :func:`s3_config`.

        Raises:
            Forbidden: the plan does not have this type.
        """
        body = ConnectorCreate(type=type, name=name, config=config)
        return await self._call(CREATE, body=body, **options)

    async def get(self, connector_id: str | int, **options: Unpack[CallOptions]) -> Connector:
        """Read one connector. Safe to repeat."""
        return await self._call(GET, connector_id, **options)

    async def delete(self, connector_id: str | int, **options: Unpack[CallOptions]) -> None:
        """Deactivate a connector. Safe to repeat."""
        await self._remove(DELETE, connector_id, **options)

    async def test(self, connector_id: str | int, **options: Unpack[CallOptions]) -> ConnectorTest:
        """Try to connect; a failed test is a value with ``success`` false. Safe to repeat."""
        return await self._call(TEST, connector_id, **options)

    def list(self, **options: Unpack[CallOptions]) -> Pages[Connector]:
        """List all connectors; the platform sends one page. Safe to repeat."""
        return self._pages(LIST_CONNECTORS, **options)
