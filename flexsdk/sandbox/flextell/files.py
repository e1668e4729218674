"""Flextell's files: uploads that are measured while they arrive."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flexsdk.sandbox.exchange import Answer, Call, Problem
from flexsdk.sandbox.flextell.house import Clinic, House, Row
from flexsdk.sandbox.forms import Upload

__all__ = ["Files", "kept_file", "shown_file"]

_MOST_KIB = 51_200
_OWNERS = {"customer": "customers", "user": "users", "chat_log": "messages"}
"""What a file can be attached to, to the table of it; others belong to the tenant."""


def kept_file(clinic: Clinic, call: Call, fields: Mapping[str, Any]) -> Row:
    """Keep the file of a form.

    Raises:
        Problem: 422 for a field that is no file, or a file above 51,200 KiB.
    """
    upload = call.form["file"][-1]
    if not isinstance(upload, Upload) or upload.filename is None:
        raise Problem(422, "The file must be a file.", param="file")
    if upload.size > _MOST_KIB * 1024:
        raise Problem(422, f"The file must not be greater than {_MOST_KIB} kilobytes.", param="file")
    return clinic.add(
        "files",
        name=upload.filename,
        mime_type=upload.content_type,
        size=upload.size,
        sha256=upload.sha256,
        **fields,
    )


def shown_file(row: Row) -> Row:
    """Return a file as it is answered, with the checksum of what arrived."""
    return {
        **row,
        "formatted_size": f"{row['size'] / 1024:.2f} KB",
        "group_id": None,
        "temporary_url": f"https://files.example.com/{row['id']}?signature={row['sha256'][:16]}",
        "temporary_thumbnail_url": None,
    }


class Files:
    """Uploads."""

    def __init__(self, house: House) -> None:
        self._house = house

    async def files_upload(self, call: Call) -> Answer:
        """Keep a file and attach it; its owner has to be there."""
        clinic = self._house.clinic(call)
        fields = {
            name: call.form[name][-1].text if name in call.form else None
            for name in ("type", "description", "fileable_type", "fileable_id")
        }
        owner = fields["fileable_id"] and int(fields["fileable_id"])
        table = _OWNERS.get(fields["fileable_type"] or "")
        if table:
            clinic.linked(table, {"fileable_id": owner}, "fileable_id")
        row = kept_file(clinic, call, {**fields, "fileable_id": owner})
        return self._house.one(call, shown_file(row))
