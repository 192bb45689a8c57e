"""Every route on a real server: good and malformed requests, strangers, what is not there."""

from __future__ import annotations

import contextlib
import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from http.client import HTTPConnection
from typing import Any
from urllib.parse import quote, urlsplit

import pytest
import requests
import sample
from api.cases import CASES, Bad

from harness import Server
from jupyterlab_mlops.api.routes import PREFIX, ROUTES, SEGMENT, Route

NOT_THERE = {"push_id": "999999", "version": "999"}
BY_PATH = [route for route in ROUTES if route.arguments]
BAD = [
    pytest.param(route, bad, id=f"{route.name}-{bad.sentence}")
    for route in ROUTES
    for bad in CASES[route.name].bad
]


def address(route: Route, values: dict[str, str], query: str = "") -> str:
    """Fill a route's path."""
    path = SEGMENT.sub(lambda found: quote(values[found[1]], safe=""), route.path)
    return f"{PREFIX}/{path}{query}"


def ask(server: Server, route: Route) -> requests.Response:
    """Send the good request of a route."""
    case = CASES[route.name]
    path = address(route, case.path, case.query)
    return server.api.request(route.verb, path, json=case.json)


def without_a_kernel() -> list[Route]:
    """Routes that need no kernel (test_live.py asks the others); what takes things away is last."""
    last = ("cancel_push", "retry_push", "forget", "delete_version")
    routes = [route for route in ROUTES if not CASES[route.name].live]
    return sorted(routes, key=lambda r: last.index(r.name) if r.name in last else -1)


def test_there_is_a_case_for_every_route_and_none_besides() -> None:
    assert CASES.keys() == {route.name for route in ROUTES}


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: route.name)
def test_a_stranger_is_refused(served: Server, route: Route) -> None:
    case = CASES[route.name]
    answer = served.stranger.request(route.verb, address(route, case.path), json=case.json)
    assert answer.status_code == 403
    assert answer.json()["error_code"] == "PERMISSION_DENIED"


@pytest.mark.parametrize("route", BY_PATH, ids=lambda route: route.name)
def test_what_is_not_there_is_not_found(served: Server, route: Route) -> None:
    values = {name: NOT_THERE.get(name, "nobody") for name in route.arguments}
    body = CASES[route.name].json if route.body else None
    answer = served.api.request(route.verb, address(route, values), json=body)
    assert answer.status_code == 404, answer.text
    assert answer.json()["error_code"] == "RESOURCE_DOES_NOT_EXIST"


@pytest.mark.parametrize(("route", "bad"), BAD)
def test_a_malformed_request_gets_one_sentence_and_changes_nothing(
    served: Server, route: Route, bad: Bad
) -> None:
    before = dump(served)
    path = address(route, bad.path or CASES[route.name].path, bad.query)
    answer = served.api.request(route.verb, path, json=bad.json, data=bad.data)
    assert answer.status_code == bad.status, answer.text
    message = answer.json()["message"]
    assert bad.sentence in message
    assert len(message.splitlines()) == 1
    assert dump(served) == before


def dump(server: Server) -> list[str]:
    """Everything in the record but how far pushes are, on which the outbox works all the time."""
    with closing(sqlite3.connect(server.data_dir / "mlops.db")) as connection:
        return [line for line in connection.iterdump() if 'INTO "pushes"' not in line]


@pytest.mark.parametrize("route", without_a_kernel(), ids=lambda route: route.name)
def test_a_good_request_is_answered(served: Server, route: Route) -> None:
    case = CASES[route.name]
    if route.name == "delete_version":
        served.api.mlops("POST", "models", json={"name": "spare", "run_id": sample.RUNS[0]})
    answer = ask(served, route)
    assert answer.status_code == 200, answer.text
    content: Any = answer.content if route.answer is bytes else answer.json()
    assert case.check(content), content


@pytest.mark.parametrize("route", [r for r in ROUTES if r.body], ids=lambda route: route.name)
def test_a_body_that_is_too_large_is_refused(served: Server, route: Route) -> None:
    path = address(route, CASES[route.name].path)
    answer = served.api.request(route.verb, path, data=b" " * (4 * 2**20 + 1))
    assert answer.status_code == 413
    assert "at most 4,194,304 bytes are allowed" in answer.json()["message"]


def test_a_body_that_is_far_too_large_is_refused_before_it_is_sent(served: Server) -> None:
    place = urlsplit(served.url)
    with closing(HTTPConnection(place.hostname or "", place.port, timeout=20)) as connection:
        connection.putrequest("POST", f"{place.path}{PREFIX}/runs/tag")
        connection.putheader("Authorization", f"token {served.token}")
        connection.putheader("Content-Length", str(2**30))
        connection.endheaders()
        answer = connection.getresponse()
        assert answer.status == 413
        assert "at most 4,194,304 bytes" in json.loads(answer.read())["message"]


def test_a_body_without_a_length_is_read_no_further_than_its_limit(served: Server) -> None:
    sent = 0

    def pieces() -> Iterator[bytes]:
        nonlocal sent
        for _ in range(4 * 2**10):
            sent += 2**18
            yield b" " * 2**18

    # Whoever goes on to send may be cut off before the answer is read.
    with contextlib.suppress(requests.ConnectionError):
        answer = served.api.request("POST", f"{PREFIX}/runs/tag", data=pieces())
        assert answer.status_code == 413
    assert sent < 2**28
    assert served.api.mlops("GET", "status")


@pytest.mark.parametrize("path", sorted({route.path for route in ROUTES}))
def test_another_verb_is_refused_and_told_which_are_possible(served: Server, path: str) -> None:
    routes = [route for route in ROUTES if route.path == path]
    known = {route.verb for route in routes}
    for verb in {"GET", "POST", "PUT", "PATCH", "DELETE"} - known:
        answer = served.api.request(verb, address(routes[0], CASES[routes[0].name].path))
        assert answer.status_code == 405
        assert answer.json()["error_code"] == "METHOD_NOT_ALLOWED"
        assert set(answer.headers["Allow"].split(", ")) == known


@pytest.mark.parametrize("path", ["mlops", "mlops/", "mlops/x", "mlops/api/v1", "mlops/api/v1/x/y"])
def test_other_addresses_below_ours_are_not_found_in_json(served: Server, path: str) -> None:
    answer = served.api.request("GET", path)
    assert answer.status_code == 404
    assert answer.json()["message"] == f"There is nothing at /{path}."
    assert served.stranger.request("GET", path).status_code == 403


def test_a_refusal_does_not_cut_the_connection(served: Server) -> None:
    with requests.Session() as session:
        for _ in range(40):  # A third failed where the answer overtook the body.
            answer = session.post(f"{served.url}{PREFIX}/runs/tag", json={"run_ids": []})
            assert answer.status_code == 403
            assert answer.headers.get("Connection") != "close"
            assert session.get(f"{served.url}login").ok


def test_a_log_in_by_cookie_needs_the_xsrf_token(served: Server) -> None:
    with requests.Session() as browser:
        browser.get(f"{served.url}api/status?token={served.token}")
        target = f"{served.url}{PREFIX}/runs/tag"
        body = {"run_ids": [sample.RUNS[0]], "tags": {"x": "y"}}
        assert browser.get(f"{served.url}{PREFIX}/runs").status_code == 200
        assert browser.post(target, json=body).status_code == 403
        browser.get(f"{served.url}tree")
        headers = {"X-XSRFToken": browser.cookies.get("_xsrf") or ""}
        assert headers["X-XSRFToken"]
        assert browser.post(target, json=body, headers=headers).status_code == 200
