"""When to look at jobs that a platform works on, and by which request: a list for many, or one by one."""

from __future__ import annotations

import heapq
import math
from collections import deque
from collections.abc import Hashable, Iterable
from itertools import count
from typing import Generic, Literal, NamedTuple, TypeVar

import msgspec

__all__ = ["Agenda", "Look", "Meaning", "Plan", "Ref", "Rhythm", "States", "Walk"]

K = TypeVar("K", bound=Hashable)

Meaning = Literal["going", "paused", "succeeded", "failed"]
"""What a state says to somebody who waits."""

FEWEST = 3
"""Jobs for which a list is read; fewer are read one by one."""
WORTH = 20
"""Single reads that a list page without any of the jobs sought may cost: 5 % more requests at most."""
SINGLES = 16
"""Single reads at the same time."""
SOON = 0.25
"""Share of its interval by which a job may be looked at early, so that one list serves many."""
SPREAD = 0.2
"""Share by which an interval may be shorter, so that many processes do not look in step."""


class States(msgspec.Struct, frozen=True):
    """Which words end a kind of job; any other word, also a new one, means that it goes on.

    ``paused`` are parts of words: a state that holds one of them waits for the caller.
    """

    succeeded: frozenset[str]
    failed: frozenset[str]
    paused: tuple[str, ...] = ()

    def meaning(self, state: str) -> Meaning:
        """Tell what a state means."""
        if state in self.succeeded:
            return "succeeded"
        if state in self.failed:
            return "failed"
        return "paused" if any(part in state.lower() for part in self.paused) else "going"


class Rhythm(msgspec.Struct, frozen=True):
    """How often to look, in seconds: ``first``, and then less often the longer somebody waits."""

    first: float = 2.0
    slowest: float = 15.0

    def interval(self, waited: float, *, random: float, wish: float | None = None) -> float:
        """Give the seconds until the next look: without chance 2, 4, 8 and so on.

        Args:
            waited: seconds since the wait began.
            random: a number in [0, 1).
            wish: seconds that the platform asks for; it is never asked earlier.
        """
        if wish is not None:
            return max(self.first, wish) * (1 + SPREAD * random)
        return min(self.slowest, self.first + max(0.0, waited)) * (1 - SPREAD * random)


class Ref(NamedTuple):
    """A job: its id, and the list in which it may be found."""

    id: str
    group: str = ""


class Look(NamedTuple):
    """A request to be made now: for one job, or for the list of a group for ``walk`` of its jobs."""

    refs: tuple[Ref, ...]
    walk: bool

    @property
    def group(self) -> str:
        """The list that is read."""
        return self.refs[0].group


class Agenda(Generic[K]):
    """Moments of things, and which of them have come."""

    def __init__(self) -> None:
        self._moments: dict[K, float] = {}
        self._heap: list[tuple[float, int, K]] = []
        self._order = count()

    def set(self, key: K, moment: float) -> None:
        """Note a moment in place of an earlier note."""
        self._moments[key] = moment
        heapq.heappush(self._heap, (moment, next(self._order), key))

    def drop(self, key: K) -> None:
        """Forget a thing, if it is noted."""
        self._moments.pop(key, None)

    def get(self, key: K) -> float:
        """Give the moment of a thing; infinite for one that is not noted."""
        return self._moments.get(key, math.inf)

    def next(self) -> float:
        """Give the earliest moment; infinite when nothing is noted."""
        while self._heap and self._moments.get(self._heap[0][2]) != self._heap[0][0]:
            heapq.heappop(self._heap)
        return self._heap[0][0] if self._heap else math.inf

    def take(self, now: float) -> list[K]:
        """Take out everything whose moment has come, the earliest first."""
        taken = []
        while self.next() <= now:
            _, _, key = heapq.heappop(self._heap)
            del self._moments[key]
            taken.append(key)
        return taken


class Walk:
    """How far a list is worth being read for the jobs that are due."""

    def __init__(self, sought: Iterable[Ref]) -> None:
        self.missing = set(sought)
        self._patience = math.ceil(len(self.missing) / WORTH)

    def go_on(self, found: Iterable[Ref]) -> bool:
        """Take the jobs of a page; tell whether the next page is worth its request."""
        before = len(self.missing)
        self.missing.difference_update(found)
        if len(self.missing) == before:
            self._patience -= 1
        return len(self.missing) >= FEWEST and self._patience > 0


class _Entry:
    """A job that somebody waits for; ``again`` asks for another look after the one that is under way."""

    __slots__ = ("again", "began", "flying", "interval")

    def __init__(self, began: float, interval: float) -> None:
        self.began = began
        self.interval = interval
        self.flying = False
        self.again = False


