"""A platform with rate limits, in a process of its own: it answers GET requests and counts them.

Windows are fixed and begin at whole multiples of their length on the wall clock. ``GET /stats`` gives the
counts, outside all limits.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import math
import time
from collections import Counter
from email.utils import formatdate
from typing import Any
from urllib.request import urlopen

from benchmarks._process import ServerProcess, listen

TELLS = ("nothing", "retry-after", "x-ratelimit", "ratelimit")


class Limits:
    """Counts requests in all windows; one that is refused counts in none."""

    def __init__(self, windows: list[tuple[int, float]], tell: str) -> None:
        self.windows = windows
        self.tell = tell
        self.used: list[Counter[int]] = [Counter() for _ in windows]
        self.refused = 0
        self.moments: list[float] = []

    def answer(self) -> bytes:
        now = time.time()
        self.moments.append(now)
        places = [limit - used[int(now // length)] for (limit, length), used in self._counts()]
        if min(places) > 0:
            for (_, length), used in self._counts():
                used[int(now // length)] += 1
            return _response(200, self._headers(now))
        self.refused += 1
        wait = max(self._reset(at, now) for at, left in enumerate(places) if left <= 0)
        return _response(429, {"Retry-After": str(math.ceil(wait)), **self._headers(now)})

    def stats(self) -> dict[str, Any]:
        most = [max(used.values(), default=0) for used in self.used]
        span = self.moments[-1] - self.moments[0] if self.moments else 0.0
        return {
            "refused": self.refused,
            "served": len(self.moments) - self.refused,
            "most": most,
            "span": span,
        }

    def _counts(self) -> list[tuple[tuple[int, float], Counter[int]]]:
        return list(zip(self.windows, self.used, strict=True))

    def _reset(self, at: int, now: float) -> float:
        length = self.windows[at][1]
        return length - now % length

    def _headers(self, now: float) -> dict[str, str]:
        limit, length = self.windows[0]
        left = max(0, limit - self.used[0][int(now // length)])
        reset = self._reset(0, now)
        if self.tell == "x-ratelimit":
            names = ("X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset")
            return dict(zip(names, map(str, (limit, left, math.ceil(now + reset))), strict=True))
        if self.tell == "ratelimit":
            policy = f'"default";q={limit};w={math.ceil(length)}'
            return {"RateLimit-Policy": policy, "RateLimit": f'"default";r={left};t={math.ceil(reset)}'}
        return {}


def _response(status: int, headers: dict[str, str], body: bytes = b"{}") -> bytes:
    named = {
        "Content-Type": "application/json",
        "Content-Length": str(len(body)),
        "Date": formatdate(usegmt=True),
    }
    head = "".join(f"{name}: {value}\r\n" for name, value in {**named, **headers}.items())
    return f"HTTP/1.1 {status} X\r\n{head}\r\n".encode() + body


class _Connection(asyncio.Protocol):
    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._data = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._data += data
        while b"\r\n\r\n" in self._data:
            head, _, self._data = self._data.partition(b"\r\n\r\n")
            if head.startswith(b"GET /stats"):
                self._transport.write(_response(200, {}, json.dumps(self._limits.stats()).encode()))
            else:
                self._transport.write(self._limits.answer())


class LimitServer(ServerProcess):
    """The server in a process of its own, with the given windows of (limit, seconds)."""

    def __init__(self, *windows: tuple[int, float], tell: str) -> None:
        named = [f"{limit}/{seconds}" for limit, seconds in windows]
        super().__init__("benchmarks._limit_server", "--tell", tell, *named)

    def stats(self) -> dict[str, Any]:
        with urlopen(f"{self.url}/stats", timeout=10) as answer:
            stats: dict[str, Any] = json.load(answer)
        return stats


async def _serve(limits: Limits) -> None:
    server = await listen(lambda: _Connection(limits))
    await server.serve_forever()


def _main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("windows", nargs="+", metavar="LIMIT/SECONDS")
    parser.add_argument("--tell", choices=TELLS, required=True)
    options = parser.parse_args()
    windows = [
        (int(limit), float(seconds)) for limit, seconds in (each.split("/") for each in options.windows)
    ]
    asyncio.run(_serve(Limits(windows, options.tell)))


if __name__ == "__main__":
    _main()
