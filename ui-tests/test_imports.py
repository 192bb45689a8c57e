"""Runs come into the panel from another tool's file, and go out of it as an archive."""

from __future__ import annotations

import os
from contextlib import closing
from pathlib import Path

from playwright.sync_api import expect

from harness import Server
from jupyterlab_mlops.imports import sources
from jupyterlab_mlops.imports.take import take
from jupyterlab_mlops.store import runs
from jupyterlab_mlops.store.db import Database
from pages import LabPage
from pages.panel import FormPage

TABLE = "name,params.lr,metrics.acc\nfirst,0.1,0.9\nsecond,0.2,nothing\n"
SHOTS = os.environ.get("MLOPS_SHOTS")


def shoot(lab: LabPage, name: str) -> None:
    """Keep pictures in both themes, where somebody wants to look at them."""
    if SHOTS:
        for theme in ("JupyterLab Dark", "JupyterLab Light"):
            lab.use_theme(theme)
            lab.page.screenshot(path=Path(SHOTS) / f"{name}-{theme[11:].lower()}.png")


def test_a_table_comes_in_and_an_archive_goes_out(
    lab_page: LabPage, server: Server, tmp_path: Path
) -> None:
    (server.root_dir / "tables").mkdir()
    (server.root_dir / "tables" / "runs.csv").write_text(TABLE)
    page, panel = lab_page.page, lab_page.panel
    lab_page.show_panel()
    shoot(lab_page, "empty")
    panel.root.get_by_role("button", name="Import runs of another tool").click()
    dialog = FormPage(page, "Import runs")
    source = dialog.field("Path of a file or folder")
    source.fill("../data/mlops.db")
    expect(dialog.root).to_contain_text("lies outside of the folder")
    shoot(lab_page, "refused")
    source.fill("tables/")
    page.get_by_role("option", name="tables/runs.csv").click()
    expect(dialog.root).to_contain_text("Recognised: csv.")
    shoot(lab_page, "dialog")
    dialog.accept("Import")

    notice = lab_page.notice("Imported 2 runs. 1 thing was left.")
    expect(notice).to_be_visible()
    expect(panel.rows).to_have_count(2)
    shoot(lab_page, "imported")
    notice.get_by_role("button", name="Report").click()
    report = page.get_by_role("dialog")
    expect(report).to_contain_text("2 new runs")
    expect(report).to_contain_text("acc = nothing: It is no number.")
    shoot(lab_page, "report")
    report.get_by_role("button", name="Close").click()

    panel.select("first", "second")
    shoot(lab_page, "selected")
    with page.expect_download() as download:
        panel.selection.get_by_role("button", name="Export as an archive").click()
    archive = tmp_path / download.value.suggested_filename
    assert archive.name == "2-runs.zip"
    download.value.save_as(archive)
    with closing(Database(tmp_path / "other")) as other:
        with closing(sources.find(str(archive))) as found:
            assert take(other, found).runs == 2
        assert other.read(lambda conn: runs.get_run(conn, "first")).params == {"lr": "0.1"}
