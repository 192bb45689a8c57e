"""How autologgers come in: at the import of their library, also those of other distributions."""

from __future__ import annotations

from pathlib import Path

from kernel.conftest import Kernel, Script

OTHER = """
def watch(module):
    train = module.train
    def watched(*args):
        from jupyterlab_mlops.kernel.client import record_metrics
        from jupyterlab_mlops.kernel.runs import runs
        result = train(*args)
        record_metrics(runs.target(), {"result": float(result)})
        return result
    module.train = watched
"""


def other_distribution(folder: Path, watch: str = OTHER) -> None:
    """Put a library, and a distribution with an autologger for it, beside the script."""
    (folder / "trainer.py").write_text("def train(x): return x * 2\n")
    (folder / "trainer_autolog.py").write_text(watch)
    info = folder / "trainer_autolog-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: trainer-autolog\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(
        "[jupyterlab_mlops.autologgers]\ntrainer = trainer_autolog:watch\n"
    )


def test_another_distribution_adds_an_autologger(tmp_path: Path, script: Script) -> None:
    other_distribution(tmp_path / "project")
    records = script.journaled(
        "import jupyterlab_mlops as mlops; mlops.autolog()\nimport trainer\nprint(trainer.train(4))"
    )
    (points,) = [record for record in records if record["type"] == "points"]
    assert (points["key"], points["points"][0][0]) == ("result", 8.0)


def test_an_autologger_that_fails_leaves_the_import_alone(tmp_path: Path, script: Script) -> None:
    other_distribution(tmp_path / "project", "def watch(module): raise RuntimeError('no')\n")
    done = script.run(
        "import jupyterlab_mlops as mlops; mlops.autolog()\nimport trainer\n"
        "print(trainer.train(4), trainer.__spec__.loader, trainer.__loader__)\n"
        "from jupyterlab_mlops.kernel.recorder import recorder; print(recorder.last_fault)"
    )
    first, second = done.stdout.splitlines()
    assert first.startswith("8 <_frozen_importlib_external.SourceFileLoader")
    assert first.count("SourceFileLoader") == 2
    assert second == "autolog.after_import(trainer): RuntimeError: no"


def test_a_kernel_starts_without_the_libraries(kernel: Kernel) -> None:
    heavy = "('numpy', 'pandas', 'sklearn', 'skops', 'msgspec', 'sqlite3', 'joblib')"
    loaded = kernel.text(f"import sys; print([m for m in {heavy} if m in sys.modules])")
    assert set(eval(loaded)) <= {"sqlite3"}  # IPython's own history opens SQLite


def test_loading_again_and_unloading(kernel: Kernel) -> None:
    kernel.text("from sklearn.naive_bayes import GaussianNB")
    kernel.text("%reload_ext jupyterlab_mlops.kernel")
    kernel.text("GaussianNB().fit([[0.0], [1.0]], [0, 1])")
    assert len(kernel.records("run_start")) == 1
    kernel.text("%unload_ext jupyterlab_mlops.kernel")
    kernel.text("GaussianNB().fit([[0.0], [1.0]], [0, 1])")
    assert len(kernel.records("run_start")) == 1
