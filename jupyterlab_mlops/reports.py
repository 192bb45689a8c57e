"""What the blocks of notes show, and notes as pages that can be sent to somebody."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence

from .errors import InvalidQuery, InvalidRequest, NotFound
from .notes import EVERYWHERE, Block, Fence, parse_block, pieces
from .report_page import Drawn, Piece, page
from .store import experiments, metrics, runs
from .store.authors import NOTE_TAG
from .store.fields import PREFIXES, Key
from .store.filters import parse_columns
from .store.scope import Scope
from .store.search import find_page
from .types import Curve, Experiment, NoteBlock, Run

SHOWN = ("run_name", "status", "start_time", "duration", "experiment", "user_id", "notebook",
         "verdict", "note")  # fmt: skip
"""Attributes of runs that a table shows."""
FEW_METRICS, FEW_PARAMS = 3, 4
PIXELS = 400


def set_experiment_note(tx: sqlite3.Connection, experiment: str, note: str) -> Experiment:
    """Write the note of an experiment, given by its id or name; an empty one is taken off.

    Raises
    ------
    NotFound
        There is no such experiment.
    """
    found = runs.get_experiment(tx, experiment)
    if note:
        experiments.set_tags(tx, int(found.experiment_id), {NOTE_TAG: note})
    elif found.note:
        experiments.delete_tag(tx, int(found.experiment_id), NOTE_TAG)
    return runs.get_experiment(tx, experiment)


def read_block(conn: sqlite3.Connection, text: str, experiment: str) -> NoteBlock:
    """Find what a block shows.

    Parameters
    ----------
    experiment
        Id or name of the one that the note is about.

    Raises
    ------
    InvalidRequest
        A line of the block cannot be understood.
    NotFound
        There is no such experiment.
    """
    block = parse_block(text)
    named = block.experiment or experiment
    if named != EVERYWHERE:
        runs.get_experiment(conn, named)
    charts = _charts(block)
    columns = _columns(block.columns)
    found = find_page(
        conn,
        Scope(filter=block.filter, experiments=[] if named == EVERYWHERE else [named]),
        block.sort,
        max_results=block.limit,
        count=True,
    )
    if not columns and not charts:
        columns = _usual(found.runs)
    return NoteBlock(
        columns=columns,
        charts=charts,
        runs=found.runs,
        total=found.total,
        total_is_exact=found.total_is_exact,
    )


def _charts(block: Block) -> list[str]:
    keys = parse_columns([block.charts]) if block.charts else []
    for key in keys:
        if key.entity != "metric":
            raise InvalidRequest(f"`charts` names {_id(key)!r}: only metrics have curves.")
    return [key.name for key in keys]


def _columns(text: str) -> list[str]:
    keys = parse_columns([text]) if text else []
    for key in keys:
        if key.entity == "attribute" and key.name not in SHOWN:
            raise InvalidRequest(
                f"{key.name!r} is no column of a table: it may be {', '.join(SHOWN)},"
                " or begin with `metrics.`, `params.` or `tags.`."
            )
    return [_id(key) for key in keys if key != Key("attribute", "run_name")]


def _id(key: Key) -> str:
    return f"{PREFIXES[key.entity]}.{key.name}"


def _usual(found: Sequence[Run]) -> list[str]:
    """Columns for somebody who has named none: how it went, and by which differing params."""
    best = dict.fromkeys(run.key_metric for run in found if run.key_metric)
    params = sorted({key for run in found for key in run.params})
    differing = [key for key in params if len({run.params.get(key) for run in found}) > 1]
    return [
        "attributes.status",
        *(f"metrics.{key}" for key in [*best][:FEW_METRICS]),
        *(f"params.{key}" for key in differing[:FEW_PARAMS]),
        "attributes.start_time",
    ]


# --------------------------------------------------------------------------------------- pages


def experiment_report(conn: sqlite3.Connection, experiment: str) -> bytes:
    """Give the note of an experiment as an HTML page; raises NotFound where there is none."""
    found = runs.get_experiment(conn, experiment)
    return _report(conn, found.name, found.note, found.experiment_id)


def run_report(conn: sqlite3.Connection, run_ref: str) -> bytes:
    """Give the note of a run as an HTML page; raises NotFound where there is none."""
    run = runs.get_run(conn, run_ref)
    return _report(conn, run.name, run.note, run.experiment_id)


def _report(conn: sqlite3.Connection, title: str, note: str, experiment: str) -> bytes:
    from . import __version__

    return page(title, _filled(conn, note, experiment), version=__version__, made_at=runs.now())


def _filled(conn: sqlite3.Connection, note: str, experiment: str) -> Iterator[Piece]:
    for piece in pieces(note):
        if not isinstance(piece, Fence):
            yield piece
            continue
        try:
            block = read_block(conn, piece.text, experiment)
        except (InvalidRequest, InvalidQuery, NotFound) as fault:
            yield fault
        else:
            yield Drawn(block, {key: _curves(conn, key, block.runs) for key in block.charts})


def _curves(conn: sqlite3.Connection, key: str, found: Sequence[Run]) -> list[tuple[str, Curve]]:
    return [
        (run.name, metrics.get_curve(conn, run.run_id, key, pixels=PIXELS))
        for run in found
        if key in run.metrics
    ]
