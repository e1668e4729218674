"""Writes the stubs of the blocking clients from the asynchronous signatures.

``python -m flexsdk.blocking._stubs`` writes them anew after a change of a public signature; a test tells
when that was forgotten.
"""

from __future__ import annotations

import ast
import builtins
import inspect
import sys
from collections.abc import Iterator
from functools import cache, cached_property
from importlib import import_module
from pathlib import Path
from pkgutil import resolve_name
from typing import Any, Generic, TypeVar

from flexsdk.blocking._facade import INTERNAL, RENAMED, blocks, home_of
from flexsdk.core.client import Client

__all__ = ["stubs"]

FOLDER = Path(__file__).parent
WIDTH = 110
CLIENTS = {
    "flapjack": "Flapjack",
    "fleece": "Fleece",
    "flexorch": "FlexOrch",
    "flextell": "Flextell",
    "platform": "Platform",
}
HEADER = [
    "# Written by python -m flexsdk.blocking._stubs",
    "# fmt: off",
    "# ruff: noqa: A002, E501, I001, RUF100",
    "",
]
ATTRIBUTES: dict[type, list[str]] = {Client: ["base_url: str", "plan: str | None"]}
"""Attributes that a client sets without an annotation."""
REFUSED = {"session"}
"""Arguments of clients that only serve a loop of the user's."""
STARS: dict[object, str] = {inspect.Parameter.VAR_POSITIONAL: "*", inspect.Parameter.VAR_KEYWORD: "**"}
PROTOCOLS = {"collections.abc.AsyncIterator": "collections.abc.Iterator"}


def stubs() -> dict[Path, str]:
    """Make the text of each stub."""
    clients = (resolve_name(f"flexsdk.platforms.{home}.client.{name}") for home, name in CLIENTS.items())
    files: dict[str, list[type]] = {}
    for cls in sorted(_reachable(list(clients)), key=lambda each: each.__name__):
        files.setdefault(home_of(cls), []).append(cls)
    return {FOLDER / f"{home.rpartition('.')[2]}.pyi": _text(home, files[home]) for home in sorted(files)}


def _reachable(found: list[type]) -> list[type]:
    """Add all asynchronous classes that bases and signatures lead to."""
    for cls in found:  # which grows meanwhile
        scope = _Scope(cls.__module__)
        for hint in [*_bases(cls), *(hint for member in _members(cls).values() for hint in _hints(member))]:
            found.extend(each for each in scope.classes(hint) if blocks(each) and each not in found)
    return found


def _text(home: str, classes: list[type]) -> str:
    writer = _Writer(home)
    bodies = [line for cls in classes for line in [*writer.write(cls), ""]]
    variables = [f"{name} = {made}" for name, made in sorted(writer.variables.items())]
    imports = [f"import {module}" for module in sorted(writer.modules)]
    return "\n".join([*HEADER, *imports, "", *variables, "", *bodies])


class _Scope:
    """What the names in the annotations of a module stand for."""

    def __init__(self, module: str) -> None:
        self._module = import_module(module)
        self._imported = dict(_imports(module))

    def path(self, node: ast.expr) -> str:
        """Give the full name of a name; that of a builtin is bare."""
        root, dot, rest = ast.unparse(node).partition(".")
        if root in self._imported:
            root = self._imported[root]
        elif root in vars(self._module):
            root = f"{self._module.__name__}.{root}"
        return root + dot + rest

    def classes(self, hint: str) -> Iterator[type]:
        """Find the classes in an annotation."""
        for node in ast.walk(ast.parse(hint, mode="eval")):
            found = _found(self.path(node)) if isinstance(node, ast.Name | ast.Attribute) else None
            if isinstance(found, type):
                yield found


