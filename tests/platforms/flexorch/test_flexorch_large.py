"""Time and memory of uploads and exports; the sandbox runs in a process of its own."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from time import perf_counter

import pytest
from servers import Peer, RawServer, Request, answer

from flexsdk.core.body import Upload
from flexsdk.platforms.flexorch import FlexOrch

MIB = 1024 * 1024
SIZE = 256 * MIB
MOST_GROWTH = 32 * MIB

SERVER = """
import asyncio, sys
from flexsdk.sandbox import Sandbox

async def main():
    async with Sandbox(platforms=("flexorch",), check_answers=False, run_seconds=0.01) as sandbox:
        flexorch = sandbox.flexorch
        flexorch.terms.export_bytes = int(sys.argv[1])
        print(flexorch.base_url, flexorch.issue(plan="enterprise"), flush=True)
        await asyncio.to_thread(sys.stdin.read)

asyncio.run(main())
"""


@asynccontextmanager
async def distant() -> AsyncIterator[FlexOrch]:
    """A client of a sandbox in another process, so that only the client's memory is measured."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        SERVER,
        str(SIZE),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        base_url, key = (await process.stdout.readline()).decode().split()
        async with FlexOrch(key, base_url=base_url) as client:
            yield client
    finally:
        process.stdin.close()
        await process.wait()


def resident() -> int:
    """Bytes of memory that this process holds at its highest since the last `forget_peak`."""
    status = Path("/proc/self/status").read_text()
    return int(next(line for line in status.splitlines() if line.startswith("VmHWM")).split()[1]) * 1024


def forget_peak() -> int:
    Path("/proc/self/clear_refs").write_text("5")
    return resident()


needs_proc = pytest.mark.skipif(
    not Path("/proc/self/clear_refs").exists(), reason="peak memory is read from /proc"
)


@pytest.mark.slow
@needs_proc
async def test_a_large_file_is_uploaded_in_little_memory(tmp_path: Path) -> None:
    path = tmp_path / "large.txt"
    with path.open("wb") as file:
        file.truncate(SIZE)
    async with distant() as flexorch:
        await flexorch.documents.process(Upload(b"Invoice 1", name="small.txt"))
        before = forget_peak()

        upload = await flexorch.documents.process(path)

        assert resident() - before < MOST_GROWTH
    assert [job.filename for job in upload.jobs] == ["large.txt"]


@pytest.mark.slow
@needs_proc
async def test_a_large_export_is_saved_in_little_memory(tmp_path: Path) -> None:
    async with distant() as flexorch:
        upload = await flexorch.documents.process(Upload(b"Invoice 1", name="small.txt"))
        run = await flexorch.jobs.wait(upload.jobs[0])
        built = await flexorch.jobs.wait(await flexorch.datasets.build_from_execution(run))
        before = forget_peak()

        path = await flexorch.datasets.export(built, "jsonl").save(tmp_path / "rows.jsonl")

        assert resident() - before < MOST_GROWTH
    assert path.stat().st_size >= SIZE - MIB


@pytest.mark.slow
async def test_many_files_take_one_round_trip() -> None:
    async def slow(request: Request, peer: Peer) -> None:
        await asyncio.sleep(0.1)
        await peer.send(answer(202, b'{"data":{"jobs":[]}}'))

    files = [Upload(b"Invoice %d" % number, name=f"{number}.txt") for number in range(20)]
    async with RawServer(slow) as server, FlexOrch("dfx_test_word", base_url=server.url) as flexorch:
        began = perf_counter()
        await flexorch.documents.process(*files)
        seconds = perf_counter() - began

    assert len(server.requests) == 1
    assert seconds < 0.6
