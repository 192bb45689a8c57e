"""Notes of experiments, what their blocks show, and notes as pages."""

from __future__ import annotations

from .. import reports
from ..types import Experiment, NoteBlock, UpdateExperimentRequest
from .files import FileAnswer, in_memory
from .parameters import NoteBlockQuery
from .services import Services

HTML = "text/html; charset=utf-8"


async def update_experiment(
    services: Services, experiment_id: str, body: UpdateExperimentRequest
) -> Experiment:
    return await services.write(reports.set_experiment_note, experiment_id, body.note)


async def report_experiment(services: Services, experiment_id: str) -> FileAnswer:
    content = await services.read(reports.experiment_report, experiment_id)
    return in_memory(content, "report.html", HTML)


async def report_run(services: Services, run_id: str) -> FileAnswer:
    content = await services.read(reports.run_report, run_id)
    return in_memory(content, "report.html", HTML)


async def get_block(services: Services, query: NoteBlockQuery) -> NoteBlock:
    return await services.read(reports.read_block, query.text, query.experiment)
