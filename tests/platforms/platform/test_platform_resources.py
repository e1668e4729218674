"""Resources of Platform, against the sandbox."""

from __future__ import annotations

import asyncio
from typing import Any

import msgspec
import pytest
from clock import VirtualClock

from flexsdk import Platform
from flexsdk.errors import (
    APIError,
    ConfigError,
    Conflict,
    DecodeError,
    Forbidden,
    NotFound,
    RateLimited,
    ServerError,
    Unauthorized,
    Unprocessable,
)
from flexsdk.platforms.platform import JobAccepted, Resource
from flexsdk.platforms.platform.resources import CREATE, LIST_RESOURCES
from flexsdk.sandbox import Fault
from flexsdk.sandbox.platform import Platform as Emulated


async def make(platform: Platform, name: str = "A", **fields: Any) -> Resource:
    made = await platform.resources.create(name, **fields)
    assert isinstance(made, Resource)
    return made


def keys(emulated: Emulated) -> list[str | None]:
    return [record.headers.get("Idempotency-Key") for record in emulated.calls("resources_create")]


async def test_a_resource_lives_from_creation_to_deletion(platform: Platform) -> None:
    made = await make(platform, description="d", metadata={"a": "1"})
    changed = await platform.resources.update(made.id, name="B", metadata={"b": "2"})
    read = await platform.resources.get(made.id)
    await platform.resources.delete(made.id)

    assert (made.status, made.object, made.description) == ("active", "resource", "d")
    assert read == changed
    assert (read.name, read.description, read.metadata) == ("B", "d", {"b": "2"})
    assert read.updated_at is not None
    assert made.updated_at is not None
    assert made.updated_at < read.updated_at
    assert made.created_at == read.created_at
    with pytest.raises(NotFound):
        await platform.resources.get(made.id)


async def test_only_what_is_given_is_sent(platform: Platform, emulated: Emulated) -> None:
    made = await make(platform)
    await platform.resources.update(made.id, status="paused")

    bodies = [msgspec.json.decode(record.body) for record in emulated.requests]
    assert bodies == [{"name": "A"}, {"status": "paused"}]


async def test_null_is_sent_only_when_it_is_given(platform: Platform, emulated: Emulated) -> None:
    made = await make(platform)
    # That null clears a field is not documented, and the contract does not take it.
    with pytest.raises(Unprocessable) as raised:
        await platform.resources.update(made.id, description=None)

    assert raised.value.param == "description"
    assert msgspec.json.decode(emulated.requests[-1].body) == {"description": None}


@pytest.mark.parametrize(
    "fields",
    [
        pytest.param({"description": "x" * 2001}, id="long description"),
        pytest.param({"metadata": dict.fromkeys(map(str, range(21)), "")}, id="21 pairs"),
        pytest.param({"metadata": {"a": 1}}, id="value that is no text"),
        pytest.param({"metadata": {1: "a"}}, id="key that is no text"),
    ],
)
async def test_what_the_platform_would_refuse_is_not_sent(
    platform: Platform, emulated: Emulated, fields: dict[str, Any]
) -> None:
    with pytest.raises(ConfigError):
        await platform.resources.create("A", **fields)
    with pytest.raises(ConfigError):
        await platform.resources.update("res_1", **fields)
    assert emulated.requests == []


async def test_what_is_just_allowed_is_sent(platform: Platform) -> None:
    pairs = {str(number): "" for number in range(20)}

    assert (await make(platform, description="x" * 2000, metadata=pairs)).metadata == pairs


async def test_an_update_of_nothing_is_refused(platform: Platform, emulated: Emulated) -> None:
    with pytest.raises(ConfigError, match="at least one field"):
        await platform.resources.update("res_1")
    assert emulated.requests == []


async def test_a_list_goes_over_all_pages_newest_first(platform: Platform, emulated: Emulated) -> None:
    for number in range(30):
        await make(platform, str(number))
    names = [item.name async for item in platform.resources.list(limit=10)]

    assert names[:30] == [str(number) for number in reversed(range(30))]
    assert len(names) == 33
    assert len(emulated.calls("resources_list")) == 4
    assert "offset" not in "".join(record.raw_path for record in emulated.requests)


