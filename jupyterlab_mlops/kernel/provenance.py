"""Which names a cell reads and writes, read off its syntax tree.

It errs on the safe side: a name counts as written where the cell may change the object behind it:
by an attribute, a subscript, a method, or by handing it to a function whose result is thrown away.
What cannot change (modules, functions, numbers, text) is taken out by `settled`, which sees values.
"""

from __future__ import annotations

import ast
import builtins
import types
from collections.abc import Iterable, Mapping
from functools import lru_cache
from json.encoder import encode_basestring_ascii
from typing import Any, NamedTuple

MAX_SOURCE = 200_000
_BUILTINS = frozenset(dir(builtins))
_SPARING_FUNCTIONS = (_BUILTINS | {"display"}) - {"setattr", "delattr", "next"}
_HARMLESS = (_BUILTINS | {"display"}) - {"setattr", "delattr", "next"}
_PYTHON_CELL_MAGICS = frozenset(["time", "timeit", "capture", "prun", "memit", "mlops", "debug"])
_PYTHON_LINE_MAGICS = frozenset(["time", "timeit", "prun", "memit", "debug"])
_PURE_METHODS = frozenset(
    """
    head tail describe info sample copy mean std var sum min max median count nunique unique
    value_counts groupby merge join astype isna isnull notna corr quantile to_numpy to_dict to_csv
    tolist keys values items get index find startswith endswith split strip lower upper format
    predict predict_proba decision_function score transform get_params plot hist show savefig
    """.split()  # noqa: SIM905 - a table
)
_SPARING_METHODS = _PURE_METHODS | {"append", "extend", "insert", "add", "update", "fit", "push"}
"""Methods that may change their object, but not what they are given."""
_FIXED = (
    types.ModuleType,
    types.FunctionType,
    types.BuiltinFunctionType,
    type,
    str,
    bytes,
    int,
    float,
    complex,
    tuple,
    frozenset,
    range,
    type(None),
)


class Names(NamedTuple):
    """Names of the user's namespace, each in the order of first use."""

    read: tuple[str, ...]
    written: tuple[str, ...]
    touched: tuple[str, ...]
    """Perhaps changed in place; `settled` decides."""
    as_json: tuple[str, str] | None
    """What `settled_json` gives where no value need be looked at."""


_NOTHING = Names((), (), (), ("[]", "[]"))


@lru_cache(maxsize=512)
def names_of(source: str) -> Names:
    """Return the names of a cell of plain Python (IPython's transformed cell); else none."""
    if len(source) > MAX_SOURCE:
        return _NOTHING
    try:
        tree = compile(source, "<cell>", "exec", ast.PyCF_ONLY_AST | _AWAIT, dont_inherit=True)
    except (SyntaxError, ValueError, MemoryError, RecursionError):
        return _NOTHING
    reader = _Reader()
    try:
        reader.visit_all(tree.body)
    except RecursionError:
        return _NOTHING
    read, written = tuple(reader.read), tuple(reader.written)
    needs_values = reader.touched or not _BUILTINS.isdisjoint(read)
    as_json = None if needs_values else (_listed(read), _listed(written))
    return Names(read, written, tuple(reader.touched), as_json)


_AWAIT = ast.PyCF_ALLOW_TOP_LEVEL_AWAIT


def settled(names: Names, namespace: Mapping[str, Any]) -> tuple[list[str], list[str]]:
    """Return names read and written, given the namespace after the cell ran."""
    written = list(names.written)
    for name in names.touched:
        value = namespace.get(name)
        if name in namespace and name not in names.written and not isinstance(value, _FIXED):
            written.append(name)
    read = [name for name in names.read if name not in _BUILTINS or name in namespace]
    return read, written


def settled_json(names: Names, namespace: Mapping[str, Any]) -> tuple[str, str]:
    """Return what `settled` returns, as JSON."""
    if names.as_json is not None:
        return names.as_json
    read, written = settled(names, namespace)
    return _listed(read), _listed(written)


def _listed(names: Iterable[str]) -> str:
    return f"[{','.join(map(encode_basestring_ascii, names))}]"


