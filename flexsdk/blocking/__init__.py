"""The same clients without ``await``, for notebooks and scripts.

```python
from flexsdk.blocking import Fleece

with Fleece() as fleece:
    for agent in fleece.agents.list():
        print(agent.name)
```

All of them run on one thread with one event loop, which is started by the first client and ends with the
interpreter. They may be used from several threads, and where a loop is running already, as in Jupyter.
Nothing is written twice: methods, arguments, results and errors are those of :mod:`flexsdk`, where
``async with``, ``async for`` and ``await`` become ``with``, ``for`` and nothing, and ``aclose`` is ``close``.

Callbacks whose names begin with ``on_`` run in the thread that makes the call; what they raise cancels it.
Everything else that is handed in, such as filters, hooks and middlewares, runs on the loop and must not
block; tools that are plain functions run in threads of their own. A process that forks makes its clients
anew.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from flexsdk.blocking._facade import run

if TYPE_CHECKING:
    from flexsdk.blocking.core import Download, EventStream, Pages
    from flexsdk.blocking.flapjack import Flapjack
    from flexsdk.blocking.fleece import Fleece
    from flexsdk.blocking.flexorch import FlexOrch
    from flexsdk.blocking.flextell import Flextell
    from flexsdk.blocking.platform import Platform

__all__ = [
    "Flapjack",
    "FlexOrch",
    "Fleece",
    "Flextell",
    "Platform",
    "Download",
    "EventStream",
    "Pages",
    "run",
]


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    home = "core" if name in ("Download", "EventStream", "Pages") else name.lower()
    value = globals()[name] = getattr(import_module(f"{__name__}.{home}"), name)
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
