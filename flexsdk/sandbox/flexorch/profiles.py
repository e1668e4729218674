"""FlexOrch statistics of a dataset, and its transparency report."""

from __future__ import annotations

from collections import Counter
from typing import Any

from flexsdk.sandbox.exchange import Answer, Call
from flexsdk.sandbox.flexorch.datasets import Datasets
from flexsdk.sandbox.flexorch.executions import scaled
from flexsdk.sandbox.flexorch.pipeline import grade
from flexsdk.sandbox.flexorch.terms import at_least
from flexsdk.sandbox.flexorch.workspace import Workspace, plan_of

__all__ = ["Profiles"]

_PDF = b"%PDF-1.4\n% transparency report\n%%EOF\n"
_KVKK = ["contact"]
_GDPR = ["contact data"]


class Profiles:
    """What is known about the quality and the privacy of a dataset."""

    def __init__(self, space: Workspace, datasets: Datasets) -> None:
        self._space = space
        self._datasets = datasets

    async def datasets_profile(self, call: Call) -> dict[str, Any]:
        """Answer with statistics; the documents and the packages show different members."""
        dataset = self._datasets.ready(call.path["dataset_id"])
        findings = [run.finding for run in dataset.sources]
        grades = dict(Counter(grade(finding.score) for finding in findings for _ in finding.records))
        counts = self._datasets.privacy(dataset)
        if self._space.terms.form("profile-shape") == "A":
            return {
                "quality_distribution": grades,
                "pii_type_summary": counts["pii_type_summary"],
                "gdpr_categories": _GDPR,
                "detected_countries": ["DE"],
                "applicable_regulations": ["GDPR"],
            }
        average = sum(finding.score for finding in findings) / len(findings)
        masked = counts["masked_record_count"]
        return {
            "quality": {
                "grade_distribution": grades,
                "avg_score": scaled(self._space, average),
                "below_threshold_count": grades.get("D", 0),
            },
            "privacy": {
                "pii_findings_count": counts["pii_findings_count"],
                "masked_record_count": masked,
                "clean_record_count": len(dataset.rows) - masked,
            },
            "formats": list(dataset.formats),
            "columns": list(dataset.rows[0]),
        }

    async def datasets_compliance_report(self, call: Call) -> Any:
        """Answer with the report, as JSON or as the bytes of a PDF."""
        at_least(plan_of(call), "pro")
        dataset = self._datasets.ready(call.path["dataset_id"])
        if call.query["format"] == "pdf":
            return Answer(200, body=_PDF, content_type="application/pdf")
        return {
            "dataset_id": self._space.shown("dataset", dataset.id),
            "dataset_name": dataset.name,
            "pii_findings_count": self._datasets.privacy(dataset)["pii_findings_count"],
            "kvkk_categories": _KVKK,
            "gdpr_categories": _GDPR,
            "applicable_regulations": ["GDPR", "KVKK"],
            "plan_coverage": "pro_countries",
        }
