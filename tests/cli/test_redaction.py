"""What was taken out, and what would be."""

from __future__ import annotations

import json

from harness.planted import KINDS
from jupyterlab_mlops.store.db import Database


def test_a_preview_shows_what_would_go_and_keeps_nothing(cli, tmp_path):
    file = tmp_path / "settings.py"
    file.write_text(f"depth = 3\nkey = '{KINDS['github']}'\npassword = 'hunter22'\n")
    lines = cli("redact", "--preview", str(file), "--json").json()
    assert [(line["line"], line["kinds"]) for line in lines] == [
        (2, ["GitHub token"]), (3, ["by name or value"]),
    ]  # fmt: skip
    shown = cli("redact", "--preview", str(file)).out
    assert "GitHub token" in shown
    assert "hunter22" not in shown
    assert cli("redact", "--preview", str(tmp_path / "none")).status == 2


def test_limits_of_age_and_size_are_understood(cli, data_dir):
    Database(data_dir).close()
    found = cli("gc", "--older-than", "90d", "--keep", "1.5GB", "--dry-run", "--json").json()
    assert found["retention"] == {
        "runs": 0, "executions": 0, "freed_bytes": 0, "removed": False,
    }  # fmt: skip
    for wrong in (("--older-than", "soon"), ("--keep", "much")):
        assert cli("gc", *wrong).status == 2


def test_what_was_taken_out_is_listed(cli, data_dir):
    database = Database(data_dir)
    source = "key = '[redacted: AWS key]'; password = '[redacted]'"
    outputs = json.dumps([{"output_type": "stream", "text": "[redacted: AWS key]"}])

    def fill(tx) -> None:
        tx.execute(
            "INSERT INTO executions (id, execution_id, source) VALUES (7, 'e7', ?)", [source]
        )
        tx.execute("INSERT INTO outputs (execution, outputs) VALUES (7, ?)", [outputs])

    database.write_now(fill)
    database.close()
    found = cli("redactions", "--json").json()
    assert [(entry["where"], entry["count"], entry["kinds"]) for entry in found] == [
        ("source", 2, ["AWS key", "by name or value"]), ("output", 1, ["AWS key"]),
    ]  # fmt: skip
    assert cli("redactions", "--run", "nobody").status == 2
