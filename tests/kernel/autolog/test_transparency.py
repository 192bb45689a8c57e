"""Nothing changes for the user: signatures, pickles, clones, errors, warnings, other processes."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from kernel.autolog.conftest import Notebook
from kernel.conftest import Kernel, Script

# Prints what a program can find out about scikit-learn; the same must come with and without us.
LOOK = """
import inspect, pickle, warnings
from sklearn.base import BaseEstimator, ClassifierMixin, clone, is_classifier
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression, SGDClassifier
from sklearn.metrics import accuracy_score, make_scorer
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

class Mine(ClassifierMixin, BaseEstimator):
    '''Mine.'''
    def __init__(self, a=1):
        self.a = a
    def fit(self, X, y, *, sample_weight=None):
        '''Fit it.'''
        warnings.warn("from fit", stacklevel=2)
        self.classes_ = sorted(set(y))
        return self
    def predict(self, X):
        return [self.classes_[0] for _ in X]

KINDS = LogisticRegression, RandomForestClassifier, Pipeline, GridSearchCV, StandardScaler, Mine
for kind in KINDS:
    for name in ("fit", "predict", "score", "fit_transform"):
        method = getattr(kind, name, None)
        if method is not None:
            print(kind.__name__, name, inspect.signature(method), method.__doc__, method.__module__)
            print(inspect.isfunction(method), method.__qualname__, len(inspect.getsource(method)))
print(inspect.signature(accuracy_score), accuracy_score.__module__)
print(len(inspect.getsource(accuracy_score)))
print(hasattr(SVC(), "predict_proba"), hasattr(SGDClassifier(loss="hinge"), "predict_proba"))
print(hasattr(make_pipeline(StandardScaler()), "predict"), is_classifier(Mine()))
print(clone(Mine(a=3)).get_params(), Mine.__mro__[1:], Mine.__doc__)
print(sorted(name for name in dir(LogisticRegression())))
print(pickle.loads(pickle.dumps(accuracy_score)) is accuracy_score)
print(pickle.loads(pickle.dumps(make_scorer(accuracy_score))))
print(inspect.signature(LogisticRegression().set_fit_request), Mine().get_metadata_routing())
with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    model = Mine().fit([[1.0], [2.0]], [0, 1])
print([(w.filename.rpartition("/")[2], w.lineno, str(w.message)) for w in caught])
print(model.predict([[1.0]]), model.score([[1.0]], [0]), vars(model))
search = GridSearchCV(LogisticRegression(), {"C": [1.0, 2.0]}, cv=2, scoring="accuracy", n_jobs=2)
search.fit([[0.0], [1.0], [2.0], [3.0]], [0, 0, 1, 1])
print(search.best_params_, pickle.loads(pickle.dumps(search)).best_score_)
print(sorted(vars(search)))
import traceback
try:
    LogisticRegression().fit([[0.0]], [0, 1])
except ValueError:
    traceback.print_exc(file=__import__("sys").stdout)
