"""Tools that are Python functions: a schema from the signature, checked arguments, results as text.

Source: docs concepts/tools for the three members of a definition; everything else happens on this side.
"""

from __future__ import annotations

import asyncio
import inspect
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from copy import copy
from typing import Annotated, Any, TypeAlias

import anyio.to_thread
import msgspec

from flexsdk.codec import decoder
from flexsdk.core.logs import report
from flexsdk.errors import ConfigError, DecodeError
from flexsdk.platforms.flapjack.events import Tool
from flexsdk.platforms.flapjack.messages import ToolDefinition

__all__ = ["NO_TOOLS", "AnyTool", "FunctionTool", "Toolbox"]

_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")
_ARGUMENT = re.compile(r"\s*\*{0,2}(\w+)(?: \(.*?\))?:\s+(.*)")


class FunctionTool:
    """A function that an agent may call while it answers.

    The JSON Schema of the arguments is made from the annotations, which may be anything that msgspec can
    decode; ``Annotated[int, msgspec.Meta(ge=1)]`` is checked, too. Descriptions come from the docstring: its
    first paragraph, and its ``Args:`` section. An async function runs on the loop, any other in a thread.

    Args:
        function: what to call; its result is sent as it is when it is text, else as JSON.
        name: what the agent calls it; by default the function's name.
        description: what it is good for; by default the first paragraph of the docstring.

    Raises:
        ConfigError: the signature, the name or the missing docstring does not make a tool.
    """

    def __init__(
        self, function: Callable[..., Any], *, name: str | None = None, description: str | None = None
    ) -> None:
        self._function = function
        self.name = name or str(getattr(function, "__name__", ""))
        if not _NAME.fullmatch(self.name):
            raise ConfigError(f"{self.name!r} is no name of a tool; pass FunctionTool(function, name=...)")
        doc = inspect.getdoc(function) or ""
        self.description = description or " ".join(doc.partition("\n\n")[0].split())
        if not self.description:
            raise ConfigError(f"the tool {self.name} needs a docstring: it tells the agent when to call it")
        try:
            self._arguments = _arguments(function, self.name, _described(doc))
            parameters = _schema(self._arguments)
        except (NameError, TypeError, ValueError) as error:
            raise ConfigError(f"the signature of the tool {self.name} has no JSON Schema: {error}") from None
        self._decode: Callable[[bytes], Any] = decoder(self._arguments)
        self.definition = ToolDefinition(name=self.name, description=self.description, parameters=parameters)

    async def run(self, arguments: str) -> str:
        """Call the function with JSON text; a failure becomes a result that says so to the agent."""
        try:
            given = self._decode(arguments.encode() or b"{}")
        except DecodeError as error:
            return _failure(f"invalid arguments: {error}")
        named = {name: getattr(given, name) for name in self._arguments.__struct_fields__}
        try:
            return _text(await self._call(named))
        except Exception as error:  # noqa: BLE001 - whatever a handler raises, the agent is told
            kind = type(error).__name__
            report(f"the tool {self.name} raised {kind}", tool=self.name, error=kind)
            return _failure(f"{type(error).__name__}: {error}")

    async def _call(self, arguments: Mapping[str, Any]) -> Any:
        if inspect.iscoroutinefunction(self._function):
            return await self._function(**arguments)
        result = await anyio.to_thread.run_sync(lambda: self._function(**arguments), abandon_on_cancel=True)
        return await result if inspect.isawaitable(result) else result


AnyTool: TypeAlias = "Callable[..., Any] | FunctionTool | ToolDefinition"
"""What may be given as a tool; a mere definition leaves running it to you."""


