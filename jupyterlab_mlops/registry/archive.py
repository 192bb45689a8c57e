"""A model version as one zip file: MLflow's model directory, with the code that made the model."""

from __future__ import annotations

import shutil
import zipfile
from typing import IO

from ..store.artifacts import check_path
from ..store.blobs import BlobStore
from ..store.db import Database
from .content import Content
from .gather import gather

_PIECE = 1 << 20
_LONG_AGO = (1980, 1, 1, 0, 0, 0)


def write_version_zip(database: Database, name: str, version: int | str, out: IO[bytes]) -> None:
    """Write a version as a zip file; the same version gives the same bytes.

    `mlflow.pyfunc.load_model` takes the unpacked folder.

    Parameters
    ----------
    version
        Number or alias.
    out
        Written once from front to back.

    Raises
    ------
    NotFound
        There is no such version.
    Conflict
        The model was never written to a file.
    """
    content = gather(database, BlobStore(database.data_dir), name, version)
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in [*content.model_files(), content.notebook]:
            _add(archive, file)


def _add(archive: zipfile.ZipFile, file: Content) -> None:
    check_path(file.path)
    entry = zipfile.ZipInfo(file.path, _LONG_AGO)
    entry.external_attr = 0o644 << 16
    entry.file_size = file.size
    # Arrays in a model hardly become smaller, and may be large.
    is_model = file.path.startswith("model.")
    entry.compress_type = zipfile.ZIP_STORED if is_model else zipfile.ZIP_DEFLATED
    with file.open() as source, archive.open(entry, "w") as target:
        shutil.copyfileobj(source, target, _PIECE)
