"""Reading back what was logged, with and without a server."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import jupyterlab_mlops
from harness import KernelSession, StartServer

LOGGED = """
import math
import jupyterlab_mlops as mlops
mlops.set_experiment('trees')
for depth in (2, 4):
    with mlops.start_run(run_name=f'depth-{depth}', tags={'kind': 'tree'}) as run:
        mlops.log_param('depth', depth)
        for step in range(3):
            mlops.log_metric('loss', 1 / (depth + step), step)
        if depth == 4:
            mlops.log_metric('odd', math.nan)
            with mlops.start_run(run_name='inner', nested=True): pass
"""

READ = """
frame = mlops.search_runs(filter_string="params.depth = '4'")
assert list(frame['tags.mlflow.runName']) == ['depth-4'], frame
assert frame.loc[0, 'metrics.loss'] == 1 / 6
assert math.isnan(frame.loc[0, 'metrics.odd'])
assert frame.loc[0, 'params.depth'] == '4'
assert frame.loc[0, 'status'] == 'FINISHED'
assert str(frame['start_time'].dtype).startswith('datetime64')
assert frame.loc[0, 'run_id'] == run.info.run_id

both = mlops.search_runs(order_by=['metrics.loss DESC'], output_format='list')
assert [found.info.run_name for found in both] == ['depth-2', 'depth-4', 'inner'], both
assert both[2].view.parent_run_id == run.info.run_id
assert len(mlops.search_runs(experiment_names=['nothing'])) == 0
assert len(mlops.search_runs(max_results=1)) == 1
assert len(mlops.search_runs(search_all_experiments=True)) == 3
by_id = mlops.search_runs(experiment_ids=[both[0].info.experiment_id])
assert len(by_id) == 3

history = mlops.get_metric_history(run.info.run_id, 'loss')
assert [point.value for point in history] == [1 / 4, 1 / 5, 1 / 6]
assert (history[-1].step, history.steps) == (2, [0, 1, 2])
steps, timestamps, values = history.to_numpy()
assert (steps * 2).tolist() == [0, 2, 4] and values.sum() == sum(history.values)
assert timestamps.tolist() == history.timestamps
again = mlops.get_run(run.info.run_id)
assert again.info.run_name == run.info.run_name == 'depth-4'
assert again.info.experiment_id == run.info.experiment_id
assert again.data.params == run.data.params == {'depth': '4'}
assert again.data.tags['kind'] == 'tree'
print('read')
"""


def test_a_script_reads_its_own_runs_at_once(script: Any) -> None:
    assert script.run(LOGGED + READ).stdout.strip() == "read"


def test_a_cell_reads_what_it_has_just_logged_through_a_live_server(
    start_server: StartServer,
) -> None:
    server = start_server(application="server")
    with KernelSession(server, "some.ipynb") as session:
        reply = session.execute(LOGGED + READ)
        assert [output.get("text") for output in reply.outputs] == ["read\n"], reply.outputs
        waited = session.execute(
            "import time\nbegun = time.monotonic()\nmlops.log_param('late', 1)\n"
            "mlops.get_run(mlops.active_run().info.run_id)\nprint(time.monotonic() - begun)"
        )
        assert float(waited.outputs[0]["text"]) < 3


MODELS = """
import jupyterlab_mlops as mlops
from sklearn.dummy import DummyClassifier
model = DummyClassifier().fit([[0], [1]], [0, 1])
with mlops.start_run() as run:
    logged = mlops.log_model(model, name='clf')
first = mlops.register_model(logged.model_uri, 'quality', tags={'by': 'test'})
second = mlops.register_model(f'runs:/{run.info.run_id}/clf', 'quality')
assert (first.name, first.version, first.tags) == ('quality', 1, {'by': 'test'}), first
assert second.version == 2
assert first.run_id == run.info.run_id
for uri in (logged.model_uri, 'models:/quality/1'):
    assert list(mlops.load_model(uri).predict([[5]])) == list(model.predict([[5]]))
print('registered')
"""


def test_models_are_registered_and_loaded(script: Any) -> None:
    assert script.run(MODELS).stdout.strip() == "registered"


BARE = """
import sys
sys.path.insert(0, FOLDER)
import jupyterlab_mlops as mlops
with mlops.start_run() as run:
    mlops.log_metric('a', 1.0)
    mlops.log_text('t', 't.txt')
assert run.info.status == 'FINISHED'
try:
    mlops.search_runs()
except Exception as refusal:
    print(type(refusal).__name__, refusal)
"""


def run_without_dependencies(tmp_path: Path) -> subprocess.CompletedProcess[str]:
    """Run a program in an interpreter that has the kernel part on its path, and nothing else."""
    package = Path(jupyterlab_mlops.__file__).parent
    folder = tmp_path / "path"
    folder.mkdir()
    (folder / package.name).symlink_to(package)
    return subprocess.run(
        [sys.executable, "-S", "-c", BARE.replace("FOLDER", repr(str(folder)))],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )


def test_an_environment_without_the_package_says_what_reading_needs(tmp_path: Path) -> None:
    done = run_without_dependencies(tmp_path)
    assert done.stderr == ""
    assert done.stdout.startswith("StoreUnavailable Reading the record needs jupyterlab-mlops")
    assert len(done.stdout.strip().splitlines()) == 1


def test_what_such_an_environment_logged_is_there_for_others(script: Any, tmp_path: Path) -> None:
    run_without_dependencies(tmp_path)
    source = "import jupyterlab_mlops as m; print(m.search_runs()['metrics.a'].tolist())"
    assert script.run(source).stdout.strip() == "[1.0]"
