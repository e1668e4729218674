"""Files. Source: endpoint pages, "Files"; that the limit of 51200 counts KiB is inferred."""

from __future__ import annotations

from typing import Literal, Unpack

import msgspec

from flexsdk.core.body import FileSource, Multipart, Progress, Upload
from flexsdk.core.op import Op
from flexsdk.core.resource import Resource
from flexsdk.platforms.flextell.dialect import DATA
from flexsdk.platforms.flextell.values import Id, Text1000, checked
from flexsdk.structs import UNSET, Model, Params, UnsetType
from flexsdk.types import CallOptions

__all__ = ["UPLOAD", "File", "FileKind", "Files", "Owner", "multipart"]

FileKind = Literal["form_image", "audio", "catalog", "certificate", "image", "other"]
Owner = Literal["customer", "user", "tenant", "chat_log", "ai_report"]


class File(Model, frozen=True, kw_only=True):
    """A file; ``size`` is in bytes (inferred), the temporary addresses end by themselves."""

    id: int
    name: str | None = None
    description: str | None = None
    type: FileKind | str | None = None
    mime_type: str | None = None
    size: int | None = None
    formatted_size: str | None = None
    group_id: str | None = None
    fileable_type: Owner | str | None = None
    fileable_id: int | None = None
    temporary_url: str | None = None
    temporary_thumbnail_url: str | None = None
    created_at: str | None = None
    updated_at: str | None = None
    deleted_at: str | None = None


class _Fields(Params, frozen=True, kw_only=True):
    type: FileKind
    fileable_type: Owner | UnsetType = UNSET
    fileable_id: Id | UnsetType = UNSET
    description: Text1000 | UnsetType = UNSET


UPLOAD = Op("files_upload", "POST", "/v1/files", File, envelope=DATA)


class Files(Resource):
    """Files; reached as ``client.files``."""

    async def upload(
        self,
        file: Upload | FileSource,
        type: FileKind,  # noqa: A002 - the platform's word
        *,
        fileable_type: Owner | UnsetType = UNSET,
        fileable_id: int | UnsetType = UNSET,
        description: str | UnsetType = UNSET,
        on_progress: Progress | None = None,
        **options: Unpack[CallOptions],
    ) -> File:
        """Upload a file, and attach it to an object. Not repeated after an ambiguous failure.

        Args:
            file: a path, or an :class:`~flexsdk.core.body.Upload`; up to 50 MiB (inferred).
            type: what it is.
            fileable_type: what kind of object it belongs to.
            fileable_id: that object.
            description: up to 1,000 characters.
            on_progress: told of the bytes sent.

        Raises:
            PayloadTooLarge: it is above the limit; the platform may say Unprocessable instead.
        """
        fields = _Fields(
            type=type, fileable_type=fileable_type, fileable_id=fileable_id, description=description
        )
        return await self._call(UPLOAD, body=multipart(file, fields, on_progress), **options)


def multipart(file: Upload | FileSource, fields: Params, on_progress: Progress | None) -> Multipart:
    """Put a file and its fields into one body."""
    checked(fields)
    return Multipart(
        fields={name: str(value) for name, value in msgspec.to_builtins(fields).items()},
        files=[("file", file if isinstance(file, Upload) else Upload(file))],
        on_progress=on_progress,
    )