async def test_a_list_goes_on_at_its_cursor(platform: Platform) -> None:
    pages = platform.resources.list(limit=2)
    async for page in pages.pages():
        first = page.items
        break
    rest = await platform.resources.list(cursor=pages.cursor).collect()

    assert [item.name for item in [*first, *rest]] == ["Import of May", "Quarterly report", "Welcome"]


async def test_archived_resources_are_listed_only_when_asked_for(platform: Platform) -> None:
    made = await make(platform)
    await platform.resources.update(made.id, status="archived")

    assert made.id not in [item.id async for item in platform.resources.list()]
    assert made.id in [item.id async for item in platform.resources.list(status="archived")]


@pytest.mark.parametrize("limit", [0, -1, 101])
async def test_an_impossible_limit_is_refused(platform: Platform, emulated: Emulated, limit: int) -> None:
    with pytest.raises(ConfigError, match="1 to 100"):
        platform.resources.list(limit=limit)
    assert emulated.requests == []


# Idempotency keys.


@pytest.mark.parametrize(
    "fault",
    [Fault.status(503), Fault.status(429, retry_after=1), Fault.reset(), Fault.close(acted=True)],
    ids=["503", "429", "reset", "lost answer"],
)
async def test_a_creation_is_repeated_under_one_key_and_done_once(
    platform: Platform, emulated: Emulated, fault: Fault
) -> None:
    emulated.faults.add(fault, operation="resources_create", requests=[1, 2])
    made = await make(platform)

    sent = keys(emulated)
    assert (len(sent), len(set(sent))) == (3, 1)
    assert sent[0]
    assert [item.id async for item in platform.resources.list() if item.name == "A"] == [made.id]


async def test_each_creation_has_a_key_of_its_own(platform: Platform, emulated: Emulated) -> None:
    await asyncio.gather(*(make(platform, str(number)) for number in range(5)))

    assert len(set(keys(emulated))) == 5


async def test_a_given_key_gives_the_first_result_again(platform: Platform, emulated: Emulated) -> None:
    first = await make(platform, idempotency_key="mine")
    again = await make(platform, idempotency_key="mine")

    assert again == first
    assert keys(emulated) == ["mine", "mine"]
    with pytest.raises(Unprocessable, match="another body"):
        await make(platform, "B", idempotency_key="mine")


async def test_a_key_is_no_longer_kept_after_a_day(platform: Platform, clock: VirtualClock) -> None:
    first = await make(platform, idempotency_key="mine")
    clock.now += 24 * 3600

    assert await make(platform, idempotency_key="mine") != first


async def test_a_key_that_is_in_use_is_a_conflict(platform: Platform, emulated: Emulated) -> None:
    emulated.terms.create_seconds = 60
    first = asyncio.create_task(make(platform, idempotency_key="mine"))
    while not emulated.requests:  # noqa: ASYNC110 - the request shows nowhere else
        await asyncio.sleep(0)
    with pytest.raises(Conflict) as raised:
        await make(platform, idempotency_key="mine")
    first.cancel()
    await asyncio.wait([first])

    assert raised.value.code == "idempotency_key_in_use"


async def test_only_creations_carry_a_key(platform: Platform, emulated: Emulated) -> None:
    made = await make(platform)
    await platform.resources.update(made.id, name="B")
    await platform.resources.delete(made.id)

    carried = ["Idempotency-Key" in record.headers for record in emulated.requests]
    assert carried == [True, False, False]


# Errors, keys and limits.


async def test_an_error_tells_code_field_and_request(platform: Platform) -> None:
    with pytest.raises(Unprocessable) as raised:
        await platform.call(LIST_RESOURCES, query={"status": "gone"})

    error = raised.value
    assert (error.status, error.code, error.param) == (422, "validation_error", "status")
    assert error.request_id == "req_000001"


async def test_an_answer_tells_its_request_and_limit(platform: Platform) -> None:
    reply = await platform.send(CREATE, body={"name": "A"})

    assert (reply.status, reply.request_id) == (201, "req_000001")
    assert [(each.limit, each.remaining) for each in reply.rate_limit] == [(600, 599)]


async def test_a_key_without_the_scope_is_forbidden(platform: Platform, emulated: Emulated) -> None:
    key = emulated.issue(scopes={"resources:read"})
    async with Platform(key, base_url=platform.base_url, limits=None) as reader:
        await reader.resources.list().collect()
        with pytest.raises(Forbidden, match="resources:write"):
            await reader.resources.create("A")


