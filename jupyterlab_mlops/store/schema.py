"""The tables, statement by statement, version by version; docs/schema.md explains them.

Small integers (`runs.id`, `executions.id`) join the tables, the ids that the user sees stand beside
them once. Times are milliseconds since the Unix epoch, UTC. REFERENCES guide readers such as
Datasette; they are not enforced, since records may arrive in any order.
"""

from __future__ import annotations

SESSIONS = (
    """
    CREATE TABLE sessions (
        session_id TEXT PRIMARY KEY, kind TEXT NOT NULL DEFAULT 'kernel', started_at INTEGER,
        ended_at INTEGER, end_reason TEXT, kernel_id TEXT, kernel_name TEXT, pid INTEGER,
        host TEXT, user TEXT, notebook TEXT, notebook_origin TEXT, cwd TEXT, argv TEXT,
        language TEXT, language_version TEXT, platform TEXT, recording INTEGER NOT NULL DEFAULT 1,
        packages_digest TEXT REFERENCES packages (packages_digest)
    ) WITHOUT ROWID
    """,
    "CREATE INDEX sessions_by_kernel ON sessions (kernel_id, started_at)",
    "CREATE INDEX sessions_by_start ON sessions (started_at)",
    "CREATE TABLE packages (packages_digest TEXT PRIMARY KEY, packages TEXT NOT NULL)",
    """
    CREATE TABLE git_states (
        session_id TEXT PRIMARY KEY REFERENCES sessions (session_id), "commit" TEXT, branch TEXT,
        remote TEXT, dirty INTEGER NOT NULL DEFAULT 0, diff TEXT NOT NULL DEFAULT ''
    )
    """,
)

EXECUTIONS = (
    """
    CREATE TABLE executions (
        id INTEGER PRIMARY KEY, execution_id TEXT NOT NULL UNIQUE,
        session_id TEXT REFERENCES sessions (session_id), sequence INTEGER, source TEXT,
        status TEXT NOT NULL DEFAULT 'running', started_at INTEGER, ended_at INTEGER,
        execution_count INTEGER, cell_id TEXT, notebook TEXT, user TEXT, error TEXT,
        names_read TEXT NOT NULL DEFAULT '[]', names_written TEXT NOT NULL DEFAULT '[]',
        start_origin TEXT, sequence_origin TEXT
    )
    """,
    "CREATE INDEX executions_by_session ON executions (session_id, sequence)",
    "CREATE INDEX executions_by_cell ON executions (cell_id, started_at)",
    "CREATE INDEX executions_by_notebook ON executions (notebook, started_at)",
    "CREATE INDEX executions_by_start ON executions (started_at)",
    """
    CREATE TABLE outputs (
        execution INTEGER PRIMARY KEY REFERENCES executions (id), outputs TEXT NOT NULL,
        truncated INTEGER NOT NULL DEFAULT 0, output_count INTEGER NOT NULL DEFAULT 0,
        has_figures INTEGER NOT NULL DEFAULT 0, origin TEXT
    )
    """,
    """
    CREATE TABLE execution_runs (
        execution INTEGER NOT NULL REFERENCES executions (id),
        run_id TEXT NOT NULL REFERENCES runs (run_id), position INTEGER NOT NULL,
        PRIMARY KEY (execution, run_id)
    ) WITHOUT ROWID
    """,
    "CREATE INDEX execution_runs_by_run ON execution_runs (run_id, execution)",
    """
    CREATE TABLE execution_contexts (
        kernel_id TEXT NOT NULL, execution_count INTEGER NOT NULL, cell_id TEXT NOT NULL,
        notebook TEXT NOT NULL,
        PRIMARY KEY (kernel_id, execution_count)
    ) WITHOUT ROWID
    """,
    "CREATE TABLE notebooks (notebook TEXT PRIMARY KEY, cell_ids TEXT NOT NULL) WITHOUT ROWID",
)

