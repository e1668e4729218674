"""Tools that are Python functions: schema, checks and results."""

from __future__ import annotations

import asyncio
import enum
import functools
import threading
from collections.abc import Callable
from datetime import date
from typing import Annotated, Any, Literal

import msgspec
import pytest

from flexsdk.errors import ConfigError
from flexsdk.platforms.flapjack import FunctionTool, ToolDefinition
from flexsdk.platforms.flapjack.events import Tool
from flexsdk.platforms.flapjack.function_tools import Toolbox


class Size(enum.Enum):
    SMALL = "small"
    LARGE = "large"


class Address(msgspec.Struct):
    city: str


async def lookup_order(
    reference: str,
    limit: Annotated[int, msgspec.Meta(ge=1)] = 3,
    *,
    state: Literal["open", "shipped"] = "open",
    size: Size | None = None,
    address: Address | None = None,
) -> dict[str, Any]:
    """Find an order by its reference,
    also an old one.

    More that the agent need not know.

    Args:
        reference: as printed on the invoice,
            with its letter.
        limit (int): most rows.

    Returns:
        address: not an argument.
    """
    return {"reference": reference, "limit": limit, "state": state}


def call(name: str, arguments: str = "{}", id_: str = "c1") -> Tool:
    return Tool(id=id_, name=name, arguments=arguments)


def test_the_definition_comes_from_signature_and_docstring() -> None:
    definition = FunctionTool(lookup_order).definition

    assert definition.name == "lookup_order"
    assert definition.description == "Find an order by its reference, also an old one."
    parameters = definition.parameters
    assert parameters["type"] == "object"
    assert parameters["required"] == ["reference"]
    assert parameters["additionalProperties"] is False
    members = parameters["properties"]
    assert members["reference"] == {
        "description": "as printed on the invoice, with its letter.",
        "type": "string",
    }
    assert members["limit"] == {"description": "most rows.", "type": "integer", "minimum": 1, "default": 3}
    assert members["state"] == {"enum": ["open", "shipped"], "default": "open"}
    assert set(parameters["$defs"]) == {"Size", "Address"}


async def test_arguments_are_decoded_into_their_types() -> None:
    given: list[Any] = []

    def keep(day: date, tags: list[str] = ["none"], size: Size = Size.SMALL) -> None:  # noqa: B006 - what is tested
        """Keep."""
        given.append((day, tags, size))

    tool = FunctionTool(keep)
    assert await tool.run('{"day":"2026-03-01","size":"large"}') == "null"
    assert await tool.run('{"day":"2026-03-01","tags":["a"]}') == "null"

    assert given == [(date(2026, 3, 1), ["none"], Size.LARGE), (date(2026, 3, 1), ["a"], Size.SMALL)]


@pytest.mark.parametrize(
    ("arguments", "part"),
    [
        ('{"reference":1}', "Expected `str`, got `int` - at `$.reference`"),
        ('{"reference":"A","limit":0}', ">= 1"),
        ("{}", "missing required field `reference`"),
        ("", "missing required field `reference`"),
        ('{"reference":"A","colour":"red"}', "unknown field `colour`"),
        ('{"reference":', "invalid arguments"),
        ("[1]", "invalid arguments"),
    ],
    ids=["type", "range", "missing", "empty", "unknown", "cut", "list"],
)
async def test_bad_arguments_become_a_result_that_says_so(arguments: str, part: str) -> None:
    result = msgspec.json.decode(await FunctionTool(lookup_order).run(arguments))

    assert result["error"].startswith("invalid arguments: ")
    assert part in result["error"]


async def test_a_function_that_raises_becomes_a_result_that_says_so(caplog: pytest.LogCaptureFixture) -> None:
    def fail() -> None:
        """Fail."""
        raise LookupError("no such order")

    result = await FunctionTool(fail).run("{}")

    assert msgspec.json.decode(result) == {"error": "LookupError: no such order"}
    assert caplog.messages == ["the tool fail raised LookupError"]


async def test_a_result_that_is_no_json_becomes_a_result_that_says_so() -> None:
    def odd() -> object:
        """Give something odd."""
        return object()

    assert "unsupported" in msgspec.json.decode(await FunctionTool(odd).run("{}"))["error"]


