"""Writes an archive of a large file and takes it in; says by how many MB the process grew."""

from __future__ import annotations

import hashlib
import json
import resource
import sys
from contextlib import closing
from pathlib import Path

from jupyterlab_mlops.exports import archive
from jupyterlab_mlops.imports import sources
from jupyterlab_mlops.imports.take import take
from jupyterlab_mlops.store.apply import apply
from jupyterlab_mlops.store.blobs import BlobStore
from jupyterlab_mlops.store.db import Database
from jupyterlab_mlops.types import ArtifactLogged, RunStart

folder, megabytes = Path(sys.argv[1]), int(sys.argv[2])
RUN = "a" * 32


def most() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10


large = folder / "large"
with large.open("wb") as out:
    for number in range(megabytes):
        out.write(hashlib.sha256(b"%d" % number).digest() * (1 << 15))
with closing(Database(folder / "one")) as one, closing(Database(folder / "two")) as two:
    digest, size = BlobStore(one.data_dir).place(large.open("rb"))
    one.write_now(lambda tx: apply(tx, RunStart(run_id=RUN, start_time=1), origin="kernel"))
    record = ArtifactLogged(run_id=RUN, path="large", size=size, digest=digest)
    one.write_now(lambda tx: apply(tx, record, origin="kernel"))
    large.unlink()
    before = most()
    with (folder / "all.zip").open("wb") as file:
        archive.write(one, file, None)
    with closing(sources.find(str(folder / "all.zip"))) as source:
        report = take(two, source)
    assert (report.runs, report.bytes) == (1, size)
    assert BlobStore(two.data_dir).file_of(digest).stat().st_size == size
sys.stdout.write(json.dumps({"megabytes": most() - before}))
