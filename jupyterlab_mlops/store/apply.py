"""One record -> the tables. Records may come in any order, from kernel, tap or API, and twice."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from typing import Any, TypeVar

import msgspec

from ..errors import InvalidRequest
from ..types import (
    AliasSet,
    AnyRecord,
    ArtifactLogged,
    ArtifactsPacked,
    DatasetInput,
    ExecutionContext,
    ExecutionEnd,
    ExecutionOutput,
    ExecutionStart,
    Fault,
    Forgotten,
    MetricsLogged,
    ModelLogged,
    ModelRegistered,
    Origin,
    ParamLogged,
    PushRequested,
    RecordingSwitched,
    RunEnd,
    RunResume,
    RunStart,
    RunUpdate,
    SessionEnd,
    SessionEnvironment,
    SessionStart,
    SessionUpdate,
    TagsSet,
)
from . import execution_records, metrics, registry, run_records, sessions, status
from .artifacts import apply_artifact, apply_packed
from .changes import Changes, collecting
from .executions import forget
from .metrics import apply_metric_blocks

__all__ = ["apply", "apply_metric_blocks", "apply_packed"]

T = TypeVar("T")
_Applier = Callable[[sqlite3.Connection, Any, Origin, Changes], Any]

_APPLIERS: dict[type[Any], _Applier] = {
    SessionStart: sessions.apply_start,
    SessionEnvironment: sessions.apply_environment,
    SessionUpdate: sessions.apply_update,
    SessionEnd: sessions.apply_end,
    RecordingSwitched: sessions.apply_recording,
    ExecutionStart: execution_records.apply_start,
    ExecutionOutput: execution_records.apply_output,
    ExecutionEnd: execution_records.apply_end,
    ExecutionContext: execution_records.apply_context,
    RunStart: run_records.apply_start,
    RunEnd: run_records.apply_end,
    RunResume: run_records.apply_resume,
    RunUpdate: run_records.apply_update,
    ParamLogged: run_records.apply_params,
    TagsSet: run_records.apply_tags,
    ArtifactsPacked: lambda tx, record, origin, changes: apply_packed(
        tx, [record], origin, changes
    ),
    DatasetInput: run_records.apply_dataset,
    MetricsLogged: metrics.apply_metrics,
    ModelLogged: registry.apply_model,
    Fault: status.apply_fault,
    ModelRegistered: lambda tx, record, _, changes: registry.register(tx, record, changes),
    AliasSet: lambda tx, record, _, changes: registry.set_alias(tx, record, changes),
    PushRequested: lambda tx, record, _, changes: registry.request_push(tx, record, changes),
    Forgotten: lambda tx, record, _, changes: forget(tx, record, changes),
}


def apply(
    tx: sqlite3.Connection,
    record: AnyRecord,
    attachment: bytes | None = None,
    *,
    origin: Origin,
    changes: Changes | None = None,
) -> Any:
    """Write what a record says.

    Parameters
    ----------
    attachment
        Bytes that came with it; only an `ArtifactLogged` that is `inline` has any.
    origin
        Who says it; it decides whose word counts where two differ, and `api` is told of its
        mistakes where the word of a kernel is kept as well as can be.

    Returns
    -------
    Any
        What was made, for records that ask for something (`register`, `push`, `forget` ...).

    Raises
    ------
    MLOpsError
        The record cannot be stored; nothing of it was, if the caller rolls back.
    """
    changes = collecting(tx, changes)
    try:
        return _apply(tx, record, attachment, origin, changes)
    except UnicodeEncodeError:
        # Half of a surrogate pair is no text that UTF-8 can hold.
        return _apply(tx, _without_lone_surrogates(record), attachment, origin, changes)


def _apply(
    tx: sqlite3.Connection,
    record: AnyRecord,
    attachment: bytes | None,
    origin: Origin,
    changes: Changes,
) -> Any:
    if isinstance(record, ArtifactLogged):
        return apply_artifact(tx, record, attachment if record.inline else None, origin, changes)
    applier = _APPLIERS.get(type(record))
    if applier is None:
        raise InvalidRequest(f"{type(record).__name__} is no record.")
    return applier(tx, record, origin, changes)


def _without_lone_surrogates(record: AnyRecord) -> AnyRecord:
    builtins = {name: getattr(record, name) for name in record.__struct_fields__}
    return type(record)(**{name: _mended(content) for name, content in builtins.items()})


def _mended(content: T) -> T:
    mended: Any = content
    if isinstance(content, str):
        mended = content.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    elif isinstance(content, dict):
        mended = {_mended(key): _mended(item) for key, item in content.items()}
    elif isinstance(content, (list, tuple)):
        mended = type(content)(_mended(item) for item in content)
    elif isinstance(content, msgspec.Struct):
        mended = type(content)(
            **{name: _mended(getattr(content, name)) for name in content.__struct_fields__}
        )
    return mended  # type: ignore[no-any-return]
