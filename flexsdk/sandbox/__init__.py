"""An emulator of the five platforms on 127.0.0.1, for tests and demos without an account.

```python
from flexsdk.sandbox import Fault, Sandbox

async with Sandbox() as sandbox:
    fleece = sandbox.fleece
    async with aiohttp.ClientSession(headers={"Authorization": f"Bearer {fleece.key}"}) as session:
        fleece.faults.add(Fault.status(503, retry_after=1), operation="agents_list", requests=[1])
        await session.get(fleece.base_url + "/agents")      # 503
        await session.get(fleece.base_url + "/agents")      # 200
    assert [record.status for record in fleece.calls("agents_list")] == [503, 200]
    assert sandbox.violations == []
```

Each platform listens on a port of its own; `Sandbox(platforms=("fleece",))` starts only some. The other
settings are described at `Options`: the seed, the speed of streams and runs, rate limits, the clock.

What a platform does comes from its OpenAPI file in `contract/`: routes, authentication, validation of
requests, and an example as the answer of every operation. `sandbox.coverage()` tells which operations
act on a state beyond that. All answers are held against the contract; one that breaks it is sent as a 500
and kept in `sandbox.violations`.

Of each platform a test sees:

| name | what it is |
|---|---|
| `base_url`, `key` | where it listens and who is let in |
| `issue(...)`, `revoke(key)` | further credentials: other plans, the token of a person, their end |
| `faults.add(fault, operation=, requests=, probability=)` | what goes wrong; see `Fault` |
| `requests`, `calls(operation)` | every request as it arrived, see `Recorded` |
| `open_connections` | how many connections the listener holds |

`sandbox.flapjack.script(raw, chunks)` answers the next message with exact bytes; what an agent says
otherwise, and which words of a question make it call tools, stands in `flapjack_author`.
`sandbox.fleece.credits_used` is what executions have cost. `sandbox.flextell.terms` sets how long codes
and tokens live and who consents, `.grants` counts token requests; `sandbox.platform.terms` sets jobs and
webhooks, `.deliveries` holds what was delivered.

Everything made depends on the seed and the order of the requests alone. A sandbox can be entered again,
on another event loop too, and keeps its state; `sandbox.reset()` begins anew. It needs the extra:
`pip install "flexsdk[sandbox]"`.
"""

from __future__ import annotations

from dataclasses import dataclass
from types import TracebackType
from typing import Self, TypeVar

from flexsdk.sandbox.emulator import Coverage, Emulator
from flexsdk.sandbox.engine import Engine
from flexsdk.sandbox.exchange import Recorded
from flexsdk.sandbox.faults import Fault
from flexsdk.sandbox.flapjack import Flapjack
from flexsdk.sandbox.fleece import Fleece
from flexsdk.sandbox.flexorch import FlexOrch
from flexsdk.sandbox.flextell import Flextell
from flexsdk.sandbox.options import Options
from flexsdk.sandbox.platform import Platform

__all__ = ["Sandbox", "Options", "Fault", "Recorded", "Coverage"]

_EMULATORS: tuple[type[Emulator], ...] = (Flapjack, FlexOrch, Fleece, Flextell, Platform)

_E = TypeVar("_E", bound=Emulator)


@dataclass(kw_only=True, eq=False)
class Sandbox(Options):
    """The platforms, listening while the context is open; the settings are those of ``Options``.

    Raises:
        ValueError: ``platforms`` names an unknown one.
    """

    def __post_init__(self) -> None:
        self._emulators = {kind.name: kind(self) for kind in _EMULATORS if kind.name in self.platforms}
        if len(self._emulators) < len(set(self.platforms)):
            names = ", ".join(kind.name for kind in _EMULATORS)
            raise ValueError(f"platforms has to name some of: {names}")

    async def __aenter__(self) -> Self:
        try:
            for emulator in self._emulators.values():
                await emulator.start(Engine(emulator).handle)
        except BaseException:
            await self._stop()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._stop()

    async def _stop(self) -> None:
        for emulator in self._emulators.values():
            await emulator.stop()

    def reset(self) -> None:
        """Set data, keys, limits, faults and records of all platforms to their start."""
        for emulator in self._emulators.values():
            emulator.begin()

    @property
    def violations(self) -> list[str]:
        """Answers that broke the contract, on any platform; a test asserts that there are none."""
        return [text for emulator in self._emulators.values() for text in emulator.violations]

    def coverage(self) -> dict[str, Coverage]:
        """Return per platform which operations have behaviour."""
        return {name: emulator.coverage for name, emulator in self._emulators.items()}

    def _emulator(self, kind: type[_E]) -> _E:
        emulator = self._emulators.get(kind.name)
        if not isinstance(emulator, kind):
            raise AttributeError(f"this sandbox was made without the platform {kind.name}")
        return emulator

    @property
    def flapjack(self) -> Flapjack:
        """Flapjack."""
        return self._emulator(Flapjack)

    @property
    def flexorch(self) -> FlexOrch:
        """FlexOrch."""
        return self._emulator(FlexOrch)

    @property
    def fleece(self) -> Fleece:
        """Fleece AI."""
        return self._emulator(Fleece)

    @property
    def flextell(self) -> Flextell:
        """Flextell."""
        return self._emulator(Flextell)

    @property
    def platform(self) -> Platform:
        """Platform."""
        return self._emulator(Platform)
