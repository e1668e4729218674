"""What can be called on a platform: groups and methods, read from the classes of its client."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from importlib import import_module
from typing import Any, Final, get_args, get_origin, get_type_hints

from flexsdk.core.client import Client
from flexsdk.core.op import Op, Replay
from flexsdk.core.resource import Resource

__all__ = ["CLIENTS", "Group", "Method", "client_class", "tree"]

CLIENTS: Final[Mapping[str, str]] = {
    "flapjack": "Flapjack",
    "flexorch": "FlexOrch",
    "fleece": "Fleece",
    "flextell": "Flextell",
    "platform": "Platform",
}
"""The class of each platform's client, by the word of the command line."""
_NOT_CALLED: Final = frozenset({"notify"})
"""Methods that only make sense inside a process that goes on."""
_MARKUP: Final = re.compile(r":\w+:`~?([^`]*)`|``([^`]*)``")


@dataclass(frozen=True)
class Method:
    """One method of a resource; ``types`` says what the type variables of its class stand for."""

    name: str
    way: tuple[str, ...]
    function: Callable[..., Any]
    types: Mapping[str, Any]

    def reach(self, client: Client, collection: str = "") -> Callable[..., Any]:
        """Give the bound method on this client; ``collection`` names a collection of the generic tier."""
        place: Any = client
        for name in self.way:
            place = place.collection(collection, dict) if name == "collection" else getattr(place, name)
        bound: Callable[..., Any] = getattr(place, self.name)
        return bound

    @property
    def named(self) -> bool:
        """Whether it belongs to a collection that has to be named."""
        return "collection" in self.way

    def evaluate(self, annotation: str) -> Any:
        """Give what an annotation means where the method was written."""
        return eval(annotation, self.function.__globals__)  # noqa: S307 - our own source

    @property
    def ops(self) -> list[Op[Any]]:
        """The operations that the method names itself; a base class may name others."""
        known = self.function.__globals__
        return [op for name in self.function.__code__.co_names if isinstance(op := known.get(name), Op)]

    @property
    def replay(self) -> Replay:
        """What may be repeated of it: the least of its operations, never where it names none."""
        repeats = {op.repeats for op in self.ops} or {Replay.NEVER}
        return next(each for each in (Replay.NEVER, Replay.KEYED, Replay.SAFE) if each in repeats)

    @property
    def takes_options(self) -> bool:
        """Whether it takes the options of a call."""
        return "options" in self.function.__annotations__

    @cached_property
    def about(self) -> Doc:
        """What its docstring says."""
        return read_doc(self.function)


@dataclass(frozen=True)
class Group:
    """Methods and groups that belong together, by their names in Python."""

    about: str
    methods: dict[str, Method] = field(default_factory=dict)
    groups: dict[str, Group] = field(default_factory=dict)

    def walk(self, *words: str) -> Iterator[tuple[tuple[str, ...], Method]]:
        """Give every method below, with the words that lead to it."""
        for name, method in self.methods.items():
            yield (*words, name), method
        for name, group in self.groups.items():
            yield from group.walk(*words, name)


@dataclass(frozen=True)
class Doc:
    """A docstring in parts: what it does, and what its parameters mean."""

    text: str
    parameters: Mapping[str, str]

    @property
    def summary(self) -> str:
        """The first sentence."""
        line = self.text.partition("\n")[0]
        return line.partition(". ")[0].rstrip(".") + "."


def client_class(platform: str) -> type[Client]:
    """Import the client of a platform."""
    found: type[Client] = getattr(import_module(f"flexsdk.platforms.{platform}.client"), CLIENTS[platform])
    return found


def tree(platform: str) -> Group:
    """Read the commands of a platform from the classes of its client."""
    kind = client_class(platform)
    root = Group(_first_line(kind))
    for name, entry in _members(kind, Client):
        if isinstance(entry, cached_property):
            root.groups[name] = _group(entry, (name,))
        elif name == "collection":
            resource = get_origin(_answer(entry)) or _answer(entry)
            root.groups[name] = _filled(resource, "Collections of the generic tier, by name.", (name,), {})
    return root


def _group(entry: cached_property[Any], way: tuple[str, ...]) -> Group:
    kind = _answer(entry.func)
    resource = get_origin(kind) or kind
    types = _variables(kind)
    for base in (base for each in resource.__mro__ for base in getattr(each, "__orig_bases__", ())):
        types = {**_variables(base), **types}
    return _filled(resource, inspect.getdoc(entry.func) or _first_line(resource), way, types)


def _variables(kind: Any) -> dict[str, Any]:
    """Tell what the type variables of a class stand for in a form of it such as ``LongWork[Job, str]``."""
    names = [parameter.__name__ for parameter in getattr(get_origin(kind), "__parameters__", ())]
    return dict(zip(names, get_args(kind), strict=False))


def _filled(resource: type[Any], about: str, way: tuple[str, ...], types: Mapping[str, Any]) -> Group:
    group = Group(about)
    for name, entry in _members(resource, Resource):
        if isinstance(entry, cached_property):
            group.groups[name] = _group(entry, (*way, name))
        elif inspect.isfunction(entry) and name not in _NOT_CALLED:
            group.methods[name] = Method(name, way, entry, types)
    return group


def _members(kind: type[Any], base: type[Any]) -> Iterator[tuple[str, Any]]:
    """Give the public members of a class that its base does not have."""
    for name in dir(kind):
        if not name.startswith("_") and not hasattr(base, name):
            yield name, inspect.getattr_static(kind, name)


def _answer(function: Callable[..., Any]) -> Any:
    return get_type_hints(function)["return"]


def _first_line(kind: object) -> str:
    return _plain((inspect.getdoc(kind) or "").partition("\n")[0])


def read_doc(function: Callable[..., Any]) -> Doc:
    """Cut a docstring of the Google style into its text and the meaning of its parameters."""
    text, _, sections = (inspect.getdoc(function) or "").partition("\nArgs:\n")
    text, _, raises = text.partition("\nRaises:\n")
    parameters: dict[str, str] = {}
    name = ""
    for line in sections.split("\n\n")[0].splitlines():
        if found := re.match(r"    (\w+): (.*)", line):
            name = found[1]
            parameters[name] = found[2]
        elif name:
            parameters[name] += f" {line.strip()}"
    raises = raises or sections.partition("\nRaises:\n")[2]
    if raises:
        text = f"{text.rstrip()}\n\nFails with {_joined(raises)}"
    return Doc(_plain(text), {name: _plain(said) for name, said in parameters.items()})


def _joined(section: str) -> str:
    return " ".join(line.strip() for line in section.partition("\n\n")[0].splitlines())


def _plain(text: str) -> str:
    """Leave out what is markup for pages of documentation."""
    marked = _MARKUP.sub(lambda found: found[2] or found[1].rpartition(".")[2], text)
    unbroken = re.sub(r"(?<!\n)\n(?!\n)", " ", marked)
    return re.sub(r"\bNone\b", "null", unbroken).strip()