class Toolbox:
    """The tools of one stream, and the functions among them that can be run.

    Args:
        tools: each under a name of its own.
        limit: handlers that run at the same time.
    """

    def __init__(self, tools: Iterable[AnyTool], *, limit: int) -> None:
        if limit < 1:
            raise ConfigError(f"tool_concurrency must be 1 or more, not {limit!r}")
        made = [each if isinstance(each, ToolDefinition) else _made(each) for each in tools]
        self.definitions = [each.definition if isinstance(each, FunctionTool) else each for each in made]
        self._functions = {each.name: each for each in made if isinstance(each, FunctionTool)}
        self._manual = {each.name for each in made if isinstance(each, ToolDefinition)}
        self._limit = limit
        if len({each.name for each in made}) < len(made):
            raise ConfigError("two tools have the same name; pass FunctionTool(function, name=...)")

    def runs(self, calls: Sequence[Tool]) -> bool:
        """Tell whether these calls can be answered here, without the caller."""
        return bool(self._functions) and not any(call.name in self._manual for call in calls)

    async def run(self, calls: Sequence[Tool]) -> list[str]:
        """Run the functions at the same time, and give their results in the order of the calls."""
        slots = asyncio.Semaphore(self._limit)
        async with asyncio.TaskGroup() as group:
            running = [group.create_task(self._run(call, slots)) for call in calls]
        return [task.result() for task in running]

    async def _run(self, call: Tool, slots: asyncio.Semaphore) -> str:
        tool = self._functions.get(call.name)
        if tool is None:
            return _failure(f"there is no tool {call.name!r}; there are {', '.join(self._functions)}")
        async with slots:
            return await tool.run(call.arguments)


NO_TOOLS = Toolbox((), limit=1)
"""Of a stream without tools."""


def _made(tool: Callable[..., Any] | FunctionTool) -> FunctionTool:
    return tool if isinstance(tool, FunctionTool) else FunctionTool(tool)


def _arguments(function: Callable[..., Any], name: str, described: Mapping[str, str]) -> type[msgspec.Struct]:
    """Make the struct that the arguments are decoded into; a word that is no parameter is refused."""
    parameters = inspect.signature(function, eval_str=True).parameters.values()
    fields = [_field(parameter, described) for parameter in parameters]
    return msgspec.defstruct(name, fields, kw_only=True, forbid_unknown_fields=True)


def _schema(arguments: type[msgspec.Struct]) -> dict[str, Any]:
    """Make the JSON Schema, with the object itself at the top and the types that it uses under ``$defs``."""
    schema = msgspec.json.schema(arguments)
    definitions: dict[str, Any] = schema["$defs"]
    parameters: dict[str, Any] = definitions.pop(schema["$ref"].rpartition("/")[2])
    return {**parameters, "$defs": definitions} if definitions else parameters


def _field(parameter: inspect.Parameter, described: Mapping[str, str]) -> Any:
    if parameter.kind not in (parameter.POSITIONAL_OR_KEYWORD, parameter.KEYWORD_ONLY):
        raise TypeError(f"{parameter} cannot be given by name")
    hint = parameter.annotation
    if hint is parameter.empty:
        raise TypeError(f"{parameter.name} has no annotation")
    if parameter.name in described:
        hint = Annotated[hint, msgspec.Meta(description=described[parameter.name])]
    if parameter.default is parameter.empty:
        return parameter.name, hint
    default = parameter.default
    if isinstance(default, list | dict | set):
        return parameter.name, hint, msgspec.field(default_factory=lambda: copy(default))
    return parameter.name, hint, default


def _described(doc: str) -> dict[str, str]:
    """Read the ``Args:`` section of a docstring."""
    found: dict[str, str] = {}
    latest = ""
    for line in _section(doc):
        if match := _ARGUMENT.fullmatch(line):
            latest = match[1]
            found[latest] = match[2]
        elif latest and line.strip():
            found[latest] += " " + line.strip()
    return found


def _section(doc: str) -> list[str]:
    lines = iter(doc.splitlines())
    for line in lines:
        if line.strip() in ("Args:", "Arguments:", "Parameters:"):
            break
    section = []
    for line in lines:
        if line and not line.startswith(" "):
            break
        section.append(line)
    return section


def _text(result: Any) -> str:
    return result if isinstance(result, str) else msgspec.json.encode(result).decode()


def _failure(what: str) -> str:
    return msgspec.json.encode({"error": what}).decode()
