"""Fitted models of the client: logging one, and loading one back from the record."""

from __future__ import annotations

import pickle
import re
from typing import TYPE_CHECKING, Any

from ..errors import Conflict, MLOpsError, NotFound
from .kept_models import keep, serialise
from .recorder import forgiving
from .runs import runs
from .signatures import example_of, given_signature, signature_of
from .values import InvalidValue, checked_key, describe

if TYPE_CHECKING:
    import sqlite3

    from ..types import LoggedModel

__all__ = ["ModelInfo", "load_model", "log_model", "serialise"]

LOG_SECONDS = 600.0
LOG_LIMIT = 4 << 30

_model_id = re.compile(r"m-[0-9a-f]{32}")
_registered = re.compile(r"models:/(?P<name>[^/@]+)(?:@(?P<alias>[\w-]+)|/(?P<version>[\w-]+))")


class ModelInfo:
    """A logged model: `model_id`, `run_id`, `name` and `model_uri`, as in MLflow."""

    def __init__(self, model_id: str, run_id: str, name: str) -> None:
        self.model_id = model_id
        self.run_id = run_id
        self.name = name
        self.model_uri = f"models:/{model_id}"

    def __repr__(self) -> str:
        return f"ModelInfo(model_uri={self.model_uri!r}, run_id={self.run_id!r})"


@forgiving
def log_model(
    model: Any,
    artifact_path: str | None = None,
    *,
    name: str | None = None,
    registered_model_name: str | None = None,
    signature: Any = None,
    input_example: Any = None,
    metadata: dict[str, Any] | None = None,
    run_id: str | None = None,
) -> ModelInfo:
    """Record a fitted model in the active run (or `run_id`).

    Parameters
    ----------
    model
        Anything that can be pickled; an estimator of scikit-learn is written as skops where that
        can be.
    artifact_path, name
        Its name in the run, in MLflow's old and new way; default `model`.
    registered_model_name
        Make it a new version of this registered model, too.
    signature
        MLflow's `ModelSignature` or its dict; default: that of `input_example`.
    input_example
        A few rows of what goes in.
    metadata
        Texts to keep with it.

    Raises
    ------
    InvalidValue
        It cannot be pickled, or the name cannot be what it should be.
    """
    label = checked_key(name or artifact_path or "model", "model")
    given = given_signature(signature) if signature is not None else None
    if given is None and input_example is not None:
        given = signature_of(model, input_example, None)
    kept = keep(
        model,
        runs.target(run_id),
        seconds=LOG_SECONDS,
        limit=LOG_LIMIT,
        name=label,
        signature=given,
        input_example=example_of(input_example) if input_example is not None else None,
        metadata=metadata,
    )
    if kept.refusal is not None:
        raise InvalidValue(f"The model cannot be written: {kept.refusal}")
    info = ModelInfo(kept.model_id, kept.run_id, label)
    if registered_model_name is not None:
        from .reading import register_model

        register_model(info.model_uri, registered_model_name)
    return info


def load_model(model_uri: str) -> Any:
    """Load a model from the record; it is a new object, as it was when it was logged.

    Parameters
    ----------
    model_uri
        A run's id (its last model) or a model's id; `runs:/<run id>/<name>`,
        `models:/<name>@<alias>`, `models:/<name>/<version>`, or `models:/<model id>`.

    Raises
    ------
    NotFound
        There is no such run, model or version.
    Conflict
        The model was kept by reference only, and the kernel that has it is another or gone.
    InvalidValue
        The name is none of these, or loading the file failed.
    """
    given: Any = model_uri
    if not isinstance(given, str) or not given:
        raise InvalidValue(f"A model is named by text, not {describe(given)}.")
    model = _find(given)
    if model.format == "reference":
        model = _written(model)
    return _load(model, _content_of(model))


def _find(model_uri: str) -> LoggedModel:
    from . import reading

    version = _registered.fullmatch(model_uri)
    if _model_id.fullmatch(model_uri):
        return reading.find_model(f"models:/{model_uri}")
    if version is not None and not _model_id.fullmatch(version["name"]):
        wanted = version["alias"] or version["version"]
        return reading.read(lambda c: _model_of_version(c, version["name"], wanted))
    if ":/" in model_uri:
        return reading.find_model(model_uri)
    return reading.read(lambda c: _last_model(c, model_uri))


def _model_of_version(connection: sqlite3.Connection, name: str, wanted: str) -> LoggedModel:
    from ..store.registry import get_logged_model, get_version

    version = get_version(connection, name, int(wanted) if wanted.isdigit() else wanted)
    if version.model_id is None:
        raise NotFound(f"Version {version.version} of {name!r} has no model of this record.")
    return get_logged_model(connection, version.model_id)


def _last_model(connection: sqlite3.Connection, run: str) -> LoggedModel:
    from ..store.registry import models_of_run
    from ..store.runs import find_run_id

    found = models_of_run(connection, find_run_id(connection, run))
    if not found:
        raise NotFound(f"The run {run[:60]!a} has no model.")
    return found[-1]


def _written(model: LoggedModel) -> LoggedModel:
    """Have a model written that is kept by reference, and find it again."""
    from . import reading

    try:
        serialise(model.model_id)
    except NotFound:
        raise Conflict(
            f"The model {model.model_id} was kept by reference in another kernel: "
            "register it there, or fit it again."
        ) from None
    return reading.find_model(f"models:/{model.model_id}")


def _content_of(model: LoggedModel) -> bytes:
    from . import reading
    from .places import data_dir

    def read(connection: sqlite3.Connection) -> bytes:
        from ..store.blobs import BlobStore

        return BlobStore(data_dir()).read(str(model.digest), connection)

    return reading.read(read, fresh=False)


def _load(model: LoggedModel, content: bytes) -> Any:
    """Make the object; this process is the user's own, and it is theirs to run code in."""
    try:
        if model.format == "skops":
            from skops import io as skops_io

            return skops_io.loads(content, trusted=model.trusted_types)
        return pickle.loads(content)
    except ImportError as error:
        raise InvalidValue(
            f"Loading the model needs {error.name or 'a package that is not installed'}: "
            f"pip install {' '.join(model.requirements)}"
        ) from None
    except MLOpsError:
        raise
    except Exception as error:
        raise InvalidValue(
            f"The model {model.model_id} cannot be loaded: {type(error).__name__}: {error}"
        ) from None
