"""The page of a list out of its envelope, beside msgspec alone on the bare items."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, get_args

import msgspec

from benchmarks.harness import Report, Result, cpu, judge, ratio
from flexsdk import Op
from flexsdk.platforms.flapjack.agents import LIST_AGENTS as FLAPJACK
from flexsdk.platforms.fleece.agents import LIST_AGENTS as FLEECE
from flexsdk.platforms.flexorch.documents import LIST_DOCUMENTS as FLEXORCH
from flexsdk.platforms.flextell.customers import LIST_CUSTOMERS as FLEXTELL
from flexsdk.platforms.platform.resources import LIST_RESOURCES as PLATFORM

QUESTION = "What does a list cost in its envelope, against msgspec alone on its items?"

ITEMS = 100
PAGES, QUICK_PAGES = 2_000, 500
_MOMENT = "2026-01-15T09:30:00Z"


@dataclass(frozen=True)
class Case:
    """A list operation, one item as it is on the wire, and what stands around the items."""

    op: Op[Any]
    item: dict[str, Any]
    wrap: Callable[[list[Any]], Any]


CASES = {
    "Flapjack, a bare array": Case(
        FLAPJACK,
        {
            "id": "agt_0123456789",
            "name": "Support",
            "org_id": "org_1",
            "description": "Answers customers.",
            "default_model": "large",
            "temperature": 0.3,
            "created_at": _MOMENT,
            "published_chats": [{"slug": "support", "is_active": True}],
        },
        lambda items: items,
    ),
    "Fleece, {data, total}": Case(
        FLEECE,
        {
            "id": "6f9619ff-8b86-4d01-b42d-00cf4fc964ff",
            "name": "Inbox",
            "description": "Sorts mail.",
            "type": "email",
            "model": "large",
            "capabilities": ["read", "label"],
            "isActive": True,
            "totalTasksCompleted": 120,
            "averageExecutionTime": 4.5,
            "createdAt": _MOMENT,
            "updatedAt": _MOMENT,
        },
        lambda items: {"data": items, "total": len(items)},
    ),
    "FlexOrch, {status, data: {items}}": Case(
        FLEXORCH,
        {
            "id": 4711,
            "filename": "report.pdf",
            "file_ext": "pdf",
            "status": "processed",
            "created_at": _MOMENT,
            "processing_count": 2,
            "latest_execution": {"job_id": 12, "status": "completed"},
        },
        lambda items: {
            "status": "success",
            "data": {"items": items, "total": 5_000, "page": 1, "page_size": ITEMS},
            "error": None,
        },
    ),
    "Flextell, {data, links, meta}": Case(
        FLEXTELL,
        {
            "id": 17,
            "first_name": "Ada",
            "last_name": "Byron",
            "phone_number": "+900000000",
            "email": "ada@example.com",
            "gender": "female",
            "address": "1 High Street",
            "created_at": _MOMENT,
            "tags": [],
        },
        lambda items: {
            "data": items,
            "links": {"next": "https://dev.example.com/api/v1/customers?page=2"},
            "meta": {"current_page": 1, "last_page": 50, "per_page": ITEMS, "total": 5_000},
        },
    ),
    "Platform, {object, data, hasMore}": Case(
        PLATFORM,
        {
            "id": "res_00000001",
            "object": "resource",
            "name": "Quarterly report",
            "description": "Figures of the quarter, by region.",
            "status": "active",
            "metadata": {"region": "emea", "owner": "finance"},
            "createdAt": _MOMENT,
            "updatedAt": _MOMENT,
        },
        lambda items: {"object": "list", "data": items, "hasMore": True, "nextCursor": "res_00000001"},
    ),
}


def run(*, quick: bool) -> Report:
    return Report([_judged(name, case, quick=quick) for name, case in CASES.items()])


def _judged(name: str, case: Case, *, quick: bool) -> Result:
    pages = QUICK_PAGES if quick else PAGES
    items = [case.item] * ITEMS
    (item,) = get_args(case.op.answer)
    direct = msgspec.json.Decoder(list[item]).decode  # type: ignore[valid-type]  # made at run time
    whole, bare = json.dumps(case.wrap(items)).encode(), json.dumps(items).encode()
    assert case.op.decode(whole).items == direct(bare)
    ours = cpu(lambda: _repeat(case.op.decode, whole, pages))
    theirs = cpu(lambda: _repeat(direct, bare, pages))
    value = ratio(ours, theirs, quick=quick)
    title = f"{name}: CPU of a page of {ITEMS}"
    return judge("decode", title, value, "x msgspec", better="lower", goal=1.05, least=1.2)


def _repeat(decode: Callable[[bytes], object], body: bytes, times: int) -> None:
    for _ in range(times):
        decode(body)
