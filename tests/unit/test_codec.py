from __future__ import annotations

import pickle
from typing import Any, Literal

import msgspec
import pytest

from flexsdk.codec import Envelope, decoder, encode
from flexsdk.errors import ConfigError, DecodeError
from flexsdk.protocol.redact import Secret
from flexsdk.structs import CamelModel, CamelParams, Model


class Thing(CamelModel, frozen=True, kw_only=True):
    id: str
    the_size: int = 0
    status: Literal["on", "off"] | str = "on"
    secret: Secret | None = None


def test_unknown_fields_are_ignored_and_wire_names_are_not_seen() -> None:
    thing = decoder(Thing)(b'{"id":"a","theSize":3,"new":{"x":[1]},"the_size":9}')

    assert (thing.id, thing.the_size) == ("a", 3)


@pytest.mark.parametrize("status", ["on", "off", "archived", ""])
def test_words_that_are_not_on_the_list_pass_through(status: str) -> None:
    assert decoder(Thing)(b'{"id":"a","status":"%b"}' % status.encode()).status == status


def test_a_secret_is_decoded_and_not_shown() -> None:
    thing = decoder(Thing)(b'{"id":"a","secret":"flc_test_0123456789abcdef"}')

    assert thing.secret is not None
    assert thing.secret.reveal() == "flc_test_0123456789abcdef"
    assert "0123456789" not in f"{thing!r}{thing}"


@pytest.mark.parametrize("value", [b"1", b"[]", b'{"a":1}'], ids=["number", "list", "object"])
def test_a_secret_of_another_type_is_a_decode_error_with_its_path(value: bytes) -> None:
    with pytest.raises(DecodeError) as raised:
        decoder(Thing)(b'{"id":"a","secret":' + value + b"}")

    assert raised.value.path == "$.secret"


@pytest.mark.parametrize("kind", [object, Any], ids=["object", "any"])
@pytest.mark.parametrize("value", [None, True, 1, 1.5, "a", [1, "b"], {"a": {"b": [None]}}], ids=repr)
def test_anything_can_be_decoded_without_a_type(kind: Any, value: object) -> None:
    assert decoder(kind)(msgspec.json.encode(value)) == value


@pytest.mark.parametrize(
    ("body", "path", "reason"),
    [
        (b"", "$", "truncated"),
        (b"{", "$", "truncated"),
        (b'{"id":1}', "$.id", "Expected `str`, got `int`"),
        (b"{}", "$", "missing required field `id`"),
        (b'{"id":"a","theSize":"x"}', "$.theSize", "Expected `int`, got `str`"),
        (b'{"id":"\xff"}', "$", "utf-8"),
        (b'{"x":' + b"[" * 100_000, "$", "nested too deeply"),
        (b'{"id":"a","x":' + b"[" * 100_000 + b"]" * 100_000 + b"}", "$", "nested too deeply"),
    ],
    ids=["empty", "cut", "type", "missing", "inner type", "no UTF-8", "nested", "nested and unknown"],
)
def test_every_failure_is_one_error_with_path_reason_and_body(body: bytes, path: str, reason: str) -> None:
    with pytest.raises(DecodeError) as raised:
        decoder(Thing)(body)

    error = raised.value
    assert (error.path, error.expected) == (path, "Thing")
    assert reason in str(error)
    assert error.body == body[:65_536]
    assert (error.__cause__, error.__context__) == (None, None)
    assert pickle.loads(pickle.dumps(error)).path == path


def test_an_envelope_is_peeled_off() -> None:
    boxed = Envelope(lambda kind: dict[str, kind], lambda box: box["it"])  # type: ignore[valid-type]  # made at run time

    assert decoder(Thing, boxed)(b'{"it":{"id":"a"}}').id == "a"


def test_a_failure_inside_an_envelope_names_what_the_caller_asked_for() -> None:
    boxed = Envelope(lambda kind: list[kind], lambda box: box[0])  # type: ignore[valid-type]  # made at run time

    with pytest.raises(DecodeError, match="the answer is no Thing") as raised:
        decoder(Thing, boxed)(b'[{"id":1}]')
    assert raised.value.path == "$[0].id"


@pytest.mark.parametrize("body", [b"", b"<html>", b"{}", b"\xff"], ids=repr)
def test_without_a_type_the_body_does_not_matter(body: bytes) -> None:
    assert decoder(None)(body) is None


# --- encoding


class Change(CamelParams, frozen=True, kw_only=True):
    the_name: str | msgspec.UnsetType | None = msgspec.UNSET
    tags: list[str] | msgspec.UnsetType = msgspec.UNSET


@pytest.mark.parametrize(
    ("change", "sent"),
    [
        (Change(), b"{}"),
        (Change(the_name=None), b'{"theName":null}'),
        (Change(the_name="", tags=[]), b'{"theName":"","tags":[]}'),
        ({"a": float("inf")}, b'{"a":null}'),
    ],
    ids=["nothing", "null", "empty values", "infinite"],
)
def test_unset_is_left_out_and_none_is_null(change: object, sent: bytes) -> None:
    assert encode(change) == sent


def test_what_json_cannot_carry_is_refused() -> None:
    circle: list[Any] = []
    circle.append(circle)

    for body in (object(), {1j: 2}, circle, {"a": "\ud800"}):
        with pytest.raises(ConfigError, match="the body cannot be sent as JSON"):
            encode(body)


def test_a_secret_is_not_sent_by_mistake() -> None:
    with pytest.raises(ConfigError) as raised:
        encode({"key": Secret("flc_test_0123456789abcdef")})
    assert "0123456789" not in str(raised.value)


class Empty(Model, frozen=True, kw_only=True):
    pass


def test_equal_bodies_give_equal_values() -> None:
    assert decoder(Empty)(b"{}") == decoder(Empty)(b'{"new":1}')
