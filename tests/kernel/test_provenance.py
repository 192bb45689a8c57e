"""Names that a cell reads and writes."""

from __future__ import annotations

import textwrap
from typing import Any

import pytest

from jupyterlab_mlops.kernel.provenance import names_of, settled

CASES = [
    ("x = 1", "", "x"),
    ("x = x + y", "x y", "x"),
    ("x += 1", "x", "x"),
    ("y = x; x = 2", "x", "y x"),
    ("a, (b, *c) = f(d)", "f d", "a b c"),
    ("import numpy as np, os.path\nfrom sys import argv as v, path", "", "np os v path"),
    ("df['a'] = 1", "df", "df"),
    ("df.attr.deep = 1", "df", "df"),
    ("del d['k']", "d", "d"),
    ("items.append(v)", "items v", "items"),
    ("model.fit(X, y)", "model X y", "model"),
    ("fitted = model.fit(X, y)", "model X y", "fitted model"),
    ("model.predict(X)", "model X", ""),
    ("p = model.predict(X)", "model X", "p"),
    ("df.head()", "df", ""),
    ("df.drop(columns='a', inplace=True)", "df", "df"),
    ("shuffle(items)", "shuffle items", "items"),
    ("print(items)", "items", ""),
    ("n = len(items)", "items", "n"),
    ("[i * k for i in items]", "k items", ""),
    ("{k: v for k, v in pairs.items() if k in keep}", "pairs keep", ""),
    ("for i in items: total = i", "items", "i total"),
    ("with open(path) as f: text = f.read()", "path", "f text"),
    ("def f(a, b=default):\n    c = a + outer\n    return c", "default outer", "f"),
    ("def f():\n    global g\n    g = 1", "", "f g"),
    ("class A(Base):\n    k = c\n    def m(self): return self.k + d", "Base c d", "A"),
    ("f = lambda a: a + b", "b", "f"),
    ("if (n := size()) > 2: pass", "size", "n"),
    ("try:\n    x = 1\nexcept ValueError as e:\n    print(e)", "", "x"),
    ("match point:\n    case (a, b): c = a", "point a", "c"),
    ("async def f(): await g()", "g", "f"),
    ("r = await fetch(url)", "fetch url", "r"),
    ("get_ipython().run_cell_magic('time', '', 'z = x\\n')", "x", "z"),
    ("get_ipython().run_line_magic('time', 'm.fit(q)')", "m q", "m"),
    ("get_ipython().run_cell_magic('bash', '', 'echo $x')", "", ""),
    ("broken(:", "", ""),
]


class Anything:
    """Stands for a value that can be changed in place."""


@pytest.mark.parametrize(("source", "read", "written"), CASES, ids=[case[0] for case in CASES])
def test_names(source: str, read: str, written: str) -> None:
    names = names_of(textwrap.dedent(source))
    namespace: dict[str, Any] = {
        name: Anything() for name in (*names.touched, *names.written, *names.read)
    }
    for builtin in ("print", "len", "open", "ValueError", "get_ipython"):
        namespace.pop(builtin, None)
    found_read, found_written = settled(names, namespace)
    assert (set(found_read), set(found_written)) == (set(read.split()), set(written.split()))


def test_what_cannot_change_is_not_written() -> None:
    import math

    names = names_of("math.fsum(text); text.center(3); number.to_bytes(); show(helper)")
    namespace = {"math": math, "text": "", "number": 1, "helper": len, "show": print}
    assert settled(names, namespace)[1] == []


def test_a_builtin_counts_where_the_user_took_its_name() -> None:
    names = names_of("max(list)")
    assert settled(names, {})[0] == []
    assert settled(names, {"list": [1]})[0] == ["list"]


def test_absurd_sources_are_let_be() -> None:
    assert names_of("x = 1\n" * 100_000) == ((), (), (), ("[]", "[]"))
    assert names_of("-" * 50_000 + "1") == ((), (), (), ("[]", "[]"))
    assert names_of("a\0b") == ((), (), (), ("[]", "[]"))
