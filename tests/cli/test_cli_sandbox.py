from __future__ import annotations

import re
import signal
import subprocess
import sys
import urllib.request

import pytest
from cli_kit import SECONDS, started

from flexsdk.__main__ import main
from flexsdk.cli import serve
from flexsdk.sandbox import Sandbox

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals")

EXPORT = re.compile(r"export (\w+)_BASE_URL=(http://127\.0\.0\.1:\d+\S*) \1_API_KEY=(\S+)\n")


def exported(process: subprocess.Popen[str], count: int) -> dict[str, tuple[str, str]]:
    """Read lines until so many export lines have come; gives address and key by platform."""
    assert process.stdout is not None
    found = {}
    for _ in range(50):
        if match := EXPORT.fullmatch(process.stdout.readline()):
            found[match[1]] = (match[2], match[3])
        if len(found) == count:
            return found
    raise AssertionError(f"only {sorted(found)} were exported")


def status_of(url: str, key: str) -> int:
    request = urllib.request.Request(url, headers={"Authorization": f"Bearer {key}"})
    with urllib.request.urlopen(request, timeout=SECONDS) as answer:
        return int(answer.status)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=lambda number: number.name)
def test_answers_until_it_is_told_to_stop_and_ends_with_status_0(number: signal.Signals) -> None:
    with started("sandbox", "--platform", "fleece", "--platform", "flapjack") as process:
        platforms = exported(process, 2)
        base_url, key = platforms["FLEECE"]

        assert status_of(f"{base_url}/agents", key) == 200
        assert platforms["FLAPJACK"][1].startswith("fj_test_")

        process.send_signal(number)
        rest, told = process.communicate(timeout=SECONDS)
        assert (process.returncode, rest, told) == (0, "", "")


def test_starts_every_platform_and_all_but_the_exports_is_comment() -> None:
    with started("sandbox", "--seed", "7") as process:
        assert process.stdout is not None
        lines = [process.stdout.readline()]
        while not lines[-1].startswith("export PLATFORM_") and len(lines) < 50:
            assert lines[-1].startswith(("#", "export ")), lines
            lines.append(process.stdout.readline())

        assert "seed 7" in lines[0]
        assert Sandbox(seed=7).fleece.key in "".join(lines)
        assert sum(line.startswith("export ") for line in lines) == 6  # Flextell has an application, too


def test_its_options_reach_the_sandbox(monkeypatch: pytest.MonkeyPatch) -> None:
    served: list[Sandbox] = []
    monkeypatch.setattr(serve, "serve", lambda sandbox: served.append(sandbox) or 0)

    main(["sandbox", "--token-delay", "0.5", "--run-seconds", "3", "--execute-seconds", "1", "--seed", "7"])
    main(["sandbox", "--platform", "fleece"])

    full, small = served
    assert (full.token_delay, full.run_seconds, full.execute_seconds, full.seed) == (0.5, 3.0, 1.0, 7)
    assert len(full.platforms) == 5
    assert small.platforms == ("fleece",)
