"""Runs pytest in a process of its own, as a project of somebody else's does."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

# Named one by one, so that it does not matter which plugins are installed besides.
PLUGINS = ["-p", "flexsdk.testing.plugin", "-p", "pytest_asyncio.plugin", "-p", "anyio.pytest_plugin"]


def run(project: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run pytest in a process of its own, without a network name or a key of this machine."""
    clean = {
        name: value for name, value in os.environ.items() if not name.endswith(("_API_KEY", "_BASE_URL"))
    }
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *PLUGINS, *arguments],
        cwd=project,
        env={**clean, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", **environment},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def outcome(done: subprocess.CompletedProcess[str]) -> str:
    return re.sub(r" in [\d.]+s", "", done.stdout.strip().splitlines()[-1])
