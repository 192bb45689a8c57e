"""What a query says, read: conditions joined by AND, OR and NOT, and keys to sort by."""

from __future__ import annotations

from dataclasses import dataclass

from .fields import Key, quoted, written

Number = float | int
Value = str | Number | tuple[str, ...] | tuple[Number, ...] | None


@dataclass(frozen=True)
class Clause:
    """One condition."""

    key: Key
    operator: str
    value: Value


@dataclass(frozen=True)
class And:
    """All of these."""

    parts: tuple[Expression, ...]


@dataclass(frozen=True)
class Or:
    """At least one of these."""

    parts: tuple[Expression, ...]


@dataclass(frozen=True)
class Not:
    """The opposite: also runs that lack what a clause names."""

    part: Expression


Expression = Clause | And | Or | Not


@dataclass(frozen=True)
class Order:
    """One key to sort by."""

    key: Key
    descending: bool


def written_clause(clause: Clause) -> str:
    """Write a clause as a query does."""
    if clause.value is None:
        return f"{written(clause.key)} {clause.operator}"
    value = clause.value
    listed = value if isinstance(value, tuple) else (value,)
    texts = ", ".join(quoted(v) if isinstance(v, str) else repr(v) for v in listed)
    return f"{written(clause.key)} {clause.operator} " + (
        f"({texts})" if isinstance(value, tuple) else texts
    )