class _Writer(ast.NodeTransformer):
    """Writes classes for one file, and collects what it has to import."""

    def __init__(self, home: str) -> None:
        self.modules: set[str] = set()
        self.variables: dict[str, str] = {}
        self._home = home
        self._scope: _Scope
        self._hidden: set[str] = set()

    def write(self, cls: type) -> list[str]:
        """Write a class."""
        self._scope = _Scope(cls.__module__)
        members = _members(cls)
        self._hidden = set(members) & set(dir(builtins))
        bases = ", ".join(map(self._hint, _bases(cls)))
        lines = [f"class {cls.__name__}({bases}):" if bases else f"class {cls.__name__}:"]
        lines += [f"    {attribute}" for attribute in ATTRIBUTES.get(cls, [])]
        for name, member in members.items():
            lines += self._member(RENAMED.get(name, name), member)
        return lines if len(lines) > 1 else [f"{lines[0]} ..."]

    def _member(self, name: str, member: Any) -> list[str]:
        signature = inspect.signature(_function(member))
        parameters = [each for each in signature.parameters.values() if each.name not in REFUSED]
        words = list(self._parameters(parameters))
        result = self._hint(_waited_for(signature.return_annotation))
        lines = [] if inspect.isfunction(member) else ["    @property"]
        line = f"    def {name}({', '.join(words)}) -> {result}: ..."
        if len(line) <= WIDTH:
            return [*lines, line]
        lines += [f"    def {name}(", *(f"        {word}," for word in words)]
        return [*lines, f"    ) -> {result}: ..."]

    def _parameters(self, parameters: list[inspect.Parameter]) -> Iterator[str]:
        starred = False
        for each in parameters:
            if each.kind is each.KEYWORD_ONLY and not starred:
                yield "*"
            starred = starred or each.kind in (each.KEYWORD_ONLY, each.VAR_POSITIONAL)
            stars = STARS.get(each.kind, "")
            hint = "" if each.annotation is each.empty else f": {self._hint(each.annotation)}"
            default = "" if each.default is each.empty else f" = {_default(each.default)}"
            yield stars + each.name + hint + default

    def _hint(self, hint: str) -> str:
        return ast.unparse(self.visit(ast.parse(hint, mode="eval")))

    def visit_Name(self, node: ast.Name) -> ast.expr:
        """Write the full name."""
        return ast.Name(self._known(self._scope.path(node)))

    def visit_Attribute(self, node: ast.Attribute) -> ast.expr:
        """Write the full name."""
        return ast.Name(self._known(self._scope.path(node)))

    def _known(self, path: str) -> str:
        """Give a name as this file knows it, blocking where it was not."""
        found = _found(path)
        if isinstance(found, TypeVar):
            self.variables[found.__name__] = self._hint(_made(path))
            return found.__name__
        if isinstance(found, type) and blocks(found):
            return self._blocking(found)
        if "." not in path:
            path = f"builtins.{path}" if path in self._hidden else path
        path = PROTOCOLS.get(path, path)
        if "." in path:
            self.modules.add(_module_of(path))
        return path

    def _blocking(self, cls: type) -> str:
        home = home_of(cls)
        if home == self._home:
            return cls.__name__
        self.modules.add(home)
        return f"{home}.{cls.__name__}"


def _waited_for(hint: str) -> str:
    """Give what a method gives in the end that is no coroutine function but gives something to await."""
    return hint.removeprefix("Awaitable[").removesuffix("]") if hint.startswith("Awaitable[") else hint


def _bases(cls: type) -> list[str]:
    """Give the bases that the face of a class has, too, as they are written."""
    scope = _Scope(cls.__module__)
    bases = next(
        node.bases
        for node in _tree(cls.__module__).body
        if isinstance(node, ast.ClassDef) and node.name == cls.__name__
    )
    kept = []
    for base in bases:
        found = _found(scope.path(base.value if isinstance(base, ast.Subscript) else base))
        if found is Generic or (isinstance(found, type) and blocks(found)):
            kept.append(ast.unparse(base))
    return kept


def _members(cls: type) -> dict[str, Any]:
    """Give what the face of a class has itself, by the asynchronous names."""
    members = {
        name: member
        for name, member in vars(cls).items()
        if name in RENAMED or not (name.startswith("_") or name in INTERNAL)
        if _function(member) is not None
    }
    if issubclass(cls, Client) and "__init__" in vars(cls):
        return {"__init__": vars(cls)["__init__"], **members}
    return members


def _function(member: Any) -> Any:
    if isinstance(member, property | cached_property):
        return member.fget if isinstance(member, property) else member.func
    return member if inspect.isfunction(member) else None


def _hints(member: Any) -> list[str]:
    signature = inspect.signature(_function(member))
    hints = [each.annotation for each in signature.parameters.values()]
    return [hint for hint in [*hints, signature.return_annotation] if isinstance(hint, str)]


def _default(value: object) -> str:
    return repr(value) if value is None or isinstance(value, bool | int | float | str) else "..."


@cache
def _tree(module: str) -> ast.Module:
    return ast.parse(inspect.getsource(import_module(module)))


def _imports(module: str) -> Iterator[tuple[str, str]]:
    """Give the names that a module imports, also those for type checkers alone, with their full names."""
    for node in ast.walk(_tree(module)):
        if isinstance(node, ast.ImportFrom):
            yield from ((each.asname or each.name, f"{node.module}.{each.name}") for each in node.names)
        elif isinstance(node, ast.Import):
            yield from ((each.asname or each.name, each.name) for each in node.names)


def _made(path: str) -> str:
    """Give how a variable is made."""
    home, _, name = path.rpartition(".")
    nodes = (node for node in _tree(home).body if isinstance(node, ast.Assign))
    return next(ast.unparse(node.value) for node in nodes if ast.unparse(node.targets[0]) == name)


@cache
def _found(path: str) -> Any:
    return resolve_name(path) if "." in path else getattr(builtins, path, None)


def _module_of(path: str) -> str:
    """Give the module of a full name."""
    while path not in sys.modules:
        path = path.rpartition(".")[0]
    return path


if __name__ == "__main__":
    for file, text in stubs().items():
        file.write_text(text, "utf-8")
