"""Which importer reads what is named: a path is asked for what it is, an address is a server."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

from ..errors import InvalidRequest, NotFound
from .aim import Aim
from .archive import Archive
from .base import Source
from .clearml import ClearML
from .csv_table import CSVTable
from .dvc import DVC
from .dvclive import DVCLive
from .mlflow_database import MLflowDatabase
from .mlflow_files import MLflowFiles
from .mlflow_server import MLflowServer
from .tensorboard import TensorBoard
from .trackio import Trackio
from .wandb import WandB


class Importer(Protocol):
    """A class of sources that tells its own by looking at a path."""

    kind: str

    def __call__(self, where: str) -> Source: ...  # noqa: D102

    def reads(self, path: Path) -> bool: ...  # noqa: D102


IMPORTERS: tuple[Importer, ...] = (
    MLflowFiles, MLflowDatabase, Trackio, WandB, ClearML, DVC, DVCLive, Aim, TensorBoard, CSVTable,
    Archive,
)  # fmt: skip
"""In the order in which they are asked: the most particular first."""
KINDS = tuple(dict.fromkeys(importer.kind for importer in IMPORTERS))


def _is_there(path: Path) -> bool:
    try:
        return path.exists()
    except (OSError, ValueError):  # a name that no file can have
        return False


def find(where: str, kind: str | None = None) -> Source:
    """Return what reads a source.

    Parameters
    ----------
    where
        A file, a folder, or the address of an MLflow server.
    kind
        Of which tool it is; None: it is recognised.

    Raises
    ------
    NotFound
        There is nothing there.
    InvalidRequest
        None of the importers knows what it is.
    """
    if where.startswith(("http://", "https://")):
        return MLflowServer(where)
    path = Path(where.removeprefix("sqlite:///").removeprefix("file://")).expanduser()
    if not _is_there(path):
        raise NotFound(f"There is nothing at {where[:1000]}.")
    for importer in IMPORTERS:
        if kind in (None, importer.kind) and importer.reads(path):
            return importer(str(path))
    what = f"no record of {kind}" if kind else f"no record of {', '.join(KINDS)}"
    raise InvalidRequest(f"{where} is {what}.")
