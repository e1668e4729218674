"""What a figure depends on besides the code: the machine, the interpreter, the versions of the packages."""

from __future__ import annotations

import os
import platform
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

__all__ = ["machine", "versions"]

PACKAGES = (
    "flexsdk",
    "aiohttp",
    "msgspec",
    "anyio",
    "uvloop",
    "openai",
    "anthropic",
    "azure-core",
    "githubkit",
    "httpx",
    "httpx-sse",
    "httpx-aiohttp",
    "aiohttp-retry",
    "tenacity",
    "fastapi",
    "uvicorn",
)


def machine() -> str:
    """Name processor, cores, memory, system and interpreter in one line."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1024**3
    python = f"{platform.python_implementation()} {platform.python_version()}"
    system = f"{platform.system()} {platform.release().partition('-')[0]} ({platform.machine()})"
    return f"{_processor()}, {os.cpu_count()} cores, {memory:.0f} GiB, {system}, {python}"


def versions() -> dict[str, str]:
    """Give the installed versions of us, of what we are built on, and of the peers."""
    found = {}
    for name in PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor()
    return next((line.partition(": ")[2] for line in lines if line.startswith("model name")), "unknown")
