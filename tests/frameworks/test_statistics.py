"""CatBoost and statsmodels: what is recorded is what the library itself reports."""

from __future__ import annotations

import csv
import io

import pytest

from frameworks.conftest import Program
from jupyterlab_mlops.cli.record import record
from jupyterlab_mlops.store.blobs import BlobStore

CATBOOST = """
import catboost
from sklearn.metrics import roc_auc_score
model = catboost.CatBoostClassifier(iterations=30, depth=2, random_seed=1, verbose=0,
                                    allow_writing_files=False, thread_count=1)
model.fit(X_train, y_train, eval_set=(X_test, y_test), early_stopping_rounds=5)
told["results"], told["best"] = model.get_evals_result(), model.get_best_iteration()
told["auc"] = roc_auc_score(y_test, model.predict_proba(X_test)[:, 1])
told["predicted"] = model.predict(X_test).tolist()
"""
OLS = """
import pandas as pd, statsmodels.api as sm
data = pd.DataFrame(X_train, columns=list("abcd")); data["y"] = 2 * data.a + X_train[:, 1] + 1
data.y += rng.normal(size=200)
result = sm.OLS.from_formula("y ~ a + b", data).fit(cov_type="HC1")
told["r2"], told["aic"], told["p"] = result.rsquared, result.aic, result.pvalues.to_dict()
told["coefficients"] = result.params.to_dict()
"""


def test_catboost(long_program: Program) -> None:
    got = long_program(CATBOOST)
    assert got.told["fault"] is None
    run = got.run("catboost.CatBoostClassifier")
    for data, by in got.told["results"].items():
        for key, points in by.items():
            assert got.curve(run, f"{data}-{key}") == points
    assert run.run.metrics["best_iteration"] == got.told["best"]
    assert run.run.metrics["roc_auc_score"] == got.told["auc"]
    assert run.run.params.items() >= {"iterations": "30", "depth": "2"}.items()
    assert run.datasets[0].name == "X_train"
    assert [model.class_name for model in run.models] == ["catboost.core.CatBoostClassifier"]
    plain = long_program(CATBOOST, "plain")
    assert {**plain.told, "fault": None} == got.told


def test_catboost_train_with_a_pool(long_program: Program) -> None:
    got = long_program(
        """
import catboost
pool = catboost.Pool(X_train, y_train)
options = {"loss_function": "Logloss", "verbose": 0, "allow_writing_files": False}
model = catboost.train(pool, options, iterations=5)
told["results"] = model.get_evals_result()
"""
    )
    assert got.told["fault"] is None
    (run,) = got.runs
    assert got.curve(run, "learn-Logloss") == got.told["results"]["learn"]["Logloss"]
    assert run.datasets[0].profile["num_rows"] == 200


def test_least_squares(long_program: Program) -> None:
    got = long_program(OLS)
    assert got.told["fault"] is None
    run = got.run("statsmodels.OLS")
    assert run.run.metrics["rsquared"] == got.told["r2"]
    assert run.run.metrics["aic"] == got.told["aic"]
    assert run.run.params == {"formula": "y ~ a + b", "cov_type": "HC1"}
    files = {file.path: file.digest for file in run.artifacts}
    with record() as database:
        read = {
            path: database.read(lambda c, d=digest: BlobStore.beside(c).read(d, c)).decode()  # type: ignore[misc]
            for path, digest in files.items()
            if path.endswith((".csv", ".txt"))
        }
    rows = {row["name"]: row for row in csv.DictReader(io.StringIO(read["coefficients.csv"]))}
    assert {name: float(row["coefficient"]) for name, row in rows.items()} == got.told[
        "coefficients"
    ]
    assert {name: float(row["p_value"]) for name, row in rows.items()} == got.told["p"]
    assert "OLS Regression Results" in read["summary.txt"]
    plain = long_program(OLS, "plain")
    assert {**plain.told, "fault": None} == got.told


def test_models_that_fit_others_inside_are_one_run_each(long_program: Program) -> None:
    got = long_program(
        """
import statsmodels.api as sm
from statsmodels.tsa.arima.model import ARIMA
told["llf"] = sm.Logit(y_train, sm.add_constant(X_train)).fit(disp=0).llf
told["bic"] = ARIMA(np.cumsum(X_train[:, 0]), order=(1, 1, 0)).fit().bic
sm.OLS(y_train, X_train).fit_regularized(alpha=0.1)
"""
    )
    assert got.told["fault"] is None
    assert [run.run.tags["estimator"] for run in got.runs] == [
        "statsmodels.Logit", "statsmodels.ARIMA", "statsmodels.OLS",
    ]  # fmt: skip
    assert got.runs[0].run.metrics["llf"] == got.told["llf"]
    assert got.runs[1].run.metrics["bic"] == pytest.approx(got.told["bic"])
    assert got.runs[2].run.params == {"fit": "fit_regularized", "alpha": "0.1"}
