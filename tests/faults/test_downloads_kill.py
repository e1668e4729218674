"""A process that is killed in the middle of a download, and the next one that goes on."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from file_kit import FileServer, file_of, left_in
from servers import RawServer
from service import Connect

CONTENT = bytes(range(256)) * 20_000
CUT = 4_000_017

SAVE = """
import asyncio, sys
from file_kit import file_of
from service import KEY, Service

async def main(url, path):
    async with Service(KEY, base_url=url, limits=None) as client:
        await file_of(client).save(path, resume=True, on_progress=lambda told: print(told.done, flush=True))

asyncio.run(main(*sys.argv[1:]))
"""


async def killed(url: str, target: Path) -> None:
    """Save in another process, and kill that when most has arrived."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", SAVE, url, str(target)),
        cwd=Path(__file__).parents[1],
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdout is not None
    async for line in process.stdout:
        if int(line) == CUT:
            break
    process.kill()
    await process.wait()


async def test_the_next_process_goes_on_where_the_killed_one_was(connect: Connect, tmp_path: Path) -> None:
    target = tmp_path / "rows.bin"
    async with RawServer(FileServer(CONTENT, cuts=(CUT,), ending=lambda peer: None)) as server:
        await killed(server.url, target)
        assert left_in(tmp_path) == ["rows.bin.part", "rows.bin.part.json"]

        saved = await file_of(connect(server)).save(target, resume=True)

    assert server.requests[1].headers["range"] == f"bytes={CUT}-"
    assert await asyncio.to_thread(saved.read_bytes) == CONTENT
    assert left_in(tmp_path) == ["rows.bin"]
