"""The ledger of customers. Source: endpoint pages, "Customers"; the answer is not documented."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Unpack

from flexsdk.core.op import Op
from flexsdk.core.resource import Resource
from flexsdk.platforms.flextell.dialect import OPEN
from flexsdk.platforms.flextell.values import Moment, Money, OpenObject, checked, exact, moment
from flexsdk.structs import UNSET, Params, UnsetType
from flexsdk.types import CallOptions

__all__ = ["CREATE", "Installment", "TransactionCreate", "Transactions"]


class Installment(Params, frozen=True, kw_only=True):
    """One part of a payment in parts."""

    amount: Decimal
    due_date: str
    description: str | UnsetType | None = UNSET


class TransactionCreate(Params, frozen=True, kw_only=True):
    """The body of a transaction."""

    type: str
    transaction_date: str | UnsetType = UNSET
    amount: Decimal | UnsetType = UNSET
    currency_id: int | UnsetType = UNSET
    exchange_rate: Decimal | UnsetType | None = UNSET
    description: str | UnsetType | None = UNSET
    invoice_number: str | UnsetType | None = UNSET
    account_id: int | UnsetType | None = UNSET
    is_installment: bool | UnsetType = UNSET
    installment_count: int | UnsetType | None = UNSET
    first_due_date: str | UnsetType | None = UNSET
    installments: Sequence[Installment] | UnsetType = UNSET


CREATE = Op(
    "customers_transactions_create",
    "POST",
    "/v1/customers/{id}/transactions",
    OpenObject,
    body=TransactionCreate,
    envelope=OPEN,
)


class Transactions(Resource):
    """Ledger transactions; reached as ``client.customers.transactions``."""

    async def create(
        self,
        customer_id: int,
        type: str,  # noqa: A002 - the platform's word
        *,
        transaction_date: Moment | UnsetType = UNSET,
        amount: Money | UnsetType = UNSET,
        currency_id: int | UnsetType = UNSET,
        exchange_rate: Money | UnsetType | None = UNSET,
        description: str | UnsetType | None = UNSET,
        invoice_number: str | UnsetType | None = UNSET,
        account_id: int | UnsetType | None = UNSET,
        is_installment: bool | UnsetType = UNSET,
        installment_count: int | UnsetType | None = UNSET,
        first_due_date: Moment | UnsetType | None = UNSET,
        installments: Sequence[Installment] | UnsetType = UNSET,
        **options: Unpack[CallOptions],
    ) -> OpenObject:
        """Book a transaction. This is money: not repeated after an ambiguous failure.

        Args:
            type: the platform's word; which there are could not be read.
            amount: an exact sum, in the currency of ``currency_id``.
        """
        body = TransactionCreate(
            type=type,
            transaction_date=moment(transaction_date),
            amount=exact(amount),
            currency_id=currency_id,
            exchange_rate=exact(exchange_rate),
            description=description,
            invoice_number=invoice_number,
            account_id=account_id,
            is_installment=is_installment,
            installment_count=installment_count,
            first_due_date=moment(first_due_date),
            installments=installments,
        )
        return await self._call(CREATE, customer_id, body=checked(body), **options)
