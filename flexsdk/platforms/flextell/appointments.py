"""Appointments, calendar and reminders. Source: endpoint pages; which fields are required is inferred."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Unpack

from msgspec import field

from flexsdk.core.op import Op
from flexsdk.core.pages import Pages
from flexsdk.core.resource import Resource
from flexsdk.platforms.flextell.customers import Customer
from flexsdk.platforms.flextell.dialect import DATA, LIST, OPEN, PAGES, check_limit
from flexsdk.platforms.flextell.people import Person
from flexsdk.platforms.flextell.rooms import Room
from flexsdk.platforms.flextell.values import Moment, OpenObject, checked, moment
from flexsdk.structs import UNSET, Model, Page, Params, UnsetType
from flexsdk.types import CallOptions

__all__ = [
    "CALENDAR",
    "CREATE",
    "GET",
    "LIST_APPOINTMENTS",
    "SEND_REMINDER",
    "Appointment",
    "AppointmentCreate",
    "AppointmentReminders",
    "Appointments",
    "CalendarFeed",
    "CalendarItem",
    "CalendarItemMeta",
    "PlannedProduct",
    "PlannedSession",
    "TreatmentSessionPlan",
]


class Appointment(Model, frozen=True, kw_only=True):
    """An appointment; treatments and related appointments are not documented further."""

    id: int
    customer_id: int | None = None
    room_id: int | None = None
    parent_appointment_id: int | None = None
    code: str | None = None
    relation_type: str | None = None
    description: str | None = None
    scheduled_at: str | None = None
    status: str = "pending"
    cancellation_reason: str | None = None
    creation_type: str | None = None
    assistants: list[Person] = []
    created_at: str | None = None
    updated_at: str | None = None
    deleted_at: str | None = None
    customer: Customer | None = None
    doctor: Person | None = None
    room: Room | None = None
    parent_appointment: Any = None
    child_appointments: Any = None
    treatments: list[Any] = []


class PlannedProduct(Params, frozen=True, kw_only=True):
    """A product that a session will use."""

    product_id: int
    warehouse_id: int | UnsetType = UNSET
    quantity: float | UnsetType = UNSET


class PlannedSession(Params, frozen=True, kw_only=True):
    """One session of a treatment; offsets and gaps are in days."""

    session_order: int | UnsetType = UNSET
    offset_days: int | UnsetType = UNSET
    next_gap_days: int | UnsetType = UNSET
    products: Sequence[PlannedProduct] | UnsetType = UNSET


class TreatmentSessionPlan(Params, frozen=True, kw_only=True):
    """How the sessions of a treatment follow each other."""

    treatment_id: int
    sessions: Sequence[PlannedSession] | UnsetType = UNSET


class AppointmentCreate(Params, frozen=True, kw_only=True):
    """The body of a creation."""

    customer_id: int
    user_id: int
    scheduled_at: str
    treatments: Sequence[int] | UnsetType = UNSET
    assistant_id: int | UnsetType | None = UNSET
    parent_appointment_id: int | UnsetType | None = UNSET
    description: str | UnsetType | None = UNSET
    cancellation_reason: str | UnsetType | None = UNSET
    room_id: int | UnsetType | None = UNSET
    status: str | UnsetType = UNSET
    treatment_session_plans: Sequence[TreatmentSessionPlan] | UnsetType = UNSET


class CalendarItemMeta(Model, frozen=True, kw_only=True):
    """More on an entry of the calendar."""

    status: str | None = None
    status_label: str | None = None
    is_old_slot: bool | None = None
    reschedule_confirmation_pending: bool | None = None
    is_hard_reserved: bool | None = None
    original_scheduled_at: str | None = None
    proposed_scheduled_at: str | None = None
    pending_expires_at: str | None = None


class CalendarItem(Model, frozen=True, kw_only=True):
    """An entry of the calendar: an appointment or a time that is taken."""

    kind: str | None = None
    reason: str | None = None
    start_at: str | None = None
    end_at: str | None = None
    doctor_name: str | None = None
    treatment_name: str | None = None
    time_label: str | None = None
    appointment_id: int | None = None
    show_details: bool | None = None
    meta: CalendarItemMeta | None = None


class CalendarFeed(Model, frozen=True, kw_only=True):
    """The calendar between two moments, in the time zone of the tenant."""

    start: str | None = field(name="from", default=None)
    end: str | None = field(name="to", default=None)
    timezone: str | None = None
    items: list[CalendarItem] = []


LIST_APPOINTMENTS = Op(
    "appointments_list",
    "GET",
    "/v1/appointments",
    Page[Appointment],
    query=("per_page", "page"),
    envelope=LIST,
    pages=PAGES,
)
CREATE = Op(
    "appointments_create", "POST", "/v1/appointments", Appointment, body=AppointmentCreate, envelope=DATA
)
CALENDAR = Op(
    "appointments_calendar",
    "GET",
    "/v1/appointments/calendar",
    CalendarFeed,
    query=("from", "to"),
    envelope=DATA,
)
GET = Op("appointments_get", "GET", "/v1/appointments/{id}", Appointment, envelope=DATA)
SEND_REMINDER = Op(
    "appointment_reminders_send",
    "POST",
    "/v1/appointment-reminders/{id}/send",
    OpenObject,
    envelope=OPEN,
)


class Appointments(Resource):
    """Appointments; reached as ``client.appointments``."""

    async def create(
        self,
        customer_id: int,
        user_id: int,
        scheduled_at: Moment,
        *,
        treatments: Sequence[int] | UnsetType = UNSET,
        assistant_id: int | UnsetType | None = UNSET,
        parent_appointment_id: int | UnsetType | None = UNSET,
        description: str | UnsetType | None = UNSET,
        cancellation_reason: str | UnsetType | None = UNSET,
        room_id: int | UnsetType | None = UNSET,
        status: str | UnsetType = UNSET,
        treatment_session_plans: Sequence[TreatmentSessionPlan] | UnsetType = UNSET,
        **options: Unpack[CallOptions],
    ) -> Appointment:
        """Make an appointment. Not repeated after an ambiguous failure: look into the calendar then.

        Args:
            user_id: the doctor.
            scheduled_at: when; a datetime needs its zone.
            treatments: ids of treatments.
            status: from an older edition of the documentation.
        """
        body = AppointmentCreate(
            customer_id=customer_id,
            user_id=user_id,
            scheduled_at=moment(scheduled_at),
            treatments=treatments,
            assistant_id=assistant_id,
            parent_appointment_id=parent_appointment_id,
            description=description,
            cancellation_reason=cancellation_reason,
            room_id=room_id,
            status=status,
            treatment_session_plans=treatment_session_plans,
        )
        return await self._call(CREATE, body=checked(body), **options)

    async def get(self, appointment_id: int, **options: Unpack[CallOptions]) -> Appointment:
        """Read an appointment. Safe to repeat."""
        return await self._call(GET, appointment_id, **options)

    async def calendar(self, start: Moment, end: Moment, **options: Unpack[CallOptions]) -> CalendarFeed:
        """Read the calendar between two moments or days. Safe to repeat."""
        query = {"from": moment(start), "to": moment(end)}
        return await self._call(CALENDAR, query=query, **options)

    def list(
        self, *, limit: int | None = None, cursor: str | None = None, **options: Unpack[CallOptions]
    ) -> Pages[Appointment]:
        """List appointments. Safe to repeat.

        Args:
            limit: items of a page, 1 to 100.
            cursor: where to go on, from ``pages.cursor``.
        """
        return self._pages(LIST_APPOINTMENTS, limit=check_limit(limit), cursor=cursor, **options)


class AppointmentReminders(Resource):
    """Reminders; reached as ``client.appointment_reminders``."""

    async def send(self, reminder_id: int, **options: Unpack[CallOptions]) -> OpenObject:
        """Send a reminder now. Not repeated after an ambiguous failure: it may have been sent."""
        return await self._call(SEND_REMINDER, reminder_id, **options)
