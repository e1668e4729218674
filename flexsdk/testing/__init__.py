"""What tests of your own code need: a sandbox, clients on virtual time, faults, and cassettes.

```python
from flexsdk.sandbox import Fault


async def test_waits_out_a_maintenance(flexsdk_sandbox, flexsdk_fleece, flexsdk_clock):
    flexsdk_sandbox.fleece.faults.add(Fault.status(503, retry_after=50), requests=[1, 2])

    assert await flexsdk_fleece.agents.list().collect()

    assert sum(flexsdk_clock.slept) >= 100      # took milliseconds
```

pytest finds the fixtures by itself once the package is installed with its extra ``sandbox``; they are listed
in :mod:`flexsdk.testing.plugin`. None of them is a coroutine, so that tests may run under pytest-asyncio, in
both of its modes, and under the plugin of anyio.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from flexsdk.testing.cassettes import Cassette, Unrecorded
    from flexsdk.testing.clock import VirtualClock

__all__ = ["Cassette", "Unrecorded", "VirtualClock"]

_HOMES = {
    "Cassette": "flexsdk.testing.cassettes",
    "Unrecorded": "flexsdk.testing.cassettes",
    "VirtualClock": "flexsdk.testing.clock",
}


def __getattr__(name: str) -> Any:
    # pytest imports this package when it starts, for the plugin in it.
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)
