"""Which fits become runs, and what these hold: what one expects to find in the panel."""

from __future__ import annotations

import pytest
from kernel.autolog.conftest import Notebook
from kernel.conftest import Script, wait_until


def test_a_fit_is_a_run_with_params_data_and_model(notebook: Notebook) -> None:
    notebook("model = LogisticRegression(C=0.5, max_iter=500).fit(X_train, y_train)")

    run = notebook.run()
    assert run["status"] == "FINISHED"
    assert run["implicit"] is True
    assert run["tags"]["estimator"] == "LogisticRegression"
    assert run["params"]["C"] == "0.5"
    assert run["params"]["solver"] == "lbfgs"
    (dataset,) = run["datasets"]
    assert dataset["name"] == "X_train"
    assert dataset["context"] == "train"
    columns = dataset["profile"].pop("columns")
    assert {name: sum(facts["counts"]) for name, facts in columns.items()} == {
        str(position): 112 for position in range(4)
    }
    assert dataset["profile"] == {"num_rows": 112, "num_columns": 4, "sampled": False}
    assert dataset["schema"]["target"] == {"name": "y_train", "dtype": "int64"}
    (model,) = run["models"]
    assert model["class_name"] == "sklearn.linear_model._logistic.LogisticRegression"
    assert model["signature"]["inputs"][0]["tensor-spec"] == {"dtype": "float64", "shape": [-1, 4]}
    assert len(model["input_example"]["data"]) == 5
    assert any(line.startswith("scikit-learn==") for line in model["requirements"])


def test_the_digest_tells_other_data(notebook: Notebook) -> None:
    notebook("LogisticRegression(max_iter=500).fit(X_train, y_train)")
    notebook("LogisticRegression(max_iter=500).fit(X_train.copy(), y_train.copy())")
    notebook("changed = X_train.copy(); changed[3, 2] += 1e-6")
    notebook("LogisticRegression(max_iter=500).fit(changed, y_train)")
    same, again, other = (run["datasets"][0]["digest"] for run in notebook.runs())
    assert same == again != other


def test_columns_of_a_frame_are_named(notebook: Notebook) -> None:
    notebook("frame = pd.DataFrame(X, columns=['sl', 'sw', 'pl', 'pw']); kind = pd.Series(y)")
    notebook("GaussianNB().fit(frame, kind)")
    run = notebook.run()
    assert run["datasets"][0]["name"] == "frame"
    assert run["datasets"][0]["schema"]["columns"][1] == {"name": "sw", "dtype": "float64"}
    names = [column["name"] for column in run["models"][0]["signature"]["inputs"]]
    assert names == ["sl", "sw", "pl", "pw"]
    assert run["models"][0]["input_example"]["columns"] == names


def test_a_pipeline_is_one_run(notebook: Notebook) -> None:
    notebook("make_pipeline(StandardScaler(), LogisticRegression(C=2)).fit(X_train, y_train)")
    run = notebook.run()
    assert run["tags"]["estimator"] == "LogisticRegression"
    assert run["params"]["logisticregression__C"] == "2"
    assert run["params"]["standardscaler__with_mean"] == "True"
    assert run["params"]["steps"] == (
        "standardscaler: StandardScaler, logisticregression: LogisticRegression"
    )


def test_params_that_are_classes(notebook: Notebook) -> None:
    notebook("from sklearn.preprocessing import OneHotEncoder")
    notebook("make_pipeline(OneHotEncoder(dtype=np.float32), DummyClassifier()).fit(X, y)")
    assert notebook.run()["params"]["onehotencoder__dtype"] == "float32"
    assert notebook.faults() == []


@pytest.mark.parametrize(
    ("signature", "params"),
    [("self, odd=Odd()", {"odd": "<Odd>"}), ("self, *odd", {})],
    ids=["no text", "not to be told"],
)
def test_params_that_cannot_be_read(
    notebook: Notebook, signature: str, params: dict[str, str]
) -> None:
    notebook(
        "from sklearn.base import BaseEstimator, ClassifierMixin\n"
        "class Odd:\n    def __repr__(self): raise ValueError('no text')\n"
        "class Mine(ClassifierMixin, BaseEstimator):\n"
        f"    def __init__({signature}): self.odd = odd\n"
        "    def fit(self, X, y): return self\n"
        "    def predict(self, X): return np.zeros(len(X))\n"
    )
    notebook("Mine().fit(X, y).score(X, y)")
    assert notebook.run()["params"] == params
    assert list(notebook.run()["metrics"]) == ["score"]
    assert notebook.faults() == []


