"""Exit statuses by class of error, and the one line that tells of an error."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Final

from flexsdk import errors
from flexsdk.cli.output import clean

__all__ = ["EXITS", "report", "status_of"]

EXITS: Final[Sequence[tuple[int, tuple[type[BaseException], ...]]]] = (
    (2, (errors.ConfigError,)),
    (4, (errors.Timeout, errors.JobTimeout)),
    (3, (errors.TransportError,)),
    (5, (errors.Unauthorized,)),
    (6, (errors.PaymentRequired, errors.Forbidden)),
    (7, (errors.NotFound,)),
    (8, (errors.Conflict,)),
    (10, (errors.RateLimited,)),
    (11, (errors.ServerError,)),
    (9, (errors.APIError,)),
    (12, (errors.DecodeError,)),
    (13, (errors.StreamError,)),
    (15, (errors.ApprovalRequired, errors.JobPaused)),
    (14, (errors.JobFailed,)),
    (1, (errors.FlexError, OSError)),
)
"""The status of each class of error; the first that fits counts. 130 is an interrupt, 0 success."""


def status_of(error: BaseException) -> int:
    """Give the exit status of an error of the package, or of the operating system."""
    return next(status for status, kinds in EXITS if isinstance(error, kinds))


def report(error: BaseException) -> int:
    """Tell of an error in one line on stderr, and give its exit status."""
    print(f"flexsdk: {type(error).__name__}: {clean(str(error))}", file=sys.stderr)
    return status_of(error)
