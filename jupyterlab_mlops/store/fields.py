"""What a query can name, and how each may be compared."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Literal

Entity = Literal["attribute", "metric", "param", "tag", "dataset", "execution", "model"]
Kind = Literal["text", "number", "time", "duration", "any"]

ENTITIES: dict[str, Entity] = {
    "attribute": "attribute", "attributes": "attribute", "attr": "attribute", "run": "attribute",
    "metric": "metric", "metrics": "metric",
    "param": "param", "params": "param", "parameter": "param", "parameters": "param",
    "tag": "tag", "tags": "tag",
    "dataset": "dataset", "datasets": "dataset", "data": "dataset",
    "execution": "execution", "executions": "execution", "cell": "execution", "cells": "execution",
    "model": "model", "models": "model",
}  # fmt: skip
PREFIXES: dict[Entity, str] = {
    "attribute": "attributes", "metric": "metrics", "param": "params", "tag": "tags",
    "dataset": "data", "execution": "execution", "model": "model",
}  # fmt: skip
"""How we write them; the others are MLflow's."""
ATTRIBUTES: dict[str, Kind] = {
    "run_id": "text", "run_name": "text", "user_id": "text", "status": "text",
    "start_time": "time", "end_time": "time", "duration": "duration", "artifact_uri": "text",
    "experiment": "text", "notebook": "text", "session_id": "text", "verdict": "text",
    "note": "text", "error": "text", "parent_run_id": "text", "child_count": "number",
}  # fmt: skip
"""What a run has of its own."""
ALIASES = {
    "created": "start_time", "run name": "run_name", "name": "run_name", "user": "user_id",
}  # fmt: skip
FIXED: dict[Entity, tuple[str, ...]] = {
    "dataset": ("name", "digest", "context"),
    "execution": ("source", "output", "error", "status", "cell_id"),
    "model": ("name", "alias", "flavor", "class"),
}
"""Entities that have the same names in every store."""
DETAILS = {
    "attribute": "of the run", "metric": "metric", "param": "param", "tag": "tag",
    "dataset": "data that the run read", "execution": "a cell that ran in the run",
    "model": "a model of the run",
}  # fmt: skip

OTHER_NUMBERS = (
    *("creation_time", "last_update_time", "creation_timestamp", "last_updated_timestamp"),
    *("timestamp", "version_number"),
)
"""Attributes of things that are no runs, whose values are numbers."""


@dataclass(frozen=True)
class Grammar:
    """What may be named in a query.

    Attributes
    ----------
    attributes
        By the name that queries use.
    aliases
        Further names of theirs.
    entities
        What may stand before a dot.
    """

    attributes: Collection[str]
    aliases: Mapping[str, str]
    entities: Collection[Entity]


RUNS = Grammar(ATTRIBUTES, ALIASES, PREFIXES)
TAGS_OF_RUNS = {"mlflow.runName": "run_name", "mlflow.parentRunId": "parent_run_id"}
"""Tags of MLflow's that every run has, whoever made it."""

NUMBER_OPERATORS = ("=", "!=", ">", ">=", "<", "<=", "IN", "NOT IN", "IS NULL", "IS NOT NULL")
TEXT_OPERATORS = (
    *("=", "!=", "CONTAINS", "NOT CONTAINS", "LIKE", "NOT LIKE", "ILIKE", "NOT ILIKE"),
    *("IN", "NOT IN", "IS NULL", "IS NOT NULL"),
)
ORDERED_OPERATORS = ("=", "!=", ">", ">=", "<", "<=", "IS NULL", "IS NOT NULL")
OPERATORS: dict[Kind, tuple[str, ...]] = {
    "text": TEXT_OPERATORS,
    "number": NUMBER_OPERATORS,
    "time": ORDERED_OPERATORS,
    "duration": ORDERED_OPERATORS,
    "any": (*TEXT_OPERATORS[:2], ">", ">=", "<", "<=", *TEXT_OPERATORS[2:]),
}


_KINDS: dict[Entity, Kind] = {"metric": "number", "param": "any"}


@dataclass(frozen=True)
class Key:
    """What a clause or an order is about."""

    entity: Entity
    name: str

    @property
    def kind(self) -> Kind:
        """What its values are; those of a param are text, which may be a number."""
        if self.entity == "attribute":
            return ATTRIBUTES.get(self.name, "number" if self.name in OTHER_NUMBERS else "text")
        return _KINDS.get(self.entity, "text")


_PLAIN = re.compile(r"[^\W\d][\w.]*")


def written(key: Key) -> str:
    """Write a key as a query does."""
    if key.entity == "attribute":
        return key.name
    name = key.name
    if not _PLAIN.fullmatch(name):
        mark = '"' if "`" in name else "`"
        name = quoted(name, mark)
    return f"{PREFIXES[key.entity]}.{name}"


def quoted(text: str, mark: str = "'") -> str:
    """Write a text in quotation marks, which are doubled inside."""
    return f"{mark}{text.replace(mark, 2 * mark)}{mark}"


def unquoted(text: str) -> str:
    """Give the text between quotation marks."""
    mark = text[0]
    return text[1:-1].replace(2 * mark, mark)
