"""What the run table asks of the schema: things to sort, group and filter by; saved views."""

from __future__ import annotations

_RUNS_NOTEBOOK = """
    UPDATE runs SET notebook = coalesce(
        (SELECT e.notebook FROM executions e WHERE e.execution_id = runs.execution_id),
        (SELECT s.notebook FROM sessions s WHERE s.session_id = runs.session_id)
    )
"""


def _keep_notebook(name: str, event: str, which: str) -> str:
    return f"CREATE TRIGGER runs_notebook_{name} {event} BEGIN {_RUNS_NOTEBOOK} WHERE {which}; END"


RUN_TABLE = (
    "ALTER TABLE runs ADD COLUMN notebook TEXT",
    _RUNS_NOTEBOOK,
    "CREATE INDEX runs_by_execution ON runs (execution_id) WHERE execution_id IS NOT NULL",
    _keep_notebook("of_new_run", "AFTER INSERT ON runs", "id = new.id"),
    _keep_notebook(
        "of_moved_run",
        "AFTER UPDATE OF session_id, execution_id ON runs WHEN old.session_id IS NOT"
        " new.session_id OR old.execution_id IS NOT new.execution_id",
        "id = new.id",
    ),
    _keep_notebook(
        "of_new_execution",
        "AFTER INSERT ON executions WHEN new.notebook IS NOT NULL",
        "execution_id = new.execution_id",
    ),
    _keep_notebook(
        "of_execution",
        "AFTER UPDATE OF notebook ON executions WHEN old.notebook IS NOT new.notebook",
        "execution_id = new.execution_id",
    ),
    _keep_notebook(
        "of_lost_execution",
        "AFTER DELETE ON executions WHEN old.notebook IS NOT NULL",
        "execution_id = old.execution_id",
    ),
    _keep_notebook(
        "of_new_session",
        "AFTER INSERT ON sessions WHEN new.notebook IS NOT NULL",
        "session_id = new.session_id",
    ),
    _keep_notebook(
        "of_session",
        "AFTER UPDATE OF notebook ON sessions WHEN old.notebook IS NOT new.notebook",
        "session_id = new.session_id",
    ),
    # A NUMERIC column makes a number of a text that is one and leaves any other as it is; every
    # number is less than every text.
    "ALTER TABLE params ADD COLUMN number NUMERIC GENERATED ALWAYS AS (value) VIRTUAL",
    "CREATE INDEX params_by_number ON params (key, number, run) WHERE number < ''",
    """
    CREATE TABLE views (
        view_id TEXT PRIMARY KEY, kind TEXT NOT NULL, name TEXT NOT NULL, state TEXT NOT NULL,
        created_at INTEGER NOT NULL, created_by TEXT, updated_at INTEGER NOT NULL, updated_by TEXT
    ) WITHOUT ROWID
    """,
)


# --------------------------------------------------------------------- version 4: and its speed


def _counted(table: str) -> tuple[str, ...]:
    """Keep how many runs have each key: a count of rows would read all of them."""
    return (
        f"INSERT INTO _column_counts SELECT '{table}', key, count(*) FROM {table} GROUP BY key",
        # Before, since a row that replaces another is not counted again.
        f"""
        CREATE TRIGGER {table}_counted BEFORE INSERT ON {table}
        WHEN NOT EXISTS (SELECT 1 FROM {table} WHERE run = new.run AND key = new.key)
        BEGIN
            INSERT INTO _column_counts VALUES ('{table}', new.key, 1)
                ON CONFLICT (kind, key) DO UPDATE SET count = count + 1;
        END
        """,
        f"""
        CREATE TRIGGER {table}_uncounted AFTER DELETE ON {table}
        BEGIN
            UPDATE _column_counts SET count = count - 1 WHERE kind = '{table}' AND key = old.key;
        END
        """,
    )


SORTED = {
    "run_name": "name",
    "user_id": "user",
    "status": "status",
    "verdict": "verdict",
    "notebook": "notebook",
    "end_time": "end_time",
    "duration": "end_time - start_time",
}
"""Attributes of runs that an index sorts, counts and finds, with what it holds first."""

RUN_TABLE_SPEED = (
    "DROP INDEX runs_by_name",
    *(
        f"CREATE INDEX runs_by_{name} ON runs ({column}, start_time DESC, lifecycle_stage)"
        for name, column in SORTED.items()
    ),
    """
    CREATE TABLE _column_counts (
        kind TEXT NOT NULL, key TEXT NOT NULL, count INTEGER NOT NULL, PRIMARY KEY (kind, key)
    ) WITHOUT ROWID
    """,
    *_counted("metrics"),
    *_counted("params"),
    *_counted("tags"),
)

ARCHIVE = (
    "ALTER TABLE runs ADD COLUMN archived INTEGER NOT NULL DEFAULT 0",
    # Few are: asking whether any is must not cost a look at all.
    "CREATE INDEX runs_archived ON runs (id) WHERE archived",
)
"""Runs that are kept, but not shown unless somebody asks for them."""
