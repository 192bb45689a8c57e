"""`%mlops` and `%%mlops` in real kernels: what they say, what they do, what they refuse."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from kernel.autolog.conftest import Notebook, shared_kernel
from kernel.conftest import TIMEOUT, Kernel

from harness import KernelSession, StartServer
from jupyterlab_mlops.kernel import magic_table

__all__ = ["shared_kernel"]

VERBS = (
    "start end tag note log runs compare register push pause resume forget help".split()  # noqa: SIM905
)


@pytest.fixture
def notebook(shared_kernel: Kernel) -> Iterator[Notebook]:
    notebook = Notebook(shared_kernel)
    yield notebook
    assert notebook.faults() == []


def complaint(notebook: Notebook, source: str) -> str:
    """Run a cell that is refused; give the one line that it leaves on stderr."""
    (output,) = notebook.kernel.run(source)
    assert (output["output_type"], output["name"]) == ("stream", "stderr")
    assert output["text"].count("\n") == 1
    return str(output["text"].strip())


# ----------------------------------------------------------------------------------------- state


def test_alone_it_shows_the_state(notebook: Notebook) -> None:
    shown = notebook("%mlops")
    assert re.search(r"Recording +on", shown)
    assert re.search(r"Not stored +nothing", shown)
    assert "data" in shown
    notebook("mlops.start_run(run_name='trial')")
    assert "trial is open" in notebook("%mlops")
    notebook("%mlops end")
    assert "the last was trial, FINISHED" in notebook("%mlops")


def test_a_record_that_cannot_be_written_is_said_to_wait(
    start_kernel: Callable[..., Kernel], tmp_path: Path
) -> None:
    blocked = tmp_path / "a file"
    blocked.touch()
    kernel = start_kernel(JUPYTER_MLOPS_DATA_DIR=str(blocked), TMPDIR=str(tmp_path))
    shown = kernel.text("%mlops")
    assert re.search(r"Record +\S.*a file cannot be written; what is recorded waits in", shown)


def test_results_are_rich_and_readable(notebook: Notebook) -> None:
    notebook("mlops.start_run(run_name='<b>bold</b>'); mlops.end_run()")
    (output,) = notebook.kernel.run("%mlops runs -n 1")
    assert output["output_type"] == "display_data"
    assert "&lt;b&gt;bold" in output["data"]["text/html"]
    assert "<b>bold" in output["data"]["text/plain"]
    assert "color" not in output["data"]["text/html"]


# ------------------------------------------------------------------------------------------ runs


def test_a_run_over_several_cells(notebook: Notebook) -> None:
    assert "first try is open" in notebook("%mlops start first try --tag baseline --tag data=v1")
    notebook("GaussianNB().fit(X_train, y_train)")
    assert "first try has ended: FAILED" in notebook("%mlops end FAILED")
    run = notebook.run()
    assert (run["name"], run["status"]) == ("first try", "FAILED")
    assert run["tags"].keys() >= {"baseline", "data", "estimator"}
    assert complaint(notebook, "%mlops end") == "mlops: No run is open."


def test_starting_again_in_the_same_cell_is_the_next_attempt(notebook: Notebook) -> None:
    for _ in range(2):
        notebook.kernel.run("%mlops start again", cell_id="c1")
    assert len(notebook.runs()) == 2
    refused = complaint(notebook, "%mlops start other")
    assert refused.startswith("mlops: The run again is open: end it with %mlops end")


def test_the_last_run_is_tagged_noted_and_logged_to(notebook: Notebook) -> None:
    notebook("GaussianNB().fit(X_train, y_train)")
    assert "baseline, data: v2" in notebook("%mlops tag baseline data=v2")
    notebook("%mlops note Don't forget: the data of *May*")
    assert notebook("%mlops note") == "Don't forget: the data of *May*"
    notebook("rmse = np.float64(0.25)\n%mlops log rmse mae=0.5 kind=clean")
    notebook("%mlops log epochs=7 --param")
    run = notebook.run()
    assert run["metrics"] == {"rmse": [0.25], "mae": [0.5]}
    assert run["params"].keys() >= {"kind", "epochs"}
    notebook("%mlops tag --delete baseline")
    assert notebook.records("tags")[-1]["tags"] == {"baseline": None}


def test_a_run_is_named_by_the_beginning_of_its_id(notebook: Notebook) -> None:
    notebook("mlops.start_run(run_name='older'); mlops.end_run()")
    notebook("mlops.start_run(run_name='newer'); mlops.end_run()")
    run_id = notebook.runs()[0]["run_id"]
    assert notebook(f"%mlops tag mine --run {run_id[:10]}").startswith("older")
    assert notebook("%mlops tag mine --run newer").startswith("newer")


def test_runs_are_listed_by_filter_and_by_words(notebook: Notebook) -> None:
    notebook(
        "mlops.start_run(run_name='swift-heron'); mlops.log_metric('loss', 0.125); mlops.end_run()"
    )
    notebook(
        "mlops.start_run(run_name='slow-snail'); mlops.log_metric('loss', 0.5); mlops.end_run()"
    )
    assert "swift-heron" in notebook(
        "%mlops runs metrics.loss < 0.2 and attributes.status = 'FINISHED'"
    )
    found = notebook('%mlops runs "metrics.loss < 0.2"')
    assert "swift-heron" in found
    assert "slow-snail" not in found
    assert "loss 0.5" in notebook("%mlops runs snail")
    assert notebook("%mlops runs nothing-like-that") == "No run was found."
    assert "is wrong at" in complaint(notebook, "%mlops runs metrics.loss >> 3")


def test_compare_shows_only_what_differs(notebook: Notebook) -> None:
    for depth in (1, 3):
        notebook(
            f"tree = DecisionTreeClassifier(max_depth={depth}, random_state=0)\n"
            "tree.fit(X_train, y_train).score(X_test, y_test);"
        )
    shown = notebook("%mlops compare")
    assert re.search(r"max_depth +1 +3", shown)
    assert "score" in shown
    assert "criterion" not in shown
    assert "criterion" in notebook("%mlops compare --all")
    one, two = (run["run_id"] for run in notebook.runs())
    assert re.search(r"max_depth +3 +1", notebook(f"%mlops compare {two} {one}"))
    assert "given twice" in complaint(notebook, f"%mlops compare {one} {one}")


# ----------------------------------------------------------------------------------------- cells


def test_a_cell_in_a_run_of_its_own(notebook: Notebook) -> None:
    shown = notebook("%%mlops run my try --tag quick\nmodel = GaussianNB().fit(X, y)\n6 * 7")
    assert shown == "42"
    run = notebook.run()
    assert (run["name"], run["status"], run["implicit"]) == ("my try", "FINISHED", False)
    assert run["tags"].keys() >= {"quick", "estimator"}
    assert "params" in run


def test_a_cell_that_raises_fails_its_run_with_the_users_traceback(notebook: Notebook) -> None:
    (error,) = notebook.kernel.run("%%mlops run\nvalue = 1\nvalue / 0")
    plain = re.sub(r"\x1b\[[0-9;]*m", "", "\n".join(error["traceback"]))
    assert "----> 3 value / 0" in plain
    assert "jupyterlab_mlops/" not in plain
    run = notebook.run()
    assert (run["status"], run["error"]["name"]) == ("FAILED", "ZeroDivisionError")


def test_a_cell_in_a_run_may_await_and_have_magics(notebook: Notebook) -> None:
    assert notebook("%%mlops run\nimport asyncio\nawait asyncio.sleep(0, 'waited')") == "'waited'"
    timed = notebook("%%mlops run timed\n%%time\nx = 3\nx + 1")
    assert "Wall time" in timed
    assert timed.endswith("4")
    assert "Wall time" in notebook("%%time\n%%mlops run inside\nx = 3")
    assert [run.get("name") for run in notebook.runs()] == [None, "timed", "inside"]
    assert {run["status"] for run in notebook.runs()} == {"FINISHED"}


def test_a_cell_in_a_run_inside_an_open_one_is_its_child(notebook: Notebook) -> None:
    notebook("%mlops start outer")
    notebook("%%mlops run inner\n1")
    notebook("%mlops end")
    outer, inner = notebook.runs()
    assert inner["parent_run_id"] == outer["run_id"]


def test_a_skipped_cell_runs_and_leaves_no_trace(notebook: Notebook) -> None:
    assert notebook("%%mlops skip\nsecret = 41\nsecret + 1") == "42"
    assert notebook("print(secret)") == "41"
    assert all("secret = 41" not in str(record) for record in notebook.records())


def test_columns_of_data_are_redacted_kept_out_and_forgotten(notebook: Notebook) -> None:
    notebook("import jupyterlab_mlops as mlops, pandas as pd; run = mlops.start_run()")
    notebook("frame = pd.DataFrame({'kind': ['ghp_' + 'Ab1' * 12, 'plain'] * 20})")
    notebook("%%mlops skip\nmlops.log_input(frame, context='skipped')")
    notebook("mlops.log_input(frame, context='recorded')")
    skipped, recorded = notebook.records("dataset")
    assert (skipped["context"], skipped["profile"]["columns"]) == ("skipped", {})
    kept = ["[redacted: GitHub token]", "plain"]
    assert sorted(recorded["profile"]["columns"]["kind"]["values"]) == kept
    notebook("mlops.end_run()")
    sql = "SELECT profile FROM datasets WHERE profile LIKE '%GitHub token%'"
    stored = f'print(reading.read(lambda c: c.execute("{sql}").fetchall()))'
    assert "plain" in notebook(f"from jupyterlab_mlops.kernel import reading\n{stored}")
    notebook(f"%mlops forget --run {recorded['run_id']}")
    assert notebook(stored) == "[]"


@pytest.mark.parametrize("source", ["%%mlops rnu x\nbad = 1", "%%mlops run 'x\nbad = 1"])
def test_a_cell_with_a_wrong_first_line_is_not_run(notebook: Notebook, source: str) -> None:
    assert "was not run" in complaint(notebook, source)
    assert notebook("print('bad' in globals())") == "False"
    assert notebook.runs() == []


# ------------------------------------------------------------------------------------- recording


def test_pause_and_resume(notebook: Notebook) -> None:
    notebook("%mlops pause")
    notebook("hidden_cell = 1")
    assert re.search(r"Recording +paused", notebook("%mlops"))
    notebook("%mlops resume")
    notebook("shown_cell = 1")
    sources = [record["source"] for record in notebook.records("execution_start")]
    assert "hidden_cell = 1" not in sources
    assert "shown_cell = 1" in sources
    assert [record["enabled"] for record in notebook.records("recording")] == [False, True]


def test_forget_erases_cells_from_the_record(notebook: Notebook) -> None:
    look = (
        "from jupyterlab_mlops.kernel import reading\n"
        "from jupyterlab_mlops.store.executions import list_executions\n"
        "count = lambda text: reading.read("
        "lambda c: list_executions(c, source_contains=text)).total"
    )
    notebook(look)
    notebook("password_one = 1")
    assert notebook("print(count('password_one = ' + '1'))") == "1"
    notebook("password_two = 2")
    assert notebook("%mlops forget --cell") == "1 execution was erased from the record."
    assert notebook("print(count('password_two = ' + '2'))") == "0"
    notebook("%mlops forget --last 10m")
    assert notebook("print(count('password_one = ' + '1'))") == "0"


# ------------------------------------------------------------------------------------- registry


def test_register_makes_versions(notebook: Notebook) -> None:
    notebook("GaussianNB().fit(X, y)")
    shown = notebook("%mlops register petals --alias champion --description 'The first.'")
    assert shown == "petals has version 1, champion."
    notebook("GaussianNB(var_smoothing=0.1).fit(X, y)")
    assert notebook("%mlops register petals") == "petals has version 2."
    (first, second) = notebook.records("register")
    assert first["aliases"] == ["champion"]
    assert first["model_id"] != second["model_id"]


def test_a_push_without_a_server_waits_and_says_so(notebook: Notebook) -> None:
    notebook("GaussianNB().fit(X, y)")
    notebook("%mlops register waiting --alias champion")
    shown = notebook("%mlops push waiting@champion --to http://127.0.0.1:9")
    assert re.search(r"waiting/1 +http://127\.0\.0\.1:9 +pending", shown)
    assert "jupyter mlops push waiting" in shown


# ----------------------------------------------------------------------------------- wrong words


@pytest.mark.parametrize("verb", VERBS)
def test_each_verb_explains_itself(notebook: Notebook, verb: str) -> None:
    shown = notebook(f"%mlops {verb} --help")
    assert shown.startswith(f"usage: %mlops {verb}")
    assert shown == notebook(f"%mlops help {verb}")
    assert f"%mlops {verb} " in notebook("%mlops help")


def test_help_may_be_asked_for_in_any_way(notebook: Notebook) -> None:
    assert notebook("%mlops --help") == notebook("%mlops -h") == notebook("%mlops help")


@pytest.mark.parametrize("verb", ["run", "skip"])
def test_each_cell_verb_explains_itself(notebook: Notebook, verb: str) -> None:
    assert notebook(f"%%mlops {verb} --help\n1/0").startswith(f"usage: %%mlops {verb}")


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("%mlops runz", "%mlops has no verb 'runz': did you mean 'runs'?"),
        ("%mlops xyzzy", "%mlops has no verb 'xyzzy': it has start, end,"),
        ("%mlops run x", "Write %%mlops run, with two %."),
        ("%mlops tag", "Say which tag: %mlops tag baseline"),
        ("%mlops tag 'a?b=1'", "The name 'a?b' of a tag may hold only letters"),
        ("%mlops tag x --run nosuch", "There is no run 'nosuch'."),
        ("%mlops end DONE", "No run is open."),
        ("%mlops start --experimant x", "There is no '--experimant' here: did you mean '--exp"),
        ("%mlops log nosuch", "There is no variable 'nosuch'; write nosuch=VALUE."),
        ("%mlops log", "The following arguments are required: NAME[=VALUE]."),
        ("%mlops log X", "The value of metric 'X' must be one number"),
        ("%mlops runs -n 0", "Argument -n: 0 is no whole number between 1 and 1000."),
        ("%mlops compare nosuch other", "There is no run 'nosuch'."),
        ("%mlops register a/b", "A model's name holds no '/'"),
        ("%mlops register ok --alias 7", "'7' cannot be an alias"),
        ("%mlops push nosuch", "Registered Model with name=nosuch not found"),
        ("%mlops push a@b@c", "A version is named NAME, NAME@ALIAS or NAME/VERSION"),
        ("%mlops push nosuch --to file:///x", "'file:///x' is a store of MLflow and not a server"),
        ("%mlops runs -n x", "Argument -n: x is no whole number between 1 and 1000."),
        ("%mlops forget", "Say what to forget: --last 10m"),
        ("%mlops forget --last soon", "A time is given like 30s, 10m, 2h or 1d, not 'soon'."),
        ("%mlops forget --cell 9999", "This session has no recorded cell [9999]."),
        ('%mlops start "open', "A quotation mark is not closed"),
        ("%mlops help nosuch", "%mlops has no verb 'nosuch'"),
    ],
)
def test_a_wrong_word_gets_one_line_and_changes_nothing(
    notebook: Notebook, source: str, message: str
) -> None:
    notebook("GaussianNB().fit(X, y)")
    kinds = ("tags", "params", "points", "register", "push", "forget", "run_update", "run_start")
    before = [len(notebook.records(kind)) for kind in kinds]
    assert complaint(notebook, source).startswith(f"mlops: {message}")
    assert [len(notebook.records(kind)) for kind in kinds] == before


@pytest.mark.parametrize("verb", [*VERBS, "run", "skip"])
def test_the_documentation_has_each_verb_and_option(verb: str) -> None:
    text = (Path(__file__).parents[2] / "docs" / "magics.md").read_text()
    known = {**magic_table.VERBS, **magic_table.CELL_VERBS}[verb]
    assert f"`{known.magic}" in text
    for action in known.parser()._actions:
        for option in action.option_strings:
            assert option in text, f"{known.magic} {option}"


# ------------------------------------------------------------------------------------ completion


def completions(kernel: Kernel, code: str) -> list[str]:
    """What a front-end gets for the code before the cursor, as it would stand in the cell."""
    msg_id = kernel.client.complete(code, len(code))
    content = kernel.reply_to(msg_id)
    return [code[: content["cursor_start"]] + match for match in content["matches"]]


def test_completion(notebook: Notebook) -> None:
    notebook("mlops.start_run(run_name='zz-otter', tags={'season': 'spring'}); mlops.end_run()")
    notebook("GaussianNB().fit(X, y)")
    notebook("%mlops register tulips --alias champion")
    for typed, offered in {
        "%mlops re": ["%mlops register", "%mlops resume"],
        "%%mlops s": ["%%mlops skip"],
        "x = 1\n%mlops ru": ["x = 1\n%mlops runs"],
        "%mlops push tul": ["%mlops push tulips"],
        "%mlops push tulips@ch": ["%mlops push tulips@champion"],
        "%mlops push tulips/": ["%mlops push tulips/1"],
        "%mlops tag sea": ["%mlops tag season"],
        "%mlops tag season=": ["%mlops tag season=spring"],
        "%mlops compare zz": ["%mlops compare zz-otter"],
        "%mlops note --run zz-o": ["%mlops note --run zz-otter"],
        "%mlops register --al": ["%mlops register --alias"],
    }.items():
        assert completions(notebook.kernel, typed) == offered
    assert completions(notebook.kernel, "%mlops ")[:2] == ["%mlops start", "%mlops end"]
    assert "np.arange" in completions(notebook.kernel, "np.arang")


# ---------------------------------------------------------------------------------- with a server


def test_a_push_with_a_server_shows_why_it_fails(start_server: StartServer) -> None:
    server = start_server(application="server")
    with KernelSession(server, "push.ipynb") as session:
        session.execute("from sklearn.naive_bayes import GaussianNB")
        session.execute("GaussianNB().fit([[0.0], [1.0]], [0, 1])")
        (made,) = session.execute("%mlops register small --alias champion").outputs
        assert made["text"].startswith("small has version 1, champion")
        reply = session.execute("%mlops push small --to http://127.0.0.1:9 --wait --timeout 20")
        shown: Any = reply.outputs[-1]["data"]["text/plain"]
        assert re.search(r"small/1 +http://127\.0\.0\.1:9 +(pending|pushing|failed)", shown)
        assert "127.0.0.1" in shown.partition("Progress")[2]
        (state,) = session.execute("%mlops").outputs
        assert "the Jupyter server" in state["data"]["text/plain"]


def test_the_server_can_be_told_to_pause_from_a_cell(start_server: StartServer) -> None:
    server = start_server(application="server")
    with KernelSession(server, "pause.ipynb") as session:
        session.execute("%mlops pause")
        session.execute("not_to_be_seen = 1")
        session.execute("%mlops resume")
        session.execute("to_be_seen = 1")
        until = time.monotonic() + TIMEOUT
        while time.monotonic() < until:
            found = server.api.json("GET", "mlops/api/v1/executions?limit=50")["executions"]
            sources = [execution["source"] for execution in found]
            if "to_be_seen = 1" in sources:
                break
            time.sleep(0.1)
        assert "not_to_be_seen = 1" not in sources
        assert "to_be_seen = 1" in sources
