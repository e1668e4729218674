"""What a Flapjack agent says: a function of the seed, the agent and the text, by a few rules.

A word of the question decides:

| word | events |
|---|---|
| order, find, weather | `tool_call`, `tool_executing`, `tool_result` of a tool on the server |
| auth | the same, with an `auth_challenge` before a result that says so |
| profile | `profile_switch_proposal` |
| custom | `custom` and `client_event` |
| slow | an answer of some 600 tokens |
| error | an `error` in the middle of the answer |

A question that names a tool of the request (its name, or a long word of its description) is answered
with `requires_action`: one call for each reference like A-1001 in the question, at least one; all in one
leg, or, when the question says "one by one", each in a leg of its own. The word garbled spoils the first
call's arguments.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import msgspec

from flexsdk.sandbox.example import example

__all__ = ["Author", "Event"]

Event = tuple[str, dict[str, Any]]
"""Name and data of one event."""

_SENTENCES = (
    "The short answer is yes, with two small conditions.",
    "I compared the last three entries and found no difference.",
    "Please check the date before you go on.",
    "Nothing else is needed from your side for now.",
    "The figures are from this morning and may still move.",
    "A colleague can confirm this within the hour.",
    "If that is not what you meant, tell me more.",
    "The next step would be to write it down.",
)
_SHORTEST, _SLOW = 20, 600
"""Tokens of a usual answer at least, and of a slow one."""
_QUOTED = 12
"""Words of the question that an answer repeats at most."""
_SERVER_TOOLS: dict[str, tuple[str, Any]] = {
    "order": ("orders__lookup", {"orders": [{"id": "A-1001", "status": "shipped"}]}),
    "find": ("crm__find_contact", {"contacts": ["Ito A.", "Ito M."]}),
    "weather": ("weather__forecast", {"city": "Lisbon", "celsius": 21, "wind": None}),
}
_REFERENCE = re.compile(r"\b[A-Z]+-?\d+\b")
_LONG_WORD = 5
_MOST_CALLS = 5


class Author:
    """Writes the answers of one agent to one text."""

    def __init__(self, seed: int, agent: str, text: str) -> None:
        self._random = random.Random(f"{seed}/{agent}/{text}")  # noqa: S311 - equal questions, equal answers
        self._text = text
        self._words = {word.rstrip("s") for word in re.findall(r"[a-z]+", text.lower())}

    def answer(self) -> Iterator[Event]:
        """Yield the events between ``meta`` and ``done``; an ``error`` is the last one."""
        yield from self._notices()
        yield from self._tools()
        tokens = self._tokens(_SLOW if "slow" in self._words else _SHORTEST)
        if "error" not in self._words:
            yield from map(_token, tokens)
            return
        yield from map(_token, tokens[: len(tokens) // 2])
        yield "error", {"code": "MODEL_ERROR", "detail": "The model provider refused the request"}

    def legs(self, tools: Sequence[Mapping[str, Any]]) -> list[list[dict[str, Any]]]:
        """Return the calls of client tools that the question asks for, leg by leg; it may name none."""
        calls = self._calls(tools)
        if calls and "garbled" in self._words:
            calls[0]["arguments"] = '{"unknown":'
        if "one by one" in self._text.lower():
            return [[call] for call in calls]
        return [calls] if calls else []

    def _calls(self, tools: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
        references = _REFERENCE.findall(self._text)[:_MOST_CALLS]
        return [
            self._call(tool["name"], _arguments(tool["parameters"], reference or self._text))
            for tool in tools
            if self._names(tool)
            for reference in (references or [""])
        ]

    def continuation(self, results: Sequence[Any]) -> Iterator[Event]:
        """Yield the events of the turn after its client tools have run."""
        found = "; ".join(result if isinstance(result, str) else _json(result) for result in results)
        return map(_token, _split(f"The tools answered: {found}. {self._random.choice(_SENTENCES)}"))

    def _names(self, tool: Mapping[str, Any]) -> bool:
        name = tool["name"].lower()
        if name in self._text.lower() or name.replace("_", " ") in self._text.lower():
            return True
        described = {word.rstrip("s") for word in re.findall(r"[a-z]+", tool["description"].lower())}
        return any(len(word) >= _LONG_WORD for word in described & self._words)

    def _call(self, name: str, arguments: Any) -> dict[str, Any]:
        return {
            "id": f"call_{self._random.getrandbits(32):08x}",
            "name": name,
            "arguments": _json(arguments),
        }

    def _notices(self) -> Iterator[Event]:
        if "custom" in self._words:
            yield "client_event", {"kind": "status", "payload": {"text": "warming up"}}
            yield "custom", {"kind": "card", "payload": ["a", 1, None]}
        if "profile" in self._words:
            reason = "The question concerns an incident"
            yield "profile_switch_proposal", {"target": "triage", "reason": reason}

    def _tools(self) -> Iterator[Event]:
        for word, (name, result) in _SERVER_TOOLS.items():
            if word in self._words:
                yield from map(_token, _split("Let me look. "))
                yield from self._tool(name, result)
        if "auth" in self._words:
            yield from self._tool("calendar__create", "authorization required", challenge=True)

    def _tool(self, name: str, result: Any, *, challenge: bool = False) -> Iterator[Event]:
        call = self._call(name, {"query": self._text})
        yield "tool_call", {"tool": call}
        yield "tool_executing", {"tool_name": name}
        if challenge:
            url = f"https://accounts.example.com/authorize?state={self._random.getrandbits(32):08x}"
            where = {"provider": "google", "redirectUrl": url, "description": "Connect your calendar"}
            yield "auth_challenge", {"toolName": name, "challenge": where}
        yield "tool_result", {"tool_name": name, "tool_call_id": call["id"], "result": result}

    def _tokens(self, least: int) -> list[str]:
        words = self._text.split()[:_QUOTED]
        tokens = _split(f'You asked: "{" ".join(words)}".')
        while len(tokens) < least:
            tokens += _split(" " + self._random.choice(_SENTENCES))
        return tokens


def _arguments(schema: Mapping[str, Any], reference: str) -> Any:
    """Return arguments that fit the schema, with the reference in its free text members."""
    arguments = example(schema, schema)
    members = schema.get("properties", {})
    free = {name for name, member in members.items() if set(member) <= {"type", "description", "title"}}
    for name, value in arguments.items() if isinstance(arguments, dict) else ():
        if name in free and isinstance(value, str):
            arguments[name] = reference
    return arguments


def _json(value: Any) -> str:
    return msgspec.json.encode(value).decode()


def _split(text: str) -> list[str]:
    """Split a text into tokens that concatenate to it."""
    return re.findall(r"\s*\S+(?:\s+\Z)?", text)


def _token(delta: str) -> Event:
    return "token", {"delta": delta}
