"""Broken variants of the package that more than one suite has to catch."""

from __future__ import annotations

from typing import Any

import pytest

from flexsdk.core.call import Call
from flexsdk.core.client import Client

__all__ = ["ignore_deadlines", "let_errors_out", "repeat_everything"]


def repeat_everything(patch: pytest.MonkeyPatch) -> None:
    """Repeat every call that fails."""
    patch.setattr("flexsdk.core.retry._may_repeat", lambda *_, **__: True)


def ignore_deadlines(patch: pytest.MonkeyPatch) -> None:
    """Give no call an end."""
    prepare = Client._prepare

    def endless(self: Client, *arguments: Any) -> Call:
        call = prepare(self, *arguments)
        call.deadline = None
        return call

    patch.setattr(Client, "_prepare", endless)


def let_errors_out(patch: pytest.MonkeyPatch) -> None:
    """Raise the errors of the HTTP library as they are."""
    patch.setattr("flexsdk.core.transport.transport.translate", lambda error, _: error)
