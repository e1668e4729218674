"""The commands that keep, list and remove keys; no key is ever an argument or an output."""

from __future__ import annotations

import sys
from collections.abc import Callable
from getpass import getpass

from flexsdk.cli import keystore
from flexsdk.cli.credentials import config_path, key_sources
from flexsdk.cli.exits import report
from flexsdk.cli.forms import Form
from flexsdk.cli.login import saved_login
from flexsdk.cli.output import out
from flexsdk.cli.results import Printer
from flexsdk.cli.tree import CLIENTS
from flexsdk.errors import ConfigError

__all__ = ["list_keys", "remove_key", "set_key"]

_MAX_CHARACTERS = 16 * 1024
"""Most that is read as a key; tokens are far smaller."""


def set_key(platform: str, place: keystore.Place | None) -> int:
    """Ask for a key, or read it from stdin, and keep it."""

    def work() -> None:
        kept = keystore.keep(platform, _asked(platform), place)
        out(f"the key of {platform} is in {_named(kept)}")
        _warn_of_environment(platform)

    return _told(work)


def list_keys(output: Form | None) -> int:
    """Write one row for each platform: which key is used, and which others lie behind it."""

    def work() -> None:
        printer = Printer(output)
        for platform in CLIENTS:
            used, *others = [*key_sources(platform), *_login(platform)] or ["none"]
            printer.add({"platform": platform, "used": used, "not used": ", ".join(others) or None})
        printer.end()

    return _told(work)


def remove_key(platform: str) -> int:
    """Delete the key that is kept of a platform."""

    def work() -> None:
        removed = " and ".join(_named(place) for place in keystore.remove(platform))
        out(
            f"the key of {platform} is no longer in {removed}" if removed else f"no key of {platform} is kept"
        )
        _warn_of_environment(platform)

    return _told(work)


def _told(work: Callable[[], None]) -> int:
    try:
        work()
    except (ConfigError, OSError) as error:
        return report(error)
    return 0


def _asked(platform: str) -> str:
    if sys.stdin.isatty():
        try:
            return getpass(f"Key of {platform} (not shown): ").strip()
        except KeyboardInterrupt:
            print(file=sys.stderr)  # the prompt stands alone in its line
            raise
    return sys.stdin.readline(_MAX_CHARACTERS).strip()


def _login(platform: str) -> list[str]:
    return ["login"] if platform == "flextell" and saved_login(None) else []


def _named(place: keystore.Place) -> str:
    return "the keyring" if place == "keyring" else str(config_path())


def _warn_of_environment(platform: str) -> None:
    if next(key_sources(platform), None) == "environment":
        print(f"flexsdk: {platform.upper()}_API_KEY in the environment is used before it", file=sys.stderr)
