"""Keeps a journal of today's format for the tests of all later ones.

    PYTHONPATH=tests python -m capture.keep_journal

Run it once when `FORMAT` in `kernel/segment.py` grows, and commit what it writes.
"""

from __future__ import annotations

import gzip
import tempfile
from pathlib import Path

import msgspec
from store.stream import RUN, SESSION, T0, from_kernel

from jupyterlab_mlops.kernel import journal as journals
from jupyterlab_mlops.kernel import segment
from jupyterlab_mlops.types import MetricsLogged

DATA = Path(__file__).parent / "data"


def keep(target: Path) -> None:
    """Write a compressed segment of the stream that the tests know."""
    for name in ("machine", "boot_id"):
        setattr(journals, name, lambda: "some")
    with tempfile.TemporaryDirectory() as folder:
        journal = journals.Journal(folder, SESSION)
        for record, _ in from_kernel():
            if not isinstance(record, MetricsLogged):
                journal.write(msgspec.to_builtins(record))
        for step in range(10):
            journal.metrics(RUN, {"loss": 1 / (step + 1), "accuracy": 0.84 + step / 100}, step, T0)
        journal.metric(RUN, "alone", 1.0, 0, T0)
        journal.close()
        (written,) = Path(folder).glob("*.mlj")
        target.write_bytes(gzip.compress(written.read_bytes(), mtime=0))


if __name__ == "__main__":
    DATA.mkdir(exist_ok=True)
    keep(DATA / f"{getattr(segment, 'FORMAT', 0)}.mlj.gz")
