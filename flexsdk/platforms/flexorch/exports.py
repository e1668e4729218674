"""Export of FlexOrch datasets: two routes and two sets of format names, of which one is live.

Source: the vendor's packages; docs-repo "Datasets", whose route and names are taken too.
"""

from __future__ import annotations

from typing import Literal, Unpack

from flexsdk.core.call import Reply
from flexsdk.core.client import Client
from flexsdk.core.files import Download
from flexsdk.core.op import Op, Replay
from flexsdk.errors import APIError
from flexsdk.platforms.flexorch.dataset_data import DatasetRef, ExportedObject, ExportTarget, dataset_id_of
from flexsdk.platforms.flexorch.quality import Grade
from flexsdk.platforms.flexorch.resource import FlexOrchResource
from flexsdk.platforms.flexorch.wire import Endpoint, sent_id
from flexsdk.structs import UNSET, UnsetType
from flexsdk.types import CallOptions

__all__ = ["EXPORT", "EXPORT_QUERY", "EXPORT_TO_CONNECTOR", "DatasetExports", "ExportFormat"]

ExportFormat = Literal["json", "jsonl", "csv", "parquet", "md", "xml", "xlsx", "rag", "hf"] | str

_ALIASES = {"markdown": "md", "arrow": "hf"}
"""The documentation's names for the service's."""

EXPORT: Op[None] = Op(
    "datasets_export",
    "GET",
    "/datasets/{dataset_id}/export/{format}",
    None,
    query=("min_quality",),
    accept="*/*",
    streamed=True,
)
EXPORT_QUERY: Op[None] = Op(
    "datasets_export_query",
    "GET",
    "/datasets/{dataset_id}/export",
    None,
    query=("format",),
    accept="*/*",
    streamed=True,
)


EXPORT_TO_CONNECTOR = Endpoint(
    "datasets_export_to_connector",
    "POST",
    "/datasets/{dataset_id}/export-s3",
    ExportedObject,
    body=ExportTarget,
    replay=Replay.SAFE,
)


class DatasetExports(FlexOrchResource):
    """The part of ``client.datasets`` that gives files away."""

    def export(
        self,
        dataset: DatasetRef,
        format: ExportFormat,  # noqa: A002 - the platform's word
        *,
        min_quality: Grade | UnsetType = UNSET,
        **options: Unpack[CallOptions],
    ) -> Download:
        """Download a dataset as a file: ``save`` or ``read`` it, or enter it and iterate.

        Costs no credits. Safe to repeat; a cut download goes on where it was cut if the platform allows it.
        Where the live route does not exist the documented one is asked.

        Args:
            format: ``markdown`` is sent as ``md``, ``arrow`` as ``hf``; other words go through unchanged.
            min_quality: the lowest grade of chunks that are included; for ``rag`` only.
        """
        dataset_id, wanted = dataset_id_of(dataset), _format_name(format)
        view = self._client.with_options(**options)
        return Download(lambda more: _open_export(view, dataset_id, wanted, min_quality, **more))

    async def export_to_connector(
        self,
        dataset: DatasetRef,
        connector_id: str | int,
        format: ExportFormat,  # noqa: A002 - the platform's word
        *,
        prefix: str = "",
        **options: Unpack[CallOptions],
    ) -> ExportedObject:
        """Write a dataset to the storage behind a connector.

        Safe to repeat, for the same object is written again (inferred).

        Args:
            prefix: put in front of the object's key.
        """
        body = ExportTarget(format=_format_name(format), connector_id=sent_id(connector_id), prefix=prefix)
        return await self._call(EXPORT_TO_CONNECTOR, dataset_id_of(dataset), body=body, **options)


def _format_name(given: str) -> str:
    """Give the service's name of a format; unknown words pass through."""
    return _ALIASES.get(given, given)


async def _open_export(
    client: Client,
    dataset_id: str | int,
    format: str,  # noqa: A002 - the platform's word
    min_quality: str | UnsetType,
    **options: Unpack[CallOptions],
) -> Reply[None]:
    """Open the live route; where it does not exist, the documented one, which knows no ``min_quality``."""
    try:
        return await client.send(EXPORT, dataset_id, format, query={"min_quality": min_quality}, **options)
    except APIError as error:
        if min_quality is not UNSET or not _no_such_route(error):
            raise
    return await client.send(EXPORT_QUERY, dataset_id, query={"format": format}, **options)


def _no_such_route(error: APIError) -> bool:
    """Tell a missing route from a missing dataset, which has a code."""
    return error.status == 405 or (error.status == 404 and error.code is None)
