"""What the client takes and refuses, and that it reads like MLflow's."""

from __future__ import annotations

import hashlib
import inspect
import json
import math
from pathlib import Path
from typing import Any

import pytest

import jupyterlab_mlops as mlops
from jupyterlab_mlops.kernel.values import (
    InvalidValue,
    checked_float,
    checked_int,
    checked_key,
    checked_path,
    checked_text,
)

MLFLOW = {
    "start_run": "run_id experiment_id run_name nested parent_run_id tags description "
    "log_system_metrics",
    "end_run": "status",
    "active_run": "",
    "last_active_run": "",
    "set_experiment": "experiment_name experiment_id",
    "log_metric": "key value step synchronous timestamp run_id model_id dataset",
    "log_metrics": "metrics step synchronous run_id timestamp model_id dataset",
    "log_param": "key value synchronous",
    "log_params": "params synchronous run_id",
    "set_tag": "key value synchronous",
    "set_tags": "tags synchronous",
    "delete_tag": "key",
    "log_artifact": "local_path artifact_path run_id",
    "log_artifacts": "local_dir artifact_path run_id",
    "log_text": "text artifact_file run_id",
    "log_dict": "dictionary artifact_file run_id",
    "log_figure": "figure artifact_file save_kwargs",
    "log_image": "image artifact_file key step timestamp synchronous",
    "log_table": "data artifact_file run_id",
    "log_input": "dataset context tags model",
    "get_run": "run_id",
    "search_runs": "experiment_ids filter_string run_view_type max_results order_by "
    "output_format search_all_experiments experiment_names",
    "register_model": "model_uri name await_registration_for tags env_pack",
    "get_metric_history": "run_id key",
}
"""Names and order of the parameters in MLflow 3.17."""


@pytest.mark.parametrize("name", MLFLOW)
def test_parameters_have_mlflows_names_and_order(name: str) -> None:
    parameters = list(inspect.signature(getattr(mlops, name)).parameters)
    wanted = MLFLOW[name].split()
    assert parameters[: len(wanted)] == wanted
    assert set(parameters[len(wanted) :]) <= {"run_id"}


def test_every_name_is_offered_at_the_top() -> None:
    assert set(MLFLOW) <= set(dir(mlops))
    with pytest.raises(AttributeError, match="no attribute 'log_metrik'"):
        _ = mlops.log_metrik


# -------------------------------------------------------------------------------------- values


def test_numbers_of_every_kind_are_metrics() -> None:
    import numpy as np

    class Fraction:
        def __float__(self) -> float:
            return 0.25

    for value, wanted in (
        (1, 1.0),
        (True, 1.0),
        (2**63 + 1, float(2**63 + 1)),
        (np.float32(0.5), 0.5),
        (np.int64(7), 7.0),
        (np.array(3.5), 3.5),
        (np.array([4.5]), 4.5),
        (np.bool_(True), 1.0),
        (Fraction(), 0.25),
        (1e308, 1e308),
        (math.inf, math.inf),
    ):
        assert checked_float("m", value) == wanted
        assert type(checked_float("m", value)) is float
    assert math.isnan(checked_float("m", float("nan")))


@pytest.mark.parametrize(
    "value",
    ["0.5", None, b"1", 1j, [1.0], {}, 10**400, object, "numpy.zeros(3)"],
    ids=lambda value: repr(value)[:20],
)
def test_what_is_no_number_is_refused_in_one_sentence(value: Any) -> None:
    import numpy

    if value == "numpy.zeros(3)":
        value = numpy.zeros(3)
    with pytest.raises(InvalidValue) as refusal:
        checked_float("loss", value)
    assert "'loss'" in str(refusal.value)
    assert "\n" not in str(refusal.value)


@pytest.mark.parametrize(
    ("key", "reason"),
    [
        ("", "empty"),
        ("x" * 251, "at most 250"),
        ("a@b", "may hold only"),
        ("\U0001f600", "may hold only"),
        ("a\0b", "may hold only"),
        ("../a", "leads elsewhere"),
        ("/a", "leads elsewhere"),
        ("a//b", "leads elsewhere"),
        (7, "must be text"),
        (None, "must be text"),
        (["a"], "must be text"),
    ],
)
def test_names_that_mlflow_would_refuse_are_refused(key: Any, reason: str) -> None:
    with pytest.raises(InvalidValue, match=reason):
        checked_key(key)


