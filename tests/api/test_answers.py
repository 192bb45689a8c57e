"""How answers travel: files that can do no harm, compression, errors of ours, other places."""

from __future__ import annotations

import hashlib
import io
import zipfile
from pathlib import Path
from typing import Any

import pytest
import sample

from harness import Server, StartServer, wait_for
from jupyterlab_mlops.api.files import FileAnswer, media_type_of
from jupyterlab_mlops.api.routes import PREFIX

REPORT = f"{PREFIX}/runs/{sample.RUNS[0]}/artifacts/reports/report.html"


def test_a_captured_page_is_shown_in_a_sandbox(served: Server) -> None:
    answer = served.api.request("GET", REPORT)
    assert answer.content == sample.REPORT
    assert answer.headers["Content-Type"] == "text/html"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    policy = answer.headers["Content-Security-Policy"].split("; ")
    assert policy[:2] == ["sandbox", "default-src 'none'"]
    assert answer.headers["Content-Disposition"] == "attachment; filename*=utf-8''report.html"
    assert answer.headers["Content-Length"] == str(len(sample.REPORT))


def test_a_file_can_be_saved_instead(served: Server) -> None:
    answer = served.api.request("GET", f"{REPORT}?download=1")
    assert answer.headers["Content-Disposition"].startswith("attachment; ")


def test_a_file_that_is_known_is_not_sent_again(served: Server) -> None:
    tag = served.api.request("GET", REPORT).headers["ETag"]
    assert tag == f'"{hashlib.sha256(sample.REPORT).hexdigest()}"'
    answer = served.api.request("GET", REPORT, headers={"If-None-Match": tag})
    assert (answer.status_code, answer.content) == (304, b"")


@pytest.mark.parametrize(
    ("asked", "status", "part", "said"),
    [
        ("bytes=3-6", 206, slice(3, 7), "bytes 3-6/{size}"),
        ("bytes=5-", 206, slice(5, None), "bytes 5-{last}/{size}"),
        ("bytes=5-999999", 206, slice(5, None), "bytes 5-{last}/{size}"),
        ("bytes=-4", 206, slice(-4, None), "bytes {fourth}-{last}/{size}"),
        ("bytes=999999-", 416, slice(0), "bytes */{size}"),
        ("bytes=-0", 416, slice(0), "bytes */{size}"),
        ("bytes=6-3", 200, slice(None), None),
        ("bytes=1-2,4-5", 200, slice(None), None),
        ("bytes=-", 200, slice(None), None),
        ("lines=1-2", 200, slice(None), None),
    ],
)
def test_a_part_of_a_file(
    served: Server, asked: str, status: int, part: slice, said: str | None
) -> None:
    size = len(sample.REPORT)
    answer = served.api.request("GET", REPORT, headers={"Range": asked})
    assert (answer.status_code, answer.content) == (status, sample.REPORT[part])
    expected = said and said.format(size=size, last=size - 1, fourth=size - 4)
    assert answer.headers.get("Content-Range") == expected
    assert answer.headers["Accept-Ranges"] == "bytes"


def test_a_part_of_a_file_that_is_another_now_is_all_of_it(served: Server) -> None:
    tag = served.api.request("GET", REPORT).headers["ETag"]
    for known, status in ((tag, 206), ('"former"', 200)):
        headers = {"Range": "bytes=3-", "If-Range": known}
        assert served.api.request("GET", REPORT, headers=headers).status_code == status


def test_a_figure_of_a_cell_is_an_artifact(served: Server) -> None:
    path = f"{PREFIX}/runs/{sample.RUNS[1]}/artifacts/figures/cell-2-1.png"
    answer = served.api.request("GET", path)
    assert answer.content == sample.PNG
    assert answer.headers["Content-Type"] == "image/png"


def test_a_version_is_downloaded_as_mlflows_directory(served: Server) -> None:
    path = f"{PREFIX}/models/{sample.MODEL}/versions/champion/download"
    answer = served.api.request("GET", path)
    assert answer.headers["Content-Type"] == "application/zip"
    assert "churn-1.zip" in answer.headers["Content-Disposition"]
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        assert archive.read("model.pkl") == sample.PICKLE
        assert "MLmodel" in archive.namelist()


