"""The file name that an answer suggests, made fit to be a file on any system.

Sources: RFC 6266 (Content-Disposition), RFC 8187 (``filename*``), RFC 9110 section 5.6 (quoted strings); the
names that Windows reserves are from its documentation, "Naming Files, Paths, and Namespaces".
"""

import re
import unicodedata
from urllib.parse import unquote_to_bytes

__all__ = ["safe_name", "suggested_name"]

_MAX_HEADER = 4_096
_MAX_NAME_BYTES = 180
"""Most bytes of a name: file systems take 255, and a part file beside it needs a longer name."""
_MAX_SUFFIX_BYTES = 20

_PARAMETER = re.compile(
    r";\s*(?P<name>filename\*?)\s*=\s*(?:\"(?P<quoted>(?:[^\"\\]|\\.)*)\"|(?P<token>[^;\"]+))\s*(?=;|\Z)"
    r"|;\s*[^\s;=\"]+\s*=\s*(?:\"(?:[^\"\\]|\\.)*\"|[^;\"]*)",
    re.IGNORECASE | re.DOTALL,
)
_EXTENDED = re.compile(r"(?P<charset>utf-8|iso-8859-1)'[^']*'(?P<value>.*)", re.IGNORECASE | re.DOTALL)
_STRANGE = re.compile(r"[\ud800-\udc7f\udd00-\udfff]")
"""Surrogates that no raw byte turns into."""
_SPECIAL = re.compile(r'[<>:"|?*]')
_DEVICE = re.compile(
    r"(?:CON|PRN|AUX|NUL|CLOCK\$|CONIN\$|CONOUT\$|(?:COM|LPT)[0-9¹²³])\s*(?:\.|\Z)", re.IGNORECASE
)


def suggested_name(header: str) -> str | None:
    """Read a Content-Disposition and return a safe file name; ``None`` without a usable one.

    ``filename*`` counts before ``filename``. Never raises.
    """
    plain = extended = None
    for found in _PARAMETER.finditer(header[:_MAX_HEADER]):
        if found["name"] is None:
            continue
        value = found["token"] if found["quoted"] is None else re.sub(r"\\(.)", r"\1", found["quoted"])
        if found["name"].endswith("*"):
            extended = extended or _extended(value)
        else:
            plain = plain or _readable(value)
    return safe_name(extended or "") or safe_name(plain or "")


def safe_name(text: str) -> str | None:
    """Make any text the name of one file, inside one folder; ``None`` when nothing is left of it.

    Folders in front, control and invisible characters, dots at the ends are removed; what Windows does not
    take is replaced by "_"; long names are cut in front of their suffix. A safe name is not changed again.
    """
    visible = "".join(map(_visible, re.split(r"[/\\]", text)[-1]))
    name = _SPECIAL.sub("_", unicodedata.normalize("NFC", visible)).strip(" .")
    if _DEVICE.match(name):
        name = f"_{name}"
    return _shortened(name).strip(" .") or None


def _visible(sign: str) -> str:
    category = unicodedata.category(sign)
    return " " if category == "Zs" else "" if category[0] in "CZ" else sign


def _extended(value: str) -> str | None:
    found = _EXTENDED.fullmatch(value)
    if found is None:
        return None
    try:
        return unquote_to_bytes(found["value"]).decode(found["charset"])
    except ValueError:
        return None


def _readable(value: str) -> str:
    """Mend raw bytes: what is no UTF-8 arrives as surrogates, and is Latin-1 in practice."""
    raw = value.encode("utf-8", "surrogateescape") if not _STRANGE.search(value) else b""
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return raw.decode("latin-1")


def _shortened(name: str) -> str:
    if len(name.encode()) <= _MAX_NAME_BYTES:
        return name
    stem, dot, suffix = name.rpartition(".")
    if not dot or len(suffix.encode()) > _MAX_SUFFIX_BYTES:
        stem, dot, suffix = name, "", ""
    room = _MAX_NAME_BYTES - len(f"{dot}{suffix}".encode())
    return f"{stem.encode()[:room].decode(errors='ignore').rstrip(' .')}{dot}{suffix}"
