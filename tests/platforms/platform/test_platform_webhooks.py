"""Webhooks of Platform: signatures, events, repetitions."""

from __future__ import annotations

import hashlib
import hmac
from typing import Any

import msgspec
import pytest

from flexsdk import Platform
from flexsdk.errors import ConfigError, DecodeError, SignatureError
from flexsdk.platforms.platform import Job, Resource
from flexsdk.platforms.platform.webhooks import Event, ReplayGuard, receive
from flexsdk.sandbox.platform import Platform as Emulated

SECRET = "whsec_test_1"
BODY = b'{"id":"evt_1","type":"resource.updated","createdAt":"2026-01-05T09:00:00Z","data":{"id":"res_1"}}'


def sign(body: bytes, secret: str = SECRET) -> str:
    return hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


def event(id_: str) -> Event:
    return receive(BODY.replace(b"evt_1", id_.encode()), sign(BODY.replace(b"evt_1", id_.encode())), SECRET)


async def test_what_the_platform_delivers_is_read(platform: Platform, emulated: Emulated) -> None:
    secret = emulated.add_webhook("https://hooks.example.com/")
    made = await platform.resources.create("A")
    await platform.resources.create("B", metadata={"sandbox": "job"})
    emulated.options.run_seconds = 0
    await emulated.deliver()

    events = [receive(each.body, each.signature, secret) for each in emulated.deliveries]
    assert [each.type for each in events] == ["resource.created", "resource.created", "job.completed"]
    assert events[0].decode(Resource) == made
    assert events[2].decode(Job).status == "completed"
    assert events[0].data["name"] == "A"
    assert events[0].created_at.tzinfo is not None


@pytest.mark.parametrize(
    ("signature", "secret"),
    [
        pytest.param("sha256=" + sign(BODY), SECRET, id="prefix"),
        pytest.param(sign(BODY).upper(), SECRET, id="upper case"),
        pytest.param(sign(BODY), ["whsec_test_new", SECRET], id="two secrets"),
    ],
)
def test_a_good_signature_is_known_in_its_usual_forms(signature: str, secret: Any) -> None:
    assert receive(BODY, signature, secret).id == "evt_1"


@pytest.mark.parametrize(
    ("body", "signature", "secret"),
    [
        pytest.param(BODY + b" ", sign(BODY), SECRET, id="changed body"),
        pytest.param(BODY, sign(BODY, "whsec_test_2"), SECRET, id="another secret"),
        pytest.param(BODY, "", SECRET, id="no signature"),
        pytest.param(BODY, sign(BODY)[:-1], SECRET, id="short signature"),
        pytest.param(BODY, "é" * 64, SECRET, id="odd signature"),
        pytest.param(b"<html>", sign(BODY), SECRET, id="no JSON, no signature"),
    ],
)
def test_a_bad_signature_is_refused(body: bytes, signature: str, secret: str) -> None:
    with pytest.raises(SignatureError):
        receive(body, signature, secret)


@pytest.mark.parametrize("secret", ["", [], ["", SECRET]], ids=repr)
def test_an_empty_secret_is_refused(secret: Any) -> None:
    with pytest.raises(ConfigError):
        receive(BODY, sign(BODY), secret)


def test_an_unknown_event_is_an_event() -> None:
    body = BODY.replace(b"resource.updated", b"moon.full").replace(b"{", b'{"new":1,', 1)

    assert receive(body, sign(body), SECRET).type == "moon.full"


@pytest.mark.parametrize(
    "body", [b"", b"[]", b"{}", b'{"id":"evt_1"}', BODY.replace(b'{"id":"res_1"}', b"7")]
)
def test_a_signed_body_of_another_shape_is_told(body: bytes) -> None:
    with pytest.raises(DecodeError):
        receive(body, sign(body), SECRET)


def test_data_of_another_shape_are_told() -> None:
    with pytest.raises(DecodeError):
        event("evt_1").decode(Job)


def test_an_event_is_plain_data() -> None:
    assert msgspec.json.decode(msgspec.json.encode(event("evt_1"))) == msgspec.json.decode(BODY)


def test_a_repeated_event_is_admitted_once() -> None:
    guard = ReplayGuard()

    assert [guard.admit(event(id_)) for id_ in ("1", "2", "1", "2", "3")] == [True, True, False, False, True]


def test_an_event_whose_handling_failed_is_admitted_again() -> None:
    guard = ReplayGuard()
    guard.admit(event("1"))
    guard.forget(event("1"))
    guard.forget(event("2"))

    assert guard.admit(event("1"))


def test_a_guard_forgets_the_oldest_first() -> None:
    guard = ReplayGuard(size=2)
    admitted = [guard.admit(event(id_)) for id_ in ("1", "2", "3", "3", "2", "1")]

    assert admitted == [True, True, True, False, False, True]


@pytest.mark.parametrize("size", [0, -1])
def test_a_guard_of_no_size_is_refused(size: int) -> None:
    with pytest.raises(ConfigError, match="size must be 1 or more"):
        ReplayGuard(size)
