"""Odd requests made of our own OpenAPI: an answer below 500 with an error code, and in time."""

from __future__ import annotations

import json
import os
import random
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import pytest
import requests
import sample

from harness import Server

ROUNDS = int(os.environ.get("MLOPS_FUZZ", "3"))
"""Requests for each verb of each path."""
ODD: list[Any] = [
    None, "", " ", "x", "\0", "ü" * 300, "../..", "a" * 70_000, 0, -1, 1.5, 2**63, -(2**70), True,
    [], [1], ["x"], {}, {"key": "x"}, [[]], [{"key": 1}], "NaN", 1e308, "1", "0", ["0"], [{}],
    "params.x = ", "metrics.`a` > 'b'", "\ud800", "metrics.accuracy DESC", "(" * 3000, "%", "*",
]  # fmt: skip
KNOWN = [*sample.RUNS, sample.RUNS[0][:2], sample.SESSION, sample.EXECUTIONS[0], sample.MODEL, "1",
         "analysis", "accuracy", "metrics.accuracy", "params.depth", "csv", "runs"]  # fmt: skip
BODIES = [b"", b"{", b"[]", b"null", b'"x"', b"\xff\xfe", b"[" * 50_000, b"1" * 5000,
          b'{"run_ids": NaN}']  # fmt: skip
STARTS_SOMETHING = ("/runs/start",)
"""Asks a kernel, which none of these servers has."""


@pytest.fixture(scope="module")
def fuzzed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server of its own: odd requests may well delete what is there."""
    folder = tmp_path_factory.mktemp("fuzzed")
    sample.make(folder / "data")
    with Server(folder, application="server", base_url="/user/a%40b/") as server:
        yield server


def resolved(schema: dict[str, Any], document: dict[str, Any]) -> dict[str, Any]:
    name = schema.get("$ref", "").rpartition("/")[2]
    found: dict[str, Any] = document["components"]["schemas"][name] if name else schema
    return found


def odd_name(chosen: random.Random) -> str:
    """What stands in the hole of a path."""
    return quote(chosen.choice([*KNOWN, "\0", "..", "ü/x", "%"]), safe="")


def odd_query(operation: dict[str, Any], chosen: random.Random) -> dict[str, Any]:
    names = [p["name"] for p in operation.get("parameters", []) if p["in"] == "query"]
    found = {name: chosen.choice([*ODD, *KNOWN]) for name in names if chosen.random() < 0.6}
    # A longer address is refused by the web server itself, which hangs up.
    return {k: v for k, v in found.items() if v != "\ud800" and len(str(v)) < 4000}


def odd_body(
    operation: dict[str, Any], document: dict[str, Any], chosen: random.Random
) -> bytes | None:
    body = operation.get("requestBody")
    if body is None:
        return None
    if chosen.random() < 0.3:
        return chosen.choice(BODIES)
    schema = resolved(body["content"]["application/json"]["schema"], document)
    needed = schema.get("required", [])
    message: dict[str, Any] = {}
    for name, field in schema.get("properties", {}).items():
        if name not in needed and chosen.random() < 0.4:
            continue
        value = chosen.choice([*ODD, *KNOWN])
        kind = resolved(field, document).get("type")
        message[name] = [value] if kind == "array" and chosen.random() < 0.7 else value
    return json.dumps(message).encode()


def test_odd_requests_are_refused_properly(fuzzed: Server) -> None:
    document = fuzzed.api.mlops("GET", "openapi.json")
    session, statuses = requests.Session(), set[int]()
    session.headers["Authorization"] = f"Bearer {fuzzed.token}"
    for path, verbs in document["paths"].items():
        for verb, operation in verbs.items():
            if path.endswith(STARTS_SOMETHING) or verb == "parameters":
                continue
            chosen = random.Random(f"{verb} {path}")
            for _ in range(ROUNDS):
                filled = re.sub(r"{\w+}", lambda _: odd_name(chosen), path)  # noqa: B023
                asked: dict[str, Any] = {
                    "params": odd_query(operation, chosen),
                    "data": odd_body(operation, document, chosen),
                }
                url = f"{fuzzed.url.rstrip('/')}{document['servers'][0]['url']}{filled}"
                answer = session.request(verb, url, timeout=30, allow_redirects=False, **asked)
                statuses.add(answer.status_code)
                said = (verb, filled, str(asked)[:1500], answer.status_code, answer.text[:500])
                assert answer.status_code < 500, said
                if answer.status_code >= 400:
                    content = answer.json()
                    assert content["error_code"], said
                    assert "Traceback" not in content["message"], said
    assert {200, 400, 404} <= statuses
    assert all(f["where"] == "autolog" for f in fuzzed.api.mlops("GET", "status")["faults"])