"""


def test_a_program_finds_nothing_changed(script: Script) -> None:
    plain = script.run("# nothing\n# nothing\n" + LOOK).stdout
    watched = script.run("import jupyterlab_mlops\njupyterlab_mlops.autolog()\n" + LOOK).stdout
    assert len(plain.splitlines()) > 40
    assert watched == plain


def test_a_late_start_finds_what_was_imported_before(script: Script) -> None:
    records = script.journaled(
        "from sklearn.metrics import accuracy_score\n"
        "from sklearn.naive_bayes import GaussianNB\n"
        "import jupyterlab_mlops; jupyterlab_mlops.autolog()\n"
        "accuracy_score([0, 1], GaussianNB().fit([[0.0], [1.0]], [0, 1]).predict([[0.0], [1.0]]))\n"
    )
    assert [r["key"] for r in records if r["type"] == "points"] == ["accuracy_score"]


def test_an_error_looks_as_it_would_without_us(notebook: Notebook) -> None:
    (error,) = notebook.kernel.run("make_pipeline(StandardScaler(), GaussianNB()).fit(X, y_test)")
    assert "mlops" not in "".join(error["traceback"])
    shown = notebook.kernel.run(
        "import traceback\ntry:\n    GaussianNB().fit(X, y_test)\n"
        "except ValueError:\n    print(traceback.format_exc())"
    )
    assert "mlops" not in shown[0]["text"]


def test_an_interrupt_in_a_fit_is_the_users(notebook: Notebook) -> None:
    notebook(
        "from sklearn.base import BaseEstimator, RegressorMixin\n"
        "class Slow(RegressorMixin, BaseEstimator):\n"
        "    def fit(self, X, y):\n        raise KeyboardInterrupt\n"
        "    def predict(self, X):\n        return X\n"
    )
    (error,) = notebook.kernel.run("Slow().fit(X, y)")
    assert error["ename"] == "KeyboardInterrupt"
    assert notebook.run()["status"] == "FAILED"


def test_a_class_sent_by_value_works_without_us(notebook: Notebook, tmp_path: Path) -> None:
    file = tmp_path / "model.pkl"
    notebook(
        "from sklearn.base import BaseEstimator, ClassifierMixin\n"
        "class Zero(ClassifierMixin, BaseEstimator):\n"
        "    def fit(self, X, y):\n        self.classes_ = [0]\n        return self\n"
        "    def predict(self, X):\n        return [0 for _ in X]\n"
        "import cloudpickle\n"
        f"with open({str(file)!r}, 'wb') as f: cloudpickle.dump(Zero().fit(X, y), f)"
    )
    program = (
        "import pickle, sys\nsys.modules['jupyterlab_mlops'] = None\n"
        f"model = pickle.load(open({str(file)!r}, 'rb'))\n"
        "print(model.predict([1, 2]), model.fit([[0.0]], [0]).score([[0.0]], [0]))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout == "[0, 0] 1.0\n"


@pytest.mark.parametrize("backend", ["loky", "threading", "multiprocessing"])
def test_workers_are_silent(notebook: Notebook, backend: str) -> None:
    notebook(
        "from joblib import Parallel, delayed, parallel_config\n"
        f"with parallel_config(backend={backend!r}, n_jobs=2):\n"
        "    print(cross_val_score(GaussianNB(), X, y, cv=4).mean())"
    )
    assert len(notebook.runs()) == 1


def test_a_forked_child_leaves_the_record_alone(notebook: Notebook) -> None:
    notebook(
        "import os\nchild = os.fork()\n"
        "if child == 0:\n    GaussianNB().fit(X, y).score(X, y)\n    os._exit(0)\n"
        "_ = os.waitpid(child, 0)"
    )
    assert notebook.runs() == []


@pytest.mark.parametrize(
    "broken",
    [
        "autolog.sklearn_watchers.begin",
        "autolog.sklearn_watchers.keep",
        "autolog.sklearn_watchers.tracker.set_prediction",
        "autolog.sklearn_metrics._find",
        "recorder.recorder.current_execution",
        "runs.runs.open_implicit_run",
    ],
)
def test_our_faults_stay_ours(kernel: Kernel, broken: str) -> None:
    module, _, name = broken.rpartition(".")
    kernel.text(
        "from sklearn.naive_bayes import GaussianNB\nfrom sklearn.metrics import accuracy_score\n"
        f"import jupyterlab_mlops.kernel.{'autolog.sklearn_metrics'}\n"
        "import pydoc\n"
        f"target = pydoc.locate('jupyterlab_mlops.kernel.{module}')\n"
        "def broken(*args, **kwargs): raise RuntimeError('injected')\n"
        f"setattr(target, {name!r}, broken)"
    )
    shown = kernel.text(
        "model = GaussianNB().fit([[0.0], [1.0]], [0, 1])\n"
        "print(accuracy_score([0, 1], model.predict([[0.0], [1.0]])))"
    )
    assert shown == "1.0"
    assert "injected" in kernel.text("%mlops")
