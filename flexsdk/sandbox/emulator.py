"""What a platform is to the engine, and what a test sees of it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from aiohttp import web

from flexsdk.sandbox.auth import Key, Keyring, Kind
from flexsdk.sandbox.contract import Operation, load
from flexsdk.sandbox.exchange import Call, Problem, Recorded
from flexsdk.sandbox.faults import Faults
from flexsdk.sandbox.limits import Limiter, Verdict, Window
from flexsdk.sandbox.options import Options
from flexsdk.sandbox.server import Handler, Listener
from flexsdk.sandbox.state import Maker

__all__ = ["Behaviour", "Coverage", "Emulator"]

Behaviour = Callable[[Call], Awaitable[Any]]
"""Returns a JSON value, sent with the first documented status, or an ``Answer``; raises ``Problem``."""


@dataclass(frozen=True, slots=True)
class Coverage:
    """Operation ids by how they are answered."""

    behaviour: tuple[str, ...]
    """Operations that act on the state."""
    default: tuple[str, ...]
    """Operations that answer with an example of their schema."""


class Emulator:
    """One platform.

    A platform is a subclass that says how its keys and errors look, and lists its sections. A section is
    any object with methods named as operations of the contract; an operation without one gets a default
    answer. So a new section is one module and one more entry in ``sections``.
    """

    name: ClassVar[str]
    key_prefix: ClassVar[str]
    user_schemes: ClassVar[frozenset[str]] = frozenset()
    """Security schemes that take the token of a person, not an API key."""
    invalid: ClassVar[int] = 422
    """Status for a body that breaks its schema, where the operation documents it (else 400)."""
    limit_trio: ClassVar[bool] = True
    """Whether the platform sends X-RateLimit headers."""
    uncounted: ClassVar[frozenset[str]] = frozenset()
    """Operations that the rate limit does not count."""

    def __init__(self, options: Options) -> None:
        self.options = options
        self.contract = load(self.name)
        self._listener: Listener | None = None
        self._port = 0
        self.stopping = False
        """Set while the sandbox itself ends the connections: their clients did not leave."""
        self.begin()

    def begin(self) -> None:
        """Set keys, data, limits, faults and records to their start."""
        seed = f"{self.options.seed}/{self.name}"
        self._keyring = Keyring(seed)
        self._limiters: dict[str, Limiter] = {}
        self.key = self.issue()
        """The API key of a test."""
        self.faults = Faults(self.contract.operations, seed)
        """The faults to come; see ``Faults.add``."""
        self.requests: list[Recorded] = []
        """All requests, in order of arrival."""
        self.violations: list[str] = []
        """Answers that broke the contract."""
        self.make = Maker(seed)
        sections = self.sections()
        self.behaviours: dict[str, Behaviour] = {
            id_: getattr(section, id_)
            for section in sections
            for id_ in self.contract.operations
            if hasattr(section, id_)
        }

    # What a platform overrides.

    def sections(self) -> Sequence[object]:
        """Return the objects whose methods answer operations."""
        return ()

    def extra_operations(self) -> Sequence[Operation]:
        """Return operations beside the contract: pages for a browser, further paths or answers."""
        return ()

    def error_body(self, problem: Problem) -> Any:
        """Return the JSON body of an error."""
        raise NotImplementedError

    def windows(self, plan: str) -> Sequence[Window]:
        """Return the documented rate limits of a plan."""
        raise NotImplementedError

    def admit(self, key: Key) -> None:
        """Refuse a valid key by raising a Problem; a plan without access does."""

    def refused(self, _operation: Operation, problem: Problem) -> Problem:
        """Return the refusal of an invalid request; a platform may have words of its own for one."""
        return problem

    async def receive(self, request: web.BaseRequest, record: Recorded) -> None:
        """Read the body of a request into its record."""
        record.body = await request.read()

    def common_headers(self) -> dict[str, str]:
        """Return headers that stand on every answer."""
        return {}

    # What a test uses.

    @property
    def origin(self) -> str:
        """Scheme, host and port."""
        if self._listener is None:
            raise RuntimeError("start the sandbox first: async with Sandbox() as sandbox")
        return f"http://127.0.0.1:{self._port}"

    @property
    def base_url(self) -> str:
        """The origin and the path of the contract's production server."""
        return self.origin + self.contract.prefix

    @property
    def open_connections(self) -> int:
        """How many connections the listener holds at this moment."""
        return 0 if self._listener is None else self._listener.open_connections

    def calls(self, operation: str) -> list[Recorded]:
        """Return the recorded requests of one operation."""
        return [record for record in self.requests if record.operation == operation]

    def issue(self, kind: Kind = "api", *, plan: str = "pro") -> str:
        """Make a further credential; the plan ``demo`` and the kind ``user`` show in its prefix."""
        word = "user_" if kind == "user" else "demo_" if plan == "demo" else "test_"
        return self.new_key(self.key_prefix + word, kind, plan).text

    def revoke(self, key: str) -> None:
        """End a credential at once."""
        self._keyring.revoke(key)

    @property
    def coverage(self) -> Coverage:
        """Which operations have behaviour."""
        ids = self.contract.operations
        return Coverage(
            tuple(id_ for id_ in ids if id_ in self.behaviours),
            tuple(id_ for id_ in ids if id_ not in self.behaviours),
        )

    # What the engine and the sections use.

    def new_key(self, prefix: str, kind: Kind, plan: str) -> Key:
        """Make a key that is valid from now on; 52 characters in all."""
        limiter = self._limiter(plan)
        key = self._keyring.issue(prefix, 52, kind, plan)
        self._limiters[key.text] = limiter
        return key

    def find_key(self, text: str) -> Key | None:
        """Return a valid key by its text."""
        return self._keyring.find(text)

    def spend(self, key: Key) -> Verdict | None:
        """Count a request of a key against the limits."""
        return self._limiters[key.text].take(self.options.clock())

    def left(self, key: Key) -> Verdict | None:
        """Return where a key stands with its limits, without counting a request."""
        return self._limiters[key.text].peek(self.options.clock())

    def _limiter(self, plan: str) -> Limiter:
        own = (self.options.limits or {}).get(self.name)
        windows = self.windows(plan) if own is None else own
        # Fleece's headers describe the day, the longest window; its example values say so.
        return Limiter(windows, sliding=self.options.sliding, longest=own is None)

    async def start(self, handler: Handler) -> None:
        """Listen on a free port."""
        self.stopping = False
        self._listener = Listener(handler)
        self._port = await self._listener.start()

    async def stop(self) -> None:
        """Close the listener and all connections."""
        self.stopping = True
        listener, self._listener = self._listener, None
        if listener is not None:
            await listener.stop()
