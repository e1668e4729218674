"""FlexOrch: documents, jobs, datasets, search, connectors, webhooks, usage and team.

All operations act on one workspace that every key sees; the plan is that of the key. Ids, texts and
scores depend on the seed and the order of the requests; jobs, indexes, syncs and fine-tunings move on by
the clock and take ``run_seconds``. File names steer how a job ends, see ``flexorch_pipeline``. What a
test may change stands in ``terms``, see ``flexorch_terms``; the forms of the contradicting sources too.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from functools import partial
from typing import Any, ClassVar

from aiohttp import web

from flexsdk.sandbox.auth import Key, Kind
from flexsdk.sandbox.contract import Operation
from flexsdk.sandbox.emulator import Behaviour, Emulator
from flexsdk.sandbox.exchange import Answer, Call, Problem, Recorded
from flexsdk.sandbox.flexorch.accounts import EMAIL, PASSWORD, Accounts
from flexsdk.sandbox.flexorch.builds import Builds
from flexsdk.sandbox.flexorch.connectors import Connectors
from flexsdk.sandbox.flexorch.datasets import Datasets
from flexsdk.sandbox.flexorch.documents import Documents
from flexsdk.sandbox.flexorch.executions import Executions
from flexsdk.sandbox.flexorch.exports import Exports
from flexsdk.sandbox.flexorch.jobs import Jobs
from flexsdk.sandbox.flexorch.office import Office
from flexsdk.sandbox.flexorch.profiles import Profiles
from flexsdk.sandbox.flexorch.schedules import Schedules
from flexsdk.sandbox.flexorch.search import Search
from flexsdk.sandbox.flexorch.terms import PLANS, Terms
from flexsdk.sandbox.flexorch.upload import Uploads
from flexsdk.sandbox.flexorch.usage import Usage
from flexsdk.sandbox.flexorch.webhooks import Courier, Delivery, Webhooks
from flexsdk.sandbox.flexorch.workspace import Workspace
from flexsdk.sandbox.forms import receive_form
from flexsdk.sandbox.limits import Window
from flexsdk.sandbox.options import Options

__all__ = ["FlexOrch"]

_CODES = {
    400: "BAD_REQUEST",
    401: "INVALID_API_KEY",
    403: "FORBIDDEN",
    404: "NOT_FOUND",
    405: "METHOD_NOT_ALLOWED",
    415: "UNSUPPORTED_FILE",
    422: "VALIDATION_ERROR",
    429: "RATE_LIMIT_EXCEEDED",
}


class FlexOrch(Emulator):
    """The workspace of one tenant; ``issue(plan="trial")`` makes a key of another plan."""

    name: ClassVar[str] = "flexorch"
    key_prefix: ClassVar[str] = "dfx_"
    user_schemes: ClassVar[frozenset[str]] = frozenset({"bearerJwt"})
    limit_trio: ClassVar[bool] = False
    uncounted: ClassVar[frozenset[str]] = frozenset({"usage_rate_limits"})
    email: ClassVar[str] = EMAIL
    password: ClassVar[str] = PASSWORD
    """With the address, what a login takes."""

    def __init__(self, options: Options) -> None:
        self.terms = Terms()
        """What a test may change; a reset leaves it alone."""
        self._courier = Courier()
        super().__init__(options)

    def sections(self) -> Sequence[object]:
        """Return all sections over a new workspace."""
        space = Workspace(self.options, self.terms, self.make)
        courier = self._courier
        courier.begin(space)
        self._accounts = Accounts(space, self)
        connectors = Connectors(space)
        datasets = Datasets(space)
        return (
            self._accounts,
            Uploads(space, courier, connectors),
            Documents(space, courier),
            Jobs(space),
            Executions(space),
            datasets,
            Builds(space, courier, datasets),
            Profiles(space, datasets),
            Exports(space, courier, datasets, connectors),
            Search(space, datasets),
            connectors,
            Schedules(space, connectors),
            Webhooks(space, courier),
            Usage(space, self),
            Office(space, datasets),
        )

    def begin(self) -> None:
        """Set all but the terms to the start, and put the behaviours into the envelope."""
        super().begin()
        self.behaviours = {id_: partial(self._behave, own) for id_, own in self.behaviours.items()}

    async def _behave(self, behaviour: Behaviour, call: Call) -> Answer:
        self._courier.settle()
        result = await behaviour(call)
        answer = result if isinstance(result, Answer) else Answer(call.operation.success, result)
        if answer.body is None and answer.status != 204:
            answer.data = self._enveloped(answer)
        return answer

    def _enveloped(self, answer: Answer) -> dict[str, Any]:
        if self.terms.form("envelope") == "A":
            return {"data": answer.data}
        status = "accepted" if answer.status == 202 else "success"
        envelope = {"status": status, "data": answer.data, "error": None}
        if answer.status == 202 and "job_id" in answer.data:
            envelope["meta"] = {"poll": f"/v1/jobs/{answer.data['job_id']}"}
        return envelope

    # What a test uses.

    @property
    def deliveries(self) -> list[Delivery]:
        """What was sent to webhooks, in order; only addresses of this machine are really called."""
        return self._courier.deliveries

    async def deliver(self) -> None:
        """Send what is due to the webhooks, and wait for their answers."""
        await self._courier.finish()

    def verify(self, email: str) -> None:
        """Follow the link of the verification mail of a signup."""
        self._accounts.verify(email)

    def issue(self, kind: Kind = "api", *, plan: str = "pro") -> str:
        """Make a further credential; a KeyError tells of an unknown plan."""
        prefix = "fx_" if self.terms.form("key-prefix") == "B" else self.key_prefix
        return self.new_key(prefix + ("user_" if kind == "user" else "test_"), kind, plan).text

    # What the engine asks.

    def error_body(self, problem: Problem) -> Any:
        """Return ``{status, data, error: {code, message}}``, or ``{error}`` alone in form A."""
        code = problem.code or _CODES.get(problem.status, "INTERNAL_ERROR")
        error = {"code": code, "message": problem.message, **problem.extra}
        if self.terms.form("envelope") == "A":
            return {"error": error}
        return {"status": "error", "data": None, "error": error}

    def windows(self, plan: str) -> Sequence[Window]:
        """Return the minute of a plan."""
        return ((PLANS[plan].minute, 60.0),)

    def find_key(self, text: str) -> Key | None:
        """Return a valid key by its text.

        Raises:
            Problem: 401 with UNAUTHORIZED for an access token that is too old.
        """
        if self._accounts.is_expired(text):
            raise Problem(401, "The access token has expired", code="UNAUTHORIZED")
        return super().find_key(text)

    def refused(self, operation: Operation, problem: Problem) -> Problem:
        """Return MISSING_INPUT for an upload that has neither files nor a source."""
        if operation.id == "documents_process" and problem.param in ("files", "source"):
            return Problem(400, problem.message, code="MISSING_INPUT")
        return problem

    async def receive(self, request: web.BaseRequest, record: Recorded) -> None:
        """Measure an upload while it arrives; a form that cannot be read is refused like an empty one."""
        if record.operation != "documents_process" or request.content_type != "multipart/form-data":
            await super().receive(request, record)
            return
        with suppress(ValueError):
            record.form = await receive_form(request)

    async def stop(self) -> None:
        """Close the listener and give up deliveries that wait."""
        await self._courier.stop()
        await super().stop()
