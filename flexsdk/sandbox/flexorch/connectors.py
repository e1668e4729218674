"""FlexOrch connectors: register, test, and list."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import msgspec

from flexsdk.sandbox.exchange import Answer, Call, Problem
from flexsdk.sandbox.flexorch.terms import at_least
from flexsdk.sandbox.flexorch.workspace import Workspace, plan_of

__all__ = ["Connector", "Connectors"]

# Type to the members its config has to have.
_CONFIGS = {
    "s3": ("bucket", "region", "access_key_id", "secret_access_key"),
    "gcs": ("project_id", "bucket", "credentials_json"),
    "azure_blob": ("account_name", "container_name", "account_key"),
    "google_drive": ("folder_id", "credentials_json"),
    "pinecone": ("api_key", "index_name"),
    "qdrant": ("url", "collection_name"),
    "pgvector_external": ("connection_string",),
}
_S3_OF_THE_DOCUMENTS = ("bucket", "region", "aws_access_key_id", "aws_secret_access_key")
_SECRET = ("key", "secret", "credentials", "connection_string")
"""Words in the names of members that are never shown."""
_UNREACHABLE = "unreachable"
"""A connector with this word in its config fails its test."""


@dataclass(slots=True, eq=False)
class Connector:
    """One connector, with what was written to it."""

    id: int
    name: str
    type: str
    config: dict[str, Any]
    stamp: str
    tested: str | None = None
    used: str | None = None
    objects: dict[str, int] = field(default_factory=dict)
    """Key to bytes of what was pushed."""


class Connectors:
    """The active connectors of the tenant."""

    def __init__(self, space: Workspace) -> None:
        self._space = space
        self._connectors: dict[int, Connector] = {}

    def find(self, id_: object) -> Connector:
        """Return an active connector.

        Raises:
            Problem: 404.
        """
        return self._space.find("connector", self._connectors, id_)

    def use(self, id_: object) -> Connector:
        """Return an active connector, and note that it was used."""
        connector = self.find(id_)
        connector.used = self._space.make.time()
        return connector

    def _find(self, call: Call) -> Connector:
        return self.find(call.path["connector_id"])

    async def connectors_create(self, call: Call) -> dict[str, Any]:
        """Register a connector; the trial has none."""
        at_least(plan_of(call), "starter")
        kind, config = call.body["type"], call.body["config"]
        if kind not in _CONFIGS:
            raise Problem(422, f"type has to be one of: {', '.join(_CONFIGS)}", param="type")
        for name in self._members(kind):
            if not config.get(name):
                raise Problem(422, f"config.{name} is required", param=f"config.{name}")
        number = self._space.number("connector")
        connector = Connector(number, call.body["name"], kind, config, self._space.make.time())
        self._connectors[number] = connector
        return self._shown(connector)

    def _members(self, kind: str) -> tuple[str, ...]:
        if kind == "s3" and self._space.terms.form("s3-config-keys") == "A":
            return _S3_OF_THE_DOCUMENTS
        return _CONFIGS[kind]

    async def connectors_list(self, _call: Call) -> dict[str, Any]:
        """Answer with all connectors."""
        return {"items": list(map(self._shown, self._connectors.values()))}

    async def connectors_get(self, call: Call) -> dict[str, Any]:
        """Answer with one connector."""
        return self._shown(self._find(call))

    async def connectors_delete(self, call: Call) -> None:
        """Deactivate a connector; it is not found any more."""
        del self._connectors[self._find(call).id]

    async def connectors_test(self, call: Call) -> dict[str, Any] | Answer:
        """Answer with the result; in form A of the envelope it stands bare."""
        connector = self._find(call)
        connector.tested = self._space.make.time()
        fails = any(_UNREACHABLE in str(value) for value in connector.config.values())
        result = {
            "success": not fails,
            "latency_ms": None if fails else 42,
            "message": "The host did not answer" if fails else "Connected",
        }
        bare = self._space.terms.form("envelope") == "A"
        return Answer(200, body=msgspec.json.encode(result)) if bare else result

    def _shown(self, connector: Connector) -> dict[str, Any]:
        open_ = {
            name: value
            for name, value in connector.config.items()
            if not any(word in name for word in _SECRET)
        }
        return {
            "id": self._space.shown("connector", connector.id),
            "name": connector.name,
            "type": connector.type,
            "active": True,
            "last_tested_at": connector.tested,
            "last_used_at": connector.used,
            "created_at": connector.stamp,
            "config": open_,
        }
