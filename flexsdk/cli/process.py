"""Files through FlexOrch in one command: upload, wait, build a dataset of each, download."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final

from rich.filesize import decimal
from rich.progress import Progress

from flexsdk.cli.bars import bars
from flexsdk.cli.forms import Form
from flexsdk.cli.results import Printer
from flexsdk.cli.session import Access, opened, run
from flexsdk.core.body import Transfer
from flexsdk.errors import FlexError
from flexsdk.platforms.flexorch.client import FlexOrch
from flexsdk.platforms.flexorch.job_data import Job, JobHandle

__all__ = ["process"]

_AT_ONCE: Final = 4
"""Datasets that are built and downloaded at the same time."""


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

    async def work() -> int:
        if export:
            folder.mkdir(parents=True, exist_ok=True)  # noqa: ASYNC240 - before anything else goes on
        client: Any = opened("flexorch", access)
        async with client:
            shown, printer = bars(), Printer(output)
            work_on = _Work(client, shown, printer)
            try:
                with shown:
                    status = await work_on.run(files, wait or bool(export), export, folder)
            except BaseException:  # also an interrupt: the jobs go on at the platform
                work_on.give_up()
                raise
            printer.end()
            return status

    return run(work)


class _Work:
    def __init__(self, client: FlexOrch, bars: Progress, printer: Printer) -> None:
        self._client = client
        self._bars = bars
        self._printer = printer
        self._failed = 0
        self._free = asyncio.Semaphore(_AT_ONCE)
        self._open: dict[str, list[str | None]] = {}
        """The files of each job without a row yet; equal files share one job."""

    async def run(self, files: Sequence[Path], wait: bool, export: str | None, folder: Path) -> int:
        """Do all of it; one row is written for each file."""
        bar = self._bars.add_task("upload", total=None, fact="")

        def sent(transfer: Transfer) -> None:
            fact = decimal(transfer.done) + (f" of {decimal(transfer.size)}" if transfer.size else "")
            self._bars.update(bar, completed=transfer.done, total=transfer.size, fact=fact)

        upload = await self._client.documents.process(*files, on_progress=sent)
        for refused in upload.rejected:
            self._row(refused.filename, "rejected", fact=refused.error)
        handles = [each for each in (*upload.jobs, *upload.duplicates) if each.id]
        for known in (each for each in upload.duplicates if not each.id):
            self._row(known.filename, "duplicate", fact=known.document_id)
        if wait:
            await self._wait(handles, folder, export)
        else:
            for handle in handles:
                self._row(handle.filename, handle.status, job=handle.id)
        return 14 if self._failed else 0

    def give_up(self) -> None:
        """Write the rows of files that were not waited for to the end, so that no job is lost."""
        for job_id, names in self._open.items():
            for name in names:
                self._row(name, "unfinished", job=job_id)
        if self._open:
            self._printer.end()

    async def _wait(self, handles: Sequence[JobHandle], folder: Path, export: str | None) -> None:
        names = self._open
        for handle in handles:
            names.setdefault(handle.id, []).append(handle.filename)
        total = len(names)
        bar = self._bars.add_task("jobs", total=total, fact=_counted(0, total))
        downloads = _Downloads(self._bars, folder, export, total)
        try:
            async with asyncio.TaskGroup() as group:
                async for job in self._client.jobs.as_completed(tuple(names)):
                    group.create_task(self._finish(job, downloads))
                    self._bars.advance(bar)
                    self._bars.update(bar, fact=_counted(self._bars.tasks[bar].completed, total))
        except ExceptionGroup as failed:  # the wait itself broke: files have their failures in rows
            raise failed.exceptions[0] from None

    async def _finish(self, job: Job, downloads: _Downloads) -> None:
        """Fetch the dataset of a job that ended well, and write the rows of its files."""
        state, fact = job.status, job.failure_reason
        if job.status not in ("completed", "succeeded"):
            state = "failed"
            downloads.leave_out(job.id)
        elif downloads.format:
            try:
                async with self._free:
                    fact = await self._export(job, self._open[job.id][0] or job.id, downloads)
            except (FlexError, OSError) as error:  # the other files go on
                state, fact = "failed", str(error)
                downloads.leave_out(job.id)
        for name in self._open.pop(job.id):
            self._row(name, state, job=job.id, fact=fact)

    async def _export(self, job: Job, name: str, downloads: _Downloads) -> str:
        built = await self._client.jobs.wait(await self._client.datasets.build_from_execution(job))
        target = downloads.folder / f"{Path(name).stem}-{job.id}.{downloads.format}"
        download = self._client.datasets.export(built, downloads.format)
        return str(await download.save(target, on_progress=downloads.follow(job.id)))

    def _row(self, file: str | None, state: str, *, job: str | None = None, fact: str | None = None) -> None:
        self._failed += state in ("rejected", "failed")
        self._printer.add({"file": file, "state": state, "job": job, "fact": fact})


class _Downloads:
    """Where datasets go, and the bar that tells how far they have come."""

    def __init__(self, bars: Progress, folder: Path, format: str | None, total: int) -> None:  # noqa: A002 - the word of the platform
        self.folder = folder
        self.format = format or ""
        self._bars = bars
        self._total = total
        self._parts: dict[str, Transfer] = {}
        self._bar = bars.add_task("download", total=total, fact=_counted(0, total)) if format else None

    def follow(self, job_id: str) -> Callable[[Transfer], None]:
        """Give what is told how far the download of a job has come."""

        def moved(transfer: Transfer) -> None:
            self._parts[job_id] = transfer
            self._update()

        return moved

    def leave_out(self, job_id: str) -> None:
        """Note that the dataset of a job will not come."""
        self._parts.pop(job_id, None)
        self._total -= 1
        self._update()

    def _update(self) -> None:
        if self._bar is None:
            return
        shares = [part.done / part.size if part.size else 0.0 for part in self._parts.values()]
        size = decimal(sum(part.done for part in self._parts.values()))
        fact = f"{_counted(shares.count(1.0), self._total)}, {size}"
        self._bars.update(self._bar, completed=sum(shares), total=self._total, fact=fact)


def _counted(done: float, total: int) -> str:
    return f"{done:.0f} of {total}"
