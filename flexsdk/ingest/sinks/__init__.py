"""Where exports go; Parquet and DuckDB need the extras ``arrow`` and ``duckdb``, loaded at first use."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from flexsdk.ingest.sinks.duckdb import DuckDB
    from flexsdk.ingest.sinks.jsonlines import JsonLines
    from flexsdk.ingest.sinks.parquet import Parquet

__all__ = ["DuckDB", "JsonLines", "Parquet"]


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{name.lower()}"), name)