@pytest.mark.parametrize(
    ("path", "said", "media_type"),
    [
        ("a.html", None, "text/html; charset=utf-8"),
        ("a.bin", "text/x-log", "text/x-log"),
        ("a.csv", "text/html\r\nX-Evil: 1", "text/csv; charset=utf-8"),
        ("a", None, "application/octet-stream"),
        ("a.tar.gz", None, "application/octet-stream"),
        ("a.png", None, "image/png"),
    ],
)
def test_a_media_type_is_what_was_said_if_it_is_one(
    path: str, said: str | None, media_type: str
) -> None:
    assert media_type_of(path, said) == media_type


def test_a_file_name_cannot_make_headers() -> None:
    answer = FileAnswer(io.BytesIO(), 'a"\r\nX-Evil: 1; ü.txt', "text/plain")
    name = answer.headers()["Content-Disposition"]
    assert name == "inline; filename*=utf-8''a%22%0D%0AX-Evil%3A%201%3B%20%C3%BC.txt"


def test_long_answers_travel_compressed_and_only_when_asked_for(served: Server) -> None:
    path = f"{PREFIX}/openapi.json"
    assert served.api.request("GET", path).headers["Content-Encoding"] == "gzip"
    plain = served.api.request("GET", path, headers={"Accept-Encoding": "identity"})
    assert "Content-Encoding" not in plain.headers
    assert plain.json()["openapi"] == "3.1.0"
    known = served.api.request(
        "GET", path, headers={"If-None-Match": plain.headers["ETag"], "Accept-Encoding": "identity"}
    )
    assert known.status_code == 304


def test_background_requests_do_not_count_as_activity(served: Server) -> None:
    def last_activity() -> str:
        return str(served.api.json("GET", "api/status?no_track_activity=1")["last_activity"])

    before = last_activity()
    served.api.mlops("GET", "runs?no_track_activity=1")
    assert last_activity() == before
    served.api.mlops("GET", "runs")
    assert last_activity() > before


def test_it_works_below_a_prefix_with_an_escaped_character(start_server: StartServer) -> None:
    server = start_server(application="server", base_url="/user/a%40b/")
    assert server.api.mlops("GET", "status")["run_count"] == 0
    assert server.stranger.request("GET", f"{PREFIX}/status").status_code == 403
    assert server.api.request("GET", "mlops/x").json()["message"].endswith("/mlops/x.")


def test_a_record_that_cannot_be_opened_is_said_and_the_server_runs(
    start_server: StartServer, data_dir: Path
) -> None:
    (data_dir / "mlops.db").mkdir(parents=True)
    server = start_server(application="server")
    answer = server.api.request("GET", f"{PREFIX}/status")
    assert answer.status_code == 503
    assert answer.json()["error_code"] == "TEMPORARILY_UNAVAILABLE"
    assert str(data_dir) in answer.json()["message"]


BROKEN = """
def break_it():
    from jupyterlab_mlops.api import runs

    async def broken(services):
        raise ZeroDivisionError("a fault of ours")

    runs.list_experiments = broken

break_it()
"""


def test_a_fault_of_ours_is_counted_and_shown(start_server: StartServer, tmp_path: Path) -> None:
    config = tmp_path / "jupyter-config" / "jupyter_server_config.py"
    config.parent.mkdir(exist_ok=True)
    config.write_text(BROKEN)
    server = start_server(application="server")
    answer = server.api.request("GET", f"{PREFIX}/experiments")
    assert answer.status_code == 500
    assert answer.json() == {
        "error_code": "INTERNAL_ERROR",
        "message": "Something failed here; the server's log says what.",
        "problem": None,
    }
    status = wait_for(lambda: _degraded(server))
    assert status["faults"][0]["where"] == "api.list_experiments"
    assert status["faults"][0]["message"] == "ZeroDivisionError: a fault of ours"
    assert status["not_stored"] == 0


def _degraded(server: Server) -> Any:
    status = server.api.mlops("GET", "status")
    return status if status["degraded"] else None
