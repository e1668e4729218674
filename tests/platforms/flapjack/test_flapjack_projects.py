"""Projects and skills, through the client."""

from __future__ import annotations

import msgspec
import pytest
from flapjack_kit import last_body
from servers import RawServer, answer
from service import KEY

from flexsdk import Flapjack
from flexsdk.errors import BadRequest, ConfigError, DecodeError, NotFound
from flexsdk.platforms.flapjack import ProjectMember
from flexsdk.platforms.flapjack.skills import GET
from flexsdk.sandbox import Sandbox


async def test_projects_are_made_read_changed_listed_and_deleted(
    flapjack: Flapjack, sandbox: Sandbox
) -> None:
    made = await flapjack.projects.create("Shop", slug="My Shop!", description="All of it")
    assert last_body(sandbox) == {"name": "Shop", "slug": "My Shop!", "description": "All of it"}
    assert (made.slug, await flapjack.projects.get(made.id)) == ("my-shop", made)

    changed = await flapjack.projects.update(made.id, name="Store")
    assert last_body(sandbox) == {"name": "Store"}
    assert (changed.name, changed.slug, changed.description) == ("Store", "my-shop", "All of it")
    assert changed in await flapjack.projects.list().collect()

    await flapjack.projects.delete(made.id)
    with pytest.raises(NotFound, match="Project not found"):
        await flapjack.projects.get(made.id)


async def test_a_project_without_a_slug_has_none(flapjack: Flapjack, sandbox: Sandbox) -> None:
    made = await flapjack.projects.create("Shop")

    assert last_body(sandbox) == {"name": "Shop"}
    assert (made.slug, made.description) == (None, None)


async def test_a_project_shows_its_members_until_it_is_deleted(flapjack: Flapjack) -> None:
    project = await flapjack.projects.create("Shop")
    agent = await flapjack.agents.create("Desk", project_id=project.id)
    runner = await flapjack.runners.list().first()
    assert runner is not None
    await flapjack.runners.update(runner.id, project_id=project.id)

    members = await flapjack.projects.members(project.id)
    await flapjack.projects.delete(project.id)

    assert members.agents == [ProjectMember(id=agent.id, name="Desk", description=None)]
    assert [member.id for member in members.runners] == [runner.id]
    assert (await flapjack.agents.get(agent.id)).project_id is None
    assert (await flapjack.runners.get(runner.id)).project_id is None


async def test_projects_of_another_organization_are_asked_for(flapjack: Flapjack, sandbox: Sandbox) -> None:
    assert await flapjack.projects.list(org_id="other").collect() == []

    assert sandbox.flapjack.requests[-1].query == {"orgId": "other"}


async def test_a_nameless_project_is_refused_with_a_code_of_its_own(flapjack: Flapjack) -> None:
    with pytest.raises(BadRequest) as refused:
        await flapjack.projects.create(" ")

    assert refused.value.code == "MISSING_NAME"


async def test_skills_are_found_installed_synced_and_uninstalled(
    flapjack: Flapjack, sandbox: Sandbox
) -> None:
    entry = await flapjack.skills.browse(q="weather").first()
    assert entry is not None
    assert (entry.source, entry.installed_id, entry.auth_type) == ("openapi_action", None, "api_key")

    skill = await flapjack.skills.install(
        "openapi_action", entry.source_url or "", source_ref=entry.source_ref or ""
    )
    assert last_body(sandbox) == {
        "source": "openapi_action",
        "sourceUrl": entry.source_url,
        "sourceRef": entry.source_ref,
    }
    assert (skill.name, skill.status, skill.source_url) == ("Weather", "active", entry.source_url)
    assert await flapjack.skills.get(skill.id) == skill
    assert skill in await flapjack.skills.list(source="openapi_action").collect()
    found = await flapjack.skills.browse(q="weather").first()
    assert found is not None
    assert found.installed_id == skill.id

    synced = await flapjack.skills.sync(skill.id)
    assert synced.updated_at != skill.updated_at

    await flapjack.skills.uninstall(skill.id)
    with pytest.raises(NotFound, match="Skill not found"):
        await flapjack.skills.sync(skill.id)


