"""Every method of Flapjack's TypeScript client has its counterpart, by the table in the documentation."""

from __future__ import annotations

import re
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from service import KEY

import flexsdk
from flexsdk import Flapjack

GUIDE = Path(__file__).parents[2] / "docs" / "guides" / "flapjack-typescript.md"
ROWS = re.findall(r"^\| (`.+`) \| `([\w.]+)` \|$", GUIDE.read_text("utf-8"), re.MULTILINE)

VENDOR = """
FlapjackClient verifyWebhookSignature useChat usePlan listAgents getAgent createAgent updateAgent deleteAgent
getCredentialConfig updateCredentialConfig getCompactionConfig updateCompactionConfig createThread sendMessage
submitToolResults stopThread switchProfile uploadDocument listDocuments deleteDocument createAgentFromTemplate
streamBootstrap getComputerStatus execComputer getSandboxStatus execSandbox createRunner updateRunner
addRunnerStep addRunnerTrigger triggerRun getRunnerAnalytics attachRunnerMcp attachRunnerIntegration
createProject
getProjectMembers installSkill
"""
"""All names that the sources show, but for those of user interface components."""


def resolve(path: str) -> Any:
    if path.startswith("flexsdk."):
        module, _, name = path.rpartition(".")
        return getattr(flexsdk if module == "flexsdk" else import_module(module), name)
    found: Any = Flapjack(KEY)
    for name in path.split(".")[1:]:
        found = getattr(found, name)
    return found


@pytest.mark.parametrize("name", VENDOR.split())
def test_the_guide_names_a_counterpart(name: str) -> None:
    assert [path for names, path in ROWS if re.search(rf"\b{name}\b", names)]


@pytest.mark.parametrize("path", sorted({path for _, path in ROWS}))
def test_the_counterpart_can_be_called(path: str) -> None:
    assert callable(resolve(path))
