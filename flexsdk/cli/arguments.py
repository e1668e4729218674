"""Parameters of methods as arguments of commands: which words are taken, and what they become."""

from __future__ import annotations

import inspect
import sys
import types
import typing
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal, TypeVar, Union, get_args, get_origin

import msgspec

from flexsdk.cli.tree import Method
from flexsdk.core.body import Upload
from flexsdk.errors import ConfigError
from flexsdk.protocol.redact import Secret
from flexsdk.structs import UnsetType
from flexsdk.types import CallOptions

__all__ = ["Argument", "arguments", "read_json", "read_text"]

_UNSEEN: Final = ("Callable[", "Progress", "AnyTool")
"""Types of parameters that only a program can fill."""
_NOTHING: Final = (UnsetType, types.NoneType)
_MAX_INPUT: Final = 64 * 1024 * 1024
"""Most bytes that are read as one value."""


@dataclass(frozen=True)
class Argument:
    """One parameter of a method.

    ``shown`` is the type that the command line checks, ``read`` makes the value out of what was given.
    """

    name: str
    shown: Any
    read: Callable[[Any], Any]
    about: str
    positional: bool
    required: bool
    many: bool = False


def arguments(method: Method) -> list[Argument]:
    """Give the arguments of a method, in its order; those that only a program can give are left out."""
    given = list(inspect.signature(method.function).parameters.values())[1:]
    parameters = [each for each in given if each.kind is not each.VAR_KEYWORD]
    for options in given[len(parameters) :]:
        parameters += _further(method, options)
    return [_argument(method, each) for each in parameters if _is_shown(each)]


def _is_shown(parameter: inspect.Parameter) -> bool:
    return not any(word in str(parameter.annotation) for word in _UNSEEN)


def _further(method: Method, options: inspect.Parameter) -> list[inspect.Parameter]:
    """Give the keyword options that a method has besides those of every call."""
    (kind,) = get_args(method.evaluate(options.annotation))
    return [
        inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=hint)
        for name, hint in typing.get_type_hints(kind).items()
        if name not in CallOptions.__annotations__
    ]


def _argument(method: Method, parameter: inspect.Parameter) -> Argument:
    many = parameter.kind is parameter.VAR_POSITIONAL
    shown, read, hint = _reading(method, parameter)
    about = " ".join(filter(None, (method.about.parameters.get(parameter.name), hint)))
    return Argument(
        parameter.name,
        list[shown] if many else shown,  # type: ignore[valid-type]  # made at run time
        (lambda given: [read(each) for each in given]) if many else read,
        about[:1].upper() + about[1:],
        positional=parameter.kind is not parameter.KEYWORD_ONLY,
        required=many or parameter.default is parameter.empty,
        many=many,
    )


def _reading(method: Method, parameter: inspect.Parameter) -> tuple[Any, Callable[[Any], Any], str]:
    """Choose the shown type, the reader and a hint for the help."""
    if "FileSource" in str(parameter.annotation):
        return str, _file, "A file."
    kind = _resolved(parameter.annotation, method)
    members = [each for each in _members(kind) if each not in _NOTHING]
    if len(members) == 1 and members[0] in (bool, int, float):
        return members[0], _same, ""
    if Secret in members:
        return str, lambda given: Secret(read_text(given)), "Secret: @FILE, or - for stdin."
    if all(get_origin(each) is Literal for each in members):
        return Literal[tuple(word for each in members for word in get_args(each))], _same, ""
    if str in members:
        words = [word for each in members if get_origin(each) is Literal for word in get_args(each)]
        return str, _same, f"Such as {', '.join(words)}." if words else ""
    if len(members) == 1 and (item := _plain_item(members[0])):
        return list[item], list, ""  # type: ignore[valid-type]  # made at run time
    return str, _json_reader(kind), "JSON, @FILE, or - for stdin."


def _resolved(annotation: Any, method: Method) -> Any:
    """Evaluate an annotation; what a class is generic over has become a type by then, a job its id."""
    kind = method.evaluate(annotation) if isinstance(annotation, str) else annotation
    if isinstance(kind, TypeVar):
        return method.types.get(kind.__name__, str)
    (inner,) = getattr(kind, "__parameters__", ()) or (None,)
    if inner is None:
        return kind
    item = method.types.get(inner.__name__, str)
    return Sequence[item]  # type: ignore[valid-type]  # made at run time


def _members(kind: Any) -> Sequence[Any]:
    if get_origin(kind) in (Union, types.UnionType):
        return [member for each in get_args(kind) for member in _members(each)]
    return _members(get_args(kind)[0]) if get_origin(kind) is typing.Annotated else [kind]


def _plain_item(kind: Any) -> Any:
    """Give the type of a sequence's items when they are words or numbers."""
    if not isinstance(get_origin(kind), type) or not issubclass(get_origin(kind), Sequence):
        return None
    items = _members(get_args(kind)[0])
    if all(get_origin(each) is Literal for each in items):
        return items[0]
    return int if items == [int] else str if str in items else None


def _same(given: Any) -> Any:
    return given


def _file(given: str) -> Any:
    return Upload(sys.stdin.buffer, name="stdin") if given == "-" else Path(given)


def _json_reader(kind: Any) -> Callable[[Any], Any]:
    def read(given: Any) -> Any:
        value = read_json(given) if isinstance(given, str) else given
        wanted = _data_of(kind)
        try:
            return msgspec.convert(value, wanted, strict=False) if wanted is not None else value
        except msgspec.ValidationError as error:
            raise ConfigError(f"the JSON has another shape than asked for: {error}") from None

    return read


def _data_of(kind: Any) -> Any:
    """Give the type that JSON is converted into; ``None`` where the platform takes anything."""
    kinds = [each for each in _members(kind) if each not in _NOTHING]
    if any(get_origin(each) is not None and issubclass(get_origin(each), Mapping) for each in kinds):
        return dict[str, Any]
    return kinds[0] if len(kinds) == 1 and kinds[0] is not Any else None


def read_text(given: str) -> str:
    """Give the text: itself, the content of ``@FILE``, or stdin for ``-``; line ends at the end are cut.

    Raises:
        ConfigError: the file cannot be read, or is above 64 MiB.
    """
    if given != "-" and not given.startswith("@"):
        return given
    try:
        if given == "-":
            content = sys.stdin.read(_MAX_INPUT + 1)
        else:
            with Path(given[1:]).open(encoding="utf-8") as file:
                content = file.read(_MAX_INPUT + 1)
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{given}: cannot be read: {error}") from None
    if len(content) > _MAX_INPUT:
        raise ConfigError(f"{given}: above {_MAX_INPUT} characters")
    return content.rstrip("\r\n")


def read_json(given: str) -> Any:
    """Give the value of JSON text, of ``@FILE`` or of stdin for ``-``.

    Raises:
        ConfigError: it cannot be read or is no JSON; the message does not repeat it.
    """
    try:
        return msgspec.json.decode(read_text(given))
    except msgspec.DecodeError as error:
        source = given if given == "-" or given.startswith("@") else "the argument"
        raise ConfigError(f"{source} is no JSON: {error}") from None
