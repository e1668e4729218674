"""Whatever goes wrong in whatever order: nothing is done twice, and nothing is lost or forgotten."""

from __future__ import annotations

from typing import Literal

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from flexsdk import errors
from flexsdk.protocol.intake import Entry, State, Step, Terms, next_step, settled, verdict
from flexsdk.protocol.retry import Replay

KEEPS = 100.0
DIGEST = b"digest"

Fate = Literal["answer", "lost after", "lost before", "refused", "invalid", "killed before", "killed after"]
FATES: tuple[Fate, ...] = (
    "answer",
    "lost after",
    "lost before",
    "refused",
    "invalid",
    "killed before",
    "killed after",
)
ERRORS: dict[str, errors.FlexError] = {
    "lost after": errors.ConnectionLost("cut"),
    "lost before": errors.ConnectionLost("cut"),
    "refused": errors.RateLimited("full", status=429),
    "invalid": errors.Unprocessable("no", status=422),
}


class World:
    """A platform, a journal with one item, and a clock; runs follow each other."""

    def __init__(self, replay: Replay) -> None:
        self.terms = Terms(name="create", replay=replay, keyed=True, keeps=KEEPS)
        self.entry: Entry | None = None
        self.now = 0.0
        self.commits = 0
        self._committed_at: float | None = None

    def run(self, fate: Fate, later: float) -> Step:
        """Take the item out of the source in a new run, which begins ``later`` seconds after the last."""
        self.now += later
        step = next_step(self.entry, DIGEST, self.terms, self.now)
        if step is Step.SEND:
            self._send(fate)
        return step

    def _send(self, fate: Fate) -> None:
        again = self.entry is not None and self.entry.state is State.SENT
        if not again or self.entry is None:
            self.entry = Entry(state=State.SENT, digest=DIGEST, began=self.now)
        if fate in ("answer", "lost after", "killed after"):
            self._commit()
        if fate.startswith("killed"):
            return
        state = State.DONE
        if fate in ERRORS:
            state = settled(verdict(ERRORS[fate], self.terms.replay, again=again), again=again)
        self.entry = msgspec.structs.replace(self.entry, state=state)

    def _commit(self) -> None:
        keyed = self.terms.replay is Replay.KEYED
        known = self._committed_at is not None and self.now - self._committed_at < KEEPS
        if not (keyed and known):
            self.commits += 1
            self._committed_at = self.now


HISTORIES = st.lists(st.tuples(st.sampled_from(FATES), st.floats(0.0, 60.0)), min_size=1, max_size=12)


@given(HISTORIES)
def test_what_may_not_be_repeated_is_done_once_at_most(history: list[tuple[Fate, float]]) -> None:
    world = World(Replay.NEVER)

    for fate, later in history:
        world.run(fate, later)

    assert world.commits <= 1


@given(HISTORIES)
def test_what_is_keyed_is_done_once_at_most(history: list[tuple[Fate, float]]) -> None:
    world = World(Replay.KEYED)

    for fate, later in history:
        world.run(fate, later)

    assert world.commits <= 1


@given(st.sampled_from(Replay), HISTORIES)
def test_what_the_platform_has_done_is_done_or_named(
    replay: Replay, history: list[tuple[Fate, float]]
) -> None:
    world = World(replay)

    for fate, later in history:
        world.run(fate, later)

    assert world.entry is not None
    if world.commits and world.entry.state is not State.FAILED:
        assert world.entry.state in (State.DONE, State.SENT)
    if world.entry.state is State.DONE:
        assert world.commits


@given(st.sampled_from([Replay.SAFE, Replay.KEYED]), HISTORIES)
def test_nothing_stays_undone_for_ever_without_being_named(
    replay: Replay, history: list[tuple[Fate, float]]
) -> None:
    world = World(replay)
    for fate, later in history:
        world.run(fate, later)

    steps = [world.run("answer", 0.0) for _ in range(2)]

    assert steps[-1] in (Step.REPORT, Step.ASK)
