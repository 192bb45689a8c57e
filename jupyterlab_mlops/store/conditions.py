"""An expression -> a test in SQL, and the runs that it leaves where an index finds them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from ..types import ColumnKind
from .expressions import And, Clause, Expression, Not, Or
from .fields import Entity, Key
from .output_text import is_of_the_form, longest_word
from .rows import marks
from .schema_table import SORTED

TABLES: dict[Entity, ColumnKind] = {"metric": "metrics", "param": "params", "tag": "tags"}
_ERROR = "json_extract({0}.error, '$.name') || ': ' || json_extract({0}.error, '$.value')"
COLUMNS = {
    "run_id": "r.run_id",
    "run_name": "r.name",
    "user_id": "r.user",
    "status": "r.status",
    "start_time": "r.start_time",
    "end_time": "r.end_time",
    "duration": "(r.end_time - r.start_time)",
    "artifact_uri": "'mlflow-artifacts:/' || r.experiment_id || '/' || r.run_id || '/artifacts'",
    "experiment": "(SELECT x.name FROM experiments x WHERE x.experiment_id = r.experiment_id)",
    "notebook": "r.notebook",
    "session_id": "r.session_id",
    "verdict": "r.verdict",
    "note": "r.note",
    "error": f"({_ERROR.format('r')})",
    "parent_run_id": "r.parent_run_id",
    "child_count": "(SELECT count(*) FROM runs c WHERE c.parent_run_id = r.run_id"
    " AND c.lifecycle_stage = 'active')",
}
_INDEXED_ATTRIBUTES = ("run_id", "session_id", "parent_run_id", "experiment", *SORTED)
_POSITIVE = ("=", "IN", ">", ">=", "<", "<=", "LIKE", "ILIKE", "CONTAINS")
_OF_CELLS = (
    "SELECT t.id FROM executions m CROSS JOIN execution_runs y ON y.execution = m.id"
    " CROSS JOIN runs t ON t.run_id = y.run_id WHERE {}"
)
_OF_VERSIONS = "JOIN runs t ON t.run_id = v.run_id WHERE NOT v.deleted AND {}"
_SETS: dict[tuple[str, str], tuple[str, str]] = {
    ("execution", "source"): (_OF_CELLS, "m.source"),
    ("execution", "status"): (_OF_CELLS, "m.status"),
    ("execution", "cell_id"): (_OF_CELLS, "m.cell_id"),
    ("execution", "error"): (
        _OF_CELLS.replace("{}", "m.error IS NOT NULL AND {}"),
        f"({_ERROR.format('m')})",
    ),
    ("execution", "output"): (
        "SELECT t.id FROM outputs o CROSS JOIN execution_runs y ON y.execution = o.execution"
        " CROSS JOIN runs t ON t.run_id = y.run_id WHERE {}",
        "output_text(o.outputs)",
    ),
    ("model", "name"): (
        "SELECT m.run AS id FROM (SELECT run, name FROM models WHERE NOT deleted UNION SELECT"
        " t.id, v.name FROM model_versions v JOIN runs t ON t.run_id = v.run_id"
        " WHERE NOT v.deleted) m WHERE {}",
        "m.name",
    ),
    ("model", "alias"): (
        "SELECT t.id FROM aliases m JOIN model_versions v ON v.name = m.name AND"
        f" v.version = m.version {_OF_VERSIONS}",
        "m.alias",
    ),
    ("model", "flavor"): (
        "SELECT m.run AS id FROM models m WHERE NOT m.deleted AND {}",
        "m.flavor",
    ),
    ("model", "class"): (
        "SELECT m.run AS id FROM models m WHERE NOT m.deleted AND {}",
        "m.class_name",
    ),
    **{
        ("dataset", name): ("SELECT m.run AS id FROM datasets m WHERE {}", f"m.{name}")
        for name in ("name", "digest", "context")
    },
}
"""Keys of which a run may have several values: the runs that have one, and the value's column."""


OUTPUT = Key("execution", "output")


@dataclass
class Sql:
    """A piece of SQL with its bound values."""

    text: str
    arguments: list[Any] = field(default_factory=list)


