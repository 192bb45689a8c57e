"""What the server asks a Python kernel to do at its start: load our part, if need be from here."""

from __future__ import annotations

from pathlib import Path
from typing import Any

FOLDER = Path(__file__).resolve().parent.parent

_CODE = """
def attach(folder, facts):
    import importlib, importlib.util, os, sys

    name = "jupyterlab_mlops"
    if os.environ.get("JUPYTER_MLOPS_DISABLE", "") not in ("", "0"):
        return
    if name not in sys.modules and importlib.util.find_spec(name) is None:
        init = os.path.join(folder, "__init__.py")
        if not os.path.isfile(init):
            return
        spec = importlib.util.spec_from_file_location(
            name, init, submodule_search_locations=[folder]
        )
        sys.modules[name] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(sys.modules[name])
    importlib.import_module(name + ".kernel").attach(**facts)
"""


def attach_request(facts: dict[str, Any], folder: Path = FOLDER) -> dict[str, Any]:
    """Return the content of a silent execute request that introduces the server to a kernel.

    The kernel of another environment gets our package alone from `folder`: putting that folder's
    parent on its path would lend it all of the server's packages besides.
    """
    code = f"{_CODE}\nattach({str(folder)!r}, {facts!r})"
    return {
        "code": f"exec({code!r}, {{}})",
        "silent": True,
        "store_history": False,
        "allow_stdin": False,
        "stop_on_error": False,
        "user_expressions": {},
    }
