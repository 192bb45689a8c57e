"""Makes `openapi.json` (OpenAPI 3.1) from the table of routes and the Structs.

``python -m jupyterlab_mlops.api.openapi > jupyterlab_mlops/api/openapi.json``. Component names are
the names of the Structs and of the named literals in `types.py`.
"""

from __future__ import annotations

import ast
import inspect
import json
import sys
from functools import cache
from typing import Any, Literal, get_args, get_origin

import msgspec

from .. import __version__, types
from . import parameters
from .routes import PREFIX, ROUTES, Route

Json = dict[str, Any]

REF = "#/components/schemas/{name}"

FAILURES = {
    400: ("Malformed", "The request is malformed."),
    403: ("NotAllowed", "Not logged in, or not allowed."),
    404: ("NotFound", "There is no such thing."),
    409: ("Conflict", "The name is taken, or the present state forbids it."),
    413: ("TooLarge", "More than the configured limit."),
}


def document() -> Json:
    """Give the whole description."""
    schemas, components = _schemas()
    paths: dict[str, Json] = {}
    for route in ROUTES:
        paths.setdefault(f"/{route.path}", {})[route.verb.lower()] = _operation(route, schemas)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "jupyterlab-mlops",
            "version": __version__,
            "description": "Everything that the panel does. Times are milliseconds since 1970, "
            "UTC. NaN and infinities travel as null.",
            "license": {"name": "BSD-3-Clause", "identifier": "BSD-3-Clause"},
        },
        "servers": [{"url": f"/{PREFIX}", "description": "Below the server's base URL."}],
        "security": [{"token": []}],
        "paths": paths,
        "components": {
            "schemas": components,
            "responses": {name: _failure(reason) for name, reason in FAILURES.values()},
            "securitySchemes": {
                "token": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "The Jupyter server's token; its login cookie works as well.",
                }
            },
        },
    }


def text() -> str:
    """Give the description as it is committed."""
    return json.dumps(document(), indent=2, sort_keys=False) + "\n"


def _schemas() -> tuple[dict[Any, Json], Json]:
    wanted: list[Any] = [types.ErrorAnswer]
    for route in ROUTES:
        wanted += [x for x in (route.answer, route.query, route.body) if x not in (None, bytes)]
    found, components = msgspec.json.schema_components(wanted, ref_template=REF)
    queries = {route.query.__name__ for route in ROUTES if route.query}
    named = {name: _component(name, schema) for name, schema in sorted(components.items())}
    by_type = {_key(kind): schema for kind, schema in zip(wanted, found, strict=True)}
    for query in queries:
        by_type[query] = named.pop(query)
    return by_type, {**_literals(json.dumps([named, by_type])), **named}


def _key(kind: Any) -> str:
    return kind.__name__ if isinstance(kind, type) and get_origin(kind) is None else str(kind)


def _component(name: str, schema: Json) -> Json:
    struct = _struct(name)
    for field, text_ in _field_docs(struct).items():
        schema["properties"][field].setdefault("description", text_)
    answered = not issubclass(struct, (types.Request, parameters.Query))
    schema["properties"] = {
        key: _property(value, answered) for key, value in schema["properties"].items()
    }
    if issubclass(struct, types.View):
        schema["required"] = list(schema["properties"])
    return {key: value for key, value in schema.items() if value != []}


def _struct(name: str) -> type[msgspec.Struct]:
    found: object = getattr(types, name, None) or getattr(parameters, name)
    assert isinstance(found, type)
    assert issubclass(found, msgspec.Struct)
    return found


def _property(schema: Json, answered: bool) -> Json:
    """Name literals, and tell the truth about answers: all fields are there, floats may be null."""
    # Generators of TypeScript take a field with a default for one that must be given.
    if answered or schema.get("default") in (None, [], {}):
        schema.pop("default", None)
    described = {k: schema[k] for k in ("default", "description") if k in schema}
    return {
        **_value({k: v for k, v in schema.items() if k not in described}, answered),
        **described,
    }


