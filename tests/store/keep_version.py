"""Keeps a record of today's schema for the tests of all later ones.

    PYTHONPATH=tests python -m store.keep_version

Run it once when a step is added to the migrations, and commit what it writes.
"""

from __future__ import annotations

import gzip
import sqlite3
import tempfile
from contextlib import closing
from pathlib import Path

from jupyterlab_mlops.store import migrations
from jupyterlab_mlops.store.db import Database
from jupyterlab_mlops.types import ModelRegistered

from .stream import RUN, T0, from_kernel, from_tap, say

DATA = Path(__file__).parent / "data"


def keep(target: Path) -> None:
    """Write a compressed record of the stream that the tests know."""
    with tempfile.TemporaryDirectory() as folder:
        database = Database(folder)
        register = ModelRegistered(
            request_id="q1", name="iris", timestamp=T0, run_id=RUN, aliases=["champion"]
        )
        say(database, [*from_kernel(), *from_tap(), (register, "kernel")])
        database.close()
        with closing(sqlite3.connect(database.path)) as connection:
            connection.execute("VACUUM")
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        target.write_bytes(gzip.compress(database.path.read_bytes(), mtime=0))


if __name__ == "__main__":
    DATA.mkdir(exist_ok=True)
    keep(DATA / f"{migrations.STEPS[-1][0][:4]}.db.gz")
