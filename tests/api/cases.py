"""One good request, and some that are malformed, for every route of the table.

A test fails for a route that has no case here.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import sample

RUN, OTHER = sample.RUNS
HUGE = "9" * 30

Check = Callable[[Any], bool]


@dataclass
class Bad:
    """A request that is refused.

    Attributes
    ----------
    path
        Instead of the good ones.
    """

    sentence: str
    status: int = 400
    query: str = ""
    json: Any = None
    data: bytes | None = None
    path: dict[str, str] = field(default_factory=dict)


@dataclass
class Case:
    """How to ask one route, and how to know a good answer; `live`: it needs a live kernel."""

    check: Check
    path: dict[str, str] = field(default_factory=dict)
    query: str = ""
    json: Any = None
    bad: tuple[Bad, ...] = ()
    live: bool = False


NOT_JSON = Bad("The body is not JSON", data=b"{")
NO_OBJECT = Bad("The body must be an object", data=b"[]")
UNKNOWN_FIELD = Bad("`bogus` is not known", json={"bogus": 1})
UNKNOWN_PARAMETER = Bad("`bogus` is not known", query="?bogus=1")
BODY = (NOT_JSON, NO_OBJECT, UNKNOWN_FIELD, UNKNOWN_PARAMETER)
QUERY = (UNKNOWN_PARAMETER,)
run_path = {"run_id": RUN}
model_path = {"name": sample.MODEL}
version_path = {"name": sample.MODEL, "version": "1"}

CASES: dict[str, Case] = {
    "get_status": Case(lambda a: a["run_count"] == 2 and a["not_stored"] == 2, bad=QUERY),
    "switch_recording": Case(
        lambda a: a["recording"] is True,
        json={"enabled": True},
        bad=(
            *BODY,
            Bad("`enabled` must be true or false.", json={"enabled": "yes"}),
            Bad("There is no live kernel 'k'.", 404, json={"enabled": True, "kernel_id": "k"}),
        ),
    ),
    "list_sessions": Case(
        lambda a: [s["session_id"] for s in a] == [sample.SESSION],
        query=f"?notebook={sample.NOTEBOOK}&limit=5",
        bad=(*QUERY, Bad("`limit` must be at least 1.", query="?limit=0")),
    ),
    "get_session": Case(
        lambda a: a["user"] == "ada", path={"session_id": sample.SESSION}, bad=QUERY
    ),
    "get_environment": Case(
        lambda a: a["git"]["commit"] == "c0ffee" and a["packages"] == {"scikit-learn": "1.5.0"},
        path={"session_id": sample.SESSION},
        bad=QUERY,
    ),
    "list_executions": Case(
        lambda a: a["total"] == 1 and a["executions"][0]["outputs"][0]["data"]["image/png"],
        query=f"?run_id={OTHER}&contains=plot&outputs=1&limit=1",
        bad=(
            *QUERY,
            Bad("`status` must be running, ok", query="?status=fine"),
            Bad("`outputs` must be true or false.", query="?outputs=2"),
            Bad("page_token is not one", query="?page_token=x"),
            Bad("`limit` must be at most 1000.", query=f"?limit={HUGE}"),
        ),
    ),
    "add_context": Case(
        lambda a: a == {},
        json={"kernel_id": "k", "execution_count": 1, "cell_id": "c", "notebook": "n.ipynb"},
        bad=(*BODY, Bad("`kernel_id` is missing.", json={})),
    ),
    "summarise_cells": Case(
        lambda a: (
            [(c["cell_id"], c["executions"], c["key_metric"]) for c in a]
            == [("cell-2", 1, "accuracy")]
        ),
        query="?cell_id=cell-2&cell_id=never",
        bad=(*QUERY, Bad("`cell_id` is missing.")),
    ),
    "get_execution": Case(
        lambda a: a["error"]["name"] == "ZeroDivisionError",
        path={"execution_id": sample.EXECUTIONS[2]},
        bad=QUERY,
    ),
    "forget": Case(
        lambda a: a["executions"] == 1,
        json={"execution_ids": [sample.EXECUTIONS[0]]},
        bad=(
            *BODY,
            Bad("Name what to forget", json={}),
            Bad("4 characters at least", json={"secret": "abc"}),
            Bad("There is no run 'x'", 404, json={"run_ids": ["x"]}),
            Bad("`since` is too large", json={"session_id": "x", "since": 10**30}),
            Bad("There is no execution 'x'", 404, json={"execution_ids": ["x"]}),
            Bad("There is no session 'x'.", 404, json={"session_id": "x"}),
        ),
    ),
    "list_redactions": Case(
        lambda a: isinstance(a, list),
        query=f"?run_id={sample.RUNS[0]}",
        bad=(*QUERY, Bad("There is no run 'x'", 404, query="?run_id=x")),
    ),
    "list_settings": Case(
        lambda a: (
            {"MLOpsApp.recording": True}.items() <= {s["name"]: s["value"] for s in a}.items()
        ),
        bad=QUERY,
    ),
    "list_audit": Case(
        lambda a: a["total"] >= len(a["entries"]) >= 1,
        bad=(*QUERY, Bad("`limit` must be", query="?limit=0")),
    ),
    "list_experiments": Case(lambda a: "analysis" in {e["name"] for e in a}, bad=QUERY),
    "update_experiment": Case(
        lambda a: a["name"] == "analysis" and a["note"] == "# Why",
        path={"experiment_id": "analysis"},
        json={"note": "# Why"},
        bad=(
            *BODY,
            Bad("`note` is missing.", json={}),
            Bad("There is no experiment 'x'.", 404, json={"note": ""}, path={"experiment_id": "x"}),
        ),
    ),
    "report_experiment": Case(
        lambda a: a.startswith(b"<!doctype html>") and b"<h1>analysis</h1>" in a,
        path={"experiment_id": "analysis"},
        bad=(*QUERY, Bad("There is no experiment 'x'.", 404, path={"experiment_id": "x"})),
    ),
    "report_run": Case(
        lambda a: a.startswith(b"<!doctype html>") and b"calm-otter" in a,
        path={"run_id": RUN},
        bad=(*QUERY, Bad("There is no run 'x'.", 404, path={"run_id": "x"})),
    ),
    "get_block": Case(
        lambda a: a["columns"] == ["metrics.accuracy"] and a["runs"][0]["run_id"] == OTHER,
        query="?experiment=analysis&text=columns:metrics.accuracy%0Asort:metrics.accuracy%20DESC",
        bad=(
            *QUERY,
            Bad("`text` is missing.", query="?experiment=analysis"),
            Bad("is no line of a block", query="?experiment=analysis&text=x"),
            Bad("comes twice", query="?experiment=analysis&text=limit:1%0Alimit:2"),
            Bad("must be from 1 to 100", query=f"?experiment=analysis&text=limit:{HUGE}"),
            Bad("only metrics have curves", query="?experiment=analysis&text=charts:params.depth"),
            Bad("is no column", query="?experiment=analysis&text=columns:artifact_uri"),
            Bad("ends where a value", query="?experiment=analysis&text=filter:metrics.x%20>"),
            Bad("There is no experiment 'x'.", 404, query="?experiment=x&text="),
        ),
    ),
    "search_runs": Case(
        lambda a: a["total"] == 1 and a["runs"][0]["run_id"] == OTHER,
        query="?filter=metrics.accuracy>0.85&order_by=metrics.accuracy&experiment=analysis"
        f"&notebook={sample.NOTEBOOK}&session_id={sample.SESSION}&no_track_activity=1",
        bad=(
            *QUERY,
            Bad("ends where a value is needed", query="?filter=metrics.x%20>"),
            Bad("`view` must be active, archived, kept, deleted or all", query="?view=x"),
            Bad("`max_results` must be at most 1000.", query="?max_results=1001"),
            Bad("`text` can be given only once.", query="?text=a&text=b"),
            Bad("`text` is not UTF-8 text.", query="?text=%ff"),
            Bad("page_token is not one", query="?page_token=%00"),
            Bad("either `offset` or", query="?page_token=e30=&offset=1"),
            Bad("separated by commas", query="?columns=params.a%20params.b"),
        ),
    ),
    "start_run": Case(
        lambda a: a["status"] == "RUNNING",
        json={"kernel_id": "filled in by the test"},
        bad=(
            *BODY,
            Bad("`kernel_id` is missing.", json={}),
            Bad("There is no live kernel 'k'.", 404, json={"kernel_id": "k"}),
        ),
        live=True,
    ),
    "tag_runs": Case(
        lambda a: [run["tags"]["checked"] for run in a] == ["yes", "yes"],
        json={"run_ids": [RUN, OTHER], "tags": {"checked": "yes"}},
        bad=(
            *BODY,
            Bad("`tags` is missing.", json={"run_ids": [RUN]}),
            Bad("0 runs are given", json={"run_ids": [], "tags": {"a": "b"}}),
            Bad("`tags` is empty", json={"run_ids": [RUN], "tags": {}}),
            Bad("`tags[...]` must be text or null.", json={"run_ids": [RUN], "tags": {"a": 1}}),
            Bad("at most 250", json={"run_ids": [RUN], "tags": {"k" * 251: "b"}}),
            Bad("There is no run 'x'.", 404, json={"run_ids": [RUN, "x"], "tags": {"a": "b"}}),
        ),
    ),
    "get_tags": Case(
        lambda a: a == [{"run_ids": [RUN, OTHER], "tags": {"stage": "draft", "none": None}}],
        json={"run_ids": [RUN, OTHER], "keys": ["stage", "none"]},
        bad=(
            *BODY,
            Bad("0 runs are given", json={"run_ids": [], "keys": ["a"]}),
            Bad("`keys` is empty", json={"run_ids": [RUN], "keys": []}),
            Bad("There is no run 'x'.", 404, json={"run_ids": ["x"], "keys": ["a"]}),
        ),
    ),
    "delete_runs": Case(
        lambda a: a[0]["lifecycle_stage"] == "deleted",
        json={"run_ids": [OTHER]},
        bad=(*BODY, Bad("There is no run 'x'.", 404, json={"run_ids": ["x"]})),
    ),
    "restore_runs": Case(
        lambda a: a[0]["lifecycle_stage"] == "active",
        json={"run_ids": [OTHER]},
        bad=(*BODY, Bad("There is no run 'x'.", 404, json={"run_ids": ["x"]})),
    ),
    "move_to_archive": Case(
        lambda a: a[0]["archived"] and a[0]["lifecycle_stage"] == "active",
        json={"run_ids": [OTHER]},
        bad=(*BODY, Bad("There is no run 'x'.", 404, json={"run_ids": ["x"]})),
    ),
    "take_out_of_archive": Case(
        lambda a: not a[0]["archived"],
        json={"run_ids": [OTHER]},
        bad=(*BODY, Bad("There is no run 'x'.", 404, json={"run_ids": ["x"]})),
    ),
    "purge_runs": Case(
        lambda a: a["runs"] == 1 and a["freed_bytes"] > 0,
        json={"run_ids": [sample.SPARE], "dry_run": True},
        bad=(
            *BODY,
            Bad("0 runs are given", json={"run_ids": []}),
            Bad("There is no run 'x'.", 404, json={"run_ids": ["x"]}),
            Bad("is not in the trash", 409, json={"run_ids": [RUN]}),
        ),
    ),
    "list_columns": Case(
        lambda a: (
            a["run_count"] == 1
            and [(c["column"], c["count"], c["min"], c["max"]) for c in a["columns"]][:3]
            == [
                ("metrics.accuracy", 1, 0.9, 0.9),
                ("metrics.`train/loss`", 1, None, None),
                ("params.depth", 1, 4, 4),
            ]
        ),
        query="?filter=params.depth='4'",
        bad=(*QUERY, Bad("`view` must be", query="?view=x"), Bad("'x'", query="?filter=x")),
    ),
    "group_runs": Case(
        lambda a: (
            [(g["value"], g["count"], g["aggregates"][0]["mean"]) for g in a["groups"]]
            == [("4", 1, 0.9), ("3", 1, 0.8)]
            and a["groups"][0]["filter"] == "params.depth = '4'"
        ),
        query="?by=params.depth&metric=metrics.accuracy&order=mean",
        bad=(
            *QUERY,
            Bad("`by` is missing.", query=""),
            Bad("holds numbers", query="?by=metrics.accuracy"),
            Bad("is no metric", query="?by=experiment&metric=params.depth"),
            Bad("name a metric", query="?by=experiment&order=max"),
        ),
    ),
    "list_facets": Case(
        lambda a: (
            [(f["column"], [v["count"] for v in f["values"]]) for f in a["facets"]]
            == [("status", [2]), ("tags.stage", [2])]
        ),
        query="?facet=status&facet=tags.stage",
        bad=(*QUERY, Bad("holds numbers", query="?facet=start_time")),
    ),
    "export_runs": Case(
        lambda a: a.decode("utf-8-sig").splitlines()[1].endswith(",0.9,4"),
        query="?format=csv&columns=metrics.accuracy,params.depth&order_by=metrics.accuracy%20DESC",
        bad=(*QUERY, Bad("`format` must be csv or json", query="?format=xls")),
    ),
    "complete": Case(
        lambda a: a["start"] == 0 and a["items"][0]["text"] == "metrics.accuracy",
        query="?text=metrics.acc",
        bad=(*QUERY, Bad("`cursor` must be", query="?cursor=x")),
    ),
    "save_view": Case(
        lambda a: a["name"] == "Mine" and a["state"] == {"a": [1]} and a["kind"] == "runs",
        json={"name": "Mine", "state": {"a": [1]}},
        bad=(
            *BODY,
            Bad("`state` is missing.", json={"name": "a"}),
            Bad("name cannot be empty", json={"name": " ", "state": {}}),
        ),
    ),
    "list_views": Case(
        lambda a: [view["name"] for view in a] == [sample.VIEW], query="?kind=sample", bad=QUERY
    ),
    "get_view": Case(
        lambda a: a["name"] == sample.VIEW and a["created_by"] == "ada",
        path={"view_id": sample.VIEW_ID},
        bad=QUERY,
    ),
    "update_view": Case(
        lambda a: a["name"] == sample.VIEW and a["state"] == {"b": 2},
        path={"view_id": sample.VIEW_ID},
        json={"state": {"b": 2}},
        bad=(*BODY, Bad("name cannot be empty", json={"name": ""})),
    ),
    "delete_view": Case(lambda a: a == {}, path={"view_id": sample.SPARE_VIEW_ID}, bad=QUERY),
    "get_run": Case(
        lambda a: a["run"]["name"] == "calm-otter" and len(a["metrics"]) == 2,
        path=run_path,
        bad=QUERY,
    ),
    "update_run": Case(
        lambda a: a["note"] == "Good." and a["tags"]["a"] == "b" and a["name"] == "calm-otter",
        path=run_path,
        json={"note": "Good.", "tags": {"a": "b"}, "name": "calm-otter"},
        bad=(
            *BODY,
            Bad("`name` must be text or null.", json={"name": 1}),
            Bad("name", json={"name": ""}),
        ),
    ),
    "end_run": Case(
        lambda a: a["status"] == "FINISHED",
        path=run_path,
        json={"status": "FINISHED"},
        bad=(
            *BODY,
            Bad("`status` must be RUNNING, FINISHED", json={"status": "DONE"}),
            Bad("must be FINISHED, FAILED or KILLED", json={"status": "RUNNING"}),
            Bad("has ended already: FINISHED.", 409, json={}),
        ),
        live=True,
    ),
    "get_metric_history": Case(
        lambda a: a["values"] == [None] and a["steps"] == [0],
        path={"run_id": RUN, "key": "train/loss"},
        bad=(*QUERY, Bad("nothing", 404, path={"run_id": RUN, "key": "nothing"})),
    ),
    "get_metric_points": Case(
        lambda a: struct.unpack("<qqd", a)[:2] == (0, sample.START),
        path={"run_id": RUN, "key": "train/loss"},
        bad=(*QUERY, Bad("nothing", 404, path={"run_id": RUN, "key": "nothing"})),
    ),
    "list_metric_keys": Case(
        lambda a: {"key": "accuracy", "run_count": 2, "most_points": 2} in a,
        query=f"?run_id={RUN}&run_id={OTHER}",
        bad=(*QUERY, Bad("`run_id` is missing.")),
    ),
    "get_curves": Case(
        lambda a: [curve["values"] for curve in a] == [[0.5, 0.8], [0.6, 0.9]],
        query=f"?run_id={RUN}&run_id={OTHER}&key=accuracy&pixels=100&start_step=0",
        bad=(
            *QUERY,
            Bad("`run_id` is missing.", query="?key=accuracy"),
            Bad("`pixels` must be at least 2.", query=f"?run_id={RUN}&key=accuracy&pixels=1"),
            Bad("`end_step` is too large", query=f"?run_id={RUN}&key=a&end_step={HUGE}"),
            Bad("There is no run 'x'.", 404, query="?run_id=x&key=accuracy"),
        ),
    ),
    "compare_runs": Case(
        lambda a: len(a["runs"]) == 2 and a["params"][0]["values"] == ["3", "4"],
        query=f"?run_id={RUN}&run_id={OTHER}",
        bad=(
            *QUERY,
            Bad("`run_id` needs at least 2 values.", query=f"?run_id={RUN}"),
            Bad("`run_id` needs at most 20 values.", query="?" + "&".join(["run_id=x"] * 21)),
            Bad("A run is given twice", query=f"?run_id={RUN}&run_id={RUN}"),
            Bad("There is no run 'x'.", 404, query=f"?run_id={RUN}&run_id=x"),
            Bad("`cells_of` must be", query=f"?run_id={RUN}&run_id={OTHER}&cells_of={RUN}"),
        ),
    ),
    "export_comparison": Case(
        lambda a: a.startswith(b"<!doctype html>") and b"calm-otter" in a,
        query=f"?run_id={RUN}&run_id={OTHER}",
        bad=(
            *QUERY,
            Bad(
                "`format` must be html or notebook, not", query=f"?run_id={RUN}&run_id=b&format=pdf"
            ),
            Bad("There is no run 'x'.", 404, query=f"?run_id={RUN}&run_id=x"),
        ),
    ),
    "get_notebook": Case(
        lambda a: "plot" in json.loads(a)["cells"][-1]["source"][0],
        path={"run_id": OTHER},
        query="?form=executed",
        bad=(
            *QUERY,
            Bad("`form` must be state or executed, not", query="?form=x"),
            Bad("There is no run 'x'.", 404, path={"run_id": "x"}),
        ),
    ),
    "recover_notebook": Case(
        lambda a: json.loads(a)["metadata"]["mlops"]["notebook"] == sample.NOTEBOOK,
        path={"execution_id": sample.EXECUTIONS[1]},
        bad=(*QUERY, Bad("There is no execution 'x'", 404, path={"execution_id": "x"})),
    ),
    "list_tags": Case(lambda a: "draft" in a["values"], query="?key=stage", bad=QUERY),
    "list_artifacts": Case(
        lambda a: "reports/report.html" in {artifact["path"] for artifact in a},
        path=run_path,
        bad=QUERY,
    ),
    "get_artifact": Case(
        lambda a: a == sample.REPORT,
        path={"run_id": RUN, "path": "reports/report.html"},
        bad=(
            *QUERY,
            Bad("`download` must be true or false.", query="?download=2"),
            Bad(
                "no artifact '../../mlops.db'", 404, path={"run_id": RUN, "path": "../../mlops.db"}
            ),
            Bad("no artifact '/etc/passwd'", 404, path={"run_id": RUN, "path": "/etc/passwd"}),
        ),
    ),
    "list_models": Case(lambda a: sample.MODEL in {m["name"] for m in a}, bad=QUERY),
    "register_model": Case(
        lambda a: a["version"] >= 2 and a["tags"] == {"why": "better"},
        json={"name": sample.MODEL, "run_id": OTHER, "tags": {"why": "better"}},
        bad=(
            *BODY,
            Bad("`name` is missing.", json={"run_id": RUN}),
            Bad("Give either `run_id` or `model_id`.", json={"name": "a"}),
            Bad("Give either", json={"name": "a", "run_id": RUN, "model_id": "m"}),
            Bad("holds no '/'", json={"name": "a/b", "run_id": RUN}),
            Bad("cannot be an alias", json={"name": "a", "run_id": RUN, "aliases": ["v1"]}),
            Bad("There is no run 'x'.", 404, json={"name": "a", "run_id": "x"}),
            Bad("There is no logged model 'm-x'.", 404, json={"name": "a", "model_id": "m-x"}),
        ),
    ),
    "get_model": Case(lambda a: a["aliases"]["champion"] == 1, path=model_path, bad=QUERY),
    "get_alias_history": Case(
        lambda a: a[-1]["alias"] == "champion" and a[-1]["previous"] is None,
        path=model_path,
        bad=QUERY,
    ),
    "set_alias": Case(
        lambda a: a["aliases"]["tested"] == 1,
        path={"name": sample.MODEL, "alias": "tested"},
        json={"version": 1},
        bad=(
            *BODY,
            Bad("`version` is missing.", json={}),
            Bad("`version` must be a whole number or null.", json={"version": "1"}),
            Bad("no version or alias '99'", 404, json={"version": 99}),
            Bad(
                "'v1' cannot be an alias",
                json={"version": 1},
                path={"name": sample.MODEL, "alias": "v1"},
            ),
        ),
    ),
    "get_version": Case(
        lambda a: a["version"] == 1 and a["runs_code"] is True,
        path={"name": sample.MODEL, "version": "champion"},
        bad=QUERY,
    ),
    "update_version": Case(
        lambda a: a["description"] == "Fine.",
        path=version_path,
        json={"description": "Fine.", "tags": {"a": "b"}},
        bad=(
            *BODY,
            Bad(
                "`version` must be a whole number",
                json={},
                path={"name": sample.MODEL, "version": "champion"},
            ),
        ),
    ),
    "delete_version": Case(
        lambda a: a == {},
        path={"name": "spare", "version": "1"},
        bad=(
            *QUERY,
            Bad("`version` must be", path={"name": sample.MODEL, "version": "champion"}),
        ),
    ),
    "download_version": Case(lambda a: a.startswith(b"PK"), path=version_path, bad=QUERY),
    "request_push": Case(
        lambda a: a["version"] == 1 and a["target"] == sample.PUSH_TARGET,
        path=version_path,
        json={"target": sample.PUSH_TARGET, "aliases": ["champion"]},
        bad=(
            *BODY,
            Bad("No push target is set up", json={}),
            Bad("'team' is no push target", json={"target": "team"}),
            Bad("is a store of MLflow and not a server", json={"target": "sqlite:///x"}),
        ),
    ),
    "list_pushes": Case(
        lambda a: a[0]["name"] == sample.MODEL,
        query=f"?name={sample.MODEL}",
        bad=(*QUERY, Bad("`state` must be pending, pushing", query="?state=lost")),
    ),
    "cancel_push": Case(
        lambda a: a["state"] == "failed",
        path={"push_id": "1"},
        bad=(*QUERY, Bad("`push_id` must be a whole number", path={"push_id": "one"})),
    ),
    "retry_push": Case(
        lambda a: a["state"] in ("pending", "pushing"),
        path={"push_id": "1"},
        bad=(*QUERY, Bad("`push_id` must be a whole number", path={"push_id": "-1"})),
    ),
    "find_import_source": Case(
        lambda a: a == {"source": "table.csv", "kind": "csv"},
        query="?source=table.csv",
        bad=(
            *QUERY,
            Bad("There is nothing at", 404, query="?source=nowhere"),
            Bad("lies outside of the folder", 403, query="?source=../data/mlops.db"),
            Bad("is no record of", query="?source="),
            Bad("is a store of MLflow and not a server", query="?source=file:///etc/passwd"),
        ),
    ),
    "list_imports": Case(lambda a: isinstance(a, list), bad=QUERY),
    "start_import": Case(
        lambda a: a["state"] == "running" and a["kind"] == "csv",
        json={"source": "table.csv"},
        bad=(
            *BODY,
            Bad("There is nothing at", 404, json={"source": "nowhere"}),
            Bad("is no record of mlflow", json={"source": "table.csv", "kind": "mlflow"}),
            Bad("lies outside of the folder", 403, json={"source": "/../../etc/passwd"}),
        ),
    ),
    "get_import": Case(
        lambda a: a["source"].endswith("table.csv"), path={"import_id": "1"}, bad=QUERY
    ),
    "cancel_import": Case(lambda a: a["import_id"] == "1", path={"import_id": "1"}, bad=QUERY),
    "archive_runs": Case(
        lambda a: a.startswith(b"PK") and b"records.jsonl" in a,
        json={"run_ids": [RUN]},
        bad=(
            *BODY,
            Bad("Name 1 to", json={"run_ids": []}),
            Bad("There is no run 'x'", 404, json={"run_ids": ["x"]}),
        ),
    ),
    "get_openapi": Case(lambda a: a["openapi"] == "3.1.0", bad=QUERY),
}
