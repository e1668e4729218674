"""FlexOrch exports: downloads, and files pushed to a connector."""

from __future__ import annotations

from typing import Any

from flexsdk.sandbox.exchange import Answer, Call, Problem
from flexsdk.sandbox.flexorch.connectors import Connectors
from flexsdk.sandbox.flexorch.datasets import Datasets
from flexsdk.sandbox.flexorch.files import KINDS, LINE, endless, render
from flexsdk.sandbox.flexorch.models import Dataset
from flexsdk.sandbox.flexorch.search import chunks
from flexsdk.sandbox.flexorch.webhooks import Courier
from flexsdk.sandbox.flexorch.workspace import Workspace

__all__ = ["Exports"]

# The words of the documents, who know no json.
_DOCUMENTED = {"markdown": "md", "arrow": "hf"} | {
    name: name for name in KINDS if name not in ("json", "md", "hf")
}
_ENDS = {"rag": "json", "hf": "zip"}
"""Format to the end of the file name, where they differ."""


class Exports:
    """Datasets as files; no credits are taken."""

    def __init__(
        self, space: Workspace, courier: Courier, datasets: Datasets, connectors: Connectors
    ) -> None:
        self._space = space
        self._datasets = datasets
        self._connectors = connectors
        courier.pusher = self

    async def datasets_export(self, call: Call) -> Answer:
        """Answer with the file; in form A of the path this method is not allowed."""
        if self._space.terms.form("export-path") == "A":
            raise Problem(405, "Method not allowed")
        name = self._format(call.path["format"])
        return self._file(call, name, call.query.get("min_quality", "D"))

    async def datasets_export_query(self, call: Call) -> Answer:
        """Answer with the file, its format named in the query."""
        return self._file(call, self._format(call.query["format"]), "D")

    async def datasets_export_to_connector(self, call: Call) -> dict[str, Any]:
        """Write the file; an object of that key is replaced."""
        name = self._format(call.body["format"])
        dataset = self._datasets.ready(call.path["dataset_id"])
        key, size = self._write(dataset, name, call.body["connector_id"], call.body.get("prefix", ""))
        return {"s3_key": key, "size_bytes": size}

    def check(self, target: dict[str, Any]) -> None:
        """Refuse an automatic export of an unknown format or to an unknown connector."""
        self._format(target["format"])
        self._connectors.find(target["connector_id"])

    def push(self, dataset: Dataset, target: dict[str, Any]) -> None:
        """Write a finished dataset, as a webhook asked for it."""
        prefix = target.get("prefix", "exports/")
        self._write(dataset, self._format(target["format"]), target["connector_id"], prefix)

    def _write(self, dataset: Dataset, name: str, connector_id: object, prefix: str) -> tuple[str, int]:
        connector = self._connectors.use(connector_id)
        key, size = prefix + _filename(dataset, name), len(self._render(dataset, name, "D"))
        connector.objects[key] = size
        self._space.record("dataset.exported")
        return key, size

    def _format(self, name: str) -> str:
        documented = self._space.terms.form("export-formats") == "A"
        known = _DOCUMENTED if documented else {name: name for name in KINDS}
        if name not in known:
            raise Problem(422, f"format has to be one of: {', '.join(known)}", param="format")
        return known[name]

    def _file(self, call: Call, name: str, min_quality: str) -> Answer:
        dataset = self._datasets.ready(call.path["dataset_id"])
        headers = {"Content-Disposition": f'attachment; filename="{_filename(dataset, name)}"'}
        size = self._space.terms.export_bytes
        if size is not None and name == "jsonl":
            size += -size % LINE
            headers["Content-Length"] = str(size)
            return Answer(200, body=endless(size), content_type=KINDS[name], headers=headers)
        data = self._render(dataset, name, min_quality)
        dataset.formats[name] = len(data)
        return Answer(200, body=data, content_type=KINDS[name], headers=headers)

    def _render(self, dataset: Dataset, name: str, min_quality: str) -> bytes:
        if name != "rag":
            return render(name, dataset.rows)
        found = chunks(self._space, dataset)
        return render(name, [chunk for chunk in found if chunk["metadata"]["quality_grade"] <= min_quality])


def _filename(dataset: Dataset, name: str) -> str:
    return f"{dataset.slug}.{_ENDS.get(name, name)}"
