"""XGBoost and LightGBM: what is recorded is what the library itself reports."""

from __future__ import annotations

import pytest

from frameworks.conftest import Program

XGBOOST = """
import xgboost as xgb
from sklearn.metrics import roc_auc_score
dtrain, dtest = xgb.DMatrix(X_train, y_train), xgb.DMatrix(X_test, y_test)
results = {}
params = {"objective": "binary:logistic", "eta": 0.3, "max_depth": 2,
          "eval_metric": ["logloss", "error"]}
booster = xgb.train(params, dtrain, 60, evals=[(dtrain, "train"), (dtest, "test")],
                    evals_result=results, early_stopping_rounds=5, verbose_eval=False)
told["results"] = results
told["best"] = booster.best_iteration
told["weights"] = booster.get_score(importance_type="weight")
told["predicted"] = booster.predict(dtest).tolist()
told["auc"] = roc_auc_score(y_test, booster.predict(dtest))
"""


def test_xgboost(program: Program) -> None:
    got = program(XGBOOST)
    told, run = got.told, got.run("xgboost.Booster")
    assert told["fault"] is None
    assert len(got.runs) == 1
    for data in ("train", "test"):
        for key in ("logloss", "error"):
            assert got.curve(run, f"{data}-{key}") == told["results"][data][key]
    assert run.run.metrics["best_iteration"] == told["best"]
    assert run.run.metrics["roc_auc_score"] == told["auc"]
    assert run.run.params.items() >= {
        "eta": "0.3", "max_depth": "2", "num_boost_round": "60", "early_stopping_rounds": "5",
        "objective": "binary:logistic", "eval_metric": "['logloss', 'error']",
    }.items()  # fmt: skip
    (data_set,) = run.datasets
    assert (data_set.name, data_set.profile["num_rows"]) == ("dtrain", 200)
    (model,) = run.models
    assert (model.class_name, model.format) == ("xgboost.core.Booster", "pickle")
    assert "feature_importance.json" in {a.path for a in run.artifacts}
    plain = program(XGBOOST, "plain")
    assert {**plain.told, "fault": None} == told
    assert len(plain.runs) == 1


def test_the_scikit_learn_side(program: Program) -> None:
    got = program(
        """
import xgboost as xgb, lightgbm as lgb
test = [(X_test, y_test)]
one = xgb.XGBClassifier(n_estimators=5).fit(X_train, y_train, eval_set=test, verbose=False)
two = lgb.LGBMClassifier(n_estimators=5, verbosity=-1).fit(X_train, y_train, eval_set=test)
told["one"], told["two"] = one.evals_result(), two.evals_result_
told["score"] = one.score(X_test, y_test)
"""
    )
    assert got.told["fault"] is None
    assert len(got.runs) == 2
    one, two = got.run("XGBClassifier"), got.run("LGBMClassifier")
    assert got.curve(one, "validation_0-logloss") == got.told["one"]["validation_0"]["logloss"]
    wanted = got.told["two"]["valid_0"]["binary_logloss"]
    assert got.curve(two, "valid_0-binary_logloss") == wanted
    assert one.run.metrics["score"] == got.told["score"]
    assert one.run.params["n_estimators"] == "5"


def test_lightgbm(program: Program) -> None:
    source = """
import lightgbm as lgb
train = lgb.Dataset(X_train, y_train); valid = lgb.Dataset(X_test, y_test, reference=train)
results = {}
booster = lgb.train({"objective": "binary", "verbosity": -1, "num_leaves": 4}, train, 80,
                    valid_sets=[valid], valid_names=["held_out"],
                    callbacks=[lgb.record_evaluation(results),
                               lgb.early_stopping(4, verbose=False)])
told["results"], told["best"] = results, booster.best_iteration
told["predicted"] = booster.predict(X_test).tolist()
"""
    got = program(source)
    run = got.run("lightgbm.Booster")
    assert got.told["fault"] is None
    key = "held_out-binary_logloss"
    assert got.curve(run, key) == got.told["results"]["held_out"]["binary_logloss"]
    assert run.run.metrics["best_iteration"] == got.told["best"]
    assert run.run.params.items() >= {"num_leaves": "4", "num_boost_round": "80"}.items()
    assert run.datasets[0].name == "X_train"
    (model,) = run.models
    assert model.class_name == "lightgbm.basic.Booster"
    assert program(source, "plain").told == got.told


def test_a_training_that_fails_is_a_failed_run(program: Program) -> None:
    got = program(
        """
import xgboost as xgb, traceback
try:
    xgb.train({"objective": "no such thing"}, xgb.DMatrix(X_train, y_train), 3)
except xgb.core.XGBoostError as error:
    frames = traceback.extract_tb(error.__traceback__)
    told["frames"] = [frame.filename.rpartition("/")[2] for frame in frames]
"""
    )
    assert got.told["fault"] is None
    assert got.told["frames"][0] == "train.py"
    assert not any("calls" in name for name in got.told["frames"])
    (run,) = got.runs
    assert run.run.status == "FAILED"
    assert run.run.error is not None
    assert run.run.error.name == "XGBoostError"


@pytest.mark.parametrize("off", ["xgboost", "all"])
def test_one_library_can_be_off(program: Program, off: str) -> None:
    got = program(XGBOOST, JUPYTER_MLOPS_AUTOLOG_OFF=off)
    assert (got.runs, got.told["fault"]) == ([], None)


def test_folds_in_one_open_run(program: Program) -> None:
    got = program(
        """
import lightgbm as lgb
with mlops.start_run(run_name="both"):
    for seed in (1, 2):
        params = {"objective": "binary", "verbosity": -1, "seed": seed}
        lgb.train(params, lgb.Dataset(X_train, y_train), 3)
"""
    )
    (run,) = got.runs
    assert (run.run.name, len(run.models), run.run.params["seed"]) == ("both", 2, "2")
