"""Answers as a platform might send them one day: each is the documented one with one thing changed."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import msgspec

from flexsdk.sandbox.contract import Schema, resolve
from flexsdk.sandbox.example import example

Document = Mapping[str, Any]
Path = tuple[str | int, ...]
"""Names and positions, from the root."""

FIELD, WORD = "a_field_of_tomorrow", "a_word_of_tomorrow"
_HUGE, _INFINITE, _BEYOND = map(msgspec.Raw, (b"1180591620717411303424", b"1e999", b"1e99999999999999999999"))
_ODD_VALUES: Sequence[Any] = (
    None, True, 0, -7, 1.5, _HUGE, _INFINITE, _BEYOND, "", "text", "9" * 5_000, "😀\0",
    [], [None], {}, {"a": [1]},
)  # fmt: skip


class Place(NamedTuple):
    """One value inside of an answer, and what the contract says of it."""

    path: Path
    schema: Schema
    required: bool
    nullable: bool


class Mutant(NamedTuple):
    """A changed answer; ``works`` says that the client has promised to take it."""

    kind: str
    path: Path
    body: bytes
    works: bool


def places(document: Document, schema: Schema, value: Any) -> Iterator[Place]:
    """Walk over an example and its schema together; the root comes first."""
    yield from _walk(document, Place((), schema, required=True, nullable=False), value)


def _walk(document: Document, place: Place, value: Any) -> Iterator[Place]:
    found, nullable = settled(document, place.schema)
    yield place._replace(schema=found, nullable=nullable)
    if isinstance(value, dict):
        members, required = found.get("properties", {}), found.get("required", ())
        for name, member in value.items():
            inner = Place((*place.path, name), members.get(name, {}), name in required, nullable=False)
            yield from _walk(document, inner, member)
    elif isinstance(value, list) and value:
        inner = Place((*place.path, 0), found.get("items", {}), required=False, nullable=False)
        yield from _walk(document, inner, value[0])


def settled(document: Document, schema: Schema) -> tuple[Schema, bool]:
    """Follow references and the first of several forms, as the example does; tell whether null is one."""
    found = resolve(document, schema)
    forms = found.get("oneOf") or found.get("anyOf") or ()
    kinds = [resolve(document, form).get("type") for form in forms]
    nullable = "null" in kinds or (isinstance(found.get("type"), list) and "null" in found["type"])
    if forms:
        return settled(document, forms[0])[0], nullable
    if "allOf" in found:
        parts = [settled(document, part)[0] for part in found["allOf"]]
        members = {name: member for part in parts for name, member in part.get("properties", {}).items()}
        return {
            "properties": members,
            "required": [n for p in parts for n in p.get("required", ())],
        }, nullable
    return found, nullable


def mutants(document: Document, schema: Schema, whole: Any) -> Iterator[Mutant]:
    """Make every answer that differs in one thing: dropped, added, null, of another kind, an unknown word."""
    for place in places(document, schema, whole):
        original = _at(whole, place.path)
        if isinstance(original, dict):
            members = place.schema.get("additionalProperties")
            new = example(document, members) if isinstance(members, dict) else {"deep": [1]}
            yield Mutant("add", place.path, _changed(whole, (*place.path, FIELD), new), works=True)
        if place.path and isinstance(place.path[-1], str):
            yield Mutant("drop", place.path, _changed(whole, place.path), works=not place.required)
        if isinstance(original, str):
            word = _changed(whole, place.path, WORD)
            yield Mutant("unknown word", place.path, word, works="enum" in place.schema)
        for odd in _ODD_VALUES:
            works = odd is None and place.nullable
            kind = bytes(odd).decode() if isinstance(odd, msgspec.Raw) else f"{odd!r:.20}"
            yield Mutant(kind, place.path, _changed(whole, place.path, odd), works=works)


_GONE = object()


def _changed(whole: Any, path: Path, value: Any = _GONE) -> bytes:
    """Encode a copy in which one value is another, or gone."""
    if not path:
        return msgspec.json.encode(value)
    changed = copy.deepcopy(whole)
    *way, last = path
    parent = _at(changed, way)
    if value is _GONE:
        del parent[last]
    else:
        parent[last] = value
    return msgspec.json.encode(changed)


def _at(value: Any, path: Sequence[str | int]) -> Any:
    for step in path:
        value = value[step]
    return value


def garbage(body: bytes) -> Iterator[Mutant]:
    """Make bodies that are no JSON, or none that anybody would send, out of a good one."""
    bodies = {
        "nothing": b"",
        "half": body[: len(body) // 2],
        "twice": body + body,
        "no UTF-8": body.replace(b'"', b'"\xff\xc0', 1),
        "no UTF-8 in a value": body.replace(b':"', b':"\xff\xc0', 1),
        "half a surrogate": body.replace(b'"', b'"\\ud800', 1),
        "byte order mark": b"\xef\xbb\xbf" + body,
        "UTF-16": body.decode().encode("utf-16"),
        "deep list": b"[" * 100_000,
        "deep object": b'{"data":' * 100_000,
        "page of a proxy": b"<html><body>502 Bad Gateway</body></html>",
        "not a number": b"NaN",
        "long number": b"1" * 5_000,
        "great exponent": b"1e99999",
    }
    for kind, found in bodies.items():
        yield Mutant(kind, (), found, works=False)
