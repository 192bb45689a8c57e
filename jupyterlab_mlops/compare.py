"""Compare runs: what differs, told in a sentence, in rows, and cell by cell. Pure functions."""

from __future__ import annotations

import contextlib
import hashlib
import math
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import msgspec

from .diff import align_cells
from .goals import goal_of
from .types import (
    SYSTEM_TAGS,
    CellComparison,
    Comparison,
    DatasetView,
    Difference,
    DifferenceKind,
    DiffKind,
    Distribution,
    DistributionRow,
    Judgement,
    MetricChange,
    RunDetails,
    ValueRow,
)

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
        differences=[],
        metric=None,
        params=_rows([details.run.params for details in runs]),
        metrics=_metric_rows(runs),
        tags=_rows([_own_tags(details) for details in runs]),
        environment=_rows([_environment(details) for details in runs], in_order=True),
        data=_rows([_data(details) for details in runs], in_order=True),
        git=_rows([_git(details) for details in runs], in_order=True),
        cells=[
            CellComparison(
                run_id=details.run.run_id, pairs=align_cells(runs[0].executions, details.executions)
            )
            for details in runs[1:]
        ],
        artifacts=_rows([_files(details) for details in runs]),
        distributions=_distribution_rows([_distributions(details) for details in runs]),
    )
    comparison.differences = [*_counted(comparison), *_named(comparison)]
    comparison.metric = _metric_change(comparison)
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
    states = [_state(values[0], value) for value in values]
    differs = any(state != "equal" for state in states)
    return ValueRow(key=key, values=values, differs=differs, states=states)


def _state(baseline: Value, value: Value) -> DiffKind:
    if baseline == value or (_is_nan(baseline) and _is_nan(value)):
        return "equal"
    if baseline is None:
        return "added"
    return "removed" if value is None else "changed"


def _is_nan(number: Value) -> bool:
    return isinstance(number, float) and math.isnan(number)


def _metric_rows(runs: Sequence[RunDetails]) -> list[ValueRow]:
    rows = _rows([details.run.metrics for details in runs])
    for row in rows:
        row.deltas = [_delta(row.values[0], number) for number in row.values]
        row.changes = [_change(row.values[0], delta) for delta in row.deltas]
        row.judgements = [_judgement(row.key, delta) for delta in row.deltas]
    return rows


def _delta(baseline: Value, number: Value) -> float | None:
    if not isinstance(baseline, (int, float)) or not isinstance(number, (int, float)):
        return None
    return number - baseline if math.isfinite(number - baseline) else None


def _change(baseline: Value, delta: float | None) -> float | None:
    if delta is None or not isinstance(baseline, (int, float)) or baseline == 0:
        return None
    return delta / abs(baseline)


def _judgement(key: str, delta: float | None) -> Judgement | None:
    goal = goal_of(key)
    if not delta or goal is None:
        return None
    return "better" if (delta > 0) == (goal == "higher") else "worse"


def _own_tags(details: RunDetails) -> dict[str, str]:
    tags = details.run.tags.items()
    return {key: text for key, text in tags if not key.startswith(SYSTEM_TAGS)}


def _files(details: RunDetails) -> dict[str, Value]:
    """Return digests by path, in which a model goes by its number in the run: ids are never equal.

    Figures among the outputs are left out: they are compared with their cells.
    """
    numbers = {model.model_id: str(n) for n, model in enumerate(details.models, 1)}
    files: dict[str, Value] = {}
    for artifact in details.artifacts:
        folder, *parts = artifact.path.split("/")
        if folder == "models" and parts:
            parts[0] = numbers.get(parts[0], parts[0])
        if not artifact.path.startswith("figures/cell-"):
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
        found = {"digest": dataset.digest, **_shape(dataset), **_columns(dataset)}
        facts.update((f"{name}: {key}", value) for key, value in found.items())
    return facts


def _shape(dataset: DatasetView) -> dict[str, Value]:
    words = {"num_rows": "rows", "num_columns": "columns"}
    return {
        word: number
        for key, word in words.items()
        if isinstance(number := dataset.profile.get(key), (int, float))
    }


def _columns(dataset: DatasetView) -> dict[str, Value]:
    """Return dtype and, where the record holds it, distribution of each column."""
    columns = dataset.schema.get("columns")
    profiles = dataset.profile.get("columns")
    facts: dict[str, Value] = {}
    for column in columns if isinstance(columns, list) else []:
        if isinstance(column, dict):
            name = f"column {column.get('name')}"
            facts[name] = str(column.get("dtype", ""))
            profile = profiles.get(column.get("name")) if isinstance(profiles, dict) else None
            facts.update(_distribution(name, profile))
    return facts


def _distribution(name: str, profile: object) -> dict[str, Value]:
    if not isinstance(profile, dict):
        return {}
    return {
        f"{name}, {fact}": value
        for fact, value in profile.items()
        if isinstance(value, (int, float, str))
    }


