"""What a FlexOrch sandbox can be told: plans, sizes, and which of two documented forms it answers in."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Literal

from flexsdk.sandbox.exchange import Problem

__all__ = ["FORMS", "PLANS", "Form", "Plan", "Terms", "at_least"]

Form = Literal["A", "B", "C"]
"""A is the form of the documents, B the one of the vendor's packages."""

_RANKS = ("trial", "starter", "pro", "enterprise")
_MIB = 1 << 20


@dataclass(frozen=True, slots=True)
class Plan:
    """What a plan allows; the figures of pro and enterprise that are agreed by contract are ours."""

    credits: int | None
    """Documents a period; None for any number."""
    max_file: float
    """Bytes of one file."""
    minute: int
    """Requests a minute."""
    kept_days: int
    """How long files and datasets are kept."""
    sync_minutes: int | None
    """The shortest interval of a schedule; None for no schedules."""


PLANS = {
    "trial": Plan(1_200, 10 * _MIB, 60, 7, None),
    "starter": Plan(1_200, 25 * _MIB, 60, 30, 24 * 60),
    "pro": Plan(6_000, 50 * _MIB, 300, 90, 60),
    "enterprise": Plan(None, math.inf, 3_000, 365, 5),
}

FORMS: dict[str, Form] = {
    "envelope": "B",
    "ids": "B",
    "pagination": "B",
    "upload-response": "B",
    "duplicate-response": "B",
    "connector-request": "B",
    "key-prefix": "A",
    "quality-scale": "B",
    "quota-status": "A",
    "dataset-build": "B",
    "export-path": "B",
    "export-formats": "B",
    "job-fields": "B",
    "failure-reason": "B",
    "feedback-values": "B",
    "profile-shape": "B",
    "search-fields": "B",
    "s3-config-keys": "B",
    "schedules": "B",
    "sync-log-fields": "B",
    "usage-shape": "B",
    "rate-limit-shape": "B",
    "webhook-secret": "B",
    "team-roles": "A",
}
"""Conflict between the sources to the form that is answered unless a test asks for another.

``failure-reason`` has a form C: the reason in the member ``error``. Where no package of the vendor shows a
form, or the contract follows the documents, that is A.
"""


@dataclass(kw_only=True)
class Terms:
    """Settings that may be changed at any time: ``sandbox.flexorch.terms.credits = 0``."""

    variants: dict[str, Form] = field(default_factory=dict)
    """Conflict to form; see ``FORMS`` for the names and what stands for the rest."""
    credits: int | None = None
    """Credits of every plan, instead of its own."""
    token_seconds: float = 3600.0
    """How long an access token of a login is valid."""
    rotate: bool = True
    """Whether a refresh brings a new refresh token and ends the old one."""
    max_page_size: int = 100
    """Larger pages are cut to this size; the answer tells the size that was used."""
    omit_total: bool = False
    """Whether pages come without ``total``."""
    ignore_page: bool = False
    """Whether ``page`` is ignored: every page is the first."""
    export_bytes: int | None = None
    """Size of every JSONL export, made of repeated lines while it is sent; None for the real rows."""
    webhook_pause: float = 0.05
    """Seconds before the one repetition of a delivery that was not acknowledged."""

    def form(self, conflict: str) -> Form:
        """Return the form in which a conflict is answered."""
        return self.variants.get(conflict, FORMS[conflict])

    def limit(self, plan: str) -> int | None:
        """Return the credits of a plan; None for any number."""
        return PLANS[plan].credits if self.credits is None else self.credits


def at_least(plan: str, wanted: str) -> None:
    """Refuse a plan below the wanted one.

    Raises:
        Problem: 403 with the smallest plan that will do.
    """
    if _RANKS.index(plan) < _RANKS.index(wanted):
        message = f"This needs the plan {wanted} or above"
        raise Problem(403, message, code="PLAN_UPGRADE_REQUIRED", extra={"min_plan": wanted})
