"""The verbs about registered models."""

from __future__ import annotations

import re
import sys
from argparse import Namespace
from typing import TYPE_CHECKING

from ..errors import InvalidRequest
from .config import redactor, targets
from .output import complain, local_time, one_line, say, say_json, say_table
from .record import record
from .runs import parse_tags

if TYPE_CHECKING:
    from ..registry.targets import Targets
    from ..store.db import Database
    from ..types import ModelVersion, Push, RegisteredModel

MODEL_ID = re.compile(r"m-[0-9a-f]{32}")


def models(arguments: Namespace) -> None:
    """List registered models, or the versions of one."""
    from ..store.registry import get_model, list_models

    with record() as database:
        if arguments.name is None:
            found = database.read(list_models)
        else:
            found = [database.read(lambda conn: get_model(conn, arguments.name))]
    if arguments.json:
        say_json(found if arguments.name is None else found[0])
    elif not found:
        say("No model is registered.")
    elif arguments.name is None:
        _say_models(found)
    else:
        _say_versions(found[0])


def _say_models(found: list[RegisteredModel]) -> None:
    rows = [
        [
            model.name,
            str(len(model.versions)),
            ", ".join(f"{alias}={version}" for alias, version in sorted(model.aliases.items())),
            local_time(model.versions[0].created_at) if model.versions else None,
            model.description,
        ]
        for model in found
    ]
    say_table(["NAME", "VERSIONS", "ALIASES", "NEWEST", "DESCRIPTION"], rows)


def _say_versions(model: RegisteredModel) -> None:
    rows = [
        [
            str(version.version),
            ", ".join(version.aliases),
            (version.run_id or "")[:8],
            version.format + (" (runs code)" if version.runs_code else ""),
            local_time(version.created_at),
            _push_line(version.pushes),
        ]
        for version in model.versions
    ]
    say_table(["VERSION", "ALIASES", "RUN", "FORMAT", "MADE", "PUSH"], rows)


def _push_line(pushes: list[Push]) -> str | None:
    if not pushes:
        return None
    last = max(pushes, key=lambda push: push.requested_at)
    return f"{last.state} to {last.target}" + (f": {last.error}" if last.error else "")


def register(arguments: Namespace) -> None:
    """Make a version of a registered model."""
    from ..actions import register as make
    from ..identity import account
    from ..types import RegisterRequest

    is_model = MODEL_ID.fullmatch(arguments.run_ref)
    request = RegisterRequest(
        name=arguments.name,
        run_id=None if is_model else arguments.run_ref,
        model_id=arguments.run_ref if is_model else None,
        description=arguments.description,
        tags=parse_tags(arguments.tag),
        aliases=arguments.alias,
    )
    with record() as database:
        safe = redactor().record(request)
        version = database.write_now(lambda tx: make(tx, safe, account()))
    if arguments.json:
        say_json(version)
    else:
        say(f"{one_line(version.name)} version {version.version}{_aliases(version)}")


def _aliases(version: ModelVersion) -> str:
    return f" ({', '.join(version.aliases)})" if version.aliases else ""


# --------------------------------------------------------------------------------------- push


def push(arguments: Namespace) -> int:
    """Ask for a push; `--wait` stays until it is over, and does it here where no server does.

    Without `--wait` the outbox of the next server that works on this record does it.
    """
    from ..actions import request_push
    from ..identity import account
    from ..types import PushRequest

    known = targets()
    name, version = parse_version(arguments.model)
    target = known.resolve(arguments.to)
    request = PushRequest(target=target, aliases=arguments.alias)
    with record() as database:
        asked = database.write_now(
            lambda tx: request_push(tx, name, version, request, target, account())
        )
        if arguments.wait:
            asked = _done(database, asked, known, arguments)
    if arguments.json:
        say_json(asked)
    else:
        _say_push(asked)
    return int(asked.state == "failed" or (arguments.wait and asked.state != "pushed"))


def parse_version(text: str) -> tuple[str, str]:
    """Read NAME, NAME@ALIAS or NAME/VERSION.

    Returns
    -------
    tuple of str
        The name, and a version number, an alias or `latest`.
    """
    found = re.fullmatch(r"(?:models:/)?([^@/]+)(?:@([^@/]+)|/([^@/]+))?", text)
    if found is None:
        raise InvalidRequest(f"{text!r} is no version; write NAME, NAME@ALIAS or NAME/VERSION.")
    return found[1], found[2] or found[3] or "latest"


def _done(database: Database, asked: Push, known: Targets, arguments: Namespace) -> Push:
    from ..registry.outbox import push_now

    last = ""

    def tell(step: str, fraction: float) -> None:
        nonlocal last
        if step != last and not arguments.json:
            say(f"{step} ({fraction:.0%})")
            sys.stdout.flush()
        last = step

    return push_now(database, asked.push_id, known, tell)


def _say_push(asked: Push) -> None:
    say(f"{one_line(asked.name)} version {asked.version} to {asked.target}: {asked.state}")
    if asked.error:
        complain(asked.error)
    elif asked.state == "pushed":
        say(f"There it is version {asked.remote_version}: {asked.remote_url}")
    elif asked.state == "pending":
        say("The server that works on this record pushes it; --wait does it now.")
