"""The documentation as a whole: nothing leads nowhere, and nothing is left out."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import yaml

import flexsdk

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
PAGES = sorted([*DOCS.rglob("*.md"), *ROOT.glob("*.md")])
LLMS = DOCS / "llms.txt"
REFERENCE = sorted((DOCS / "reference").rglob("*.md"))

INSIDE = {"bodies", "dialect", "envelope", "resource", "wire"}
"""Modules of platforms that hold nothing for users."""


class _Loader(yaml.SafeLoader):
    """Reads ``!relative``, which is a tag of mkdocs."""


_Loader.add_constructor("!relative", lambda loader, node: loader.construct_scalar(node))

SITE = yaml.load((ROOT / "mkdocs.yml").read_text("utf-8"), _Loader)


def name_of(path: Path) -> str:
    return str(path.relative_to(ROOT))


def prose(path: Path) -> str:
    """Give the text without what stands in code."""
    text = re.sub(r"^ *(```|~~~).*?^ *\1", "", path.read_text("utf-8"), flags=re.MULTILINE | re.DOTALL)
    return re.sub(r"`[^`\n]*`", "`code`", text)


def links(path: Path) -> list[str]:
    return re.findall(r"!?\[[^\]]*\]\(([^)\s]+)\)", prose(path))


def anchors(path: Path) -> set[str]:
    """Give the anchors of the headings, by the rule that mkdocs and code hosts share."""
    text = re.sub(r"^ *```.*?^ *```", "", path.read_text("utf-8"), flags=re.MULTILINE | re.DOTALL)
    titles = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    return {re.sub(r"[\s-]+", "-", re.sub(r"[^\w\s-]", "", title).strip().lower()) for title in titles}


def entries(nav: Sequence[Any]) -> Iterator[str]:
    for entry in nav:
        (target,) = entry.values()
        yield from [target] if isinstance(target, str) else entries(target)


def check(link: str, page: Path) -> str | None:
    """Tell what is wrong with a link."""
    if link.startswith(("http:", "https:", "mailto:")):
        parts = urlsplit(link)
        return None if parts.scheme == "https" and "." in parts.netloc else "no sound address"
    path, _, anchor = link.partition("#")
    target = (page.parent / path).resolve() if path else page
    if not target.is_relative_to(ROOT) or not target.exists():
        return "leads nowhere"
    if page.is_relative_to(DOCS) and not target.is_relative_to(DOCS):
        return "leaves the site"
    if anchor and anchor not in anchors(target):
        return "no such heading"
    return None


@pytest.mark.parametrize("page", [*PAGES, LLMS], ids=name_of)
def test_every_link_leads_somewhere(page: Path) -> None:
    wrong = {link: what for link in links(page) if (what := check(link, page))}

    assert wrong == {}


def test_every_page_is_in_the_navigation_once() -> None:
    listed = list(entries(SITE["nav"]))

    assert sorted(listed) == [str(page.relative_to(DOCS)) for page in sorted(DOCS.rglob("*.md"))]


def test_every_page_begins_with_its_title() -> None:
    untitled = [name_of(page) for page in PAGES if not page.read_text("utf-8").startswith(("# ", "--8<-- "))]

    assert untitled == []


def documented() -> set[str]:
    """Give all that the reference is made of, as dotted names."""
    return {
        name
        for page in REFERENCE
        for name in re.findall(r"^::: ([\w.]+)$", page.read_text("utf-8"), re.MULTILINE)
    }


@pytest.mark.parametrize("name", sorted(documented()))
def test_what_the_reference_is_made_of_exists(name: str) -> None:
    parent, _, last = name.rpartition(".")
    if (ROOT / Path(*name.split(".")).with_suffix(".py")).exists() or (
        ROOT / Path(*name.split("."))
    ).is_dir():
        return  # not imported, for that could need an extra

    assert hasattr(import_module(parent), last)


@pytest.mark.parametrize("name", flexsdk.__all__)
def test_every_public_name_has_its_place_in_the_reference(name: str) -> None:
    overview = (DOCS / "reference" / "index.md").read_text("utf-8")
    assert re.search(rf"^\| [^|]*`{name}`", overview, re.MULTILINE)

    if home := flexsdk._HOMES.get(name):
        origin = getattr(flexsdk, name).__module__
        assert {home, origin, f"{home}.{name}", f"{origin}.{name}"} & documented()


def test_every_module_of_a_platform_is_in_the_reference() -> None:
    folder = ROOT / "flexsdk" / "platforms"
    modules = {
        f"flexsdk.platforms.{path.parent.name}.{path.stem}"
        for path in folder.glob("*/*.py")
        if path.stem not in INSIDE and not path.stem.startswith("_")
    }

    assert modules - documented() == set()


def test_every_extra_module_is_in_the_reference() -> None:
    folder = ROOT / "flexsdk" / "ext"
    modules = {
        f"flexsdk.ext.{path.stem}"
        for path in folder.iterdir()
        if path.stem[0] != "_" and path.suffix != ".lua"
    }

    assert modules - documented() == set()


def test_llms_txt_has_the_form_of_its_convention() -> None:
    lines = LLMS.read_text("utf-8").splitlines()

    assert lines[0] == "# flexsdk"
    assert next(line for line in lines[1:] if line).startswith("> ")
    sections = "\n".join(lines).partition("\n## ")[2]
    stray = [line for line in sections.splitlines()[1:] if line and not line.startswith(("- [", "## "))]
    assert stray == []
    assert all(re.fullmatch(r"- \[.+\]\(\S+\): .+", line) for line in lines if line.startswith("- ["))


def test_llms_txt_lists_every_page() -> None:
    assert sorted(link for link in links(LLMS) if link.endswith(".md")) == sorted(entries(SITE["nav"]))


@pytest.mark.slow
def test_the_site_builds_without_a_warning(tmp_path: Path) -> None:
    pytest.importorskip("mkdocs")
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(tmp_path)]

    built = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)

    assert built.returncode == 0, built.stderr
    assert "WARNING" not in built.stderr
    assert (tmp_path / "llms.txt").is_file()
    pages = [path.read_text("utf-8") for path in tmp_path.rglob("*.html")]
    foreign = re.compile(r'<(?:script|link|img)[^>]+(?:src|href)="(?:https?:)?//')
    assert not any(foreign.search(page) for page in pages)