def _distributions(details: RunDetails) -> dict[str, Distribution]:
    """Return how the columns of the data lie, by dataset and column."""
    found: dict[str, Distribution] = {}
    for dataset in details.datasets:
        name = " ".join(filter(None, (dataset.context, dataset.name)))
        profiles = dataset.profile.get("columns")
        for column, facts in profiles.items() if isinstance(profiles, dict) else ():
            # Whoever logs a dataset of their own may write anything there.
            with contextlib.suppress(msgspec.ValidationError):
                found[f"{name}: {column}"] = msgspec.convert(facts, Distribution)
    return found


def _differ(known: list[Distribution]) -> bool:
    """Whether distributions differ; one that was not looked at is no difference."""
    return any(each != known[0] for each in known[1:])


def _distribution_rows(runs: Sequence[dict[str, Distribution]]) -> list[DistributionRow]:
    keys = dict.fromkeys(key for columns in runs for key in columns)
    rows = {key: [columns.get(key) for columns in runs] for key in keys}
    return [
        DistributionRow(key=key, columns=row, differs=_differ(list(filter(None, row))))
        for key, row in rows.items()
    ]


# ------------------------------------------------------------------------------------- summary


def summary(comparison: Comparison) -> str:
    """Say in one sentence what differs, and how the most telling metric did."""
    parts = [_WORDS[each.kind](each) for each in comparison.differences]
    if not parts:
        told = "Params, cells, data and environment are the same"
    else:
        told = f"{_listed(parts)} {'differs' if _is_singular(comparison) else 'differ'}"
    told = told[0].upper() + told[1:]
    return f"{told}; {_metric_words(comparison.metric)}." if comparison.metric else f"{told}."


def _some(word: str) -> Callable[[Difference], str]:
    return lambda each: f"{each.count} {word}{'' if each.count == 1 else 's'}"


_WORDS: dict[DifferenceKind, Callable[[Difference], str]] = {
    "params": _some("param"),
    "cells": _some("cell"),
    "data": lambda _: "the data",
    "packages": _some("package"),
    "language": lambda each: f"the {each.name} version",
    "platform": lambda _: "the platform",
    "commit": lambda _: "the commit",
}


def _counted(comparison: Comparison) -> list[Difference]:
    cells = max(
        (sum(p.kind != "equal" or p.moved for p in c.pairs) for c in comparison.cells), default=0
    )
    counts: dict[DifferenceKind, int] = {"params": _differing(comparison.params), "cells": cells}
    return [Difference(kind=kind, count=count) for kind, count in counts.items() if count]


def _named(comparison: Comparison) -> list[Difference]:
    changed = {row.key for row in comparison.environment if row.differs}
    platform = changed & {"platform"}
    # The language's own row comes first.
    language = changed & {row.key for row in comparison.environment[:1]}
    packages = len(changed - platform - language)
    commit = any(row.differs for row in comparison.git if row.key in _CODE_OF_GIT)
    found = [
        (Difference(kind="data"), _differing(comparison.data)),
        (Difference(kind="packages", count=packages), packages),
        *((Difference(kind="language", name=name), 1) for name in language),
        (Difference(kind="platform"), len(platform)),
        (Difference(kind="commit"), commit),
    ]
    return [difference for difference, differs in found if differs]


_CODE_OF_GIT = ("commit", "uncommitted changes")


def _differing(rows: Iterable[ValueRow]) -> int:
    return sum(row.differs for row in rows)


def _listed(parts: list[str]) -> str:
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"


def _is_singular(comparison: Comparison) -> bool:
    return [each.count for each in comparison.differences] == [1]


def _metric_words(metric: MetricChange) -> str:
    if metric.change:
        return f"{metric.key} {metric.change}"
    return f"{metric.key} " + (f"{metric.low} to {metric.high}" if metric.low else "is the same")


def _metric_change(comparison: Comparison) -> MetricChange | None:
    row = _telling_metric(comparison)
    if row is None:
        return None
    numbers = [v for v in row.values if isinstance(v, (int, float)) and not math.isnan(v)]
    if len(numbers) < 2:
        return None
    told = MetricChange(key=row.key)
    low, high = min(numbers), max(numbers)
    if low == high:
        return told
    if len(comparison.runs) == 2:
        told.change = f"{numbers[1] - numbers[0]:+.3g}"
    else:
        told.low, told.high = f"{low:.4g}", f"{high:.4g}"
    return told


def _telling_metric(comparison: Comparison) -> ValueRow | None:
    """Return the first run's key metric that all runs have."""
    rows = {row.key: row for row in comparison.metrics if None not in row.values}
    keys = [run.key_metric for run in comparison.runs if run.key_metric in rows]
    return rows[keys[0]] if keys and keys[0] is not None else None
