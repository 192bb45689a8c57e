"""Sources and locations as addresses and files: nothing that somebody names is opened or fetched.

CVE-2023-1177, CVE-2023-2780, CVE-2024-3573, CVE-2026-2614: there a model's source, an experiment's
location or a run's made the server read a file of its own, or ask another server.
"""

from __future__ import annotations

import http.server
import json
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import sample

from harness import KernelSession, Server, wait_for
from jupyterlab_mlops.imports.sources import find
from jupyterlab_mlops.imports.take import take
from jupyterlab_mlops.registry.remote import Credentials, Refused, Remote
from jupyterlab_mlops.store.artifacts import list_artifacts
from jupyterlab_mlops.store.db import Database
from jupyterlab_mlops.store.search import search_runs
from security.asking import is_refused, mlflow, ours

RUN = sample.RUNS[0]


class Trap:
    """A server that notes whoever asks it; it may redirect them."""

    def __init__(self, location: str | None = None) -> None:
        asked: list[tuple[str, str | None]] = []
        self.asked = asked

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                asked.append((self.path, self.headers.get("Authorization")))
                self.send_response(200 if location is None else 307)
                if location:
                    self.send_header("Location", location)
                self.send_header("Content-Length", "2")
                self.end_headers()
                self.wfile.write(b"{}")

            do_POST = do_PUT = do_HEAD = do_GET  # noqa: N815

            def log_message(self, *_: object) -> None:
                pass

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port = self._server.server_address[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self._thread = threading.Thread(target=self._server.serve_forever)

    def __enter__(self) -> Trap:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


@pytest.fixture(scope="module")
def trap() -> Iterator[Trap]:
    with Trap() as opened:
        yield opened


def elsewhere(trap: Trap) -> list[str]:
    return [
        f"{trap.url}/model",
        f"http://localhost:{trap.port}/m",
        f"s3://127.0.0.1:{trap.port}/b/k",
        f"ftp://127.0.0.1:{trap.port}/m",
        f"hdfs://127.0.0.1:{trap.port}/m",
        "file:///etc",
        "file://localhost/etc",
        "/etc/passwd",
        "C:\\Windows",
        "../../../etc",
        "dbfs:/etc",
        f"mlflow-artifacts://127.0.0.1:{trap.port}/x",
        f"{trap.url}/api/2.0/mlflow-artifacts/artifacts/x",
        "\\\\127.0.0.1\\share",
        f"jdbc:sqlite://{trap.url}",
        f"git+http://127.0.0.1:{trap.port}/r",
        "file:%2f%2f%2fetc",
        "FILE:///etc",
        "data:text/plain,x",
        f"//127.0.0.1:{trap.port}/m",
    ]


def test_what_a_version_comes_from_is_never_opened(served: Server, trap: Trap) -> None:
    mlflow(served, "POST", "mlflow/registered-models/create", {"name": "sourced"})
    for source in elsewhere(trap):
        body = {"name": "sourced", "source": source, "run_id": RUN}
        made = mlflow(served, "POST", "mlflow/model-versions/create", body)
        if made.status_code != 200:
            assert is_refused(made), source
            continue
        # A text that MLflow's clients may read, and that means nothing here.
        number = made.json()["model_version"]["version"]
        path = f"models/sourced/versions/{number}"
        for answer in (
            ours(served, "GET", path),
            ours(served, "GET", f"{path}/download"),
            ours(served, "POST", f"{path}/push", json={}),
            mlflow(
                served,
                "GET",
                f"mlflow/model-versions/get-download-uri?name=sourced&version={number}",
            ),
        ):
            assert b"root:" not in answer.content, source
            assert answer.status_code < 500, (source, answer.text)
    assert trap.asked == []


def test_no_source_on_this_machine_is_taken(served: Server) -> None:
    mlflow(served, "POST", "mlflow/registered-models/create", {"name": "local"})
    for source in (
        "file:///etc",
        "/etc",
        "file:/etc",
        "C:\\x",
        "FILE:///etc",
        "file:%2f%2f%2fetc",
        "../x",
        f"runs:/{RUN}/../../x",
        f"runs:/{sample.RUNS[1]}/model",
        f"runs:/{RUN}/%2e%2e/%2e%2e/x",
        f"mlflow-artifacts:/1/{RUN}/artifacts/../../../x",
        f"mlflow-artifacts:/1/{sample.RUNS[1]}/artifacts",
        f"mlflow-artifacts:/1/{RUN}/artifacts-other/x",
        "models:/../x",
        f"models:/{sample.MODEL_IDS[0]}",
        "mlflow-artifacts:///etc",
        "models://host/x",
        f"runs://host/{RUN}/x",
        "file://host/etc",
        "\\etc",
    ):
        body = {"name": "local", "source": source, "run_id": RUN}
        assert is_refused(mlflow(served, "POST", "mlflow/model-versions/create", body)), source


def test_where_an_experiment_keeps_its_files_is_only_a_text(served: Server, trap: Trap) -> None:
    for number, location in enumerate(elsewhere(trap)):
        body = {"name": f"elsewhere {number}", "artifact_location": location}
        made = mlflow(served, "POST", "mlflow/experiments/create", body)
        if made.status_code != 200:
            assert is_refused(made)
            continue
        experiment = made.json()["experiment_id"]
        run = mlflow(served, "POST", "mlflow/runs/create", {"experiment_id": experiment}).json()
        info = run["run"]["info"]
        listed = mlflow(served, "GET", f"mlflow/artifacts/list?run_id={info['run_id']}").json()
        assert listed.get("files", []) == []
        place = f"mlflow-artifacts/artifacts/{experiment}/{info['run_id']}/artifacts/passwd"
        assert mlflow(served, "GET", place).status_code == 404
    assert trap.asked == []


def test_where_data_comes_from_is_only_a_text(served: Server, trap: Trap) -> None:
    for source in elsewhere(trap):
        data = {
            "name": "d",
            "digest": "1",
            "source_type": "http",
            "source": json.dumps({"url": source}),
            "schema": source,
            "profile": source,
        }
        body = {"run_id": RUN, "datasets": [{"dataset": data}]}
        assert mlflow(served, "POST", "mlflow/runs/log-inputs", body).status_code == 200
        tags = {"key": "mlflow.source.git.repoURL", "value": source, "run_id": RUN}
        assert mlflow(served, "POST", "mlflow/runs/set-tag", tags).status_code == 200
        note = {"note": f"![x]({source}) <img src='{source}'>"}
        assert ours(served, "PATCH", f"runs/{RUN}", json=note).status_code == 200
        assert ours(served, "GET", f"runs/{RUN}/report").status_code == 200
        assert ours(served, "GET", f"runs/{RUN}").status_code == 200
        assert ours(served, "GET", f"compare/export?run_id={RUN}&run_id={sample.RUNS[1]}").ok
    assert trap.asked == []


# ------------------------------------------------------------------------------------------ pushes


def test_the_server_pushes_to_nobody_who_is_not_set_up(served: Server, trap: Trap) -> None:
    targets = [
        trap.url,
        f"{trap.url}/prefix",
        f"http://127.1:{trap.port}",
        f"http://[::1]:{trap.port}",
        f"http://user@127.0.0.1:{trap.port}",
        "http://169.254.169.254/latest",
        "file:///etc",
        "unix:///run/x",
        f"HTTP://127.0.0.1:{trap.port}",
        f"{trap.url}#x",
        "gopher://x",
        f"http://2130706433:{trap.port}",
    ]
    for target in targets:
        answer = ours(
            served, "POST", f"models/{sample.MODEL}/versions/1/push", json={"target": target}
        )
        assert is_refused(answer), target
    assert trap.asked == []


def test_not_even_when_a_kernel_asks_for_it(served: Server, trap: Trap) -> None:
    with KernelSession(served, "push.ipynb") as kernel:
        kernel.execute(f"%mlops push {sample.MODEL}@champion --to {trap.url}")
        pushes = wait_for(lambda: _ended(served, trap.url))
    assert "is no push target of this server" in pushes[0]["error"]
    assert trap.asked == []


def _ended(server: Server, target: str) -> list[dict[str, Any]]:
    found = ours(server, "GET", "pushes").json()
    return [push for push in found if push["target"] == target and push["state"] == "failed"]


def test_a_target_that_redirects_is_not_followed() -> None:
    with Trap() as aim:
        for location in (f"{aim.url}/x", "file:///etc/passwd", f"//127.0.0.1:{aim.port}/x"):
            with Trap(location) as target:
                remote = Remote(target.url, Credentials(token="a token"))
                try:
                    with pytest.raises(Refused, match="redirects to"):
                        remote.get("mlflow/experiments/search")
                    with pytest.raises(Refused, match="redirects to"):
                        remote.open("mlflow-artifacts/artifacts/x")
                finally:
                    remote.close()
                assert len(target.asked) == 2
        assert aim.asked == []


# ----------------------------------------------------------------------------------------- imports


EVIL_RUN: dict[str, dict[str, Any]] = {
    "info": {"run_id": "e" * 32, "run_name": "evil", "start_time": 1, "end_time": 2},
    "data": {},
}


class EvilServer(Trap):
    """A tracking server that names files of whoever imports from it, and never comes to an end."""

    def __init__(self, artifact_uri: str) -> None:
        super().__init__()
        run = {**EVIL_RUN, "info": {**EVIL_RUN["info"], "artifact_uri": artifact_uri}}
        outside = [
            {"path": name, "is_dir": is_dir, "file_size": 2}
            for name, is_dir in (
                ("../../x", False), ("/etc/x", False), ("deeper", True), ("a\\b", False),
                ("", False), ("..", True), ("good.txt", False),
            )
        ]  # fmt: skip
        answers: dict[str, dict[str, Any]] = {
            "experiments/search": {"experiments": [{"experiment_id": "1", "name": "evil"}]},
            "runs/search": {"runs": [run]},
            "mlflow-artifacts/artifacts": {"files": outside},
        }

        def answer(handler: Any) -> None:
            path = handler.path.partition("?")[0]
            found = [body for end, body in answers.items() if path.endswith(end)]
            body = {**(found[0] if found else {}), "next_page_token": "again"}
            content = json.dumps(body).encode()
            handler.send_response(200)
            handler.send_header("Content-Length", str(len(content)))
            handler.end_headers()
            handler.wfile.write(content)

        handler: Any = self._server.RequestHandlerClass
        handler.do_GET = handler.do_POST = answer


@pytest.mark.parametrize("form", ["file://{0}", "{0}", "mlflow-artifacts:/1/e/artifacts"])
def test_a_tracking_server_gets_no_file_of_whoever_imports_from_it(
    data_dir: Path, tmp_path: Path, form: str
) -> None:
    private = tmp_path / "private"
    private.mkdir()
    (private / "key").write_text("what nobody may see")
    with EvilServer(form.format(private)) as evil, closing(Database(data_dir)) as database:
        with closing(find(evil.url)) as source:
            report = take(database, source)
        (run,) = database.read(search_runs).runs
        found = database.read(lambda conn: list_artifacts(conn, run.run_id))
    written = b"".join(path.read_bytes() for path in data_dir.rglob("*") if path.is_file())
    assert b"what nobody may see" not in written
    assert (report.runs, bool(report.left)) == (1, True)
    assert not [f.path for f in found if {"", "..", "."} & set(f.path.split("/")) or "\\" in f.path]


def test_credentials_are_sent_only_to_the_server_that_they_are_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "https://team.example")
    monkeypatch.setenv("MLFLOW_TRACKING_TOKEN", "of the team")
    with Trap() as trap:
        with closing(find(trap.url)) as source:
            assert list(source.runs()) == []
        assert trap.asked
        assert {authorization for _, authorization in trap.asked} == {None}
