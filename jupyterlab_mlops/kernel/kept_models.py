"""Fitted models of this process on their way into the record.

A model that can be pickled in the time allowed is in the record, as a file, when `keep` returns.
When the kernel has nothing to do, the pickle is replaced by a skops file, which runs no code when
it is loaded. A model too large for that is kept by reference: `serialise` writes it when someone
asks, as long as it lives.
"""

from __future__ import annotations

import pickle
import uuid
import weakref
from collections import deque
from collections.abc import Callable
from typing import Any

from ..errors import Conflict, NotFound
from .blobs import record_bytes
from .idle import idle
from .model_files import (
    MAX_SKOPS_PICKLE,
    Pickled,
    TooLate,
    can_be_skops,
    pickled,
    requirements_of,
    skops_of,
)
from .places import data_dir
from .recorder import now_ms, recorder

MAX_HELD = 2
"""So many models kept by reference stay alive although the notebook let go of them."""
MAX_IDLE_PICKLE = 256 << 10
"""A larger pickle becomes skops when someone asks, since that holds up the kernel for longer."""
AT_ONCE_LIMIT = 64 << 20
ON_REQUEST_LIMIT = 4 << 30
ON_REQUEST_SECONDS = 600.0
IDLE_SECONDS = 0.25


class KeptModel:
    """A model of this process, and how far it has come on its way into the record."""

    def __init__(self, model: Any, record: dict[str, Any]) -> None:
        self.record = record
        self.pickle: Pickled | None = None
        """Kept until the skops file is written, where it is small."""
        self.refusal: str | None = None
        """Why it cannot be pickled at all."""
        self.gone = "is gone from the kernel"
        self._model: Callable[[], Any]
        try:
            self._model = weakref.ref(model)
        except TypeError:
            self._model = lambda: model  # what has no weak references stays

    @property
    def model_id(self) -> str:
        """Its id."""
        return str(self.record["model_id"])

    @property
    def run_id(self) -> str:
        """Its run."""
        return str(self.record["run_id"])

    @property
    def format(self) -> str:
        """`reference`, `pickle` or `skops`: what the record has of it."""
        return str(self.record["format"])

    @property
    def model(self) -> Any:
        """The object itself; None: it is gone, or has become another model."""
        return self._model()

    def let_go(self, reason: str) -> None:
        """Forget the object."""
        self._model = lambda: None
        self.gone = reason

    def write_pickle(self, file: Pickled) -> None:
        """Put the pickle into the record."""
        needs = requirements_of(self.model, file.needs)
        self._write("pickle", "model.pkl", file.data, needs, [])

    def write_skops(self, model: Any) -> None:
        """Put a skops file into the record instead, where skops can hold `model`."""
        file = skops_of(model)
        if file is not None:
            needs = requirements_of(model, "skops")
            self._write("skops", "model.skops", file.data, needs, file.trusted_types)

    def _write(
        self, form: str, file_name: str, data: bytes, requirements: list[str], trusted: list[str]
    ) -> None:
        path = f"models/{self.model_id}/{file_name}"
        self.record |= {
            "format": form,
            "file_name": file_name,
            "digest": record_bytes(self.run_id, path, data),
            "size": len(data),
            "runs_code": form != "skops",
            "trusted_types": trusted,
            "requirements": requirements,
        }
        recorder.write(self.record)


_kept: dict[str, KeptModel] = {}
_references: dict[int, KeptModel] = {}
"""Models that are kept by reference, by the id of the object."""
_held: deque[Any] = deque(maxlen=MAX_HELD)


