"""Who has erased, released or configured what: a table that is only ever added to.

It names kinds and numbers, never content. Changes of the registry are entered by triggers of the
schema, whatever program makes them.
"""

from __future__ import annotations

import json
import secrets
import sqlite3
import time
from collections.abc import Callable, Mapping
from typing import Any

from ..types import AuditEntry, AuditPage
from .rows import dicts, from_json, value
from .status import get_setting, set_setting

_CONFIGURATION, _SALT = "configuration", "salt"

AUDIT = (
    """
    CREATE TABLE audit (
        id INTEGER PRIMARY KEY, at INTEGER NOT NULL, user TEXT, what TEXT NOT NULL,
        detail TEXT NOT NULL DEFAULT '{}'
    )
    """,
    """
    CREATE TRIGGER audit_version AFTER INSERT ON model_versions BEGIN
        INSERT INTO audit (at, user, what, detail) VALUES (new.created_at, new.user, 'version',
            json_object('model', new.name, 'version', new.version));
    END
    """,
    """
    CREATE TRIGGER audit_version_deleted AFTER UPDATE OF deleted ON model_versions
    WHEN new.deleted AND NOT old.deleted BEGIN
        INSERT INTO audit (at, what, detail) VALUES (strftime('%s', 'now') * 1000,
            'version deleted', json_object('model', new.name, 'version', new.version));
    END
    """,
    """
    CREATE TRIGGER audit_alias AFTER INSERT ON alias_events BEGIN
        INSERT INTO audit (at, user, what, detail) VALUES (new.timestamp, new.user, 'alias',
            json_object('model', new.name, 'alias', new.alias, 'version', new.version,
            'previous', new.previous));
    END
    """,
    """
    CREATE TRIGGER audit_push AFTER INSERT ON pushes BEGIN
        INSERT INTO audit (at, user, what, detail) VALUES (new.requested_at, new.user, 'push',
            json_object('model', new.name, 'version', new.version, 'target', new.target));
    END
    """,
)
GUARDS = {
    f"audit_no_{verb.lower()}": f"CREATE TRIGGER audit_no_{verb.lower()} BEFORE {verb} ON audit"
    " BEGIN SELECT RAISE(ABORT, 'the audit log is only added to'); END"
    for verb in ("UPDATE", "DELETE")
}


def create(tx: sqlite3.Connection) -> None:
    """Make the table, what enters the registry's changes, and what keeps entries as they are."""
    for statement in (*AUDIT, *GUARDS.values()):
        tx.execute(statement)


def enter(tx: sqlite3.Connection, what: str, user: str | None, **detail: Any) -> None:
    """Add an entry: what was done, with numbers and kinds."""
    tx.execute(
        "INSERT INTO audit (at, user, what, detail) VALUES (?, ?, ?, ?)",
        (time.time_ns() // 1_000_000, user, what, json.dumps(detail)),
    )


def enter_configuration(
    tx: sqlite3.Connection, tell: Callable[[str], Mapping[str, str | int]], user: str | None
) -> None:
    """Add an entry where settings differ from those that were noted last.

    Parameters
    ----------
    tell
        Gives the settings as they may be told, with a salt that this record keeps; see
        `Settings.told`.
    """
    noted = json.loads(get_setting(tx, _CONFIGURATION, "{}"))
    salt = noted.pop(_SALT, None) or secrets.token_hex(8)
    told = tell(salt)
    changed = {
        name: {"from": noted.get(name, ""), "to": value}
        for name, value in told.items()
        if noted.get(name) != value
    }
    if noted and changed:
        enter(tx, "configuration", user, changed=changed)
    elif not noted:
        enter(tx, "configuration", user, settings=told)
    if changed:
        set_setting(tx, _CONFIGURATION, json.dumps({**told, _SALT: salt}))


def list_audit(
    conn: sqlite3.Connection,
    *,
    what: str | None = None,
    limit: int = 100,
    before: int | None = None,
) -> AuditPage:
    """List entries, the newest first.

    Parameters
    ----------
    what
        Only of this kind.
    before
        Only those whose id is less: to read on.
    """
    where, arguments = ["1"], []
    for condition, given in (("what = ?", what), ("id < ?", before)):
        if given is not None:
            where.append(condition)
            arguments.append(given)
    sql = f"SELECT * FROM audit WHERE {' AND '.join(where)} ORDER BY id DESC LIMIT ?"
    found = [
        AuditEntry(**{**row, "detail": from_json(row["detail"])})
        for row in dicts(conn, sql, [*arguments, limit])
    ]
    return AuditPage(entries=found, total=int(value(conn, "SELECT count(*) FROM audit")))
