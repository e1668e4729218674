"""Ratings of job results. Source: docs-repo "Feedback"; the words sent are those of the vendor's packages."""

from __future__ import annotations

from typing import Any, Literal, Unpack

from flexsdk.core.op import Replay
from flexsdk.core.resource import Resource
from flexsdk.platforms.flexorch.wire import Answer, Endpoint, Id
from flexsdk.structs import UNSET, Params, UnsetType
from flexsdk.types import CallOptions

__all__ = ["GET", "SUBMIT", "Feedback", "JobFeedback", "JobFeedbackSubmit"]

_RATINGS = {"positive": "up", "negative": "down"}
"""The documentation's words for the service's."""

Issue = (
    Literal["wrong_doc_type", "missing_fields", "wrong_values", "pii_missed", "pii_over_masked", "other"]
    | str
)


class JobFeedbackSubmit(Params, frozen=True, kw_only=True):
    """The body of a rating."""

    rating: str
    issue: str | UnsetType | None = UNSET
    notes: str | UnsetType | None = UNSET


class JobFeedback(Answer, frozen=True, kw_only=True):
    """A rating as it is stored."""

    id: Id | None = None
    job_id: Id | None = None
    rating: Literal["up", "down"] | str = ""
    issue: Issue | None = None
    notes: str | None = None
    created_at: str | None = None


_RATED_OR_NOT: Any = JobFeedback | None

SUBMIT = Endpoint(
    "jobs_feedback_submit",
    "POST",
    "/jobs/{job_id}/feedback",
    JobFeedback,
    body=JobFeedbackSubmit,
    replay=Replay.SAFE,
)
GET: Endpoint[JobFeedback | None] = Endpoint(
    "jobs_feedback_get", "GET", "/jobs/{job_id}/feedback", _RATED_OR_NOT
)


class Feedback(Resource):
    """Ratings of job results; reached as ``client.jobs.feedback``."""

    async def submit(
        self,
        job_id: str | int,
        rating: Literal["up", "down", "positive", "negative"],
        *,
        issue: Issue | UnsetType | None = UNSET,
        notes: str | UnsetType | None = UNSET,
        **options: Unpack[CallOptions],
    ) -> JobFeedback:
        """Rate a result; a second rating replaces the first, so it is safe to repeat.

        Args:
            rating: ``positive`` is sent as ``up``, ``negative`` as ``down``.
        """
        body = JobFeedbackSubmit(rating=_RATINGS.get(rating, rating), issue=issue, notes=notes)
        return await self._call(SUBMIT, job_id, body=body, **options)

    async def get(self, job_id: str | int, **options: Unpack[CallOptions]) -> JobFeedback | None:
        """Read the rating of a job; ``None`` when there is none. Safe to repeat."""
        return await self._call(GET, job_id, **options)
