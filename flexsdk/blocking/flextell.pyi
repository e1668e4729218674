# Written by python -m flexsdk.blocking._stubs
# fmt: off
# ruff: noqa: A002, E501, I001, RUF100

import collections.abc
import flexsdk.blocking.core
import flexsdk.core.body
import flexsdk.platforms.flextell.account
import flexsdk.platforms.flextell.agent
import flexsdk.platforms.flextell.appointments
import flexsdk.platforms.flextell.blacklists
import flexsdk.platforms.flextell.catalogue
import flexsdk.platforms.flextell.conversations
import flexsdk.platforms.flextell.customers
import flexsdk.platforms.flextell.files
import flexsdk.platforms.flextell.invoices
import flexsdk.platforms.flextell.messages
import flexsdk.platforms.flextell.notes
import flexsdk.platforms.flextell.rooms
import flexsdk.platforms.flextell.tags
import flexsdk.platforms.flextell.transactions
import flexsdk.platforms.flextell.values
import flexsdk.structs
import flexsdk.types
import msgspec
import typing

T = typing.TypeVar('T')

class Account(flexsdk.blocking.core.Resource):
    @property
    def tenants(self) -> Tenants: ...
    @property
    def roles(self) -> Roles: ...

class Agent(flexsdk.blocking.core.Resource):
    def get(
        self,
        conversation_id: int,
        **options: typing.Unpack[flexsdk.types.CallOptions],
    ) -> flexsdk.platforms.flextell.agent.AgentState: ...
    def enable(
        self,
        conversation_id: int,
        **options: typing.Unpack[flexsdk.types.CallOptions],
    ) -> flexsdk.platforms.flextell.agent.MessageText: ...
    def disable(
        self,
        conversation_id: int,
        *,
        duration_minutes: int | None = None,
        **options: typing.Unpack[flexsdk.types.CallOptions],
    ) -> flexsdk.platforms.flextell.agent.MessageText: ...

class AppointmentReminders(flexsdk.blocking.core.Resource):
    def send(
        self,
        reminder_id: int,
        **options: typing.Unpack[flexsdk.types.CallOptions],
    ) -> flexsdk.platforms.flextell.values.OpenObject: ...

class Appointments(flexsdk.blocking.core.Resource):
    def create(
        self,
        customer_id: int,
        user_id: int,
        scheduled_at: flexsdk.platforms.flextell.values.Moment,
        *,
        treatments: collections.abc.Sequence[int] | flexsdk.structs.UnsetType = ...,
        assistant_id: int | flexsdk.structs.UnsetType | None = ...,
        parent_appointment_id: int | flexsdk.structs.UnsetType | None = ...,
        description: str | flexsdk.structs.UnsetType | None = ...,
        cancellation_reason: str | flexsdk.structs.UnsetType | None = ...,
        room_id: int | flexsdk.structs.UnsetType | None = ...,
        status: str | flexsdk.structs.UnsetType = ...,
        treatment_session_plans: collections.abc.Sequence[flexsdk.platforms.flextell.appointments.TreatmentSessionPlan] | flexsdk.structs.UnsetType = ...,
        **options: typing.Unpack[flexsdk.types.CallOptions],
    ) -> flexsdk.platforms.flextell.appointments.Appointment: ...
    def get(
        self,
        appointment_id: int,
        **options: typing.Unpack[flexsdk.types.CallOptions],
    ) -> flexsdk.platforms.flextell.appointments.Appointment: ...
    def calendar(
        self,
        start: flexsdk.platforms.flextell.values.Moment,
        end: flexsdk.platforms.flextell.values.Moment,
        **options: typing.Unpack[flexsdk.types.CallOptions],
    ) -> flexsdk.platforms.flextell.appointments.CalendarFeed: ...
    def list(
        self,
        *,
        limit: int | None = None,
        cursor: str | None = None,
        **options: typing.Unpack[flexsdk.types.CallOptions],
    ) -> flexsdk.blocking.core.Pages[flexsdk.platforms.flextell.appointments.Appointment]: ...

