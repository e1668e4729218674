from __future__ import annotations

import hashlib
import hmac

import pytest

from flexsdk.errors import DecodeError, SignatureError
from flexsdk.platforms.flapjack import WebhookEvent, receive

SECRET = "whsec_test_1"


def sign(body: bytes) -> str:
    return hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest()


def received(body: bytes) -> WebhookEvent:
    return receive(body, sign(body), SECRET)


@pytest.mark.parametrize(
    ("body", "name", "agent_id"),
    [
        pytest.param(b'{"event":"agent.deleted","agentId":"a1"}', "agent.deleted", "a1", id="event, camel"),
        pytest.param(b'{"type":"computer.idled","agent_id":"a1"}', "computer.idled", "a1", id="type, snake"),
        pytest.param(b'{"event":"computer.danced"}', "computer.danced", None, id="an unknown name"),
    ],
)
def test_a_delivery_is_read_in_either_form(body: bytes, name: str, agent_id: str | None) -> None:
    event = received(body)

    assert (event.name, event.agent_id) == (name, agent_id)


def test_the_whole_body_can_be_reached() -> None:
    assert received(b'{"event":"agent.deleted","more":[1]}').raw == {"event": "agent.deleted", "more": [1]}


def test_a_delivery_of_somebody_else_is_refused() -> None:
    with pytest.raises(SignatureError):
        receive(b'{"event":"agent.deleted"}', sign(b"{}"), SECRET)


@pytest.mark.parametrize("body", [b"{}", b'{"event":1}', b"[]", b""])
def test_a_delivery_that_tells_no_event_is_of_another_shape(body: bytes) -> None:
    with pytest.raises(DecodeError):
        received(body)
