"""Cells that ran."""

from __future__ import annotations

from .. import actions
from ..store import audit, cells, executions, redactions
from ..types import (
    AuditPage,
    CellSummary,
    Execution,
    ExecutionContext,
    ExecutionPage,
    ForgetAnswer,
    ForgetRequest,
    Redaction,
)
from .files import NOTEBOOK, FileAnswer, in_memory
from .parameters import (
    AuditQuery,
    CellsQuery,
    Done,
    ExecutionContextRequest,
    ExecutionsQuery,
    RedactionsQuery,
)
from .services import Services


async def list_executions(services: Services, query: ExecutionsQuery) -> ExecutionPage:
    return await services.read(
        executions.list_executions,
        session_id=query.session_id,
        kernel_id=query.kernel_id,
        notebook=query.notebook,
        cell_id=query.cell_id,
        run_id=query.run_id,
        source_contains=query.contains,
        status=query.status,
        limit=query.limit,
        page_token=query.page_token,
        outputs=query.outputs,
    )


async def summarise_cells(services: Services, query: CellsQuery) -> list[CellSummary]:
    return await services.read(cells.summarise_cells, query.cell_id)


async def get_execution(services: Services, execution_id: str) -> Execution:
    return await services.read(executions.get_execution, execution_id)


async def recover_notebook(services: Services, execution_id: str) -> FileAnswer:
    content = await services.read(actions.recover, execution_id)
    return in_memory(content, "notebook.ipynb", NOTEBOOK)


async def add_context(services: Services, body: ExecutionContextRequest) -> Done:
    await services.submit(
        ExecutionContext(
            kernel_id=body.kernel_id,
            execution_count=body.execution_count,
            cell_id=body.cell_id,
            notebook=body.notebook,
            cell_ids=body.cell_ids,
            user=services.user,
        )
    )
    return Done()


async def forget(services: Services, body: ForgetRequest) -> ForgetAnswer:
    extension = services.extension
    if body.secret is not None and not body.dry_run:
        extension.redactor.learn([body.secret])
    return await services.in_thread(
        actions.forget_all, extension.database, extension.ingest.drain, body, services.user
    )


async def list_redactions(services: Services, query: RedactionsQuery) -> list[Redaction]:
    return await services.read(redactions.list_redactions, query.run_id, query.session_id)


async def list_audit(services: Services, query: AuditQuery) -> AuditPage:
    return await services.read(
        audit.list_audit, what=query.what, limit=query.limit, before=query.before
    )
