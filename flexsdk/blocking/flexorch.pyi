# Written by python -m flexsdk.blocking._stubs
# fmt: off
# ruff: noqa: A002, E501, I001, RUF100

import collections.abc
import flexsdk.blocking.core
import flexsdk.core.body
import flexsdk.platforms.flexorch.audit
import flexsdk.platforms.flexorch.auth
import flexsdk.platforms.flexorch.compliance
import flexsdk.platforms.flexorch.connectors
import flexsdk.platforms.flexorch.dataset_data
import flexsdk.platforms.flexorch.documents
import flexsdk.platforms.flexorch.executions
import flexsdk.platforms.flexorch.exports
import flexsdk.platforms.flexorch.feedback
import flexsdk.platforms.flexorch.fine_tune
import flexsdk.platforms.flexorch.job_data
import flexsdk.platforms.flexorch.jobs
import flexsdk.platforms.flexorch.quality
import flexsdk.platforms.flexorch.schedules
import flexsdk.platforms.flexorch.search
import flexsdk.platforms.flexorch.team
import flexsdk.platforms.flexorch.uploads
import flexsdk.platforms.flexorch.usage
import flexsdk.platforms.flexorch.webhooks
import flexsdk.protocol.redact
import flexsdk.structs
import flexsdk.types
import typing


class Audit(flexsdk.blocking.core.Resource):
    def records(
        self,
        **options: typing.Unpack[flexsdk.types.CallOptions],
    ) -> list[flexsdk.platforms.flexorch.audit.AuditRecord]: ...
    def export(
        self,
        format: typing.Literal['json', 'csv'] = 'csv',
        **options: typing.Unpack[flexsdk.types.CallOptions],
    ) -> flexsdk.blocking.core.Download: ...

class Auth(flexsdk.blocking.core.Resource):
    def signup(
        self,
        email: str,
        password: str | flexsdk.protocol.redact.Secret,
        **options: typing.Unpack[flexsdk.types.CallOptions],
    ) -> None: ...
    def login(
        self,
        email: str,
        password: str | flexsdk.protocol.redact.Secret,
        **options: typing.Unpack[flexsdk.types.CallOptions],
    ) -> flexsdk.platforms.flexorch.auth.TokenPair: ...
    def refresh(
        self,
        refresh_token: str | flexsdk.protocol.redact.Secret,
        **options: typing.Unpack[flexsdk.types.CallOptions],
    ) -> flexsdk.platforms.flexorch.auth.TokenPair: ...

class Compliance(flexsdk.blocking.core.Resource):
    def get_record(
        self,
        **options: typing.Unpack[flexsdk.types.CallOptions],
    ) -> flexsdk.platforms.flexorch.compliance.ComplianceRecord: ...

class Connectors(FlexOrchResource):
    @property
    def schedules(self) -> Schedules: ...
    def create(
        self,
        type: flexsdk.platforms.flexorch.connectors.ConnectorType,
        name: str,
        config: collections.abc.Mapping[str, typing.Any],
        **options: typing.Unpack[flexsdk.types.CallOptions],
    ) -> flexsdk.platforms.flexorch.connectors.Connector: ...
    def get(
        self,
        connector_id: str | int,
        **options: typing.Unpack[flexsdk.types.CallOptions],
    ) -> flexsdk.platforms.flexorch.connectors.Connector: ...
    def delete(
        self,
        connector_id: str | int,
        **options: typing.Unpack[flexsdk.types.CallOptions],
    ) -> None: ...
    def test(
        self,
        connector_id: str | int,
        **options: typing.Unpack[flexsdk.types.CallOptions],
    ) -> flexsdk.platforms.flexorch.connectors.ConnectorTest: ...
    def list(
        self,
        **options: typing.Unpack[flexsdk.types.CallOptions],
    ) -> flexsdk.blocking.core.Pages[flexsdk.platforms.flexorch.connectors.Connector]: ...

class DatasetExports(FlexOrchResource):
    def export(
        self,
        dataset: flexsdk.platforms.flexorch.dataset_data.DatasetRef,
        format: flexsdk.platforms.flexorch.exports.ExportFormat,
        *,
        min_quality: flexsdk.platforms.flexorch.quality.Grade | flexsdk.structs.UnsetType = ...,
        **options: typing.Unpack[flexsdk.types.CallOptions],
    ) -> flexsdk.blocking.core.Download: ...
    def export_to_connector(
        self,
        dataset: flexsdk.platforms.flexorch.dataset_data.DatasetRef,
        connector_id: str | int,
        format: flexsdk.platforms.flexorch.exports.ExportFormat,
        *,
        prefix: str = '',
        **options: typing.Unpack[flexsdk.types.CallOptions],
    ) -> flexsdk.platforms.flexorch.dataset_data.ExportedObject: ...

