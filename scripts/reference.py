"""Writes the parts of docs/rest.md and docs/cli.md that the code knows; `--check` only compares."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path
from typing import Any

from jupyterlab_mlops.api import openapi
from jupyterlab_mlops.api.routes import ROUTES, Route
from jupyterlab_mlops.cli.parser import VERBS, make_parser

DOCS = Path(__file__).parents[1] / "docs"
BEGIN = "<!-- begin: written by scripts/reference.py -->"
END = "<!-- end -->"
DOCUMENT = openapi.document()
SCHEMAS = DOCUMENT["components"]["schemas"]

# ---------------------------------------------------------------------------------------- REST


def rest() -> str:
    """Give the routes, module by module, then the bodies."""
    groups = groupby(sorted(ROUTES, key=lambda r: MODULES.index(r.module)), lambda r: r.module)
    parts = [_group(module, list(routes)) for module, routes in groups]
    bodies = sorted({route.body.__name__ for route in ROUTES if route.body})
    return "\n\n".join([*parts, "## Bodies", *map(_body, bodies)])


MODULES = ["status", "sessions", "executions", "runs", "table", "notes", "views"]
MODULES += ["imports", "artifacts", "models", "pushes"]


def _group(module: str, routes: list[Route]) -> str:
    rows = [
        [f"`{r.verb} {r.path}`", r.summary, _given(r), _answer(r), f"`{r.resource[17:]}`"]
        for r in routes
    ]
    table = _table(["route", "what", "given", "answer", "resource"], rows)
    parameters = [line for route in routes for line in _parameters(route)]
    if parameters:
        table += "\n\n" + _table(["parameter", "of", "what"], parameters)
    return f"## {module.title()}\n\n{table}"


def _given(route: Route) -> str:
    if route.body:
        return f"[`{route.body.__name__}`](#{route.body.__name__.lower()})"
    return "query" if route.query else ""


def _answer(route: Route) -> str:
    if route.answer is bytes:
        return "a file"
    schema = _operation(route)["responses"]["200"]["content"]["application/json"]["schema"]
    return f"`{_kind(schema)}`"


def _parameters(route: Route) -> Iterator[list[str]]:
    for parameter in _operation(route).get("parameters", []):
        if parameter["in"] == "query":
            name = f"`{parameter['name']}`" + (" (must)" if parameter["required"] else "")
            what = [parameter.get("description", ""), *_limits(parameter["schema"])]
            yield [name, f"`{route.path}`", " ".join(part for part in what if part)]


def _limits(schema: dict[str, Any]) -> Iterator[str]:
    kind = _kind(schema)
    yield "May be repeated." if schema.get("type") == "array" else f"`{kind}`."
    if "minimum" in schema:
        yield f"{schema['minimum']} to {schema.get('maximum', 'any')}."
    if schema.get("default") not in (None, "", [], False):
        yield f"Default: `{schema['default']}`."


def _body(name: str) -> str:
    schema = SCHEMAS[name]
    required = schema.get("required", [])
    rows = [
        [f"`{field}`" + (" (must)" if field in required else ""), f"`{_kind(kind)}`"]
        for field, kind in schema["properties"].items()
    ]
    return f"### {name}\n\n{schema['description']}\n\n{_table(['field', 'type'], rows)}"


def _operation(route: Route) -> dict[str, Any]:
    found: dict[str, Any] = DOCUMENT["paths"][f"/{route.path}"][route.verb.lower()]
    return found


def _kind(schema: dict[str, Any]) -> str:
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        return " / ".join(SCHEMAS[name]["enum"]) if "enum" in SCHEMAS[name] else str(name)
    if "enum" in schema:
        return " / ".join(schema["enum"])
    if "anyOf" in schema:
        return " or ".join(_kind(choice) for choice in schema["anyOf"])
    if schema["type"] == "array":
        return f"list of {_kind(schema['items'])}"
    if schema["type"] == "object" and isinstance(schema.get("additionalProperties"), dict):
        return f"object of {_kind(schema['additionalProperties'])}"
    return {"string": "text", "integer": "whole number", "boolean": "true / false"}.get(
        schema["type"], str(schema["type"])
    )


# ------------------------------------------------------------------------------- command line


def command_line() -> str:
    """Give every verb with its arguments and examples."""
    (verbs,) = (a for a in make_parser()._actions if isinstance(a, argparse._SubParsersAction))
    return "\n\n".join(_verb(name, parser) for name, parser in verbs.choices.items())


def _verb(name: str, parser: argparse.ArgumentParser) -> str:
    _, summary, _, examples = VERBS[name]
    lines = "\n".join(f"jupyter mlops {example}" for example in examples)
    rows = [
        [f"`{_written(action)}`", _explained(action)]
        for action in parser._actions
        if action.dest != "help"
    ]
    return (
        f"### {name}\n\n{summary[:1].upper()}{summary[1:]}.\n\n```bash\n{lines}\n```\n\n"
        f"{_table(['argument', 'what'], rows)}"
    )


def _written(action: argparse.Action) -> str:
    value = "" if action.nargs == 0 else str(action.metavar or action.dest.upper())
    if not action.option_strings:
        return value + (" ..." if action.nargs in ("+", "*") else "")
    return f"{', '.join(action.option_strings)} {value}".strip()


def _explained(action: argparse.Action) -> str:
    choices = " / ".join(f"`{choice}`" for choice in action.choices or ())
    default = f"default: `{action.default}`" if choices and action.default else ""
    return "; ".join(part for part in (action.help, choices, default) if part)


# -------------------------------------------------------------------------------------- files


def _table(headings: list[str], rows: list[list[str]]) -> str:
    lines = [headings, ["---"] * len(headings), *rows]
    return "\n".join(
        f"| {' | '.join(cell.replace('|', '&#124;') for cell in line)} |" for line in lines
    )


def main() -> int:
    """Write the files, or say which differ."""
    stale = []
    for name, part in {"rest.md": rest(), "cli.md": command_line()}.items():
        file = DOCS / name
        text = file.read_text()
        before, after = text[: text.index(BEGIN) + len(BEGIN)], text[text.index(END) :]
        made = f"{before}\n\n{part}\n\n{after}"
        if made != text and "--check" in sys.argv:
            stale.append(name)
        elif made != text:
            file.write_text(made)
    for name in stale:
        print(f"docs/{name} is out of date: run python scripts/reference.py")
    return len(stale)


if __name__ == "__main__":
    sys.exit(main())
