"""What a Platform sandbox can be told, and the words of its scopes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

__all__ = ["Scope", "Terms"]

Scope = Literal["resources:read", "resources:write", "jobs:read"]
"""What a key may do; that keys have scopes is documented, the words are ours."""


@dataclass(kw_only=True)
class Terms:
    """Settings that may be changed at any time: ``sandbox.platform.terms.jobs = True``."""

    jobs: bool = False
    """Whether every creation is accepted as a job; else only one with the metadata ``{"sandbox": "job"}``."""
    job_error: Literal["body", "text"] = "body"
    """Whether a failed job tells its reason as an error body or as a text; no source shows it."""
    create_seconds: float = 0.0
    """How long a creation takes; a second one with the same key is refused meanwhile."""
    webhook_pause: float = 0.05
    """Seconds before the first repetition of a delivery; each further one waits twice as long."""
    webhook_copies: int = 1
    """How often each event is delivered: the platform promises once at least, not once."""
