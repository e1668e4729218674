"""The way of a request: route, fault, authentication, limits, validation, behaviour, check, answer."""

from __future__ import annotations

import asyncio
from email.utils import formatdate
from http.client import responses
from urllib.parse import parse_qsl, unquote

import msgspec
from aiohttp import web

from flexsdk.sandbox.admission import Admission
from flexsdk.sandbox.contract import Operation
from flexsdk.sandbox.defaults import default_answer
from flexsdk.sandbox.emulator import Emulator
from flexsdk.sandbox.exchange import Answer, Call, Problem, Recorded
from flexsdk.sandbox.faults import Fault
from flexsdk.sandbox.routes import Router
from flexsdk.sandbox.server import deliver, sever
from flexsdk.sandbox.validate import validator

__all__ = ["Engine"]

_Route = tuple[Operation, dict[str, str]] | Problem


class Engine:
    """Serves one platform by its contract."""

    def __init__(self, emulator: Emulator) -> None:
        self._emulator = emulator
        self._router = Router((*emulator.contract.operations.values(), *emulator.extra_operations()))
        self._admission = Admission(emulator)
        self._validator = validator(emulator.name)

    async def handle(self, request: web.BaseRequest) -> web.StreamResponse:
        """Answer one request, and record it."""
        route = self._route(request)
        record = self._record(request, route)
        try:
            await self._emulator.receive(request, record)
            return await self._serve(request, record, route)
        except (ConnectionError, web.RequestPayloadError):
            record.disconnected = True
            return web.Response()
        except asyncio.CancelledError:
            record.disconnected = not self._emulator.stopping
            raise
        except Exception as error:
            # A stream that fails half-way has to reach the test, not only a log.
            self._emulator.violations.append(f"{record.operation} failed with {error!r}")
            raise
        finally:
            record.ended = self._emulator.options.clock()

    def _route(self, request: web.BaseRequest) -> _Route:
        try:
            return self._router.find(request.method, request.raw_path.partition("?")[0])
        except Problem as problem:
            return problem

    def _record(self, request: web.BaseRequest, route: _Route) -> Recorded:
        path, _, query = request.raw_path.partition("?")
        record = Recorded(
            operation=None if isinstance(route, Problem) else route[0].id,
            method=request.method,
            path=unquote(path),
            raw_path=request.raw_path,
            query=dict(parse_qsl(query, keep_blank_values=True)),
            headers=request.headers,
            started=self._emulator.options.clock(),
        )
        self._emulator.requests.append(record)
        return record

    async def _serve(self, request: web.BaseRequest, record: Recorded, route: _Route) -> web.StreamResponse:
        met = self._emulator.faults.meet(record.operation)
        await asyncio.sleep(sum(fault.seconds for fault in met if fault.kind == "latency"))
        fault = next((fault for fault in met if fault.kind != "latency"), None)
        if fault is not None and fault.severs:
            if fault.acted:
                await self._answer(record, route)
            return await sever(request, fault)
        if fault is not None and fault.kind == "answer":
            answer = self._stand_in(fault)
        else:
            answer = await self._answer(record, route)
        return await deliver(request, self._encoded(answer), fault, record)

    def _stand_in(self, fault: Fault) -> Answer:
        if fault.body is None:
            problem = Problem(fault.code, responses.get(fault.code, "Error"))
            return Answer(fault.code, self._emulator.error_body(problem), headers=dict(fault.headers))
        return Answer(fault.code, body=fault.body, headers=dict(fault.headers))

    async def _answer(self, record: Recorded, route: _Route) -> Answer:
        headers: dict[str, str] = {}
        operation = None
        try:
            if isinstance(route, Problem):
                raise route
            operation, path = route
            key = self._admission.authenticate(operation, record.headers)
            headers = {} if operation.id in self._emulator.uncounted else self._admission.spend(key)
            call = self._admission.read(operation, path, record, key)
            answer = await self._behave(call)
        except Problem as problem:
            answer = Answer(problem.status, self._emulator.error_body(problem), headers=problem.headers)
        answer = self._checked(operation, answer)
        answer.headers = {**self._emulator.common_headers(), **headers, **answer.headers}
        return answer

    async def _behave(self, call: Call) -> Answer:
        behaviour = self._emulator.behaviours.get(call.operation.id)
        if behaviour is None:
            return default_answer(self._emulator.contract, call.operation)
        try:
            result = await behaviour(call)
        except Problem:
            raise
        except Exception as error:
            # A bug of a behaviour has to reach the test, not a log.
            raise self._violation(call.operation, f"failed with {error!r}") from error
        return result if isinstance(result, Answer) else Answer(call.operation.success, result)

    def _checked(self, operation: Operation | None, answer: Answer) -> Answer:
        if operation is None or not self._emulator.options.check_answers:
            return answer
        fault = self._breach(operation, answer)
        if fault is None:
            return answer
        problem = self._violation(operation, fault)
        return Answer(problem.status, self._emulator.error_body(problem))

    def _breach(self, operation: Operation, answer: Answer) -> str | None:
        media = operation.media(answer.status)
        if media is None:
            return f"answered {answer.status}, which the contract does not list"
        if answer.body is not None:
            known = answer.content_type.partition(";")[0] in media or answer.body == b""
            return None if known else f"answered with the content type {answer.content_type}"
        if not media:
            return None if answer.data is None else f"sent a body with {answer.status}"
        if "application/json" not in media:
            return "answered with JSON"
        violation = self._validator.check(media["application/json"].get("schema", {}), answer.data)
        return None if violation is None else f"answered {answer.status} with {violation.message}"

    def _violation(self, operation: Operation, text: str) -> Problem:
        violation = f"{operation.id} {text}"
        self._emulator.violations.append(violation)
        return Problem(500, f"sandbox: {violation}")

    def _encoded(self, answer: Answer) -> Answer:
        if answer.body is None:
            empty = answer.data is None and answer.status in (204, 302, 304)
            answer.body = b"" if empty else msgspec.json.encode(answer.data)
        # A client may measure X-RateLimit-Reset against it, so it has to be of the same clock.
        answer.headers.setdefault("Date", formatdate(self._emulator.options.clock(), usegmt=True))
        return answer
