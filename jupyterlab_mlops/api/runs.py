"""Runs: to find, read, compare, change, open and close them."""

from __future__ import annotations

import sqlite3
from io import BytesIO

from .. import actions
from ..store import metrics, runs
from ..store.search import find_page
from ..types import (
    Comparison,
    Curve,
    EndRunRequest,
    Experiment,
    MetricHistory,
    MetricKey,
    PurgeAnswer,
    PurgeRequest,
    Run,
    RunDetails,
    RunIdsRequest,
    RunPage,
    StartRunRequest,
    TaggedRuns,
    TagRunsRequest,
    TagsOfRunsRequest,
    UpdateRunRequest,
)
from .files import NOTEBOOK, FileAnswer, in_memory
from .kernels import ask_kernel
from .parameters import (
    CompareQuery,
    CurvesQuery,
    ExportComparisonQuery,
    MetricKeysQuery,
    NotebookQuery,
    RunsQuery,
    TagsQuery,
    TagWords,
)
from .services import Services
from .table import scope_of


async def list_experiments(services: Services) -> list[Experiment]:
    return await services.read(runs.list_experiments)


async def search_runs(services: Services, query: RunsQuery) -> RunPage:
    return await services.read(
        find_page,
        scope_of(query),
        query.order_by,
        columns=query.columns,
        max_results=query.max_results,
        offset=query.offset,
        page_token=query.page_token,
        count=query.count,
    )


async def get_run(services: Services, run_id: str) -> RunDetails:
    return await services.read(runs.get_run_details, run_id)


async def get_notebook(services: Services, run_id: str, query: NotebookQuery) -> FileAnswer:
    content = await services.read(actions.notebook_of_run, run_id, query.form)
    return in_memory(content, "notebook.ipynb", NOTEBOOK)


async def update_run(services: Services, run_id: str, body: UpdateRunRequest) -> Run:
    return await services.write(actions.update_run, run_id, body)


async def tag_runs(services: Services, body: TagRunsRequest) -> list[Run]:
    return await services.write(actions.tag_runs, body)


async def get_tags(services: Services, body: TagsOfRunsRequest) -> list[TaggedRuns]:
    return await services.read(actions.tags_of_runs, body)


async def delete_runs(services: Services, body: RunIdsRequest) -> list[Run]:
    return await services.write(actions.delete_runs, body, services.user)


async def restore_runs(services: Services, body: RunIdsRequest) -> list[Run]:
    return await services.write(actions.restore_runs, body)


async def move_to_archive(services: Services, body: RunIdsRequest) -> list[Run]:
    return await services.write(actions.archive_runs, body, services.user)


async def take_out_of_archive(services: Services, body: RunIdsRequest) -> list[Run]:
    return await services.write(actions.unarchive_runs, body, services.user)


async def purge_runs(services: Services, body: PurgeRequest) -> PurgeAnswer:
    return await services.write(actions.purge_runs, body, services.user)


async def start_run(services: Services, body: StartRunRequest) -> Run:
    answer = await ask_kernel(
        services.handler,
        body.kernel_id,
        "start_run",
        name=body.name,
        experiment=body.experiment,
    )
    # The kernel's word lies in its journal; whoever asked wants to see the run now.
    await services.in_thread(services.extension.ingest.drain)
    return await services.read(runs.get_run, answer["run_id"])


async def end_run(services: Services, run_id: str, body: EndRunRequest) -> Run:
    run = await services.read(actions.run_to_end, run_id, body)
    kernel_id = await services.live_kernel_of(run)
    if kernel_id is not None:
        answer = await ask_kernel(
            services.handler, kernel_id, "end_run", run_id=run.run_id, status=body.status
        )
        await services.in_thread(services.extension.ingest.drain)
        if answer["ended"]:
            return await services.read(runs.get_run, run.run_id)
    return await services.write(actions.end_run, run.run_id, body)


async def get_metric_history(services: Services, run_id: str, key: str) -> MetricHistory:
    return await services.read(
        lambda conn: metrics.get_history(conn, runs.find_run_id(conn, run_id), key)
    )


async def get_metric_points(services: Services, run_id: str, key: str) -> FileAnswer:
    columns = await services.read(
        lambda conn: metrics.get_columns(conn, runs.find_run_id(conn, run_id), key)
    )
    return FileAnswer(
        stream=BytesIO(columns),
        name=f"{key.rpartition('/')[2]}.points",
        media_type="application/octet-stream",
        size=len(columns),
        download=True,
        # In one piece, since they are in memory: to cut them is to copy them.
        piece=len(columns),
    )


async def list_metric_keys(services: Services, query: MetricKeysQuery) -> list[MetricKey]:
    return await services.read(metrics.list_keys, query.run_id)


async def get_curves(services: Services, query: CurvesQuery) -> list[Curve]:
    return await services.read(_curves, query)


def _curves(conn: sqlite3.Connection, query: CurvesQuery) -> list[Curve]:
    """Reduce every metric that exists; a run that lacks one is left out, an unknown run is not."""
    found = runs.get_runs(conn, query.run_id)
    return [
        metrics.get_curve(
            conn,
            run.run_id,
            key,
            pixels=query.pixels,
            start_step=query.start_step,
            end_step=query.end_step,
        )
        for run in found
        for key in query.key
        if key in run.metrics
    ]


async def compare_runs(services: Services, query: CompareQuery) -> Comparison:
    return await services.read(actions.compare_runs, query.run_id, query.cells_of)


async def export_comparison(services: Services, query: ExportComparisonQuery) -> FileAnswer:
    content = await services.read(actions.export_comparison, query.run_id, query.format)
    if query.format == "html":
        return in_memory(content, "comparison.html", "text/html; charset=utf-8")
    return in_memory(content, "comparison.ipynb", NOTEBOOK)


async def list_tags(services: Services, query: TagsQuery) -> TagWords:
    if query.key is None:
        return TagWords(keys=await services.read(runs.tag_keys))
    return TagWords(values=await services.read(runs.tag_values, query.key))
