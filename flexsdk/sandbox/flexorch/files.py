"""Rows as files: text formats as they are, binary ones as small files of the right kind."""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from html import escape
from typing import Any

import msgspec

__all__ = ["KINDS", "LINE", "endless", "render"]

Rows = Sequence[Mapping[str, Any]]

KINDS = {
    "json": "application/json",
    "jsonl": "application/x-ndjson",
    "csv": "text/csv",
    "parquet": "application/octet-stream",
    "md": "text/markdown",
    "xml": "application/xml",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "rag": "application/json",
    "hf": "application/zip",
}
"""Format to media type."""

LINE = 1024
"""Bytes of each line of a generated export."""
_LINES = 256
"""Lines of each piece that is handed over."""
_SHEET = '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'


def render(name: str, rows: Rows) -> bytes:
    """Return the rows in a format of ``KINDS``; ``rag`` is the JSON of what is given."""
    return _WRITERS[name](rows)


async def endless(size: int) -> AsyncGenerator[bytes, None]:
    """Make so many bytes of JSONL, a multiple of ``LINE``, without ever holding them."""
    line = msgspec.json.encode({"position": 1, "source": "generated", "text": ""})
    line = line.replace(b'""', b'"' + b"x" * (LINE - len(line) - 1) + b'"') + b"\n"
    piece = line * _LINES
    for start in range(0, size, len(piece)):
        yield piece[: size - start]


def _jsonl(rows: Rows) -> bytes:
    return b"".join(msgspec.json.encode(row) + b"\n" for row in rows)


def _csv(rows: Rows) -> bytes:
    text = io.StringIO()
    writer = csv.DictWriter(text, list(rows[0]) if rows else [])
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode()


def _markdown(rows: Rows) -> bytes:
    lines = [
        f"## {number}\n\n" + "".join(f"- **{name}**: {value}\n" for name, value in row.items())
        for number, row in enumerate(rows, 1)
    ]
    return "\n".join(lines).encode()


def _xml(rows: Rows) -> bytes:
    records = [
        "<record>" + "".join(f"<{name}>{escape(str(value))}</{name}>" for name, value in row.items())
        for row in rows
    ]
    return f"<records>{''.join(record + '</record>' for record in records)}</records>".encode()


def _parquet(rows: Rows) -> bytes:
    # The magic number stands at both ends of the format; what is between them is ours.
    return b"PAR1" + msgspec.json.encode(rows) + b"PAR1"


def _xlsx(rows: Rows) -> bytes:
    cells = [
        "<row>" + "".join(f'<c t="inlineStr"><is><t>{escape(str(v))}</t></is></c>' for v in row.values())
        for row in rows
    ]
    sheet = _SHEET + "".join(cell + "</row>" for cell in cells) + "</sheetData></worksheet>"
    return _zipped({"[Content_Types].xml": b"<Types/>", "xl/worksheets/sheet1.xml": sheet.encode()})


def _hugging_face(rows: Rows) -> bytes:
    info = msgspec.json.encode({"splits": {"train": {"num_examples": len(rows)}}})
    return _zipped(
        {"dataset_info.json": info, "state.json": b"{}", "data-00000-of-00001.arrow": _jsonl(rows)}
    )


def _zipped(files: Mapping[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, data in files.items():
            # A ZipInfo has a fixed date, so equal rows give equal bytes.
            archive.writestr(zipfile.ZipInfo(name), data)
    return buffer.getvalue()


_WRITERS: dict[str, Callable[[Rows], bytes]] = {
    "json": msgspec.json.encode,
    "jsonl": _jsonl,
    "csv": _csv,
    "parquet": _parquet,
    "md": _markdown,
    "xml": _xml,
    "xlsx": _xlsx,
    "rag": msgspec.json.encode,
    "hf": _hugging_face,
}
