"""Blocking faces of asynchronous classes, made from the classes themselves: no method is written twice."""

from __future__ import annotations

import inspect
import types
from collections.abc import Awaitable, Callable, Iterator
from functools import cache, cached_property, wraps
from importlib import import_module
from pkgutil import iter_modules
from typing import Any, ClassVar, ParamSpec, TypeVar
from weakref import finalize

from flexsdk.blocking._portal import Job, Portal, portal
from flexsdk.core.client import Client
from flexsdk.core.pages import _ItemWalk
from flexsdk.core.resource import Resource
from flexsdk.errors import ConfigError

__all__ = ["INTERNAL", "RENAMED", "Facade", "blocks", "facade_of", "home_of", "names_of", "run"]

P = ParamSpec("P")
T = TypeVar("T")

RENAMED = {
    "__aenter__": "__enter__",
    "__aexit__": "__exit__",
    "__aiter__": "__iter__",
    "__anext__": "__next__",
    "aclose": "close",
}
"""What the methods of the asynchronous protocols are called here."""
INTERNAL = frozenset({"adopt", "poller", "pollers", "asend", "athrow"})
"""Public methods that are for the insides of the package."""


class _Anchor:
    """Keeps a client open: all that was got from it holds one."""

    def __init__(self, portal: Portal, box: list[Client]) -> None:
        self.portal = portal
        finalize(self, portal.post, portal.spawn, _Closing(box).close)


class _Closing:
    def __init__(self, box: list[Client]) -> None:
        self._box = box

    async def close(self) -> None:
        while self._box:
            await self._box.pop().aclose()


class Facade:
    """The blocking face of one object. The object itself never leaves the thread of its loop."""

    _box: list[Any]
    _anchor: _Anchor
    _parts: dict[str, Facade]

    __class_getitem__: ClassVar[Any] = classmethod(types.GenericAlias)

    def __repr__(self) -> str:
        """Name the class that is behind it."""
        return f"<blocking {type(self).__name__}>"

    def __getattr__(self, name: str) -> Any:
        """Read an attribute that only the object has."""
        if name.startswith("_"):
            raise AttributeError(f"{type(self).__name__!r} has no attribute {name!r}")
        return self._read(name)

    def __del__(self) -> None:
        """Let the object go where it lives: its own end may have to cancel tasks."""
        if "_anchor" in vars(self):
            self._anchor.portal.post(self._box.clear)

    def _read(self, name: str) -> Any:
        if (part := self._parts.get(name)) is not None:
            return part

        async def work() -> Any:
            return self._faced(getattr(self._box[0], name))

        value = self._anchor.portal.call(lambda _: work)
        if isinstance(value, Facade) and issubclass(type(value), facade_of(Resource)):
            self._parts[name] = value
        return value

    def _call(self, name: str, arguments: tuple[Any, ...], options: dict[str, Any]) -> Any:
        arguments = tuple(map(_listed, arguments))

        def make(job: Job[Any]) -> Callable[[], Awaitable[Any]]:
            named = {key: _given(job, key, value) for key, value in options.items()}

            async def work() -> Any:
                value = getattr(self._box[0], name)(*arguments, **named)
                return self._faced(await value if inspect.isawaitable(value) else value)

            return work

        return self._anchor.portal.call(make)

    def _faced(self, value: Any) -> Any:
        """Give an asynchronous object its face, on the loop; anything else is given as it is."""
        if value is self._box[0]:
            return self
        cls: Any = type(value)
        return _hold(object.__new__(facade_of(cls)), [value], self._anchor) if blocks(cls) else value


def _hold(facade: Facade, box: list[Any], anchor: _Anchor) -> Facade:
    vars(facade).update(_box=box, _anchor=anchor, _parts={})
    return facade