def condition(expression: Expression, run: str) -> Sql:
    """Return the test of one run `r`, whose small id is in the column `run`, too."""
    if isinstance(expression, Clause):
        return _clause(expression, run)
    if isinstance(expression, Not):
        part = condition(expression.part, run)
        return Sql(f"NOT coalesce({part.text}, 0)", part.arguments)
    parts = [condition(part, run) for part in expression.parts]
    word = " AND " if isinstance(expression, And) else " OR "
    return Sql(
        word.join(f"({part.text})" for part in parts),
        [argument for part in parts for argument in part.arguments],
    )


def narrow(expression: Expression) -> list[Sql]:
    """Return sets of runs that an index finds, each of which holds all that match."""
    if isinstance(expression, Clause):
        found = _candidates(expression)
        return [] if found is None else [found]
    if isinstance(expression, And):
        return [found for part in expression.parts for found in narrow(part)]
    if isinstance(expression, Or):
        return _union([narrow(part) for part in expression.parts])
    return []


def exact(expression: Expression) -> Sql | None:
    """Return those that match, where indexes find all of them and nothing else."""
    if isinstance(expression, Clause):
        return _candidates(expression)
    if isinstance(expression, Not):
        return None
    parts = [exact(part) for part in expression.parts]
    word = " INTERSECT " if isinstance(expression, And) else " UNION "
    found = [part for part in parts if part is not None]
    if len(found) < len(parts):
        return None
    return Sql(
        word.join(f"SELECT id FROM ({part.text})" for part in found),
        [argument for part in found for argument in part.arguments],
    )


def _union(choices: list[list[Sql]]) -> list[Sql]:
    if not all(choices):
        return []
    chosen = [sets[0] for sets in choices]
    return [
        Sql(
            " UNION ".join(each.text for each in chosen),
            [argument for each in chosen for argument in each.arguments],
        )
    ]


def _clause(clause: Clause, run: str) -> Sql:
    key = clause.key
    if key.entity == "attribute":
        return _attribute(clause)
    if key.entity not in TABLES:
        absent = "NOT " if clause.operator == "IS NULL" else ""
        found = _set(clause)
        return Sql(f"{run} {absent}IN ({found.text})", found.arguments)
    one = f"SELECT 1 FROM {TABLES[key.entity]} m WHERE m.run = {run} AND m.key = ?"
    if clause.operator == "IS NULL":
        return Sql(f"NOT EXISTS ({one})", [key.name])
    if clause.operator == "IS NOT NULL":
        return Sql(f"EXISTS ({one})", [key.name])
    test = _value_test(clause)
    return Sql(f"EXISTS ({one} AND {test.text})", [key.name, *test.arguments])


def _attribute(clause: Clause) -> Sql:
    if clause.key.name == "experiment":
        test = comparison("x.name", clause)
        return Sql(
            f"r.experiment_id IN (SELECT x.experiment_id FROM experiments x WHERE {test.text})",
            test.arguments,
        )
    return comparison(COLUMNS[clause.key.name], clause)


def _set(clause: Clause) -> Sql:
    """Return the runs one of whose values passes; for IS NULL those that have any."""
    pattern, column = _SETS[clause.key.entity, clause.key.name]
    is_null = clause.operator in ("IS NULL", "IS NOT NULL")
    test = Sql(f"{column} IS NOT NULL") if is_null else comparison(column, clause)
    if clause.key == OUTPUT and clause.operator == "CONTAINS":
        test = in_outputs(str(clause.value), test)
    return Sql(pattern.replace("{}", f"({test.text})"), test.arguments)


def in_outputs(text: str, test: Sql) -> Sql:
    """Let a test of outputs `o` read only those in whose JSON a word of the text stands."""
    word = longest_word(text)
    if word is None:
        return test
    first = contains("o.outputs", word)
    return Sql(f"{first.text} AND {test.text}", [*first.arguments, *test.arguments])


def outputs_with(words: Sequence[str]) -> Sql:
    """Return the runs with a cell whose outputs have all of the words.

    An index would cost something with every line that a cell prints; a look at all costs once.
    """
    tests = [contains("o.outputs", word) for word in words]
    tests += [contains("output_text(o.outputs)", word) for word in words if is_of_the_form(word)]
    pattern, _ = _SETS["execution", "output"]
    return Sql(
        pattern.replace("{}", " AND ".join(test.text for test in tests)),
        [argument for test in tests for argument in test.arguments],
    )


