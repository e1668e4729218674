"""FlexOrch chunks, the index over them, and search; equal data and questions give equal scores."""

from __future__ import annotations

import re
from typing import Any

from flexsdk.sandbox.exchange import Call, Problem
from flexsdk.sandbox.flexorch.datasets import Datasets
from flexsdk.sandbox.flexorch.executions import scaled
from flexsdk.sandbox.flexorch.models import Dataset
from flexsdk.sandbox.flexorch.pipeline import grade
from flexsdk.sandbox.flexorch.terms import Form, at_least
from flexsdk.sandbox.flexorch.workspace import Workspace, page, plan_of

__all__ = ["Search", "chunks"]

_STEPS = (0.0, 0.15, 0.3)
"""What the score of every third chunk lacks, so that there are several grades."""
_ALPHA = 0.5
"""Share of the semantic score in hybrid search."""
_TOP_K: dict[Form, int] = {"A": 5, "B": 10}
_FILTERS = {"document_type": "doc_type", "language": "language", "pii_masked": "pii_masked"}
"""Filter to the member of a chunk's metadata that has to be equal."""


def chunks(space: Workspace, dataset: Dataset) -> list[dict[str, Any]]:
    """Return one chunk a record."""
    return [
        {
            "chunk_id": f"{dataset.id}-{run.execution_id}-{record['position']}",
            "chunk_index": record["position"] - 1,
            "text": record["text"],
            "token_count": len(record["text"].split()),
            "metadata": {
                "quality_grade": grade(score),
                "quality_score": scaled(space, score),
                "pii_masked": run.finding.masked,
                "doc_type": run.finding.document_type,
                "language": run.finding.language,
                "source_filename": record["source"],
            },
        }
        for run in dataset.sources
        for record in run.finding.records
        for score in [max(0.0, run.finding.score - _STEPS[record["position"] % len(_STEPS)])]
    ]


class Search:
    """Index and search."""

    def __init__(self, space: Workspace, datasets: Datasets) -> None:
        self._space = space
        self._datasets = datasets

    async def datasets_index(self, call: Call) -> dict[str, str]:
        """Start indexing; an index that exists or is made stays."""
        at_least(plan_of(call), "pro")
        dataset = self._datasets.ready(call.path["dataset_id"])
        if dataset.indexed is None:
            dataset.indexed = self._space.now()
        return {"status": self._state(dataset), "message": "Indexing started"}

    async def datasets_index_status(self, call: Call) -> dict[str, Any]:
        """Answer with the progress."""
        dataset = self._datasets.find(call.path["dataset_id"])
        total = len(dataset.rows)
        share = 0.0 if dataset.indexed is None else min(1.0, self._space.share(dataset.indexed))
        state = self._state(dataset)
        done = 0 if state == "failed" else int(share * total)
        return {"status": state, "chunks_indexed": done, "total_chunks": total}

    def _state(self, dataset: Dataset) -> str:
        """Return the state; the word "unindexable" in the name of a dataset lets its index fail."""
        if dataset.indexed is None:
            return "not_indexed"
        if self._space.share(dataset.indexed) < 1:
            return "indexing"
        return "failed" if "unindexable" in dataset.name.lower() else "ready"

    async def datasets_chunks(self, call: Call) -> dict[str, Any]:
        """Answer with a page of the chunks of an indexed dataset."""
        at_least(plan_of(call), "pro")
        dataset = self._datasets.ready(call.path["dataset_id"])
        if self._state(dataset) != "ready":
            raise Problem(404, "The dataset is not indexed")
        filters = {name: call.query[name] for name in ("quality_grade", "pii_masked") if name in call.query}
        if "pii_masked" in filters:
            filters["pii_masked"] = filters["pii_masked"] == "true"
        found = [chunk for chunk in chunks(self._space, dataset) if _matches(chunk["metadata"], filters)]
        return page(self._space.terms, call, found, lambda chunk: chunk)

    async def search_query(self, call: Call) -> dict[str, Any]:
        """Answer with the best chunks; ``auto`` is hybrid where the plan has it, else structured."""
        mode, filters = self._mode(call), call.body.get("filters", {})
        self._check_filters(filters)
        hits = [hit for dataset in self._scope(mode, filters) for hit in self._hits(dataset, call, mode)]
        hits.sort(key=lambda hit: (-hit["score"], hit["chunk_id"]))
        # JSON Schema takes 44.0 for an integer, too.
        top_k = int(call.body.get("top_k", _TOP_K[self._space.terms.form("search-fields")]))
        return {
            "results": hits[:top_k],
            "query": call.body["query"],
            "total_results": len(hits),
            "mode": mode,
            "alpha": _ALPHA if mode == "hybrid" else None,
        }

    def _mode(self, call: Call) -> str:
        mode, plan = call.body.get("mode", "auto"), plan_of(call)
        if mode == "auto":
            return "hybrid" if plan in ("pro", "enterprise") else "structured"
        if mode != "structured":
            at_least(plan, "pro")
        return str(mode)

    def _check_filters(self, filters: dict[str, Any]) -> None:
        known = {"dataset_id"}
        if self._space.terms.form("search-fields") == "B":
            known |= {*_FILTERS, "quality_grade"}
        if unknown := set(filters) - known:
            raise Problem(422, f"unknown filters: {', '.join(sorted(unknown))}", param="filters")

    def _scope(self, mode: str, filters: dict[str, Any]) -> list[Dataset]:
        """Return the datasets to search; structured search needs no index."""
        datasets = list(self._space.datasets.values())
        if "dataset_id" in filters:
            datasets = [self._datasets.find(filters["dataset_id"])]
        return [
            dataset
            for dataset in datasets
            if self._space.is_ready(dataset) and (mode == "structured" or self._state(dataset) == "ready")
        ]

    def _hits(self, dataset: Dataset, call: Call, mode: str) -> list[dict[str, Any]]:
        text = "chunk_text" if self._space.terms.form("search-fields") == "A" else "text"
        filters = {
            name: value for name, value in call.body.get("filters", {}).items() if name != "dataset_id"
        }
        hits = []
        for chunk in chunks(self._space, dataset):
            score = _score(mode, call.body["query"], chunk["text"])
            if score > 0 and _matches(chunk["metadata"], filters):
                chunk[text] = chunk.pop("text")
                place = {"dataset_id": self._space.shown("dataset", dataset.id), "dataset_name": dataset.name}
                hits.append(chunk | {"score": score} | place)
        return hits


def _matches(metadata: dict[str, Any], filters: dict[str, Any]) -> bool:
    grades = filters.get("quality_grade")
    if grades is not None and metadata["quality_grade"] not in grades.split(","):
        return False
    return all(metadata[member] == filters[name] for name, member in _FILTERS.items() if name in filters)


def _score(mode: str, query: str, text: str) -> float:
    """Return 0 to 1: equal words (structured), equal runs of three letters (semantic), or half of each."""
    words = _overlap(_words(query), _words(text))
    letters = _overlap(_trigrams(query), _trigrams(text))
    scores = {"structured": words, "semantic": letters, "hybrid": _ALPHA * letters + (1 - _ALPHA) * words}
    return round(scores[mode], 4)


def _overlap(wanted: set[str], found: set[str]) -> float:
    return len(wanted & found) / len(wanted) if wanted else 0.0


def _words(text: str) -> set[str]:
    return set(re.findall(r"\w+", text.lower()))


def _trigrams(text: str) -> set[str]:
    return {f" {word} "[n : n + 3] for word in _words(text) for n in range(len(word))}
