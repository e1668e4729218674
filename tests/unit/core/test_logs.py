"""Logs: one record an event, structured by an allow-list, and nothing private in any of them."""

from __future__ import annotations

import logging
from typing import Any

import pytest
from canaries import leaks, sing
from servers import RawServer, answer, stream
from service import READ, Connect, word
from stream_kit import say

from flexsdk.core import hooks
from flexsdk.core.hooks import CallEnded, CallRef, Event, LimiterRefused, StreamEnded
from flexsdk.core.logs import FIELDS, LogHook, report
from flexsdk.errors import NotFound, StreamTruncated

CALL = CallRef(platform="Service", method="GET", route="/items/{item_id}")


@pytest.fixture(autouse=True)
def everything(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)


def ours(caplog: pytest.LogCaptureFixture) -> list[logging.LogRecord]:
    return [record for record in caplog.records if record.name == "flexsdk"]


def standard() -> set[str]:
    """Name what every record of this process has; libraries may add to it."""
    return {
        *vars(logging.getLogRecordFactory()("", 0, "", 0, "", (), None)),
        "message",
        "asctime",
        "taskName",
    }


def extra(record: logging.LogRecord) -> dict[str, Any]:
    return {name: value for name, value in vars(record).items() if name not in standard()}


async def test_each_event_is_a_record_with_structured_fields(
    connect: Connect, caplog: pytest.LogCaptureFixture
) -> None:
    async with RawServer(answer(503, retry_after="2"), answer(x_request_id="req_7")) as server:
        await connect(server, hooks=[LogHook()]).call(READ, "a")

    retry, attempt = ours(caplog)[3], ours(caplog)[5]
    (number,) = {extra(record)["call"] for record in ours(caplog)}
    common = {
        "op": "read",
        "platform": "Service",
        "method": "GET",
        "route": "/items/{item_id}",
        "call": number,
    }
    assert extra(retry) == {
        **common,
        "event": "RetryScheduled",
        "attempt": 1,
        "cause": "503",
        "wait": pytest.approx(2.1),
        "hint": 2.0,
    }
    assert extra(attempt) == {
        **common,
        "event": "AttemptEnded",
        "attempt": 2,
        "outcome": "200",
        "seconds": 0.0,
        "request_id": "req_7",
    }
    assert attempt.getMessage() == ("read: AttemptEnded attempt 2, outcome 200, seconds 0, request_id req_7")


async def test_ends_that_are_no_success_are_warnings_and_all_else_has_the_level_asked_for(
    connect: Connect, caplog: pytest.LogCaptureFixture
) -> None:
    hook = LogHook(level=logging.DEBUG)
    async with RawServer(answer(404), stream(word("a"))) as server:
        client = connect(server, hooks=[hook])
        with pytest.raises(NotFound):
            await client.call(READ, "a")
        async with say(client) as events:
            with pytest.raises(StreamTruncated):
                await events.until_done()

    bad = [extra(record)["event"] for record in ours(caplog) if record.levelno == logging.WARNING]
    assert bad == ["CallEnded", "StreamEnded"]
    assert {record.levelno for record in ours(caplog)} == {logging.DEBUG, logging.WARNING}


@pytest.mark.parametrize(
    ("event", "level"),
    [
        (CallEnded(op="read", call=CALL, outcome="204", attempts=1, seconds=0.1), logging.INFO),
        (CallEnded(op="read", call=CALL, outcome="Cancelled", attempts=1, seconds=0.1), logging.INFO),
        (CallEnded(op="read", call=CALL, outcome="Timeout", attempts=1, seconds=0.1), logging.WARNING),
        (StreamEnded(op="say", call=CALL, outcome="cancelled", events=1, seconds=0.1), logging.INFO),
        (StreamEnded(op="say", call=CALL, outcome="stalled", events=1, seconds=0.1), logging.WARNING),
        (LimiterRefused(op="read", call=CALL, limit="minute"), logging.WARNING),
    ],
    ids=["success", "cancelled", "failure", "stream left", "stream stalled", "refused by the limiter"],
)
def test_what_went_well_is_told_from_what_did_not(
    event: Event, level: int, caplog: pytest.LogCaptureFixture
) -> None:
    LogHook()(event)

    assert [record.levelno for record in ours(caplog)] == [level]


def test_a_logger_and_a_level_of_ones_own_are_used(caplog: pytest.LogCaptureFixture) -> None:
    event = CallEnded(op="read", call=CALL, outcome="Timeout", attempts=1, seconds=0.1)

    LogHook(logging.getLogger("mine"), logging.ERROR)(event)

    assert [(record.name, record.levelno) for record in caplog.records if record.name != "asyncio"] == [
        ("mine", logging.ERROR)
    ]


async def test_nothing_private_is_logged_neither_in_lines_nor_in_fields(
    connect: Connect, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(event: Event) -> None:
        raise ValueError("canary of a hook")

    await sing(connect, [LogHook(level=logging.DEBUG), broken])

    assert {"RetryScheduled", "AttemptEnded", "CallEnded"} <= {
        extra(record).get("event") for record in ours(caplog)
    }
    assert [record for record in ours(caplog) if leaks(f"{record.getMessage()} {record.__dict__}")] == []
    assert {name for record in ours(caplog) for name in extra(record)} <= FIELDS


async def test_a_field_that_is_not_on_the_list_is_not_written(caplog: pytest.LogCaptureFixture) -> None:
    report("something happened", error="KeyError", body="canary", api_key="canary")

    assert extra(ours(caplog)[0]) == {"error": "KeyError"}


def test_no_field_hides_an_attribute_of_log_records() -> None:
    assert FIELDS.isdisjoint(standard())


def test_every_field_of_every_event_is_on_the_list_or_left_out_on_purpose() -> None:
    events = [value for value in vars(hooks).values() if isinstance(value, type) and issubclass(value, Event)]

    fields = {name for event in events for name in event.__struct_fields__}

    assert fields - FIELDS == {"base_url"}
