from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from registry.contents import Made
from registry.filled import fill, request
from registry.models import run_script
from registry.test_mlflow_target import PREDICT
from registry.tracking import Proxy, Seen, wait_for

from jupyterlab_mlops.errors import Conflict, InvalidRequest, NotFound
from jupyterlab_mlops.registry import outbox as outbox_module
from jupyterlab_mlops.registry import remote, sender
from jupyterlab_mlops.registry.lock import Lock
from jupyterlab_mlops.registry.outbox import Outbox, lock_of, push_now
from jupyterlab_mlops.registry.targets import Targets
from jupyterlab_mlops.store import registry
from jupyterlab_mlops.store.blobs import BlobStore
from jupyterlab_mlops.store.db import Database
from jupyterlab_mlops.types import Push

NOWHERE = "http://127.0.0.1:9"
StartOutbox = Callable[..., Outbox]


@pytest.fixture(autouse=True)
def short_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(remote, "FIRST_WAIT", 0.02)
    monkeypatch.setattr(outbox_module, "LOOK_AGAIN", 0.1)


@pytest.fixture
def database(data_dir: Path) -> Iterator[Database]:
    database = Database(data_dir)
    yield database
    database.close()


@pytest.fixture
def start_outbox(database: Database) -> Iterator[StartOutbox]:
    started: list[Outbox] = []

    def start(targets: dict[str, Any] | None = None, first_delay: float = 0.1) -> Outbox:
        blobs = BlobStore(database.data_dir)
        box = Outbox(database, blobs, Targets(targets, {}), first_delay=first_delay)
        started.append(box)
        box.start()
        return box

    yield start
    for box in started:
        box.close()


def state_of(database: Database, push: Push) -> Push:
    return database.read(lambda conn: registry.get_push(conn, push.push_id))


def wait_until(database: Database, push: Push, *states: str, seconds: float = 60) -> Push:
    def reached() -> Push | None:
        found = state_of(database, push)
        return found if found.state in states else None

    found: Push = wait_for(reached, lambda: str(state_of(database, push)), seconds)
    return found


@pytest.mark.mlflow
def test_what_is_asked_for_arrives_and_a_second_environment_predicts_the_same(
    database: Database, start_outbox: StartOutbox, proxy: Proxy, mlflow_python: str
) -> None:
    made = Made()
    start_outbox({"team": {"uri": proxy.uri}})
    push = request(database, fill(database, made), "team", "champion")

    done = wait_until(database, push, "pushed", "failed")

    assert done.error is None
    assert (done.state, done.remote_version, done.attempts) == ("pushed", "1", 1)
    assert done.remote_url == f"{proxy.uri}/#/models/{made.name}/versions/1"
    name = f"models:/{made.name}@champion"
    rows = made.rows.to_json(orient="split")
    (answer,) = run_script(mlflow_python, PREDICT, proxy.uri, rows, name)
    assert answer["generic"] == made.estimator.predict(made.rows).tolist()
    assert answer["native"] == made.estimator.predict_proba(made.rows).tolist()
    assert answer["run_id"] == done.remote_run_id

    proxy.seen.clear()
    again = request(
        database, database.read(lambda conn: registry.get_version(conn, made.name, 1)), "team"
    )
    assert again.push_id != push.push_id
    done = wait_until(database, again, "pushed", "failed")
    assert done.progress == "Nothing to do: all of it was there"
    assert proxy.writes == []


@pytest.mark.mlflow
def test_a_server_that_is_down_is_tried_until_it_comes_back(
    database: Database, start_outbox: StartOutbox, proxy: Proxy
) -> None:
    proxy.fault = lambda request: (503, {}, b"down for a moment")
    start_outbox({"team": {"uri": proxy.uri}})
    push = request(database, fill(database, Made()), "team")
    waiting = wait_for(
        lambda: next((p for p in [state_of(database, push)] if p.attempts > 1 and p.error), None)
    )
    assert waiting.error == f"{proxy.uri} answered 503: down for a moment."

    proxy.fault = lambda request: None

    done = wait_until(database, push, "pushed", "failed")
    assert (done.state, done.error) == ("pushed", None)
    assert done.attempts >= 2


