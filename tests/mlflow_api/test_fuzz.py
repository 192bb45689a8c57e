"""Wrong input on every route: an answer of 4xx with an error code, and never an end of patience."""

from __future__ import annotations

import json
import os
import random
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest
import requests

from harness import Server
from jupyterlab_mlops.mlflow_api.handler import SEGMENT, Call
from jupyterlab_mlops.mlflow_api.routes import CALLS

ODD: list[Any] = [
    None, "", " ", "x", "\0", "ü" * 300, "../..", "a" * 70_000, 0, -1, 1.5, 2**63, -(2**70), True,
    [], [1], ["x"], {}, {"key": "x"}, [[]], [{"key": 1}], "NaN", 1e308, "1", "0", ["0"], [{}],
    "params.x = ", "metrics.`a` > 'b'", [{"key": "k", "value": "v"}], "\ud800",
]  # fmt: skip
BODIES = [
    b"", b"{", b"[]", b"null", b"NaN", b'"x"', b"\xff\xfe", b'{"run_id": "a"' * 50, b"[" * 50_000,
    b'{"run_id": NaN, "value": Infinity}', b"1" * 5000,
]  # fmt: skip
PATHS = [
    "x",
    "m-" + "0" * 32,
    "a%00b",
    "..%2f..%2fetc",
    "%25",
    "a//b",
    "%ff",
    "\\..\\x",
    "a" * 3000,
]
ROUNDS = 12 if os.environ.get("MLOPS_LONG") else 3
"""Requests for each call of the table."""


@pytest.fixture(scope="module")
def tracked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server of its own: odd requests may well delete what is there."""
    folder = tmp_path_factory.mktemp("fuzzed")
    with Server(folder, application="server", base_url="/user/a%40b/") as server:
        yield server


@pytest.fixture
def session(tracked: Server) -> requests.Session:
    made = requests.Session()
    made.headers["Authorization"] = f"Bearer {tracked.token}"
    return made


def is_proper(answer: requests.Response) -> bool:
    if answer.status_code < 300:
        return True
    if not 400 <= answer.status_code < 500 or answer.status_code in (408, 429):
        return False
    content = answer.json()
    return bool(content["error_code"]) and content["message"].count("Traceback") == 0


def address(tracked: Server, call: Call, chosen: random.Random) -> str:
    path = SEGMENT.sub(lambda _: chosen.choice(PATHS), call.path)
    return f"{tracked.url}mlops/mlflow/{path}"


def fields(call: Call) -> list[str]:
    return list(call.message.__struct_fields__) if call.message else ["path"]


def odd_message(call: Call, chosen: random.Random) -> dict[str, Any]:
    """Some fields with odd values, others with plausible ones."""
    plausible = {"run_id": "a" * 32, "experiment_id": "0", "name": "n", "version": "1", "key": "k",
                 "value": "1", "timestamp": 1, "max_results": 5}  # fmt: skip
    return {
        name: plausible[name] if name in plausible and chosen.random() < 0.5 else chosen.choice(ODD)
        for name in fields(call)
        if chosen.random() < 0.8
    }


@pytest.mark.parametrize("call", CALLS, ids=lambda call: f"{call.verb} {call.path}")
def test_odd_requests_are_refused_properly(
    tracked: Server, session: requests.Session, call: Call
) -> None:
    chosen = random.Random(call.path)
    for number in range(ROUNDS):
        url = address(tracked, call, chosen)
        options: dict[str, Any] = {"timeout": 20, "allow_redirects": False}
        message = odd_message(call, chosen)
        if call.verb == "GET":
            # A longer address is refused by the web server itself, which hangs up.
            options["params"] = {
                k: v for k, v in message.items() if v != "\ud800" and len(str(v)) < 8000
            }
        elif number % 3 == 0:
            options["data"] = chosen.choice(BODIES)
        else:
            options["data"] = json.dumps(message)
        answer = session.request(call.verb, url, **options)
        assert is_proper(answer), (call.verb, url[:200], options, answer.status_code, answer.text)


def test_a_path_that_is_no_text_is_refused_after_its_body(
    tracked: Server, session: requests.Session
) -> None:
    for call in CALLS:
        if SEGMENT.search(call.path):
            url = f"{tracked.url}mlops/mlflow/{SEGMENT.sub('%ff', call.path)}"
            answer = session.request(call.verb, url, data=b" " * 500_000 + b"{}", timeout=20)
            assert answer.status_code == 400, call
            assert answer.json()["error_code"] == "INVALID_PARAMETER_VALUE"


@pytest.mark.parametrize(
    "path", ["", "api/2.0/mlflow/nothing", "api/3.0/mlflow/traces", "v1/traces"]
)
def test_what_is_not_answered_says_so_in_json(
    tracked: Server, session: requests.Session, path: str
) -> None:
    answer = session.post(f"{tracked.url}mlops/mlflow/{path}", json={})
    assert answer.status_code in (403, 404, 405)
    if path:
        assert answer.json()["error_code"] == "ENDPOINT_NOT_FOUND"


def test_nothing_of_it_was_a_fault(tracked: Server) -> None:
    faults = tracked.api.mlops("GET", "status")["faults"]
    assert [fault for fault in faults if "mlflow" in fault["where"]] == []


def test_strangers_are_kept_out(tracked: Server) -> None:
    for call in CALLS:
        path = SEGMENT.sub("x", call.path)
        answer = tracked.stranger.request(call.verb, f"mlops/mlflow/{path}", data=b"{}")
        assert answer.status_code in (401, 403), call
        assert msgspec.json.decode(answer.content)["error_code"] == "PERMISSION_DENIED"