def test_names_that_mlflow_takes_are_taken() -> None:
    for key in ("loss", "val/loss", "Größe", "a.b-c_d e:f", "1"):
        assert checked_key(key) == key


def test_steps_are_whole_and_fit() -> None:
    import numpy as np

    assert [checked_int(v, "step") for v in (3, 3.0, np.int32(3), True)] == [3, 3, 3, 1]
    for value in (1.5, "3", None, 2**63, math.nan, math.inf):
        with pytest.raises(InvalidValue, match="step"):
            checked_int(value, "step")


def test_text_that_cannot_be_kept_is_refused() -> None:
    class Broken:
        def __str__(self) -> str:
            raise RuntimeError

    with pytest.raises(InvalidValue, match="has no text: RuntimeError"):
        checked_text("k", Broken(), "param")
    with pytest.raises(InvalidValue, match="at most 1000000"):
        checked_text("k", "x" * 1_000_001, "param")


@pytest.mark.parametrize("path", ["", "/a", "../a", "a/../b", "a//b", "a/", "a\0", "a\\b", 3, None])
def test_artifact_paths_stay_inside_the_run(path: Any) -> None:
    with pytest.raises(InvalidValue):
        checked_path(path)


WRONG = """
mlops.log_metric('a', 'b')
mlops.log_metric('a', 1.0, step='x')
mlops.log_metric('a', 1.0, step=2**63)
mlops.log_metric('a', 1.0, timestamp='now')
mlops.log_metric('a', 1.0, run_id='no such / run')
mlops.log_metric(3, 1.0)
mlops.log_metrics({'good': 1.0, 'bad': 'x'})
mlops.log_metrics([1])
mlops.log_param('a@', 1)
mlops.log_params('a')
mlops.log_params({'a': 'x' * 2_000_000})
mlops.set_tag('', 1)
mlops.set_tags(None)
mlops.log_text(3, 'a.txt')
mlops.log_text('a', '/etc/passwd')
mlops.log_dict({1, 2}, 'a.json')
mlops.log_artifact('missing.bin')
mlops.log_artifact('train.py', '../up')
mlops.log_artifacts('train.py')
mlops.log_figure('no figure', 'a.png')
mlops.log_image('no picture', 'a.png')
mlops.log_image([[1]], key='k', artifact_file='a.png')
mlops.log_table(3, 'a.json')
mlops.log_table({'a': [1], 'b': [1, 2]}, 'a.json')
mlops.log_table({'a': [1]}, 'a.csv')
mlops.log_input(None)
mlops.log_input(3)
mlops.set_note('x' * 2_000_000)
mlops.start_run(run_name='')
mlops.start_run(tags=[1])
mlops.start_run(run_id='../x')
mlops.set_experiment()
mlops.set_experiment('')
mlops.set_experiment('a', 'b')
mlops.end_run('DONE')
mlops.search_runs(filter_string='metrics.a >')
mlops.search_runs(output_format='xml')
mlops.search_runs(run_view_type=9)
mlops.get_run('nothing')
mlops.get_metric_history('nothing', 'a')
mlops.register_model('no-uri', 'm')
mlops.register_model('models:/m-nothing', 'm')
""".strip().splitlines()

REFUSED = """
import jupyterlab_mlops as mlops
from jupyterlab_mlops.errors import MLOpsError
for line in LINES:
    try:
        eval(line)
    except MLOpsError as refusal:
        assert str(refusal) and '\\n' not in str(refusal), (line, refusal)
        assert len(str(refusal)) < 400, (line, refusal)
    else:
        raise AssertionError(f'not refused: {line}')
from jupyterlab_mlops.kernel.recorder import recorder
assert recorder.fault_count == 0, recorder.last_fault
assert recorder.journal.not_stored == 0, recorder.journal.fault
"""


def test_wrong_input_is_refused_and_changes_nothing(script: Any, data_dir: Path) -> None:
    script.run(REFUSED.replace("LINES", repr(WRONG)))
    script.run("import jupyterlab_mlops as m; assert m.search_runs(output_format='list') == []")


# --------------------------------------------------------------------------------------- files