class DatasetIndexing(FlexOrchResource):
    def chunks(
        self,
        dataset: flexsdk.platforms.flexorch.dataset_data.DatasetRef,
        *,
        quality_grades: collections.abc.Sequence[flexsdk.platforms.flexorch.quality.Grade] = ...,
        pii_masked: bool | None = None,
        page_size: int | None = None,
        cursor: str | None = None,
        **options: typing.Unpack[flexsdk.types.CallOptions],
    ) -> flexsdk.blocking.core.Pages[flexsdk.platforms.flexorch.dataset_data.Chunk]: ...
    def index(
        self,
        dataset: flexsdk.platforms.flexorch.dataset_data.DatasetRef,
        **options: typing.Unpack[flexsdk.types.CallOptions],
    ) -> flexsdk.platforms.flexorch.dataset_data.IndexStatus: ...
    def index_status(
        self,
        dataset: flexsdk.platforms.flexorch.dataset_data.DatasetRef,
        **options: typing.Unpack[flexsdk.types.CallOptions],
    ) -> flexsdk.platforms.flexorch.dataset_data.IndexStatus: ...
    def wait_for_index(
        self,
        dataset: flexsdk.platforms.flexorch.dataset_data.DatasetRef,
        *,
        timeout: float | None = None,
        on_update: collections.abc.Callable[[flexsdk.platforms.flexorch.dataset_data.IndexStatus], None] | None = None,
    ) -> flexsdk.platforms.flexorch.dataset_data.IndexStatus: ...

class Datasets(DatasetExports, DatasetIndexing):
    def get(
        self,
        dataset: flexsdk.platforms.flexorch.dataset_data.DatasetRef,
        **options: typing.Unpack[flexsdk.types.CallOptions],
    ) -> flexsdk.platforms.flexorch.dataset_data.Dataset: ...
    def build_from_execution(
        self,
        run: flexsdk.platforms.flexorch.executions.RunRef,
        *,
        name: str | flexsdk.structs.UnsetType = ...,
        description: str | flexsdk.structs.UnsetType = ...,
        slug: str | flexsdk.structs.UnsetType = ...,
        force_rebuild: bool = False,
        replace_existing: bool = False,
        **options: typing.Unpack[flexsdk.types.CallOptions],
    ) -> flexsdk.platforms.flexorch.job_data.JobHandle: ...
    def build(
        self,
        name: str,
        *,
        execution_ids: collections.abc.Sequence[str | int] | flexsdk.structs.UnsetType = ...,
        job_ids: collections.abc.Sequence[str | int] | flexsdk.structs.UnsetType = ...,
        **options: typing.Unpack[flexsdk.types.CallOptions],
    ) -> flexsdk.platforms.flexorch.dataset_data.DatasetBuild: ...
    def rows(
        self,
        dataset: flexsdk.platforms.flexorch.dataset_data.DatasetRef,
        *,
        text: str | None = None,
        page_size: int | None = None,
        cursor: str | None = None,
        **options: typing.Unpack[flexsdk.types.CallOptions],
    ) -> flexsdk.blocking.core.Pages[dict[str, typing.Any]]: ...
    def profile(
        self,
        dataset: flexsdk.platforms.flexorch.dataset_data.DatasetRef,
        **options: typing.Unpack[flexsdk.types.CallOptions],
    ) -> flexsdk.platforms.flexorch.dataset_data.DatasetProfile: ...
    def compliance_report(
        self,
        dataset: flexsdk.platforms.flexorch.dataset_data.DatasetRef,
        **options: typing.Unpack[flexsdk.types.CallOptions],
    ) -> flexsdk.platforms.flexorch.dataset_data.ComplianceReport: ...
    def compliance_pdf(
        self,
        dataset: flexsdk.platforms.flexorch.dataset_data.DatasetRef,
        **options: typing.Unpack[flexsdk.types.CallOptions],
    ) -> flexsdk.blocking.core.Download: ...
    def list(
        self,
        *,
        status: typing.Literal['building', 'ready', 'failed'] | str | None = None,
        source_execution_id: str | int | None = None,
        source_document_id: str | int | None = None,
        text: str | None = None,
        job_id: str | int | None = None,
        page_size: int | None = None,
        cursor: str | None = None,
        **options: typing.Unpack[flexsdk.types.CallOptions],
    ) -> flexsdk.blocking.core.Pages[flexsdk.platforms.flexorch.dataset_data.Dataset]: ...

