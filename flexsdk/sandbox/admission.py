"""Admission of a request: who sends it, whether it is within the limits, and whether it is valid."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import msgspec

from flexsdk.sandbox.auth import Key, presented
from flexsdk.sandbox.contract import Operation, Parameter
from flexsdk.sandbox.emulator import Emulator
from flexsdk.sandbox.exchange import Call, Problem, Recorded
from flexsdk.sandbox.forms import Part, parse_form
from flexsdk.sandbox.validate import Violation, convert, validator

__all__ = ["Admission"]


class Admission:
    """Turns a recorded request into a call, or refuses it with a Problem."""

    def __init__(self, emulator: Emulator) -> None:
        self._emulator = emulator
        self._validator = validator(emulator.name)

    def authenticate(self, operation: Operation, headers: Mapping[str, str]) -> Key | None:
        """Return the key of a request; None on a public operation.

        Raises:
            Problem: 401 without a valid credential, 403 with one of the wrong kind or plan.
        """
        if not operation.schemes:
            return None
        schemes = self._emulator.contract.schemes
        text = presented(headers, (schemes[name] for name in operation.schemes))
        key = self._emulator.find_key(text) if text else None
        if key is None:
            raise Problem(401, "Invalid API key" if text else "Missing API key")
        kinds = {"user" if name in self._emulator.user_schemes else "api" for name in operation.schemes}
        if key.kind not in kinds:
            raise Problem(403, "This operation takes another kind of credential")
        self._emulator.admit(key)
        return key

    def spend(self, key: Key | None) -> dict[str, str]:
        """Count the request and return the limit headers of its answer.

        Raises:
            Problem: 429 with ``Retry-After``.
        """
        verdict = None if key is None else self._emulator.spend(key)
        if verdict is None:
            return {}
        options = self._emulator.options
        trio = verdict.headers(options.clock(), options.limit_reset) if self._emulator.limit_trio else {}
        if verdict.wait > 0:
            after = {"Retry-After": str(math.ceil(verdict.wait))}
            raise Problem(429, "Rate limit exceeded", headers={**trio, **after})
        return trio if options.limit_headers else {}

    def read(self, operation: Operation, path: Mapping[str, str], record: Recorded, key: Key | None) -> Call:
        """Validate parameters and body.

        Raises:
            Problem: 404 for a path variable that cannot be an id, else 400 or the platform's own status.
        """
        self._parameters(operation, "path", path)
        query = self._parameters(operation, "query", record.query)
        self._parameters(operation, "header", record.headers)
        kind = record.headers.get("Content-Type", "").partition(";")[0].strip().lower()
        body, form = self._body(operation, kind, record) if operation.bodies else (None, {})
        return Call(
            operation=operation,
            path=path,
            query=query,
            headers=record.headers,
            body=body,
            form=form,
            key=key,
        )

    def _parameters(self, operation: Operation, place: str, texts: Mapping[str, str]) -> dict[str, Any]:
        values = {}
        for parameter in operation.parameters:
            if parameter.place == place:
                value = self._parameter(operation, parameter, texts.get(parameter.name))
                if value is not None:
                    values[parameter.name] = value
        return values

    def _parameter(self, operation: Operation, parameter: Parameter, text: str | None) -> Any:
        name = parameter.name
        if text is None:
            if parameter.required:
                raise self._refused(operation, Violation(name, f"{name} is required"), 400)
            return self._emulator.contract.resolve(parameter.schema).get("default")
        value = convert(text, self._validator.types(parameter.schema))
        violation = self._validator.check(parameter.schema, value)
        if violation and parameter.place == "path":
            raise Problem(operation.first_documented(404, 400), "Not found")
        if violation:
            raise self._refused(operation, Violation(name, f"{name}: {violation.message}"), 400)
        return value

    def _body(self, operation: Operation, kind: str, record: Recorded) -> tuple[Any, dict[str, list[Part]]]:
        if not record.body and not operation.body_required:
            return None, {}
        if kind not in operation.bodies:
            wanted = " or ".join(operation.bodies)
            raise Problem(operation.first_documented(415, 400), f"The Content-Type has to be {wanted}")
        form: dict[str, list[Part]] = {}
        if kind == "application/json":
            value = _json(record.body)
        else:
            form = _form(record)
            value = self._form_value(operation, kind, form)
        violation = self._validator.check(operation.bodies[kind], value)
        if violation:
            raise self._refused(operation, violation, self._emulator.invalid)
        return (value if kind == "application/json" else None), form

    def _form_value(self, operation: Operation, kind: str, form: Mapping[str, list[Part]]) -> Any:
        """Return the form as the JSON value that its schema describes; a file stands as its name."""
        members = self._emulator.contract.resolve(operation.bodies[kind]).get("properties", {})
        value: dict[str, Any] = {}
        for name, parts in form.items():
            types = self._validator.types(members.get(name, {}))
            texts = [part.filename if part.filename is not None else part.text for part in parts]
            value[name] = texts if types == ["array"] else convert(texts[-1], types)
        return value

    def _refused(self, operation: Operation, violation: Violation, status: int) -> Problem:
        status = operation.first_documented(status, 400, self._emulator.invalid)
        return self._emulator.refused(operation, Problem(status, violation.message, param=violation.field))


def _json(body: bytes) -> Any:
    try:
        return msgspec.json.decode(body)
    # msgspec lets the last two pass from deep nesting and broken UTF-8.
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
        raise Problem(400, f"The body is not valid JSON: {error}") from None


def _form(record: Recorded) -> dict[str, list[Part]]:
    if record.form is not None:
        return dict(record.form)
    try:
        return parse_form(record.headers["Content-Type"], record.body)
    except ValueError as error:
        raise Problem(400, f"The body is not a valid form: {error}") from None
