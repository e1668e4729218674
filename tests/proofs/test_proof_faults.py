"""Faults: whatever the net does, an action ends right or with an error of ours, in time and never twice."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest
from faults.loads import keep_alive_load, second_answers
from proofs.broken import ignore_deadlines, let_errors_out, repeat_everything
from proofs.fault_actions import ACTIONS, Action, world
from proofs.fault_scenes import SCENES, Pulse, look_often, run

from flexsdk.core.transport.opened import OpenBody
from flexsdk.errors import TransportError

CALLS = 10_000
ROUNDS = 50
Record = Callable[[str, object], None]


@pytest.fixture(autouse=True)
def quick_looks(monkeypatch: pytest.MonkeyPatch) -> None:
    look_often(monkeypatch)


async def prove(scene: str, actions: list[Action], folder: Path) -> list[str]:
    """Do all this through one fault; name what is wrong with the outcomes."""
    pulse = Pulse()
    async with world(folder) as made, pulse.beating():
        verdicts = await asyncio.gather(*(run(made, action, scene, pulse) for action in actions))
    return [wrong for verdict in verdicts for wrong in verdict.wrong]


@pytest.mark.parametrize("scene", SCENES)
async def test_every_action_ends_right_or_with_an_error_of_ours_in_time(
    scene: str, tmp_path: Path, record_property: Record
) -> None:
    actions = [action for action in ACTIONS if action.name not in SCENES[scene].spares]
    record_property("cases", len(actions))

    assert await prove(scene, actions, tmp_path) == []


async def test_connections_that_end_between_requests_cost_no_read_and_repeat_no_write(
    record_property: Record,
) -> None:
    tally = await keep_alive_load(CALLS)
    record_property("cases", tally.calls)

    assert tally.wrong == []
    assert tally.calls == CALLS


async def test_a_second_answer_never_reaches_another_caller(record_property: Record) -> None:
    wrong = await second_answers(ROUNDS)
    record_property("cases", ROUNDS)

    assert wrong == []


# --- controls: broken variants, each of which the harness has to see


def _swallow_cuts(patch: pytest.MonkeyPatch) -> None:
    read = OpenBody.read

    async def swallow(self: OpenBody) -> bytes:
        try:
            return await read(self)
        except TransportError:
            return b""

    patch.setattr(OpenBody, "read", swallow)


def _keep_slots(patch: pytest.MonkeyPatch) -> None:
    patch.setattr("flexsdk.core.gate._Slots.give_back", lambda _: None)


def _give_up_at_once(patch: pytest.MonkeyPatch) -> None:
    patch.setattr("flexsdk.core.retry._may_repeat", lambda *_, **__: False)


CONTROLS: dict[str, tuple[Callable[[pytest.MonkeyPatch], None], str, str, str]] = {
    "a body whose cut is swallowed": (_swallow_cuts, "half a chunk", "flexorch_read", "in place of"),
    "a retry that repeats every write": (
        repeat_everything,
        "closed before the answer, once",
        "flextell_send",
        "arrived 2 times",
    ),
    "a client without deadlines": (
        ignore_deadlines,
        "half-open before the answer",
        "fleece_gets",
        "after its time",
    ),
    "an error of the HTTP library": (
        let_errors_out,
        "reset in the head",
        "platform_gets",
        "no error of ours",
    ),
    "a gate that keeps its slots": (_keep_slots, "late", "flexorch_gets", "still holds"),
    "a retry that gives up": (_give_up_at_once, "502, twice", "platform_gets", "repeating was safe"),
}


@pytest.mark.control
@pytest.mark.parametrize("control", CONTROLS)
async def test_the_harness_sees_a_broken_client(
    control: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    break_it, scene, action, complaint = CONTROLS[control]
    chosen = [each for each in ACTIONS if each.name == action]
    break_it(monkeypatch)

    found = await prove(scene, chosen, tmp_path)

    assert any(complaint in each for each in found)


@pytest.mark.control
async def test_the_load_sees_connections_that_are_used_again_unseen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("flexsdk.core.transport.connector._is_silent", lambda _: True)

    assert await second_answers(2) != []


@pytest.mark.control
async def test_the_load_sees_a_budget_that_pays_for_kept_connections(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("flexsdk.core.retry._is_free", lambda *_: False)

    # more reads stay without an answer than the budget has repeats for, whatever the machine's speed
    assert (await keep_alive_load(1_000, lost=0.2)).wrong != []