def keep(
    model: Any,
    run_id: str,
    *,
    seconds: float,
    limit: int = AT_ONCE_LIMIT,
    name: str = "model",
    signature: dict[str, Any] | None = None,
    input_example: dict[str, Any] | None = None,
    metadata: dict[str, Any] | None = None,
) -> KeptModel:
    """Record a fitted model of a run: as a pickle if that takes at most `seconds`, else by
    reference.
    """
    kind = type(model)
    record: dict[str, Any] = {
        "type": "model",
        "model_id": "m-" + uuid.uuid4().hex,
        "run_id": run_id,
        "name": name,
        "created_at": now_ms(),
        "flavor": "sklearn" if hasattr(model, "get_params") else "python",
        "class_name": f"{kind.__module__}.{kind.__qualname__}",
        "format": "reference",
        "signature": signature or {},
        "input_example": input_example,
        "metadata": metadata or {},
    }
    kept = _kept[record["model_id"]] = KeptModel(model, record)
    try:
        file = pickled(model, seconds, limit)
    except TooLate:
        _held.append(model)
        _references[id(model)] = kept
        idle.add(lambda: _write_reference(kept, IDLE_SECONDS))
    except Exception as error:
        kept.refusal = _reason(error)
        record["metadata"] = {**record["metadata"], "not_serialised": kept.refusal}
    else:
        _write_file(kept, file)
        return kept
    recorder.write(record)
    return kept


def _reason(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"[:500]


def _write_file(kept: KeptModel, file: Pickled) -> None:
    """Write the pickle now, and have skops replace it when the kernel has nothing to do."""
    kept.write_pickle(file)
    if can_be_skops(file) and len(file.data) <= MAX_IDLE_PICKLE:
        kept.pickle = file
        idle.add(lambda: _become_skops(kept, file))


def _become_skops(kept: KeptModel, file: Pickled) -> None:
    """Write as skops what was pickled then; the object may have been fitted again since."""
    if kept.format == "pickle":
        kept.pickle = None
        kept.write_skops(pickle.loads(file.data))


def _write_reference(kept: KeptModel, seconds: float) -> None:
    """Try again, with other limits, to write a model that is kept by reference."""
    model = kept.model
    if model is None or kept.format != "reference":
        return
    try:
        file = pickled(model, seconds, ON_REQUEST_LIMIT)
    except TooLate:
        return
    _write_file(kept, file)


def fitted_again(model: Any) -> None:
    """Let go of what is kept by reference of `model`, since it is about to become another model."""
    kept = _references.pop(id(model), None)
    if kept is not None and kept.format == "reference" and kept.model is model:
        kept.let_go("was fitted again since")


def serialise(model_id: str) -> dict[str, Any]:
    """Write a model of this kernel into the record in the best form that it can have.

    Returns
    -------
    dict
        `model_id`, `format`, `runs_code`, `size`.

    Raises
    ------
    NotFound
        This kernel has no such model.
    Conflict
        The model is gone, or nothing can pickle it.
    """
    kept = _kept.get(model_id)
    if kept is None:
        raise NotFound(f"The model {model_id} does not live in this kernel.")
    if kept.format == "reference":
        _write_on_request(kept)
    if kept.format == "pickle":
        file = kept.pickle or _read_back(kept)
        if file is not None and can_be_skops(file):
            _become_skops(kept, file)
    recorder.flush()
    return {key: kept.record[key] for key in ("model_id", "format", "runs_code", "size")}


def _write_on_request(kept: KeptModel) -> None:
    if kept.model is None:
        raise Conflict(
            f"The model {kept.model_id} was kept by reference only and {kept.gone}: fit it again."
        )
    try:
        kept.write_pickle(pickled(kept.model, ON_REQUEST_SECONDS, ON_REQUEST_LIMIT))
    except Exception as error:
        raise Conflict(f"The model {kept.model_id} cannot be written: {_reason(error)}") from None


def _read_back(kept: KeptModel) -> Pickled | None:
    """Read the pickle that this process wrote; it lies in the blob folder where it is not small."""
    digest, size = str(kept.record["digest"]), int(kept.record["size"])
    path = data_dir() / "blobs" / digest[:2] / digest
    if size > MAX_SKOPS_PICKLE or not path.exists():
        return None
    names = {line.partition("==")[0] for line in kept.record["requirements"]}
    return Pickled(path.read_bytes(), next(iter(names & {"cloudpickle", "joblib"}), None))