@pytest.mark.mlflow
def test_a_refusal_shows_the_servers_reason_and_a_retry_works(
    database: Database, start_outbox: StartOutbox, proxy: Proxy
) -> None:
    proxy.fault = lambda request: (400, {}, b'{"message": "Quota of models is used up"}')
    start_outbox({"team": {"uri": proxy.uri}})
    push = request(database, fill(database, Made()), "team")
    failed = wait_until(database, push, "pushed", "failed")
    assert failed.state == "failed"
    assert failed.error == f"{proxy.uri} refused (400): Quota of models is used up."
    assert failed.attempts == 1

    proxy.fault = lambda request: None
    database.write_now(lambda tx: registry.retry_push(tx, push.push_id))

    assert wait_until(database, push, "pushed").remote_version == "1"


@pytest.mark.mlflow
def test_what_a_killed_process_had_begun_begins_again(
    database: Database, start_outbox: StartOutbox, proxy: Proxy
) -> None:
    push = request(database, fill(database, Made()), proxy.uri)
    begun = database.write_now(registry.next_push)
    assert begun is not None
    assert begun.state == "pushing"

    start_outbox()

    assert wait_until(database, push, "pushed").attempts == 2


@pytest.mark.mlflow
def test_closing_leaves_what_is_on_its_way_to_the_next_start(
    database: Database, start_outbox: StartOutbox, proxy: Proxy
) -> None:
    reached, go_on = threading.Event(), threading.Event()

    def hold(request: Seen) -> None:
        if request.route.endswith("runs/create"):
            reached.set()
            go_on.wait(30)

    proxy.fault = hold
    box = start_outbox()
    push = request(database, fill(database, Made()), proxy.uri)
    assert reached.wait(30)
    closing = threading.Thread(target=box.close)
    closing.start()
    go_on.set()
    closing.join(30)
    assert state_of(database, push).state == "pending"

    proxy.fault = lambda request: None
    start_outbox()
    assert wait_until(database, push, "pushed", "failed").state == "pushed"
    assert len(proxy.to("mlflow/runs/create")) == 1


@pytest.mark.mlflow
def test_a_push_on_its_way_can_be_given_up(
    database: Database, start_outbox: StartOutbox, proxy: Proxy
) -> None:
    box = start_outbox()

    asked = threading.Event()

    def give_up(request: Seen) -> None:
        asked.wait(30)
        if request.route.endswith("log-batch") and state_of(database, push).state == "pushing":
            box.cancel(push.push_id)

    version = fill(database, Made())
    proxy.fault = give_up
    push = request(database, version, proxy.uri)
    asked.set()

    failed = wait_until(database, push, "failed", "pushed")
    assert (failed.state, failed.error) == ("failed", "Cancelled.")
    with pytest.raises(Conflict):
        box.cancel(push.push_id)
    box.close()
    assert state_of(database, push).error == "Cancelled."
    assert not proxy.to("mlflow/model-versions/create")


def test_a_waiting_push_can_be_given_up(database: Database, start_outbox: StartOutbox) -> None:
    box = start_outbox(first_delay=60)
    push = request(database, fill(database, Made()), NOWHERE)
    wait_for(lambda: state_of(database, push).error)
    assert box.cancel(push.push_id).state == "failed"
    with pytest.raises(NotFound):
        box.cancel(10_000)


