"""Models, versions, aliases and the outbox."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest

from jupyterlab_mlops.errors import Conflict, InvalidRequest, NotFound
from jupyterlab_mlops.store import registry
from jupyterlab_mlops.store.changes import Changes
from jupyterlab_mlops.store.db import Database
from jupyterlab_mlops.types import (
    AliasSet,
    ModelFormat,
    ModelLogged,
    ModelRegistered,
    ModelVersion,
    Push,
    PushRequested,
    RunStart,
)

from .stream import T0, say


def logged(
    model_id: str = "m-1", form: ModelFormat = "skops", digest: str | None = "d"
) -> ModelLogged:
    return ModelLogged(
        model_id=model_id,
        run_id="r1",
        name="clf",
        created_at=T0,
        format=form,
        file_name="model.skops" if form == "skops" else "model.pkl",
        digest=digest,
        signature={"inputs": []},
    )


@pytest.fixture
def models(database: Database) -> Database:
    say(
        database,
        [(RunStart(run_id="r1", start_time=T0), "kernel"), (logged(), "kernel")],
    )
    return database


def register(database: Database, request: str = "q1", **fields: object) -> ModelVersion:
    wanted = {"name": "iris", "run_id": "r1", **fields}
    record = ModelRegistered(request_id=request, timestamp=T0, **wanted)  # type: ignore[arg-type]
    return database.write_now(lambda tx: registry.register(tx, record))


def alias(database: Database, name: str, version: int | None) -> None:
    record = AliasSet(name="iris", alias=name, version=version, timestamp=T0, user="ada")
    database.write_now(lambda tx: registry.set_alias(tx, record))


def test_registering_makes_the_next_version_and_a_request_counts_once(models: Database) -> None:
    first = register(models, aliases=["champion"], tags={"team": "x"}, description="first")
    assert (first.version, first.model_id, first.run_id) == (1, "m-1", "r1")
    assert (first.aliases, first.tags, first.description) == (
        ["champion"],
        {"team": "x"},
        "first",
    )
    assert (first.format, first.digest) == ("skops", "d")
    assert register(models).version == 1
    assert register(models, "q2").version == 2
    model = models.read(lambda c: registry.get_model(c, "iris"))
    assert [v.version for v in model.versions] == [2, 1]
    assert model.aliases == {"champion": 1}
    assert [m.name for m in models.read(registry.list_models)] == ["iris"]


def test_the_last_model_of_a_run_is_registered(models: Database) -> None:
    say(models, [(logged("m-0", "pickle"), "kernel")])
    assert register(models).model_id == "m-0"
    assert register(models, "q2", run_id=None, model_id="m-1").model_id == "m-1"


@pytest.mark.parametrize(
    ("fields", "error"),
    [
        ({"name": ""}, InvalidRequest),
        ({"name": "a/b"}, InvalidRequest),
        ({"name": "a:b"}, InvalidRequest),
        ({"name": "x" * 257}, InvalidRequest),
        ({"aliases": ["latest"]}, InvalidRequest),
        ({"aliases": ["v3"]}, InvalidRequest),
        ({"aliases": ["7"]}, InvalidRequest),
        ({"aliases": ["a b"]}, InvalidRequest),
        ({"aliases": [""]}, InvalidRequest),
        ({"tags": {"": "x"}}, InvalidRequest),
        ({"run_id": None}, InvalidRequest),
        ({"run_id": "none"}, NotFound),
        ({"run_id": None, "model_id": "m-9"}, NotFound),
    ],
)
def test_a_wrong_registration_registers_nothing(
    models: Database, fields: dict[str, Any], error: type[Exception]
) -> None:
    with pytest.raises(error):
        register(models, **fields)
    assert models.read(registry.list_models) == []


def test_a_run_without_a_model_cannot_be_registered(models: Database) -> None:
    say(models, [(RunStart(run_id="r2", start_time=T0), "kernel")])
    with pytest.raises(NotFound, match="no model"):
        register(models, run_id="r2")


def test_a_version_is_named_by_number_alias_or_latest(models: Database) -> None:
    register(models, aliases=["champion"])
    register(models, "q2")
    for text, number in (("1", 1), ("champion", 1), ("latest", 2), ("2", 2)):
        found = models.read(partial(registry.get_version, name="iris", version=text))
        assert found.version == number
    for text in ("3", "0", "nobody", "9" * 30, "²"):
        with pytest.raises(NotFound):
            models.read(partial(registry.get_version, name="iris", version=text))
    with pytest.raises(NotFound, match="wine"):
        models.read(lambda c: registry.get_version(c, "wine", 1))


def test_the_history_of_an_alias_keeps_every_move(models: Database) -> None:
    register(models, aliases=["champion"])
    register(models, "q2")
    alias(models, "champion", 2)
    alias(models, "champion", 2)
    alias(models, "champion", None)
    history = models.read(lambda c: registry.alias_history(c, "iris"))
    assert [(e.alias, e.previous, e.version, e.user) for e in history] == [
        ("champion", 2, None, "ada"),
        ("champion", 1, 2, "ada"),
        ("champion", None, 1, None),
    ]
    for name, version in (("champion", None), ("other", 9), ("v1", 1)):
        with pytest.raises((NotFound, InvalidRequest)):
            alias(models, name, version)


def test_a_deleted_version_takes_its_aliases_along_and_its_number_is_not_given_again(
    models: Database,
) -> None:
    register(models)
    register(models, "q2", aliases=["champion"])
    models.write_now(lambda tx: registry.delete_version(tx, "iris", 2))
    model = models.read(lambda c: registry.get_model(c, "iris"))
    assert ([v.version for v in model.versions], model.aliases) == ([1], {})
    assert register(models, "q3").version == 3
    with pytest.raises(NotFound):
        models.write_now(lambda tx: registry.delete_version(tx, "iris", 2))


def test_describing_a_version_changes_what_is_given(models: Database) -> None:
    register(models, tags={"a": "1", "b": "2"}, description="old")
    update = partial(registry.update_version, name="iris", version=1)
    found = models.write_now(partial(update, tags={"a": None, "c": "3"}))
    assert (found.description, found.tags) == ("old", {"b": "2", "c": "3"})
    assert models.write_now(partial(update, description="")).description == ""


def test_a_model_that_was_a_reference_gets_its_file_but_does_not_lose_it(models: Database) -> None:
    say(models, [(logged("m-2", "reference", None), "kernel")])
    say(models, [(logged("m-2", "skops", "d2"), "kernel")])
    say(models, [(logged("m-2", "reference", None), "kernel")])
    found = models.read(lambda c: registry.get_logged_model(c, "m-2"))
    assert (found.format, found.digest, found.signature) == ("skops", "d2", {"inputs": []})
    with pytest.raises(NotFound):
        models.read(lambda c: registry.get_logged_model(c, "m-9"))


# -------------------------------------------------------------------------------------- outbox


def ask(database: Database, request: str = "p1", **fields: object) -> Push:
    wanted = {"name": "iris", "version": 1, "target": "team", "aliases": ["champion"], **fields}
    record = PushRequested(request_id=request, timestamp=T0, **wanted)  # type: ignore[arg-type]
    return database.write_now(lambda tx: registry.request_push(tx, record))


def test_a_push_goes_through_its_states(models: Database) -> None:
    register(models)
    heard: list[Changes] = []
    models.subscribe(heard.append)
    push = ask(models)
    assert (push.state, push.attempts) == ("pending", 0)
    assert ask(models, "p2").push_id == push.push_id
    taken = models.write_now(lambda tx: registry.next_push(tx, T0))
    assert taken is not None
    assert (taken.state, taken.attempts) == ("pushing", 1)
    assert models.write_now(lambda tx: registry.next_push(tx, T0)) is None
    done = models.write_now(
        lambda tx: registry.update_push(tx, push.push_id, state="pushed", remote_version="4")
    )
    assert (done.state, done.remote_version) == ("pushed", "4")
    assert [c["pushes"] for c in heard] == [[push.push_id]] * 3
    assert ask(models, "p3").push_id != push.push_id
    version = models.read(lambda c: registry.get_version(c, "iris", 1))
    assert [p.state for p in version.pushes] == ["pending", "pushed"]
    assert models.read(lambda c: registry.get_push_request(c, push.push_id)).aliases == ["champion"]


def test_a_push_that_failed_waits_for_its_time_or_for_a_retry(models: Database) -> None:
    register(models)
    push_id = ask(models).push_id

    def take(now: int) -> Push | None:
        return models.write_now(lambda tx: registry.next_push(tx, now))

    assert take(T0) is not None
    later: dict[str, Any] = {
        "state": "pending",
        "next_attempt_at": T0 + 60_000,
        "error": "no answer",
    }
    models.write_now(lambda tx: registry.update_push(tx, push_id, **later))
    assert models.read(registry.next_attempt_at) == T0 + 60_000
    assert take(T0 + 59_999) is None
    taken = take(T0 + 60_000)
    assert taken is not None
    assert taken.attempts == 2
    with pytest.raises(Conflict):
        models.write_now(lambda tx: registry.retry_push(tx, push_id))
    models.write_now(lambda tx: registry.update_push(tx, push_id, state="failed"))
    assert models.write_now(lambda tx: registry.retry_push(tx, push_id)).state == "pending"


def test_pushes_that_a_dead_process_had_begun_wait_again(models: Database) -> None:
    register(models)
    ask(models)
    models.write_now(lambda tx: registry.next_push(tx, T0))
    assert models.write_now(registry.release_pushes) == 1
    assert [p.state for p in models.read(registry.list_pushes)] == ["pending"]


def test_a_cancelled_push_is_over(models: Database) -> None:
    register(models)
    push_id = ask(models).push_id
    cancelled = models.write_now(lambda tx: registry.cancel_push(tx, push_id))
    assert (cancelled.state, cancelled.error) == ("failed", "Cancelled.")
    with pytest.raises(Conflict):
        models.write_now(lambda tx: registry.cancel_push(tx, push_id))


def test_a_push_of_nothing_or_to_nowhere_is_refused(models: Database) -> None:
    register(models)
    for fields, error in (
        ({"version": 9}, NotFound),
        ({"name": "wine"}, NotFound),
        ({"target": ""}, InvalidRequest),
    ):
        with pytest.raises(error):
            ask(models, **fields)
    for act in (registry.get_push, registry.retry_push, registry.cancel_push):
        with pytest.raises(NotFound):
            models.write_now(partial(act, push_id=99))
    assert models.read(registry.list_pushes) == []
