"""Async SDK with streaming for Flapjack, FlexOrch, Fleece AI, Flextell and Platform.

Names are loaded when they are first used (PEP 562): importing the package loads no HTTP library, no
platform and no extra.
"""

from __future__ import annotations

from importlib import import_module

from flexsdk._version import __version__

TYPE_CHECKING = False  # type checkers know the name; importing typing would be most of this module's cost
if TYPE_CHECKING:
    from typing import Any

    from flexsdk import errors, platforms
    from flexsdk.core.body import Transfer, Upload
    from flexsdk.core.call import Call, Reply
    from flexsdk.core.client import Client
    from flexsdk.core.deadline import deadline
    from flexsdk.core.limits import RateLimit, Window
    from flexsdk.core.oauth import OAuth2
    from flexsdk.core.op import Op, Replay
    from flexsdk.core.pages import Pages
    from flexsdk.core.retry import Retry
    from flexsdk.core.stream import EventStream
    from flexsdk.core.tokenfile import FileStore
    from flexsdk.core.tokens import MemoryStore, Token
    from flexsdk.errors import FlexError
    from flexsdk.platforms.flapjack.client import Flapjack
    from flexsdk.platforms.fleece.client import Fleece
    from flexsdk.platforms.flexorch.client import FlexOrch
    from flexsdk.platforms.flextell.client import Flextell
    from flexsdk.platforms.flextell.oauth import FlextellOAuth
    from flexsdk.platforms.platform.client import Platform
    from flexsdk.protocol.redact import Secret
    from flexsdk.structs import Page

__all__ = [
    "Flapjack",
    "FlexOrch",
    "Fleece",
    "Flextell",
    "Platform",
    "Call",
    "Client",
    "EventStream",
    "FileStore",
    "FlexError",
    "FlextellOAuth",
    "MemoryStore",
    "OAuth2",
    "Op",
    "Page",
    "Pages",
    "RateLimit",
    "Replay",
    "Reply",
    "Retry",
    "Secret",
    "Token",
    "Transfer",
    "Upload",
    "Window",
    "deadline",
    "errors",
    "platforms",
    "__version__",
]

_HOMES = {
    "Flapjack": "flexsdk.platforms.flapjack.client",
    "Fleece": "flexsdk.platforms.fleece.client",
    "FlexOrch": "flexsdk.platforms.flexorch.client",
    "Flextell": "flexsdk.platforms.flextell.client",
    "Platform": "flexsdk.platforms.platform.client",
    "Call": "flexsdk.core.call",
    "Client": "flexsdk.core.client",
    "EventStream": "flexsdk.core.stream",
    "FlexError": "flexsdk.errors",
    "FileStore": "flexsdk.core.tokenfile",
    "FlextellOAuth": "flexsdk.platforms.flextell.oauth",
    "MemoryStore": "flexsdk.core.tokens",
    "OAuth2": "flexsdk.core.oauth",
    "Op": "flexsdk.core.op",
    "Page": "flexsdk.structs",
    "Pages": "flexsdk.core.pages",
    "RateLimit": "flexsdk.core.limits",
    "Replay": "flexsdk.core.op",
    "Reply": "flexsdk.core.call",
    "Retry": "flexsdk.core.retry",
    "Secret": "flexsdk.protocol.redact",
    "Token": "flexsdk.core.tokens",
    "Transfer": "flexsdk.core.body",
    "Upload": "flexsdk.core.body",
    "Window": "flexsdk.core.limits",
    "deadline": "flexsdk.core.deadline",
}


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        value = getattr(import_module(_HOMES[name]), name)
    elif name in __all__:
        value = import_module(f"{__name__}.{name}")
    else:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
