"""Each fault of the proofs met once, by another action each: the short form of ``tests/proofs``."""

from __future__ import annotations

import asyncio
from itertools import cycle
from pathlib import Path

import pytest
from proofs.fault_actions import ACTIONS, world
from proofs.fault_scenes import SCENES, Pulse, Verdict, look_often, run

AT_ONCE = 24


async def test_each_fault_and_each_action_ends_right_or_with_an_error_of_ours_in_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    look_often(monkeypatch)
    pulse = Pulse()
    turn = asyncio.Semaphore(AT_ONCE)

    async with world(tmp_path) as made, pulse.beating():

        async def meet(scene: str, action: str) -> Verdict:
            async with turn:
                return await run(made, BY_NAME[action], scene, pulse)

        verdicts = await asyncio.gather(*(meet(*pair) for pair in PAIRS))

    assert [wrong for verdict in verdicts for wrong in verdict.wrong] == []
    assert {action for _, action in PAIRS} == set(BY_NAME)
    assert sum(verdict.outcome == "right" for verdict in verdicts) > len(PAIRS) / 4


BY_NAME = {action.name: action for action in ACTIONS}
PAIRS = [
    (scene, action) for scene, action in zip(SCENES, cycle(BY_NAME)) if action not in SCENES[scene].spares
]
