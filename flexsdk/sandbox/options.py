"""The settings of a sandbox."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from flexsdk.sandbox.limits import Reset, Window

__all__ = ["Options"]


@dataclass(kw_only=True, eq=False)
class Options:
    """All settings; those of time may be changed while the sandbox runs."""

    platforms: Sequence[str] = ("flapjack", "flexorch", "fleece", "flextell", "platform")
    """Which platforms are started."""
    seed: int = 0
    """Equal seeds give equal keys, ids, texts and chances."""
    token_delay: float = 0.0
    """Seconds before each token of a Flapjack answer."""
    heartbeat: float | None = None
    """Seconds between comment lines while a Flapjack answer waits for its next token."""
    done_after_action: bool = False
    """Whether a ``done`` without message id follows ``requires_action``; the documents leave it open."""
    run_seconds: float = 0.2
    """How long a run takes: of a Fleece flow, of a Flapjack runner, or of a prompt to a code session."""
    execute_seconds: float = 0.0
    """How long a Fleece agent works before it answers."""
    limits: Mapping[str, Sequence[Window]] | None = None
    """Platform to (requests, seconds) windows instead of its own; an empty list ends all limits."""
    sliding: bool = False
    """Whether windows slide; fixed windows begin at multiples of their length."""
    limit_reset: Reset | None = "epoch"
    """How X-RateLimit-Reset is written; None leaves it out."""
    limit_headers: bool = True
    """Whether every answer carries the limit headers; else only a 429 does."""
    check_answers: bool = True
    """Whether answers are held against the contract; what breaks it becomes a 500 and a violation."""
    clock: Callable[[], float] = time.time
    """Seconds since 1970, for limits, runs and records."""
