"""What the site has to know of docstrings: links, and the arguments of structs."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import griffe

_ROLE = re.compile(r":(?:class|data|exc|func|meth|mod):`(?:([^`<]+) <)?~?([\w.]+)>?`(\(\))?")


class Roles(griffe.Extension):
    """Turns roles such as ``:class:`~package.Name` `` into links, and fields into arguments."""

    def on_package(self, *, pkg: griffe.Module, **_: Any) -> None:
        """Rewrite the docstrings of the package, once all names are known."""
        for each in _objects(pkg):
            if each.docstring:
                text = _ROLE.sub(lambda role, each=each: _link(each, role), each.docstring.value)
                each.docstring.value = "\n\n".join(map(_drawn, text.split("\n\n")))
                if isinstance(each, griffe.Class) and "\nArgs:\n" in each.docstring.value:
                    _give_arguments(each)


def _objects(parent: griffe.Object) -> Iterator[griffe.Object]:
    yield parent
    for member in parent.members.values():
        if isinstance(member, griffe.Object):
            yield from _objects(member)


def _drawn(paragraph: str) -> str:
    """Keep trees and tables of text as they are drawn."""
    if "├──" not in paragraph and "====" not in paragraph:
        return paragraph
    drawing = paragraph.replace("``", "")
    return f"```text\n{drawing}\n```"


def _link(place: griffe.Object, role: re.Match[str]) -> str:
    """Give a link where the site knows the name, the name alone where it does not."""
    name = role[2]
    shown = role[1] or name.rpartition(".")[2]
    if not name.startswith("flexsdk"):
        try:
            name, shown = place.resolve(name), role[1] or name
        except griffe.NameResolutionError:  # inherited, or of another package
            return f"`{shown}`"
    return f'<autoref identifier="{name}" optional><code>{shown}</code></autoref>'


def _give_arguments(cls: griffe.Class) -> None:
    """Give a msgspec struct the signature that it makes of its fields; others have theirs already."""
    line = _line(cls)
    if "dataclass" in cls.labels or any("__init__" in each.members and not _is_made(each) for each in line):
        return
    either = griffe.ParameterKind.positional_or_keyword
    fields = {
        each.name: griffe.Parameter(each.name, annotation=each.annotation, kind=either, default=each.value)
        for base in line
        for each in base.members.values()
        if isinstance(each, griffe.Attribute) and "property" not in each.labels
    }
    own = griffe.Parameter("self", kind=either)
    made = griffe.Function("__init__", parameters=griffe.Parameters(own, *fields.values()))
    made.labels.add("made")
    cls.set_member("__init__", made)


def _is_made(cls: griffe.Class) -> bool:
    return "made" in cls.members["__init__"].labels


def _line(cls: griffe.Class) -> list[griffe.Class]:
    """Give the class and those of the package that it is made of, the farthest first."""
    bases = [base for base in cls.resolved_bases if isinstance(base, griffe.Class)]
    return [*(each for base in bases for each in _line(base)), cls]
