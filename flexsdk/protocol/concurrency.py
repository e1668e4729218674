"""How many items are worked on at the same time: up while answers come fast, down on refusals and slowness.

Additive increase, multiplicative decrease, as in TCP (RFC 5681 section 3.1), with a slow start; and as in TCP
Vegas a rise of the round-trip time counts as a sign of a queue before anything is refused.
"""

from __future__ import annotations

import math
from typing import Final

__all__ = ["Concurrency"]

START: Final = 8
"""Items at the same time in the beginning."""
REFUSED_CUT: Final = 0.7
SLOW_CUT: Final = 0.9
SLOW: Final = 2.0
"""Answers that take that many times the best are a queue."""
FORGETS: Final = 1.02
"""The best is raised by this factor a round, so that a platform that became slower is learned anew."""
STEP: Final = 20
"""After the first sign of a queue the limit grows by this part of itself a round, by one at least."""


class Concurrency:
    """A limit between one and ``most`` that follows the answers.

    A round is as many answers as the limit. After each round the limit doubles, after the first sign of a
    queue it grows slowly, in both cases only while it is used up.
    """

    __slots__ = ("_answers", "_best", "_cut", "_full", "_limit", "_most", "_seconds", "_steep")

    def __init__(self, most: int) -> None:
        self._most = float(most)
        self._limit = float(min(START, most))
        self._steep = True
        self._cut = -math.inf
        self._best = math.inf
        self._answers = 0
        self._seconds = 0.0
        self._full = False

    @property
    def limit(self) -> int:
        """How many items may be worked on now."""
        return int(self._limit)

    def fill(self) -> None:
        """Note that the limit is used up."""
        self._full = True

    def refuse(self, sent: float, now: float) -> None:
        """Take a refusal; those sent before the last cut belong to the same burst and cut once."""
        if sent < self._cut:
            return
        self._cut = now
        self._shrink(REFUSED_CUT)
        self._begin()

    def answer(self, seconds: float) -> None:
        """Take an answer that came after so many seconds."""
        self._answers += 1
        self._seconds += seconds
        if self._answers >= self.limit:
            self._judge(self._seconds / self._answers)
            self._begin()

    def _judge(self, mean: float) -> None:
        self._best = min(mean, self._best * FORGETS)
        if mean > SLOW * self._best:
            self._shrink(SLOW_CUT)
        elif self._full:
            growth = self._limit if self._steep else max(1.0, self._limit / STEP)
            self._limit = min(self._most, self._limit + growth)

    def _shrink(self, factor: float) -> None:
        self._limit = max(1.0, self._limit * factor)
        self._steep = False

    def _begin(self) -> None:
        self._answers = 0
        self._seconds = 0.0
        self._full = False
