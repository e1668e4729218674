"""What there is to know of a kind of jobs before one can wait for them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Generic, NamedTuple, TypeVar

import msgspec

from flexsdk.core.pages import Pages
from flexsdk.protocol.poll import Meaning, Ref, Rhythm, States

__all__ = ["Handle", "JobKind", "Listing", "Read", "Reading"]

J = TypeVar("J")

USUAL = Rhythm()


class JobKind(msgspec.Struct, Generic[J], frozen=True):
    """What the states of a kind of job mean, and how often to look.

    Args:
        name: what such a job is called.
        status: reads the state of a job.
        reason: reads why a job failed.
        states: the words that end it.
        rhythm: how often to look.
        patience: seconds to wait in all, where the caller does not say.
    """

    name: str
    status: Callable[[J], str]
    reason: Callable[[J], str | None]
    states: States
    rhythm: Rhythm = USUAL
    patience: float = 300.0

    def meaning(self, job: J) -> Meaning:
        """Tell what the state of a job means."""
        return self.states.meaning(self.status(job))


class Handle(NamedTuple, Generic[J]):
    """What is known of a job before it is waited for.

    ``known`` is its last known state. ``doubt`` are the seconds for which an end is not believed before the
    job was seen going on: it may be about to begin again.
    """

    ref: Ref
    known: J | None = None
    doubt: float = 0.0


class Reading(msgspec.Struct, Generic[J], frozen=True):
    """A job as it was read; ``wish`` are the seconds after which the platform asks to be asked again."""

    job: J
    wish: float | None = None


class Listing(msgspec.Struct, Generic[J], frozen=True):
    """A list that tells of many jobs at once.

    Args:
        pages: gives the list of a group, the newest jobs first.
        id: reads the id of a job.
        whole: tells whether a job of the list, which has ended, holds all that a single read would tell.
    """

    pages: Callable[[str], Pages[J]]
    id: Callable[[J], str]
    whole: Callable[[J], bool]


Read = Callable[[Ref], Awaitable[Reading[J]]]
"""Reads one job."""
