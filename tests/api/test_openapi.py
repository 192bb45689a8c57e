"""openapi.json is what the table and the Structs say, and it can be relied upon."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from jupyterlab_mlops.api import base, openapi
from jupyterlab_mlops.api.routes import ROUTES, Route

COMMITTED = Path(openapi.__file__).with_name("openapi.json")
DOCUMENT = json.loads(COMMITTED.read_text())
SCHEMAS = DOCUMENT["components"]["schemas"]


def test_the_committed_file_is_what_the_code_generates() -> None:
    assert COMMITTED.read_text() == openapi.text(), "run make openapi"


def test_every_route_has_an_operation_with_answers_and_failures() -> None:
    for route in ROUTES:
        operation = DOCUMENT["paths"][f"/{route.path}"][route.verb.lower()]
        assert operation["operationId"] == route.name
        assert {"200", "400", "403", "404"} <= operation["responses"].keys()


def test_operation_ids_are_unique() -> None:
    names = [route.name for route in ROUTES]
    assert len(set(names)) == len(names)


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: route.name)
def test_every_operation_is_there(route: Route) -> None:
    assert callable(base.operation(route))


def test_every_reference_leads_somewhere() -> None:
    for reference in _references(DOCUMENT):
        place = DOCUMENT
        for part in reference.removeprefix("#/").split("/"):
            place = place[part]


def test_answers_have_all_their_fields_and_requests_only_what_must_be_given() -> None:
    assert set(SCHEMAS["Run"]["required"]) == set(SCHEMAS["Run"]["properties"])
    assert SCHEMAS["RegisterRequest"]["required"] == ["name"]
    assert "required" not in SCHEMAS["UpdateRunRequest"]
    assert SCHEMAS["UpdateRunRequest"]["additionalProperties"] is False


def test_numbers_of_answers_may_be_null_since_json_has_no_nan() -> None:
    number_or_null = [{"type": "number"}, {"type": "null"}]
    assert SCHEMAS["Metric"]["properties"]["value"]["anyOf"] == number_or_null
    assert SCHEMAS["Run"]["properties"]["metrics"]["additionalProperties"] == {
        "anyOf": number_or_null
    }


def test_named_literals_become_enumerations() -> None:
    assert SCHEMAS["RunStatus"]["enum"] == ["RUNNING", "FINISHED", "FAILED", "KILLED"]
    assert SCHEMAS["Run"]["properties"]["status"] == {"$ref": "#/components/schemas/RunStatus"}


def _references(part: Any) -> Iterator[str]:
    if isinstance(part, dict):
        if "$ref" in part:
            yield part["$ref"]
        for value in part.values():
            yield from _references(value)
    elif isinstance(part, list):
        for value in part:
            yield from _references(value)