class ChannelBlacklists(flexsdk.blocking.core.Resource):
    def create(
        self,
        channel_id: int,
        customer_id: int,
        reason: flexsdk.platforms.flextell.blacklists.BlacklistReason,
        *,
        ttl_seconds: int | flexsdk.structs.UnsetType | None = ...,
        note: str | flexsdk.structs.UnsetType | None = ...,
        metadata: collections.abc.Mapping[str, typing.Any] | flexsdk.structs.UnsetType | None = ...,
        **options: typing.Unpack[flexsdk.types.CallOptions],
    ) -> flexsdk.platforms.flextell.blacklists.BlacklistEntry: ...
    def update(
        self,
        entry_id: int,
        *,
        reason: flexsdk.platforms.flextell.blacklists.BlacklistReason | flexsdk.structs.UnsetType = ...,
        note: str | flexsdk.structs.UnsetType | None = ...,
        expires_at: flexsdk.platforms.flextell.values.Moment | flexsdk.structs.UnsetType | None = ...,
        is_active: bool | flexsdk.structs.UnsetType = ...,
        metadata: collections.abc.Mapping[str, typing.Any] | flexsdk.structs.UnsetType | None = ...,
        **options: typing.Unpack[flexsdk.types.CallOptions],
    ) -> flexsdk.platforms.flextell.blacklists.BlacklistEntry: ...

class Collection(flexsdk.blocking.core.Resource, typing.Generic[T]):
    def create(
        self,
        fields: collections.abc.Mapping[str, typing.Any] | msgspec.Struct,
        **options: typing.Unpack[flexsdk.types.CallOptions],
    ) -> T: ...
    def get(self, item_id: str | int, **options: typing.Unpack[flexsdk.types.CallOptions]) -> T: ...
    def replace(
        self,
        item_id: str | int,
        fields: collections.abc.Mapping[str, typing.Any] | msgspec.Struct,
        **options: typing.Unpack[flexsdk.types.CallOptions],
    ) -> T: ...
    def update(
        self,
        item_id: str | int,
        fields: collections.abc.Mapping[str, typing.Any] | msgspec.Struct,
        **options: typing.Unpack[flexsdk.types.CallOptions],
    ) -> T: ...
    def delete(self, item_id: str | int, **options: typing.Unpack[flexsdk.types.CallOptions]) -> None: ...
    def list(
        self,
        *,
        filters: collections.abc.Mapping[str, typing.Any] | None = None,
        limit: int | None = None,
        cursor: str | None = None,
        **options: typing.Unpack[flexsdk.types.CallOptions],
    ) -> flexsdk.blocking.core.Pages[T]: ...

class Conversations(flexsdk.blocking.core.Resource):
    @property
    def messages(self) -> Messages: ...
    @property
    def agent(self) -> Agent: ...
    @property
    def suggestions(self) -> Suggestions: ...
    def create(
        self,
        channel_id: int,
        address: str,
        *,
        first_name: str | flexsdk.structs.UnsetType | None = ...,
        last_name: str | flexsdk.structs.UnsetType | None = ...,
        **options: typing.Unpack[flexsdk.types.CallOptions],
    ) -> flexsdk.platforms.flextell.conversations.Conversation: ...
    def list(
        self,
        *,
        search: str | None = None,
        channel_type: flexsdk.platforms.flextell.conversations.ChannelType | None = None,
        limit: int | None = None,
        cursor: str | None = None,
        **options: typing.Unpack[flexsdk.types.CallOptions],
    ) -> flexsdk.blocking.core.Pages[flexsdk.platforms.flextell.conversations.Conversation]: ...