RUNS = (
    """
    CREATE TABLE experiments (
        experiment_id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL UNIQUE,
        lifecycle_stage TEXT NOT NULL DEFAULT 'active', creation_time INTEGER NOT NULL
    )
    """,
    """
    CREATE TABLE runs (
        id INTEGER PRIMARY KEY AUTOINCREMENT, run_id TEXT NOT NULL UNIQUE, name TEXT NOT NULL,
        experiment_id INTEGER NOT NULL REFERENCES experiments (experiment_id),
        status TEXT NOT NULL DEFAULT 'RUNNING', lifecycle_stage TEXT NOT NULL DEFAULT 'active',
        start_time INTEGER NOT NULL, end_time INTEGER, user TEXT,
        session_id TEXT REFERENCES sessions (session_id),
        execution_id TEXT REFERENCES executions (execution_id), parent_run_id TEXT,
        implicit INTEGER NOT NULL DEFAULT 0, error TEXT, error_execution_id TEXT,
        key_metric TEXT, note TEXT NOT NULL DEFAULT '', verdict TEXT,
        open_session_id TEXT, experiment_given INTEGER NOT NULL DEFAULT 0,
        announced INTEGER NOT NULL DEFAULT 0
    )
    """,
    "CREATE INDEX runs_by_time ON runs (lifecycle_stage, start_time DESC, run_id)",
    """
    CREATE INDEX runs_by_experiment
        ON runs (experiment_id, lifecycle_stage, start_time DESC, run_id)
    """,
    "CREATE INDEX runs_by_session ON runs (session_id)",
    "CREATE INDEX runs_unplaced ON runs (session_id) WHERE NOT experiment_given AND announced",
    "CREATE INDEX runs_open ON runs (open_session_id) WHERE status = 'RUNNING'",
    "CREATE INDEX runs_by_parent ON runs (parent_run_id) WHERE parent_run_id IS NOT NULL",
    "CREATE INDEX runs_by_name ON runs (name)",
    """
    CREATE TABLE params (
        run INTEGER NOT NULL REFERENCES runs (id), key TEXT NOT NULL, value TEXT NOT NULL,
        timestamp INTEGER NOT NULL, PRIMARY KEY (run, key)
    ) WITHOUT ROWID
    """,
    "CREATE INDEX params_by_value ON params (key, value, run)",
    """
    CREATE TABLE param_changes (
        run INTEGER NOT NULL REFERENCES runs (id), key TEXT NOT NULL, value TEXT NOT NULL,
        timestamp INTEGER NOT NULL, PRIMARY KEY (run, key, timestamp, value)
    ) WITHOUT ROWID
    """,
    """
    CREATE TABLE tags (
        run INTEGER NOT NULL REFERENCES runs (id), key TEXT NOT NULL, value TEXT NOT NULL,
        PRIMARY KEY (run, key)
    ) WITHOUT ROWID
    """,
    "CREATE INDEX tags_by_value ON tags (key, value, run)",
    """
    CREATE TABLE datasets (
        run INTEGER NOT NULL REFERENCES runs (id), name TEXT NOT NULL, digest TEXT NOT NULL,
        context TEXT NOT NULL DEFAULT '', source_type TEXT NOT NULL, source TEXT NOT NULL,
        schema TEXT NOT NULL, profile TEXT NOT NULL, PRIMARY KEY (run, name, digest, context)
    ) WITHOUT ROWID
    """,
)

METRICS = (
    """
    CREATE TABLE metrics (
        run INTEGER NOT NULL REFERENCES runs (id), key TEXT NOT NULL, value REAL,
        step INTEGER NOT NULL, timestamp INTEGER NOT NULL, count INTEGER NOT NULL,
        min REAL, max REAL, first_at INTEGER NOT NULL, in_order INTEGER NOT NULL DEFAULT 1,
        PRIMARY KEY (run, key)
    ) WITHOUT ROWID
    """,
    "CREATE INDEX metrics_by_value ON metrics (key, value, run)",
    """
    CREATE TABLE metric_chunks (
        id INTEGER PRIMARY KEY, run INTEGER NOT NULL REFERENCES runs (id), key TEXT NOT NULL,
        count INTEGER NOT NULL, first_step INTEGER NOT NULL, last_step INTEGER NOT NULL,
        min_step INTEGER NOT NULL, max_step INTEGER NOT NULL, nan_count INTEGER NOT NULL,
        buckets_2048 BLOB, buckets_512 BLOB, buckets_128 BLOB, buckets_32 BLOB,
        points BLOB NOT NULL
    )
    """,
    "CREATE INDEX metric_chunks_by_series ON metric_chunks (run, key, id)",
)

FILES = (
    """
    CREATE TABLE blobs (
        digest TEXT PRIMARY KEY, size INTEGER NOT NULL, pack TEXT, offset INTEGER
    ) WITHOUT ROWID
    """,
    """
    CREATE TABLE artifacts (
        run INTEGER NOT NULL REFERENCES runs (id), path TEXT NOT NULL, size INTEGER NOT NULL,
        digest TEXT NOT NULL REFERENCES blobs (digest), media_type TEXT, execution_id TEXT,
        from_output INTEGER NOT NULL DEFAULT 0, PRIMARY KEY (run, path)
    ) WITHOUT ROWID
    """,
    "CREATE INDEX artifacts_by_digest ON artifacts (digest)",
    "CREATE INDEX artifacts_by_execution ON artifacts (execution_id) WHERE from_output",
    """
    CREATE TABLE output_blobs (
        execution INTEGER NOT NULL REFERENCES executions (id), digest TEXT NOT NULL,
        PRIMARY KEY (execution, digest)
    ) WITHOUT ROWID
    """,
    "CREATE INDEX output_blobs_by_digest ON output_blobs (digest)",
)

