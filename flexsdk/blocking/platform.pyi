# Written by python -m flexsdk.blocking._stubs
# fmt: off
# ruff: noqa: A002, E501, I001, RUF100

import collections.abc
import flexsdk.blocking.core
import flexsdk.platforms.platform.jobs
import flexsdk.platforms.platform.resources
import flexsdk.structs
import flexsdk.types
import typing


class Jobs(flexsdk.blocking.core.LongWork[flexsdk.platforms.platform.jobs.Job, flexsdk.platforms.platform.jobs.Job | str]):
    def get(
        self,
        job_id: str,
        **options: typing.Unpack[flexsdk.types.CallOptions],
    ) -> flexsdk.platforms.platform.jobs.Job: ...

class Platform(flexsdk.blocking.core.Client):
    @property
    def resources(self) -> Resources: ...
    @property
    def jobs(self) -> Jobs: ...

class Resources(flexsdk.blocking.core.Resource):
    def create(
        self,
        name: str,
        *,
        description: str | flexsdk.structs.UnsetType = ...,
        metadata: collections.abc.Mapping[str, str] | flexsdk.structs.UnsetType = ...,
        **options: typing.Unpack[flexsdk.types.CallOptions],
    ) -> flexsdk.platforms.platform.resources.Created: ...
    def get(
        self,
        resource_id: str,
        **options: typing.Unpack[flexsdk.types.CallOptions],
    ) -> flexsdk.platforms.platform.resources.Resource: ...
    def update(
        self,
        resource_id: str,
        *,
        name: str | flexsdk.structs.UnsetType = ...,
        description: str | flexsdk.structs.UnsetType | None = ...,
        status: flexsdk.platforms.platform.resources.Status | flexsdk.structs.UnsetType = ...,
        metadata: collections.abc.Mapping[str, str] | flexsdk.structs.UnsetType | None = ...,
        **options: typing.Unpack[flexsdk.types.CallOptions],
    ) -> flexsdk.platforms.platform.resources.Resource: ...
    def delete(self, resource_id: str, **options: typing.Unpack[flexsdk.types.CallOptions]) -> None: ...
    def list(
        self,
        *,
        status: flexsdk.platforms.platform.resources.Status | None = None,
        limit: int | None = None,
        cursor: str | None = None,
        **options: typing.Unpack[flexsdk.types.CallOptions],
    ) -> flexsdk.blocking.core.Pages[flexsdk.platforms.platform.resources.Resource]: ...
