"""Whether several people write into a record: only then do screens say who wrote what."""

from __future__ import annotations

import sqlite3

RECENT = 5000
"""Executions that are looked at; there is no index of their users."""
_SEVERAL = f"""
    SELECT count(DISTINCT user) > 1 FROM (
        SELECT user FROM sessions UNION SELECT user FROM authors
        UNION SELECT min(user) FROM runs UNION SELECT max(user) FROM runs
        UNION SELECT user FROM model_versions UNION SELECT user FROM alias_events
        UNION SELECT user FROM executions WHERE id > (SELECT max(id) FROM executions) - {RECENT}
    )
"""


def are_several(conn: sqlite3.Connection) -> bool:
    """Tell whether more than one person has written into the record."""
    return bool(conn.execute(_SEVERAL).fetchone()[0])
