"""What a Flextell sandbox can be told."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

__all__ = ["Terms"]


@dataclass(kw_only=True)
class Terms:
    """Settings that may be changed at any time: ``sandbox.flextell.terms.token_seconds = 5``."""

    token_seconds: int = 3600
    """How long an access token of the token endpoint is valid."""
    code_seconds: float = 60.0
    """How long the code of a login is valid."""
    rotate: bool = True
    """Whether a refresh brings a new refresh token and ends the old pair; else none comes back."""
    consent: Literal["ask", "allow", "deny"] = "ask"
    """Whether a person is asked; else the browser is sent back at once."""
    quirks: bool = True
    """Whether values under ``/v1`` are as loosely typed as the reference warns: numbers, flags and sums of
    money as text, empty maps as ``[]``, days without a time."""
