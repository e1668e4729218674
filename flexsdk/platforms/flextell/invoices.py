"""Invoices. Source: endpoint pages, "Invoices"; the answers are not documented."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from functools import cached_property
from typing import Annotated, Literal, Unpack

from msgspec import Meta

from flexsdk.core.op import Op, Replay
from flexsdk.core.pages import Pages
from flexsdk.core.resource import Resource
from flexsdk.platforms.flextell.agent import MessageText
from flexsdk.platforms.flextell.dialect import DATA, OPEN_BARE, OPEN_LIST, PAGES, check_limit
from flexsdk.platforms.flextell.values import Id, Moment, OpenObject, SortOrder, Text255, checked, moment
from flexsdk.structs import UNSET, Page, Params, UnsetType
from flexsdk.types import CallOptions

__all__ = [
    "EMAIL",
    "LIST_ACCOUNTS",
    "LIST_INVOICES",
    "PREVIEW",
    "InvoiceAccounts",
    "InvoiceEmail",
    "InvoiceLine",
    "InvoicePreview",
    "Invoices",
]


class InvoiceLine(Params, frozen=True, kw_only=True):
    """A line of one's own."""

    name: str
    quantity: float | UnsetType = UNSET
    unit_price: Decimal | UnsetType = UNSET
    vat_rate_percent: str | UnsetType = UNSET


class InvoicePreview(Params, frozen=True, kw_only=True):
    """The body of a preview."""

    sale_id: Id
    invoice_account_id: Id
    series_name: Annotated[str, Meta(max_length=50)]
    issue_date: str
    global_withholding_rate: Annotated[float, Meta(ge=0, le=1)] | UnsetType | None = UNSET
    use_passport_number: bool | UnsetType | None = UNSET
    notes: Annotated[str, Meta(max_length=2000)] | UnsetType | None = UNSET
    custom_line_items: Sequence[InvoiceLine] | UnsetType | None = UNSET


class InvoiceEmail(Params, frozen=True, kw_only=True):
    """The body of a mailing."""

    id: Id
    emails: Annotated[Sequence[Text255], Meta(min_length=1, max_length=20)]


LIST_INVOICES = Op(
    "invoices_list",
    "GET",
    "/v1/invoices",
    Page[OpenObject],
    query=("per_page", "page"),
    envelope=OPEN_LIST,
    pages=PAGES,
)
LIST_ACCOUNTS = Op(
    "invoices_accounts_list",
    "GET",
    "/v1/invoices/accounts",
    Page[OpenObject],
    query=("search", "document_type", "party_type", "integration_id", "sort_by", "sort_order", "per_page"),
    envelope=OPEN_LIST,
    pages=PAGES,
)
PREVIEW = Op(
    "invoices_preview",
    "POST",
    "/v1/invoices/preview",
    OpenObject,
    body=InvoicePreview,
    envelope=OPEN_BARE,
    replay=Replay.SAFE,
)
EMAIL = Op("invoices_email", "POST", "/v1/invoices/{id}/email", MessageText, body=InvoiceEmail, envelope=DATA)


class InvoiceAccounts(Resource):
    """Accounts that invoices are written to; reached as ``client.invoices.accounts``."""

    def list(
        self,
        *,
        search: str | None = None,
        document_type: Literal["einvoice", "evoucher"] | None = None,
        party_type: Literal["individual", "company"] | None = None,
        integration_id: int | None = None,
        sort_by: Literal["created_at", "name", "tax_number", "default_series"] | None = None,
        sort_order: SortOrder | None = None,
        limit: int | None = None,
        **options: Unpack[CallOptions],
    ) -> Pages[OpenObject]:
        """List invoice accounts. Safe to repeat. That there are further pages is not documented.

        Args:
            search: up to 255 characters.
            limit: items of a page, 1 to 100.
        """
        query = {
            "search": search,
            "document_type": document_type,
            "party_type": party_type,
            "integration_id": integration_id,
            "sort_by": sort_by,
            "sort_order": sort_order,
        }
        return self._pages(LIST_ACCOUNTS, query=query, limit=check_limit(limit), **options)


class Invoices(Resource):
    """Invoices; reached as ``client.invoices``."""

    @cached_property
    def accounts(self) -> InvoiceAccounts:
        """Accounts that invoices are written to."""
        return InvoiceAccounts(self._client)

    async def preview(
        self,
        sale_id: int,
        invoice_account_id: int,
        series_name: str,
        issue_date: Moment,
        *,
        global_withholding_rate: float | UnsetType | None = UNSET,
        use_passport_number: bool | UnsetType | None = UNSET,
        notes: str | UnsetType | None = UNSET,
        custom_line_items: Sequence[InvoiceLine] | UnsetType | None = UNSET,
        **options: Unpack[CallOptions],
    ) -> OpenObject:
        """See what the invoice of a sale would be; nothing is stored. Safe to repeat.

        Args:
            series_name: up to 50 characters.
            issue_date: a day.
            global_withholding_rate: a share from 0 to 1.
            notes: up to 2,000 characters.
        """
        body = InvoicePreview(
            sale_id=sale_id,
            invoice_account_id=invoice_account_id,
            series_name=series_name,
            issue_date=moment(issue_date),
            global_withholding_rate=global_withholding_rate,
            use_passport_number=use_passport_number,
            notes=notes,
            custom_line_items=custom_line_items,
        )
        return await self._call(PREVIEW, body=checked(body), **options)

    async def email(
        self, invoice_id: int, emails: Sequence[str], **options: Unpack[CallOptions]
    ) -> MessageText:
        """Mail an invoice to 1 to 20 addresses. Not repeated after an ambiguous failure."""
        body = checked(InvoiceEmail(id=invoice_id, emails=emails))
        return await self._call(EMAIL, invoice_id, body=body, **options)

    def list(
        self, *, limit: int | None = None, cursor: str | None = None, **options: Unpack[CallOptions]
    ) -> Pages[OpenObject]:
        """List invoices. Safe to repeat.

        Args:
            limit: items of a page, 1 to 100.
            cursor: where to go on, from ``pages.cursor``.
        """
        return self._pages(LIST_INVOICES, limit=check_limit(limit), cursor=cursor, **options)
