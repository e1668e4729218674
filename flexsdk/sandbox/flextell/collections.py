"""Flextell's generic tier: collections of any name, string ids, cursor pages."""

from __future__ import annotations

import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from flexsdk.sandbox.contract import Operation
from flexsdk.sandbox.exchange import Answer, Call, Problem
from flexsdk.sandbox.state import Maker

__all__ = ["Collections", "any_collection"]

_NAMED = "/resources"
_SEEDED = 45
_RESERVED = re.compile(r"v\d.*|oauth")
"""First segments that are no collections: other tiers and versions."""


def any_collection(operations: Mapping[str, Operation]) -> list[Operation]:
    """Return the operations of the stand-in collection under every other name."""
    return [
        replace(operation, template=operation.template.replace(_NAMED, "/{collection}", 1))
        for operation in operations.values()
        if operation.id.startswith("resources_")
    ]


class Collections:
    """Objects by collection; a collection is there as soon as it is named."""

    def __init__(self, make: Maker) -> None:
        self._make = make
        self._places: dict[str, int] = {}
        """Id to its number in the order of creation."""
        self._collections: defaultdict[str, dict[str, dict[str, Any]]] = defaultdict(dict)
        for number in range(1, _SEEDED + 1):
            self._add("resources", {"name": f"Resource {number}", "description": "Made by the sandbox"})

    async def resources_list(self, call: Call) -> dict[str, Any]:
        """Answer with one page, oldest first."""
        after = _read(call.query["cursor"]) if "cursor" in call.query else -1
        items = self._items(call)
        rest = [item for id_, item in items.items() if self._places[id_] > after]
        page = rest[: call.query["limit"]]
        more = len(rest) > len(page)
        cursor = _written(self._places[page[-1]["id"]]) if more else None
        return {"data": page, "meta": {"cursor": cursor, "has_more": more, "total": len(items)}}

    async def resources_create(self, call: Call) -> Answer:
        """Keep an object; id and time of creation are ours."""
        return Answer(201, {"data": self._add(_name(call), call.body)})

    async def resources_get(self, call: Call) -> dict[str, Any]:
        """Answer with one object."""
        return {"data": self._find(call)}

    async def resources_replace(self, call: Call) -> dict[str, Any]:
        """Replace an object; fields that are not sent are gone."""
        return self._put(call, {})

    async def resources_update(self, call: Call) -> dict[str, Any]:
        """Change the fields that were sent."""
        return self._put(call, self._find(call))

    async def resources_delete(self, call: Call) -> Answer:
        """Delete an object."""
        self._find(call)
        del self._items(call)[call.path["id"]]
        return Answer(204)

    def _put(self, call: Call, base: dict[str, Any]) -> dict[str, Any]:
        found = self._find(call)
        own = {"id": found["id"], "created_at": found["created_at"]}
        item = self._items(call)[found["id"]] = {**base, **call.body, **own}
        return {"data": item}

    def _add(self, collection: str, body: Mapping[str, Any]) -> dict[str, Any]:
        id_ = f"{collection[:3]}_{self._make.random.getrandbits(48):012x}"
        self._places[id_] = len(self._places)
        item = {**body, "id": id_, "created_at": self._make.time()}
        self._collections[collection][id_] = item
        return item

    def _items(self, call: Call) -> dict[str, dict[str, Any]]:
        return self._collections[_name(call)]

    def _find(self, call: Call) -> dict[str, Any]:
        try:
            return self._items(call)[call.path["id"]]
        except KeyError:
            raise Problem(404, "No such object") from None


def _name(call: Call) -> str:
    name = call.path.get("collection", "resources")
    if _RESERVED.fullmatch(name):
        raise Problem(call.operation.first_documented(404, 400), "No such path")
    return name


def _written(place: int) -> str:
    return urlsafe_b64encode(b"after:%d" % place).decode()


def _read(cursor: str) -> int:
    try:
        word, _, place = urlsafe_b64decode(cursor.encode()).partition(b":")
        if word == b"after":
            return int(place)
    except ValueError:
        pass
    raise Problem(400, "cursor: not one of this list", param="cursor")
