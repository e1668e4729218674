"""FlexOrch chunks, their index, and search."""

from __future__ import annotations

from typing import Any

import pytest
from flexorch_kit import INVOICE, Orch
from sandbox_kit import Ask, Clock

from flexsdk.sandbox import Sandbox


@pytest.fixture
def orch(sandbox: Sandbox, ask: Ask, clock: Clock) -> Orch:
    return Orch(sandbox.flexorch, ask, clock)


async def indexed(orch: Orch, content: bytes = INVOICE, **options: Any) -> Any:
    dataset = await orch.dataset(content, **options)
    await orch.data("POST", f"/datasets/{dataset['id']}/index")
    orch.clock.now += 1
    return dataset


async def test_an_index_grows_by_the_clock(orch: Orch, clock: Clock) -> None:
    dataset = await orch.dataset()
    path = f"/datasets/{dataset['id']}"
    before = await orch.data("GET", path + "/index/status")
    chunks = await orch("GET", path + "/chunks")
    started = await orch("POST", path + "/index")
    clock.now += 0.11
    during = await orch.data("GET", path + "/index/status")
    await orch.data("POST", path + "/index")
    clock.now += 0.1
    after = await orch.data("GET", path + "/index/status")

    assert (chunks.status, started.status) == (404, 202)
    assert [(s["status"], s["chunks_indexed"]) for s in (before, during, after)] == [
        ("not_indexed", 0),
        ("indexing", 2),
        ("ready", 4),
    ]


async def test_an_index_can_fail(orch: Orch) -> None:
    dataset = await indexed(orch, name="Unindexable")

    status = await orch.data("GET", f"/datasets/{dataset['id']}/index/status")

    assert (status["status"], status["chunks_indexed"]) == ("failed", 0)


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", [0, 1, 2, 3]),
        ("?quality_grade=A", [2]),
        ("?quality_grade=A,C", [1, 2]),
        ("?pii_masked=true&page_size=1&page=2", [1]),
        ("?pii_masked=false", []),
    ],
)
async def test_chunks_are_filtered_and_paged(orch: Orch, query: str, found: list[int]) -> None:
    dataset = await indexed(orch)

    page = await orch.data("GET", f"/datasets/{dataset['id']}/chunks{query}")

    assert [chunk["chunk_index"] for chunk in page["items"]] == found


@pytest.mark.parametrize(
    ("mode", "used", "scores", "alpha"),
    [
        ("structured", "structured", [0.5], None),
        ("semantic", "semantic", [0.75], None),
        ("hybrid", "hybrid", [0.625], 0.5),
        ("auto", "hybrid", [0.625], 0.5),
    ],
)
async def test_search_scores_in_four_modes(
    orch: Orch, mode: str, used: str, scores: list[float], alpha: float | None
) -> None:
    dataset = await indexed(orch)

    answer = await orch.data("POST", "/search", json={"query": "pay papers", "mode": mode})

    best = answer["results"][0]
    assert (answer["mode"], answer["alpha"], answer["total_results"]) == (used, alpha, len(answer["results"]))
    assert (best["text"], best["dataset_id"]) == ("Pay paper within 30 days", dataset["id"])
    assert [best["score"]] == scores


async def test_the_best_chunk_comes_first(orch: Orch) -> None:
    await orch.dataset()

    answer = await orch.data("POST", "/search", json={"query": "paper days for", "mode": "structured"})

    assert [(hit["chunk_index"], hit["score"]) for hit in answer["results"]] == [(2, 0.6667), (0, 0.3333)]


async def test_only_structured_search_sees_what_is_not_indexed(orch: Orch) -> None:
    await orch.dataset()
    totals = {
        mode: (await orch.data("POST", "/search", json={"query": "paper", "mode": mode}))["total_results"]
        for mode in ("structured", "semantic", "hybrid")
    }
    starter = await orch.on("starter").data("POST", "/search", json={"query": "paper"})

    assert totals == {"structured": 1, "semantic": 0, "hybrid": 0}
    assert (starter["mode"], starter["total_results"]) == ("structured", 1)


@pytest.mark.parametrize(
    ("body", "found"),
    [
        ({"query": "for paper"}, 2),
        ({"query": "for paper", "top_k": 1}, 1),
        ({"query": "for paper", "filters": {"document_type": "invoice", "language": "en"}}, 2),
        ({"query": "for paper", "filters": {"document_type": "contract"}}, 0),
        ({"query": "for paper", "filters": {"quality_grade": "A"}}, 1),
        ({"query": "for paper", "filters": {"pii_masked": False}}, 0),
        ({"query": "for paper", "filters": {"dataset_id": 301}}, 2),
    ],
)
async def test_search_keeps_to_its_filters(orch: Orch, body: dict[str, Any], found: int) -> None:
    await indexed(orch)

    answer = await orch.data("POST", "/search", json={"mode": "structured", **body})

    assert len(answer["results"]) == found


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"query": ""}, (422, "VALIDATION_ERROR")),
        ({"query": "x", "top_k": 51}, (422, "VALIDATION_ERROR")),
        ({"query": "x", "mode": "magic"}, (422, "VALIDATION_ERROR")),
        ({"query": "x", "filters": {"colour": "red"}}, (422, "VALIDATION_ERROR")),
        ({"query": "x", "filters": {"dataset_id": 9}}, (404, "NOT_FOUND")),
    ],
)
async def test_a_search_that_makes_no_sense_is_refused(
    orch: Orch, body: dict[str, Any], code: tuple[int, str]
) -> None:
    assert orch.code(await orch("POST", "/search", json=body)) == code