def test_a_model_of_sparse_data_is_kept(notebook: Notebook) -> None:
    notebook("from scipy import sparse; few = sparse.csr_matrix(X)")
    notebook("LogisticRegression().fit(few, y).score(few, y)")
    run = notebook.run()
    assert run["datasets"][0]["profile"]["num_rows"] == 150
    assert run["models"][0]["input_example"] is None
    assert run["models"][0]["signature"]["inputs"][0]["tensor-spec"]["shape"] == [-1, 4]
    assert notebook.faults() == []


@pytest.mark.parametrize(
    "fit",
    [
        "StandardScaler().fit(X)",
        "StandardScaler().fit_transform(X)",
        "from sklearn.decomposition import PCA; PCA(2).fit_transform(X)",
        "from sklearn.preprocessing import LabelEncoder; LabelEncoder().fit_transform(y)",
        "from sklearn.feature_selection import SelectFromModel\n"
        "SelectFromModel(DecisionTreeClassifier()).fit(X, y)",
    ],
)
def test_preprocessing_opens_no_run(notebook: Notebook, fit: str) -> None:
    notebook(fit)
    assert notebook.runs() == []


@pytest.mark.parametrize(
    "fit",
    [
        "Ridge().fit(X, y)",
        "KMeans(3, random_state=0).fit(X)",
        "labels = KMeans(3, random_state=0).fit_predict(X)",
        "from sklearn.ensemble import IsolationForest; IsolationForest().fit(X)",
        "from sklearn.mixture import GaussianMixture; GaussianMixture(3).fit(X)",
        "from sklearn.ensemble import VotingClassifier\n"
        "VotingClassifier([('a', GaussianNB()), ('b', DummyClassifier())]).fit(X, y)",
        "from sklearn.ensemble import BaggingClassifier\n"
        "BaggingClassifier(GaussianNB(), 4, n_jobs=2).fit(X, y)",
    ],
)
def test_models_of_every_kind_open_one_run(notebook: Notebook, fit: str) -> None:
    notebook(fit)
    assert notebook.run()["status"] == "FINISHED"


def test_two_models_in_one_cell_are_two_attempts(notebook: Notebook) -> None:
    notebook(
        "for depth in (1, 2, 3):\n"
        "    tree = DecisionTreeClassifier(max_depth=depth, random_state=0).fit(X_train, y_train)\n"
        "    accuracy_score(y_test, tree.predict(X_test))"
    )
    runs = notebook.runs()
    assert [run["params"]["max_depth"] for run in runs] == ["1", "2", "3"]
    assert [len(run["metrics"]["accuracy_score"]) for run in runs] == [1, 1, 1]


def test_folds_by_hand_are_one_attempt(notebook: Notebook) -> None:
    notebook(
        "from sklearn.model_selection import KFold\n"
        "model = GaussianNB()\n"
        "for train, test in KFold(3, shuffle=True, random_state=0).split(X):\n"
        "    model.fit(X[train], y[train])\n"
        "    accuracy_score(y[test], model.predict(X[test]))"
    )
    run = notebook.run()
    assert list(run["metrics"]) == ["accuracy_score"]
    assert len(run["metrics"]["accuracy_score"]) == 3


def test_partial_fits_of_a_cell_are_one_run_with_a_curve(notebook: Notebook) -> None:
    notebook("from sklearn.linear_model import SGDClassifier; online = SGDClassifier()")
    notebook(
        "scores = []\n"
        "for epoch in range(5):\n"
        "    online.partial_fit(X_train, y_train, classes=[0, 1, 2])\n"
        "    scores.append(online.score(X_test, y_test))"
    )
    run = notebook.run()
    assert run["params"]["loss"] == "hinge"
    assert run["metrics"]["score"] == eval(notebook("scores"))
    wait_until(lambda: [m for m in notebook.run()["models"] if m["format"] == "pickle"])

    notebook("online.partial_fit(X_train, y_train)")
    assert len(notebook.runs()) == 2


