"""FlexOrch fine-tuning, the record of processing, the audit log, and the tenant's own model."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from typing import Any

import msgspec

from flexsdk.sandbox.exchange import Answer, Call
from flexsdk.sandbox.flexorch.datasets import Datasets
from flexsdk.sandbox.flexorch.terms import PLANS, at_least
from flexsdk.sandbox.flexorch.workspace import Workspace, plan_of

__all__ = ["Office"]

_COLUMNS = ("timestamp", "event_type", "tenant_id", "document_id", "outcome")
_STEPS = ("validating_files", "queued", "running")
"""States of a fine-tuning job before its end, each for a third of the time of a run."""


@dataclass(frozen=True, slots=True)
class _Tuning:
    id: int
    dataset_id: int
    model: str
    suffix: str
    begun: float
    stamps: tuple[str, str]


class Office:
    """What is left of the API besides documents and data."""

    def __init__(self, space: Workspace, datasets: Datasets) -> None:
        self._space = space
        self._datasets = datasets
        self._tunings: dict[int, _Tuning] = {}

    async def fine_tune_create(self, call: Call) -> dict[str, Any]:
        """Submit a job on a ready dataset; the word "fail" in its suffix lets it fail."""
        self._space.refuse_ended_trial(plan_of(call))
        at_least(plan_of(call), "pro")
        dataset = self._datasets.ready(call.body["dataset_id"])
        stamps = (self._space.make.time(), self._space.make.time())
        tuning = _Tuning(
            self._space.number("fine-tune"),
            dataset.id,
            call.body["model"],
            call.body.get("suffix", "custom"),
            self._space.now(),
            stamps,
        )
        self._tunings[tuning.id] = tuning
        return self._shown(tuning)

    async def fine_tune_get(self, call: Call) -> dict[str, Any]:
        """Answer with the state."""
        return self._shown(self._space.find("fine-tune", self._tunings, call.path["job_id"]))

    def _shown(self, tuning: _Tuning) -> dict[str, Any]:
        share = self._space.share(tuning.begun)
        failed = share >= 1 and "fail" in tuning.suffix
        done = share >= 1 and not failed
        reason = "The dataset has too few examples" if failed else None
        return {
            "job_id": self._space.shown("fine-tune", tuning.id),
            "status": "failed" if failed else "succeeded" if done else _STEPS[int(share * len(_STEPS))],
            "model": tuning.model,
            "fine_tuned_model": f"ft:{tuning.model}:{tuning.suffix}:{tuning.id}" if done else None,
            "dataset_id": self._space.shown("dataset", tuning.dataset_id),
            "failure_reason": reason,
            "error": {"message": reason} if reason else None,
            "created_at": tuning.stamps[0],
            "completed_at": tuning.stamps[1] if share >= 1 else None,
        }

    async def compliance_record_get(self, call: Call) -> dict[str, Any]:
        """Answer with the record of processing activities."""
        activity = {
            "category": "document processing",
            "data_subjects": ["customers", "employees"],
            "data_categories": ["contact data", "financial data"],
            "retention_period": f"{PLANS[plan_of(call)].kept_days} days",
            "technical_measures": ["encryption at rest", "masking of personal data"],
        }
        return {
            "controller": "Sandbox Ltd",
            "processing_activities": [activity],
            "generated_at": self._space.make.time(),
        }

    async def audit_export(self, call: Call) -> Answer:
        """Answer with the whole log as a file; the JSON is in the envelope, and bare in form A of it."""
        if call.query["format"] == "csv":
            text = io.StringIO()
            writer = csv.DictWriter(text, _COLUMNS)
            writer.writeheader()
            writer.writerows(self._space.audit)
            return Answer(200, body=text.getvalue().encode(), content_type="text/csv")
        if self._space.terms.form("envelope") == "A":
            return Answer(200, body=msgspec.json.encode(self._space.audit))
        return Answer(200, list(self._space.audit))

    async def settings_llm_config_set(self, call: Call) -> dict[str, Any]:
        """Take the setting; the key is never shown."""
        at_least(plan_of(call), "enterprise")
        return {name: call.body.get(name) for name in ("provider", "model", "endpoint")}