def test_the_delay_outlives_the_process_and_grows(
    database: Database, start_outbox: StartOutbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(remote, "ATTEMPTS", 1)
    box = start_outbox(first_delay=40)
    push = request(database, fill(database, Made()), NOWHERE)
    wait_for(lambda: state_of(database, push).error)
    box.close()
    due = database.read(registry.next_attempt_at)
    assert due is not None
    assert 30 < due / 1000 - time.time() <= 40

    database.write_now(
        lambda tx: registry.update_push(tx, push.push_id, next_attempt_at=0, attempts=4, error="")
    )
    start_outbox(first_delay=40)
    wait_for(lambda: state_of(database, push).error)
    due = database.read(registry.next_attempt_at)
    assert due is not None
    assert 600 < due / 1000 - time.time() <= 640
    assert state_of(database, push).state == "pending"


def test_it_is_given_up_in_the_end(
    database: Database, start_outbox: StartOutbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sender, "GIVE_UP_AFTER", 2)
    start_outbox(first_delay=0.01)
    push = request(database, fill(database, Made()), NOWHERE)
    failed = wait_until(database, push, "failed")
    assert failed.error == (
        "Given up after 2 attempts: http://127.0.0.1:9 cannot be reached (connection refused)."
    )


def test_a_model_that_lives_in_its_kernel_says_what_to_do(
    database: Database, start_outbox: StartOutbox
) -> None:
    made = Made()
    made.model.format, made.model.digest = "reference", None
    start_outbox()
    push = request(database, fill(database, made), NOWHERE)
    failed = wait_until(database, push, "failed")
    assert failed.error is not None
    assert f"run `%mlops register {made.name}` in its notebook" in failed.error


def test_a_target_that_is_not_set_up_any_more_is_named(
    database: Database, start_outbox: StartOutbox
) -> None:
    start_outbox({"team": {"uri": NOWHERE}})
    push = request(database, fill(database, Made()), "other")
    failed = wait_until(database, push, "failed")
    assert failed.error is not None
    assert failed.error.startswith("'other' is no push target (team)")


def test_a_fault_of_ours_is_counted_and_the_outbox_lives_on(
    database: Database, start_outbox: StartOutbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = Made()
    version = fill(database, made)

    def break_down(*arguments: Any) -> None:
        raise ZeroDivisionError("ours")

    with monkeypatch.context() as patch:
        patch.setattr(sender, "gather", break_down)
        start_outbox()
        failed = wait_until(database, request(database, version, NOWHERE), "failed")
    assert failed.error == "A fault of jupyterlab-mlops, not yours: ZeroDivisionError: ours"
    faults = database.read(lambda conn: conn.execute("SELECT message FROM faults").fetchall())
    assert faults == [("ZeroDivisionError: ours",)]
    second = request(database, version, "nowhere")
    assert wait_until(database, second, "failed").error != failed.error


@pytest.mark.mlflow
def test_a_command_pushes_without_a_server(database: Database, proxy: Proxy) -> None:
    push = request(database, fill(database, Made()), proxy.uri)
    told: list[float] = []
    done = push_now(
        database, push.push_id, Targets({}, {}), lambda step, fraction: told.append(fraction)
    )
    assert (done.state, done.remote_version) == ("pushed", "1")
    assert told[-1] == 1.0
    assert push_now(database, push.push_id, Targets({}, {})) == done


@pytest.mark.mlflow
def test_a_command_waits_while_a_server_does_it(
    database: Database, start_outbox: StartOutbox, proxy: Proxy
) -> None:
    start_outbox()
    push = request(database, fill(database, Made()), proxy.uri)
    done = push_now(database, push.push_id, Targets({}, {}))
    assert (done.state, done.attempts) == ("pushed", 1)
    assert len(proxy.to("mlflow/model-versions/create")) == 1


def test_a_command_leaves_what_cannot_be_reached_to_the_next_server(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    push = request(database, fill(database, Made()), NOWHERE)
    left = push_now(database, push.push_id, Targets({}, {}))
    assert left.state == "pending"
    assert left.error == f"{NOWHERE} cannot be reached (connection refused)."


def test_one_process_at_a_time_works_on_an_outbox(
    database: Database, start_outbox: StartOutbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried: list[bool] = []
    acquire = Lock.acquire
    lock = lock_of(database)
    assert lock.acquire()

    def counted(lock: Lock) -> bool:
        tried.append(acquire(lock))
        return tried[-1]

    monkeypatch.setattr(Lock, "acquire", counted)
    start_outbox(first_delay=60)
    push = request(database, fill(database, Made()), NOWHERE)
    wait_for(lambda: len(tried) > 3)
    assert state_of(database, push).attempts == 0
    lock.release()
    wait_for(lambda: state_of(database, push).attempts == 1)


def test_a_request_wakes_the_outbox(
    database: Database, start_outbox: StartOutbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outbox_module, "LOOK_AGAIN", 3600)
    start_outbox(first_delay=60)
    first = request(database, fill(database, Made()), "nowhere")
    wait_until(database, first, "failed", seconds=10)
    second = request(database, fill(database, Made(name="other")), "nowhere")
    wait_until(database, second, "failed", seconds=10)


def test_closing_twice_and_without_a_start_does_no_harm(database: Database) -> None:
    box = Outbox(database, BlobStore(database.data_dir), Targets({}, {}))
    box.close()
    box.close()


def test_the_default_target_is_found_or_explained(database: Database) -> None:
    box = Outbox(database, BlobStore(database.data_dir), Targets({}, {}))
    with pytest.raises(InvalidRequest, match="No push target is set up"):
        box.target_name()
    assert box.target_name("https://mlflow.example/") == "https://mlflow.example"
