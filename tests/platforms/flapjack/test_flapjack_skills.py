"""Skills come in snake_case or camelCase; what is wrong in a list of them is found by its position."""

from __future__ import annotations

import pytest

from flexsdk.errors import DecodeError
from flexsdk.platforms.flapjack.skills import LIST_SKILLS

FIRST = b'{"id":"s1","name":"a","source":"github","org_id":"o1"}'
SECOND = b'{"id":"s2","name":"b","source":"github","orgId":"o2"}'


def test_both_ways_of_writing_stand_side_by_side() -> None:
    page = LIST_SKILLS.decode(b"[%b,%b]" % (FIRST, SECOND))

    assert [(each.id, each.org_id) for each in page.items] == [("s1", "o1"), ("s2", "o2")]
    assert page.total == 2


def test_the_error_names_the_position_of_the_skill() -> None:
    with pytest.raises(DecodeError) as caught:
        LIST_SKILLS.decode(b'[%b,{"id":7}]' % FIRST)

    assert caught.value.path == "$[1].id"
    assert caught.value.body.startswith(b"[")
