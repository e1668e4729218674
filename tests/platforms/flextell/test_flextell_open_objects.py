"""Objects without a documented shape: whatever they hold, a look gives it or raises one typed error."""

from __future__ import annotations

from decimal import Decimal

import pytest

from flexsdk.errors import DecodeError
from flexsdk.platforms.flextell.values import OpenObject


def test_sums_are_exact() -> None:
    assert dict(OpenObject(b'{"total":1.10,"count":2}')) == {"total": Decimal("1.10"), "count": 2}


@pytest.mark.parametrize(
    "raw",
    [
        b'{"total":1e99999999999999999999}',
        b'{"total":%b}' % (b"1" * 5_000),
        b'{"name":"\xff"}',
        b"[" * 100_000,
        b"1" * 5_000,
    ],
    ids=["exponent", "long integer", "no UTF-8", "deep", "bare long integer"],
)
def test_what_cannot_be_read_is_a_decode_error(raw: bytes) -> None:
    with pytest.raises(DecodeError):
        dict(OpenObject(raw))
