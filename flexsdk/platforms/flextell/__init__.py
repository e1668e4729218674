"""Flextell: OAuth 2.0, collections of any name, and the clinic under ``/v1``."""

from flexsdk.core.oauth import Authorization
from flexsdk.errors import LoginRequired
from flexsdk.platforms.flextell.account import RolesAndPermissions, Tenant
from flexsdk.platforms.flextell.agent import AgentState, AiSuggestion, MessageText
from flexsdk.platforms.flextell.appointments import (
    Appointment,
    CalendarFeed,
    CalendarItem,
    PlannedProduct,
    PlannedSession,
    TreatmentSessionPlan,
)
from flexsdk.platforms.flextell.blacklists import BlacklistEntry
from flexsdk.platforms.flextell.catalogue import TreatmentProduct, TreatmentSession
from flexsdk.platforms.flextell.client import Flextell
from flexsdk.platforms.flextell.collection import Collection, Item
from flexsdk.platforms.flextell.conversations import Conversation
from flexsdk.platforms.flextell.customers import Customer
from flexsdk.platforms.flextell.files import File
from flexsdk.platforms.flextell.invoices import InvoiceLine
from flexsdk.platforms.flextell.messages import Message, MessageAck
from flexsdk.platforms.flextell.notes import Note
from flexsdk.platforms.flextell.oauth import FlextellOAuth
from flexsdk.platforms.flextell.people import Channel, CustomerSummary, Person
from flexsdk.platforms.flextell.rooms import Room
from flexsdk.platforms.flextell.tags import Tag
from flexsdk.platforms.flextell.transactions import Installment
from flexsdk.platforms.flextell.values import OpenObject

__all__ = [
    "Flextell",
    "FlextellOAuth",
    "Authorization",
    "LoginRequired",
    "AgentState",
    "AiSuggestion",
    "Appointment",
    "BlacklistEntry",
    "CalendarFeed",
    "CalendarItem",
    "Channel",
    "Collection",
    "Conversation",
    "Customer",
    "CustomerSummary",
    "File",
    "Installment",
    "InvoiceLine",
    "Item",
    "Message",
    "MessageAck",
    "MessageText",
    "Note",
    "OpenObject",
    "Person",
    "PlannedProduct",
    "PlannedSession",
    "RolesAndPermissions",
    "Room",
    "Tag",
    "Tenant",
    "TreatmentProduct",
    "TreatmentSession",
    "TreatmentSessionPlan",
]
