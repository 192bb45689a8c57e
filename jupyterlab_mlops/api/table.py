"""What the run table shows beside its rows: columns, groups, facets, completion, export."""

from __future__ import annotations

from ..store import columns, completion, export, groups
from ..store.scope import Scope
from ..types import ColumnPage, Completions, Facets, RunGroups
from .files import FileAnswer, Pieces
from .parameters import (
    ColumnsQuery,
    CompletionsQuery,
    ExportQuery,
    FacetsQuery,
    GroupsQuery,
    RunScope,
)
from .services import Services

MEDIA_TYPES = {"csv": "text/csv; charset=utf-8", "json": "application/json"}


def scope_of(query: RunScope) -> Scope:
    """Say which runs a request means as the store does."""
    return Scope(
        filter=query.filter,
        experiments=query.experiment,
        view=query.view,
        text=query.text,
        parent_run_id=query.parent_run_id,
        session_id=query.session_id,
        notebook=query.notebook,
        roots=query.roots,
    )


async def list_columns(services: Services, query: ColumnsQuery) -> ColumnPage:
    return await services.read(columns.list_columns, scope_of(query))


async def group_runs(services: Services, query: GroupsQuery) -> RunGroups:
    return await services.read(
        groups.group_runs,
        scope_of(query),
        query.by,
        metrics=query.metric,
        order=query.order,
        descending=query.descending,
        max_results=query.max_results,
        offset=query.offset,
    )


async def list_facets(services: Services, query: FacetsQuery) -> Facets:
    return await services.read(groups.list_facets, scope_of(query), query.facet, query.limit)


async def export_runs(services: Services, query: ExportQuery) -> FileAnswer:
    pieces = await services.in_thread(
        export.export,
        services.extension.database.read,
        scope_of(query),
        query.order_by,
        columns=query.columns,
        format=query.format,
    )
    return FileAnswer(
        stream=Pieces(pieces),
        name=f"runs.{query.format}",
        media_type=MEDIA_TYPES[query.format],
        download=True,
    )


async def complete(services: Services, query: CompletionsQuery) -> Completions:
    return await services.read(
        completion.complete, query.text, query.cursor, what=query.what, limit=query.limit
    )