class Customers(flexsdk.blocking.core.Resource):
    @property
    def notes(self) -> Notes: ...
    @property
    def transactions(self) -> Transactions: ...
    def create(
        self,
        first_name: str,
        last_name: str,
        phone_number: str,
        *,
        email: str | flexsdk.structs.UnsetType | None = ...,
        date_of_birth: flexsdk.platforms.flextell.values.Moment | flexsdk.structs.UnsetType | None = ...,
        gender: flexsdk.platforms.flextell.customers.Gender | flexsdk.structs.UnsetType | None = ...,
        country_id: int | flexsdk.structs.UnsetType | None = ...,
        identity_number: str | flexsdk.structs.UnsetType | None = ...,
        job: str | flexsdk.structs.UnsetType | None = ...,
        address: str | flexsdk.structs.UnsetType | None = ...,
        default_channel_id: int | flexsdk.structs.UnsetType | None = ...,
        user_id: int | flexsdk.structs.UnsetType | None = ...,
        tags: collections.abc.Sequence[int] | flexsdk.structs.UnsetType | None = ...,
        **options: typing.Unpack[flexsdk.types.CallOptions],
    ) -> flexsdk.platforms.flextell.customers.Customer: ...
    def get(
        self,
        customer_id: int,
        **options: typing.Unpack[flexsdk.types.CallOptions],
    ) -> flexsdk.platforms.flextell.customers.Customer: ...
    def update(
        self,
        customer_id: int,
        *,
        first_name: str | flexsdk.structs.UnsetType = ...,
        last_name: str | flexsdk.structs.UnsetType = ...,
        phone_number: str | flexsdk.structs.UnsetType = ...,
        email: str | flexsdk.structs.UnsetType | None = ...,
        date_of_birth: flexsdk.platforms.flextell.values.Moment | flexsdk.structs.UnsetType | None = ...,
        gender: flexsdk.platforms.flextell.customers.Gender | flexsdk.structs.UnsetType | None = ...,
        country_id: int | flexsdk.structs.UnsetType | None = ...,
        identity_number: str | flexsdk.structs.UnsetType | None = ...,
        job: str | flexsdk.structs.UnsetType | None = ...,
        address: str | flexsdk.structs.UnsetType | None = ...,
        default_channel_id: int | flexsdk.structs.UnsetType | None = ...,
        user_id: int | flexsdk.structs.UnsetType | None = ...,
        tags: collections.abc.Sequence[int] | flexsdk.structs.UnsetType | None = ...,
        **options: typing.Unpack[flexsdk.types.CallOptions],
    ) -> flexsdk.platforms.flextell.customers.Customer: ...
    def list(
        self,
        *,
        search: str | None = None,
        gender: flexsdk.platforms.flextell.customers.Gender | None = None,
        sort_by: typing.Literal['first_name', 'last_name', 'date_of_birth', 'gender', 'created_at', 'updated_at'] | None = None,
        sort_order: flexsdk.platforms.flextell.values.SortOrder | None = None,
        limit: int | None = None,
        cursor: str | None = None,
        **options: typing.Unpack[flexsdk.types.CallOptions],
    ) -> flexsdk.blocking.core.Pages[flexsdk.platforms.flextell.customers.Customer]: ...

class Files(flexsdk.blocking.core.Resource):
    def upload(
        self,
        file: flexsdk.core.body.Upload | flexsdk.core.body.FileSource,
        type: flexsdk.platforms.flextell.files.FileKind,
        *,
        fileable_type: flexsdk.platforms.flextell.files.Owner | flexsdk.structs.UnsetType = ...,
        fileable_id: int | flexsdk.structs.UnsetType = ...,
        description: str | flexsdk.structs.UnsetType = ...,
        on_progress: flexsdk.core.body.Progress | None = None,
        **options: typing.Unpack[flexsdk.types.CallOptions],
    ) -> flexsdk.platforms.flextell.files.File: ...

class Flextell(flexsdk.blocking.core.Client):
    def with_tenant(self, tenant_id: int) -> typing.Self: ...
    def collection(self, name: str, item: type[T], *, prefix: str = '') -> Collection[T]: ...
    @property
    def account(self) -> Account: ...
    @property
    def appointment_reminders(self) -> AppointmentReminders: ...
    @property
    def appointments(self) -> Appointments: ...
    @property
    def channel_blacklists(self) -> ChannelBlacklists: ...
    @property
    def conversations(self) -> Conversations: ...
    @property
    def customers(self) -> Customers: ...
    @property
    def files(self) -> Files: ...
    @property
    def invoices(self) -> Invoices: ...
    @property
    def products(self) -> Products: ...
    @property
    def rooms(self) -> Rooms: ...
    @property
    def sales(self) -> Sales: ...
    @property
    def stocks(self) -> Stocks: ...
    @property
    def tags(self) -> Tags: ...
    @property
    def treatments(self) -> Treatments: ...

