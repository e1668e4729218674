"""FlexOrch datasets: list, get and preview of the records."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

from flexsdk.sandbox.exchange import Call, Problem
from flexsdk.sandbox.flexorch.models import Dataset
from flexsdk.sandbox.flexorch.workspace import Workspace, page

__all__ = ["Datasets"]


class Datasets:
    """The datasets of the tenant."""

    def __init__(self, space: Workspace) -> None:
        self._space = space

    def find(self, id_: object) -> Dataset:
        """Return a dataset, ready or not.

        Raises:
            Problem: 404.
        """
        return self._space.find("dataset", self._space.datasets, id_)

    def ready(self, id_: object) -> Dataset:
        """Return a dataset whose build has ended well.

        Raises:
            Problem: 404 for an unknown one, and for one without rows yet.
        """
        dataset = self.find(id_)
        if not self._space.is_ready(dataset):
            raise Problem(404, "The dataset is not ready")
        return dataset

    async def datasets_list(self, call: Call) -> dict[str, Any]:
        """Answer with a page, newest first."""
        newest = [d for d in reversed(self._space.datasets.values()) if self._matches(d, call)]
        return page(self._space.terms, call, newest, self._listed)

    def _matches(self, dataset: Dataset, call: Call) -> bool:
        """Return whether a dataset has all that the query asks for."""
        query = call.query
        has: dict[str, Callable[[Any], bool]] = {
            "status": lambda wanted: wanted == self._status(dataset),
            "source_execution_id": lambda wanted: any(wanted == r.execution_id for r in dataset.sources),
            "source_document_id": lambda wanted: any(wanted == r.document.id for r in dataset.sources),
            "q": lambda wanted: wanted.lower() in f"{dataset.name} {dataset.description}".lower(),
            "job_id": lambda wanted: wanted in self._jobs(dataset),
        }
        return all(test(query[name]) for name, test in has.items() if name in query)

    def _jobs(self, dataset: Dataset) -> set[str]:
        """Return the ids of the jobs it came from, as text."""
        return {str(self._space.shown("job", job.id)) for job in (*dataset.sources, *dataset.builds)}

    async def datasets_get(self, call: Call) -> dict[str, Any]:
        """Answer with one dataset."""
        return self.detail(self.find(call.path["dataset_id"]))

    async def datasets_rows(self, call: Call) -> dict[str, Any]:
        """Answer with a page of the records that hold a text."""
        dataset, query = self.ready(call.path["dataset_id"]), call.query
        wanted = query.get("q", "").lower()
        rows = [row for row in dataset.rows if wanted in str(list(row.values())).lower()]
        start = (query["page"] - 1) * query["page_size"]
        shown = rows[start : start + query["page_size"]]
        return {
            "dataset_id": self._space.shown("dataset", dataset.id),
            "dataset_name": dataset.name,
            "dataset_slug": dataset.slug,
            "columns": list(dataset.rows[0]),
            "rows": shown,
            "query": query.get("q"),
            "pagination": {
                "page": query["page"],
                "page_size": query["page_size"],
                "total_rows": len(dataset.rows),
                "filtered_total": len(rows),
                "returned_rows": len(shown),
                "has_next": start + len(shown) < len(rows),
            },
        }

    def _status(self, dataset: Dataset) -> str:
        state = self._space.status(dataset.builds[-1])
        return {"completed": "ready", "failed": "failed"}.get(state, "building")

    def privacy(self, dataset: Dataset) -> dict[str, Any]:
        """Return the counters of all its executions together."""
        findings = [run.finding for run in dataset.sources]
        pii = sum((Counter(finding.pii) for finding in findings), Counter[str]())
        return {
            "pii_findings_count": pii.total(),
            "privacy_applied": all(finding.masked for finding in findings),
            "masked_record_count": sum(finding.masked_records for finding in findings),
            "pii_type_summary": dict(pii),
        }

    def _shown(self, dataset: Dataset) -> dict[str, Any]:
        files = {name: {"size_bytes": size} for name, size in dataset.formats.items()}
        return {
            "id": self._space.shown("dataset", dataset.id),
            "name": dataset.name,
            "slug": dataset.slug,
            "status": self._status(dataset),
            "version": dataset.version,
            "row_count": len(dataset.rows) if self._space.is_ready(dataset) else 0,
            "created_at": dataset.stamp,
            "description": dataset.description,
            "format_summary": {"files": files},
        }

    def _listed(self, dataset: Dataset) -> dict[str, Any]:
        counts = self.privacy(dataset)
        return self._shown(dataset) | {
            name: counts[name] for name in ("pii_findings_count", "privacy_applied")
        }

    def detail(self, dataset: Dataset) -> dict[str, Any]:
        """Return a dataset as the answer about it alone."""
        return self._shown(dataset) | {"privacy": self.privacy(dataset)}
