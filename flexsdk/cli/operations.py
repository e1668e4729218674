"""The list of all operations. As JSON it needs no extra."""

from __future__ import annotations

import json
from collections.abc import Iterator

from flexsdk import platforms
from flexsdk.cli.output import aligned, can_draw, out

__all__ = ["show_json", "show_table"]

_COLUMNS = ("platform", "id", "method", "path", "replay", "certainty")


def show_json() -> None:
    """Write a JSON list with one object per operation."""
    out(json.dumps(list(_operations()), indent=2))


def show_table() -> None:
    """Write a table with one row per operation, then how many there are."""
    rows = [tuple(operation.values()) for operation in _operations()]
    counts = ", ".join(f"{name} {len(ops)}" for name, ops in platforms.operations().items())
    if can_draw():
        from flexsdk.cli.live import draw, drawn_table  # an extra, and not needed for plain lines

        draw(drawn_table(_COLUMNS, rows))
    else:
        for line in aligned(_COLUMNS, rows):
            out(line)
    out(f"\n{len(rows)} operations: {counts}")


def _operations() -> Iterator[dict[str, str]]:
    for platform, ops in platforms.operations().items():
        for op in ops:
            facts = (platform, op.id, op.method, op.path, op.repeats.value, op.certainty.value)
            yield dict(zip(_COLUMNS, facts, strict=True))
