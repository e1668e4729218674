"""A token in the keyring of the desktop. Needs the extra: ``pip install "flexsdk[keyring]"``."""

from __future__ import annotations

import threading
from contextlib import AbstractAsyncContextManager
from functools import partial

import anyio.to_thread
import msgspec

from flexsdk.core.tokens import Token, hold, read_token
from flexsdk.errors import ConfigError

try:
    import keyring
except ModuleNotFoundError as missing:
    raise ConfigError("flexsdk.ext.keyring needs keyring; pip install 'flexsdk[keyring]'") from missing

__all__ = ["KeyringStore"]


class KeyringStore:
    """Keeps the token in the keyring that the system offers; it may ask the user to unlock it.

    A keyring has no lock between processes: let one process alone renew the token, or use a ``FileStore``.

    Args:
        service: the application's name, under which the keyring lists the token.
        user: whose token it is, where the application keeps several.

    Raises:
        ConfigError: what the keyring holds is no token.
        keyring.errors.KeyringError: there is no keyring, or it stays locked.
    """

    def __init__(self, service: str, user: str = "token") -> None:
        self._service = service
        self._user = user
        self._lock = threading.Lock()

    async def load(self) -> Token | None:
        """Ask the keyring for the token."""
        raw = await anyio.to_thread.run_sync(partial(keyring.get_password, self._service, self._user))
        return None if raw is None else read_token(raw, f"the keyring entry {self._service}")

    async def save(self, token: Token) -> None:
        """Give the token to the keyring."""
        raw = msgspec.json.encode(token).decode()
        await anyio.to_thread.run_sync(partial(keyring.set_password, self._service, self._user, raw))

    async def clear(self) -> None:
        """Delete the token from the keyring."""
        await anyio.to_thread.run_sync(self._delete)

    def _delete(self) -> None:
        # Asked first, for backends disagree on the error for an entry that is not there.
        if keyring.get_password(self._service, self._user) is not None:
            keyring.delete_password(self._service, self._user)

    def lock(self) -> AbstractAsyncContextManager[None]:
        """Keep out the other loops and threads that use this object."""
        return hold(partial(self._lock.acquire, blocking=False), self._lock.release)
