"""A kernel that has scikit-learn's small data at hand, and its runs as a person would list them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from kernel.conftest import Kernel, Record, wait_until

from harness.server import isolated

RESET = """
%reset -f
import jupyterlab_mlops as mlops
mlops.autolog()
while mlops.active_run(): mlops.end_run()
"""
# Segments that are full and read are deleted, and with them what these tests look at.
ONE_SEGMENT = """
from jupyterlab_mlops.kernel.journal import current_journal
journal = current_journal()
journal._size = 32 << 20
journal._next_segment(journal.segment, 0)
"""
SETUP = """
import numpy as np, pandas as pd
from sklearn.cluster import KMeans
from sklearn.datasets import load_iris
from sklearn.dummy import DummyClassifier
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.metrics import accuracy_score, auc, confusion_matrix, f1_score, roc_curve
from sklearn.model_selection import GridSearchCV, cross_val_score, train_test_split
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier
X, y = load_iris(return_X_y=True)
X_train, X_test, y_train, y_test = train_test_split(X, y, random_state=0)
"""


class Notebook:
    """A notebook in a real kernel, and what was recorded of it since it was opened here.

    Kernels are shared by the tests of a file: to import scikit-learn takes longer than most tests.
    """

    def __init__(self, kernel: Kernel) -> None:
        self.kernel = kernel
        kernel.text(RESET + SETUP)
        self._before = len(kernel.records())

    def __call__(self, source: str) -> str:
        return self.kernel.text(source)

    def records(self, kind: str | None = None) -> list[Record]:
        return [r for r in self.kernel.records()[self._before :] if kind in (None, r["type"])]

    def wait_for(self, kind: str) -> list[Record]:
        """Wait for what the kernel writes when it has nothing to do."""
        return wait_until(lambda: self.records(kind))

    def runs(self) -> list[Record]:
        """All runs in the order in which they were opened, with all that was logged to them."""
        found: dict[str, Record] = {}
        for record in self.records():
            if "run_id" not in record:
                continue
            run = found.setdefault(
                record["run_id"], {"params": {}, "metrics": {}, "tags": {}, "files": {}}
            )
            _apply(run, record)
        # Models of earlier tests may become skops files meanwhile.
        return [run for run in found.values() if "start_time" in run]

    def run(self) -> Record:
        """The only run there is."""
        (run,) = self.runs()
        return run

    def faults(self) -> list[Record]:
        return self.records("fault")


def _apply(run: Record, record: Record) -> None:
    kind = record["type"]
    if kind == "points":
        run["metrics"].setdefault(record["key"], []).extend(value for value, *_ in record["points"])
    elif kind in ("params", "tags"):
        run[kind] |= record[kind]
    elif kind == "artifact":
        run["files"][record["path"]] = record.get("attachment")
    elif kind in ("model", "dataset"):
        run.setdefault(f"{kind}s", []).append(record)
    else:
        run |= {key: value for key, value in record.items() if key != "tags"}
        run["tags"] |= record.get("tags") or {}


@pytest.fixture(scope="module")
def shared_kernel(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kernel]:
    """A kernel for all tests of a file, with a record of its own."""
    folder = tmp_path_factory.mktemp("autolog")
    environment = isolated(folder, folder / "data") | {"OMP_NUM_THREADS": "1"}
    with Kernel(folder / "data", environment) as kernel:
        kernel.text(ONE_SEGMENT)
        yield kernel


@pytest.fixture
def notebook(shared_kernel: Kernel) -> Iterator[Notebook]:
    """A notebook; no fault of ours may have happened when the test ends."""
    notebook = Notebook(shared_kernel)
    yield notebook
    assert notebook.faults() == []
