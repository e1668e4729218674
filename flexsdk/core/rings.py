"""What a client puts together once: its credential, its limiter, and the chain of the two rings."""

from __future__ import annotations

import os
from collections.abc import Sequence
from hashlib import sha256
from inspect import isroutine
from threading import Lock
from types import MethodType
from typing import Any
from weakref import WeakValueDictionary

from msgspec import UNSET, UnsetType

from flexsdk.core.auth import HeaderKey
from flexsdk.core.dialect import Dialect
from flexsdk.core.limits import RateLimit
from flexsdk.core.retry import Retry
from flexsdk.errors import ConfigError
from flexsdk.protocol.redact import Secret
from flexsdk.protocol.retry import Budget
from flexsdk.types import Handler, Middleware

__all__ = ["compose", "credential_of", "limiter_of", "retry_of", "scope_of"]

_budgets: WeakValueDictionary[str, Budget] = WeakValueDictionary()
_budgets_lock = Lock()


def credential_of(dialect: Dialect, api_key: str | Secret | None, auth: Middleware | None) -> Middleware:
    """Choose the one credential: ``auth``, the key, or the key in the environment."""
    if auth is not None and api_key is not None:
        raise ConfigError("two credentials at once: pass api_key= or auth=, not both")
    if auth is not None:
        return auth
    key = os.environ.get(dialect.key_variable) if api_key is None else api_key
    if key is None:
        raise ConfigError(f"no API key: pass api_key= or set the environment variable {dialect.key_variable}")
    return dialect.credential(key, name=dialect.key_variable if api_key is None else "api_key")


def scope_of(dialect: Dialect, base_url: str, credential: Middleware) -> str:
    """Name what shares limits and budgets: a digest of platform, host and credential."""
    secret = credential.secret.reveal() if isinstance(credential, HeaderKey) else f"object {id(credential)}"
    return sha256(f"{dialect.name}\n{base_url}\n{secret}".encode()).hexdigest()


def retry_of(retry: Middleware | UnsetType | None, scope: str) -> Middleware | None:
    """Choose how failures are repeated; the default's budget is one for each scope."""
    if retry is not UNSET:
        return retry
    with _budgets_lock:
        budget = _budgets.get(scope) or Budget()
        _budgets[scope] = budget
    return Retry(budget=budget)


def limiter_of(
    dialect: Dialect, plan: str | None, limits: Middleware | UnsetType | None, scope: str
) -> Middleware | None:
    """Choose the limiter, and share its state with all of the same scope."""
    if limits is UNSET:
        limits = dialect.limits(plan)
    elif plan is not None:
        raise ConfigError("plan= and limits= both name the limits; pass one of them")
    return limits.bind(scope) if isinstance(limits, RateLimit) else limits


def compose(middlewares: Sequence[Middleware | None], transport: Handler) -> Handler:
    """Put the middlewares around the transport, the first outermost."""
    handler: Handler = _method(transport)
    for middleware in reversed(middlewares):
        if middleware is not None:
            handler = _around(middleware, handler)
    return handler


def _around(middleware: Middleware, forward: Handler) -> Handler:
    method = _method(middleware)
    return lambda call: method(call, forward)


def _method(handler: Any) -> Any:
    """Give the method behind an object that is called: Python calls that one without a detour over C."""
    return handler if isroutine(handler) else MethodType(type(handler).__call__, handler)
