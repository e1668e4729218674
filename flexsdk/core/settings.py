"""The options of calls: checked once, merged from client, view and call."""

from __future__ import annotations

import msgspec

from flexsdk.errors import ConfigError
from flexsdk.protocol.checks import check_headers, check_seconds
from flexsdk.types import CallOptions, Priority

__all__ = ["Settings"]

_PRIORITIES = ("interactive", "normal", "bulk")
_NO_HEADERS: dict[str, str] = {}


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """What a call is made with; ``None`` leaves the choice to the operation or the client."""

    timeout: float | None = None
    deadline: float | None = None
    attempts: int | None = None
    headers: dict[str, str] = _NO_HEADERS
    priority: Priority = "normal"
    idempotency_key: str | None = None

    def merged(self, options: CallOptions) -> Settings:
        """Give these settings with the options on top; headers are joined, the rest is replaced.

        Raises:
            ConfigError: an option is unknown or has an impossible value.
        """
        changes = {name: _check(name, value) for name, value in options.items() if value is not None}
        if "headers" in changes:
            changes["headers"] = {**self.headers, **check_headers(options["headers"])}
        return msgspec.structs.replace(self, **changes)


def _check(name: str, value: object) -> object:
    match name:
        case "timeout" | "deadline":
            return check_seconds(name, value)
        case "attempts" if not isinstance(value, int) or isinstance(value, bool) or value < 1:
            raise ConfigError(f"attempts must be a whole number of 1 or more, not {value!r}")
        case "priority" if value not in _PRIORITIES:
            raise ConfigError(f"priority must be one of {', '.join(_PRIORITIES)}, not {value!r}")
        case "idempotency_key":
            return check_headers({"Idempotency-Key": value})["Idempotency-Key"]
        case "attempts" | "priority" | "headers":
            return value
    raise ConfigError(f"{name} is no option of calls; there are {', '.join(Settings.__struct_fields__)}")