@pytest.mark.parametrize(
    ("value", "text"),
    [("plain", "plain"), ({"a": 1}, '{"a":1}'), (None, "null"), (Address(city="Porto"), '{"city":"Porto"}')],
    ids=["text", "dict", "none", "struct"],
)
async def test_a_result_is_text_as_it_is_or_json(value: object, text: str) -> None:
    def give() -> object:
        """Give."""
        return value

    assert await FunctionTool(give).run("") == text


async def test_async_functions_run_on_the_loop_and_others_in_a_thread() -> None:
    async def here() -> str:
        """Tell the thread."""
        return threading.current_thread().name

    def there() -> str:
        """Tell the thread."""
        return threading.current_thread().name

    main = threading.current_thread().name
    assert await FunctionTool(here).run("{}") == main
    assert await FunctionTool(there).run("{}") != main


class Desk:
    async def find(self, ref: str) -> str:
        """Find."""
        return f"found {ref}"

    async def __call__(self, ref: str) -> str:
        """Find."""
        return f"called {ref}"


@pytest.mark.parametrize(
    ("function", "name", "result"),
    [
        (Desk().find, None, "found A"),
        (Desk(), "desk", "called A"),
        (functools.partial(Desk().find, ref="B"), "find", "found A"),
    ],
    ids=["method", "object", "partial"],
)
async def test_methods_objects_and_partials_are_functions_too(
    function: Callable[..., Any], name: str | None, result: str
) -> None:
    tool = FunctionTool(function, name=name, description="Find.")

    assert await tool.run('{"ref":"A"}') == result


def no_docstring(a: int) -> None: ...


def any_number(*numbers: int) -> None:
    """Add."""


def no_annotation(a) -> None:  # type: ignore[no-untyped-def]  # what is tested
    """Add."""


def unknown_name(a: Nowhere) -> None:  # type: ignore[name-defined]  # noqa: F821 - what is tested
    """Add."""


def no_schema(a: Callable[[], None]) -> None:
    """Add."""


@pytest.mark.parametrize(
    ("function", "part"),
    [
        (no_docstring, "needs a docstring"),
        (any_number, "cannot be given by name"),
        (no_annotation, "has no annotation"),
        (unknown_name, "Nowhere"),
        (no_schema, "no_schema"),
        (lambda: None, "is no name of a tool"),
    ],
    ids=["docstring", "star", "annotation", "name", "type", "lambda"],
)
def test_what_makes_no_tool_is_refused_before_anything_is_sent(
    function: Callable[..., Any], part: str
) -> None:
    with pytest.raises(ConfigError, match=part):
        Toolbox([function], limit=1)


def test_two_tools_of_one_name_are_refused() -> None:
    with pytest.raises(ConfigError, match="same name"):
        Toolbox([lookup_order, lookup_order], limit=1)


async def test_calls_run_at_the_same_time_up_to_the_limit_and_keep_their_order() -> None:
    running = most = 0

    async def work(number: int) -> int:
        """Work."""
        nonlocal running, most
        running += 1
        most = max(most, running)
        for _ in range(10 - number):
            await asyncio.sleep(0)
        running -= 1
        return number

    calls = [call("work", f'{{"number":{number}}}', f"c{number}") for number in range(6)]
    results = await Toolbox([work], limit=3).run(calls)

    assert results == [str(number) for number in range(6)]
    assert most == 3


async def test_a_tool_that_the_agent_made_up_is_answered_with_the_real_names() -> None:
    (result,) = await Toolbox([lookup_order], limit=1).run([call("lookup_orders")])

    assert msgspec.json.decode(result) == {
        "error": "there is no tool 'lookup_orders'; there are lookup_order"
    }


def test_calls_of_a_mere_definition_are_left_to_the_caller() -> None:
    manual = ToolDefinition(name="manual", description="d", parameters={})

    assert not Toolbox([manual], limit=1).runs([call("manual")])
    assert not Toolbox([manual, lookup_order], limit=1).runs([call("lookup_order"), call("manual")])
    assert Toolbox([manual, lookup_order], limit=1).runs([call("lookup_order")])
    assert not Toolbox([], limit=1).runs([call("x")])
