"""Where keys come from: the environment, the configuration file, the keyring, in this order."""

from __future__ import annotations

import os
import stat
import sys
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from flexsdk.errors import ConfigError
from flexsdk.protocol.redact import Secret

__all__ = ["address_for", "config_path", "key_for", "key_sources", "keyring_or_none", "SERVICE"]

SERVICE: Final = "flexsdk"
"""The name under which the keyring holds keys; the user's name there is the platform's."""


def config_path() -> Path:
    """Give the configuration file: ``FLEXSDK_CONFIG``, else ``config.toml`` in the user's own folder."""
    if given := os.environ.get("FLEXSDK_CONFIG"):
        return Path(given)
    from platformdirs import user_config_path

    return user_config_path("flexsdk") / "config.toml"


def key_for(platform: str) -> Secret | None:
    """Give the key; ``None`` leaves it to the client, which reads the environment or says what is missing.

    Raises:
        ConfigError: the configuration file is no TOML, or others may read it.
    """
    if os.environ.get(f"{platform.upper()}_API_KEY"):
        return None
    found = _section(platform).get("api_key") or _from_keyring(platform)
    return Secret(found) if isinstance(found, str) else None


def address_for(platform: str) -> str | None:
    """Give the base URL of the configuration file, unless the environment has one."""
    if os.environ.get(f"{platform.upper()}_BASE_URL"):
        return None
    found = _section(platform).get("base_url")
    return found if isinstance(found, str) else None


def key_sources(platform: str) -> Iterator[str]:
    """Tell where keys of a platform lie, never the keys; the first is the one that is used.

    Raises:
        ConfigError: the configuration file is no TOML, or others may read it.
    """
    if os.environ.get(f"{platform.upper()}_API_KEY"):
        yield "environment"
    if _section(platform).get("api_key"):
        yield "file"
    if _from_keyring(platform):
        yield "keyring"


def _section(platform: str) -> Mapping[str, Any]:
    path = config_path()
    try:
        with path.open("rb") as file:
            _check_mode(path, os.fstat(file.fileno()).st_mode)
            found = tomllib.load(file).get(platform, {})
    except FileNotFoundError:
        return {}
    except (tomllib.TOMLDecodeError, UnicodeDecodeError):
        raise ConfigError(f"{path}: no valid TOML") from None  # the message could hold a line with a key
    return found if isinstance(found, dict) else {}


def _check_mode(path: Path, mode: int) -> None:
    if sys.platform != "win32" and mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise ConfigError(f"{path}: others may read it; run: chmod 600 {path}")


def keyring_or_none() -> Any:
    """Give the package for the keyring of the system; ``None`` where the extra is not installed."""
    try:
        import keyring
    except ImportError:
        return None
    return keyring


def _from_keyring(platform: str) -> str | None:
    keyring = keyring_or_none()
    if keyring is None:
        return None
    try:
        found: str | None = keyring.get_password(SERVICE, platform)
    except keyring.errors.KeyringError:  # there is no keyring on this machine, or it stays locked
        return None
    return found
