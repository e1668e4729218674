"""Every operation of every platform is behind a command, and every command can be called."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import pytest
from cli_sandbox import served

from flexsdk.__main__ import main
from flexsdk.cli.arguments import Argument, arguments
from flexsdk.cli.tree import CLIENTS, Method, tree
from flexsdk.platforms import operations
from flexsdk.sandbox import Sandbox

pytestmark = pytest.mark.slow

NO_COMMAND = {
    ("flextell", "oauth_authorize"): "opened in a browser by `flextell login`",
    ("flextell", "oauth_exchange_code"): "called by `flextell login`",
    ("flexorch", "datasets_export_query"): "what `datasets export` falls back to",
    ("flexorch", "scheduler_schedules_create"): "what `connectors schedules create` falls back to",
}
EVERY = [(name, op.id) for name, ops in operations().items() for op in ops if (name, op.id) not in NO_COMMAND]
COMMANDS = [(name, words, method) for name in CLIENTS for words, method in tree(name).walk(name)]
SWITCH = '{"enabled": true}'
JOB = """{"id": "1", "runner_id": "1", "org_id": "1", "flowId": "1", "status": "pending"}"""
VALUES = {
    "config": SWITCH, "settings": SWITCH, "results": '{"call_1": "42"}', "todos": '[{"content": "write"}]',
    "job": JOB, "jobs": f"[{JOB}]",
}  # fmt: skip
"""Values of arguments that are JSON."""
PLAIN = {
    "color": "#336699", "email": "ada@example.com", "emails": "ada@example.com", "format": "jsonl",
    "scheduled_at": "2026-01-05T09:00:00Z", "issue_date": "2026-01-05T09:00:00Z", "depends_on_id": "2",
    "start": "2026-01-05T09:00:00Z", "end": "2026-01-06T09:00:00Z", "url": "https://example.com/",
    "authorize_url": "https://example.com/", "token_url": "https://example.com/",
}  # fmt: skip
"""Values of other arguments; all further ones are 1."""
MORE = {
    "datasets_build": ["--job-ids", "1"],
    "knowledge_list": ["--agent-id", "1"],
    "knowledge_upload": ["--agent-id", "1"],
    "mcps_create": ["--url", "https://example.com/"],
    "threads_participants_add": ["--user-id", "1"],
    "threads_participants_remove": ["--user-id", "1"],
    "channel_blacklists_update": ["--note", "n"],
    "conversations_messages_send_media": ["--message", "m"],
    "runners_budget_replace": ["--max-cost-usd", "1"],
    "agents_marketplace_update": ["--is-published"],
    "runners_triggers_update": ["--enabled"],
    "customers_update": ["--email", "null@example.com"],
}
"""What a command needs besides its required arguments; other updates get a name."""


def words_of(each: Argument, file: Path) -> list[str]:
    name = f"--{each.name.replace('_', '-')}"
    choices = [word for word in get_args(each.shown) if isinstance(word, str)]
    if each.name in ("file", "files"):
        value = str(file)
    elif choices:
        value = choices[0]
    elif "JSON" in each.about:
        value = VALUES.get(each.name, "{}")
    else:
        value = PLAIN.get(each.name, "1")
    return [value] if each.positional else [name, value]


def command_line(words: tuple[str, ...], method: Method, file: Path) -> list[str]:
    known = arguments(method)
    given = [word for each in known if each.required for word in words_of(each, file)]
    more = MORE.get("_".join(words[1:]))
    if (
        more is None
        and method.name == "update"
        and "name" in {each.name for each in known if not each.required}
    ):
        more = ["--name", "n"]
    collection = ["resources"] if method.named else []
    options = ["--attempts", "1"] if method.takes_options else ["--timeout", "0.2"]
    tenant = ["--tenant", "42"] if words[0] == "flextell" else []
    return [
        *(word.replace("_", "-") for word in words),
        *collection,
        *given,
        *(more or []),
        *options,
        *tenant,
        "--reveal",
    ]


@pytest.fixture(scope="module")
def calls(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, tuple[int, set[str]]]]:
    """Call every command once against the sandbox: its exit status, and the operations that it reached."""
    folder = tmp_path_factory.mktemp("calls")
    (folder / "a.pdf").write_bytes(b"%PDF-1.4")
    sandbox = Sandbox(limits={name: [] for name in CLIENTS}, run_seconds=0.0)
    with pytest.MonkeyPatch.context() as patch, served(sandbox) as environment:
        for name, value in {**environment, "FLEXSDK_CONFIG": str(folder / "none.toml")}.items():
            patch.setenv(name, value)
        yield {
            " ".join(words): called(sandbox, words, method, folder / "a.pdf") for _, words, method in COMMANDS
        }


def called(sandbox: Any, words: tuple[str, ...], method: Method, file: Path) -> tuple[int, set[str]]:
    requests = getattr(sandbox, words[0]).requests
    before = len(requests)
    status = main(command_line(words, method, file))
    return status, {record.operation for record in requests[before:]}


@pytest.mark.parametrize(("platform", "operation"), EVERY, ids=[" ".join(each) for each in EVERY])
def test_every_operation_is_reached_by_a_command(
    platform: str, operation: str, calls: dict[str, tuple[int, set[str]]]
) -> None:
    assert any(words.startswith(f"{platform} ") and operation in seen for words, (_, seen) in calls.items())


def test_the_guide_says_why_an_operation_has_no_command() -> None:
    guide = (Path(__file__).parents[2] / "docs/guides/command-line.md").read_text()

    rows = re.findall(r"^\| (\w+) \| `(\w+)` \| \w", guide, re.MULTILINE)
    assert {(platform.lower(), operation) for platform, operation in rows} == NO_COMMAND.keys()
    assert f"Four of the {len(EVERY) + len(NO_COMMAND)} operations" in guide


def test_every_command_ends_as_the_platform_answered(calls: dict[str, tuple[int, set[str]]]) -> None:
    # The sandbox has few of the objects: not found and forbidden are answers, too,
    # and a wait may run out of its time.
    odd = {
        words: (status, seen)
        for words, (status, seen) in calls.items()
        if status not in (0, 4, 5, 6, 7, 9) or not seen
    }

    assert odd == {}
