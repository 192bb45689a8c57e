"""Models on their way into the record and back: as skops, as pickle, or by reference."""

from __future__ import annotations

from typing import Any

import pytest
from kernel.autolog.conftest import Notebook, shared_kernel
from kernel.conftest import wait_until

__all__ = ["shared_kernel"]


@pytest.fixture
def notebook(shared_kernel: Any) -> Any:
    notebook = Notebook(shared_kernel)
    yield notebook
    assert notebook.faults() == []


def skops_files(notebook: Notebook) -> list[dict[str, Any]]:
    return wait_until(lambda: [m for m in notebook.records("model") if m["format"] == "skops"])


def test_a_small_model_is_a_pickle_at_once_and_skops_soon(notebook: Notebook) -> None:
    notebook("model = LogisticRegression(max_iter=500).fit(X, y)")
    first = notebook.records("model")[0]
    assert (first["format"], first["runs_code"]) == ("pickle", True)
    (last,) = skops_files(notebook)
    assert (last["model_id"], last["runs_code"]) == (first["model_id"], False)
    assert last["file_name"] == "model.skops"
    assert any(line.startswith("skops==") for line in last["requirements"])


def test_skops_names_the_types_that_must_be_trusted(notebook: Notebook) -> None:
    notebook("DecisionTreeClassifier(max_depth=2).fit(X, y)")
    assert skops_files(notebook)[0]["trusted_types"] == ["sklearn.tree._tree.Tree"]


def test_what_is_written_later_is_the_model_as_it_was(notebook: Notebook) -> None:
    """The object is fitted on other data before the kernel finds the time."""
    notebook(
        "model = GaussianNB().fit(X, y); first = model.predict(X)\n"
        "run = mlops.last_active_run().info.run_id\n"
        "model.set_params(var_smoothing=1.0); model.fit(X[::-1], np.roll(y, 50))"
    )
    skops_files(notebook)
    assert notebook("print((mlops.load_model(run).predict(X) == first).all())") == "True"


def test_a_model_comes_back_by_each_of_its_names(notebook: Notebook) -> None:
    notebook(
        "model = GaussianNB().fit(X, y)\nrun = mlops.last_active_run().info.run_id\n"
        "%mlops register flowers --alias champion"
    )
    names = ["run", "f'runs:/{run}/model'", "'models:/flowers@champion'", "'models:/flowers/1'"]
    for name in names:
        shown = notebook(f"print((mlops.load_model({name}).predict(X) == model.predict(X)).all())")
        assert shown == "True", name


def test_log_model_takes_what_the_user_made(notebook: Notebook) -> None:
    notebook(
        "with mlops.start_run():\n    info = mlops.log_model(\n"
        "        {'weights': [1, 2]}, name='mine', registered_model_name='plain')"
    )
    assert notebook("print(mlops.load_model(info.model_uri), info.name)") == (
        "{'weights': [1, 2]} mine"
    )
    assert notebook("print(mlops.load_model('models:/plain/1'))") == "{'weights': [1, 2]}"


def test_code_of_the_notebook_travels_with_the_model(notebook: Notebook) -> None:
    notebook(
        "from sklearn.preprocessing import FunctionTransformer\n"
        "twice = make_pipeline(FunctionTransformer(lambda v: v * 2), GaussianNB()).fit(X, y)\n"
        "run = mlops.last_active_run().info.run_id"
    )
    wait_until(lambda: [m for m in notebook.records("model") if m["format"] == "pickle"])
    shown = notebook("print((mlops.load_model(run).predict(X) == twice.predict(X)).all())")
    assert shown == "True"


LARGE = """
from jupyterlab_mlops.kernel import kept_models
from jupyterlab_mlops.kernel.idle import idle
kept_models.IDLE_SECONDS = 0.0
class Large(GaussianNB):
    def fit(self, X, y):
        self.ballast_ = [np.full(20_000, float(i)) for i in range(2_000)]
        return super().fit(X, y)
"""


def test_a_large_model_is_kept_by_reference_until_someone_asks(notebook: Notebook) -> None:
    notebook(LARGE + "model = Large().fit(X, y)")
    (record,) = notebook.records("model")
    assert (record["format"], record.get("file_name")) == ("reference", None)
    model_id = record["model_id"]
    shown = notebook(
        "from jupyterlab_mlops.kernel.models import serialise\n"
        f"print(serialise({model_id!r})['format'], len(mlops.load_model({model_id!r}).ballast_))"
    )
    assert shown == "pickle 2000"


def test_a_reference_that_was_fitted_again_is_refused(notebook: Notebook) -> None:
    notebook(LARGE + "model = Large().fit(X, y)")
    model_id = notebook.records("model")[0]["model_id"]
    notebook("model.set_params(var_smoothing=0.5); model.fit(X, y);")
    (error,) = notebook.kernel.run(f"mlops.load_model({model_id!r})")
    assert (error["ename"], error["evalue"]) == (
        "Conflict",
        f"The model {model_id} was kept by reference only and was fitted again since:"
        " fit it again.",
    )


@pytest.mark.parametrize(
    ("call", "message"),
    [
        ("mlops.load_model('nosuch')", "There is no run 'nosuch'."),
        (
            "mlops.load_model('models:/nosuch@champion')",
            "Registered Model with name=nosuch not found",
        ),
        ("mlops.load_model(3)", "A model is named by text, not int 3."),
        ("mlops.log_model(i for i in [])", "The model cannot be written: TypeError"),
        ("mlops.log_model(1, name='a/../b')", "The name 'a/../b' of a model must not be a path"),
    ],
)
def test_wrong_input_is_one_sentence(notebook: Notebook, call: str, message: str) -> None:
    notebook("mlops.start_run()")
    (error,) = notebook.kernel.run(call)
    assert error["evalue"].startswith(message)
    # Of this test's runs: models of earlier tests may become skops files meanwhile.
    written = [model for run in notebook.runs() for model in run.get("models", [])]
    assert all("not_serialised" in model["metadata"] for model in written)
