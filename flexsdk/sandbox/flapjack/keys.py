"""Flapjack API keys: what is made here works, what is revoked here does not."""

from __future__ import annotations

from typing import Any

from flexsdk.sandbox.emulator import Emulator
from flexsdk.sandbox.exchange import Call
from flexsdk.sandbox.flapjack.records import Record, Records

__all__ = ["Keys"]

_PREFIX = 12
"""Characters of a key that a list shows."""


class Keys:
    """The keys of one organization, for people only."""

    def __init__(self, ring: Emulator) -> None:
        self._ring = ring
        self._keys = Records(ring.make, "Key", "keyId")
        self._keys.seed(self._record("Sandbox", ring.key))

    async def keys_list(self, _call: Call) -> list[Record]:
        """Answer with all keys, of which only the prefix is shown."""
        return [_shown(each) for each in self._keys.all()]

    async def keys_create(self, call: Call) -> dict[str, Any]:
        """Make a key; this answer alone has its text."""
        key = self._ring.new_key(f"{self._ring.key_prefix}test_", "api", "pro")
        record = self._keys.add(call, self._record(call.body["name"], key.text))
        return {**_shown(record), "key": key.text}

    async def keys_revoke(self, call: Call) -> dict[str, bool]:
        """End a key at once."""
        self._ring.revoke(self._keys.remove(call)["text"])
        return {"ok": True}

    def _record(self, name: str, text: str) -> Record:
        return {
            "name": name,
            "prefix": f"{text[:_PREFIX]}...",
            "last_used_at": None,
            "created_at": self._ring.make.time(),
            "text": text,
        }


def _shown(record: Record) -> Record:
    return {name: value for name, value in record.items() if name != "text"}
