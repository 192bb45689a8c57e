"""The numbers that a notebook computes anyway: under which names they stand, and in which run."""

from __future__ import annotations

import json

import pytest
from kernel.autolog.conftest import Notebook


def test_the_first_data_give_the_plain_name(notebook: Notebook) -> None:
    notebook("model = GaussianNB().fit(X_train, y_train); pred = model.predict(X_test)")
    shown = notebook("print(repr(float(accuracy_score(y_test, pred))))")
    notebook("f1_score(y_test, pred, average='macro'); model.score(X_test, y_test)")
    metrics = notebook.run()["metrics"]
    assert metrics["accuracy_score"] == [float(shown)]
    assert set(metrics) == {"accuracy_score", "f1_score", "score"}


def test_training_data_and_further_data_are_told_apart(notebook: Notebook) -> None:
    notebook("X_val, y_val = X_test[:20], y_test[:20]")
    notebook("model = GaussianNB().fit(X_train, y_train)")
    notebook("model.score(X_train, y_train); accuracy_score(y_train, model.predict(X_train))")
    notebook("accuracy_score(y_test, model.predict(X_test))")
    notebook("accuracy_score(y_val, model.predict(X_val))")
    notebook("f1_score(y_val, model.predict(X_val), average='macro')")
    assert set(notebook.run()["metrics"]) == {
        "training_score",
        "training_accuracy_score",
        "accuracy_score",
        "accuracy_score_val",
        "f1_score_val",
    }


def test_without_a_split_there_is_just_the_score(notebook: Notebook) -> None:
    notebook("accuracy_score(y, GaussianNB().fit(X, y).predict(X))")
    assert set(notebook.run()["metrics"]) == {"accuracy_score"}


def test_other_options_are_counted(notebook: Notebook) -> None:
    notebook("pred = GaussianNB().fit(X_train, y_train).predict(X_test)")
    for average in ("macro", "micro", "macro"):
        notebook(f"f1_score(y_test, pred, average='{average}')")
    metrics = notebook.run()["metrics"]
    assert {key: len(values) for key, values in metrics.items()} == {"f1_score": 1, "f1_score-2": 1}


def test_the_same_evaluation_again_adds_nothing(notebook: Notebook) -> None:
    notebook("model = GaussianNB().fit(X_train, y_train)")
    for _ in range(3):
        notebook("accuracy_score(y_test, model.predict(X_test))")
    assert len(notebook.run()["metrics"]["accuracy_score"]) == 1


def test_scores_go_to_the_run_of_their_model(notebook: Notebook) -> None:
    notebook("one = DecisionTreeClassifier(max_depth=1).fit(X_train, y_train)")
    notebook("two = DecisionTreeClassifier(max_depth=4, random_state=0).fit(X_train, y_train)")
    notebook("p1, p2 = one.predict(X_test), two.predict(X_test)")
    shown = notebook("print(accuracy_score(y_test, p2), accuracy_score(y_test, p1))")
    second, first = (float(word) for word in shown.split())
    assert [run["metrics"]["accuracy_score"] for run in notebook.runs()] == [[first], [second]]
    assert first < second


@pytest.mark.parametrize(
    "prediction",
    [
        "model.predict(X_test)",
        "model.predict(X_test)[:]",
        "pd.Series(model.predict(X_test))",
        "pd.DataFrame({'p': model.predict(X_test)})['p']",
        "list(model.predict(X_test))",
        "model.predict(X_test).tolist()",
    ],
)
def test_predictions_are_known_again(notebook: Notebook, prediction: str) -> None:
    notebook("model = DecisionTreeClassifier(max_depth=1).fit(X_train, y_train)")
    notebook(f"p = {prediction}")
    notebook("accuracy_score(y_test, p)")
    assert list(notebook.run()["metrics"]) == ["accuracy_score"]


@pytest.mark.parametrize("column", ["p[:, 1]", "pd.Series(p[:, 1])", "p[:, 1].copy()"])
def test_a_column_of_probabilities_is_known(notebook: Notebook, column: str) -> None:
    notebook("from sklearn.metrics import roc_auc_score; b = (y == 1).astype(int)")
    notebook("p = GaussianNB().fit(X, b).predict_proba(X)")
    notebook(f"roc_auc_score(b, {column})")
    assert list(notebook.run()["metrics"]) == ["roc_auc_score"]


def test_the_area_under_a_curve_is_a_metric(notebook: Notebook) -> None:
    notebook("b = (y == 1).astype(int); p = GaussianNB().fit(X, b).predict_proba(X)")
    notebook("fpr, tpr, _ = roc_curve(b, p[:, 1]); auc(fpr, tpr)")
    run = notebook.run()
    assert list(run["metrics"]) == ["auc"]
    assert len(json.loads(run["files"]["metrics/roc_curve.json"])) == 3


def test_tables_and_reports_become_files(notebook: Notebook) -> None:
    notebook("from sklearn.metrics import classification_report")
    notebook("pred = GaussianNB().fit(X_train, y_train).predict(X_test)")
    shown = notebook("print(classification_report(y_test, pred))")
    notebook("confusion_matrix(y_test, pred)")
    files = notebook.run()["files"]
    assert files["metrics/classification_report.txt"].decode().strip() == shown
    assert len(json.loads(files["metrics/confusion_matrix.json"])) == 3


def test_what_a_display_computes_is_kept(notebook: Notebook) -> None:
    notebook(
        "import matplotlib; matplotlib.use('agg')\n"
        "from sklearn.metrics import RocCurveDisplay\n"
        "b = (y == 1).astype(int); model = GaussianNB().fit(X, b)"
    )
    notebook("RocCurveDisplay.from_estimator(model, X, b);")
    assert list(notebook.run()["metrics"]) == ["auc"]


def test_numbers_of_no_known_model_are_not_logged(notebook: Notebook) -> None:
    notebook("import jupyterlab_mlops as mlops; mlops.start_run()")
    notebook("accuracy_score(y_test, np.roll(y_test, 3)); accuracy_score([1, 0], [1, 1])")
    assert notebook.run()["metrics"] == {}


def test_the_truth_is_not_taken_for_a_prediction(notebook: Notebook) -> None:
    """A perfect model predicts what is equal to the truth; other scores are not its own."""
    notebook("perfect = DecisionTreeClassifier(random_state=0).fit(X, y).predict(X)")
    notebook("accuracy_score(y, np.roll(y, 60))")
    assert notebook.run()["metrics"] == {}


def test_inner_evaluations_are_silent(notebook: Notebook) -> None:
    notebook("from sklearn.inspection import permutation_importance")
    notebook("model = GaussianNB().fit(X_train, y_train)")
    notebook("permutation_importance(model, X_test, y_test, scoring='accuracy', n_repeats=3);")
    assert notebook.run()["metrics"] == {}


def test_clusters_are_scored_without_a_truth(notebook: Notebook) -> None:
    notebook("from sklearn.metrics import adjusted_rand_score, silhouette_score")
    notebook("labels = KMeans(3, random_state=0).fit_predict(X)")
    notebook("silhouette_score(X, labels); adjusted_rand_score(y, labels)")
    assert set(notebook.run()["metrics"]) == {"silhouette_score", "adjusted_rand_score"}


def test_the_best_of_a_search_speaks_for_it(notebook: Notebook) -> None:
    notebook(
        "search = GridSearchCV(GaussianNB(), {'var_smoothing': [0.1, 1.0]}).fit(X_train, y_train)"
    )
    notebook("accuracy_score(y_test, search.best_estimator_.predict(X_test))")
    assert "accuracy_score" in notebook.runs()[0]["metrics"]