class InvoiceAccounts(flexsdk.blocking.core.Resource):
    def list(
        self,
        *,
        search: str | None = None,
        document_type: typing.Literal['einvoice', 'evoucher'] | None = None,
        party_type: typing.Literal['individual', 'company'] | None = None,
        integration_id: int | None = None,
        sort_by: typing.Literal['created_at', 'name', 'tax_number', 'default_series'] | None = None,
        sort_order: flexsdk.platforms.flextell.values.SortOrder | None = None,
        limit: int | None = None,
        **options: typing.Unpack[flexsdk.types.CallOptions],
    ) -> flexsdk.blocking.core.Pages[flexsdk.platforms.flextell.values.OpenObject]: ...

class Invoices(flexsdk.blocking.core.Resource):
    @property
    def accounts(self) -> InvoiceAccounts: ...
    def preview(
        self,
        sale_id: int,
        invoice_account_id: int,
        series_name: str,
        issue_date: flexsdk.platforms.flextell.values.Moment,
        *,
        global_withholding_rate: float | flexsdk.structs.UnsetType | None = ...,
        use_passport_number: bool | flexsdk.structs.UnsetType | None = ...,
        notes: str | flexsdk.structs.UnsetType | None = ...,
        custom_line_items: collections.abc.Sequence[flexsdk.platforms.flextell.invoices.InvoiceLine] | flexsdk.structs.UnsetType | None = ...,
        **options: typing.Unpack[flexsdk.types.CallOptions],
    ) -> flexsdk.platforms.flextell.values.OpenObject: ...
    def email(
        self,
        invoice_id: int,
        emails: collections.abc.Sequence[str],
        **options: typing.Unpack[flexsdk.types.CallOptions],
    ) -> flexsdk.platforms.flextell.agent.MessageText: ...
    def list(
        self,
        *,
        limit: int | None = None,
        cursor: str | None = None,
        **options: typing.Unpack[flexsdk.types.CallOptions],
    ) -> flexsdk.blocking.core.Pages[flexsdk.platforms.flextell.values.OpenObject]: ...

class Messages(flexsdk.blocking.core.Resource):
    def send(
        self,
        conversation_id: int,
        message: str,
        *,
        quoted_message_id: int | flexsdk.structs.UnsetType | None = ...,
        **options: typing.Unpack[flexsdk.types.CallOptions],
    ) -> flexsdk.platforms.flextell.messages.MessageAck: ...
    def send_media(
        self,
        conversation_id: int,
        file: flexsdk.core.body.Upload | flexsdk.core.body.FileSource,
        *,
        message: str | flexsdk.structs.UnsetType = ...,
        on_progress: flexsdk.core.body.Progress | None = None,
        **options: typing.Unpack[flexsdk.types.CallOptions],
    ) -> flexsdk.platforms.flextell.messages.MessageAck: ...
    def update(
        self,
        conversation_id: int,
        message_id: int,
        message: str,
        **options: typing.Unpack[flexsdk.types.CallOptions],
    ) -> flexsdk.platforms.flextell.messages.Message: ...
    def list(
        self,
        conversation_id: int,
        *,
        limit: int | None = None,
        cursor: str | None = None,
        **options: typing.Unpack[flexsdk.types.CallOptions],
    ) -> flexsdk.blocking.core.Pages[flexsdk.platforms.flextell.messages.Message]: ...

class Notes(flexsdk.blocking.core.Resource):
    def create(
        self,
        customer_id: int,
        content: str,
        *,
        user_id: int | flexsdk.structs.UnsetType | None = ...,
        **options: typing.Unpack[flexsdk.types.CallOptions],
    ) -> flexsdk.platforms.flextell.notes.Note: ...
    def list(
        self,
        customer_id: int,
        *,
        search: str | None = None,
        trashed: bool | None = None,
        sort_by: typing.Literal['content', 'created_at', 'updated_at'] | None = None,
        sort_order: flexsdk.platforms.flextell.values.SortOrder | None = None,
        limit: int | None = None,
        cursor: str | None = None,
        **options: typing.Unpack[flexsdk.types.CallOptions],
    ) -> flexsdk.blocking.core.Pages[flexsdk.platforms.flextell.notes.Note]: ...

