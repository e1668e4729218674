"""Lists of a platform as resources of dlt pipelines; extra ``dlt``."""

from __future__ import annotations

import datetime as dt
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager
from typing import Any, Final, Literal

import msgspec
from anyio.from_thread import start_blocking_portal

from flexsdk.core.pages import Pages
from flexsdk.errors import ConfigError
from flexsdk.structs import Page

try:
    import dlt
    from dlt.extract import DltResource
except ModuleNotFoundError as missing:
    raise ConfigError("flexsdk.ext.dlt needs dlt; pip install 'flexsdk[dlt]'") from missing

__all__ = ["resource"]

_DATES: Final = (dt.datetime, dt.date)

Walk = Callable[[str | None], AbstractAsyncContextManager[Pages[Any]]]


def resource(name: str, walk: Walk, *, id: str | None = "id") -> DltResource:  # noqa: A002 - the column
    """Make a dlt resource of a list; rows are merged by id, or appended without one.

    The cursor is part of dlt's own state, which dlt stores together with the data: after a run that ended at
    a limit (``add_limit``) the next one goes on there, after a complete one it begins anew.

    ```python
    @asynccontextmanager
    async def agents(cursor):
        async with Fleece() as fleece:
            yield fleece.agents.list(cursor=cursor)

    dlt.pipeline("agents", destination="duckdb").run(resource("agents", agents))
    ```

    Args:
        name: of the resource and its table.
        walk: opens a client in an event loop of its own, and begins the list at a cursor.
        id: the column that names a row.
    """
    disposition: Literal["append", "merge"] = "append" if id is None else "merge"
    rows = dlt.resource(_rows, name=name, primary_key=id or (), write_disposition=disposition)
    return rows(name, walk)


def _rows(name: str, walk: Walk) -> Iterator[list[dict[str, Any]]]:
    # Not an async generator: of those dlt takes rows ahead and may drop them, when the cursor has moved on.
    state = dlt.current.resource_state(name)
    with (
        start_blocking_portal() as portal,
        portal.wrap_async_context_manager(walk(state.get("cursor"))) as opened,
        portal.wrap_async_context_manager(opened) as pages,
    ):
        each = pages.pages()
        while (page := portal.call(_next, each)) is not None:
            state["cursor"] = pages.cursor  # before the rows go, for a limit may end it here
            yield msgspec.to_builtins(page.items, builtin_types=_DATES)


async def _next(pages: AsyncIterator[Page[Any]]) -> Page[Any] | None:
    return await anext(pages, None)
