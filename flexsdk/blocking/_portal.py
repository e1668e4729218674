"""The one thread on which all blocking clients run, and the way into it and back."""

from __future__ import annotations

import asyncio
import contextlib
import os
import threading
from collections.abc import Awaitable, Callable, Coroutine
from contextvars import copy_context
from queue import SimpleQueue
from typing import Any, Generic, NamedTuple, TypeVar
from weakref import finalize

from anyio.from_thread import start_blocking_portal

from flexsdk.errors import ConfigError

__all__ = ["Job", "Portal", "portal"]

T = TypeVar("T")


class _Outcome(NamedTuple, Generic[T]):
    value: T | None
    error: BaseException | None


class Job(Generic[T]):
    """Work for the loop, as the thread that waits for it sees it."""

    def __init__(self) -> None:
        self._inbox: SimpleQueue[_Outcome[T] | Callable[[], object] | None] = SimpleQueue()
        self._task: asyncio.Task[None] | None = None
        self.over = False

    def relay(self, callback: Callable[..., object]) -> Callable[..., None]:
        """Make a callback that the loop may call: the waiting thread runs it, while the work goes on."""
        return lambda *arguments: self._inbox.put(lambda: callback(*arguments))

    def start(self, work: Callable[[], Awaitable[T]]) -> None:
        """Begin the work; on the loop."""
        self._task = asyncio.get_running_loop().create_task(self._run(work))

    def result(self) -> T:
        """Wait for the end, and run the callbacks meanwhile."""
        while not isinstance(told := self._inbox.get(), _Outcome):
            assert told is not None, "only cancelled work says that it is over"
            told()
        self.over = True
        if told.error is None:
            return told.value  # type: ignore[return-value]  # None only where T allows it
        try:
            raise told.error
        finally:
            del told  # the error's traceback holds this frame

    def cancel(self) -> None:
        """Cancel the work, or do nothing when it has ended; on the loop."""
        if self._task is None:
            self._inbox.put(None)
        else:
            self._task.cancel()
            self._task.add_done_callback(lambda _: self._inbox.put(None))

    def settle(self) -> None:
        """Wait for the end of cancelled work; callbacks are left out."""
        while self._inbox.get() is not None:
            pass

    async def _run(self, work: Callable[[], Awaitable[T]]) -> None:
        try:
            outcome = _Outcome[T](await work(), None)
        except BaseException as error:  # noqa: BLE001 - it belongs to the thread that waits
            outcome = _Outcome[T](None, error)
        self._inbox.put(outcome)


class Portal:
    """A loop on a daemon thread of its own; it ends with the interpreter, after all clients are closed."""

    def __init__(self) -> None:
        self._thread = start_blocking_portal(name="flexsdk-blocking")
        self._portal = self._thread.__enter__()
        self._loop: asyncio.AbstractEventLoop = self._portal.call(asyncio.get_running_loop)
        self._thread_id: int = self._portal.call(threading.get_ident)
        self._errands: set[asyncio.Task[None]] = set()
        self._lost = False
        self._ending = False
        finalize(_current, self._stop)  # at exit the youngest run first, so clients are closed before

    def call(self, make: Callable[[Job[T]], Callable[[], Awaitable[T]]]) -> T:
        """Do work on the loop, in the context of this thread, and wait for it.

        An exception in this thread, such as KeyboardInterrupt, cancels the work and waits for its end.
        """
        self._check()
        job: Job[T] = Job()
        work = make(job)
        try:
            self._loop.call_soon_threadsafe(job.start, work, context=copy_context())
            return job.result()
        except BaseException:
            if self._ending and threading.current_thread().daemon:
                threading.Event().wait()  # it goes with the interpreter, as daemons do, without a word
            if not job.over:
                self._loop.call_soon_threadsafe(job.cancel)
                job.settle()
            raise

    def post(self, function: Callable[..., object], *arguments: Any) -> None:
        """Call a function on the loop soon, from any thread; in vain when the loop has ended."""
        if not self._lost:
            with contextlib.suppress(RuntimeError):
                self._loop.call_soon_threadsafe(function, *arguments)

    def spawn(self, work: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """Begin work that nobody waits for but the end of the interpreter; on the loop."""
        task = self._loop.create_task(work())
        self._errands.add(task)
        task.add_done_callback(self._errands.discard)

    def lose(self) -> None:
        """Forget the thread, which does not live in a process that was forked."""
        self._lost = True

    def _check(self) -> None:
        if self._lost:
            raise ConfigError("the process was forked since this client was made; make a new one")
        if self._loop.is_closed():
            raise ConfigError("the interpreter is ending; blocking clients have ended with it")
        if threading.get_ident() == self._thread_id:
            raise ConfigError(
                "a blocking call inside a function that runs on the loop of the blocking clients, such as "
                "a filter, a hook or a middleware; make the call outside of it"
            )

    def _stop(self) -> None:
        if not self._lost:
            self._ending = True
            self._portal.call(self._finish)
            self._thread.__exit__(None, None, None)

    async def _finish(self) -> None:
        if self._errands:
            await asyncio.wait(self._errands)


class _Current:
    """The portal of this process, started when the first client is made."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._portal: Portal | None = None

    def get(self) -> Portal:
        with self._lock:
            if self._portal is None:
                self._portal = Portal()
            return self._portal

    def lose(self) -> None:
        self._lock = threading.Lock()  # it may have been held by a thread that is not here
        if self._portal is not None:
            self._portal.lose()
            self._portal = None


_current = _Current()
portal = _current.get
"""Give the portal of this process; it is started at the first use."""
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_current.lose)