async def test_a_skill_whose_source_is_gone_shows_it_in_its_status(flapjack: Flapjack) -> None:
    skill = await flapjack.skills.install("skill_md", "https://unreachable.example.com/x", name="Gone")

    assert (skill.name, skill.status) == ("Gone", "error")


async def test_each_entry_of_the_marketplace_comes_once_though_pages_repeat_them(
    flapjack: Flapjack, sandbox: Sandbox
) -> None:
    entries = await flapjack.skills.browse(limit=10).collect()

    keys = [entry.key for entry in entries]
    assert len(keys) == len(set(keys)) == 39
    assert [record.query.get("cursor") for record in sandbox.flapjack.requests] == [None, "mcp:10", "mcp:20"]
    assert {entry.source for entry in entries} == {"skill_md", "openapi_action", "mcp_registry"}


async def test_two_walks_over_the_marketplace_know_nothing_of_each_other(flapjack: Flapjack) -> None:
    first = await flapjack.skills.browse(limit=50).collect()
    second = await flapjack.skills.browse(limit=50).collect()

    assert first == second


async def test_the_marketplace_is_searched_by_source_and_from_a_cursor_on(
    flapjack: Flapjack, sandbox: Sandbox
) -> None:
    pages = flapjack.skills.browse(source="mcp_registry", limit=20)
    first = await anext(pages.pages())
    rest = await flapjack.skills.browse(source="mcp_registry", limit=20, cursor=pages.cursor).collect()

    assert (len(first.items), len(rest)) == (20, 10)
    assert sandbox.flapjack.requests[-1].query == {
        "source": "mcp_registry",
        "limit": "20",
        "cursor": "mcp:20",
    }


def page(cursor: str | None, *keys: str) -> bytes:
    skills = [{"key": key, "name": key, "source": "skill_md"} for key in keys]
    return answer(200, msgspec.json.encode({"skills": skills, "nextCursor": cursor}))


async def test_a_marketplace_that_leads_in_a_circle_ends_with_an_error() -> None:
    pages = [page("b", "1"), page("c", "1", "2"), page("b", "1")]
    async with RawServer(*pages) as server, Flapjack(KEY, base_url=server.url) as client:
        with pytest.raises(DecodeError, match="circle"):
            await client.skills.browse().collect()

    assert len(server.requests) == 3


async def test_no_entry_is_lost_when_a_page_fails_and_is_asked_for_again() -> None:
    first, last = page("b", "1", "1", "2"), page(None, "2", "3")
    async with (
        RawServer(first, answer(400), first, last) as server,
        Flapjack(KEY, base_url=server.url) as client,
    ):
        entries = client.skills.browse()
        with pytest.raises(BadRequest):
            await entries.collect()
        found = await entries.collect()

    assert [entry.key for entry in found] == ["1", "2", "3"]


@pytest.mark.parametrize("limit", [0, 51])
def test_a_limit_out_of_range_is_refused(limit: int) -> None:
    with pytest.raises(ConfigError, match="limit must be 1 to 50"):
        Flapjack(KEY).skills.browse(limit=limit)


@pytest.mark.parametrize(
    "names", [("source_url", "created_at"), ("sourceUrl", "createdAt")], ids=["snake_case", "camelCase"]
)
async def test_a_skill_is_read_in_both_ways_of_writing_names(names: tuple[str, str]) -> None:
    url, created = names
    raw = {"id": "s", "source": "skill_md", url: "https://example.com/s", created: "2026-01-05T09:00:00Z"}

    skill = GET.decode(msgspec.json.encode(raw))

    assert skill.source_url == "https://example.com/s"
    assert skill.created_at is not None
    async with (
        RawServer(answer(200, msgspec.json.encode([raw]))) as server,
        Flapjack(KEY, base_url=server.url) as client,
    ):
        assert await client.skills.list().collect() == [skill]


@pytest.mark.parametrize("body", [b'{"id":"s"}', b"[]", b"nonsense"])
def test_what_is_no_skill_is_a_decode_error(body: bytes) -> None:
    with pytest.raises(DecodeError):
        GET.decode(body)
