"""Clients hear what changed: ids only, soon, and at most five times a second."""

from __future__ import annotations

import asyncio
import json
import logging
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import sample
import websocket
from jupyter_events import EventLogger

from harness import Server
from jupyterlab_mlops.api.events import INTERVAL, SCHEMA_ID, ChangeEvents
from jupyterlab_mlops.store import runs
from jupyterlab_mlops.store.db import Database


@pytest.fixture
def database(data_dir: Path) -> Iterator[Database]:
    sample.make(data_dir)
    with closing(Database(data_dir)) as database:
        yield database


def tag(database: Database, value: int) -> None:
    database.write_now(lambda tx: runs.set_tags(tx, [sample.RUNS[0]], {"n": str(value)}))


def listen(database: Database, work: Any) -> list[dict[str, Any]]:
    """Emit what `work` changes on a loop of its own, and give the events with their times."""
    heard: list[dict[str, Any]] = []

    async def run() -> None:
        loop = asyncio.get_running_loop()
        logger = EventLogger()
        logger.register_handler(logging.NullHandler())
        events = ChangeEvents(database, logger, loop)

        async def hear(logger: EventLogger, schema_id: str, data: dict[str, Any]) -> None:
            heard.append({**data, "at": loop.time()})

        logger.add_listener(schema_id=SCHEMA_ID, listener=hear)
        await asyncio.to_thread(work)
        await asyncio.sleep(2 * INTERVAL)
        await logger.gather_listeners()
        events.close()
        await asyncio.to_thread(tag, database, -1)
        await asyncio.sleep(INTERVAL)

    asyncio.run(run())
    return heard


def test_a_change_is_told_with_ids_only(database: Database) -> None:
    (event,) = listen(database, lambda: tag(database, 1))
    del event["at"]
    assert event == {
        "runs": [sample.RUNS[0]],
        "executions": [],
        "sessions": [],
        "models": [],
        "pushes": [],
        "imports": [],
        "status": False,
    }


def test_many_changes_are_gathered(database: Database) -> None:
    def many() -> None:
        for value in range(300):
            tag(database, value)

    events = listen(database, many)
    times = [event["at"] for event in events]
    assert all(event["runs"] == [sample.RUNS[0]] for event in events)
    assert 1 <= len(events) <= (times[-1] - times[0]) / INTERVAL + 2


def test_the_servers_event_stream_carries_them(served: Server) -> None:
    with stream_of(served) as stream:
        body = {"run_ids": [sample.RUNS[0]], "tags": {"heard": "yes"}}
        served.api.mlops("POST", "runs/tag", json=body)
        assert next_runs(stream) == [sample.RUNS[0]]


def test_what_the_command_line_changes_is_heard_too(served: Server) -> None:
    command = [sys.executable, "-m", "jupyterlab_mlops", "tag", "bold-heron", "heard=yes"]
    with stream_of(served) as stream:
        subprocess.run(command, env=served.env, check=True, capture_output=True)
        assert next_runs(stream) == [sample.RUNS[1]]
    assert list((served.data_dir / "changes").iterdir()) == []


def stream_of(server: Server) -> closing[websocket.WebSocket]:
    """Open the event stream that Lab and Notebook listen to."""
    url = server.url.replace("http", "ws", 1) + "api/events/subscribe"
    header = [f"Authorization: token {server.token}"]
    return closing(websocket.create_connection(url, header=header, timeout=20))


def next_runs(stream: websocket.WebSocket) -> list[str]:
    """Wait for the next event that names runs."""
    while True:
        event = json.loads(stream.recv())
        if event["schema_id"] == SCHEMA_ID and event["runs"]:
            runs: list[str] = event["runs"]
            return runs
