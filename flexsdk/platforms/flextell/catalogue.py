"""Treatments and products. Source: endpoint pages, "Catalogue"; the answers are not documented."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Annotated, Any, Literal, TypeAlias, Unpack

from msgspec import Meta

from flexsdk.core.op import Op
from flexsdk.core.pages import Pages
from flexsdk.core.resource import Resource
from flexsdk.platforms.flextell.dialect import OPEN, OPEN_LIST, PAGES, check_limit
from flexsdk.platforms.flextell.values import Id, Money, OpenObject, SortOrder, Text255, checked, exact
from flexsdk.structs import UNSET, Page, Params, UnsetType
from flexsdk.types import CallOptions

__all__ = [
    "CREATE_TREATMENT",
    "GET_TREATMENT",
    "LIST_PRODUCTS",
    "LIST_TREATMENTS",
    "UPDATE_PRODUCT",
    "ProductWrite",
    "Products",
    "TreatmentCreate",
    "TreatmentProduct",
    "TreatmentSession",
    "Treatments",
]

Quantity: TypeAlias = Annotated[float, Meta(ge=0)]
TaxRate: TypeAlias = Literal["0", "1", "10", "20"]
StockMode: TypeAlias = Literal["base_unit", "inner_unit", "direct_unit"]


class TreatmentProduct(Params, frozen=True, kw_only=True):
    """A product that a session uses."""

    product_id: int
    min_quantity: float | UnsetType = UNSET


class TreatmentSession(Params, frozen=True, kw_only=True):
    """One session of a treatment; offsets and gaps are in days."""

    session_order: int | UnsetType = UNSET
    next_gap_days: int | UnsetType = UNSET
    offset_days: int | UnsetType = UNSET
    session_type: str | UnsetType = UNSET
    products: Sequence[TreatmentProduct] | UnsetType = UNSET


class TreatmentCreate(Params, frozen=True, kw_only=True):
    """The body of a creation."""

    name: str
    price: Decimal | UnsetType = UNSET
    session: Id | UnsetType = UNSET
    is_active: bool | UnsetType = UNSET
    group_id: int | UnsetType | None = UNSET
    description: str | UnsetType | None = UNSET
    tax_rate: str | UnsetType = UNSET
    extra_info: Mapping[str, Any] | UnsetType | None = UNSET
    keywords: Sequence[str] | UnsetType = UNSET
    sessions: Sequence[TreatmentSession] | UnsetType = UNSET


class ProductWrite(Params, frozen=True, kw_only=True):
    """The body of a change: what is left out stays, which is inferred."""

    name: Text255 | UnsetType = UNSET
    barcode: Text255 | UnsetType | None = UNSET
    description: str | UnsetType | None = UNSET
    product_category_id: int | UnsetType | None = UNSET
    product_brand_id: int | UnsetType | None = UNSET
    product_type_id: int | UnsetType | None = UNSET
    base_unit_code_id: int | UnsetType | None = UNSET
    stock_tracking_mode: StockMode | UnsetType = UNSET
    inner_unit_count: Quantity | UnsetType | None = UNSET
    base_unit_per_inner: Quantity | UnsetType | None = UNSET
    critical_stock_level: Quantity | UnsetType | None = UNSET
    invoice_name: Text255 | UnsetType | None = UNSET
    price: Decimal | UnsetType | None = UNSET
    tax_rate: TaxRate | UnsetType | None = UNSET
    is_active: bool | UnsetType = UNSET


LIST_TREATMENTS = Op(
    "treatments_list",
    "GET",
    "/v1/treatments",
    Page[OpenObject],
    query=("per_page", "page"),
    envelope=OPEN_LIST,
    pages=PAGES,
)
CREATE_TREATMENT = Op(
    "treatments_create", "POST", "/v1/treatments", OpenObject, body=TreatmentCreate, envelope=OPEN
)
GET_TREATMENT = Op("treatments_get", "GET", "/v1/treatments/{id}", OpenObject, envelope=OPEN)
LIST_PRODUCTS = Op(
    "products_list",
    "GET",
    "/v1/products",
    Page[OpenObject],
    query=("search", "per_page", "page", "sort_by", "sort_order"),
    envelope=OPEN_LIST,
    pages=PAGES,
)
UPDATE_PRODUCT = Op(
    "products_update", "PUT", "/v1/products/{id}", OpenObject, body=ProductWrite, envelope=OPEN
)


class Treatments(Resource):
    """Treatments; reached as ``client.treatments``."""

    async def create(
        self,
        name: str,
        *,
        price: Money | UnsetType = UNSET,
        session: int | UnsetType = UNSET,
        is_active: bool | UnsetType = UNSET,
        group_id: int | UnsetType | None = UNSET,
        description: str | UnsetType | None = UNSET,
        tax_rate: str | UnsetType = UNSET,
        extra_info: Mapping[str, Any] | UnsetType | None = UNSET,
        keywords: Sequence[str] | UnsetType = UNSET,
        sessions: Sequence[TreatmentSession] | UnsetType = UNSET,
        **options: Unpack[CallOptions],
    ) -> OpenObject:
        """Create a treatment. Not repeated after an ambiguous failure.

        Args:
            price: an exact sum, 0 or more.
            session: how many sessions, 1 or more.
            tax_rate: from an older edition of the documentation.
        """
        body = TreatmentCreate(
            name=name,
            price=exact(price),
            session=session,
            is_active=is_active,
            group_id=group_id,
            description=description,
            tax_rate=tax_rate,
            extra_info=extra_info,
            keywords=keywords,
            sessions=sessions,
        )
        return await self._call(CREATE_TREATMENT, body=checked(body), **options)

    async def get(self, treatment_id: int, **options: Unpack[CallOptions]) -> OpenObject:
        """Read a treatment. Safe to repeat."""
        return await self._call(GET_TREATMENT, treatment_id, **options)

    def list(
        self, *, limit: int | None = None, cursor: str | None = None, **options: Unpack[CallOptions]
    ) -> Pages[OpenObject]:
        """List treatments. Safe to repeat.

        Args:
            limit: items of a page, 1 to 100.
            cursor: where to go on, from ``pages.cursor``.
        """
        return self._pages(LIST_TREATMENTS, limit=check_limit(limit), cursor=cursor, **options)


class Products(Resource):
    """Products; reached as ``client.products``."""

    async def update(
        self,
        product_id: int,
        *,
        name: str | UnsetType = UNSET,
        barcode: str | UnsetType | None = UNSET,
        description: str | UnsetType | None = UNSET,
        product_category_id: int | UnsetType | None = UNSET,
        product_brand_id: int | UnsetType | None = UNSET,
        product_type_id: int | UnsetType | None = UNSET,
        base_unit_code_id: int | UnsetType | None = UNSET,
        stock_tracking_mode: StockMode | UnsetType = UNSET,
        inner_unit_count: float | UnsetType | None = UNSET,
        base_unit_per_inner: float | UnsetType | None = UNSET,
        critical_stock_level: float | UnsetType | None = UNSET,
        invoice_name: str | UnsetType | None = UNSET,
        price: Money | UnsetType | None = UNSET,
        tax_rate: TaxRate | UnsetType | None = UNSET,
        is_active: bool | UnsetType = UNSET,
        **options: Unpack[CallOptions],
    ) -> OpenObject:
        """Change the given fields of a product. Safe to repeat: all values are absolute.

        Names and ``barcode`` have up to 255 characters, quantities and prices are 0 or more.

        Args:
            price: an exact sum.
            tax_rate: value added tax in percent.
        """
        body = ProductWrite(
            name=name,
            barcode=barcode,
            description=description,
            product_category_id=product_category_id,
            product_brand_id=product_brand_id,
            product_type_id=product_type_id,
            base_unit_code_id=base_unit_code_id,
            stock_tracking_mode=stock_tracking_mode,
            inner_unit_count=inner_unit_count,
            base_unit_per_inner=base_unit_per_inner,
            critical_stock_level=critical_stock_level,
            invoice_name=invoice_name,
            price=exact(price),
            tax_rate=tax_rate,
            is_active=is_active,
        )
        return await self._call(UPDATE_PRODUCT, product_id, body=checked(body), **options)

    def list(
        self,
        *,
        search: str | None = None,
        sort_by: Literal["name", "price", "is_active", "created_at", "updated_at"] | None = None,
        sort_order: SortOrder | None = None,
        limit: int | None = None,
        cursor: str | None = None,
        **options: Unpack[CallOptions],
    ) -> Pages[OpenObject]:
        """List products. Safe to repeat. Further filters exist, but their names could not be read.

        Args:
            search: up to 255 characters.
            limit: items of a page, 1 to 100.
            cursor: where to go on, from ``pages.cursor``.
        """
        query = {"search": search, "sort_by": sort_by, "sort_order": sort_order}
        return self._pages(LIST_PRODUCTS, query=query, limit=check_limit(limit), cursor=cursor, **options)
