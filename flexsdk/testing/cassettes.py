"""Cassettes: answers of a platform, recorded once without secrets and played again without a network."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

import msgspec
from multidict import CIMultiDict

from flexsdk.core.call import Call, Reply
from flexsdk.core.hooks import Event
from flexsdk.errors import Attempt, ConfigError
from flexsdk.protocol.redact import Secret
from flexsdk.testing.scrub import Scrubber
from flexsdk.testing.sources import Heard, Played
from flexsdk.testing.takes import Request, Take, chunks_of, content_of
from flexsdk.types import Handler

__all__ = ["Cassette", "Mode", "Unrecorded"]

Mode = Literal["replay", "record"]

_VERSION = 1


class Unrecorded(AssertionError):
    """The cassette has no answer for a call; the message says what differs.

    No ``FlexError``, so that no handler in the code under test takes it for a failure of the platform.
    """


class Cassette:
    """Records answers into a file, or plays them: ``Fleece(attempt_middlewares=[Cassette("agents.json")])``.

    ``record`` calls the platform and writes the file anew after each answer, ``replay`` sends nothing and
    needs no valid key. A request is known by platform, operation id, target and body; equal requests get
    their answers in the order they were recorded. Every HTTP attempt with an answer is recorded, a stream
    piece by piece and once it is closed; an attempt that broke before its answer is not. Several clients may
    share a cassette.

    No secret comes into the file. Headers of requests are left out, those of answers kept if they are on a
    list. The credentials in use are taken out everywhere, and so are the strings in fields whose names say
    key, token, secret or password: replaying gives ``"scrubbed"`` there. Uploads are known by the names and
    sizes of their files, whose content is left out.

    Args:
        path: the file, written with mode 0600; its folder is made when it is written.
        mode: ``replay`` or ``record``.
        secrets: further texts to take out.

    Raises:
        ConfigError: there is no cassette to replay; or, while recording, a known secret was still found in
            what was to be written, such as in Base64. Nothing is written then.
        Unrecorded: a call that was not recorded, or more often than recorded.
    """

    def __init__(
        self, path: str | os.PathLike[str], *, mode: Mode = "replay", secrets: Sequence[str | Secret] = ()
    ) -> None:
        self._path = Path(path)
        self._scrubber = Scrubber()
        for secret in secrets:
            self._scrubber.learn(secret.reveal() if isinstance(secret, Secret) else secret)
        self._takes: list[Take] = []
        self._left = _load(self._path) if mode == "replay" else None

    def __repr__(self) -> str:
        """Show the file."""
        return f"<Cassette {self._path}>"

    async def __call__(self, call: Call, forward: Handler) -> Reply[Any]:
        """Answer from the file, or forward and write down what comes."""
        if self._left is None:
            return await self._record(call, forward)
        return self._replay(call, self._left)

    async def _record(self, call: Call, forward: Handler) -> Reply[Any]:
        request = Request.of(call)
        reply = await self._forward(call, forward)
        take = Take.of(request, reply)
        self._takes.append(take)
        if reply.source is None:
            self._write()
        else:
            reply.source = Heard(reply.source, take)
            reply.source.on_close(lambda: self._finish(take))
        return reply

    async def _forward(self, call: Call, forward: Handler) -> Reply[Any]:
        """Forward, and learn the credentials, which are on the call only while the transport has it."""

        def learn(_event: Event) -> None:
            for value in call.credentials.values():
                self._scrubber.learn(value.rpartition(" ")[2])

        hooks = call.hooks
        call.hooks = (*hooks, learn)
        try:
            return await forward(call)
        finally:
            call.hooks = hooks

    def _finish(self, take: Take) -> None:
        take.complete = True
        self._write()

    def _write(self) -> None:
        takes = [take for take in self._takes if take.complete]
        for take in takes:
            take.clean(self._scrubber)  # learns: what one answer calls a token may stand in others unnamed
        calls = [take.clean(self._scrubber) for take in takes]
        for call in calls:
            self._refuse_secrets(call)
        tape = msgspec.json.encode({"flexsdk_cassette": _VERSION, "calls": calls})
        self._path.parent.mkdir(parents=True, exist_ok=True)
        fresh = self._path.with_name(self._path.name + ".part")
        fresh.unlink(missing_ok=True)  # left by a crash, or a link that somebody has laid
        with open(fresh, "xb", opener=_private) as file:
            file.write(msgspec.json.format(tape, indent=2) + b"\n")
        fresh.replace(self._path)

    def _refuse_secrets(self, call: Mapping[str, Any]) -> None:
        whole = b"".join(chunks_of(call["answer"]) or ()).decode("latin-1")
        if self._scrubber.finds(msgspec.json.encode(call).decode()) or self._scrubber.finds(whole):
            raise ConfigError(
                f"{self._path.name} was not written: a secret is in the recording of "
                f"{call['request']['operation']}, in a form that cannot be taken out"
            )

    def _replay(self, call: Call, left: list[Any]) -> Reply[Any]:
        asked = Request.of(call).clean(self._scrubber)
        for number, recorded in enumerate(left):
            if recorded["request"] == asked:
                return _reply(call, left.pop(number)["answer"])
        raise Unrecorded(f"{self._path.name}: {_explain(asked, [each['request'] for each in left])}")


def _private(path: str, flags: int) -> int:
    """Make a file for its owner alone: a recording holds what the platform said, in full."""
    return os.open(path, flags, 0o600)


def _load(path: Path) -> list[Any]:
    try:
        tape = msgspec.json.decode(path.read_bytes())
    except FileNotFoundError:
        raise ConfigError(f"there is no cassette {path}; record it first, with mode='record'") from None
    if tape.get("flexsdk_cassette") != _VERSION:
        raise ConfigError(f"{path} is no cassette of this version; record it anew")
    calls: list[Any] = tape["calls"]
    return calls


def _reply(call: Call, answer: Mapping[str, Any]) -> Reply[Any]:
    headers = CIMultiDict(answer["headers"])
    chunks = chunks_of(answer)
    content = content_of(answer.get("body")) if chunks is None else b"".join(chunks)
    cut = chunks is not None and answer["stream"]["cut"]
    if "Content-Length" in headers and not cut:
        headers["Content-Length"] = str(len(content))  # scrubbed and unpacked it has another one
    number = len(call.history) + 1
    started = call.clock.monotonic() - call.started
    call.history.append(Attempt(number=number, outcome=str(answer["status"]), started=started, seconds=0.0))
    if chunks is None:
        return Reply(call, answer["status"], headers, content)
    call.source = Played(chunks, cut=cut)
    return Reply(call, answer["status"], headers, source=call.source)


def _explain(asked: Mapping[str, Any], left: Sequence[Mapping[str, Any]]) -> str:
    what = f"{asked['operation']} {asked['target']}"
    near = [each for each in left if each["operation"] == asked["operation"]]
    if not near:
        others = ", ".join(each["operation"] for each in left) or "nothing"
        return f"no answer is left for {what}; left is {others}"
    return f"no answer for {what} as it was asked: {_difference(near[0], asked, '$')}"


def _difference(recorded: Any, asked: Any, path: str) -> str:
    """Name the first place where two requests differ."""
    if isinstance(recorded, dict) and isinstance(asked, dict):
        for name in [*recorded, *(name for name in asked if name not in recorded)]:
            if recorded.get(name) != asked.get(name):
                return _difference(recorded.get(name), asked.get(name), f"{path}.{name}")
    return f"{path} was recorded as {recorded!r} and is now {asked!r}"
