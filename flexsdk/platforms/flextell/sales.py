"""Sales and stock. Source: endpoint pages, "Sales"; the answers are not documented."""

from __future__ import annotations

from typing import Annotated, Unpack

from msgspec import Meta

from flexsdk.core.op import Op
from flexsdk.core.pages import Pages
from flexsdk.core.resource import Resource
from flexsdk.platforms.flextell.dialect import OPEN, OPEN_LIST, PAGES, check_limit
from flexsdk.platforms.flextell.values import Id, OpenObject, checked
from flexsdk.structs import UNSET, Page, Params, UnsetType
from flexsdk.types import CallOptions

__all__ = ["GET", "LIST_SALES", "TRANSFER", "Sales", "StockTransfer", "Stocks"]


class StockTransfer(Params, frozen=True, kw_only=True):
    """The body of a transfer."""

    product_id: Id
    source_warehouse_id: Id
    destination_warehouse_id: Id
    quantity: Annotated[float, Meta(gt=0)]
    notes: str | UnsetType | None = UNSET


LIST_SALES = Op(
    "sales_list",
    "GET",
    "/v1/sales",
    Page[OpenObject],
    query=("per_page", "page"),
    envelope=OPEN_LIST,
    pages=PAGES,
)
GET = Op("sales_get", "GET", "/v1/sales/{id}", OpenObject, envelope=OPEN)
TRANSFER = Op("stocks_transfer", "POST", "/v1/stocks/transfer", OpenObject, body=StockTransfer, envelope=OPEN)


class Sales(Resource):
    """Sales; reached as ``client.sales``."""

    async def get(self, sale_id: int, **options: Unpack[CallOptions]) -> OpenObject:
        """Read a sale. Safe to repeat."""
        return await self._call(GET, sale_id, **options)

    def list(
        self, *, limit: int | None = None, cursor: str | None = None, **options: Unpack[CallOptions]
    ) -> Pages[OpenObject]:
        """List sales. Safe to repeat.

        Args:
            limit: items of a page, 1 to 100.
            cursor: where to go on, from ``pages.cursor``.
        """
        return self._pages(LIST_SALES, limit=check_limit(limit), cursor=cursor, **options)


class Stocks(Resource):
    """Stock; reached as ``client.stocks``."""

    async def transfer(
        self,
        product_id: int,
        source_warehouse_id: int,
        destination_warehouse_id: int,
        quantity: float,
        *,
        notes: str | UnsetType | None = UNSET,
        **options: Unpack[CallOptions],
    ) -> OpenObject:
        """Move stock between warehouses. Not repeated after an ambiguous failure: read the stock then.

        Args:
            quantity: more than 0, in the product's base unit (inferred).
        """
        body = StockTransfer(
            product_id=product_id,
            source_warehouse_id=source_warehouse_id,
            destination_warehouse_id=destination_warehouse_id,
            quantity=quantity,
            notes=notes,
        )
        return await self._call(TRANSFER, body=checked(body), **options)
