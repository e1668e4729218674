"""Keys that are kept: in the keyring of the system, or in the configuration file with mode 0600."""

from __future__ import annotations

import os
import re
import tempfile
import tomllib
from pathlib import Path
from typing import Any, Final, Literal, TypeAlias

import msgspec

from flexsdk.cli.credentials import SERVICE, config_path, keyring_or_none
from flexsdk.errors import ConfigError

__all__ = ["Place", "keep", "remove"]

Place: TypeAlias = Literal["keyring", "file"]

_LINE: Final = re.compile(r"\s*api_key\s*=")


def keep(platform: str, key: str, place: Place | None) -> Place:
    """Keep a key, and give where; by default in the keyring, in the file where there is none.

    A key of the platform in the other place goes away, so that none is hidden behind another.

    Raises:
        ConfigError: it is no key, there is no keyring, or the file cannot be edited.
    """
    if not (key and key.isascii() and key.isprintable()) or " " in key:
        raise ConfigError("a key is one word of printable ASCII")
    if place != "file" and _in_keyring(platform, key):
        _edit(platform, None)
        return "keyring"
    if place == "keyring":
        raise ConfigError("no keyring took the key; its extra is flexsdk[keyring], or use --store file")
    _edit(platform, key)
    _out_of_keyring(platform)
    return "file"


def remove(platform: str) -> list[Place]:
    """Delete what is kept of a platform, and give where it was.

    Raises:
        ConfigError: the file cannot be edited.
    """
    removed: list[Place] = ["keyring"] if _out_of_keyring(platform) else []
    return [*removed, "file"] if _edit(platform, None) else removed


def _in_keyring(platform: str, key: str) -> bool:
    keyring = keyring_or_none()
    if keyring is None:
        return False
    try:
        keyring.set_password(SERVICE, platform, key)
        return bool(keyring.get_password(SERVICE, platform) == key)  # the null backend keeps nothing
    except keyring.errors.KeyringError:
        return False


def _out_of_keyring(platform: str) -> bool:
    keyring = keyring_or_none()
    if keyring is None:
        return False
    try:
        keyring.delete_password(SERVICE, platform)
    except keyring.errors.KeyringError:  # nothing is there, or there is no keyring
        return False
    return True


def _edit(platform: str, key: str | None) -> bool:
    """Set or cut the key in the file, line by line, so that comments stay; tell whether it was changed."""
    path = config_path().resolve()  # a link stays one
    try:
        old = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        old = ""
    wanted = _wanted(old, platform, key, path)
    new = _edited(old, platform, None if key is None else f"api_key = {msgspec.json.encode(key).decode()}\n")
    if new == old:
        return False
    if _read(new) != wanted:
        raise ConfigError(f"{path}: written in a way that cannot be edited here; change api_key by hand")
    _write(path, new)
    return True


def _wanted(old: str, platform: str, key: str | None, path: Path) -> dict[str, Any]:
    """Give what the file has to say when it is edited."""
    content = _read(old)
    if content is None or not isinstance(content.get(platform, {}), dict):
        raise ConfigError(f"{path}: no TOML with a section for each platform")
    section = content.setdefault(platform, {}) if key else content.get(platform, {})
    section.pop("api_key", None)
    if key:
        section["api_key"] = key
    return content


def _read(text: str) -> dict[str, Any] | None:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError:  # its message could hold a line with a key
        return None


def _edited(text: str, platform: str, line: str | None) -> str:
    lines = text.splitlines(keepends=True)
    if lines and not lines[-1].endswith("\n"):
        lines[-1] += "\n"
    heads = [number for number, each in enumerate(lines) if each.lstrip().startswith("[")]
    head = re.compile(rf"\s*\[\s*{platform}\s*\]\s*(#.*)?$")
    start = next((number for number in heads if head.match(lines[number])), None)
    if start is None:
        return "".join([*lines, *(["\n"] if lines else []), f"[{platform}]\n", line]) if line else text
    end = next((number for number in heads if number > start), len(lines))
    kept = [each for each in lines[start + 1 : end] if not _LINE.match(each)]
    return "".join([*lines[: start + 1], *([line] if line else []), *kept, *lines[end:]])


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    # mkstemp makes the file with mode 0600 from its first moment on.
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
