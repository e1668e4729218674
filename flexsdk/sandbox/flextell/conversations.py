"""Flextell conversations: chats, messages, the AI agent and its suggestions."""

from __future__ import annotations

import math
from typing import Any

from flexsdk.sandbox.exchange import Answer, Call, Problem
from flexsdk.sandbox.flextell.blacklists import block_of, shown_block
from flexsdk.sandbox.flextell.files import kept_file, shown_file
from flexsdk.sandbox.flextell.house import Clinic, House, Row

__all__ = ["Conversations"]

_MINUTE = 60.0


class Conversations:
    """The chats of a clinic."""

    def __init__(self, house: House) -> None:
        self._house = house

    def _find(self, call: Call) -> tuple[Clinic, Row]:
        clinic = self._house.clinic(call)
        return clinic, clinic.find("conversations", call.path["id"])

    async def conversations_list(self, call: Call) -> Row:
        """Answer with one page of conversations."""
        clinic = self._house.clinic(call)
        wanted = call.query.get("channel_type")
        kinds = {channel["id"]: channel["type"] for channel in clinic.rows("channels")}
        chats = [
            {**row, "display_name": _name(clinic, row)}
            for row in clinic.rows("conversations")
            if wanted in (None, kinds[row["channel_id"]])
        ]
        return self._house.listed(
            call, chats, lambda row: self._shown(clinic, row), search=("display_name", "address")
        )

    async def conversations_create(self, call: Call) -> Answer:
        """Open a chat, with a new customer where the address is unknown; one for each channel and address."""
        clinic, body = self._house.clinic(call), call.body
        clinic.linked("channels", body, "channel_id")
        place = {name: body[name] for name in ("channel_id", "address")}
        if clinic.rows("conversations", **place):
            raise Problem(409, "There is a conversation with this address already")
        known = clinic.rows("customers", phone_number=body["address"])
        customer = known[0] if known else clinic.add("customers", **_person(body))
        row = clinic.add("conversations", **place, customer_id=customer["id"], unread=0, agent_until=None)
        return self._house.one(call, self._shown(clinic, row))

    def _shown(self, clinic: Clinic, row: Row) -> Row:
        wire = self._house.wire
        customer = clinic.find("customers", row["customer_id"])
        channel = clinic.find("channels", row["channel_id"])
        block = block_of(self._house, clinic, row["channel_id"], row["customer_id"])
        messages = clinic.rows("messages", conversation_id=row["id"])
        last = messages[-1] if messages else None
        person = ("id", "first_name", "last_name", "phone_number")
        return {
            "id": row["id"],
            "display_name": _name(clinic, row),
            "address": row["address"],
            "last_message_id": wire.count(last["id"] if last else None),
            "last_message": last and last["message"],
            "last_message_at": last and last["created_at"],
            "last_message_type": last and _kind(last),
            "last_message_is_customer": wire.flag(last["user_id"] is None) if last else None,
            "unread_count": wire.count(row["unread"]),
            **self._agent(clinic, row),
            "customer": {name: customer[name] for name in person} | {"avatar_url": None},
            "channel": {name: channel[name] for name in ("id", "name", "type", "address")},
            "blacklist": block and shown_block(self._house, clinic, block),
        }

    # Messages.

    async def conversations_messages_list(self, call: Call) -> Row:
        """Answer with one page of messages, oldest first."""
        clinic, chat = self._find(call)
        messages = clinic.rows("messages", conversation_id=chat["id"])
        return self._house.listed(call, messages, lambda row: self._shown_message(clinic, row))

    async def conversations_messages_send(self, call: Call) -> Answer:
        """Send a text, perhaps as the answer to a message of the same chat."""
        clinic, chat = self._find(call)
        quoted = clinic.linked("messages", call.body, "quoted_message_id")
        if quoted and quoted["conversation_id"] != chat["id"]:
            raise Problem(422, "The selected quoted_message_id is invalid.", param="quoted_message_id")
        return self._send(call, clinic, chat, message=call.body["message"], quoted=quoted)

    async def conversations_messages_send_media(self, call: Call) -> Answer:
        """Send a file with an optional caption."""
        clinic, chat = self._find(call)
        caption = call.form["message"][-1].text if "message" in call.form else None
        fields = {"type": "other", "description": None, "fileable_type": "chat_log", "fileable_id": None}
        return self._send(call, clinic, chat, message=caption, file=kept_file(clinic, call, fields))

    async def conversations_messages_update(self, call: Call) -> Answer:
        """Change the text of a message; that of a customer cannot be changed."""
        clinic, chat = self._find(call)
        row = clinic.find("messages", call.path["messageId"], conversation_id=chat["id"])
        if row["user_id"] is None:
            raise Problem(403, "Messages of customers cannot be edited")
        clinic.change(row, {"message": call.body["message"], "edited": True})
        return self._house.one(call, self._shown_message(clinic, row))

    def _send(self, call: Call, clinic: Clinic, chat: Row, **fields: Any) -> Answer:
        user = clinic.rows("users")[0]
        row = clinic.add("messages", conversation_id=chat["id"], user_id=user["id"], **fields)
        clinic.change(chat, {"unread": 0})
        count = self._house.wire.count
        ack = {"status": "sent", "message_id": count(row["id"]), "conversation_id": count(chat["id"])}
        return self._house.one(call, ack)

    def _shown_message(self, clinic: Clinic, row: Row) -> Row:
        user = clinic.linked("users", row, "user_id")
        file = row.get("file") and shown_file(row["file"])
        quoted = row.get("quoted")
        return {
            **{name: row[name] for name in ("id", "conversation_id", "user_id", "message", "created_at")},
            "user_name": user and user["name"],
            "is_customer": user is None,
            "message_type": _kind(row),
            "quoted_text": quoted and quoted["message"],
            "is_deleted": False,
            "is_edited": row.get("edited", False),
            "edited_by_user_name": user["name"] if user and row.get("edited") else None,
            "deleted_by_user_name": None,
            "read_at": None,
            "metadata": self._house.wire.map({}),
            "file": file,
            "file_temporary_url": file and file["temporary_url"],
        }

    # The agent.

    async def conversations_agent_get(self, call: Call) -> Answer:
        """Tell whether the agent answers, and for how long it does not."""
        clinic, chat = self._find(call)
        left = (chat["agent_until"] or 0) - self._house.now()
        minutes = math.ceil(left / _MINUTE) if 0 < left < math.inf else None
        state = self._agent(clinic, chat) | {"remaining_minutes": self._house.wire.count(minutes)}
        return self._house.one(call, state)

    async def conversations_agent_enable(self, call: Call) -> Answer:
        """Let the agent answer again."""
        clinic, chat = self._find(call)
        clinic.change(chat, {"agent_until": None})
        return self._house.one(call, {"message": "The agent is enabled"})

    async def conversations_agent_disable(self, call: Call) -> Answer:
        """Silence the agent for some minutes, without a number for good."""
        clinic, chat = self._find(call)
        minutes = (call.body or {}).get("duration_minutes")
        until = math.inf if minutes is None else self._house.now() + minutes * _MINUTE
        clinic.change(chat, {"agent_until": until})
        return self._house.one(call, {"message": "The agent is disabled"})

    def _agent(self, clinic: Clinic, chat: Row) -> Row:
        disabled = (chat["agent_until"] or 0) > self._house.now()
        return {
            "agent_disabled": disabled,
            "agent_expires_at": self._house.stamp(chat["agent_until"]) if disabled else None,
            "agent_disabled_by_user_name": clinic.rows("users")[0]["name"] if disabled else None,
        }

    # Its suggestions.

    async def conversations_ai_suggestion_get(self, call: Call) -> Answer:
        """Answer with the pending suggestion."""
        clinic, chat = self._find(call)
        return self._house.one(call, self._suggestion(chat, self._pending(clinic, chat)))

    async def conversations_ai_suggestion_send(self, call: Call) -> Answer:
        """Send the pending suggestion, as it is or edited; then there is none."""
        clinic, chat = self._find(call)
        row = self._pending(clinic, chat)
        text = row["text"]
        if call.body["send_source"] == "suggestion_edited":
            text = call.body.get("message")
        if not text:
            raise Problem(422, "The message is required.", param="message")
        clinic.change(row, {"sent": text})
        if call.body.get("take_over_agent"):
            clinic.change(chat, {"agent_until": math.inf})
        return self._send(call, clinic, chat, message=text)

    def _pending(self, clinic: Clinic, chat: Row) -> Row:
        rows = clinic.rows("suggestions", conversation_id=chat["id"], sent=None)
        if not rows:
            raise Problem(404, "There is no pending suggestion")
        return rows[0]

    def _suggestion(self, chat: Row, row: Row) -> Row:
        return {
            **{name: row[name] for name in ("id", "conversation_id", "created_at", "updated_at")},
            "original_text": row["text"],
            "final_text": None,
            "status": "pending",
            "rating": None,
            "pending_actions": [],
            "trigger_chat_log_ids": [],
            "has_new_messages": chat["unread"] > 0,
            "sent_at": None,
        }


def _person(body: Row) -> Row:
    return {
        "first_name": body.get("first_name"),
        "last_name": body.get("last_name"),
        "phone_number": body["address"],
        "email": None,
        "date_of_birth": None,
        "gender": None,
    }


def _name(clinic: Clinic, row: Row) -> str | None:
    customer = clinic.find("customers", row["customer_id"])
    return " ".join(filter(None, (customer["first_name"], customer["last_name"]))) or None


def _kind(message: Row) -> str:
    file = message.get("file")
    if not file:
        return "text"
    kind: str = file["mime_type"].partition("/")[0]
    return kind if kind in ("image", "audio", "video") else "document"
