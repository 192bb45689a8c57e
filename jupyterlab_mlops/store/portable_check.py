"""Whether lines that somebody else wrote may stand in this record's tables.

SQLite takes anything in any column, and who reads a row trusts it; so each value is looked at
before the first line is entered.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache
from typing import Any, get_args

import msgspec

from ..errors import InvalidRequest
from ..types import ExecutionError, ExecutionStatus, RunStatus
from .artifacts import check_path
from .outputs import references
from .portable import DIGESTS, POINTS, Line
from .registry import check_name
from .rows import from_json

_INT64 = range(-(2**63), 2**63)
_ID = re.compile(r"[a-zA-Z0-9][\w.:-]{0,255}")
_DIGEST = re.compile(r"[0-9a-f]{64}")
_WORDS = {"NaN": float("nan"), "Infinity": float("inf"), "-Infinity": float("-inf")}
_JSON: dict[tuple[str, str], Any] = {
    ("executions", "names_read"): list[str],
    ("executions", "names_written"): list[str],
    ("executions", "error"): ExecutionError,
    ("runs", "error"): ExecutionError,
    ("outputs", "outputs"): list[dict[str, Any]],
    ("notebooks", "cell_ids"): list[str],
    ("packages", "packages"): dict[str, str],
    ("sessions", "argv"): list[str],
    ("datasets", "schema"): dict[str, Any],
    ("datasets", "profile"): dict[str, Any],
    ("datasets", "tags"): dict[str, str],
    ("models", "trusted_types"): list[str],
    ("models", "requirements"): list[str],
    ("models", "signature"): dict[str, Any],
    ("models", "metadata"): dict[str, Any],
    ("models", "input_example"): Any,
    ("pushes", "aliases"): list[str],
    ("views", "state"): dict[str, Any],
}
_CHOICES = {
    ("runs", "status"): {"SCHEDULED", *get_args(RunStatus)},
    ("executions", "status"): {*get_args(ExecutionStatus)},
    ("pushes", "state"): {"pushed"},
    ("authors", "kind"): {"run", "experiment", "version"},
}
_IDS = {"run_id", "session_id", "execution_id", "parent_run_id", "model_id", "view_id",
        "error_execution_id", "run", "execution"}  # fmt: skip
_PATHS = {("artifacts", "path"), ("files", "path")}
_NAMES = {("registered_models", "name"), ("model_versions", "name"), ("aliases", "name")}


class _Points(msgspec.Struct, forbid_unknown_fields=True):
    run: str
    key: str
    steps: list[int]
    timestamps: list[int]
    values: list[float | str]


class Checker:
    """Looks at lines, one by one.

    Parameters
    ----------
    tables
        The columns of each table (`portable.tables_of`).
    """

    def __init__(self, tables: dict[str, list[dict[str, Any]]]) -> None:
        self._tables = {t: {c["name"]: c for c in columns} for t, columns in tables.items()}
        self._needed = {
            table: {n for n, c in columns.items() if c["notnull"] and c["dflt_value"] is None}
            for table, columns in self._tables.items()
        }

    def check(self, line: Line) -> None:
        """Refuse a line that does not fit.

        Raises
        ------
        InvalidRequest
            It says which table and column, and what is wrong with it.
        """
        if line.table == POINTS:
            _check_points(line.row)
            return
        columns = self._tables.get(line.table)
        if columns is None:
            raise InvalidRequest(f"{line.table[:40]!r} is no table of a record.")
        if missing := self._needed[line.table] - line.row.keys():
            raise InvalidRequest(f"A row of {line.table} lacks {', '.join(sorted(missing))}.")
        for name, content in line.row.items():
            if name not in columns:
                raise InvalidRequest(f"{line.table} has no column {name[:40]!r}.")
            line.row[name] = self._checked(line.table, name, columns[name]["type"], content)

    def _checked(self, table: str, name: str, kind: str, content: Any) -> Any:
        where = f"{table}.{name}"
        if name in ("run", "execution") or (table, name) in _OF_NAMES:
            kind = "TEXT"  # what a small integer stands for
        if kind == "REAL":
            content = number_of(content)
        fits = _FITS[kind](content)
        if not fits:
            raise InvalidRequest(f"{where} is {str(content)[:60]!r}, which is no {kind}.")
        if rule := _rule(table, name):
            try:
                rule(content)
            except (msgspec.MsgspecError, ValueError, TypeError, InvalidRequest) as error:
                raise InvalidRequest(f"{where} is {str(content)[:60]!r}: {error}") from None
        return content


_OF_NAMES = {("runs", "experiment_id"), ("models", "experiment_id"),
             ("experiment_tags", "experiment_id")}  # fmt: skip
_FITS: dict[str, Callable[[Any], bool]] = {
    "TEXT": lambda content: isinstance(content, str),
    "INTEGER": lambda content: type(content) is int and content in _INT64,
    "REAL": lambda content: isinstance(content, float),
}


def number_of(content: Any) -> Any:
    """Return what `portable.word_of` was given; what is neither number nor such a word stays."""
    if isinstance(content, str):
        return _WORDS.get(content, content)
    return float(content) if type(content) is int else content


@cache
def _rule(table: str, name: str) -> Callable[[Any], object] | None:
    """Return what raises where a value of a column is not one that others can read."""
    which = table, name
    if which == ("outputs", "outputs"):
        return _check_outputs
    if which in _JSON:
        return msgspec.json.Decoder(_JSON[which]).decode
    if which in _CHOICES:
        return lambda content: _refuse_unless(content in _CHOICES[which])
    if which in _PATHS:
        return check_path
    if which in _NAMES:
        return check_name
    if name == "digest" and table in DIGESTS:
        return lambda content: _refuse_unless(bool(_DIGEST.fullmatch(content)))
    if name == "lifecycle_stage":
        return lambda content: _refuse_unless(bool(re.fullmatch("[a-z]{1,20}", content)))
    if which == ("models", "run"):
        return lambda content: _refuse_unless(not content or bool(_ID.fullmatch(content)))
    if name in _IDS:
        return lambda content: _refuse_unless(bool(_ID.fullmatch(content)))
    return None


def _refuse_unless(fits: bool) -> None:
    if not fits:
        raise ValueError("not allowed there")


def _check_outputs(content: str) -> None:
    outputs = msgspec.json.decode(content, type=list[dict[str, Any]])
    for digest in references(outputs):
        _refuse_unless(bool(_DIGEST.fullmatch(digest)))
    if '"mlops_blob"' in content:
        _check_references(from_json(content))


def _check_references(content: Any) -> None:
    """See that what stands for a picture says all that is needed to put it back."""
    inner = content.values() if isinstance(content, dict) else content
    if isinstance(content, dict) and "mlops_blob" in content:
        _refuse_unless(isinstance(content.get("newline"), bool))
    for each in inner:
        if isinstance(each, (dict, list)):
            _check_references(each)


def _check_points(row: dict[str, Any]) -> None:
    try:
        points = msgspec.convert(row, _Points)
        _refuse_unless(bool(_ID.fullmatch(points.run)))
        _refuse_unless(len(points.steps) == len(points.timestamps) == len(points.values))
        _refuse_unless(all(n in _INT64 for n in (*points.steps, *points.timestamps)))
        row["values"] = [_WORDS[v] if isinstance(v, str) else v for v in points.values]
    except (msgspec.ValidationError, ValueError, KeyError) as error:
        raise InvalidRequest(f"Points of a metric are no points: {error}.") from None
