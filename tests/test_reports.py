"""Notes with blocks of runs, as pages that stand for themselves."""

from __future__ import annotations

import html
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from functools import partial
from html.parser import HTMLParser
from pathlib import Path

import pytest
import sample

from jupyterlab_mlops.reports import experiment_report, read_block, set_experiment_note
from jupyterlab_mlops.store.apply import apply
from jupyterlab_mlops.store.db import Database
from jupyterlab_mlops.types import MetricsLogged, ParamLogged, RunStart

HOSTILE = "<img src=x onerror=alert(1)><script>alert(2)</script>&{{ 7*7 }}</td>"
NOTE = f"""# What was tried

{HOSTILE} and [a link](javascript:alert(3)), ![far](http://example.org/a.png)

```mlops
sort: metrics.loss
columns: metrics.loss, params.depth, user_id
charts: metrics.loss
```

```mlops
colour: red
```

```python
print("stays code")
```
"""


class Elements(HTMLParser):
    """Gathers the elements of a page, and the addresses in them."""

    def __init__(self, page: bytes) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.addresses: list[str | None] = []
        self.feed(page.decode())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        assert not [name for name, _ in attrs if name.startswith("on")]
        self.addresses += [value for name, value in attrs if name in ("src", "href")]


@pytest.fixture
def database(data_dir: Path) -> Iterator[Database]:
    with closing(Database(data_dir)) as database:
        database.write_now(sample.write)
        database.write_now(_add_hostile_run)
        yield database


def _add_hostile_run(tx: sqlite3.Connection) -> None:
    run_id = "d4" + "0" * 30
    values = [0.5, float("nan"), 0.25]
    for record in (
        RunStart(run_id=run_id, start_time=1, name=HOSTILE, experiment="analysis"),
        ParamLogged(run_id=run_id, params={"depth": HOSTILE}, timestamp=1),
        MetricsLogged(run_id=run_id, points=[("loss", v, i, i) for i, v in enumerate(values)]),
    ):
        apply(tx, record, origin="kernel")


def test_a_report_has_tables_and_curves_and_all_text_is_text(database: Database) -> None:
    database.write_now(lambda tx: set_experiment_note(tx, "analysis", NOTE))
    page = database.read(lambda conn: experiment_report(conn, "analysis"))
    elements = Elements(page)
    assert "script" not in elements.tags
    assert elements.tags.count("table") == 1
    assert elements.tags.count("img") == 1, "the far picture, which has lost its address"
    assert elements.addresses == ["#harmful-link"]
    text = page.decode()
    assert html.escape(HOSTILE, quote=False) in text.replace("&#34;", '"')
    assert '<svg class="chart"' in text
    assert "0.25" in text
    assert "print(" in text
    assert "&#39;colour: red&#39; is no line of a block" in text


def test_a_block_shows_what_says_most_unless_it_is_told(database: Database) -> None:
    shown = database.read(lambda conn: read_block(conn, "limit: 2", "analysis"))
    assert shown.columns[0] == "attributes.status"
    assert "metrics.accuracy" in shown.columns
    assert "params.depth" in shown.columns, "the runs differ in it"
    assert (len(shown.runs), shown.total) == (2, 3)
    everywhere = database.read(lambda conn: read_block(conn, "experiment: *", "analysis"))
    assert everywhere.total >= shown.total


def test_an_empty_note_is_taken_off(database: Database) -> None:
    for text in ("first", "second", "", ""):
        found = database.write_now(partial(set_experiment_note, experiment="analysis", note=text))
        assert found.note == text
