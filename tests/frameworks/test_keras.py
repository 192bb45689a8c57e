"""Keras 3: the history of `fit`, what `evaluate` says, and the `.keras` file."""

from __future__ import annotations

import io
import zipfile

import pytest

from frameworks.conftest import Program
from jupyterlab_mlops.cli.record import record
from jupyterlab_mlops.store.blobs import BlobStore

BEGIN = """
import os
os.environ["KERAS_BACKEND"] = "torch"
import keras
keras.utils.set_random_seed(1)
def make(units=4):
    model = keras.Sequential([keras.layers.Input((4,)), keras.layers.Dense(units, "relu"),
                              keras.layers.Dense(1, "sigmoid")])
    model.compile(keras.optimizers.Adam(learning_rate=0.01), "binary_crossentropy",
                  metrics=["accuracy"])
    return model
"""
FIT = """
seen = []
class See(keras.callbacks.Callback):
    def on_epoch_end(self, epoch, logs=None): seen.append(epoch)
model = make()
history = model.fit(X_train, y_train, epochs=4, batch_size=50, verbose=0, callbacks=[See()],
                    validation_data=(X_test, y_test))
told["history"], told["seen"] = history.history, seen
told["evaluated"] = model.evaluate(X_test, y_test, verbose=0, return_dict=True)
from sklearn.metrics import roc_auc_score
told["auc"] = roc_auc_score(y_test, model.predict(X_test, verbose=0)[:, 0])
"""


def test_fit(long_program: Program) -> None:
    got = long_program(BEGIN + FIT)
    assert got.told["fault"] is None
    (run,) = got.runs
    for name, points in got.told["history"].items():
        assert got.curve(run, name) == points
    for name, value in got.told["evaluated"].items():
        assert run.run.metrics[f"evaluate_{name}"] == value
    assert run.run.metrics["roc_auc_score"] == got.told["auc"]
    assert run.run.params.items() >= {
        "optimizer": "Adam", "epochs": "4", "batch_size": "50", "loss": "binary_crossentropy",
        "parameters": "25", "backend": "torch",
    }.items()  # fmt: skip
    assert float(run.run.params["learning_rate"]) == pytest.approx(0.01)
    assert (run.run.tags["estimator"], run.datasets[0].name) == ("keras.Sequential", "X_train")
    (digest,) = [file.digest for file in run.artifacts if file.path == "model.keras"]
    with record() as database:
        content = database.read(lambda conn: BlobStore.beside(conn).read(digest, conn))
    with zipfile.ZipFile(io.BytesIO(content)) as file:
        assert {"config.json", "metadata.json", "model.weights.h5"} <= set(file.namelist())
    plain = long_program(BEGIN + FIT, "plain")
    assert {**plain.told, "fault": None} == got.told
    assert len(plain.runs) == 1


def test_each_model_is_an_attempt_and_what_fails_has_failed(long_program: Program) -> None:
    got = long_program(
        BEGIN
        + """
for units in (2, 3):
    model = make(units)
    model.fit(X_train, y_train, None, 2, 0, [])  # callbacks by their place
try: model.fit(X_train, y_train[:10], epochs=5, verbose=0)
except ValueError as error: told["error"] = type(error).__name__
"""
    )
    assert got.told["fault"] is None
    assert [run.run.status for run in got.runs] == ["FINISHED", "FINISHED", "FAILED"]
    assert [run.run.params["parameters"] for run in got.runs[:2]] == ["13", "19"]
    assert len(got.curve(got.runs[0], "loss")) == 2
    assert all("model.keras" in {file.path for file in run.artifacts} for run in got.runs[:2])
