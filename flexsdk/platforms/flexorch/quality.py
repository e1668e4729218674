"""Quality and privacy as they stand on jobs, executions and datasets."""

from __future__ import annotations

from typing import Literal

from flexsdk.structs import Model

__all__ = ["Grade", "Privacy", "Quality", "score_percent"]

Grade = Literal["A", "B", "C", "D"] | str

_LEAST = {"A": 85.0, "B": 65.0, "C": 45.0}


def score_percent(score: float | None, grade: str | None = None) -> float | None:
    """Give a score on the scale 0 to 100, whichever of its two scales the platform has used.

    Up to 1 both scales are possible, and the grade decides: A is 85 or more, B 65, C 45, D less. Without a
    grade the scale 0 to 1 is taken.
    """
    if score is None or score > 1:
        return score
    scaled = score * 100
    if grade == "D":
        return scaled if scaled < _LEAST["C"] else score
    return scaled if scaled >= _LEAST.get(grade or "", 0.0) else score


class Quality(Model, frozen=True, kw_only=True):
    """How well a document was read. ``field_fill_rate`` and ``ocr_confidence`` are 0 to 1.

    ``score`` is raw, 0 to 1 or 0 to 100: use ``score_percent``. ``ocr_confidence`` is ``None`` where no OCR
    was needed.
    """

    grade: Grade | None = None
    score: float | None = None
    warnings: list[str] = []
    field_fill_rate: float | None = None
    ocr_confidence: float | None = None

    @property
    def score_percent(self) -> float | None:
        """The score on the scale 0 to 100."""
        return score_percent(self.score, self.grade)


class Privacy(Model, frozen=True, kw_only=True):
    """Personal data found and masked; ``pii_type_summary`` counts by kind."""

    pii_findings_count: int | None = None
    privacy_applied: bool | None = None
    masked_record_count: int | None = None
    pii_type_summary: dict[str, int] | None = None
