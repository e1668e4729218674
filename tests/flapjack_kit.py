"""What the tests of Flapjack look at."""

from __future__ import annotations

from typing import Any

import msgspec

from flexsdk.sandbox import Sandbox


def last_body(sandbox: Sandbox) -> Any:
    return msgspec.json.decode(sandbox.flapjack.requests[-1].body)