class _Reader:
    """Walks one cell; `hidden` are the names that belong to a function inside it."""

    def __init__(self) -> None:
        self.read: dict[str, None] = {}
        self.written: dict[str, None] = {}
        self.touched: dict[str, None] = {}
        self.hidden: frozenset[str] = frozenset()
        self.inside = False

    def visit_all(self, nodes: list[Any]) -> None:
        for node in nodes:
            self.visit(node)

    def visit(self, node: Any) -> None:
        method = _VISITORS.get(node.__class__)
        if method is not None:
            method(self, node)
        else:
            self.visit_children(node)

    def visit_children(self, node: Any) -> None:
        for field in node._fields:
            value = getattr(node, field, None)
            if isinstance(value, list):
                for item in value:
                    if isinstance(item, ast.AST):
                        self.visit(item)
            elif isinstance(value, ast.AST):
                self.visit(value)

    def name(self, node: ast.Name) -> None:
        if node.id in self.hidden:
            return
        if isinstance(node.ctx, ast.Load):
            self.load(node.id)
        else:
            self.store(node.id)

    def load(self, name: str) -> None:
        if name not in self.hidden and name not in self.written:
            self.read[name] = None

    def store(self, name: str) -> None:
        if not self.inside or name not in self.hidden:
            self.written[name] = None

    def assign(self, node: Any) -> None:
        """Look at the right side first: `x = x + 1` reads x."""
        if node.value is not None:
            self.visit(node.value)
        for target in getattr(node, "targets", None) or [node.target]:
            self.visit(target)

    def augmented(self, node: ast.AugAssign) -> None:
        self.visit(node.value)
        if isinstance(node.target, ast.Name):
            self.load(node.target.id)
        self.visit(node.target)

    def part(self, node: Any) -> None:
        """An attribute or a subscript: as a target it changes the object that it belongs to."""
        if not isinstance(node.ctx, ast.Load):
            self.touch(node.value)
        self.visit_children(node)

    def touch(self, node: Any) -> None:
        while isinstance(node, (ast.Attribute, ast.Subscript, ast.Call, ast.Starred)):
            node = node.func if isinstance(node, ast.Call) else node.value
        if isinstance(node, ast.Name) and node.id not in self.hidden:
            self.touched[node.id] = None

    def call(self, node: ast.Call) -> None:
        if self.magic(node):
            return
        if isinstance(node.func, ast.Attribute):
            changes = any(keyword.arg == "inplace" for keyword in node.keywords)
            if changes or node.func.attr not in _PURE_METHODS:
                self.touch(node.func.value)
        self.visit_children(node)

    def magic(self, node: ast.Call) -> bool:
        """Look into the Python that a magic runs: `%%time`, `%%mlops run` ..."""
        kind = node.func.attr if isinstance(node.func, ast.Attribute) else ""
        if kind not in ("run_cell_magic", "run_line_magic"):
            return False
        texts = [arg.value for arg in node.args if isinstance(arg, ast.Constant)]
        known = _PYTHON_CELL_MAGICS if kind == "run_cell_magic" else _PYTHON_LINE_MAGICS
        if len(texts) > 1 and texts[0] in known and isinstance(texts[-1], str):
            inner = names_of(texts[-1])
            for name in inner.read:
                self.load(name)
            self.written.update(dict.fromkeys(inner.written))
            self.touched.update(dict.fromkeys(inner.touched))
        return True

    def expression(self, node: ast.Expr) -> None:
        """A call whose result is thrown away is there for what it does to its arguments."""
        value = node.value.value if isinstance(node.value, ast.Await) else node.value
        if isinstance(value, ast.Call) and not _spares_arguments(value.func):
            for argument in (*value.args, *(keyword.value for keyword in value.keywords)):
                if isinstance(argument, (ast.Name, ast.Starred)):
                    self.touch(argument)
        self.visit(node.value)

    def imported(self, node: ast.Import | ast.ImportFrom) -> None:
        for alias in node.names:
            if alias.name != "*":
                self.store((alias.asname or alias.name).split(".")[0])

    def function(self, node: Any) -> None:
        """A function reads what it does not bind; what it does when called is not followed."""
        self.visit_all(node.decorator_list)
        self.store(node.name)
        self.scope(node)

    def scope(self, node: Any) -> None:
        arguments = node.args
        self.visit_all([d for d in (*arguments.defaults, *arguments.kw_defaults) if d is not None])
        bound = {a.arg for a in ast.walk(arguments) if isinstance(a, ast.arg)}
        body = node.body if isinstance(node.body, list) else [node.body]
        inner_globals: set[str] = set()
        for inner in body:
            for part in ast.walk(inner):
                if isinstance(part, ast.Name) and not isinstance(part.ctx, ast.Load):
                    bound.add(part.id)
                elif isinstance(part, ast.Global):
                    inner_globals.update(part.names)
        before = self.hidden, self.inside
        self.hidden, self.inside = before[0] | (bound - inner_globals), True
        self.visit_all(body)
        self.hidden, self.inside = before

    def klass(self, node: ast.ClassDef) -> None:
        self.visit_all([*node.decorator_list, *node.bases, *node.keywords])
        before = self.hidden, self.inside
        own = {
            part.id
            for inner in node.body
            for part in ast.walk(inner)
            if isinstance(part, ast.Name) and not isinstance(part.ctx, ast.Load)
        }
        methods = {n.name for n in node.body if isinstance(n, (ast.FunctionDef, ast.ClassDef))}
        self.hidden, self.inside = before[0] | own | methods, True
        self.visit_all(node.body)
        self.hidden, self.inside = before
        self.store(node.name)

    def comprehension(self, node: Any) -> None:
        bound = {
            part.id
            for generator in node.generators
            for part in ast.walk(generator.target)
            if isinstance(part, ast.Name)
        }
        before = self.hidden
        self.visit(node.generators[0].iter)
        self.hidden = before | bound
        self.visit_children(node)
        self.hidden = before

    def handler(self, node: ast.ExceptHandler) -> None:
        if node.name:
            self.hidden |= {node.name}
        self.visit_children(node)


def _spares_arguments(function: Any) -> bool:
    if isinstance(function, ast.Attribute):
        return function.attr in _SPARING_METHODS
    return isinstance(function, ast.Name) and function.id in _SPARING_FUNCTIONS


_VISITORS: dict[type, Any] = {
    ast.Name: _Reader.name,
    ast.Assign: _Reader.assign,
    ast.AnnAssign: _Reader.assign,
    ast.NamedExpr: _Reader.assign,
    ast.AugAssign: _Reader.augmented,
    ast.Attribute: _Reader.part,
    ast.Subscript: _Reader.part,
    ast.Call: _Reader.call,
    ast.Expr: _Reader.expression,
    ast.Import: _Reader.imported,
    ast.ImportFrom: _Reader.imported,
    ast.FunctionDef: _Reader.function,
    ast.AsyncFunctionDef: _Reader.function,
    ast.Lambda: _Reader.scope,
    ast.ClassDef: _Reader.klass,
    ast.ListComp: _Reader.comprehension,
    ast.SetComp: _Reader.comprehension,
    ast.GeneratorExp: _Reader.comprehension,
    ast.DictComp: _Reader.comprehension,
    ast.ExceptHandler: _Reader.handler,
    ast.Constant: lambda reader, node: None,
}
