"""Many items through one operation: bounded, resumable after kill -9, and nothing sent twice unawares.

Beside it: :func:`flexsdk.ingest.export.export` writes lists into :mod:`flexsdk.ingest.sinks`, and
:mod:`flexsdk.ingest.shard` cuts a source for workers on other machines.
"""

from flexsdk.ingest.journal import Journal, Ledger, NoJournal
from flexsdk.ingest.operation import Operation
from flexsdk.ingest.outcome import Done, Failed, GaveUp, Outcome, Progress, Uncertain
from flexsdk.ingest.run import Ingest, ingest

__all__ = [
    "ingest",
    "Ingest",
    "Operation",
    "Outcome",
    "Done",
    "Failed",
    "GaveUp",
    "Uncertain",
    "Progress",
    "Journal",
    "Ledger",
    "NoJournal",
]
