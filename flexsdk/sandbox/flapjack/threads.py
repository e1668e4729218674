"""Flapjack threads: create, update, stop, and messages as Server-Sent Events."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from flexsdk.sandbox.defaults import sse
from flexsdk.sandbox.exchange import Answer, Call, Problem
from flexsdk.sandbox.flapjack.agents import Agents, stored
from flexsdk.sandbox.flapjack.author import Author, Event
from flexsdk.sandbox.options import Options
from flexsdk.sandbox.state import Maker

__all__ = ["Script", "Threads"]

Script = tuple[bytes, tuple[int, ...]]
"""A recorded answer and the sizes of its pieces."""

# What a proxy must not buffer or compress; the vendor's own proxy example sends it.
_HEADERS = {"Cache-Control": "no-cache, no-transform"}
_HEARTBEAT = b": keep-alive\n\n"


@dataclass(slots=True)
class _Conversation:
    thread: dict[str, Any]
    text: str = ""
    """The last question."""
    pending: set[str] = field(default_factory=set)
    """Ids of the client tool calls that wait for results."""
    running: set[asyncio.Event] = field(default_factory=set)
    """One event for each answer in progress; set to stop it."""


class Threads:
    """The conversations of one organization."""

    def __init__(self, options: Options, make: Maker, agents: Agents, scripts: deque[Script]) -> None:
        self._options = options
        self._make = make
        self._agents = agents
        self._scripts = scripts
        self._conversations: dict[str, _Conversation] = {}

    async def threads_create(self, call: Call) -> dict[str, Any]:
        """Start a thread with an agent."""
        agent = self._agents.find(call.body["agentId"])
        thread = self._thread(agent["id"], call.body)
        if stored(call):
            self._conversations[thread["id"]] = _Conversation(thread)
        return thread

    async def threads_update(self, call: Call) -> dict[str, Any]:
        """Change the title or the tool profile; null clears the profile."""
        thread = self._find(call).thread
        for name, member in (("title", "title"), ("activeProfile", "active_profile")):
            if name in call.body:
                thread[member] = call.body[name]
        return thread

    async def threads_stop(self, call: Call) -> dict[str, bool]:
        """End the answers in progress; nothing to end is no error."""
        for stop in self._find(call).running:
            stop.set()
        return {"ok": True}

    async def threads_send_message(self, call: Call) -> Answer:
        """Answer with a stream: a script when one waits, else a turn of the agent."""
        if self._scripts:
            body = _scripted(*self._scripts.popleft())
        else:
            conversation = self._find(call)
            body = self._stream(conversation, self._turn(conversation, call.body))
        return Answer(200, body=body, content_type="text/event-stream", headers=dict(_HEADERS))

    def _thread(self, agent_id: str, body: Mapping[str, Any]) -> dict[str, Any]:
        return {
            "id": self._make.id(),
            "org_id": self._agents.org_id,
            "agent_id": agent_id,
            "title": body.get("title"),
            "active_profile": body.get("activeProfile"),
            "created_at": self._make.time(),
            "kind": body.get("kind", "single"),
        }

    def _find(self, call: Call) -> _Conversation:
        if not stored(call):
            stub = self._thread(next(iter(self._agents.agents)), {})
            return _Conversation(stub | {"id": call.path["threadId"]})
        try:
            return self._conversations[call.path["threadId"]]
        except KeyError:
            raise Problem(404, "Thread not found") from None

    def _turn(self, conversation: _Conversation, body: Mapping[str, Any]) -> Iterator[Event]:
        agent = self._agents.find(conversation.thread["agent_id"])
        if body.get("toolResults"):
            results = self._results(conversation, body["toolResults"])
            return Author(self._options.seed, agent["name"], conversation.text).continuation(results)
        if not body.get("content"):
            raise Problem(400, "content is required")
        conversation.text = body["content"]
        author = Author(self._options.seed, agent["name"], conversation.text)
        calls = author.calls(body.get("tools", ()))
        conversation.pending = {call["id"] for call in calls}
        return iter([("requires_action", {"toolCalls": calls})]) if calls else author.answer()

    def _results(self, conversation: _Conversation, items: list[dict[str, Any]]) -> list[Any]:
        if not conversation.pending:
            raise Problem(400, "No tool call is pending")
        for item in items:
            if item.get("toolCallId") not in conversation.pending:
                raise Problem(400, f"No pending tool call {item.get('toolCallId')!r}")
        conversation.pending.clear()
        return [item.get("result") for item in items]

    async def _stream(
        self, conversation: _Conversation, events: Iterator[Event]
    ) -> AsyncGenerator[bytes, None]:
        stop = asyncio.Event()
        conversation.running.add(stop)
        said: list[str] = []
        last = ""
        try:
            yield sse("meta", {"startedAt": self._make.time()})
            for last, data in events:
                if last == "token":
                    *beats, rest = self._pauses()
                    for seconds in beats:
                        await _pause(stop, seconds)
                        yield _HEARTBEAT
                    await _pause(stop, rest)
                    if stop.is_set():
                        break
                    said.append(data["delta"])
                yield sse(last, data)
            if last != "error" and (last != "requires_action" or self._options.done_after_action):
                whole = last != "requires_action" and not stop.is_set()
                yield sse("done", self._done(conversation, said, whole=whole))
        finally:
            conversation.running.discard(stop)

    def _pauses(self) -> list[float]:
        """Cut the time before a token into pieces of a heartbeat and a rest."""
        delay, beat = self._options.token_delay, self._options.heartbeat
        beats = int(delay / beat) if beat else 0
        return [*[beat or 0.0] * beats, delay - beats * (beat or 0.0)]

    def _done(self, conversation: _Conversation, said: list[str], *, whole: bool) -> dict[str, Any]:
        done: dict[str, Any] = {"ok": True, "content": "".join(said)}
        if whole:
            done["messageId"] = self._make.id()
            done["usage"] = {
                "input_tokens": len(conversation.text.split()),
                "output_tokens": len(said),
                "cache_read_tokens": 0,
                "cache_write_tokens": 0,
            }
        return done


async def _pause(stop: asyncio.Event, seconds: float) -> None:
    # Also without a delay other requests get their turn here, so that a stop can come through.
    await asyncio.sleep(0)
    if seconds:
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await stop.wait()


async def _scripted(raw: bytes, sizes: tuple[int, ...]) -> AsyncGenerator[bytes, None]:
    start = 0
    for size in sizes:
        yield raw[start : start + size]
        start += size
    yield raw[start:]
