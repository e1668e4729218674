"""FlexOrch uploads: files that are sent, and objects pulled from a connector."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

import msgspec

from flexsdk.sandbox.exchange import Answer, Call, Problem
from flexsdk.sandbox.flexorch.connectors import Connectors
from flexsdk.sandbox.flexorch.models import Document
from flexsdk.sandbox.flexorch.pipeline import EXTENSIONS, extension
from flexsdk.sandbox.flexorch.terms import PLANS
from flexsdk.sandbox.flexorch.webhooks import Courier
from flexsdk.sandbox.flexorch.workspace import Workspace, plan_of
from flexsdk.sandbox.forms import Part, Upload

__all__ = ["Uploads"]

_STATUSES = {"FILE_TOO_LARGE": 413, "UNSUPPORTED_FILE": 415}


@dataclass(frozen=True, slots=True)
class _Taken:
    """A file that was accepted."""

    filename: str
    document: Document
    known: bool
    """Whether its bytes had come before."""


class Uploads:
    """Takes files in."""

    def __init__(self, space: Workspace, courier: Courier, connectors: Connectors) -> None:
        self._space = space
        self._courier = courier
        self._connectors = connectors
        self._known: dict[str, Document] = {}

    async def documents_process(self, call: Call) -> Answer:
        """Start a job for each file that is accepted; one credit each, none for a known file."""
        locale, config = _settings(call.form)
        good: list[Upload] = []
        rejected = []
        for upload in self._sent(call) or self._pulled(call):
            code = self._fault(upload, plan_of(call))
            if code:
                rejected.append({"filename": upload.filename or "", "error": code})
            else:
                good.append(upload)
        self._pay(plan_of(call), good)
        return self._answer([self._accept(upload, locale, config) for upload in good], rejected)

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
        named = isinstance(keys, list) and all(isinstance(key, str) for key in keys)
        if "connector_id" not in source or not keys or not named:
            raise Problem(422, "source needs connector_id and keys", param="source")
        return source

    def _fault(self, upload: Upload, plan: str) -> str | None:
        """Return the code of what is wrong with a file; in form A of the answer it is raised."""
        code = None
        if extension(upload.filename or "") not in EXTENSIONS:
            code = "UNSUPPORTED_FILE"
        elif upload.size > PLANS[plan].max_file:
            code = "FILE_TOO_LARGE"
        if code and self._space.terms.form("upload-response") == "A":
            raise Problem(_STATUSES[code], f"{upload.filename} is not accepted", code=code)
        return code

    def _pay(self, plan: str, uploads: list[Upload]) -> None:
        new = {upload.sha256 for upload in uploads} - set(self._known)
        if self._space.charge(plan, len(new)):
            self._courier.warn()

    def _accept(self, upload: Upload, locale: str, config: dict[str, Any]) -> _Taken:
        filename = upload.filename or ""
        known = self._known.get(upload.sha256)
        if known:
            return _Taken(filename, known, True)
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
        self._courier.expect(self._space.run(document, locale, config))
        return _Taken(filename, document, False)

    def _answer(self, taken: list[_Taken], rejected: list[dict[str, str]]) -> Answer:
        if self._space.terms.form("upload-response") == "A":
            ids = [self._space.shown("job", item.document.runs[-1].id) for item in taken]
            return Answer(202, {"job_ids": ids, "status": "queued"})
        jobs = [self._item(item) for item in taken]
        alone = len(jobs) == 1 and not rejected and taken[0].known
        if alone and self._space.terms.form("duplicate-response") == "A":
            members = {f"existing_{name}": jobs[0][name] for name in ("document_id", "job_id")}
            return Answer(200, {"is_duplicate": True} | members)
        return Answer(202, {"accepted": len(jobs), "rejected": rejected, "jobs": jobs})

    def _item(self, taken: _Taken) -> dict[str, Any]:
        run = taken.document.runs[-1]
        item = {
            "filename": taken.filename,
            "job_id": self._space.shown("job", run.id),
            "status": self._space.status(run),
            "document_id": self._space.shown("document", taken.document.id),
        }
        return item | ({"is_duplicate": True} if taken.known else {})


def _object(place: str, key: str) -> Upload:
    """Return an object of a connector; its bytes are made from its place."""
    data = place.encode()
    name = PurePosixPath(key).name
    digest = hashlib.sha256(data).hexdigest()
    return Upload("source", data, name, "application/octet-stream", size=len(data), sha256=digest)


def _settings(form: Mapping[str, list[Part]]) -> tuple[str, dict[str, Any]]:
    locale = form["locale"][-1].text if "locale" in form else "und"
    config = _json("pipeline_config", form["pipeline_config"][-1].text) if "pipeline_config" in form else {}
    if not isinstance(config.get("document_type_hint", ""), str):
        raise Problem(422, "document_type_hint has to be text", param="pipeline_config")
    return locale, config


def _json(field_: str, text: str) -> dict[str, Any]:
    try:
        return msgspec.json.decode(text, type=dict[str, Any])
    # msgspec lets the second pass from deep nesting.
    except (msgspec.DecodeError, RecursionError):
        raise Problem(422, f"{field_} has to be a JSON object", param=field_) from None
