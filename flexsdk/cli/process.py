"""Files through FlexOrch in one command: upload, wait, build a dataset of each, download."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rich.progress import Progress

from flexsdk.cli.bars import bars
from flexsdk.cli.forms import Form
from flexsdk.cli.output import clean
from flexsdk.cli.results import Printer
from flexsdk.cli.session import Access, opened, run
from flexsdk.core.body import Transfer
from flexsdk.platforms.flexorch.client import FlexOrch
from flexsdk.platforms.flexorch.job_data import Job, JobHandle

__all__ = ["process"]


def process(
    files: Sequence[Path],
    *,
    wait: bool,
    export: str | None,
    folder: Path,
    output: Form | None,
    access: Access,
) -> int:
    """Upload the files; see the command for the rest. Gives 14 when a file was refused or failed."""
    if export:
        folder.mkdir(parents=True, exist_ok=True)

    async def work() -> int:
        client: Any = opened("flexorch", access)
        async with client:
            printer = Printer(output)
            with bars() as shown:
                status = await _Work(client, shown, printer).run(files, wait or bool(export), export, folder)
            printer.end()
            return status

    return run(work)


class _Work:
    def __init__(self, client: FlexOrch, bars: Progress, printer: Printer) -> None:
        self._client = client
        self._bars = bars
        self._printer = printer
        self._failed = 0

    async def run(self, files: Sequence[Path], wait: bool, export: str | None, folder: Path) -> int:
        """Do all of it; one row is written for each file."""
        upload = await self._client.documents.process(*files, on_progress=self._bytes("upload"))
        for refused in upload.rejected:
            self._row(refused.filename, "rejected", fact=refused.error)
        handles = [each for each in (*upload.jobs, *upload.duplicates) if each.id]
        if wait:
            await self._wait(handles, export, folder)
        else:
            for handle in handles:
                self._row(handle.filename, handle.status, job=handle.id)
        return 14 if self._failed else 0

    async def _wait(self, handles: Sequence[JobHandle], export: str | None, folder: Path) -> None:
        names = {each.id: each.filename for each in handles}
        jobs_bar = self._bars.add_task("jobs", total=len(handles), fact="")
        async for job in self._client.jobs.as_completed(handles):
            saved = None
            good = job.status in ("completed", "succeeded")
            if good and export:
                saved = await self._export(job, names.get(job.id) or job.id, export, folder)
            self._row(
                names.get(job.id),
                job.status if good else "failed",
                job=job.id,
                fact=saved or job.failure_reason,
            )
            self._bars.update(jobs_bar, advance=1)

    async def _export(self, job: Job, name: str, format: str, folder: Path) -> str:  # noqa: A002 - the word of the platform
        built = await self._client.jobs.wait(await self._client.datasets.build_from_execution(job))
        target = folder / f"{Path(name).stem}-{job.id}.{format}"
        download = self._client.datasets.export(built, format)
        return str(await download.save(target, on_progress=self._bytes(f"download {name}")))

    def _bytes(self, text: str) -> Any:
        bar = self._bars.add_task(clean(text), total=None, fact="")

        def moved(transfer: Transfer) -> None:
            fact = f"{transfer.done} of {transfer.size or '?'} bytes"
            self._bars.update(bar, completed=transfer.done, total=transfer.size, fact=fact)

        return moved

    def _row(self, file: str | None, state: str, *, job: str | None = None, fact: object = None) -> None:
        self._failed += state in ("rejected", "failed")
        self._printer.add(
            {"file": file, "state": state, "job": job, "fact": None if fact is None else str(fact)}
        )
