"""Flapjack projects and skills: what the client's tests do not see."""

from __future__ import annotations

import pytest
from sandbox_kit import Ask, bearer

from flexsdk.sandbox.flapjack import Flapjack


async def test_what_a_demo_key_writes_is_not_kept(flapjack: Flapjack, ask: Ask) -> None:
    demo = bearer(flapjack.issue(plan="demo"))
    before = (await ask(flapjack, "GET", "/api/projects")).json()
    path = f"/api/projects/{before[0]['id']}"

    made = await ask(flapjack, "POST", "/api/projects", json={"name": "Shop"}, headers=demo)
    changed = await ask(flapjack, "PATCH", path, json={"name": "Shop"}, headers=demo)
    deleted = await ask(flapjack, "DELETE", path, headers=demo)

    assert (made.json()["name"], changed.json()["name"], deleted.status) == ("Shop", "Shop", 200)
    assert (await ask(flapjack, "GET", "/api/projects")).json() == before


async def test_what_a_demo_key_does_to_skills_is_not_kept(flapjack: Flapjack, ask: Ask) -> None:
    demo = bearer(flapjack.issue(plan="demo"))
    before = (await ask(flapjack, "GET", "/api/skills")).json()
    path = f"/api/skills/{before[0]['id']}"
    body = {"source": "skill_md", "sourceUrl": "https://example.com/x"}

    made = await ask(flapjack, "POST", "/api/skills", json=body, headers=demo)
    synced = await ask(flapjack, "POST", f"{path}/sync", headers=demo)
    deleted = await ask(flapjack, "DELETE", path, headers=demo)

    assert (made.status, synced.status, deleted.status) == (201, 200, 204)
    assert (await ask(flapjack, "GET", "/api/skills")).json() == before


@pytest.mark.parametrize(
    ("text", "slug"),
    [("  Über uns & mehr ", "ber-uns-mehr"), ("a--b", "a-b"), ("???", None)],
    ids=["words", "dashes", "nothing left"],
)
async def test_a_slug_is_normalized(flapjack: Flapjack, ask: Ask, text: str, slug: str | None) -> None:
    made = await ask(flapjack, "POST", "/api/projects", json={"name": "Shop", "slug": text})

    assert made.json()["slug"] == slug


@pytest.mark.parametrize("path", ["", "/members"])
async def test_an_unknown_project_is_not_found(flapjack: Flapjack, ask: Ask, path: str) -> None:
    reply = await ask(flapjack, "GET", f"/api/projects/none{path}")

    assert (reply.status, reply.json()) == (404, {"error": "NOT_FOUND", "detail": "Project not found"})


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"source": "custom", "sourceUrl": "https://example.com/x"}, 422),
        ({"source": "skill_md"}, 422),
        ({"source": "skill_md", "sourceUrl": " "}, 400),
    ],
    ids=["made in the dashboard only", "no address", "empty address"],
)
async def test_a_skill_that_cannot_be_installed_is_refused(
    flapjack: Flapjack, ask: Ask, body: dict[str, str], status: int
) -> None:
    assert (await ask(flapjack, "POST", "/api/skills", json=body)).status == status


async def test_a_page_of_the_marketplace_has_up_to_the_limit_of_each_source(
    flapjack: Flapjack, ask: Ask
) -> None:
    page = (await ask(flapjack, "GET", "/api/skills/browse?limit=3")).json()
    again = (await ask(flapjack, "GET", f"/api/skills/browse?limit=3&cursor={page['nextCursor']}")).json()

    sources = [entry["source"] for entry in page["skills"]]
    assert sources == ["skill_md"] * 3 + ["openapi_action"] * 3 + ["mcp_registry"] * 3
    assert again["skills"][:6] == page["skills"][:6]
    assert again["skills"][6:] != page["skills"][6:]


async def test_only_the_registry_has_further_pages(flapjack: Flapjack, ask: Ask) -> None:
    page = (await ask(flapjack, "GET", "/api/skills/browse?limit=1&source=skill_md")).json()

    assert (len(page["skills"]), page["nextCursor"]) == (1, None)


@pytest.mark.parametrize("cursor", ["nonsense", "mcp:-1", "mcp:9999999999999", "mcp:²"])
async def test_a_foreign_cursor_is_a_bad_request(flapjack: Flapjack, ask: Ask, cursor: str) -> None:
    assert (await ask(flapjack, "GET", "/api/skills/browse", params={"cursor": cursor})).status == 400
