"""What a FlexOrch workspace stores."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from flexsdk.sandbox.flexorch.pipeline import Finding

__all__ = ["Build", "Dataset", "Document", "Job", "Run"]


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
    runs: list[Run] = field(default_factory=list)


@dataclass(slots=True, eq=False, kw_only=True)
class _Work:
    """What takes its time."""

    id: int
    created: float
    """On the clock of the sandbox."""
    stamps: tuple[str, str]
    """Created, completed."""
    feedback: dict[str, Any] | None = None


@dataclass(slots=True, eq=False, kw_only=True)
class Run(_Work):
    """One way of a document through the pipeline."""

    execution_id: int
    document: Document
    finding: Finding

    @property
    def failure(self) -> str | None:
        """Why the document cannot be processed."""
        return self.finding.failure


@dataclass(slots=True, eq=False, kw_only=True)
class Build(_Work):
    """One build of a dataset."""

    dataset: Dataset

    @property
    def failure(self) -> str | None:
        """Why the dataset cannot be built: the word "fail" in its name."""
        return "The build failed" if "fail" in self.dataset.name.lower() else None


Job = Run | Build


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
    builds: list[Build] = field(default_factory=list)
    indexed: float | None = None
    """When its index was asked for, on the clock of the sandbox."""
    formats: dict[str, int] = field(default_factory=dict)
    """Format to bytes of what was exported."""

    @property
    def rows(self) -> list[dict[str, Any]]:
        """The records of all executions, in order."""
        return [record for run in self.sources for record in run.finding.records]
