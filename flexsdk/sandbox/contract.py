"""The OpenAPI files as operations: paths, parameters, bodies and answers with their references resolved."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any
from urllib.parse import urlsplit

import msgspec

__all__ = ["Contract", "Operation", "Parameter", "Schema", "load", "resolve"]

Schema = Mapping[str, Any]
"""A JSON Schema, or a reference to one."""

_METHODS = ("get", "put", "post", "patch", "delete")


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter of the path, the query or the headers."""

    name: str
    place: str
    required: bool
    schema: Schema


@dataclass(frozen=True, slots=True, eq=False)
class Operation:
    """One method of one path."""

    id: str
    method: str
    template: str
    """The path with its variables, the path of the server in front: ``/api/v1/agents/{agentId}``."""
    parameters: tuple[Parameter, ...]
    body_required: bool
    bodies: Mapping[str, Schema]
    """Content type to schema; empty when no body is read."""
    answers: Mapping[str, Mapping[str, Any]]
    """Status (or ``default``) to content types to media objects, as the contract writes them."""
    schemes: tuple[str, ...]
    """Names of the security schemes, any of which serves; empty for a public operation."""
    events: Mapping[str, Schema]
    """Event name to schema, for answers that stream."""

    @property
    def success(self) -> int:
        """The first documented status that is no error."""
        return next(int(status) for status in self.answers if status < "4")

    def first_documented(self, *statuses: int) -> int:
        """Return the first of the statuses that the contract lists, else the last of them."""
        return next((status for status in statuses if str(status) in self.answers), statuses[-1])

    def media(self, status: int) -> Mapping[str, Any] | None:
        """Return the media objects of a status; None when the status is not documented."""
        return self.answers.get(str(status), self.answers.get("default"))


def resolve(document: Mapping[str, Any], part: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the part, or what its ``$ref`` names inside the document."""
    while isinstance(part.get("$ref"), str):
        found: Any = document
        for segment in part["$ref"].removeprefix("#/").split("/"):
            found = found[segment]
        part = found
    return part


class Contract:
    """One OpenAPI file."""

    def __init__(self, name: str, document: Mapping[str, Any]) -> None:
        self.name = name
        self.document = document
        self.prefix: str = urlsplit(document["servers"][0]["url"]).path
        """Path of the production server, put in front of all paths."""
        self.schemes: Mapping[str, Mapping[str, Any]] = document["components"]["securitySchemes"]
        self.operations = {operation.id: operation for operation in self._operations()}

    def resolve(self, part: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return the part, or what its ``$ref`` names."""
        return resolve(self.document, part)

    def _operations(self) -> list[Operation]:
        return [
            self._operation(path, method, item)
            for path, item in self.document["paths"].items()
            for method in _METHODS
            if method in item
        ]

    def _operation(self, path: str, method: str, item: Mapping[str, Any]) -> Operation:
        raw = item[method]
        prefix = urlsplit(item["servers"][0]["url"]).path if "servers" in item else self.prefix
        body = self.resolve(raw.get("requestBody", {}))
        security = raw.get("security", self.document["security"])
        return Operation(
            id=raw["operationId"],
            method=method.upper(),
            template=prefix.rstrip("/") + path,
            parameters=tuple(map(self._parameter, item.get("parameters", []) + raw.get("parameters", []))),
            body_required=body.get("required", False),
            bodies={kind: media["schema"] for kind, media in body.get("content", {}).items()},
            answers={
                status: self.resolve(answer).get("content", {}) for status, answer in raw["responses"].items()
            },
            schemes=tuple(name for requirement in security for name in requirement),
            events={name: {"$ref": ref} for name, ref in raw.get("x-sse-events", {}).items()},
        )

    def _parameter(self, raw: Mapping[str, Any]) -> Parameter:
        found = self.resolve(raw)
        return Parameter(found["name"], found["in"], found.get("required", False), found["schema"])


@cache
def load(name: str) -> Contract:
    """Read a contract once a process: flapjack, flexorch, fleece, flextell or platform."""
    source = files("flexsdk.sandbox").joinpath("contract", f"{name}.json")
    return Contract(name, msgspec.json.decode(source.read_bytes()))
