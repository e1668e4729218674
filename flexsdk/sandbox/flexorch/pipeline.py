"""What the FlexOrch pipeline finds in a file; equal bytes under equal names give equal results.

Text files become one record a line. Other files have a few lines made from their hash. Words of the file
name steer the rest:

| word | what happens |
|---|---|
| `fail` | the job fails with free text |
| `corrupt` | the job fails with UNSUPPORTED_FILE |
| `degraded` | the job completes, without records |
| `poor` | quality grade D |
| `invoice`, `contract`, `payroll`, ... | the document type |

A file without any text fails with EMPTY_DOCUMENT.
"""

from __future__ import annotations

import random
import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

__all__ = ["EXTENSIONS", "Finding", "examine", "extension", "grade"]

_TEXT = frozenset({".txt", ".html", ".htm", ".eml", ".xml"})
_IMAGES = frozenset({".jpg", ".jpeg", ".png", ".tiff"})
EXTENSIONS = _TEXT | _IMAGES | {".pdf", ".docx", ".xlsx", ".msg"}
"""What an upload may be."""
_TYPES = (
    "invoice",
    "expense_report",
    "purchase_order",
    "sales_proposal",
    "bank_statement",
    "payroll",
    "budget",
    "delivery_note",
    "tax_declaration",
    "contract",
)
# The look-behind keeps a long word from being tried at each of its letters.
_PII = {
    "EMAIL": re.compile(r"(?<![\w.+-])[\w.+-]+@[\w-]+(?:\.[\w-]+)+"),
    "IBAN": re.compile(r"\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){3,7}(?: ?[A-Z0-9]{1,3})?\b"),
    "PHONE": re.compile(r"\+\d[\d ]{7,14}\d"),
}
_MARKUP = re.compile(r"<[^<>]*>")
_GRADES = ((0.85, "A"), (0.65, "B"), (0.45, "C"), (0.0, "D"))
_PEOPLE = ("Ada Yilmaz", "Bruno Costa", "Chloe Martin", "Deniz Kaya")
_THINGS = ("paper", "licences", "consulting", "hosting", "transport")


@dataclass(frozen=True, slots=True)
class Finding:
    """The result of one run."""

    failure: str | None
    records: tuple[dict[str, Any], ...]
    pii: Mapping[str, int]
    """PII type to how often it was found."""
    masked: bool
    masked_records: int
    score: float
    """0 to 1."""
    document_type: str
    language: str
    degraded: bool
    ocr: float | None


def extension(filename: str) -> str:
    """Return the extension of a file name in lower case, with its dot; empty when there is none."""
    stem, dot, end = filename.rpartition(".")
    return f".{end.lower()}" if dot and stem else ""


def grade(score: float) -> str:
    """Return the grade of a score from 0 to 1."""
    return next(letter for least, letter in _GRADES if score >= least)


def examine(filename: str, head: bytes, sha256: str, locale: str, config: Mapping[str, Any]) -> Finding:
    """Run the pipeline over a file."""
    words = set(re.findall(r"[a-z]+", filename.lower()))
    chance = random.Random(f"{filename}/{sha256}")  # noqa: S311 - equal files, equal results
    lines = _lines(extension(filename), head, chance)
    failure = _failure(words, lines)
    degraded = "degraded" in words and failure is None
    masked = config.get("mask_pii", True) is not False
    found = [_mask(line, masked) for line in lines]
    pii = sum((counts for _, counts in found), Counter[str]())
    score = 0.3 if "poor" in words else chance.randint(88, 97) / 100
    return Finding(
        failure=failure,
        records=() if failure or degraded else _records(filename, [text for text, _ in found]),
        pii=dict(pii),
        masked=masked,
        masked_records=sum(1 for _, counts in found if counts) if masked else 0,
        score=score,
        document_type=config.get("document_type_hint") or _type(words),
        language="en" if locale == "und" else locale,
        degraded=degraded,
        ocr=chance.randint(80, 99) / 100 if extension(filename) in _IMAGES else None,
    )


def _lines(ext: str, head: bytes, chance: random.Random) -> list[str]:
    if not head.strip():
        return []
    if ext in _TEXT:
        text = _MARKUP.sub(" ", head.decode(errors="replace"))
        return [line.strip() for line in text.splitlines() if line.strip()]
    return [_invented(chance, number) for number in range(1, chance.randint(3, 8) + 1)]


def _invented(chance: random.Random, number: int) -> str:
    person, thing = chance.choice(_PEOPLE), chance.choice(_THINGS)
    mail = person.lower().replace(" ", ".") + "@example.com"
    return f"Item {number}: {thing} for {person} ({mail}), {chance.randint(10, 900)}.00 EUR"


def _failure(words: set[str], lines: list[str]) -> str | None:
    if "corrupt" in words:
        return "UNSUPPORTED_FILE"
    if "fail" in words:
        return "The document could not be read"
    return None if lines else "EMPTY_DOCUMENT"


def _mask(line: str, masked: bool) -> tuple[str, Counter[str]]:
    counts: Counter[str] = Counter()
    for name, pattern in _PII.items():
        text, number = pattern.subn(f"[MASKED_{name}]", line)
        if number:
            counts[name] = number
            line = text if masked else line
    return line, counts


def _records(filename: str, lines: list[str]) -> tuple[dict[str, Any], ...]:
    return tuple(
        {"position": number, "text": line, "source": filename} for number, line in enumerate(lines, 1)
    )


def _type(words: set[str]) -> str:
    return next((kind for kind in _TYPES if set(kind.split("_")) <= words), "general")
