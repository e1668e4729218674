"""FlexOrch jobs and their feedback; a job moves on by the clock alone."""

from __future__ import annotations

from typing import Any

from flexsdk.sandbox.exchange import Call, Problem
from flexsdk.sandbox.flexorch.executions import privacy, quality
from flexsdk.sandbox.flexorch.models import Build, Dataset, Job, Run
from flexsdk.sandbox.flexorch.terms import Form
from flexsdk.sandbox.flexorch.workspace import Workspace, page

__all__ = ["Jobs"]

# Form of the documents to the words of its feedback; A joins the two lists of the documents.
_RATINGS: dict[Form, tuple[str, ...]] = {"A": ("positive", "negative"), "B": ("up", "down")}
_ISSUES: dict[Form, tuple[str, ...]] = {
    "A": (
        "wrong_fields",
        "missing_data",
        "wrong_classification",
        "pii_not_masked",
        "missed_pii",
        "incorrect_summary",
        "poor_extraction",
        "other",
    ),
    "B": ("wrong_doc_type", "missing_fields", "wrong_values", "pii_missed", "pii_over_masked", "other"),
}


class Jobs:
    """Pipeline runs and dataset builds."""

    def __init__(self, space: Workspace) -> None:
        self._space = space

    def _find(self, call: Call) -> Job:
        return self._space.find("job", self._space.jobs, call.path["job_id"])

    async def jobs_list(self, call: Call) -> dict[str, Any]:
        """Answer with a page, newest first; in form A it is cut by limit and offset."""
        newest = list(reversed(self._space.jobs.values()))
        if self._space.terms.form("pagination") == "B":
            return page(self._space.terms, call, newest, self._shown)
        limit, offset = call.query["limit"], call.query["offset"]
        return {"items": [self._shown(job) for job in newest[offset : offset + limit]], "total": len(newest)}

    async def jobs_get(self, call: Call) -> dict[str, Any]:
        """Answer with the state, whatever it is."""
        return self._shown(self._find(call))

    async def jobs_feedback_submit(self, call: Call) -> dict[str, Any]:
        """Keep the feedback in place of an earlier one."""
        job = self._find(call)
        form = self._space.terms.form("feedback-values")
        rating, issue = call.body["rating"], call.body.get("issue")
        _one_of("rating", rating, _RATINGS[form])
        if issue is not None:
            _one_of("issue", issue, _ISSUES[form])
        job.feedback = {
            "id": self._space.shown("feedback", self._space.number("feedback")),
            "job_id": self._space.shown("job", job.id),
            "rating": rating,
            "issue": issue,
            "notes": call.body.get("notes"),
            "created_at": self._space.make.time(),
        }
        return job.feedback

    async def jobs_feedback_get(self, call: Call) -> dict[str, Any] | None:
        """Answer with the feedback, or null."""
        return self._find(call).feedback

    def _shown(self, job: Job) -> dict[str, Any]:
        status = self._space.status(job)
        ended = status in ("completed", "failed")
        stage = self._space.stage(job)
        shown = {
            "job_id": self._space.shown("job", job.id),
            "job_type": "data_process" if isinstance(job, Run) else "dataset_build",
            "status": status,
            "result_meta": {"pipeline_stage": stage} if stage else None,
            "failure_reason": None,
            "error": None,
            "created_at": job.stamps[0],
            "completed_at": job.stamps[1] if ended else None,
        }
        if isinstance(job, Run):
            shown["document_id"] = self._space.shown("document", job.document.id)
            shown |= self._processed(job) if ended else {}
        if isinstance(job, Build) and status == "completed":
            shown["dataset_summary"] = self._built(job.dataset)
        if ended and job.failure:
            self._add_reason(shown, job.failure)
        return shown

    def _built(self, dataset: Dataset) -> dict[str, Any]:
        return {
            "dataset_id": self._space.shown("dataset", dataset.id),
            "name": dataset.name,
            "slug": dataset.slug,
            "status": "ready",
            "version": dataset.version,
            "row_count": len(dataset.rows),
        }

    def _processed(self, run: Run) -> dict[str, Any]:
        return self._flat(run) if self._space.terms.form("job-fields") == "A" else self._nested(run)

    def _flat(self, run: Run) -> dict[str, Any]:
        finding = run.finding
        if finding.failure:
            return {}
        return {
            "execution_id": self._space.shown("execution", run.execution_id),
            "quality": quality(self._space, finding),
            "detected_language": finding.language,
            "pii_findings_count": sum(finding.pii.values()),
            "privacy_applied": finding.masked,
            "processing_summary": {
                "pii_type_summary": dict(finding.pii),
                "fields": {"row_count": len(finding.records)},
            },
        }

    def _nested(self, run: Run) -> dict[str, Any]:
        finding = run.finding
        execution: dict[str, Any] = {
            "execution_id": self._space.shown("execution", run.execution_id),
            "status": "failed" if finding.failure else "completed",
            "degraded": finding.degraded,
            "failure_reason": None,
        }
        if finding.failure:
            return {"execution_summary": execution}
        processing = {
            "execution_id": execution["execution_id"],
            "document_id": self._space.shown("document", run.document.id),
            "quality": quality(self._space, finding),
            "privacy": privacy(finding),
            "row_count": len(finding.records),
            # Frozen when the job completes, so a dataset that is built later does not show here.
            "has_dataset": False,
        }
        return {
            "processing_summary": processing,
            "execution_summary": execution | {"privacy": privacy(finding)},
        }

    def _add_reason(self, shown: dict[str, Any], reason: str) -> None:
        form = self._space.terms.form("failure-reason")
        if form == "A":
            shown["failure_reason"] = reason
        elif form == "C":
            shown["error"] = {"code": reason, "message": reason}
        elif shown["job_type"] == "dataset_build":
            shown["error"] = reason
        else:
            shown.setdefault("execution_summary", {})["failure_reason"] = reason


def _one_of(field: str, value: str, known: tuple[str, ...]) -> None:
    if value not in known:
        raise Problem(422, f"{field} has to be one of: {', '.join(known)}", param=field)