class Documents(FlexOrchResource):
    def process(
        self,
        *files: flexsdk.core.body.Upload | flexsdk.core.body.FileSource,
        source: flexsdk.platforms.flexorch.documents.ConnectorSource | None = None,
        locale: str | flexsdk.structs.UnsetType = ...,
        pipeline_config: collections.abc.Mapping[str, typing.Any] | flexsdk.structs.UnsetType = ...,
        plan: flexsdk.platforms.flexorch.uploads.Plan | None = None,
        repeat: bool = False,
        on_progress: flexsdk.core.body.Progress | None = None,
        **options: typing.Unpack[flexsdk.types.CallOptions],
    ) -> flexsdk.platforms.flexorch.uploads.UploadResult: ...
    def get(
        self,
        document_id: str | int,
        **options: typing.Unpack[flexsdk.types.CallOptions],
    ) -> flexsdk.platforms.flexorch.documents.Document: ...
    def reprocess(
        self,
        document_id: str | int,
        *,
        pipeline_config: collections.abc.Mapping[str, typing.Any] | flexsdk.structs.UnsetType = ...,
        **options: typing.Unpack[flexsdk.types.CallOptions],
    ) -> flexsdk.platforms.flexorch.job_data.JobHandle: ...
    def list(
        self,
        *,
        page_size: int | None = None,
        cursor: str | None = None,
        **options: typing.Unpack[flexsdk.types.CallOptions],
    ) -> flexsdk.blocking.core.Pages[flexsdk.platforms.flexorch.documents.Document]: ...

class Executions(flexsdk.blocking.core.Resource):
    def get(
        self,
        run: flexsdk.platforms.flexorch.executions.RunRef,
        **options: typing.Unpack[flexsdk.types.CallOptions],
    ) -> flexsdk.platforms.flexorch.executions.Execution: ...

class Feedback(flexsdk.blocking.core.Resource):
    def submit(
        self,
        job_id: str | int,
        rating: typing.Literal['up', 'down', 'positive', 'negative'],
        *,
        issue: flexsdk.platforms.flexorch.feedback.Issue | flexsdk.structs.UnsetType | None = ...,
        notes: str | flexsdk.structs.UnsetType | None = ...,
        **options: typing.Unpack[flexsdk.types.CallOptions],
    ) -> flexsdk.platforms.flexorch.feedback.JobFeedback: ...
    def get(
        self,
        job_id: str | int,
        **options: typing.Unpack[flexsdk.types.CallOptions],
    ) -> flexsdk.platforms.flexorch.feedback.JobFeedback | None: ...

class FineTune(flexsdk.blocking.core.LongWork[flexsdk.platforms.flexorch.fine_tune.FineTuneJob, flexsdk.platforms.flexorch.fine_tune.FineTuneJob | str | int]):
    def create(
        self,
        dataset: flexsdk.platforms.flexorch.dataset_data.DatasetRef,
        model: str,
        *,
        suffix: str | flexsdk.structs.UnsetType = ...,
        **options: typing.Unpack[flexsdk.types.CallOptions],
    ) -> flexsdk.platforms.flexorch.fine_tune.FineTuneJob: ...
    def get(
        self,
        job_id: str | int,
        **options: typing.Unpack[flexsdk.types.CallOptions],
    ) -> flexsdk.platforms.flexorch.fine_tune.FineTuneJob: ...

class FlexOrch(flexsdk.blocking.core.Client):
    @property
    def auth(self) -> Auth: ...
    @property
    def documents(self) -> Documents: ...
    @property
    def jobs(self) -> Jobs: ...
    @property
    def executions(self) -> Executions: ...
    @property
    def datasets(self) -> Datasets: ...
    @property
    def search(self) -> Search: ...
    @property
    def connectors(self) -> Connectors: ...
    @property
    def webhooks(self) -> Webhooks: ...
    @property
    def usage(self) -> UsageResource: ...
    @property
    def compliance(self) -> Compliance: ...
    @property
    def audit(self) -> Audit: ...
    @property
    def fine_tune(self) -> FineTune: ...
    @property
    def settings(self) -> WorkspaceSettings: ...
    @property
    def team(self) -> Team: ...

class FlexOrchResource(flexsdk.blocking.core.Resource): ...

class Jobs(FlexOrchResource, flexsdk.blocking.core.LongWork[flexsdk.platforms.flexorch.job_data.Job, flexsdk.platforms.flexorch.jobs.JobName]):
    @property
    def feedback(self) -> Feedback: ...
    def get(
        self,
        job_id: str | int,
        **options: typing.Unpack[flexsdk.types.CallOptions],
    ) -> flexsdk.platforms.flexorch.job_data.Job: ...
    def list(
        self,
        *,
        page_size: int | None = None,
        cursor: str | None = None,
        **options: typing.Unpack[flexsdk.types.CallOptions],
    ) -> flexsdk.blocking.core.Pages[flexsdk.platforms.flexorch.job_data.Job]: ...

