"""Flapjack integrations: databases that agents may query."""

from __future__ import annotations

import re

from flexsdk.sandbox.exchange import Call, Problem
from flexsdk.sandbox.flapjack.records import Record, Records
from flexsdk.sandbox.state import Maker

__all__ = ["Integrations"]

_ADDRESS = re.compile(r"postgres(ql)?://([^/?#@]*@)?[^/?#@:]+")
_TABLES = {"tables": {"orders": ["id", "status", "placed_at"], "customers": ["id", "name"]}}


class Integrations:
    """The databases of one organization; connection strings are read and forgotten."""

    def __init__(self, make: Maker, org_id: str) -> None:
        self._make = make
        self._org_id = org_id
        self._integrations = Records(make, "Integration", "integrationId")
        self._integrations.seed(self._integration("Warehouse", "postgres"))

    def _integration(self, name: str, kind: str) -> Record:
        now = self._make.time()
        return {
            "org_id": self._org_id,
            "name": name,
            "kind": kind,
            "status": "active",
            "schema_cache": _TABLES,
            "created_at": now,
            "updated_at": now,
        }

    async def integrations_list(self, _call: Call) -> list[Record]:
        """Answer with all databases."""
        return self._integrations.all()

    async def integrations_create(self, call: Call) -> Record:
        """Connect a database whose connection string names a host."""
        if not _ADDRESS.match(call.body["connectionString"]):
            raise Problem(422, "connectionString has to be a postgresql:// URL", param="connectionString")
        return self._integrations.add(call, self._integration(call.body["name"], call.body["kind"]))

    async def integrations_get(self, call: Call) -> Record:
        """Answer with one database."""
        return self._integrations.find(call)

    async def integrations_delete(self, call: Call) -> None:
        """Forget a database."""
        self._integrations.remove(call)
