"""FlexOrch executions: the full result of a pipeline run, and the blocks that jobs show of it."""

from __future__ import annotations

from typing import Any

from flexsdk.sandbox.exchange import Call, Problem
from flexsdk.sandbox.flexorch.models import Run
from flexsdk.sandbox.flexorch.pipeline import Finding, grade
from flexsdk.sandbox.flexorch.workspace import Workspace

__all__ = ["Executions", "privacy", "quality", "scaled"]


def scaled(space: Workspace, score: float) -> float:
    """Return a score from 0 to 1, or to 100 in form A."""
    return round(score * (100 if space.terms.form("quality-scale") == "A" else 1), 4)


def quality(space: Workspace, finding: Finding) -> dict[str, Any]:
    """Return the quality block of an answer."""
    return {
        "grade": grade(finding.score),
        "score": scaled(space, finding.score),
        "warnings": ["no structured records"] if finding.degraded else [],
        "field_fill_rate": 0.0 if finding.degraded else 1.0,
        "ocr_confidence": finding.ocr,
    }


def privacy(finding: Finding) -> dict[str, Any]:
    """Return the privacy block of an answer."""
    return {
        "pii_findings_count": sum(finding.pii.values()),
        "privacy_applied": finding.masked,
        "masked_record_count": finding.masked_records,
        "pii_type_summary": dict(finding.pii),
    }


class Executions:
    """Results, visible once their job has ended."""

    def __init__(self, space: Workspace) -> None:
        self._space = space

    async def executions_get(self, call: Call) -> dict[str, Any]:
        """Answer with a run that ended, all its records included."""
        run = self._space.find("execution", self._space.executions, call.path["execution_id"])
        if self._space.share(run.created) < 1:
            raise Problem(404, "No such execution")
        return self._shown(run)

    def _shown(self, run: Run) -> dict[str, Any]:
        finding = run.finding
        columns = list(finding.records[0]) if finding.records else []
        return {
            "id": self._space.shown("execution", run.execution_id),
            "document_id": self._space.shown("document", run.document.id),
            "status": "failed" if finding.failure else "completed",
            "degraded": finding.degraded,
            "document_type": finding.document_type,
            "result_meta": self._meta(finding),
            "privacy": privacy(finding),
            "output_summary": {
                "row_count": len(finding.records),
                "column_count": len(columns),
                "columns": columns,
                "pii_type_summary": dict(finding.pii),
            },
            "records": list(finding.records),
            "dataset": self._dataset(run),
        }

    def _meta(self, finding: Finding) -> dict[str, Any]:
        failure = {"step": "dataset", "error_type": "NoTable", "error": "no table was found"}
        return {
            "document_type": finding.document_type,
            "detected_language": finding.language,
            "grade": grade(finding.score),
            "score": scaled(self._space, finding.score),
            "warnings": quality(self._space, finding)["warnings"],
            "privacy_applied": finding.masked,
            "pii_findings_count": sum(finding.pii.values()),
            "classification_method": "rules",
            "step_failures": [failure] if finding.degraded else [],
        }

    def _dataset(self, run: Run) -> dict[str, Any] | None:
        for dataset in self._space.datasets.values():
            if run in dataset.sources and self._space.is_ready(dataset):
                return {
                    "id": self._space.shown("dataset", dataset.id),
                    "name": dataset.name,
                    "slug": dataset.slug,
                    "status": "ready",
                    "row_count": len(dataset.rows),
                }
        return None