def pairs_of(key: Key) -> str:
    """Return SQL for the small ids of runs, each with a value of a key that may have several."""
    pattern, column = _SETS[key.entity, key.name]
    found = pattern.replace("{}", f"{column} IS NOT NULL")
    for chosen in ("SELECT t.id FROM", "SELECT m.run AS id FROM"):
        if found.startswith(chosen):
            run = chosen.split()[1]
            return f"SELECT DISTINCT {run} AS run, {column} AS value FROM{found[len(chosen) :]}"
    raise AssertionError(found)


def _candidates(clause: Clause) -> Sql | None:
    """Return the runs that a clause leaves, where an index finds them."""
    key = clause.key
    if key.entity not in TABLES and key.entity != "attribute":
        return None if clause.operator == "IS NULL" else _set(clause)
    if clause.operator not in _POSITIVE:
        return None
    if key.entity in TABLES:
        test = _value_test(clause)
        table = TABLES[key.entity]
        return Sql(
            f"SELECT m.run AS id FROM {table} m WHERE m.key = ? AND {test.text}",
            [key.name, *test.arguments],
        )
    if key.name in _INDEXED_ATTRIBUTES:
        return runs_where(_attribute(clause))
    return None


def _value_test(clause: Clause) -> Sql:
    """Return the test of a row `m` of params, metrics or tags."""
    value = clause.value[0] if isinstance(clause.value, tuple) else clause.value
    if clause.key.entity != "param" or isinstance(value, str):
        return comparison("m.value", clause)
    test = comparison("m.number", clause)
    if clause.operator in ("!=", "NOT IN"):
        return test
    # Every number is less than every text.
    return Sql(f"{test.text} AND m.number < ''", test.arguments)


def comparison(column: str, clause: Clause) -> Sql:
    """Return the comparison of a column with the value of a clause."""
    operator, compared = clause.operator, clause.value
    if operator in ("IS NULL", "IS NOT NULL"):
        return Sql(f"{column} {operator}")
    if isinstance(compared, tuple):
        return _membership(column, clause, compared)
    if operator == "!=" and clause.key.entity == "metric":
        # NaN, which SQL has as NULL, differs from every number.
        operator = "IS NOT"
    negated, _, word = operator.rpartition(" ")
    if word in ("LIKE", "ILIKE", "CONTAINS"):
        test = _like(column, word, str(compared))
        return Sql(f"NOT ({test.text})", test.arguments) if negated else test
    return Sql(f"{column} {operator} ?", [compared])


def _membership(column: str, clause: Clause, values: tuple[Any, ...]) -> Sql:
    test = f"{column} {clause.operator} ({marks(values)})"
    if clause.operator == "NOT IN" and clause.key.entity == "metric":
        test = f"({test} OR {column} IS NULL)"
    return Sql(test, list(values))


def _like(column: str, operator: str, text: str) -> Sql:
    if operator == "LIKE":
        return Sql(f"{column} GLOB ?", [_glob(text)])
    if operator == "ILIKE":
        return Sql(f"casefold({column}) GLOB ?", [_glob(text.casefold())])
    return contains(column, text)


def contains(column: str, text: str) -> Sql:
    """Return the test whether a column has a text in it, upper or lower case alike."""
    if not text.isascii():
        return Sql(f"instr(casefold({column}), ?) > 0", [text.casefold()])
    # SQLite's own LIKE is blind to the case of ASCII letters, and quicker than Python's casefold.
    escaped = "".join(f"\\{letter}" if letter in "\\%_" else letter for letter in text)
    return Sql(f"{column} LIKE ? ESCAPE '\\'", [f"%{escaped}%"])


def _glob(pattern: str) -> str:
    """Turn a pattern of LIKE into one of GLOB, which knows upper from lower case."""
    marks_of_glob = {"%": "*", "_": "?", "*": "[*]", "?": "[?]", "[": "[[]"}
    return "".join(marks_of_glob.get(letter, letter) for letter in pattern)


def runs_where(test: Sql) -> Sql:
    """Return the runs that pass one test."""
    return Sql(f"SELECT r.id FROM runs r WHERE {test.text}", test.arguments)


def where(tests: list[Sql]) -> Sql:
    """Join tests to a WHERE, an empty one if there are none."""
    if not tests:
        return Sql("")
    return Sql(
        "WHERE " + " AND ".join(f"({test.text})" for test in tests),
        [argument for test in tests for argument in test.arguments],
    )
