"""Files of models that the user's code writes: kept with the run, by their hash where large."""

from __future__ import annotations

import json
import os
from pathlib import Path
from types import ModuleType
from typing import Any

from ..blobs import record_bytes, record_files
from ..idle import idle
from ..recorder import recorder
from ..runs import runs
from .budget import budget
from .calls import Call
from .file_reads import HASHED_A_SECOND, digest_of
from .params import clean_key
from .seen import After, watch_calls
from .tracking import tracker

MAX_KEPT = 64 << 20
WRITERS = ("dump", "save", "save_model", "save_file")


def watch(module: ModuleType) -> None:
    """Watch `joblib.dump`, `torch.save`, `onnx.save` and `save_file` of safetensors."""
    tool = module.__name__.partition(".")[0]
    watch_calls(module, f"{tool}.file", dict.fromkeys(WRITERS, After(_written)))


def _written(call: Call, _: Any) -> None:
    values = [*call.args, *call.kwargs.values()]
    place = next((each for each in values[1:2] if isinstance(each, (str, os.PathLike))), None)
    current = runs.current()
    run_id = current.run_id if current is not None else tracker.run_of(values[0])
    if place is None or run_id is None or not recorder.recording:
        return
    path = Path(os.fspath(place)).absolute()
    runs.touch_run(run_id)
    if path.stat().st_size <= budget.left() * HASHED_A_SECOND / 2:
        _keep(run_id, path)
    else:
        idle.add(lambda: _keep(run_id, path))


def _keep(run_id: str, path: Path) -> None:
    if not path.is_file():
        return  # it was moved or deleted meanwhile
    name, size = f"files/{clean_key(path.name)}", path.stat().st_size
    if size <= MAX_KEPT:
        record_files(run_id, [(name, path)])
        return
    digest, whole = digest_of(path)
    said = {"path": str(path), "bytes": size, "sha256" if whole else "sha256_of_ends": digest}
    record_bytes(run_id, f"{name}.json", json.dumps(said, indent=1).encode(), "application/json")
