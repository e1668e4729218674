"""The platforms; each imports the core, none imports another."""

from __future__ import annotations

import pkgutil
from collections.abc import Iterator
from importlib import import_module
from types import ModuleType

from flexsdk.core.op import Op

__all__ = ["operations"]


def operations() -> dict[str, list[Op[object]]]:
    """Find every operation of every platform, sorted by id; loads all platforms."""
    found = {}
    for platform in pkgutil.iter_modules(__path__):
        package = import_module(f"{__name__}.{platform.name}")
        ops = {
            op.id: op for module in _modules(package) for op in vars(module).values() if isinstance(op, Op)
        }
        found[platform.name] = [ops[name] for name in sorted(ops)]
    return found


def _modules(package: ModuleType) -> Iterator[ModuleType]:
    for entry in pkgutil.iter_modules(package.__path__):
        module = import_module(f"{package.__name__}.{entry.name}")
        yield module
        if entry.ispkg:
            yield from _modules(module)
