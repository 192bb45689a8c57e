"""Compare runs: what differs, told in a sentence, in rows, and cell by cell. Pure functions."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterable, Sequence
from typing import Any

from .diff import align_cells
from .types import SYSTEM_TAGS, CellComparison, Comparison, DatasetView, RunDetails, ValueRow

Value = str | float | None


def compare(runs: Sequence[RunDetails]) -> Comparison:
    """Compare runs with the first of them, the baseline.

    Parameters
    ----------
    runs
        Two or more; their executions carry outputs.
    """
    comparison = Comparison(
        runs=[details.run for details in runs],
        summary="",
        params=_rows([details.run.params for details in runs]),
        metrics=_metric_rows(runs),
        tags=_rows([_own_tags(details) for details in runs]),
        environment=_rows([_environment(details) for details in runs], in_order=True),
        data=_rows([_data(details) for details in runs]),
        git=_rows([_git(details) for details in runs], in_order=True),
        cells=[
            CellComparison(
                run_id=details.run.run_id, pairs=align_cells(runs[0].executions, details.executions)
            )
            for details in runs[1:]
        ],
        artifacts=_rows([_files(details) for details in runs]),
    )
    comparison.summary = summary(comparison)
    return comparison


# ---------------------------------------------------------------------------------------- rows


def _rows(columns: Sequence[dict[str, Any]], *, in_order: bool = False) -> list[ValueRow]:
    """Return a row for each key that any run has, by name or in the order of appearance."""
    keys: Iterable[str] = dict.fromkeys(key for column in columns for key in column)
    return [
        _row(key, [column.get(key) for column in columns])
        for key in (keys if in_order else sorted(keys))
    ]


def _row(key: str, values: list[Value]) -> ValueRow:
    return ValueRow(key=key, values=values, differs=any(not _same(values[0], v) for v in values))


def _same(left: Value, right: Value) -> bool:
    return left == right or (_is_nan(left) and _is_nan(right))


def _is_nan(number: Value) -> bool:
    return isinstance(number, float) and math.isnan(number)


def _metric_rows(runs: Sequence[RunDetails]) -> list[ValueRow]:
    rows = _rows([details.run.metrics for details in runs])
    for row in rows:
        row.changes = [_change(row.values[0], number) for number in row.values]
    return rows


def _change(baseline: Value, number: Value) -> float | None:
    if not isinstance(baseline, (int, float)) or not isinstance(number, (int, float)):
        return None
    if baseline == 0 or not math.isfinite(baseline) or not math.isfinite(number):
        return None
    return (number - baseline) / abs(baseline)


def _own_tags(details: RunDetails) -> dict[str, str]:
    tags = details.run.tags.items()
    return {key: text for key, text in tags if not key.startswith(SYSTEM_TAGS)}


def _files(details: RunDetails) -> dict[str, Value]:
    """Digests by path, in which a model goes by its number in the run: its id is never the same."""
    numbers = {model.model_id: str(n) for n, model in enumerate(details.models, 1)}
    files: dict[str, Value] = {}
    for artifact in details.artifacts:
        folder, *parts = artifact.path.split("/")
        if folder == "models" and parts:
            parts[0] = numbers.get(parts[0], parts[0])
        files["/".join([folder, *parts])] = artifact.digest
    return files


def _environment(details: RunDetails) -> dict[str, str | None]:
    environment = details.environment
    if environment is None:
        return {}
    return {
        environment.language: environment.language_version,
        "platform": environment.platform,
        **dict(sorted(environment.packages.items())),
    }


def _git(details: RunDetails) -> dict[str, str | None]:
    git = None if details.environment is None else details.environment.git
    if git is None:
        return {}
    return {
        "commit": git.commit,
        "branch": git.branch,
        "remote": git.remote,
        "uncommitted changes": _diff_name(git.diff) if git.diff else "yes" if git.dirty else "none",
    }


def _diff_name(diff: str) -> str:
    """Name a diff so that equal ones are seen to be equal."""
    lines = diff.splitlines()
    added = sum(line.startswith("+") and not line.startswith("+++") for line in lines)
    gone = sum(line.startswith("-") and not line.startswith("---") for line in lines)
    return f"+{added} -{gone} lines ({hashlib.sha256(diff.encode()).hexdigest()[:8]})"


def _data(details: RunDetails) -> dict[str, Value]:
    facts: dict[str, Value] = {}
    for dataset in details.datasets:
        name = " ".join(filter(None, (dataset.context, dataset.name)))
        facts[f"{name}: digest"] = dataset.digest
        for fact in ("num_rows", "num_columns"):
            if fact in dataset.profile:
                facts[f"{name}: {fact}"] = dataset.profile[fact]
        columns = _columns(dataset)
        if columns:
            facts[f"{name}: columns"] = columns
    return facts


def _columns(dataset: DatasetView) -> str:
    columns = dataset.schema.get("columns")
    if not isinstance(columns, list):
        return ""
    return ", ".join(
        f"{c.get('name')} {c.get('dtype', '')}".strip() for c in columns if isinstance(c, dict)
    )


# ------------------------------------------------------------------------------------- summary


def summary(comparison: Comparison) -> str:
    """Say in one sentence what differs, and how the most telling metric did."""
    parts = [*_counted(comparison), *_named(comparison)]
    metric = _metric_sentence(comparison)
    if not parts:
        told = "Params, cells, data and environment are the same"
    else:
        told = f"{_listed(parts)} {'differs' if _is_singular(parts) else 'differ'}"
    told = told[0].upper() + told[1:]
    return f"{told}; {metric}." if metric else f"{told}."


def _counted(comparison: Comparison) -> list[str]:
    cells = max(
        (sum(p.kind != "equal" or p.moved for p in c.pairs) for c in comparison.cells), default=0
    )
    counts = {"param": _differing(comparison.params), "cell": cells}
    return [f"{n} {word}{'' if n == 1 else 's'}" for word, n in counts.items() if n]


def _named(comparison: Comparison) -> list[str]:
    rows: dict[str, list[ValueRow]] = {
        "the data": comparison.data,
        "the environment": comparison.environment,
        "the commit": [row for row in comparison.git if row.key in _CODE_OF_GIT],
    }
    return [name for name, found in rows.items() if _differing(found)]


_CODE_OF_GIT = ("commit", "uncommitted changes")


def _differing(rows: Iterable[ValueRow]) -> int:
    return sum(row.differs for row in rows)


def _listed(parts: list[str]) -> str:
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"


def _is_singular(parts: list[str]) -> bool:
    return len(parts) == 1 and (parts[0].startswith(("1 ", "the ")))


def _metric_sentence(comparison: Comparison) -> str:
    row = _telling_metric(comparison)
    if row is None:
        return ""
    numbers = [v for v in row.values if isinstance(v, (int, float)) and not math.isnan(v)]
    if len(comparison.runs) == 2 and len(numbers) == 2:
        change = numbers[1] - numbers[0]
        return f"{row.key} {change:+.3g}" if change else f"{row.key} is the same"
    if len(numbers) < 2:
        return ""
    low, high = min(numbers), max(numbers)
    return f"{row.key} {low:.4g} to {high:.4g}" if low != high else f"{row.key} is the same"


def _telling_metric(comparison: Comparison) -> ValueRow | None:
    """Return the first run's key metric that all runs have."""
    rows = {row.key: row for row in comparison.metrics if None not in row.values}
    keys = [run.key_metric for run in comparison.runs if run.key_metric in rows]
    return rows[keys[0]] if keys and keys[0] is not None else None