FILES = """
import pathlib, matplotlib
matplotlib.use('agg')
import matplotlib.pyplot as plt, numpy as np, pandas as pd
import jupyterlab_mlops as mlops
folder = pathlib.Path('out/inner'); folder.mkdir(parents=True)
(folder / 'small.txt').write_text('small')
(folder / 'large.bin').write_bytes(b'L' * 1_000_000)
with mlops.start_run():
    mlops.log_artifact('out/inner/small.txt', 'sub')
    mlops.log_artifacts('out')
    mlops.log_artifact('out/inner/large.bin')
    mlops.log_text('grüße', 'notes/hello.txt')
    mlops.log_dict({'a': [1, np.float64(2.5)]}, 'd.json')
    mlops.log_figure(plt.figure(), 'fig.png')
    mlops.log_image(np.zeros((4, 4, 3)), 'black.png')
    mlops.log_image(np.zeros((4, 4), dtype=bool), key='mask', step=3)
    mlops.log_table({'q': ['x'], 'n': [1]}, 'table.json')
    mlops.log_table(pd.DataFrame({'q': ['y'], 'n': [2]}), 'table.json')
"""


def test_files_are_recorded_whole(script: Any, data_dir: Path) -> None:
    records = {r["path"]: r for r in script.journaled(FILES) if r["type"] == "artifact"}
    named = [path for path in records if not path.startswith("images/")]
    assert sorted(named) == [
        "black.png",
        "d.json",
        "fig.png",
        "inner/large.bin",
        "inner/small.txt",
        "large.bin",
        "notes/hello.txt",
        "sub/small.txt",
        "table.json",
    ]
    for record in records.values():
        digest = record["digest"]
        blob = data_dir / "blobs" / digest[:2] / digest
        data = record["attachment"] if record["inline"] else blob.read_bytes()
        assert hashlib.sha256(data).hexdigest() == digest
        assert len(data) == record["size"]
    assert records["large.bin"]["inline"] is False
    assert records["notes/hello.txt"]["attachment"].decode() == "grüße"
    assert json.loads(records["d.json"]["attachment"]) == {"a": [1, 2.5]}
    assert json.loads(records["table.json"]["attachment"]) == {
        "columns": ["q", "n"],
        "data": [["x", 1], ["y", 2]],
    }
    assert records["fig.png"]["media_type"] == "image/png"
    assert not list((data_dir / "blobs").rglob(".new-*"))


DATA = """
import numpy as np, pandas as pd
import jupyterlab_mlops as mlops
frame = pd.DataFrame({'a': [1, 2], 'b': ['x', 'y']})
with mlops.start_run():
    mlops.log_input(frame, context='training')
    mlops.log_input(frame.copy(), context='training')
    mlops.log_input(frame.assign(a=[1, 3]))
    mlops.log_input(np.zeros((30_000, 2)))
"""


def test_data_is_measured_and_hashed(script: Any) -> None:
    same, again, other, large = [r for r in script.journaled(DATA) if r["type"] == "dataset"]
    assert same["digest"] == again["digest"] != other["digest"]
    assert same["context"] == "training"
    assert same["schema"]["columns"] == [
        {"name": "a", "dtype": "int64"},
        {"name": "b", "dtype": other["schema"]["columns"][1]["dtype"]},
    ]
    lies = {"a": {"min": 1, "median": 1.5, "max": 2, "missing": 0, "counts": [1, *[0] * 18, 1]}}
    lies["b"] = {"distinct": 2, "missing": 0}
    size = {"num_rows": 2, "num_columns": 2}
    assert same["profile"] == {**size, "sampled": False, "columns": lies}
    columns = large["profile"].pop("columns")
    assert large["profile"] == {"num_rows": 30_000, "num_columns": 2, "sampled": True}
    assert columns["0"]["counts"] == [2_000]


ODD = """
import math, time
import jupyterlab_mlops as mlops
with mlops.start_run():
    mlops.log_metric('nan', math.nan); mlops.log_metric('inf', -math.inf)
    mlops.log_metric('big', 2**70); mlops.log_metric('at', 1.0, step=-5, timestamp=123)
    mlops.log_metric('at', 2.0, 7)
    mlops.log_metrics({'x': 1, 'y': 2.5}, step=3)
    mlops.log_param('surrogate', '\\ud800'); mlops.log_param('nul', 'a\\0b')
    mlops.set_tag('emoji', '\\U0001f600'); mlops.delete_tag('emoji'); mlops.set_note('*hi*')
"""


