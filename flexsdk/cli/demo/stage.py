"""What the scenes share."""

from __future__ import annotations

from dataclasses import dataclass, field

from flexsdk import Flapjack, Fleece
from flexsdk.cli.demo.tally import Tally
from flexsdk.cli.screen import Pane
from flexsdk.sandbox import Sandbox

__all__ = ["Pace", "Stage", "Unmet", "check"]


@dataclass(frozen=True, kw_only=True)
class Pace:
    """How fast the platforms behind the tour are; times are in seconds."""

    token_delay: float = 0.08
    run_seconds: float = 4.5
    """The run is looked at after 2 and after 6 seconds, each up to a fifth less: running, then done."""
    calls: int = 40
    allowed: int = 10
    """Calls in a window."""
    window: float = 1.0
    retry_after: int = 2


@dataclass(kw_only=True)
class Stage:
    """The platforms, their clients, and the pane of the present scene."""

    pace: Pace
    sandbox: Sandbox
    flapjack: Flapjack
    fleece: Fleece
    tally: Tally
    pane: Pane = field(init=False)


class Unmet(Exception):
    """A promise that a scene makes was not kept."""


def check(kept: bool, promise: str) -> None:
    """Hold the scene to what it promises.

    Raises:
        Unmet: it was not kept.
    """
    if not kept:
        raise Unmet(f"not so: {promise}")
