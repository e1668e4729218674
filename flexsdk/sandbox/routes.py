"""From a raw request path to an operation.

Paths are split before they are decoded: an encoded slash or ``%2e%2e`` stays inside its one segment and
reaches the handler as a part of the id, as a careful gateway would do it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from urllib.parse import unquote

from flexsdk.sandbox.contract import Operation
from flexsdk.sandbox.exchange import Problem

__all__ = ["Router"]


@dataclass(slots=True)
class _Node:
    fixed: dict[str, _Node] = field(default_factory=dict)
    variable: _Node | None = None
    operations: dict[str, Operation] = field(default_factory=dict)


class Router:
    """A tree of path segments; a fixed segment wins over a variable one."""

    def __init__(self, operations: Iterable[Operation]) -> None:
        self._root = _Node()
        for operation in operations:
            self._add(operation)

    def _add(self, operation: Operation) -> None:
        node = self._root
        for segment in operation.template.split("/"):
            if segment.startswith("{"):
                node.variable = node = node.variable or _Node()
            else:
                node = node.fixed.setdefault(segment, _Node())
        node.operations[operation.method] = operation

    def find(self, method: str, raw_path: str) -> tuple[Operation, dict[str, str]]:
        """Return the operation and the decoded variables of its path.

        Raises:
            Problem: 404 for an unknown path, 405 with ``Allow`` for a known path and another method.
        """
        segments = [unquote(segment) for segment in raw_path.split("/")]
        node = _descend(self._root, segments)
        if node is None:
            raise Problem(404, "No such path")
        operation = node.operations.get(method)
        if operation is None:
            allowed = ", ".join(sorted(node.operations))
            raise Problem(405, f"{method} is not allowed here", headers={"Allow": allowed})
        names = operation.template.split("/")
        return operation, {n[1:-1]: s for n, s in zip(names, segments, strict=True) if n.startswith("{")}


def _descend(node: _Node, segments: list[str]) -> _Node | None:
    if not segments:
        return node if node.operations else None
    first, rest = segments[0], segments[1:]
    fixed = node.fixed.get(first)
    found = _descend(fixed, rest) if fixed else None
    if found is None and node.variable and first:
        return _descend(node.variable, rest)
    return found
