"""FlexOrch uploads: files that are measured while they arrive, and objects pulled from a connector."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Any

import msgspec
from aiohttp import BodyPartReader, web
from aiohttp.http_exceptions import BadHttpMessage

from flexsdk.sandbox.exchange import Answer, Call, Problem
from flexsdk.sandbox.flexorch_connectors import Connectors
from flexsdk.sandbox.flexorch_models import Document, Job
from flexsdk.sandbox.flexorch_pipeline import EXTENSIONS, extension
from flexsdk.sandbox.flexorch_terms import PLANS
from flexsdk.sandbox.flexorch_webhooks import Courier
from flexsdk.sandbox.flexorch_workspace import Workspace, plan_of
from flexsdk.sandbox.forms import Part

__all__ = ["Upload", "Uploads", "receive_form"]

_KEPT = 1 << 16
"""Bytes of each part that are kept; the rest is counted and hashed."""
_PIECE = 1 << 18
_STATUSES = {"FILE_TOO_LARGE": 413, "UNSUPPORTED_FILE": 415}


@dataclass(frozen=True, slots=True, kw_only=True)
class Upload(Part):
    """A part whose data holds only its beginning."""

    size: int
    """Bytes in all."""
    sha256: str


async def receive_form(request: web.BaseRequest) -> dict[str, list[Part]]:
    """Read a multipart body part by part, and keep the beginning of each.

    Raises:
        ValueError: the body is no multipart form.
    """
    form: dict[str, list[Part]] = {}
    try:
        async for part in await request.multipart():
            if not isinstance(part, BodyPartReader) or part.name is None:
                raise ValueError("a part has no name")
            form.setdefault(part.name, []).append(await _measured(part, part.name))
    except BadHttpMessage as error:
        raise ValueError(str(error)) from None
    return form


async def _measured(part: BodyPartReader, name: str) -> Upload:
    head, size, digest = bytearray(), 0, hashlib.sha256()
    while piece := await part.read_chunk(_PIECE):
        head += piece[: _KEPT - len(head)]
        size += len(piece)
        digest.update(piece)
    if part.filename is None:
        head.decode()
    kind = part.headers.get("Content-Type", "text/plain")
    return Upload(name, bytes(head), part.filename, kind, size=size, sha256=digest.hexdigest())


@dataclass(slots=True)
class _Intake:
    """What becomes of the files of one request, in order."""

    good: list[Upload] = field(default_factory=list)
    rejected: list[dict[str, str]] = field(default_factory=list)
    jobs: list[tuple[str, Job, bool]] = field(default_factory=list)
    """File name, job, whether the file was known already."""


class Uploads:
    """Takes files in."""

    def __init__(self, space: Workspace, courier: Courier, connectors: Connectors) -> None:
        self._space = space
        self._courier = courier
        self._connectors = connectors
        self._known: dict[str, Document] = {}

    async def documents_process(self, call: Call) -> Answer:
        """Start a job for each file that is accepted; one credit each, none for a known file."""
        plan = plan_of(call)
        self._space.refuse_ended_trial(plan)
        locale, config = _settings(call.form)
        intake = _Intake()
        for upload in self._sent(call) or self._pulled(call):
            self._check(upload, plan, intake)
        self._pay(plan, intake.good)
        for upload in intake.good:
            intake.jobs.append(self._accept(upload, locale, config))
        return self._answer(intake)

    def _sent(self, call: Call) -> list[Upload]:
        files = [part for part in call.form.get("files", ()) if isinstance(part, Upload)]
        if any(part.filename is None for part in files):
            raise Problem(400, "A part named files is no file", code="MISSING_INPUT")
        return files

    def _pulled(self, call: Call) -> list[Upload]:
        source = call.body["source"] if call.body else self._source(call.form)
        connector = self._connectors.use(source["connector_id"])
        return [_object(f"{connector.id}/{key}", key) for key in source["keys"]]

    def _source(self, form: Mapping[str, list[Part]]) -> dict[str, Any]:
        if self._space.terms.form("connector-request") == "A":
            raise Problem(422, "source is taken as JSON body only", param="source")
        source = _json("source", form["source"][-1].text)
        keys = source.get("keys")
        if "connector_id" not in source or not isinstance(keys, list) or not keys:
            raise Problem(422, "source needs connector_id and keys", param="source")
        return source

    def _check(self, upload: Upload, plan: str, intake: _Intake) -> None:
        name, code = upload.filename or "", None
        if extension(name) not in EXTENSIONS:
            code = "UNSUPPORTED_FILE"
        elif upload.size > PLANS[plan].max_file:
            code = "FILE_TOO_LARGE"
        if code is None:
            intake.good.append(upload)
        elif self._space.terms.form("upload-response") == "A":
            raise Problem(_STATUSES[code], f"{name} is not accepted", code=code)
        else:
            intake.rejected.append({"filename": name, "error": code})

    def _pay(self, plan: str, uploads: list[Upload]) -> None:
        new = {upload.sha256 for upload in uploads} - set(self._known)
        if self._space.charge(plan, len(new)):
            self._courier.warn()

    def _accept(self, upload: Upload, locale: str, config: dict[str, Any]) -> tuple[str, Job, bool]:
        filename = upload.filename or ""
        known = self._known.get(upload.sha256)
        if known:
            return filename, known.jobs[-1], True
        document = Document(
            self._space.number("document"),
            filename,
            upload.sha256,
            upload.data,
            self._space.now(),
            self._space.make.time(),
            upload.name == "source",
        )
        self._known[upload.sha256] = self._space.documents[document.id] = document
        job = self._space.start(document, locale, config)
        self._courier.expect(job)
        return filename, job, False

    def _answer(self, intake: _Intake) -> Answer:
        if self._space.terms.form("upload-response") == "A":
            ids = [self._space.shown("job", job.id) for _, job, _ in intake.jobs]
            return Answer(202, {"job_ids": ids, "status": "queued"})
        is_one = len(intake.jobs) == 1 and not intake.rejected
        if is_one and intake.jobs[0][2] and self._space.terms.form("duplicate-response") == "A":
            return self._duplicate(intake.jobs[0][1])
        jobs = [self._item(*accepted) for accepted in intake.jobs]
        return Answer(202, {"accepted": len(jobs), "rejected": intake.rejected, "jobs": jobs})

    def _duplicate(self, job: Job) -> Answer:
        members: dict[str, Any] = {"is_duplicate": True, "existing_job_id": self._space.shown("job", job.id)}
        if job.run:
            members["existing_document_id"] = self._space.shown("document", job.run.document.id)
        return Answer(200, members)

    def _item(self, filename: str, job: Job, known: bool) -> dict[str, Any]:
        item = {
            "filename": filename,
            "job_id": self._space.shown("job", job.id),
            "status": self._space.status(job),
        }
        if job.run:
            item["document_id"] = self._space.shown("document", job.run.document.id)
        return item | ({"is_duplicate": True} if known else {})


def _object(place: str, key: str) -> Upload:
    """Return an object of a connector; its bytes are made from its place."""
    data = place.encode()
    name = PurePosixPath(key).name
    digest = hashlib.sha256(data).hexdigest()
    return Upload("source", data, name, "application/octet-stream", size=len(data), sha256=digest)


def _settings(form: Mapping[str, list[Part]]) -> tuple[str, dict[str, Any]]:
    locale = form["locale"][-1].text if "locale" in form else "und"
    config = _json("pipeline_config", form["pipeline_config"][-1].text) if "pipeline_config" in form else {}
    return locale, config


def _json(field_: str, text: str) -> dict[str, Any]:
    try:
        return msgspec.json.decode(text, type=dict[str, Any])
    # msgspec lets the second pass from deep nesting.
    except (msgspec.DecodeError, RecursionError):
        raise Problem(422, f"{field_} has to be a JSON object", param=field_) from None
