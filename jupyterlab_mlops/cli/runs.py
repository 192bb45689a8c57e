"""The verbs about runs."""

from __future__ import annotations

import sqlite3
import sys
from argparse import Namespace
from collections.abc import Iterator
from itertools import islice
from typing import TYPE_CHECKING, Any

from ..errors import InvalidRequest
from ..types import SYSTEM_TAGS
from .config import redactor
from .output import (
    block,
    duration,
    first_line,
    iso,
    local_time,
    number,
    one_line,
    say,
    say_json,
    say_json_list,
    say_pairs,
    say_table,
    size,
)
from .record import by_account, record

if TYPE_CHECKING:
    from ..store.db import Database
    from ..types import Run, RunDetails, RunPage

PAGE = 1000
OLDEST_FIRST = ["attributes.start_time ASC"]
NEWEST_FIRST = ["attributes.start_time DESC"]


def runs(arguments: Namespace) -> None:
    """List runs, oldest first."""
    with record() as database:
        found = _find(database, arguments)
        if arguments.json:
            say_json_list(shape(run) for run in found)
        else:
            _say_runs(list(found))


def shape(run: Run) -> dict[str, Any]:
    """Give a run in the documented shape."""
    return {
        "run_id": run.run_id,
        "name": run.name,
        "experiment": run.experiment,
        "status": run.status,
        "user": run.user,
        "start_time": iso(run.start_time),
        "end_time": iso(run.end_time),
        "params": run.params,
        "metrics": run.metrics,
        "tags": run.tags,
    }


def _find(database: Database, arguments: Namespace) -> Iterator[Run]:
    if arguments.order_by or not arguments.limit:
        order = arguments.order_by or OLDEST_FIRST
        return islice(_pages(database, arguments, order), arguments.limit)
    newest = list(islice(_pages(database, arguments, NEWEST_FIRST), arguments.limit))
    return reversed(newest)


def _pages(database: Database, arguments: Namespace, order: list[str]) -> Iterator[Run]:
    from ..store.runs import find_run_id
    from ..store.search import search_runs

    parent = arguments.parent and database.read(lambda conn: find_run_id(conn, arguments.parent))
    token: str | None = None
    while True:

        def page_at(conn: sqlite3.Connection, token: str | None = token) -> RunPage:
            return search_runs(
                conn,
                arguments.filter,
                order,
                experiments=arguments.experiment,
                view=arguments.view,
                text=arguments.text,
                parent_run_id=parent,
                max_results=min(PAGE, arguments.limit or PAGE),
                page_token=token,
            )

        page = database.read(page_at)
        yield from page.runs
        token = page.next_page_token
        if token is None:
            return


def _say_runs(found: list[Run]) -> None:
    if not found:
        say("No run was found.")
        return
    say_table(
        ["ID", "NAME", "EXPERIMENT", "STATUS", "STARTED", "TIME", "METRIC", "TAGS"],
        [
            [
                run.run_id[:8],
                run.name,
                run.experiment,
                run.status,
                local_time(run.start_time),
                duration(run.start_time, run.end_time),
                key_metric(run),
                tags_in_line(run.tags),
            ]
            for run in found
        ],
    )


def key_metric(run: Run) -> str | None:
    """Give the metric to show where there is room for one only."""
    if run.key_metric is None or run.key_metric not in run.metrics:
        return None
    return f"{run.key_metric} {number(run.metrics[run.key_metric])}"


def tags_in_line(tags: dict[str, str]) -> str | None:
    """Give the tags that people set."""
    shown = [f"{k}={v}" for k, v in sorted(tags.items()) if not k.startswith(SYSTEM_TAGS)]
    return ", ".join(shown) or None


# --------------------------------------------------------------------------------------- show


def show(arguments: Namespace) -> None:
    """Show one run with all that belongs to it."""
    from ..store.runs import get_run_details

    with record() as database:
        details = database.read(lambda conn: get_run_details(conn, arguments.run_ref))
    if arguments.json:
        say_json(details)
    else:
        _say_details(details)


