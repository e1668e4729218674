"""The client of FlexOrch."""

from __future__ import annotations

from functools import cached_property

from flexsdk.core.client import Client
from flexsdk.platforms.flexorch.audit import Audit
from flexsdk.platforms.flexorch.auth import Auth
from flexsdk.platforms.flexorch.compliance import Compliance
from flexsdk.platforms.flexorch.connectors import Connectors
from flexsdk.platforms.flexorch.datasets import Datasets
from flexsdk.platforms.flexorch.dialect import DIALECT
from flexsdk.platforms.flexorch.documents import Documents
from flexsdk.platforms.flexorch.executions import Executions
from flexsdk.platforms.flexorch.fine_tune import FineTune
from flexsdk.platforms.flexorch.jobs import Jobs
from flexsdk.platforms.flexorch.search import Search
from flexsdk.platforms.flexorch.settings import WorkspaceSettings
from flexsdk.platforms.flexorch.team import Team
from flexsdk.platforms.flexorch.usage import UsageResource
from flexsdk.platforms.flexorch.webhooks import Webhooks

__all__ = ["FlexOrch"]


class FlexOrch(Client):
    """Documents into datasets: upload, run the pipeline, build, search and export.

    ```python
    upload = await client.documents.process("invoice.pdf")
    job = await client.jobs.wait(upload.jobs[0])
    build = await client.jobs.wait(await client.datasets.build_from_execution(job))
    await client.datasets.export(build, "parquet").save("invoice.parquet")
    ```

    The key comes from ``FLEXORCH_API_KEY``, another address, with or without ``/v1``, from
    ``FLEXORCH_BASE_URL``; in place of a key, :class:`~flexsdk.platforms.flexorch.login.Login` takes mail
    address and password. Everything else is as on :class:`~flexsdk.core.client.Client`. Plans are ``trial``,
    ``starter``, ``pro`` and ``enterprise``.
    """

    dialect = DIALECT

    @cached_property
    def auth(self) -> Auth:
        """Accounts and tokens."""
        return Auth(self)

    @cached_property
    def documents(self) -> Documents:
        """Documents and their upload."""
        return Documents(self)

    @cached_property
    def jobs(self) -> Jobs:
        """Runs of the pipeline and builds of datasets, while they go on."""
        return Jobs(self)

    @cached_property
    def executions(self) -> Executions:
        """Results of the pipeline."""
        return Executions(self)

    @cached_property
    def datasets(self) -> Datasets:
        """Datasets and their export."""
        return Datasets(self)

    @cached_property
    def search(self) -> Search:
        """Search over indexed datasets."""
        return Search(self)

    @cached_property
    def connectors(self) -> Connectors:
        """Storage and vector databases, and schedules to fetch from them."""
        return Connectors(self)

    @cached_property
    def webhooks(self) -> Webhooks:
        """Subscriptions to events."""
        return Webhooks(self)

    @cached_property
    def usage(self) -> UsageResource:
        """Credits, quality and limits."""
        return UsageResource(self)

    @cached_property
    def compliance(self) -> Compliance:
        """The record of processing activities."""
        return Compliance(self)

    @cached_property
    def audit(self) -> Audit:
        """The audit log."""
        return Audit(self)

    @cached_property
    def fine_tune(self) -> FineTune:
        """Fine-tuning of models."""
        return FineTune(self)

    @cached_property
    def settings(self) -> WorkspaceSettings:
        """Settings of the workspace."""
        return WorkspaceSettings(self)

    @cached_property
    def team(self) -> Team:
        """The team of the workspace."""
        return Team(self)
