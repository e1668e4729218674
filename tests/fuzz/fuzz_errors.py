"""Bodies of errors, whatever a proxy has put there: each is one error of the right kind, fit for a log."""

from __future__ import annotations

import pickle
from contextlib import suppress
from importlib import import_module

from flexsdk import codec
from flexsdk.core import dialect
from flexsdk.core.dialect import MAX_MESSAGE, Dialect
from flexsdk.errors import APIError, DecodeError
from flexsdk.platforms.flexorch import wire

OWN = [
    import_module(f"flexsdk.platforms.{name}.dialect")
    for name in ("flapjack", "fleece", "flexorch", "flextell", "platform")
]
WATCHED = [codec, dialect, wire, *OWN]
"""The modules whose coverage leads."""
DIALECTS: list[Dialect] = [each.DIALECT for each in OWN]
"""The first character of the input tells the platform: 0 to 4."""
STATUSES = (400, 401, 402, 403, 404, 409, 413, 418, 422, 429, 500, 503)
ANSWER = wire.Endpoint("thing", "GET", "/thing", dict[str, int])
"""FlexOrch tells failures with a status of success, too."""


def check(data: bytes) -> None:
    """Take platform and status, then the body."""
    spoken = DIALECTS[(data[0] - ord("0")) % len(DIALECTS)] if data else DIALECTS[0]
    status = STATUSES[data[1] % len(STATUSES)] if len(data) > 1 else 500
    body = data[2:]

    error = spoken.error(status, body, request_id=None, retry_after=None, limits=(), now=0.0)
    assert error.status == status
    assert error.body == body
    _check_shown(error)
    with suppress(DecodeError):
        try:
            ANSWER.decode(body)
        except APIError as failure:
            _check_shown(failure)


def _check_shown(error: APIError) -> None:
    assert 0 < len(error.message) <= MAX_MESSAGE + 1
    assert error.code is None or isinstance(error.code, str)
    assert error.param is None or isinstance(error.param, str)
    assert str(pickle.loads(pickle.dumps(error))) == str(error) != ""


def break_it() -> None:
    """Let errors of the JSON library out."""
    codec._failure = lambda error, *_: error  # type: ignore[assignment]  # broken
