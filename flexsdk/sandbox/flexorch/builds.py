"""FlexOrch dataset builds: from one execution, or from several."""

from __future__ import annotations

import re
from typing import Any

from flexsdk.sandbox.exchange import Call, Problem
from flexsdk.sandbox.flexorch.datasets import Datasets
from flexsdk.sandbox.flexorch.models import Build, Dataset, Job, Run
from flexsdk.sandbox.flexorch.webhooks import Courier
from flexsdk.sandbox.flexorch.workspace import Workspace, plan_of

__all__ = ["Builds"]


class Builds:
    """Starts builds; a build costs no credits."""

    def __init__(self, space: Workspace, courier: Courier, datasets: Datasets) -> None:
        self._space = space
        self._courier = courier
        self._datasets = datasets

    async def datasets_build_from_execution(self, call: Call) -> dict[str, Any]:
        """Build from one execution; a dataset that exists is given back, unless a flag asks for another."""
        self._space.refuse_ended_trial(plan_of(call))
        run = self._output(self._space.find("execution", self._space.executions, call.path["execution_id"]))
        options = call.body or {}
        existing = next((d for d in self._space.datasets.values() if d.sources == [run]), None)
        if existing and options.get("replace_existing"):
            return self._accepted(self._rebuild(existing, options))
        if existing and not options.get("force_rebuild"):
            return self._accepted(existing.builds[-1])
        return self._accepted(self._build([run], options))

    async def datasets_build(self, call: Call) -> Any:
        """Build from executions or jobs; answer with a job, or with the dataset in form A."""
        self._space.refuse_ended_trial(plan_of(call))
        jobs = self._named(call.body)
        if not jobs:
            raise Problem(422, "execution_ids is required", param="execution_ids")
        if any(dataset.name == call.body.get("name") for dataset in self._space.datasets.values()):
            raise Problem(422, "name is taken", param="name")
        build = self._build([self._output(job) for job in jobs], call.body)
        if self._space.terms.form("dataset-build") == "A":
            return self._datasets.detail(build.dataset)
        return self._accepted(build)

    def _named(self, body: dict[str, Any]) -> list[Job]:
        """Return the jobs that a request names, by their executions or by themselves."""
        space = self._space
        runs = [space.find("execution", space.executions, id_) for id_ in body.get("execution_ids", ())]
        return [*runs, *(space.find("job", space.jobs, id_) for id_ in body.get("job_ids", ()))]

    def _output(self, job: Job) -> Run:
        if self._space.share(job.created) < 1:
            raise Problem(404, "No such execution")
        if not isinstance(job, Run) or not job.finding.records:
            raise Problem(400, "The execution has no records", code="NO_OUTPUT_DATA")
        return job

    def _build(self, sources: list[Run], options: dict[str, Any]) -> Build:
        number = self._space.number("dataset")
        name = options.get("name") or f"Dataset {number}"
        dataset = Dataset(
            number,
            name,
            _slug(options.get("slug") or name),
            options.get("description"),
            self._space.make.time(),
            sources,
        )
        self._space.datasets[number] = dataset
        return self._start(dataset)

    def _rebuild(self, dataset: Dataset, options: dict[str, Any]) -> Build:
        dataset.version += 1
        dataset.name = options.get("name") or dataset.name
        dataset.indexed = None
        return self._start(dataset)

    def _start(self, dataset: Dataset) -> Build:
        build = self._space.build(dataset)
        self._courier.expect(build)
        return build

    def _accepted(self, build: Build) -> dict[str, Any]:
        return {
            "job_id": self._space.shown("job", build.id),
            "job_type": "dataset_build",
            "status": self._space.status(build),
        }


def _slug(text: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-") or "dataset"
