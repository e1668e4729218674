"""Flapjack knowledge: documents of an organization, an agent or a thread."""

from __future__ import annotations

from typing import Any

from flexsdk.sandbox.exchange import Call, Problem
from flexsdk.sandbox.flapjack.agents import Agents
from flexsdk.sandbox.flapjack.records import Record, Records
from flexsdk.sandbox.state import Maker

__all__ = ["Knowledge"]

_CHUNK_BYTES = 1_000
"""A document is cut into pieces of this size; the documents name none."""
_SEEDED = (
    ("Refund policy", "refunds.pdf", 12),
    ("Opening hours", "hours.md", 1),
)


class Knowledge:
    """The documents of all scopes."""

    def __init__(self, make: Maker, agents: Agents) -> None:
        self._make = make
        self._documents = Records(make, "Document", "docId")
        first = next(iter(agents.agents))
        for title, source, chunks in _SEEDED:
            self._documents.seed(self._document(title, source, chunks, ("agent", first)))

    async def knowledge_upload(self, call: Call) -> dict[str, Any]:
        """Cut a document into chunks; an empty one is refused."""
        file = call.form["file"][0]
        if not file.data:
            raise Problem(422, "The file is empty", param="file")
        title, scope, scope_id = (call.form[name][0].text for name in ("title", "scopeType", "scopeId"))
        chunks = -(-len(file.data) // _CHUNK_BYTES)
        document = self._document(title, file.filename or title, chunks, (scope, scope_id))
        return {"id": self._documents.add(call, document)["id"], "title": title, "chunks": chunks}

    async def knowledge_list(self, call: Call) -> list[Record]:
        """Answer with the documents of one scope."""
        scope = (call.query["scopeType"], call.query["scopeId"])
        return [_shown(each) for each in self._documents.all() if each["scope"] == scope]

    async def knowledge_delete(self, call: Call) -> dict[str, bool]:
        """Delete a document with its chunks."""
        self._documents.remove(call)
        return {"ok": True}

    def _document(self, title: str, source: str, chunks: int, scope: tuple[str, str]) -> Record:
        return {
            "title": title,
            "source_ref": source,
            "chunk_count": chunks,
            "created_at": self._make.time(),
            "scope": scope,
        }


def _shown(document: Record) -> Record:
    return {name: value for name, value in document.items() if name != "scope"}
