"""A value for a schema: what the sandbox answers where it has no behaviour, and what a test may send."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from flexsdk.sandbox.contract import Schema, resolve

__all__ = ["example"]

Document = Mapping[str, Any]
"""What the references of a schema point into."""

_TEXTS = {
    "date-time": "2026-01-05T09:00:00Z",
    "date": "2026-01-05",
    "uuid": "5e0f2a52-6a0e-4a0e-9a55-6f0d2f0c9b11",
    "uri": "https://example.com/",
    "email": "ada@example.com",
}
_CANDIDATES = ("text", "res_1", "job_1", "evt_1", "#336699")
"""Texts for the patterns of the contracts; the first that fits is taken."""
_DEPTH = 6
"""Optional members deeper than this are left out: one schema of the contracts contains itself."""


def example(document: Document, schema: Schema, depth: int = 0) -> Any:
    """Return a valid value, the same each time: the schema's own examples first, else by type."""
    schema = resolve(document, schema)
    for word in ("const", "example", "default"):
        if schema.get(word) is not None:
            return schema[word]
    for words in ("examples", "enum"):
        if schema.get(words):
            return schema[words][0]
    for words in ("oneOf", "anyOf"):
        if words in schema:
            return example(document, schema[words][0], depth)
    if "allOf" in schema:
        # All uses in the contracts lay members over an envelope.
        parts = [example(document, part, depth) for part in schema["allOf"]]
        return {name: value for part in parts for name, value in part.items()}
    return _by_type(document, schema, depth)


def _by_type(document: Document, schema: Schema, depth: int) -> Any:
    kind = schema.get("type", "object" if "properties" in schema else "null")
    kind = kind[0] if isinstance(kind, list) else kind
    match kind:
        case "object":
            return _object(document, schema, depth)
        case "array":
            return _array(document, schema, depth)
        case "string":
            return _text(schema)
        case "integer" | "number":
            return max(1, schema.get("minimum", 1))
        case "boolean":
            return True
    return None


def _object(document: Document, schema: Schema, depth: int) -> dict[str, Any]:
    required = schema.get("required", ())
    return {
        name: example(document, member, depth + 1)
        for name, member in schema.get("properties", {}).items()
        if name in required or depth < _DEPTH
    }


def _array(document: Document, schema: Schema, depth: int) -> list[Any]:
    if depth >= _DEPTH and not schema.get("minItems"):
        return []
    return [example(document, schema.get("items", {}), depth + 1)] * max(1, schema.get("minItems", 1))


def _text(schema: Schema) -> str:
    if "pattern" in schema:
        return next(text for text in _CANDIDATES if re.search(schema["pattern"], text))
    text = _TEXTS.get(schema.get("format", ""), "text")
    return text.ljust(schema.get("minLength", 0), "x")[: schema.get("maxLength")]
