"""Where lists go on, and places inside of them."""

from __future__ import annotations

from itertools import count, islice

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flexsdk.protocol import cursor as module
from flexsdk.protocol.cursor import (
    CURSOR,
    SINGLE,
    EitherPages,
    NumberedPages,
    PageStyle,
    Trail,
    cursor_at,
    place_of,
)
from flexsdk.structs import Page

NUMBERED = NumberedPages()
EITHER = EitherPages()


def page(
    items: int, *, total: int | None = None, size: int | None = None, cursor: str | None = None
) -> Page[int]:
    return Page(items=list(range(items)), total=total, size=size, next_cursor=cursor)


# --- places inside of lists


@pytest.mark.parametrize("place", [None, "abc", "page=2", "7", "a~b", "x~skip", "~"])
def test_where_a_page_begins_its_own_cursor_is_the_cursor(place: str | None) -> None:
    assert cursor_at(place, 0) == place
    assert place_of(place) == (place, 0)


@given(st.none() | st.text(min_size=1) | st.from_regex(r"\A.*~skip[0-9]+\Z"), st.integers(0, 999_999_999))
def test_every_place_can_be_written_and_read_again(place: str | None, skip: int) -> None:
    written = cursor_at(place, skip)

    assert place_of(written) == (place, skip)


def test_an_empty_cursor_is_the_beginning() -> None:
    assert place_of("") == (None, 0)


# --- circles


@pytest.mark.parametrize("before", [0, 1, 5])
@pytest.mark.parametrize("length", [1, 2, 3, 10])
def test_a_circle_of_any_length_shows_at_the_first_place_that_comes_again(before: int, length: int) -> None:
    trail = Trail()
    walked = 0
    for step in count():
        place = str(step) if step < before else f"circle {(step - before) % length}"
        if place in trail:
            break
        trail.add(place)
        walked += 1

    assert walked == before + length


def test_a_circle_longer_than_what_is_remembered_shows_in_bounded_memory(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "TRAIL_LENGTH", 4)
    trail = Trail()
    steps = 0
    for steps in range(1_000):
        if str(steps % 50) in trail:
            break
        trail.add(str(steps % 50))

    assert 50 <= steps <= 200
    assert len(trail._recent) + len(trail._before) <= 8


def test_a_long_walk_without_a_circle_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "TRAIL_LENGTH", 8)
    trail = Trail()

    for step in range(1_000):
        assert str(step) not in trail
        trail.add(str(step))


# --- the styles


@pytest.mark.parametrize(
    ("style", "place", "query"),
    [
        (SINGLE, None, {}),
        (CURSOR, None, {"cursor": None, "limit": 5}),
        (CURSOR, "a b", {"cursor": "a b", "limit": 5}),
        (NUMBERED, None, {"page": 1, "page_size": 5}),
        (NUMBERED, "3", {"page": 3, "page_size": 5}),
        (EITHER, None, {"cursor": None, "limit": 5}),
        (EITHER, "page=3", {"page": 3, "limit": 5}),
        (EITHER, "page=three", {"cursor": "page=three", "limit": 5}),
    ],
)
def test_a_page_is_asked_for_in_the_way_of_its_style(
    style: PageStyle, place: str | None, query: dict[str, object]
) -> None:
    assert style.ask(place, 5) == query


@pytest.mark.parametrize("style", [CURSOR, EITHER])
@pytest.mark.parametrize(("named", "following"), [("n", "n"), (None, None), ("", None)])
def test_a_page_names_the_next_one(style: PageStyle, named: str | None, following: str | None) -> None:
    assert style.after("m", page(3, cursor=named), 5, 3) == following


@pytest.mark.parametrize(
    ("place", "found", "limit", "most", "following"),
    [
        pytest.param(None, page(3), None, 3, "2", id="nothing is told"),
        pytest.param("4", page(0), None, 3, None, id="an empty page is the last"),
        pytest.param(None, page(3, total=3), None, 3, None, id="the total is reached at once"),
        pytest.param("2", page(3, total=6), None, 3, None, id="the total is reached"),
        pytest.param("2", page(1, total=4), None, 3, None, id="the total is reached with a short page"),
        pytest.param("2", page(3, total=7), None, 3, "3", id="the total is not reached"),
        pytest.param("2", page(3, total=4), None, 3, "3", id="a total that cannot be is not trusted"),
        pytest.param(None, page(2, size=3), None, 2, None, id="shorter than the told size"),
        pytest.param(None, page(3, size=3), None, 3, "2", id="as long as the told size"),
        pytest.param(None, page(2), 3, 2, "2", id="shorter than what was asked for means nothing"),
        pytest.param(None, page(2, size=3), 3, 2, "2", id="nor does a told size that only repeats it"),
        pytest.param("2", page(2, size=3), 3, 3, None, id="unless a page of that size has been seen"),
        pytest.param("3", page(100, total=1100, size=500), 500, 100, "4", id="a clamped size, echoed"),
        pytest.param("11", page(100, total=1100, size=500), 500, 100, None, id="and the end of such a list"),
        pytest.param(None, page(2, total=9, size=2), 5, 2, "2", id="a clamped size, told as it is"),
        pytest.param("5", page(1, total=9, size=2), 5, 1, None, id="its end, read from there on"),
    ],
)
def test_numbered_pages_end_only_where_nothing_can_follow(
    place: str | None, found: Page[int], limit: int | None, most: int, following: str | None
) -> None:
    assert NUMBERED.after(place, found, limit, most) == following


@given(
    items=st.integers(0, 60),
    asked=st.none() | st.integers(1, 30),
    clamp=st.integers(1, 20),
    tells=st.sampled_from(["nothing", "total", "size", "echo", "total and size", "total and echo"]),
)
def test_numbered_pages_lose_nothing_whatever_a_platform_clamps_and_tells(
    items: int, asked: int | None, clamp: int, tells: str
) -> None:
    size = min(asked or 10, clamp)
    told = {"size": size, "echo": asked or size}.get(tells.split()[-1])
    place: str | None = None
    most = seen = 0
    for number in range(1, items + 3):
        found = page(
            max(0, min(size, items - (number - 1) * size)),
            total=items if "total" in tells else None,
            size=told,
        )
        seen += len(found.items)
        most = max(most, len(found.items))
        place = NUMBERED.after(place, found, asked, most)
        if place is None:
            break
        assert place == str(number + 1)

    assert seen == items
    assert place is None


@pytest.mark.parametrize(
    ("style", "following", "found", "foreseen"),
    [
        pytest.param(CURSOR, "b", page(2, total=9, cursor="b"), ["b"], id="a cursor tells of one page"),
        pytest.param(NUMBERED, "2", page(2), ["2"], id="no total"),
        pytest.param(NUMBERED, "2", page(2, total=9), ["2", "3", "4", "5"], id="total"),
        pytest.param(NUMBERED, "2", page(2, total=9, size=3), ["2", "3"], id="total and size"),
        pytest.param(EITHER, "page=2", page(2, total=5), ["page=2", "page=3"], id="number by link"),
        pytest.param(EITHER, "b", page(2, total=5), ["b"], id="cursor by link"),
    ],
)
def test_pages_are_foreseen_where_they_are_counted(
    style: PageStyle, following: str, found: Page[int], foreseen: list[str]
) -> None:
    assert list(islice(style.foresee(following, found), 10)) == foreseen


def test_a_list_in_one_piece_has_no_other_page() -> None:
    assert SINGLE.after(None, page(3, total=9), None, 3) is None
    assert list(SINGLE.foresee("2", page(3))) == []