REGISTRY = (
    """
    CREATE TABLE models (
        model_id TEXT PRIMARY KEY, run INTEGER NOT NULL REFERENCES runs (id),
        position INTEGER NOT NULL, name TEXT NOT NULL, created_at INTEGER NOT NULL,
        flavor TEXT NOT NULL, class_name TEXT NOT NULL, format TEXT NOT NULL, file_name TEXT,
        digest TEXT, size INTEGER, runs_code INTEGER NOT NULL DEFAULT 0,
        trusted_types TEXT NOT NULL, requirements TEXT NOT NULL, signature TEXT NOT NULL,
        input_example TEXT,
        metadata TEXT NOT NULL
    ) WITHOUT ROWID
    """,
    "CREATE INDEX models_by_run ON models (run, created_at)",
    "CREATE INDEX models_by_digest ON models (digest)",
    """
    CREATE TABLE registered_models (
        name TEXT PRIMARY KEY, created_at INTEGER NOT NULL, description TEXT NOT NULL DEFAULT '',
        last_version INTEGER NOT NULL DEFAULT 0
    ) WITHOUT ROWID
    """,
    """
    CREATE TABLE registered_model_tags (
        name TEXT NOT NULL REFERENCES registered_models (name), key TEXT NOT NULL,
        value TEXT NOT NULL, PRIMARY KEY (name, key)
    ) WITHOUT ROWID
    """,
    """
    CREATE TABLE model_versions (
        name TEXT NOT NULL REFERENCES registered_models (name), version INTEGER NOT NULL,
        request_id TEXT NOT NULL UNIQUE, created_at INTEGER NOT NULL,
        run_id TEXT REFERENCES runs (run_id), model_id TEXT REFERENCES models (model_id),
        user TEXT, description TEXT NOT NULL DEFAULT '', deleted INTEGER NOT NULL DEFAULT 0,
        PRIMARY KEY (name, version)
    ) WITHOUT ROWID
    """,
    "CREATE INDEX model_versions_by_run ON model_versions (run_id)",
    """
    CREATE TABLE model_version_tags (
        name TEXT NOT NULL, version INTEGER NOT NULL, key TEXT NOT NULL, value TEXT NOT NULL,
        PRIMARY KEY (name, version, key)
    ) WITHOUT ROWID
    """,
    """
    CREATE TABLE aliases (
        name TEXT NOT NULL, alias TEXT NOT NULL, version INTEGER NOT NULL,
        PRIMARY KEY (name, alias)
    ) WITHOUT ROWID
    """,
    """
    CREATE TABLE alias_events (
        id INTEGER PRIMARY KEY, name TEXT NOT NULL, alias TEXT NOT NULL, version INTEGER,
        previous INTEGER, timestamp INTEGER NOT NULL, user TEXT
    )
    """,
    "CREATE INDEX alias_events_by_name ON alias_events (name, timestamp)",
    """
    CREATE TABLE pushes (
        push_id INTEGER PRIMARY KEY AUTOINCREMENT, request_id TEXT NOT NULL UNIQUE,
        name TEXT NOT NULL, version INTEGER NOT NULL, target TEXT NOT NULL,
        state TEXT NOT NULL DEFAULT 'pending', attempts INTEGER NOT NULL DEFAULT 0,
        requested_at INTEGER NOT NULL, updated_at INTEGER NOT NULL,
        next_attempt_at INTEGER NOT NULL, progress TEXT NOT NULL DEFAULT '', error TEXT,
        remote_version TEXT, remote_run_id TEXT, remote_url TEXT, user TEXT,
        aliases TEXT NOT NULL DEFAULT '[]'
    )
    """,
    "CREATE INDEX pushes_by_version ON pushes (name, version)",
    "CREATE INDEX pushes_waiting ON pushes (state, next_attempt_at)",
)

HOUSEKEEPING = (
    "CREATE TABLE journals (segment TEXT PRIMARY KEY, offset INTEGER NOT NULL) WITHOUT ROWID",
    """
    CREATE TABLE faults (
        "where" TEXT NOT NULL, message TEXT NOT NULL, count INTEGER NOT NULL,
        first_at INTEGER NOT NULL, last_at INTEGER NOT NULL, PRIMARY KEY ("where", message)
    ) WITHOUT ROWID
    """,
    "CREATE TABLE settings (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID",
)