async def test_live_keys_do_not_see_test_data(platform: Platform, emulated: Emulated) -> None:
    made = await make(platform)
    async with Platform(emulated.issue(live=True), base_url=platform.base_url, limits=None) as live:
        with pytest.raises(NotFound):
            await live.resources.get(made.id)


async def test_a_revoked_key_is_unauthorized(platform: Platform, emulated: Emulated) -> None:
    emulated.revoke(emulated.key)
    with pytest.raises(Unauthorized) as raised:
        await platform.resources.list().collect()

    assert emulated.key not in f"{raised.value!r}{raised.value}"


async def test_the_minute_of_a_plan_is_kept_without_a_429(emulated: Emulated, clock: VirtualClock) -> None:
    key = emulated.issue(plan="starter")
    async with Platform(key, base_url=emulated.base_url, clock=clock, plan="starter") as client:
        for _ in range(70):
            await client.resources.list().first()

    assert {record.status for record in emulated.requests} == {200}
    assert clock.now > 0


async def test_a_429_is_waited_out(emulated: Emulated, clock: VirtualClock) -> None:
    key = emulated.issue(plan="starter")
    async with Platform(key, base_url=emulated.base_url, clock=clock, limits=None) as client:
        for _ in range(61):
            await client.resources.list().first()
        for _ in range(59):
            await client.resources.list().first()
        with pytest.raises(RateLimited) as raised:
            await client.with_options(attempts=1).resources.list().first()

    assert [record.status for record in emulated.requests].count(429) == 2
    assert raised.value.limit == 60
    assert raised.value.retry_after is not None


async def test_a_page_of_a_proxy_is_the_error_of_its_status(platform: Platform, emulated: Emulated) -> None:
    emulated.faults.add(Fault.status(502, body=b"<html>Bad gateway</html>"))
    with pytest.raises(ServerError) as raised:
        await platform.resources.get("res_1")

    assert (raised.value.code, raised.value.body) == (None, b"<html>Bad gateway</html>")
    assert len(raised.value.attempts) > 1


async def test_a_repeated_deletion_may_not_find_its_resource(platform: Platform, emulated: Emulated) -> None:
    made = await make(platform)
    emulated.faults.add(Fault.reset(acted=True), operation="resources_delete", requests=[1])
    with pytest.raises(NotFound) as raised:
        await platform.resources.delete(made.id)

    assert [attempt.outcome for attempt in raised.value.attempts][-1] == "404"
    assert len(raised.value.attempts) == 2


@pytest.mark.parametrize("suffix", ["", "/", "/v1", "/v1/"])
async def test_the_address_may_be_given_with_and_without_its_version(
    emulated: Emulated, clock: VirtualClock, suffix: str
) -> None:
    async with Platform(emulated.key, base_url=emulated.origin + suffix, clock=clock) as client:
        await client.resources.list().first()

    assert emulated.requests[0].path == "/v1/resources"


async def test_a_creation_that_goes_on_as_a_job_tells_so(platform: Platform) -> None:
    accepted = await platform.resources.create("A", metadata={"sandbox": "job"})

    assert isinstance(accepted, JobAccepted)
    assert accepted.job_id.startswith("job_")


@pytest.mark.parametrize("id_", ["", ".", "..", "a\n"])
async def test_an_impossible_id_is_not_sent(platform: Platform, emulated: Emulated, id_: str) -> None:
    for call in (platform.resources.get, platform.resources.delete, platform.jobs.get):
        with pytest.raises(ConfigError):
            await call(id_)
    assert emulated.requests == []


async def test_an_id_stays_one_segment(platform: Platform, emulated: Emulated) -> None:
    with pytest.raises(APIError):
        await platform.resources.get("../jobs")

    assert emulated.requests[0].raw_path == "/v1/resources/..%2Fjobs"


@pytest.mark.parametrize("body", [b'{"x":1}', b'{"id":1}', b"[]"], ids=["nothing known", "number", "list"])
def test_a_creation_that_is_neither_resource_nor_job_is_a_decode_error(body: bytes) -> None:
    with pytest.raises(DecodeError, match="the answer is no"):
        CREATE.decode(body)
