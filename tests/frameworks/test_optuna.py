"""Optuna: a study is a run, its trials are children."""

from __future__ import annotations

from frameworks.conftest import Program

STUDY = """
import optuna
optuna.logging.set_verbosity(optuna.logging.WARNING)
def objective(trial):
    x = trial.suggest_float("x", -1, 1)
    kind = trial.suggest_categorical("kind", ["a", "b"])
    trial.set_user_attr("note", f"n{trial.number}")
    for step in range(3):
        trial.report(x * step, step)
    if trial.number == 2: raise optuna.TrialPruned
    if trial.number == 3: raise ValueError("no")
    return x * x
study = optuna.create_study(study_name="s", sampler=optuna.samplers.RandomSampler(seed=1))
seen = []
see = lambda study, trial: seen.append(trial.number)
study.optimize(objective, n_trials=6, catch=(ValueError,), callbacks=[see])
told["seen"] = seen
told["best"] = [study.best_value, study.best_params["x"]]
told["trials"] = [[t.number, t.state.name, t.values, t.params["x"],
                   list(t.intermediate_values.values())] for t in study.trials]
"""


def test_a_study(program: Program) -> None:
    got = program(STUDY)
    assert got.told["fault"] is None
    assert got.told["seen"] == list(range(6))
    study = got.run("optuna.Study")
    assert study.run.params.items() >= {
        "study_name": "s", "sampler": "RandomSampler", "directions": "MINIMIZE", "n_trials": "6",
        "best_x": str(got.told["best"][1]),
    }.items()  # fmt: skip
    assert study.run.metrics["best_value"] == got.told["best"][0]
    children = {run.run.tags["optuna.trial"]: run for run in got.runs if run.run.parent_run_id}
    assert {run.run.parent_run_id for run in children.values()} == {study.run.run_id}
    for number, state, values, x, steps in got.told["trials"]:
        child = children[str(number)]
        assert child.run.tags["optuna.state"] == state
        assert child.run.tags["note"] == f"n{number}"
        assert child.run.params["x"] == str(x)
        assert child.run.status == ("FAILED" if state == "FAIL" else "FINISHED")
        assert got.curve(child, "intermediate_value") == steps
        if state == "COMPLETE":
            assert [child.run.metrics["value"]] == values
    complete = [values[0] for _, state, values, *_ in got.told["trials"] if state == "COMPLETE"]
    assert got.curve(study, "value") == complete


def test_a_study_that_an_objective_ends(program: Program) -> None:
    got = program(
        STUDY.replace("catch=(ValueError,), ", "").replace(
            "study.optimize(", "try: study.optimize("
        ).replace("told[\"seen\"]", "except ValueError: pass\ntold[\"seen\"]")
        .replace("told[\"trials\"]", "told[\"count\"]")
    )  # fmt: skip
    study = got.run("optuna.Study")
    assert study.run.status == "FAILED"
    states = [run.run.tags.get("optuna.state") for run in got.runs if run.run.parent_run_id]
    assert sorted(filter(None, states)) == ["COMPLETE", "COMPLETE", "FAIL", "PRUNED"]


def test_several_goals_in_threads(program: Program) -> None:
    got = program(
        """
import optuna, warnings
warnings.simplefilter("ignore")
optuna.logging.set_verbosity(optuna.logging.WARNING)
def objective(trial):
    x = trial.suggest_int("x", 0, 100)
    return x, -x
study = optuna.create_study(directions=["minimize", "maximize"])
study.optimize(objective, n_trials=20, n_jobs=4)
told["trials"] = sorted(t.values for t in study.trials)
"""
    )
    assert got.told["fault"] is None
    children = [run.run for run in got.runs if run.run.parent_run_id]
    values = sorted([run.metrics["values_0"], run.metrics["values_1"]] for run in children)
    assert values == got.told["trials"]
