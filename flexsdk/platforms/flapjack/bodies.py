"""What bodies share: none is empty by accident, and none shows a secret."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

import msgspec

from flexsdk.errors import ConfigError
from flexsdk.protocol.redact import Secret
from flexsdk.structs import UNSET, CamelParams

__all__ = ["UNDOCUMENTED", "ConfidentialParams", "filled", "revealed"]

B = TypeVar("B", bound=CamelParams | Mapping[str, Any])

UNDOCUMENTED: Any = Any
"""An answer whose shape no source shows."""


class ConfidentialParams(CamelParams, frozen=True, kw_only=True):
    """Base of bodies that may hold a secret."""

    def __repr__(self) -> str:
        """Show the kind alone."""
        return f"{type(self).__name__}(…)"


def filled(body: B) -> B:
    """Give the body as it is, unless nothing stands in it.

    Raises:
        ConfigError: nothing does; nothing was sent.
    """
    values = body.values() if isinstance(body, Mapping) else msgspec.structs.asdict(body).values()
    if all(value is UNSET for value in values):
        raise ConfigError("nothing to change: pass at least one field")
    return body


def revealed(value: Any) -> Any:
    """Give a value for the body that sends it: a secret as its text, also inside of mappings."""
    if isinstance(value, Secret):
        return value.reveal()
    if isinstance(value, Mapping):
        return {name: revealed(each) for name, each in value.items()}
    return value