def test_running_the_cell_again_is_the_next_attempt(notebook: Notebook) -> None:
    for _ in range(2):
        notebook("model = GaussianNB().fit(X_train, y_train)")
    assert [run["status"] for run in notebook.runs()] == ["FINISHED", "FINISHED"]


def test_an_open_run_takes_all_fits(notebook: Notebook) -> None:
    notebook("import jupyterlab_mlops as mlops; mlops.start_run(run_name='both')")
    notebook("GaussianNB(var_smoothing=0.1).fit(X_train, y_train).score(X_test, y_test)")
    notebook("DecisionTreeClassifier(max_depth=2).fit(X_train, y_train).score(X_test, y_test)")
    notebook("mlops.end_run()")
    run = notebook.run()
    assert run["name"] == "both"
    assert run["params"]["var_smoothing"] == "0.1"
    assert run["params"]["DecisionTreeClassifier__max_depth"] == "2"
    assert set(run["metrics"]) == {"score", "DecisionTreeClassifier_score"}
    assert len(run["models"]) == 2


def test_a_fit_joins_the_run_that_a_log_call_opened(notebook: Notebook) -> None:
    notebook(
        "import jupyterlab_mlops as mlops\n"
        "mlops.log_param('data', 'clean')\n"
        "GaussianNB().fit(X_train, y_train)"
    )
    assert notebook.run()["params"].keys() >= {"data", "var_smoothing"}


def test_a_fit_that_raises_is_a_failed_run(notebook: Notebook) -> None:
    outputs = notebook.kernel.run("GaussianNB().fit(X_train, y)")
    assert outputs[-1]["ename"] == "ValueError"
    run = notebook.run()
    assert run["status"] == "FAILED"
    assert run["error"]["name"] == "ValueError"
    assert "GaussianNB().fit(X_train, y)" in "".join(run["error"]["traceback"])


def test_a_fit_that_raises_and_is_caught_is_a_failed_run_too(notebook: Notebook) -> None:
    notebook(
        "try:\n    GaussianNB().fit(X_train, y)\nexcept ValueError:\n    pass\n"
        "GaussianNB().fit(X_train, y_train)"
    )
    assert [run["status"] for run in notebook.runs()] == ["FAILED", "FINISHED"]


def test_a_search_is_a_run_with_a_child_for_each_candidate(notebook: Notebook) -> None:
    notebook(
        "pipe = make_pipeline(StandardScaler(), LogisticRegression(max_iter=500))\n"
        "search = GridSearchCV(pipe, {'logisticregression__C': [0.1, 1.0, 10.0]}, cv=3)\n"
        "search.fit(X_train, y_train)\n"
        "accuracy_score(y_test, search.predict(X_test))"
    )
    parent, *children = notebook.runs()
    assert parent["tags"]["estimator"] == "LogisticRegression (GridSearchCV)"
    assert parent["params"]["best_logisticregression__C"] in ("0.1", "1.0", "10.0")
    assert set(parent["metrics"]) == {"best_cv_score", "accuracy_score"}
    assert [child["name"] for child in children] == ["C=0.1", "C=1.0", "C=10.0"]
    assert {child["parent_run_id"] for child in children} == {parent["run_id"]}
    assert set(children[0]["metrics"]) == {
        "mean_test_score",
        "std_test_score",
        "rank_test_score",
    }
    assert all(child["end_time"] >= child["start_time"] for child in children)
    assert b"mean_fit_time" in parent["files"]["cv_results.csv"]
    (model,) = parent["models"]
    assert model["class_name"] == "sklearn.pipeline.Pipeline"
    assert model["metadata"] == {"searched_by": "GridSearchCV"}


def test_a_search_in_processes_is_the_same(notebook: Notebook) -> None:
    notebook("GridSearchCV(GaussianNB(), {'var_smoothing': [0.1, 1.0]}, n_jobs=2).fit(X, y)")
    assert len(notebook.runs()) == 3


def test_candidates_that_fail_are_failed_children(notebook: Notebook) -> None:
    notebook(
        "import warnings; warnings.simplefilter('ignore')\n"
        "GridSearchCV(Ridge(), {'alpha': [1.0, -1.0]}, cv=2).fit(X_train, y_train)"
    )
    _, good, bad = notebook.runs()
    assert (good["status"], bad["status"]) == ("FINISHED", "FAILED")


