"""Objects of one kind, by id, shown as they are kept."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flexsdk.sandbox.exchange import Call, Problem
from flexsdk.sandbox.flapjack.agents import stored
from flexsdk.sandbox.state import Maker

__all__ = ["Record", "Records"]

Record = dict[str, Any]


class Records:
    """The objects of one section; a demo key reads them and changes none.

    Args:
        make: makes ids.
        noun: what an object is called in a 404.
        parameter: the path parameter that holds its id.
    """

    def __init__(self, make: Maker, noun: str, parameter: str) -> None:
        self._make = make
        self._noun = noun
        self._parameter = parameter
        self._records: dict[str, Record] = {}

    def seed(self, members: Mapping[str, Any]) -> Record:
        """Keep an object under a new id."""
        record = {"id": self._make.id(), **members}
        self._records[record["id"]] = record
        return record

    def add(self, call: Call, members: Mapping[str, Any]) -> Record:
        """Give an object a new id, and keep it."""
        return self.seed(members) if stored(call) else {"id": self._make.id(), **members}

    def all(self) -> list[Record]:
        """Return all objects, the oldest first."""
        return list(self._records.values())

    def find(self, call: Call) -> Record:
        """Return the object that the path names, or raise a 404."""
        try:
            return self._records[call.path[self._parameter]]
        except KeyError:
            raise Problem(404, f"{self._noun} not found") from None

    def change(self, call: Call, members: Mapping[str, Any]) -> Record:
        """Lay members over an object."""
        record = {**self.find(call), **members}
        if stored(call):
            self._records[record["id"]] = record
        return record

    def remove(self, call: Call) -> Record:
        """Take an object away and return it."""
        record = self.find(call)
        if stored(call):
            del self._records[record["id"]]
        return record