class _ClientFacade(Facade):
    """Makes the client that it is the face of."""

    _behind: type[Client]

    def __init__(self, *arguments: Any, **settings: Any) -> None:
        if settings.get("session") is not None:
            raise ConfigError("a session serves the loop it was made in; blocking clients have their own")
        current = portal()
        made: list[Client] = []

        async def work() -> None:
            made.append(self._behind(*arguments, **settings))

        current.call(lambda _: work)
        _hold(self, made.copy(), _Anchor(current, made))


def run(call: Callable[P, Awaitable[T]], *arguments: P.args, **options: P.kwargs) -> T:
    """Await a coroutine function on the loop of the blocking clients, and give its result as it is."""
    return portal().call(lambda _: lambda: call(*arguments, **options))


@cache
def blocks(cls: type) -> bool:
    """Tell whether a class is asynchronous, so that its objects need a blocking face."""
    if issubclass(cls, Client | Resource | types.AsyncGeneratorType):
        return True
    return cls.__module__.startswith("flexsdk.") and (hasattr(cls, "__aiter__") or hasattr(cls, "__aenter__"))


@cache
def facade_of(cls: type) -> type[Facade]:
    """Give the blocking face of an asynchronous class."""
    bases: tuple[type, ...] = tuple(facade_of(base) for base in cls.__bases__ if blocks(base))
    members: dict[str, Any] = {"__doc__": cls.__doc__, "__module__": home_of(cls)}
    if cls is Client:
        bases = (_ClientFacade,)
    if issubclass(cls, Client):
        members["_behind"] = cls
    for name, member in vars(cls).items():
        if name in RENAMED or not (name.startswith("_") or name in INTERNAL):
            _add(members, RENAMED.get(name, name), name, member)
    return type(cls.__name__, bases or (Facade,), members)


def _add(members: dict[str, Any], shown: str, name: str, member: Any) -> None:
    if isinstance(member, property | cached_property):
        members[shown] = property(lambda self: self._read(name), doc=member.__doc__)
    elif name == "__anext__":
        members[shown] = _next
    elif inspect.isroutine(member):
        members[shown] = _method(name, member)


def _method(name: str, member: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(member)
    def method(self: Facade, *arguments: Any, **options: Any) -> Any:
        return self._call(name, arguments, options)

    return method


def _next(self: Facade) -> Any:
    """Give the next one; an item of the page in hand needs no loop, and costs a hundredth without it."""
    walk = self._box[0]
    if isinstance(walk, _ItemWalk):
        for item in walk._reader.rest:  # noqa: SLF001 - the core knows no other thread than its loop's
            return item
    try:
        return self._call("__anext__", (), {})
    except StopAsyncIteration:
        raise StopIteration from None


def _given(job: Job[Any], name: str, value: Any) -> Any:
    """Make an argument that the loop may use: callbacks are run by the thread that makes the call."""
    return job.relay(value) if name.startswith("on_") and callable(value) else _listed(value)


def _listed(value: Any) -> Any:
    """Take all from an iterator here, for it may make blocking calls; files are left to the transport."""
    return list(value) if isinstance(value, Iterator) and not hasattr(value, "read") else value


def home_of(cls: type) -> str:
    """Give the module in which the face of a class is found."""
    platform = cls.__module__.removeprefix("flexsdk.platforms.").partition(".")[0]
    return f"flexsdk.blocking.{'core' if cls.__module__.startswith('flexsdk.core.') else platform}"


def names_of(package: str) -> Callable[[str], Any]:
    """Make the ``__getattr__`` of a module that shows the asynchronous classes of a package."""

    def find(name: str) -> Any:
        for module in _modules(package) if not name.startswith("_") else ():
            found = vars(module).get(name)
            if isinstance(found, type) and blocks(found):
                return facade_of(found)
        raise AttributeError(f"there is no blocking {name!r}")

    return find


def _modules(package: str) -> Iterator[types.ModuleType]:
    yield (home := import_module(package))
    for each in iter_modules(home.__path__):
        yield import_module(f"{package}.{each.name}")
