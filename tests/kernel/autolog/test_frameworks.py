"""Which libraries are logged, and how that is switched."""

from __future__ import annotations

from pathlib import Path

from kernel.autolog.conftest import Notebook
from kernel.conftest import Script


def test_an_unknown_version_is_left_alone(tmp_path: Path, script: Script) -> None:
    package = tmp_path / "project" / "lightgbm"
    package.mkdir()
    (package / "__init__.py").write_text(
        "__version__ = '9.1.dev0'\ndef train(): return 1\n"
        "class Booster:\n    def predict(self): ...\n"
    )
    done = script.run(
        "import jupyterlab_mlops as mlops; mlops.autolog()\nimport lightgbm\n"
        "print(lightgbm.train.__code__.co_filename)\n"
        "from jupyterlab_mlops.kernel.autolog import frameworks\n"
        "print(frameworks.states()['lightgbm'])\n"
        "from jupyterlab_mlops.kernel.recorder import recorder; print(recorder.last_fault)"
    )
    where, state, fault = done.stdout.splitlines()
    assert where == str(package / "__init__.py")
    assert state == "lightgbm 9.1.dev0 is not logged by itself: 4 up to 5 are known."
    assert fault == f"autolog.lightgbm: {state}"
    assert done.stderr == ""


def test_a_magic_switches_a_library(notebook: Notebook) -> None:
    assert ["xgboost", "on"] in map(str.split, notebook("%mlops autolog").splitlines())
    notebook("%mlops autolog sklearn off")
    notebook("GaussianNB().fit(X, y)")
    assert notebook.runs() == []
    answer = notebook("%mlops autolog sklearn on")
    assert ["sklearn", "on"] in map(str.split, answer.splitlines())
    notebook("GaussianNB().fit(X, y)")
    assert notebook.run()["tags"]["estimator"] == "GaussianNB"
    refused = notebook("%mlops autolog torchx off")
    assert "There is no autologging of 'torchx'" in refused
