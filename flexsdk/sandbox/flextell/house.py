"""What the sections of Flextell's live tier share: tenants with their rows, pages, and forms of values."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from flexsdk.sandbox.exchange import Answer, Call, Problem
from flexsdk.sandbox.flextell.terms import Terms
from flexsdk.sandbox.options import Options
from flexsdk.sandbox.state import Maker

__all__ = ["Clinic", "House", "Row", "Wire", "moment"]

Row = dict[str, Any]

_OWN = ("id", "created_at", "deleted_at")
_SPAN = (datetime(1970, 1, 1, tzinfo=UTC).timestamp(), datetime(9999, 12, 31, tzinfo=UTC).timestamp())
"""What can be written; times beyond are cut to it."""
_PER_PAGE = 15
"""The framework's default; the reference states none."""


def moment(text: str) -> float:
    """Return a time or a plain day as seconds since 1970; without a zone it is UTC."""
    found = datetime.fromisoformat(text)
    return (found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp()


class Wire:
    """How values are written: strictly, or as loosely as the reference warns."""

    def __init__(self, terms: Terms) -> None:
        self._terms = terms

    def flag(self, value: bool) -> bool | str:
        """Write a truth."""
        return str(value).lower() if self._terms.quirks else value

    def count(self, value: int | None) -> int | str | None:
        """Write a number or an id."""
        return str(value) if self._terms.quirks and value is not None else value

    def money(self, value: Decimal | float | str) -> float | str:
        """Write a sum of money."""
        return f"{Decimal(str(value)):.2f}" if self._terms.quirks else float(value)

    def map(self, value: Mapping[str, Any] | Sequence[Any] | None) -> Any:
        """Write a map; PHP cannot tell an empty one from an empty list."""
        return value or ([] if self._terms.quirks else {})

    def day(self, value: str | None) -> str | None:
        """Write a day, which is declared as a time."""
        if value is None or self._terms.quirks:
            return value and value[:10]
        return value if "T" in value else f"{value}T00:00:00.000Z"


class Clinic:
    """One tenant: its tables of rows. Deleted rows stay, with ``deleted_at``."""

    def __init__(self, tenant: int, name: str, make: Maker, ids: Counter[str]) -> None:
        self.tenant = tenant
        self.name = name
        self._make = make
        self._ids = ids
        self._tables: defaultdict[str, dict[int, Row]] = defaultdict(dict)

    def add(self, table: str, /, **fields: Any) -> Row:
        """Add a row; id and times are ours, and the id is unique over all tenants."""
        self._ids[table] += 1
        stamp = self._make.time()
        id_ = self._ids[table]
        own = {"id": id_, "created_at": stamp, "updated_at": stamp, "deleted_at": None}
        row = self._tables[table][id_] = fields | own
        return row

    def change(self, row: Row, changes: Mapping[str, Any]) -> None:
        """Put fields over a row; id and times are ours."""
        row.update({**changes, **{name: row[name] for name in _OWN}, "updated_at": self._make.time()})

    def rows(self, table: str, *, trashed: bool = False, **equal: Any) -> list[Row]:
        """Return the rows with these values, oldest first; the deleted ones instead with ``trashed``."""
        return [
            row
            for row in self._tables[table].values()
            if (row["deleted_at"] is not None) == trashed
            and all(row[name] == value for name, value in equal.items())
        ]

    def find(self, table: str, id_: str | int, **equal: Any) -> Row:
        """Return a row, or raise a 404."""
        row = self._tables[table].get(int(id_))
        if row is None or row["deleted_at"] or any(row[name] != value for name, value in equal.items()):
            raise Problem(404, "No such object")
        return row

    def linked(self, table: str, body: Mapping[str, Any], field: str) -> Row | None:
        """Return the row that a field of a body names; None for none.

        Raises:
            Problem: 422, when there is no such row.
        """
        id_ = body.get(field)
        if id_ is None:
            return None
        row = self._tables[table].get(id_)
        if row is None or row["deleted_at"]:
            raise Problem(422, f"The selected {field} is invalid.", param=field)
        return row


class House:
    """All tenants, and how their answers look."""

    def __init__(self, options: Options, terms: Terms, make: Maker, origin: Callable[[], str]) -> None:
        self._options = options
        self._origin = origin
        self.make = make
        self.wire = Wire(terms)
        ids: Counter[str] = Counter()
        names = ((42, "Ada Clinic"), (43, "Grace Practice"))
        self.clinics = {tenant: Clinic(tenant, name, make, ids) for tenant, name in names}

    def clinic(self, call: Call) -> Clinic:
        """Return the tenant that the header names.

        Raises:
            Problem: 403, when it is not one of the person's.
        """
        clinic = self.clinics.get(int(call.headers["X-Tenant"]))
        if clinic is None:
            raise Problem(403, "You do not belong to this tenant")
        return clinic

    def now(self) -> float:
        """Return the time on the clock of the sandbox."""
        return self._options.clock()

    def stamp(self, time: float | None) -> str | None:
        """Return a time of the clock as text; None for none and for ever."""
        if time is None or math.isinf(time):
            return None
        shown = min(max(time, _SPAN[0]), _SPAN[1])
        text = datetime.fromtimestamp(shown, UTC).isoformat(timespec="milliseconds")
        return text.replace("+00:00", "Z")

    def one(self, call: Call, data: Any) -> Answer:
        """Answer with one object: 201 where something was made."""
        status = 201 if "201" in call.operation.answers else 200
        return Answer(status, {"success": self.wire.flag(True), "data": data})

    def listed(
        self,
        call: Call,
        rows: Sequence[Row],
        shown: Callable[[Row], Row],
        *,
        search: Sequence[str] = (),
        equal: Sequence[str] = (),
    ) -> Row:
        """Answer with one page of rows: filtered and sorted as the query says.

        Args:
            call: The request.
            rows: All rows.
            shown: Turns a row into what is answered.
            search: Fields that are searched for a text.
            equal: Query parameters that are fields.
        """
        words = call.query.get("search", "").lower()
        kept = [
            row
            for row in rows
            if (not words or any(words in str(row[name] or "").lower() for name in search))
            and all(name not in call.query or row[name] == call.query[name] for name in equal)
        ]
        by = call.query.get("sort_by", "id")
        kept.sort(key=lambda row: (row[by] is None, row[by]), reverse=call.query.get("sort_order") == "desc")
        return self._page(call, [shown(row) for row in kept])

    def _page(self, call: Call, items: list[Row]) -> Row:
        size, number = call.query.get("per_page", _PER_PAGE), call.query.get("page", 1)
        last = max(1, math.ceil(len(items) / size))
        part = items[(number - 1) * size : number * size]
        path = self._origin() + call.operation.template.format(**call.path)
        first = (number - 1) * size + 1 if part else None

        def link(page: int) -> str | None:
            # The framework's links hold the page alone: not its size, no filter.
            return f"{path}?page={page}" if 1 <= page <= last else None

        return {
            "data": part,
            "links": {
                "first": link(1),
                "last": link(last),
                "prev": link(number - 1),
                "next": link(number + 1),
            },
            "meta": {
                "current_page": number,
                "from": first,
                "last_page": last,
                "links": [
                    {"url": link(page), "label": str(page), "active": page == number}
                    for page in range(1, last + 1)
                ],
                "path": path,
                "per_page": size,
                "to": first and first + len(part) - 1,
                "total": len(items),
            },
        }