def test_cross_validation_is_a_run_with_mean_and_spread(notebook: Notebook) -> None:
    shown = notebook("print(repr(cross_val_score(GaussianNB(), X, y, cv=4).mean()))")
    run = notebook.run()
    assert set(run["metrics"]) == {"cross_val_score_mean", "cross_val_score_std"}
    assert run["metrics"]["cross_val_score_mean"] == [pytest.approx(float(shown[11:-1]))]
    assert run["params"]["cross_val_score.cv"] == "4"
    assert "models" not in run


def test_cross_validation_and_the_fit_after_it_are_one_attempt(notebook: Notebook) -> None:
    notebook("nb = GaussianNB(); cross_val_score(nb, X_train, y_train); nb.fit(X_train, y_train)")
    assert len(notebook.run()["models"]) == 1


def test_predictions_of_a_cross_validation_are_known(notebook: Notebook) -> None:
    notebook(
        "from sklearn.model_selection import cross_val_predict\n"
        "accuracy_score(y, cross_val_predict(GaussianNB(), X, y))"
    )
    assert list(notebook.run()["metrics"]) == ["accuracy_score"]


def test_an_estimator_of_the_users_own(notebook: Notebook) -> None:
    notebook(
        "from sklearn.base import BaseEstimator, ClassifierMixin\n"
        "class Mode(ClassifierMixin, BaseEstimator):\n"
        "    def __init__(self, bonus=0):\n        self.bonus = bonus\n"
        "    def fit(self, X, y):\n"
        "        self.classes_ = np.unique(y)\n"
        "        self.inner_ = DecisionTreeClassifier(max_depth=1).fit(X, y)\n"
        "        return self\n"
        "    def predict(self, X):\n        return self.inner_.predict(X)\n"
    )
    notebook("accuracy_score(y, Mode(bonus=3).fit(X, y).predict(X))")
    run = notebook.run()
    assert run["params"] == {"bonus": "3"}
    assert list(run["metrics"]) == ["accuracy_score"]
    # The first import of cloudpickle may take longer than the cell's budget; then it is done later.
    (model,) = wait_until(
        lambda: [model for model in notebook.run()["models"] if model["format"] == "pickle"]
    )
    assert model["runs_code"] is True
    assert any("cloudpickle" in line for line in model["requirements"])


def test_a_cell_that_fits_too_often_is_cut_and_says_so(notebook: Notebook) -> None:
    notebook("for i in range(400):\n    DummyClassifier(random_state=i).fit(X[:4], y[:4])")
    notebook.wait_for("tags")
    runs = notebook.runs()
    assert 50 <= len(runs) < 400
    assert runs[-1]["tags"]["fits_left_out"] == str(400 - len(runs))
    assert [run["params"]["random_state"] for run in runs] == [str(i) for i in range(len(runs))]


@pytest.mark.parametrize(
    "how", ["%%mlops skip\n", "import jupyterlab_mlops as m; m.autolog(disable=True)\n"]
)
def test_what_is_not_to_be_recorded_is_not(notebook: Notebook, how: str) -> None:
    notebook(how + "GaussianNB().fit(X, y).score(X, y)")
    assert notebook.runs() == []


def test_a_paused_notebook_records_no_fit(notebook: Notebook) -> None:
    notebook("%mlops pause")
    notebook("GaussianNB().fit(X, y).score(X, y)")
    notebook("%mlops resume")
    notebook("Ridge().fit(X, y)")
    assert "alpha" in notebook.run()["params"]


def test_a_script_asks_for_it_once(script: Script) -> None:
    records = script.journaled(
        "import jupyterlab_mlops as mlops; mlops.autolog()\n"
        "from sklearn.naive_bayes import GaussianNB\n"
        "print(GaussianNB().fit([[0.0], [1.0]], [0, 1]).score([[0.0], [1.0]], [0, 1]))\n"
    )
    assert [r["key"] for r in records if r["type"] == "points"] == ["score"]
    (run,) = [record for record in records if record["type"] == "run_end"]
    assert run["status"] == "FINISHED"