class Products(flexsdk.blocking.core.Resource):
    def update(
        self,
        product_id: int,
        *,
        name: str | flexsdk.structs.UnsetType = ...,
        barcode: str | flexsdk.structs.UnsetType | None = ...,
        description: str | flexsdk.structs.UnsetType | None = ...,
        product_category_id: int | flexsdk.structs.UnsetType | None = ...,
        product_brand_id: int | flexsdk.structs.UnsetType | None = ...,
        product_type_id: int | flexsdk.structs.UnsetType | None = ...,
        base_unit_code_id: int | flexsdk.structs.UnsetType | None = ...,
        stock_tracking_mode: flexsdk.platforms.flextell.catalogue.StockMode | flexsdk.structs.UnsetType = ...,
        inner_unit_count: float | flexsdk.structs.UnsetType | None = ...,
        base_unit_per_inner: float | flexsdk.structs.UnsetType | None = ...,
        critical_stock_level: float | flexsdk.structs.UnsetType | None = ...,
        invoice_name: str | flexsdk.structs.UnsetType | None = ...,
        price: flexsdk.platforms.flextell.values.Money | flexsdk.structs.UnsetType | None = ...,
        tax_rate: flexsdk.platforms.flextell.catalogue.TaxRate | flexsdk.structs.UnsetType | None = ...,
        is_active: bool | flexsdk.structs.UnsetType = ...,
        **options: typing.Unpack[flexsdk.types.CallOptions],
    ) -> flexsdk.platforms.flextell.values.OpenObject: ...
    def list(
        self,
        *,
        search: str | None = None,
        sort_by: typing.Literal['name', 'price', 'is_active', 'created_at', 'updated_at'] | None = None,
        sort_order: flexsdk.platforms.flextell.values.SortOrder | None = None,
        limit: int | None = None,
        cursor: str | None = None,
        **options: typing.Unpack[flexsdk.types.CallOptions],
    ) -> flexsdk.blocking.core.Pages[flexsdk.platforms.flextell.values.OpenObject]: ...

class Roles(flexsdk.blocking.core.Resource):
    def get(
        self,
        **options: typing.Unpack[flexsdk.types.CallOptions],
    ) -> flexsdk.platforms.flextell.account.RolesAndPermissions: ...

class Rooms(flexsdk.blocking.core.Resource):
    def create(
        self,
        name: str,
        status: flexsdk.platforms.flextell.rooms.RoomStatus = 'active',
        **options: typing.Unpack[flexsdk.types.CallOptions],
    ) -> flexsdk.platforms.flextell.rooms.Room: ...
    def list(
        self,
        *,
        status: flexsdk.platforms.flextell.rooms.RoomStatus | None = None,
        trashed: bool | None = None,
        sort_by: typing.Literal['name', 'status', 'created_at', 'updated_at'] | None = None,
        sort_order: flexsdk.platforms.flextell.values.SortOrder | None = None,
        limit: int | None = None,
        cursor: str | None = None,
        **options: typing.Unpack[flexsdk.types.CallOptions],
    ) -> flexsdk.blocking.core.Pages[flexsdk.platforms.flextell.rooms.Room]: ...

class Sales(flexsdk.blocking.core.Resource):
    def get(
        self,
        sale_id: int,
        **options: typing.Unpack[flexsdk.types.CallOptions],
    ) -> flexsdk.platforms.flextell.values.OpenObject: ...
    def list(
        self,
        *,
        limit: int | None = None,
        cursor: str | None = None,
        **options: typing.Unpack[flexsdk.types.CallOptions],
    ) -> flexsdk.blocking.core.Pages[flexsdk.platforms.flextell.values.OpenObject]: ...

