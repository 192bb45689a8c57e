from __future__ import annotations

import json

import pytest
from registry.contents import SESSION, execution

from jupyterlab_mlops.registry.code import notebook, script


def plain(source: str, **fields: object) -> str:
    text = script([execution(1, source, **fields)]).decode()
    compile(text, "slice.py", "exec")
    return text.partition("# %% [1]\n")[2].rstrip("\n")


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("x = 1", "x = 1"),
        ("%matplotlib inline\nx = 1", "# %matplotlib inline\nx = 1"),
        ("!pip install x", "# !pip install x"),
        ("files = !ls", "# files = !ls"),
        ("t = %timeit -o f()", "# t = %timeit -o f()"),
        ("frame.head?", "# frame.head?"),
        ("?print", "# ?print"),
        ("%time model.fit(X)", "model.fit(X)"),
        ("%%time\nmodel.fit(X)", "# %%time\nmodel.fit(X)"),
        ("%%mlops run first\nmodel.fit(X)", "# %%mlops run first\nmodel.fit(X)"),
        ("%%bash\nls", "# %%bash\n# ls"),
        ("if x:\n    %pwd", "if x:\n    pass  # %pwd"),
        ("y = (7\n  % 2)", "y = (7\n  % 2)"),
        ("print('what?')  # why?", "print('what?')  # why?"),
    ],
)
def test_a_script_runs_without_ipython(source: str, expected: str) -> None:
    assert plain(source) == expected


def test_a_cell_that_raised_is_there_but_does_not_run() -> None:
    assert script(SESSION).decode().count("# 1 / 0") == 1
    assert "# status: error (ZeroDivisionError)" in script(SESSION).decode()


def test_a_cell_that_ran_twice_is_in_the_notebook_twice() -> None:
    twice = [execution(1, "x = 1", cell_id="a"), execution(2, "x = 2", cell_id="a")]
    document = json.loads(notebook(twice, None))
    assert ["".join(cell["source"]) for cell in document["cells"]] == ["x = 1", "x = 2"]
    assert len({cell["id"] for cell in document["cells"]}) == 2
    assert [cell["metadata"]["mlops"]["cell_id"] for cell in document["cells"]] == ["a", "a"]
