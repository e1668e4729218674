"""How commands end that are cut: Ctrl-C, a reader that has gone; and a login to its end."""

from __future__ import annotations

import json
import signal
import stat
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from cli_kit import SECONDS, started
from cli_sandbox import served

from flexsdk.sandbox import Sandbox

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals")


@pytest.fixture
def slow() -> Iterator[tuple[Sandbox, dict[str, str]]]:
    sandbox = Sandbox(platforms=("flapjack", "flextell"), token_delay=0.2)
    with served(sandbox) as environment:
        yield sandbox, environment


def first_agent(environment: dict[str, str]) -> str:
    with started("flapjack", "agents", "list", **environment) as process:
        out, _ = process.communicate(timeout=SECONDS)
    return str(json.loads(out.splitlines()[0])["id"])


def test_an_interrupt_stops_the_answer_at_the_platform_too(slow: tuple[Sandbox, dict[str, str]]) -> None:
    sandbox, environment = slow
    agent = first_agent(environment)

    with started("flapjack", "chat", agent, "Tell me a story", **environment) as process:
        assert process.stdout is not None
        assert process.stdout.read(1)
        process.send_signal(signal.SIGINT)
        _, told = process.communicate(timeout=SECONDS)

    assert process.returncode == 130
    assert "Traceback" not in told
    assert len(sandbox.flapjack.calls("threads_stop")) == 1


def test_an_interrupt_of_any_command_is_one_line(slow: tuple[Sandbox, dict[str, str]]) -> None:
    _, environment = slow

    with started("limits", "flapjack", "--every", "60", **environment) as process:
        assert process.stdout is not None
        process.stdout.readline()
        process.send_signal(signal.SIGINT)
        _, told = process.communicate(timeout=SECONDS)

    assert (process.returncode, told) == (130, "flexsdk: interrupted\n")


def test_a_reader_that_has_gone_ends_a_list_quietly(slow: tuple[Sandbox, dict[str, str]]) -> None:
    _, environment = slow

    with started("flapjack", "agents", "list", **environment) as process:
        assert process.stdout is not None
        process.stdout.close()
        assert process.stderr is not None
        told = process.stderr.read()
        process.wait(SECONDS)

    assert (process.returncode, told) == (1, "")


def test_a_login_keeps_its_token_for_the_owner_alone(
    slow: tuple[Sandbox, dict[str, str]], tmp_path: Path
) -> None:
    sandbox, environment = slow
    sandbox.flextell.terms.consent = "allow"
    known = {
        "FLEXTELL_BASE_URL": environment["FLEXTELL_BASE_URL"],
        "FLEXTELL_CLIENT_ID": sandbox.flextell.client_id,
        "FLEXTELL_CLIENT_SECRET": sandbox.flextell.client_secret,
        "FLEXSDK_CONFIG": str(tmp_path / "config.toml"),
    }
    with started("flextell", "login", "--no-browser", "--port", "0", **known) as process:
        assert process.stdout is not None
        url = process.stdout.readline().split()[-1]
        sandbox.flextell.redirect_uris |= set(parse_qs(urlsplit(url).query)["redirect_uri"])
        with urllib.request.urlopen(url, timeout=SECONDS) as page:
            assert b"close this page" in page.read()
        out, told = process.communicate(timeout=SECONDS)

    token = tmp_path / "flextell-token.json"
    assert (process.returncode, told) == (0, "")
    assert stat.S_IMODE(token.stat().st_mode) == 0o600
    kept = [value for value in json.loads(token.read_text()).values() if isinstance(value, str) and value]
    assert kept
    assert not any(value in out for value in kept if len(value) > 10)
    with started("flextell", "account", "tenants", "list", **known) as process:
        _, told = process.communicate(timeout=SECONDS)
    assert (process.returncode, told) == (0, "")