class Stocks(flexsdk.blocking.core.Resource):
    def transfer(
        self,
        product_id: int,
        source_warehouse_id: int,
        destination_warehouse_id: int,
        quantity: float,
        *,
        notes: str | flexsdk.structs.UnsetType | None = ...,
        **options: typing.Unpack[flexsdk.types.CallOptions],
    ) -> flexsdk.platforms.flextell.values.OpenObject: ...

class Suggestions(flexsdk.blocking.core.Resource):
    def get(
        self,
        conversation_id: int,
        **options: typing.Unpack[flexsdk.types.CallOptions],
    ) -> flexsdk.platforms.flextell.agent.AiSuggestion: ...
    def send(
        self,
        conversation_id: int,
        *,
        message: str | None = None,
        take_over_agent: bool | flexsdk.structs.UnsetType = ...,
        **options: typing.Unpack[flexsdk.types.CallOptions],
    ) -> flexsdk.platforms.flextell.messages.MessageAck: ...

class Tags(flexsdk.blocking.core.Resource):
    def create(
        self,
        name: str,
        color: str,
        **options: typing.Unpack[flexsdk.types.CallOptions],
    ) -> flexsdk.platforms.flextell.tags.Tag: ...

class Tenants(flexsdk.blocking.core.Resource):
    def list(
        self,
        **options: typing.Unpack[flexsdk.types.CallOptions],
    ) -> flexsdk.blocking.core.Pages[flexsdk.platforms.flextell.account.Tenant]: ...

class Transactions(flexsdk.blocking.core.Resource):
    def create(
        self,
        customer_id: int,
        type: str,
        *,
        transaction_date: flexsdk.platforms.flextell.values.Moment | flexsdk.structs.UnsetType = ...,
        amount: flexsdk.platforms.flextell.values.Money | flexsdk.structs.UnsetType = ...,
        currency_id: int | flexsdk.structs.UnsetType = ...,
        exchange_rate: flexsdk.platforms.flextell.values.Money | flexsdk.structs.UnsetType | None = ...,
        description: str | flexsdk.structs.UnsetType | None = ...,
        invoice_number: str | flexsdk.structs.UnsetType | None = ...,
        account_id: int | flexsdk.structs.UnsetType | None = ...,
        is_installment: bool | flexsdk.structs.UnsetType = ...,
        installment_count: int | flexsdk.structs.UnsetType | None = ...,
        first_due_date: flexsdk.platforms.flextell.values.Moment | flexsdk.structs.UnsetType | None = ...,
        installments: collections.abc.Sequence[flexsdk.platforms.flextell.transactions.Installment] | flexsdk.structs.UnsetType = ...,
        **options: typing.Unpack[flexsdk.types.CallOptions],
    ) -> flexsdk.platforms.flextell.values.OpenObject: ...

class Treatments(flexsdk.blocking.core.Resource):
    def create(
        self,
        name: str,
        *,
        price: flexsdk.platforms.flextell.values.Money | flexsdk.structs.UnsetType = ...,
        is_active: bool | flexsdk.structs.UnsetType = ...,
        group_id: int | flexsdk.structs.UnsetType | None = ...,
        description: str | flexsdk.structs.UnsetType | None = ...,
        tax_rate: str | flexsdk.structs.UnsetType = ...,
        extra_info: collections.abc.Mapping[str, typing.Any] | flexsdk.structs.UnsetType | None = ...,
        keywords: collections.abc.Sequence[str] | flexsdk.structs.UnsetType = ...,
        sessions: collections.abc.Sequence[flexsdk.platforms.flextell.catalogue.TreatmentSession] | flexsdk.structs.UnsetType = ...,
        **options: typing.Unpack[flexsdk.types.CallOptions],
    ) -> flexsdk.platforms.flextell.values.OpenObject: ...
    def get(
        self,
        treatment_id: int,
        **options: typing.Unpack[flexsdk.types.CallOptions],
    ) -> flexsdk.platforms.flextell.values.OpenObject: ...
    def list(
        self,
        *,
        limit: int | None = None,
        cursor: str | None = None,
        **options: typing.Unpack[flexsdk.types.CallOptions],
    ) -> flexsdk.blocking.core.Pages[flexsdk.platforms.flextell.values.OpenObject]: ...