def test_odd_values_arrive_as_they_are(script: Any) -> None:
    records = script.journaled(ODD)
    points: dict[str, Any] = {r["key"]: [] for r in records if r["type"] == "points"}
    for record in records:
        if record["type"] == "points":
            points[record["key"]] += record["points"]
    assert math.isnan(points["nan"][0][0])
    assert points["inf"][0][0] == -math.inf
    assert points["big"][0][0] == float(2**70)
    assert points["at"][0] == (1.0, -5, 123)
    assert points["at"][1][:2] == (2.0, 7)
    assert (points["x"][0][:2], points["y"][0][:2]) == ((1.0, 3), (2.5, 3))
    params = {k: v for r in records if r["type"] == "params" for k, v in r["params"].items()}
    assert params == {"surrogate": "\ud800", "nul": "a\0b"}
    assert [r["tags"] for r in records if r["type"] == "tags"] == [
        {"emoji": "\U0001f600"},
        {"emoji": None},
    ]
    assert [r["note"] for r in records if r["type"] == "run_update"] == ["*hi*"]


LOOP = """
import decimal, numpy as np
import jupyterlab_mlops as mlops
from jupyterlab_mlops.errors import InvalidRequest
def refused(call, *arguments):
    try:
        call(*arguments)
    except InvalidRequest:
        return
    raise AssertionError(arguments)
BAD = ['x', None, 1j, np.complex128(1 + 2j), np.array('1.5'), np.array([1.0, 2.0])]
with mlops.start_run():
    for step in range(3):
        mlops.log_metric('loss', 0.5, step); mlops.log_metric('loss', np.float64(0.25), step)
        mlops.log_metric('loss', 2, step); mlops.log_metric('loss', True, step)
        mlops.log_metrics({'loss': 1.5}, step)
        mlops.log_metrics({'a': 1.0, 'b': 2.0}, step)
        mlops.log_metrics({'b': 2.0, 'a': 1.0}, step)
        mlops.log_metrics({'a': 1, 'c': np.float32(4)}, step)
        mlops.log_metrics({'a': 1.0, 'c': np.float64(4)}, np.int64(step))
        mlops.log_metrics({'a': decimal.Decimal(1), 'b': 2.0}, step)
        mlops.log_metrics({}, step)
        for bad in BAD:
            refused(mlops.log_metric, 'loss', bad)
            refused(mlops.log_metrics, {'a': 9.0, 'b': bad})
        for bad in ('x', 1.5, 2**63):
            refused(mlops.log_metric, 'loss', 9.0, bad)
            refused(mlops.log_metrics, {'a': 9.0, 'b': 9.0}, bad)
    mlops.log_metric('loss', 7.0); mlops.log_metrics({'a': 7.0, 'b': 7.0})
"""


def test_a_loop_records_the_same_at_its_first_step_as_later(script: Any) -> None:
    points: dict[str, list[tuple[float, int]]] = {}
    for record in script.journaled(LOOP):
        if record["type"] == "points":
            found = points.setdefault(record["key"], [])
            found.extend((value, step) for value, step, _ in record["points"])
    steps = {
        "loss": [0.5, 0.25, 2.0, 1.0, 1.5],
        "a": [1.0, 1.0, 1.0, 1.0, 1.0],
        "b": [2.0, 2.0, 2.0],
        "c": [4.0, 4.0],
    }
    last: dict[str, list[tuple[float, int]]] = {
        "loss": [(7.0, 0)],
        "a": [(7.0, 0)],
        "b": [(7.0, 0)],
    }
    for key, values in steps.items():
        expected = [(value, step) for step in range(3) for value in values] + last.get(key, [])
        assert sorted(points[key]) == sorted(expected), key


def test_importing_the_client_needs_the_standard_library_only(script: Any) -> None:
    source = (
        "import sys\nimport jupyterlab_mlops as mlops\nmlops.log_metric\n"
        "with mlops.start_run(): mlops.log_metric('a', 1.0)\n"
        "heavy = {'msgspec', 'sqlite3', 'sqlite_utils', 'numpy', 'pandas', 'IPython', 'tornado'}\n"
        "print(sorted(heavy & {name.partition('.')[0] for name in sys.modules}))"
    )
    assert script.run(source).stdout.strip() == "[]"
