"""The one folder that speaks aiohttp: a call goes in, a reply or a TransportError comes out.

No aiohttp exception leaves it, not even as the context of one of ours: their ``repr`` and their
``request_info`` hold the bearer token.
"""

from flexsdk.core.transport.transport import MAX_BODY_BYTES, Transport

__all__ = ["MAX_BODY_BYTES", "Transport"]
