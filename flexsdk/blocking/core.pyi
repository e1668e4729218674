# Written by python -m flexsdk.blocking._stubs
# fmt: off
# ruff: noqa: A002, E501, I001, RUF100

import collections.abc
import flexsdk.core.body
import flexsdk.core.call
import flexsdk.core.limits
import flexsdk.core.op
import flexsdk.core.stats
import flexsdk.protocol.redact
import flexsdk.structs
import flexsdk.types
import msgspec
import os
import pathlib
import types
import typing
import uuid

E = typing.TypeVar('E')
G = typing.TypeVar('G')
J = typing.TypeVar('J')
R = typing.TypeVar('R')
T = typing.TypeVar('T')
U = typing.TypeVar('U')

class Changes(typing.Generic[J]):
    def __iter__(self) -> typing.Self: ...
    def __next__(self) -> J: ...
    def close(self) -> None: ...

class Client:
    base_url: str
    plan: str | None
    def __init__(
        self,
        api_key: str | flexsdk.protocol.redact.Secret | None = None,
        *,
        base_url: str | None = None,
        auth: flexsdk.types.Middleware | None = None,
        timeout: float = 60.0,
        deadline: float | None = None,
        max_connections: int = 100,
        retry: flexsdk.types.Middleware | msgspec.UnsetType | None = ...,
        plan: str | None = None,
        limits: flexsdk.types.Middleware | msgspec.UnsetType | None = ...,
        middlewares: collections.abc.Sequence[flexsdk.types.Middleware] = ...,
        attempt_middlewares: collections.abc.Sequence[flexsdk.types.Middleware] = ...,
        hooks: collections.abc.Sequence[flexsdk.types.Hook] = ...,
        headers: collections.abc.Mapping[str, str] | None = None,
        clock: flexsdk.types.Clock | None = None,
    ) -> None: ...
    def __enter__(self) -> typing.Self: ...
    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: types.TracebackType | None,
    ) -> None: ...
    @property
    def limits(self) -> flexsdk.core.limits.RateLimit: ...
    def stats(self) -> flexsdk.core.stats.Stats: ...
    def close(self) -> None: ...
    def with_options(self, **options: typing.Unpack[flexsdk.types.CallOptions]) -> typing.Self: ...
    def call(
        self,
        op: flexsdk.core.op.Op[T],
        *ids: str | int | uuid.UUID,
        query: collections.abc.Mapping[str, typing.Any] | None = None,
        body: typing.Any = None,
        **options: typing.Unpack[flexsdk.types.CallOptions],
    ) -> T: ...
    def send(
        self,
        op: flexsdk.core.op.Op[T],
        *ids: str | int | uuid.UUID,
        query: collections.abc.Mapping[str, typing.Any] | None = None,
        body: typing.Any = None,
        **options: typing.Unpack[flexsdk.types.CallOptions],
    ) -> flexsdk.core.call.Reply[T]: ...
    def stream(
        self,
        op: flexsdk.core.op.StreamOp[E, R],
        *ids: str | int | uuid.UUID,
        body: typing.Any = None,
        idle_timeout: float,
        event_timeout: float,
        stop_on_exit: bool = False,
        **options: typing.Unpack[flexsdk.types.CallOptions],
    ) -> EventStream[E, R]: ...
    def download(
        self,
        op: flexsdk.core.op.Op[None],
        *ids: str | int | uuid.UUID,
        query: collections.abc.Mapping[str, typing.Any] | None = None,
        **options: typing.Unpack[flexsdk.types.CallOptions],
    ) -> Download: ...

class Completed(typing.Generic[J]):
    @property
    def pending(self) -> tuple[str, ...]: ...
    def __iter__(self) -> typing.Self: ...
    def __next__(self) -> J: ...
    def close(self) -> None: ...

class Download(FileBody):
    @property
    def size(self) -> int | None: ...
    @property
    def filename(self) -> str | None: ...
    def read(self) -> bytes: ...
    def lines(self, into: type[T] | None = None) -> collections.abc.Iterator[T]: ...
    def save(
        self,
        path: str | os.PathLike[str],
        *,
        resume: bool = False,
        sync: bool = False,
        on_progress: flexsdk.core.body.Progress | None = None,
    ) -> pathlib.Path: ...

class EventStream(Opening, typing.Generic[E, R]):
    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: types.TracebackType | None,
    ) -> None: ...
    def __iter__(self) -> typing.Self: ...
    def __next__(self) -> E: ...
    @property
    def result(self) -> R: ...
    def until_done(self) -> R: ...
    def text(self) -> collections.abc.Iterator[str]: ...
    def cancel(self, *, stop: bool | None = None) -> None: ...
    def close(self) -> None: ...

class FileBody(Opening):
    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: types.TracebackType | None,
    ) -> None: ...
    def __iter__(self) -> typing.Self: ...
    def __next__(self) -> bytes: ...
    def close(self) -> None: ...

class Items(typing.Generic[T]):
    def __iter__(self) -> Iteration[T]: ...
    def take(self, count: int) -> Iteration[T]: ...
    def filter(self, keep: collections.abc.Callable[[T], object]) -> Iteration[T]: ...
    def map(self, change: collections.abc.Callable[[T], U]) -> Iteration[U]: ...
    def batched(self, count: int) -> Iteration[list[T]]: ...
    def first(self) -> T | None: ...
    def collect(self, *, limit: int | None = None) -> list[T]: ...

class Iteration(Items[T]):
    def __iter__(self) -> typing.Self: ...
    def __next__(self) -> T: ...
    def close(self) -> None: ...

class LongWork(Resource, typing.Generic[J, G]):
    def wait(
        self,
        job: G,
        *,
        timeout: float | None = None,
        on_update: collections.abc.Callable[[J], None] | None = None,
    ) -> J: ...
    def watch(self, job: G, *, timeout: float | None = None) -> Changes[J]: ...
    def as_completed(
        self,
        jobs: collections.abc.Iterable[G],
        *,
        timeout: float | None = None,
    ) -> Completed[J]: ...
    def wait_all(self, jobs: collections.abc.Iterable[G], *, timeout: float | None = None) -> list[J]: ...
    def notify(self, job_id: str | int) -> None: ...

class Opening:
    def __enter__(self) -> typing.Self: ...
    @property
    def reply(self) -> flexsdk.core.call.Reply[None]: ...

class Pages(Items[T]):
    @property
    def cursor(self) -> str | None: ...
    @property
    def ended(self) -> bool: ...
    def ahead(self, pages: int) -> typing.Self: ...
    def pages(self) -> Iteration[flexsdk.structs.Page[T]]: ...
    def __next__(self) -> T: ...
    def __enter__(self) -> typing.Self: ...
    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: types.TracebackType | None,
    ) -> None: ...
    def close(self) -> None: ...

class Resource: ...