class Plan:
    """Decides what to ask for next, for the jobs of one kind. It takes ``now`` and does nothing itself.

    Every job is in one place: noted for a moment, queued for a single read, parked until the walk through
    its list is over, or ``flying`` while a request for it is under way.
    """

    def __init__(self, rhythm: Rhythm, *, lists: bool) -> None:
        self._rhythm = rhythm
        self._lists = lists
        self._entries: dict[Ref, _Entry] = {}
        self._groups: dict[str, dict[Ref, None]] = {}
        self._agenda: Agenda[Ref] = Agenda()
        self._queue: deque[Ref] = deque()
        self._walking: dict[str, list[Ref]] = {}
        self._unlisted: set[str] = set()
        self._singles = 0
        self._held = -math.inf

    def __contains__(self, ref: Ref) -> bool:
        return ref in self._entries

    def __len__(self) -> int:
        return len(self._entries)

    def add(self, ref: Ref, began: float, due: float, now: float) -> None:
        """Look at a job from ``due`` on; of several who wait, the one who came last sets the pace."""
        entry = self._entries.get(ref)
        if entry is None:
            interval = self._rhythm.interval(now - began, random=0.0)
            self._entries[ref] = _Entry(began, interval)
            self._groups.setdefault(ref.group, {})[ref] = None
            self._agenda.set(ref, due)
            return
        entry.began = max(entry.began, began)
        if due < self._agenda.get(ref) < math.inf:
            self._agenda.set(ref, due)

    def remove(self, ref: Ref) -> None:
        """Forget a job."""
        del self._entries[ref]
        self._agenda.drop(ref)
        group = self._groups[ref.group]
        del group[ref]
        if not group:
            del self._groups[ref.group]
            self._unlisted.discard(ref.group)

    def due(self, ref: Ref) -> float:
        """Give the moment for which a job is noted; infinite while it is being asked for."""
        return self._agenda.get(ref)

    def hurry(self, ref: Ref, now: float) -> None:
        """Look at a job at once, and once more if a request for it is under way."""
        entry = self._entries.get(ref)
        if entry is None:
            return
        if entry.flying:
            entry.again = True
        elif self._agenda.get(ref) < math.inf:
            self._agenda.set(ref, now)

    def named(self, job_id: str) -> list[Ref]:
        """Give the jobs with this id, of whatever list."""
        return [ref for ref in self._entries if ref.id == job_id]

    def hold(self, until: float) -> None:
        """Ask for nothing before a moment that the platform has named."""
        self._held = max(self._held, until)

    def unlist(self, group: str) -> None:
        """Read no list for this group any more, for as long as somebody waits for one of its jobs."""
        self._unlisted.add(group)

    def next(self) -> float:
        """Give the moment at which :meth:`begin` has something to say; infinite for never."""
        if self._queue and self._singles < SINGLES:
            return self._held
        return max(self._held, self._agenda.next())

    def begin(self, now: float) -> list[Look]:
        """Give the requests to make now; :meth:`done` has to follow each."""
        if now < self._held:
            return []
        due: dict[str, list[Ref]] = {}
        for ref in self._agenda.take(now):
            due.setdefault(ref.group, []).append(ref)
        looks = [look for group, refs in due.items() if (look := self._begin(group, refs, now))]
        return looks + self._begin_singles()

    def done(self, look: Look, now: float) -> None:
        """Note that a request is over; a job that it told nothing of is due again at once."""
        if look.walk:
            for ref in self._walking.pop(look.group):
                self._renote(ref, now)
        else:
            self._singles -= 1
        for ref in self.untold(look):
            self._entries[ref].flying = False
            self._agenda.set(ref, now)

    def untold(self, look: Look) -> list[Ref]:
        """Give the jobs that a request was made for and has not told of."""
        return [ref for ref in look.refs if ref in self._entries and self._entries[ref].flying]

    def read(self, ref: Ref, now: float, *, random: float, wish: float | None = None) -> None:
        """Note that a job was read and goes on."""
        entry = self._entries[ref]
        entry.interval = self._rhythm.interval(now - entry.began, random=random, wish=wish)
        self._agenda.set(ref, now if entry.again else now + entry.interval)
        entry.flying = entry.again = False

    def straggle(self, refs: Iterable[Ref]) -> None:
        """Read these one by one: their list does not tell of them, or not enough."""
        for ref in refs:
            entry = self._entries.get(ref)
            if entry:
                entry.flying = False
                self._agenda.drop(ref)
                self._queue.append(ref)

    def _begin(self, group: str, refs: list[Ref], now: float) -> Look | None:
        if not self._lists or group in self._unlisted:
            self._queue.extend(refs)
        elif group in self._walking:
            self._walking[group].extend(refs)
        elif len(near := [*refs, *self._soon(group, now)]) >= FEWEST:
            self._walking[group] = []
            return self._fly(near, walk=True)
        else:
            self._queue.extend(refs)
        return None

    def _soon(self, group: str, now: float) -> list[Ref]:
        """Give the jobs of a group that are nearly due, which one list can serve as well."""
        return [
            ref
            for ref in self._groups[group]
            if self._agenda.get(ref) - now <= SOON * self._entries[ref].interval
        ]

    def _begin_singles(self) -> list[Look]:
        looks = []
        while self._queue and self._singles < SINGLES:
            ref = self._queue.popleft()
            entry = self._entries.get(ref)
            # Forgotten, or read in passing since it was queued.
            if entry and not entry.flying and self._agenda.get(ref) == math.inf:
                self._singles += 1
                looks.append(self._fly([ref], walk=False))
        return looks

    def _fly(self, refs: list[Ref], *, walk: bool) -> Look:
        for ref in refs:
            self._entries[ref].flying = True
            self._agenda.drop(ref)
        return Look(tuple(refs), walk)

    def _renote(self, ref: Ref, now: float) -> None:
        entry = self._entries.get(ref)
        if entry and not entry.flying and self._agenda.get(ref) == math.inf:
            self._agenda.set(ref, now)
