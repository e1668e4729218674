"""Flapjack threads: create, update, stop, and messages as Server-Sent Events."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from flexsdk.sandbox.defaults import sse
from flexsdk.sandbox.exchange import Answer, Call, Problem
from flexsdk.sandbox.flapjack.agents import Agents, stored
from flexsdk.sandbox.flapjack.author import Author, Event
from flexsdk.sandbox.options import Options
from flexsdk.sandbox.state import Maker

__all__ = ["Conversation", "Script", "Threads"]

Script = tuple[bytes, tuple[int, ...]]
"""A recorded answer and the sizes of its pieces."""

# What a proxy must not buffer or compress; the vendor's own proxy example sends it.
_HEADERS = {"Cache-Control": "no-cache, no-transform"}
_HEARTBEAT = b": keep-alive\n\n"


@dataclass(slots=True)
class Conversation:
    """A thread, and what goes on in it."""

    thread: dict[str, Any]
    text: str = ""
    """The last question."""
    pending: set[str] = field(default_factory=set)
    """Ids of the client tool calls that wait for results."""
    legs: deque[list[dict[str, Any]]] = field(default_factory=deque)
    """The client tool calls that come after those."""
    results: list[Any] = field(default_factory=list)
    """What the client tools have answered in this turn."""
    running: set[asyncio.Event] = field(default_factory=set)
    """One event for each answer in progress; set to stop it."""

    def stop(self) -> dict[str, bool]:
        """End the answers in progress; nothing to end is no error."""
        for each in self.running:
            each.set()
        return {"ok": True}


class Threads:
    """The conversations of one organization."""

    def __init__(self, options: Options, make: Maker, agents: Agents, scripts: deque[Script]) -> None:
        self._options = options
        self._make = make
        self._agents = agents
        self._scripts = scripts
        self._conversations: dict[str, Conversation] = {}

    async def threads_create(self, call: Call) -> dict[str, Any]:
        """Start a thread with an agent."""
        if stored(call):
            return self.open(call.body["agentId"], call.body)
        return self._thread(self._agents.find(call.body["agentId"])["id"], call.body)

    def open(self, agent_id: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """Start a thread that is kept, whoever asked for it."""
        thread = self._thread(self._agents.find(agent_id)["id"], body)
        self._conversations[thread["id"]] = Conversation(thread)
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
        return self._find(call).stop()

    async def threads_send_message(self, call: Call) -> Answer:
        """Answer with a stream: a script when one waits, else a turn of the agent."""
        return self.answer(call.body, lambda: self._find(call))

    def answer(self, message: Mapping[str, Any], find: Callable[[], Conversation]) -> Answer:
        """Stream what the conversation has to say to a message; a script needs no conversation."""
        if self._scripts:
            body = _scripted(*self._scripts.popleft())
        else:
            conversation = find()
            body = self._stream(conversation, self._turn(conversation, message))
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

    def _find(self, call: Call) -> Conversation:
        if not stored(call):
            stub = self._thread(next(iter(self._agents.agents)), {})
            return Conversation(stub | {"id": call.path["threadId"]})
        return self.find(call.path["threadId"])

    def find(self, thread_id: str) -> Conversation:
        """Return a conversation, or raise a 404."""
        try:
            return self._conversations[thread_id]
        except KeyError:
            raise Problem(404, "Thread not found") from None

    def _turn(self, conversation: Conversation, body: Mapping[str, Any]) -> Iterator[Event]:
        agent = self._agents.find(conversation.thread["agent_id"])
        if body.get("toolResults"):
            conversation.results += self._results(conversation, body["toolResults"])
            author = Author(self._options.seed, agent["name"], conversation.text)
            return _ask(conversation) if conversation.legs else author.continuation(conversation.results)
        if not body.get("content"):
            raise Problem(400, "content is required")
        conversation.text = body["content"]
        author = Author(self._options.seed, agent["name"], conversation.text)
        conversation.legs = deque(author.legs(body.get("tools", ())))
        conversation.results = []
        return _ask(conversation) if conversation.legs else author.answer()

    def _results(self, conversation: Conversation, items: list[dict[str, Any]]) -> list[Any]:
        if not conversation.pending:
            raise Problem(400, "No tool call is pending")
        for item in items:
            if item.get("toolCallId") not in conversation.pending:
                raise Problem(400, f"No pending tool call {item.get('toolCallId')!r}")
        conversation.pending.clear()
        return [item.get("result") for item in items]

    async def _stream(
        self, conversation: Conversation, events: Iterator[Event]
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

    def _done(self, conversation: Conversation, said: list[str], *, whole: bool) -> dict[str, Any]:
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


def _ask(conversation: Conversation) -> Iterator[Event]:
    """Ask the client to run the tools of the next leg."""
    calls = conversation.legs.popleft()
    conversation.pending = {call["id"] for call in calls}
    return iter([("requires_action", {"toolCalls": calls})])


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