def _say_details(details: RunDetails) -> None:
    run = details.run
    say(f"{one_line(run.name)}  {run.status}")
    say_pairs(
        [
            ("id", run.run_id),
            ("experiment", run.experiment),
            ("started", local_time(run.start_time)),
            ("took", duration(run.start_time, run.end_time)),
            ("notebook", run.notebook),
            ("user", run.user),
            ("state", run.verdict),
            ("parent", run.parent_run_id),
            ("tags", tags_in_line(run.tags)),
            ("error", f"{run.error.name}: {run.error.value}" if run.error else None),
        ]
    )
    _say_part("PARAM", "VALUE", sorted(run.params.items()))
    _say_metrics(details)
    _say_part("DATASET", "DIGEST", [(f"{d.name} {d.context}", d.digest) for d in details.datasets])
    _say_part("ARTIFACT", "SIZE", [(a.path, size(a.size)) for a in details.artifacts])
    _say_part(
        "MODEL", "CLASS", [(m.model_id, f"{m.class_name} ({m.format})") for m in details.models]
    )
    _say_part(
        "VERSION",
        "ALIASES",
        [(f"{v.name}/{v.version}", ", ".join(v.aliases)) for v in details.versions],
    )
    _say_part("CHILD", "STATUS", [(f"{c.run_id[:8]} {c.name}", c.status) for c in details.children])
    _say_part(
        "CELL", "SOURCE", [(str(e.sequence), first_line(e.source)) for e in details.executions]
    )
    if run.note:
        say(f"\n{block(run.note)}")


def _say_part(left: str, right: str, rows: list[tuple[str, str]]) -> None:
    if rows:
        say()
        say_table([left, right], rows)


def _say_metrics(details: RunDetails) -> None:
    if details.metrics:
        say()
        say_table(
            ["METRIC", "LAST", "STEP", "MIN", "MAX", "POINTS"],
            [
                [m.key, number(m.value), str(m.step), number(m.min), number(m.max), str(m.count)]
                for m in details.metrics
            ],
        )


# ------------------------------------------------------------------------------- tag and note


def tag(arguments: Namespace) -> None:
    """Set or delete tags of runs."""
    from ..actions import tag_runs
    from ..types import TagRunsRequest

    tags: dict[str, str | None] = dict.fromkeys(arguments.delete)
    tags.update(parse_tags([word for word in arguments.words if "=" in word]))
    run_refs = [word for word in arguments.words if "=" not in word]
    if not run_refs:
        raise InvalidRequest("Name the runs to tag before KEY=VALUE.")
    if not tags:
        raise InvalidRequest("Give tags to set (KEY=VALUE) or to delete (--delete KEY).")
    request = TagRunsRequest(run_ids=run_refs, tags=tags)
    with record() as database:
        safe = redactor().record(request)
        tagged = database.write_now(by_account(lambda tx: tag_runs(tx, safe)))
    if arguments.json:
        say_json_list(shape(run) for run in tagged)
    else:
        for run in tagged:
            say(f"{one_line(run.name)}: {tags_in_line(run.tags) or 'no tags'}")


def archive(arguments: Namespace) -> None:
    """Put runs into the archive, or take them out."""
    from ..actions import archive_runs, unarchive_runs
    from ..types import RunIdsRequest

    request = RunIdsRequest(run_ids=arguments.run_refs)
    move = unarchive_runs if arguments.undo else archive_runs
    with record() as database:
        moved = database.write_now(lambda tx: move(tx, request))
    if arguments.json:
        say_json_list(shape(run) for run in moved)
    else:
        for run in moved:
            say(f"{one_line(run.name)}: {'archived' if run.archived else 'in the list again'}")


def parse_tags(words: list[str]) -> dict[str, str]:
    """Read KEY=VALUE."""
    tags = {}
    for word in words:
        key, equals, value = word.partition("=")
        if not (key and equals):
            raise InvalidRequest(f"{word!r} is no tag; write KEY=VALUE.")
        tags[key] = value
    return tags


def note(arguments: Namespace) -> None:
    """Show or write the note of a run."""
    from ..store.runs import get_run, set_note

    text = sys.stdin.read() if arguments.text == "-" else arguments.text
    with record() as database:
        if text is None:
            run = database.read(lambda conn: get_run(conn, arguments.run_ref))
        else:
            safe = redactor().text(text)
            run = database.write_now(by_account(lambda tx: set_note(tx, arguments.run_ref, safe)))
    if arguments.json:
        say_json({"run_id": run.run_id, "name": run.name, "note": run.note})
    else:
        say(block(run.note) if run.note else f"{one_line(run.name)} has no note.")
