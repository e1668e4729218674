"""Flextell products, stock, sales and invoices."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from flexsdk.sandbox.exchange import Answer, Call, Problem
from flexsdk.sandbox.flextell.house import Clinic, House, Row

__all__ = ["Invoices", "Trade"]

_VAT = "20"
"""Percent, where a line names none."""


def _exact(value: Any) -> Decimal:
    return Decimal(str(value))


class Trade:
    """Products, their stock and their sales."""

    def __init__(self, house: House) -> None:
        self._house = house

    async def products_list(self, call: Call) -> Row:
        """Answer with one page of products."""
        clinic = self._house.clinic(call)
        rows = clinic.rows("products")
        return self._house.listed(call, rows, lambda row: self._product(clinic, row), search=("name",))

    async def products_update(self, call: Call) -> Answer:
        """Change the fields that were sent."""
        clinic = self._house.clinic(call)
        row = clinic.find("products", call.path["id"])
        clinic.change(row, call.body)
        return self._house.one(call, self._product(clinic, row))

    async def stocks_transfer(self, call: Call) -> Answer:
        """Move stock; there has to be enough of it."""
        clinic, body = self._house.clinic(call), call.body
        clinic.linked("products", body, "product_id")
        places = ("source_warehouse_id", "destination_warehouse_id")
        for place in places:
            clinic.linked("warehouses", body, place)
        if body[places[0]] == body[places[1]]:
            raise Problem(422, "Source and destination are the same.", param=places[1])
        source, target = (
            clinic.rows("stocks", product_id=body["product_id"], warehouse_id=body[place])[0]
            for place in places
        )
        if body["quantity"] > source["quantity"]:
            raise Problem(422, f"There are only {source['quantity']}.", param="quantity")
        clinic.change(source, {"quantity": source["quantity"] - body["quantity"]})
        clinic.change(target, {"quantity": target["quantity"] + body["quantity"]})
        moved = clinic.add("transfers", **body)
        return self._house.one(call, {**moved, "source": source, "destination": target})

    async def sales_list(self, call: Call) -> Row:
        """Answer with one page of sales."""
        return self._house.listed(call, self._house.clinic(call).rows("sales"), self._sale)

    async def sales_get(self, call: Call) -> Answer:
        """Answer with one sale."""
        row = self._house.clinic(call).find("sales", call.path["id"])
        return self._house.one(call, self._sale(row))

    def _product(self, clinic: Clinic, row: Row) -> Row:
        stock = sum(each["quantity"] for each in clinic.rows("stocks", product_id=row["id"]))
        return {**row, "price": self._house.wire.money(row["price"] or 0), "total_stock": stock}

    def _sale(self, row: Row) -> Row:
        money = self._house.wire.money
        lines = [{**line, "unit_price": money(line["unit_price"])} for line in row["lines"]]
        return {**row, "lines": lines, "total": money(_net(row["lines"]))}


class Invoices:
    """Invoices of sales."""

    def __init__(self, house: House) -> None:
        self._house = house

    async def invoices_list(self, call: Call) -> Row:
        """Answer with one page of invoices."""
        clinic = self._house.clinic(call)
        return self._house.listed(call, clinic.rows("invoices"), lambda row: self._shown(clinic, row))

    async def invoices_accounts_list(self, call: Call) -> Row:
        """Answer with accounts; this list tells nothing of further pages."""
        rows = self._house.clinic(call).rows("accounts")
        filters = ("document_type", "party_type", "integration_id")
        page = self._house.listed(call, rows, dict, search=("name", "tax_number"), equal=filters)
        return {"data": page["data"]}

    async def invoices_preview(self, call: Call) -> Answer:
        """Answer with the sums of an invoice, bare, and store nothing."""
        clinic, body = self._house.clinic(call), call.body
        sale = clinic.linked("sales", body, "sale_id") or {}
        clinic.linked("accounts", body, "invoice_account_id")
        lines = body.get("custom_line_items") or sale["lines"]
        money, net = self._house.wire.money, _net(lines)
        vat = sum((_net([line]) * _rate(line) for line in lines), Decimal(0))
        kept = {name: body[name] for name in ("sale_id", "invoice_account_id", "series_name")}
        sums = {"net": money(net), "vat": money(vat), "total": money(net + vat)}
        return Answer(200, {**kept, "issue_date": self._house.wire.day(body["issue_date"]), **sums})

    async def invoices_email(self, call: Call) -> Answer:
        """Mail an invoice; the body repeats the id of the path."""
        row = self._house.clinic(call).find("invoices", call.path["id"])
        if call.body["id"] != row["id"]:
            raise Problem(422, "The id is not that of the path.", param="id")
        row["emails"] += call.body["emails"]
        return self._house.one(call, {"message": f"Sent to {len(call.body['emails'])} addresses"})

    def _shown(self, clinic: Clinic, row: Row) -> Row:
        sale = clinic.find("sales", row["sale_id"])
        total = self._house.wire.money(_net(sale["lines"]))
        return {**row, "issue_date": self._house.wire.day(row["issue_date"]), "amount": total}


def _net(lines: Sequence[Row]) -> Decimal:
    return sum((_exact(line["quantity"]) * _exact(line["unit_price"]) for line in lines), Decimal(0))


def _rate(line: Row) -> Decimal:
    return _exact(line.get("vat_rate_percent") or _VAT) / 100