def _search_index(table: str, source: str, columns: str) -> tuple[str, ...]:
    old = ", ".join(f"old.{column}" for column in columns.split(", "))
    new = ", ".join(f"new.{column}" for column in columns.split(", "))
    changed = " OR ".join(f"old.{c} IS NOT new.{c}" for c in columns.split(", "))
    drop = f"INSERT INTO {table} ({table}, rowid, {columns}) VALUES ('delete', old.id, {old});"
    add = f"INSERT INTO {table} (rowid, {columns}) VALUES (new.id, {new});"
    return (
        f"CREATE VIRTUAL TABLE {table} USING fts5 ({columns}, content='{source}',"
        " content_rowid='id')",
        f"CREATE TRIGGER {table}_insert AFTER INSERT ON {source} BEGIN {add} END",
        f"CREATE TRIGGER {table}_delete AFTER DELETE ON {source} BEGIN {drop} END",
        f"CREATE TRIGGER {table}_update AFTER UPDATE OF {columns} ON {source}"
        f" WHEN {changed} BEGIN {drop} {add} END",
    )


TEXT = (
    *_search_index("runs_text", "runs", "name, note"),
    *_search_index("executions_text", "executions", "source"),
)

AUTHORS = (
    """
    CREATE TABLE authors (
        kind TEXT NOT NULL, subject TEXT NOT NULL, key TEXT NOT NULL, user TEXT,
        execution_id TEXT, timestamp INTEGER NOT NULL, PRIMARY KEY (kind, subject, key)
    ) WITHOUT ROWID
    """,
    "ALTER TABLE execution_contexts ADD COLUMN user TEXT",
)

FIRST = (*SESSIONS, *EXECUTIONS, *RUNS, *METRICS, *FILES, *REGISTRY, *HOUSEKEEPING, *TEXT)


MLFLOW = (
    "ALTER TABLE experiments ADD COLUMN artifact_location TEXT",
    "ALTER TABLE experiments ADD COLUMN last_update_time INTEGER",
    """
    CREATE TABLE experiment_tags (
        experiment_id INTEGER NOT NULL REFERENCES experiments (experiment_id), key TEXT NOT NULL,
        value TEXT NOT NULL, PRIMARY KEY (experiment_id, key)
    ) WITHOUT ROWID
    """,
    "ALTER TABLE datasets ADD COLUMN tags TEXT NOT NULL DEFAULT '{}'",
    "ALTER TABLE models ADD COLUMN experiment_id INTEGER",
    "ALTER TABLE models ADD COLUMN model_type TEXT NOT NULL DEFAULT ''",
    "ALTER TABLE models ADD COLUMN status TEXT NOT NULL DEFAULT 'LOGGED_MODEL_READY'",
    "ALTER TABLE models ADD COLUMN updated_at INTEGER",
    "ALTER TABLE models ADD COLUMN deleted INTEGER NOT NULL DEFAULT 0",
    """
    CREATE TABLE model_tags (
        model_id TEXT NOT NULL REFERENCES models (model_id), key TEXT NOT NULL,
        value TEXT NOT NULL, PRIMARY KEY (model_id, key)
    ) WITHOUT ROWID
    """,
    """
    CREATE TABLE model_params (
        model_id TEXT NOT NULL REFERENCES models (model_id), key TEXT NOT NULL,
        value TEXT NOT NULL, PRIMARY KEY (model_id, key)
    ) WITHOUT ROWID
    """,
    """
    CREATE TABLE model_metrics (
        model_id TEXT NOT NULL REFERENCES models (model_id), key TEXT NOT NULL,
        dataset_name TEXT NOT NULL DEFAULT '', dataset_digest TEXT NOT NULL DEFAULT '',
        run_id TEXT NOT NULL REFERENCES runs (run_id), value REAL, step INTEGER NOT NULL,
        timestamp INTEGER NOT NULL,
        PRIMARY KEY (model_id, key, dataset_name, dataset_digest, run_id)
    ) WITHOUT ROWID
    """,
    """
    CREATE TABLE model_links (
        run INTEGER NOT NULL REFERENCES runs (id), direction TEXT NOT NULL,
        model_id TEXT NOT NULL REFERENCES models (model_id), step INTEGER NOT NULL DEFAULT 0,
        PRIMARY KEY (run, direction, model_id)
    ) WITHOUT ROWID
    """,
    """
    CREATE TABLE files (
        path TEXT PRIMARY KEY, size INTEGER NOT NULL,
        digest TEXT NOT NULL REFERENCES blobs (digest), media_type TEXT
    ) WITHOUT ROWID
    """,
    "CREATE INDEX files_by_digest ON files (digest)",
    "ALTER TABLE registered_models ADD COLUMN updated_at INTEGER",
    "ALTER TABLE model_versions ADD COLUMN source TEXT",
    "ALTER TABLE model_versions ADD COLUMN run_link TEXT NOT NULL DEFAULT ''",
    "ALTER TABLE model_versions ADD COLUMN stage TEXT NOT NULL DEFAULT 'None'",
    "ALTER TABLE model_versions ADD COLUMN updated_at INTEGER",
)
"""What MLflow's API needs besides; files of models lie under `models/<model_id>/`."""
