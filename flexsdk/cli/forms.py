"""What commands are written with; by itself, so that help needs to load nothing else."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable
from typing import Annotated, Literal, TypeAlias, TypeVar

from cyclopts import Parameter

__all__ = ["Flag", "Form", "reflowed"]

Form: TypeAlias = Literal["json", "table", "csv"]
"""The forms of output."""
Flag: TypeAlias = Annotated[bool, Parameter(negative=(), show_default=False)]
"""A switch that is off unless it is given."""

_F = TypeVar("_F", bound=Callable[..., object])


def reflowed(command: _F) -> _F:
    """Join the lines of each paragraph of a docstring, for terminals of any width."""
    text, mark, arguments = (inspect.getdoc(command) or "").partition("\n\nArgs:\n")
    command.__doc__ = re.sub(r"(?<!\n)\n(?!\n)", " ", text) + mark + arguments
    return command
