"""Messages of conversations. Source: endpoint pages, "Conversations"."""

from __future__ import annotations

from typing import Annotated, Any, TypeAlias, Unpack

from msgspec import Meta
from msgspec.structs import force_setattr

from flexsdk.core.body import FileSource, Progress, Upload
from flexsdk.core.op import Op
from flexsdk.core.pages import Pages
from flexsdk.core.resource import Resource
from flexsdk.platforms.flextell.dialect import DATA, LIST, PAGES, check_limit
from flexsdk.platforms.flextell.files import File, multipart
from flexsdk.platforms.flextell.values import Int, as_int, checked
from flexsdk.structs import UNSET, Model, Page, Params, UnsetType
from flexsdk.types import CallOptions

__all__ = [
    "LIST_MESSAGES",
    "SEND",
    "SEND_MEDIA",
    "UPDATE",
    "Message",
    "MessageAck",
    "MessageSend",
    "MessageUpdate",
    "Messages",
]

Words: TypeAlias = Annotated[str, Meta(max_length=5000)]


class Message(Model, frozen=True, kw_only=True):
    """A message; ``metadata`` is any JSON, the temporary address of the file ends by itself."""

    id: int
    conversation_id: int | None = None
    user_id: int | None = None
    user_name: str | None = None
    is_customer: bool | None = None
    message_type: str | None = None
    message: str | None = None
    quoted_text: str | None = None
    is_deleted: bool | None = None
    is_edited: bool | None = None
    edited_by_user_name: str | None = None
    deleted_by_user_name: str | None = None
    read_at: str | None = None
    metadata: Any = None
    created_at: str | None = None
    file: File | None = None
    file_temporary_url: str | None = None


class MessageAck(Model, frozen=True, kw_only=True):
    """What the platform says of a message that it took to send."""

    status: str | None = None
    message_id: Int | None = None
    conversation_id: Int | None = None

    def __post_init__(self) -> None:
        """Settle the ids, which also come as text."""
        force_setattr(self, "message_id", as_int(self.message_id))
        force_setattr(self, "conversation_id", as_int(self.conversation_id))


class MessageSend(Params, frozen=True, kw_only=True):
    """The body of a message."""

    message: Words
    quoted_message_id: int | UnsetType | None = UNSET


class MessageUpdate(Params, frozen=True, kw_only=True):
    """The body of an edit."""

    message: Words


class _Caption(Params, frozen=True, kw_only=True):
    message: Words | UnsetType = UNSET


_MESSAGES = "/v1/conversations/{id}/messages"

LIST_MESSAGES = Op(
    "conversations_messages_list",
    "GET",
    _MESSAGES,
    Page[Message],
    query=("per_page", "page"),
    envelope=LIST,
    pages=PAGES,
)
SEND = Op("conversations_messages_send", "POST", _MESSAGES, MessageAck, body=MessageSend, envelope=DATA)
SEND_MEDIA = Op("conversations_messages_send_media", "POST", f"{_MESSAGES}/media", MessageAck, envelope=DATA)
UPDATE = Op(
    "conversations_messages_update",
    "PUT",
    f"{_MESSAGES}/{{message_id}}",
    Message,
    body=MessageUpdate,
    envelope=DATA,
)


class Messages(Resource):
    """Messages; reached as ``client.conversations.messages``."""

    async def send(
        self,
        conversation_id: int,
        message: str,
        *,
        quoted_message_id: int | UnsetType | None = UNSET,
        **options: Unpack[CallOptions],
    ) -> MessageAck:
        """Send a text to the customer. Not repeated after an ambiguous failure: it may have been sent.

        Args:
            message: up to 5,000 characters.
        """
        body = checked(MessageSend(message=message, quoted_message_id=quoted_message_id))
        return await self._call(SEND, conversation_id, body=body, **options)

    async def send_media(
        self,
        conversation_id: int,
        file: Upload | FileSource,
        *,
        message: str | UnsetType = UNSET,
        on_progress: Progress | None = None,
        **options: Unpack[CallOptions],
    ) -> MessageAck:
        """Send a file to the customer. Not repeated after an ambiguous failure: it may have been sent.

        Args:
            file: a path, or an :class:`~flexsdk.core.body.Upload`; up to 50 MiB (inferred).
            message: a caption, up to 5,000 characters.
            on_progress: told of the bytes sent.
        """
        body = multipart(file, _Caption(message=message), on_progress)
        return await self._call(SEND_MEDIA, conversation_id, body=body, **options)

    async def update(
        self, conversation_id: int, message_id: int, message: str, **options: Unpack[CallOptions]
    ) -> Message:
        """Replace the text of a message; up to 5,000 characters. Safe to repeat."""
        body = checked(MessageUpdate(message=message))
        return await self._call(UPDATE, conversation_id, message_id, body=body, **options)

    def list(
        self,
        conversation_id: int,
        *,
        limit: int | None = None,
        cursor: str | None = None,
        **options: Unpack[CallOptions],
    ) -> Pages[Message]:
        """List the messages of a conversation. Safe to repeat.

        Args:
            limit: items of a page, 1 to 100.
            cursor: where to go on, from ``pages.cursor``.
        """
        return self._pages(LIST_MESSAGES, conversation_id, limit=check_limit(limit), cursor=cursor, **options)
