"""`%mlops register` and `%mlops push`: a run's model becomes a version, and a version goes out."""

from __future__ import annotations

import re
import time
import uuid
from collections.abc import Callable
from typing import TYPE_CHECKING

from ..errors import Conflict, InvalidRequest, NotFound
from . import reading
from .kept_models import serialise
from .magic_parser import Arguments
from .magic_verbs import parse_tags, run_id_of
from .places import data_dir
from .recorder import now_ms, recorder
from .render import MISSING, Answer
from .runs import runs

if TYPE_CHECKING:
    import sqlite3

    from ..types import LoggedModel, ModelVersion, Push

POLL_SECONDS = 0.2
_reference = re.compile(r"(?P<name>[^@/]+)(?:@(?P<alias>[\w-]+)|/v?(?P<version>\d+))?")


def register(arguments: Arguments) -> str:
    """Make a version of a registered model of a run's model."""
    run_id = run_id_of(arguments.run)
    tags = parse_tags(arguments.tag)

    def find(connection: sqlite3.Connection) -> LoggedModel:
        from ..actions import model_to_register
        from ..store.registry import check_alias, check_name
        from ..types import RegisterRequest

        check_name(arguments.name)
        for alias in arguments.alias:
            check_alias(alias)
        return model_to_register(connection, RegisterRequest(name=arguments.name, run_id=run_id))

    model = reading.read(find)
    _see_that_it_is_written(model)
    request_id = uuid.uuid4().hex
    runs.touch_run(model.run_id)
    recorder.write(
        {
            "type": "register",
            "request_id": request_id,
            "name": arguments.name,
            "timestamp": now_ms(),
            "model_id": model.model_id,
            "run_id": model.run_id,
            "tags": tags,
            "description": arguments.description,
            "aliases": arguments.alias,
        }
    )
    version = reading.read(lambda c: _newest_of(c, arguments.name, model.model_id))
    aliases = f", {', '.join(version.aliases)}" if version.aliases else ""
    warning = "; loading it runs code, since it is a pickle" if version.runs_code else ""
    return f"{version.name} has version {version.version}{aliases}{warning}."


def _see_that_it_is_written(model: LoggedModel) -> None:
    """Have this kernel write the model in its best form, where it is this kernel's."""
    if model.format == "skops":
        return
    try:
        serialise(model.model_id)
    except NotFound:
        if model.format == "reference":
            raise Conflict(
                f"The model {model.model_id} was kept by reference in a kernel that is gone: "
                "fit it again."
            ) from None


def _newest_of(connection: sqlite3.Connection, name: str, model_id: str) -> ModelVersion:
    from ..store.registry import get_model

    versions = [v for v in get_model(connection, name).versions if v.model_id == model_id]
    return max(versions, key=lambda version: version.version)


def push(arguments: Arguments, show: Callable[[Answer], None]) -> Answer:
    """Ask the outbox to bring a version to a target, and show how far it has come.

    Parameters
    ----------
    show
        Is given each new state while `--wait` waits.
    """
    name, wanted = _parsed(arguments.model)
    if arguments.to is not None and "://" in arguments.to:
        from ..registry.targets import check_address

        check_address(arguments.to)
    version = reading.read(lambda c: _version(c, name, wanted))
    request_id = uuid.uuid4().hex
    recorder.write(
        {
            "type": "push",
            "request_id": request_id,
            "name": version.name,
            "version": version.version,
            "target": arguments.to or "default",
            "timestamp": now_ms(),
            "aliases": arguments.alias or version.aliases,
        }
    )
    push = reading.read(lambda c: _latest_push(c, version.name, version.version))
    if not _server_alive():
        return _answer(push).say(
            "No Jupyter server is running here, so it waits in the outbox: `jupyter mlops push "
            f"{name}` does it now."
        )
    if arguments.wait:
        push = _wait(push, arguments.timeout, show)
    return _answer(push)


def _parsed(text: str) -> tuple[str, str | None]:
    found = _reference.fullmatch(text)
    if found is None:
        raise InvalidRequest(f"A version is named NAME, NAME@ALIAS or NAME/VERSION, not {text!r}.")
    return found["name"], found["alias"] or found["version"]


def _version(connection: sqlite3.Connection, name: str, wanted: str | None) -> ModelVersion:
    from ..store.registry import get_model, get_version

    if wanted is not None:
        return get_version(connection, name, wanted)
    versions = get_model(connection, name).versions
    if not versions:
        raise NotFound(f"The model {name!r} has no version.")
    return versions[0]


def _latest_push(connection: sqlite3.Connection, name: str, version: int) -> Push:
    from ..store.registry import list_pushes

    pushes = [push for push in list_pushes(connection, name=name) if push.version == version]
    if not pushes:
        raise Conflict("The push could not be entered into the record; %mlops says why.")
    return max(pushes, key=lambda push: (push.requested_at, push.push_id))


def _server_alive() -> bool:
    from ..capture.owner import server_alive

    return server_alive(data_dir())


def _wait(push: Push, seconds: float, show: Callable[[Answer], None]) -> Push:
    from ..store.registry import get_push

    until = time.monotonic() + seconds
    push_id, shown = push.push_id, None
    while push.state in ("pending", "pushing") and time.monotonic() < until:
        if (push.state, push.progress) != shown:
            shown = (push.state, push.progress)
            show(_answer(push))
        time.sleep(POLL_SECONDS)
        push = reading.read(lambda c: get_push(c, push_id), fresh=False)
    return push


def _answer(push: Push) -> Answer:
    return Answer().table(
        ["Model", "To", "State", "Progress"],
        [[f"{push.name}/{push.version}", push.target, push.state, push.error or _reached(push)]],
    )


def _reached(push: Push) -> str:
    if push.state == "pushed":
        return push.remote_url or f"version {push.remote_version}"
    return push.progress or MISSING
