"""FlexOrch documents: list, get and reprocess."""

from __future__ import annotations

from typing import Any

from flexsdk.sandbox.exchange import Call, Problem
from flexsdk.sandbox.flexorch.models import Dataset, Document, Run
from flexsdk.sandbox.flexorch.pipeline import extension, grade
from flexsdk.sandbox.flexorch.webhooks import Courier
from flexsdk.sandbox.flexorch.workspace import Workspace, page, plan_of

__all__ = ["Documents"]


class Documents:
    """The documents of the tenant."""

    def __init__(self, space: Workspace, courier: Courier) -> None:
        self._space = space
        self._courier = courier

    def _find(self, call: Call) -> Document:
        id_ = call.path["document_id"]
        return self._space.find("document", self._space.documents, id_, "DOCUMENT_NOT_FOUND")

    async def documents_list(self, call: Call) -> dict[str, Any]:
        """Answer with a page, newest first."""
        newest = list(reversed(self._space.documents.values()))
        return page(self._space.terms, call, newest, self._shown)

    async def documents_get(self, call: Call) -> dict[str, Any]:
        """Answer with a document, its runs and its datasets."""
        document = self._find(call)
        return self._shown(document) | {
            "processing_history": list(map(self._past, document.runs)),
            "related_datasets": list(map(self._brief, self._datasets(document))),
        }

    async def documents_reprocess(self, call: Call) -> dict[str, Any]:
        """Run the pipeline again; one credit, and the earlier results stay."""
        document, plan = self._find(call), plan_of(call)
        if document.from_connector:
            raise Problem(400, "The document came from a connector", code="REPROCESS_NOT_SUPPORTED")
        if not self._space.is_kept(document, plan):
            raise Problem(400, "The file is no longer stored", code="DOCUMENT_FILE_NOT_AVAILABLE")
        if self._space.charge(plan, 1):
            self._courier.warn()
        run = self._space.run(document, "und", (call.body or {}).get("pipeline_config", {}))
        self._courier.expect(run)
        return {
            "job_id": self._space.shown("job", run.id),
            "job_type": "data_process",
            "status": self._space.status(run),
            "document_id": self._space.shown("document", document.id),
        }

    def _datasets(self, document: Document) -> list[Dataset]:
        return [
            dataset
            for dataset in self._space.datasets.values()
            if any(run.document is document for run in dataset.sources)
        ]

    def _shown(self, document: Document) -> dict[str, Any]:
        ended = [run for run in document.runs if self._space.share(run.created) >= 1]
        datasets = self._datasets(document)
        return {
            "id": self._space.shown("document", document.id),
            "filename": document.filename,
            "file_ext": extension(document.filename),
            "status": "processed" if ended else "processing",
            "storage_path": f"tenants/1/documents/{document.id}{extension(document.filename)}",
            "created_at": document.stamp,
            "processing_count": len(document.runs),
            "latest_execution": self._latest(ended[-1]) if ended else None,
            "dataset": self._brief(datasets[-1]) if datasets else None,
        }

    def _latest(self, run: Run) -> dict[str, Any]:
        return {
            "id": self._space.shown("execution", run.execution_id),
            "status": self._space.status(run),
        }

    def _past(self, run: Run) -> dict[str, Any]:
        status = self._space.status(run)
        return {
            "job_id": self._space.shown("job", run.id),
            "status": status,
            "executed_at": run.stamps[0],
            "quality_grade": grade(run.finding.score) if status == "completed" else None,
        }

    def _brief(self, dataset: Dataset) -> dict[str, Any]:
        return {
            "id": self._space.shown("dataset", dataset.id),
            "name": dataset.name,
            "slug": dataset.slug,
            "status": "ready" if self._space.is_ready(dataset) else "building",
        }