def _value(schema: Any, answered: bool) -> Any:
    if isinstance(schema, list):
        return [_value(item, answered) for item in schema]
    if not isinstance(schema, dict):
        return schema
    if "enum" in schema:
        name = _literal_names().get(frozenset(schema["enum"]))
        return {"$ref": REF.format(name=name)} if name else {"type": "string", **schema}
    if answered and schema == {"type": "number"}:
        return {"anyOf": [{"type": "number"}, {"type": "null"}]}
    inner = {k: _value(v, answered) for k, v in schema.items()}
    return {**inner, "anyOf": _flat(inner["anyOf"])} if "anyOf" in inner else inner


def _flat(choices: list[Json]) -> list[Json]:
    """Merge nested choices, null once and last."""
    flat: list[Json] = []
    for choice in choices:
        flat += choice["anyOf"] if set(choice) == {"anyOf"} else [choice]
    null = {"type": "null"}
    return [c for c in flat if c != null] + ([null] if null in flat else [])


@cache
def _literal_names() -> dict[frozenset[str], str]:
    return {
        frozenset(get_args(value)): name
        for name, value in vars(types).items()
        if get_origin(value) is Literal
    }


def _literals(users: str) -> Json:
    return {
        name: {"type": "string", "enum": list(get_args(getattr(types, name)))}
        for name in sorted(_literal_names().values())
        if f'"{REF.format(name=name)}"' in users
    }


@cache
def _field_docs(struct: type[msgspec.Struct]) -> dict[str, str]:
    """Read the docstrings that follow fields, which Python itself forgets."""
    body = ast.parse(inspect.getsource(struct)).body[0]
    assert isinstance(body, ast.ClassDef)
    docs = {}
    for field, after in zip(body.body, body.body[1:], strict=False):
        if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name):
            match after:
                case ast.Expr(value=ast.Constant(value=str(text_))):
                    docs[field.target.id] = inspect.cleandoc(text_)
    return docs


def _operation(route: Route, schemas: dict[Any, Json]) -> Json:
    operation: Json = {"operationId": route.name, "tags": [route.module], "summary": route.summary}
    parameters_ = [*_path_parameters(route), *_query_parameters(route, schemas)]
    if parameters_:
        operation["parameters"] = parameters_
    if route.body:
        operation["requestBody"] = {
            "required": True,
            "content": {"application/json": {"schema": schemas[_key(route.body)]}},
        }
    operation["responses"] = {"200": _success(route, schemas), **_failures(route)}
    return operation


def _path_parameters(route: Route) -> list[Json]:
    return [
        {"name": name, "in": "path", "required": True, "schema": {"type": _path_type(name)}}
        for name in route.arguments
    ]


def _path_type(name: str) -> str:
    return "integer" if name == "push_id" else "string"


def _query_parameters(route: Route, schemas: dict[Any, Json]) -> list[Json]:
    if route.query is None:
        return []
    schema = schemas[route.query.__name__]
    return [
        _query_parameter(name, dict(kind), name in schema.get("required", ()))
        for name, kind in schema["properties"].items()
    ]


def _query_parameter(name: str, schema: Json, required: bool) -> Json:
    description = schema.pop("description", None)
    choices = [c for c in schema.pop("anyOf", []) if c != {"type": "null"}]
    schema = {**(choices[0] if choices else {}), **schema}
    parameter: Json = {"name": name, "in": "query", "required": required, "schema": schema}
    return {**parameter, "description": description} if description else parameter


def _success(route: Route, schemas: dict[Any, Json]) -> Json:
    if route.answer is bytes:
        content = {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}}
    else:
        content = {"application/json": {"schema": schemas[_key(route.answer)]}}
    return {"description": "OK", "content": content}


def _failures(route: Route) -> Json:
    codes = [400, 403, 404]
    codes += [409] if route.conflict else []
    codes += [413] if route.body else []
    return {str(code): {"$ref": f"#/components/responses/{FAILURES[code][0]}"} for code in codes}


def _failure(reason: str) -> Json:
    schema = {"$ref": REF.format(name=types.ErrorAnswer.__name__)}
    return {"description": reason, "content": {"application/json": {"schema": schema}}}


if __name__ == "__main__":
    sys.stdout.write(text())