class Members(FlexOrchResource):
    def remove(self, user_id: str | int, **options: typing.Unpack[flexsdk.types.CallOptions]) -> None: ...
    def set_role(
        self,
        user_id: str | int,
        role: flexsdk.platforms.flexorch.team.Role,
        **options: typing.Unpack[flexsdk.types.CallOptions],
    ) -> None: ...

class Schedules(FlexOrchResource):
    def create(
        self,
        connector_id: str | int,
        cron_expression: str,
        *,
        prefix_filter: str | flexsdk.structs.UnsetType | None = ...,
        **options: typing.Unpack[flexsdk.types.CallOptions],
    ) -> flexsdk.platforms.flexorch.schedules.Schedule: ...
    def delete(
        self,
        connector_id: str | int,
        schedule_id: str | int,
        **options: typing.Unpack[flexsdk.types.CallOptions],
    ) -> None: ...
    def trigger(
        self,
        connector_id: str | int,
        schedule_id: str | int,
        **options: typing.Unpack[flexsdk.types.CallOptions],
    ) -> flexsdk.platforms.flexorch.schedules.SyncLog: ...
    def logs(
        self,
        connector_id: str | int,
        schedule_id: str | int,
        **options: typing.Unpack[flexsdk.types.CallOptions],
    ) -> flexsdk.blocking.core.Pages[flexsdk.platforms.flexorch.schedules.SyncLog]: ...
    def list(
        self,
        connector_id: str | int,
        **options: typing.Unpack[flexsdk.types.CallOptions],
    ) -> flexsdk.blocking.core.Pages[flexsdk.platforms.flexorch.schedules.Schedule]: ...

class Search(flexsdk.blocking.core.Resource):
    def query(
        self,
        text: str,
        *,
        mode: flexsdk.platforms.flexorch.search.SearchMode | flexsdk.structs.UnsetType = ...,
        top_k: int | flexsdk.structs.UnsetType = ...,
        dataset_id: str | int | flexsdk.structs.UnsetType = ...,
        filters: collections.abc.Mapping[str, typing.Any] | None = None,
        **options: typing.Unpack[flexsdk.types.CallOptions],
    ) -> flexsdk.platforms.flexorch.search.SearchResponse: ...

class Team(flexsdk.blocking.core.Resource):
    @property
    def members(self) -> Members: ...
    def invite(
        self,
        email: str,
        role: flexsdk.platforms.flexorch.team.Role,
        **options: typing.Unpack[flexsdk.types.CallOptions],
    ) -> None: ...

class UsageResource(flexsdk.blocking.core.Resource):
    def get(
        self,
        **options: typing.Unpack[flexsdk.types.CallOptions],
    ) -> flexsdk.platforms.flexorch.usage.Usage: ...
    def history(
        self,
        period: flexsdk.platforms.flexorch.usage.Period | None = None,
        **options: typing.Unpack[flexsdk.types.CallOptions],
    ) -> list[flexsdk.platforms.flexorch.usage.UsageDay]: ...
    def quality_trend(
        self,
        period: flexsdk.platforms.flexorch.usage.Period | None = None,
        **options: typing.Unpack[flexsdk.types.CallOptions],
    ) -> list[flexsdk.platforms.flexorch.usage.QualityDay]: ...
    def rate_limits(
        self,
        **options: typing.Unpack[flexsdk.types.CallOptions],
    ) -> flexsdk.platforms.flexorch.usage.RateLimits: ...

class Webhooks(FlexOrchResource):
    def create(
        self,
        url: str,
        events: collections.abc.Sequence[flexsdk.platforms.flexorch.webhooks.EventType],
        *,
        secret: str | flexsdk.protocol.redact.Secret | flexsdk.structs.UnsetType = ...,
        auto_export: flexsdk.platforms.flexorch.webhooks.AutoExport | flexsdk.structs.UnsetType = ...,
        **options: typing.Unpack[flexsdk.types.CallOptions],
    ) -> flexsdk.platforms.flexorch.webhooks.Webhook: ...
    def delete(self, webhook_id: str | int, **options: typing.Unpack[flexsdk.types.CallOptions]) -> None: ...
    def list(
        self,
        **options: typing.Unpack[flexsdk.types.CallOptions],
    ) -> flexsdk.blocking.core.Pages[flexsdk.platforms.flexorch.webhooks.Webhook]: ...

class WorkspaceSettings(flexsdk.blocking.core.Resource):
    def set_llm_config(
        self,
        provider: typing.Literal['openai', 'anthropic', 'azure_openai', 'custom'] | str,
        model: str,
        api_key: str | flexsdk.protocol.redact.Secret,
        *,
        endpoint: str | flexsdk.structs.UnsetType = ...,
        **options: typing.Unpack[flexsdk.types.CallOptions],
    ) -> None: ...
