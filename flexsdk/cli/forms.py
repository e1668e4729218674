"""The forms of output; by itself, so that help needs to load nothing else."""

from __future__ import annotations

from typing import Literal, TypeAlias

__all__ = ["Form"]

Form: TypeAlias = Literal["json", "table", "csv"]
