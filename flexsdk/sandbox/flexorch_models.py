"""What a FlexOrch workspace stores."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from flexsdk.sandbox.flexorch_pipeline import Finding

__all__ = ["Dataset", "Document", "Job", "Run"]


@dataclass(slots=True, eq=False)
class Document:
    """A file, or an object of a connector."""

    id: int
    filename: str
    sha256: str
    head: bytes
    """The first part of its bytes: what the pipeline reads."""
    created: float
    """On the clock of the sandbox."""
    stamp: str
    from_connector: bool = False
    jobs: list[Job] = field(default_factory=list)


@dataclass(frozen=True, slots=True, eq=False)
class Run:
    """One way of a document through the pipeline."""

    execution_id: int
    document: Document
    finding: Finding


@dataclass(slots=True, eq=False)
class Job:
    """A pipeline run or the build of a dataset: one of ``run`` and ``dataset`` is set."""

    id: int
    created: float
    """On the clock of the sandbox."""
    stamps: tuple[str, str]
    """Created, completed."""
    run: Run | None = None
    dataset: Dataset | None = None
    feedback: dict[str, Any] | None = None

    @property
    def failure(self) -> str | None:
        """Why it fails in the end; None when it does not."""
        if self.dataset:
            return self.dataset.failure
        return self.run.finding.failure if self.run else None


@dataclass(slots=True, eq=False)
class Dataset:
    """Records of one or more executions."""

    id: int
    name: str
    slug: str
    description: str | None
    stamp: str
    sources: list[Run]
    version: int = 1
    created: float = 0.0
    """When its last build began, on the clock of the sandbox."""
    indexed: float | None = None
    """When its index was asked for, on the clock of the sandbox."""
    formats: dict[str, int] = field(default_factory=dict)
    """Format to bytes of what was exported."""

    @property
    def failure(self) -> str | None:
        """Why it cannot be built: the word "fail" in its name."""
        return "The build failed" if "fail" in self.name.lower() else None

    @property
    def rows(self) -> list[dict[str, Any]]:
        """The records of all executions, in order."""
        return [record for run in self.sources for record in run.finding.records]
