"""A workspace of FlexOrch as a test works on it: calls, uploads, and the chain up to a dataset."""

from __future__ import annotations

import io
from dataclasses import dataclass, field
from typing import Any

import aiohttp
from sandbox_kit import Ask, Clock, Reply

from flexsdk.sandbox.flexorch import FlexOrch

INVOICE = b"Invoice 7 for Ada\nMail: ada@example.com\nPay paper within 30 days\nThank you\n"


@dataclass
class Orch:
    """Calls with the key of the workspace, or with ``key``; paths stand below /v1."""

    emulator: FlexOrch
    ask: Ask
    clock: Clock
    key: str = field(default="")

    async def __call__(self, method: str, path: str, **options: Any) -> Reply:
        options.setdefault("headers", {"X-API-KEY": self.key or self.emulator.key})
        return await self.ask(self.emulator, method, "/v1" + path, **options)

    async def data(self, method: str, path: str, **options: Any) -> Any:
        """Return the payload of a call that has to succeed."""
        reply = await self(method, path, **options)
        assert reply.status < 300, reply.body
        return reply.json()["data"]

    def on(self, plan: str) -> Orch:
        """Return the same workspace, seen with the key of another plan."""
        return Orch(self.emulator, self.ask, self.clock, self.emulator.issue(plan=plan))

    async def upload(self, *files: tuple[str, bytes], **fields: str) -> Reply:
        form = aiohttp.FormData(default_to_multipart=True)
        for name, content in files:
            form.add_field("files", io.BytesIO(content), filename=name)
        for name, value in fields.items():
            form.add_field(name, value)
        return await self("POST", "/data-process/async", data=form)

    async def job(self, job_id: Any) -> Any:
        return await self.data("GET", f"/jobs/{job_id}")

    async def processed(self, name: str = "invoice.txt", content: bytes = INVOICE, **fields: str) -> Any:
        """Upload one file and return its job after the end."""
        reply = await self.upload((name, content), **fields)
        self.clock.now += 1
        return await self.job(reply.json()["data"]["jobs"][0]["job_id"])

    async def dataset(self, content: bytes = INVOICE, **options: Any) -> Any:
        """Upload, process and build; return the dataset."""
        job = await self.processed(content=content)
        path = f"/datasets/build-from-execution/{job['execution_summary']['execution_id']}"
        build = await self.data("POST", path, json=options)
        self.clock.now += 1
        summary = (await self.job(build["job_id"]))["dataset_summary"]
        return await self.data("GET", f"/datasets/{summary['dataset_id']}")

    def code(self, reply: Reply) -> tuple[int, str]:
        """Return status and code of an error."""
        return reply.status, reply.json()["error"]["code"]
