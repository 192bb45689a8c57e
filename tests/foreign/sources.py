"""Notebooks that nobody here wrote, taken from source distributions of well-known libraries.

Those of the long form need `requirements/foreign.txt`; `make test-foreign` sees to it.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tarfile
from dataclasses import dataclass
from pathlib import Path

CACHE = Path(
    os.environ.get("MLOPS_FOREIGN_CACHE", Path(__file__).parents[2] / ".cache" / "foreign")
)


@dataclass(frozen=True)
class Notebook:
    """One notebook inside a source distribution."""

    distribution: str
    version: str
    path: str
    long: bool = False
    """True: only in the long form of the suite."""

    @property
    def name(self) -> str:
        return f"{self.distribution}/{Path(self.path).stem}"


_IMBALANCED = ("imbalanced-learn", "0.14.2")
_NBCLIENT = ("nbclient", "0.11.0")
_PAPERMILL = ("papermill", "2.7.0")

NOTEBOOKS = (
    Notebook(
        *_IMBALANCED, "doc/auto_examples/model_selection/plot_instance_hardness_cv.ipynb", True
    ),
    Notebook(*_IMBALANCED, "doc/auto_examples/applications/plot_outlier_rejections.ipynb", True),
    Notebook(*_IMBALANCED, "doc/auto_examples/model_selection/plot_validation_curve.ipynb", True),
    Notebook(*_IMBALANCED, "doc/auto_examples/pipeline/plot_pipeline_classification.ipynb", True),
    Notebook(*_IMBALANCED, "doc/auto_examples/ensemble/plot_bagging_classifier.ipynb", True),
    Notebook(*_IMBALANCED, "doc/auto_examples/evaluation/plot_metrics.ipynb", True),
    Notebook(*_NBCLIENT, "tests/files/Clear Output.ipynb"),
    Notebook(*_NBCLIENT, "tests/files/update-display-id.ipynb"),
    Notebook(*_NBCLIENT, "tests/files/JupyterWidgets.ipynb"),
    Notebook(*_NBCLIENT, "tests/files/Skip Exceptions.ipynb"),
    Notebook(*_NBCLIENT, "tests/files/UnicodePy3.ipynb", True),
    Notebook(*_NBCLIENT, "tests/files/SVG.ipynb", True),
    Notebook(*_PAPERMILL, "papermill/tests/notebooks/test_logging.ipynb", True),
    Notebook(*_PAPERMILL, "papermill/tests/notebooks/keyboard_interrupt.ipynb", True),
    Notebook(*_PAPERMILL, "papermill/tests/notebooks/line_magic_error.ipynb", True),
)


def fetch(notebook: Notebook) -> bytes:
    """The notebook's text; its source distribution is downloaded once and kept in `CACHE`."""
    archive = _archive(notebook.distribution, notebook.version)
    with tarfile.open(archive) as tar:
        (member,) = (m for m in tar.getmembers() if m.name.split("/", 1)[-1] == notebook.path)
        file = tar.extractfile(member)
        assert file is not None
        return file.read()


def _archive(distribution: str, version: str) -> Path:
    name = f"{distribution.replace('-', '_')}-{version}.tar.gz"
    archive = CACHE / name
    if not archive.exists():
        CACHE.mkdir(parents=True, exist_ok=True)
        download = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps"]
        what = ["--no-binary", distribution, "--dest", str(CACHE), f"{distribution}=={version}"]
        subprocess.run(download + what, check=True)
    return archive
