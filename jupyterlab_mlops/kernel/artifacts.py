"""The client's calls that record files: given ones, and ones made from text, data and figures."""

from __future__ import annotations

import io
import json
import os
import uuid
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from .blobs import Opener, record_bytes, record_files
from .folder import Folder
from .recorder import forgiving, now_ms, recorder
from .runs import runs
from .values import InvalidValue, checked_int, checked_key, checked_path, describe

_SHOWN_LINKS = 3


@forgiving
def log_artifact(
    local_path: str | os.PathLike[str], artifact_path: str | None = None, run_id: str | None = None
) -> None:
    """Record a file (or, as in MLflow, a folder) as an artifact of the active run (or `run_id`).

    Parameters
    ----------
    local_path
        The file.
    artifact_path
        The folder in the run that it goes to; default: the run's top.

    Raises
    ------
    InvalidValue
        There is no such file, it cannot be read, or `artifact_path` leads outside the run.
    """
    local = _existing(local_path)
    if local.is_dir():
        folder = f"{artifact_path}/{local.name}" if artifact_path else local.name
        log_artifacts(local, folder, run_id)
        return
    if not local.is_file():
        raise InvalidValue(f"{str(local)!a} is neither a file nor a folder.")
    path = checked_path(f"{artifact_path}/{local.name}" if artifact_path else local.name)
    _record_local(runs.target(run_id), [(path, local)])


@forgiving
def log_artifacts(
    local_dir: str | os.PathLike[str], artifact_path: str | None = None, run_id: str | None = None
) -> None:
    """Record all files of a folder, with their folders, as artifacts; see `log_artifact`.

    Links that lead out of the folder are left out, and said so: whoever may write to it could lay
    hands on any file of yours. A link to a file of the folder is recorded as that file.

    Raises
    ------
    InvalidValue
        There is no such folder, or a file in it cannot be read.
    """
    folder = _existing(local_dir)
    if not folder.is_dir():
        raise InvalidValue(f"{str(folder)!a} is not a folder: use log_artifact for a file.")
    prefix = f"{checked_path(artifact_path)}/" if artifact_path else ""
    with Folder(folder) as opened:
        files = [(checked_path(prefix + path), local) for path, local in sorted(opened.files())]
        _record_local(runs.target(run_id), files, opened.open)
    if opened.links:
        names = ", ".join(map(ascii, opened.links[:_SHOWN_LINKS]))
        left_out = OSError(f"{len(opened.links)} links out of {str(folder)!a} left out: {names}")
        recorder.fault("client.log_artifacts", left_out)


def _existing(path: Any) -> Path:
    try:
        local = Path(path)
        exists = local.exists()
    except (TypeError, ValueError, OSError):
        raise InvalidValue(f"{describe(path)} is not a path.") from None
    if not exists:
        raise InvalidValue(f"There is no file {str(local)!a}.")
    return local


def _record_local(
    run_id: str, files: Iterable[tuple[str, Path | str]], opener: Opener | None = None
) -> None:
    try:
        record_files(run_id, files, opener)
    except PermissionError as error:
        raise InvalidValue(f"{str(error.filename)!a} cannot be read or written.") from None


@forgiving
def log_text(text: str, artifact_file: str, run_id: str | None = None) -> None:
    """Record text as an artifact, in UTF-8.

    Raises
    ------
    InvalidValue
        It is no text, or the path leads outside the run.
    """
    if not isinstance(text, str):
        raise InvalidValue(f"log_text takes text, not {describe(text)}.")
    path = checked_path(artifact_file)
    record_bytes(runs.target(run_id), path, text.encode("utf-8", "surrogatepass"))


@forgiving
def log_dict(dictionary: Any, artifact_file: str, run_id: str | None = None) -> None:
    """Record a dict or list as JSON, or as YAML where the name ends in `.yaml` or `.yml`.

    Raises
    ------
    InvalidValue
        It cannot be written as JSON, or YAML is asked for and PyYAML is not installed.
    """
    path = checked_path(artifact_file)
    text = _yaml(dictionary) if path.endswith((".yaml", ".yml")) else _json(dictionary)
    record_bytes(runs.target(run_id), path, text.encode("utf-8", "surrogatepass"))


def _json(value: Any) -> str:
    try:
        return json.dumps(value, indent=2, default=_plain)
    except (TypeError, ValueError, RecursionError) as error:
        raise InvalidValue(f"This cannot be written as JSON: {error}.") from None


def _plain(value: Any) -> Any:
    for method in ("tolist", "isoformat"):
        if hasattr(value, method):
            return getattr(value, method)()
    raise TypeError(f"{type(value).__name__} has no form in JSON")


def _yaml(value: Any) -> str:
    try:
        import yaml
    except ImportError:
        raise InvalidValue(
            "Writing YAML needs PyYAML: pip install pyyaml, or name the file .json."
        ) from None
    return str(yaml.safe_dump(json.loads(_json(value)), sort_keys=False))


@forgiving
def log_figure(
    figure: Any, artifact_file: str, *, save_kwargs: dict[str, Any] | None = None
) -> None:
    """Record a matplotlib figure in the format that the name ends in, or a plotly figure as HTML.

    Raises
    ------
    InvalidValue
        It is no such figure, or cannot be drawn in that format.
    """
    path = checked_path(artifact_file)
    buffer = io.BytesIO()
    try:
        if hasattr(figure, "savefig"):
            options = {"format": Path(path).suffix.lstrip(".") or "png", **(save_kwargs or {})}
            figure.savefig(buffer, **options)
        elif hasattr(figure, "write_html"):
            buffer.write(_plotly(figure, path, save_kwargs or {}))
        else:
            raise InvalidValue(
                f"log_figure takes a matplotlib or plotly figure, not {type(figure).__name__}."
            )
    except (ValueError, TypeError) as error:
        if isinstance(error, InvalidValue):
            raise
        raise InvalidValue(f"The figure cannot be drawn as {path!a}: {error}") from None
    record_bytes(runs.target(), path, buffer.getvalue())


def _plotly(figure: Any, path: str, options: dict[str, Any]) -> bytes:
    if path.endswith(".html"):
        return str(figure.to_html(**{"include_plotlyjs": "cdn", **options})).encode()
    return bytes(figure.to_image(format=Path(path).suffix.lstrip(".") or "png", **options))


@forgiving
def log_image(
    image: Any,
    artifact_file: str | None = None,
    key: str | None = None,
    step: int | None = None,
    timestamp: int | None = None,
    synchronous: bool | None = False,
) -> None:
    """Record a picture: a PIL image or a NumPy array of H x W, H x W x 1, 3 or 4.

    Arrays hold bools, integers of 0 to 255 or floats of 0 to 1.

    Parameters
    ----------
    artifact_file
        Where it goes. Or else
    key, step, timestamp
        the name of a series of pictures, and the place in it, as in MLflow.

    Raises
    ------
    InvalidValue
        It is no picture, Pillow is not installed, or both or neither ways of naming it are used.
    """
    if (artifact_file is None) == (key is None):
        raise InvalidValue("Give log_image either an artifact_file or a key.")
    path = checked_path(artifact_file) if key is None else _series_path(key, step, timestamp)
    picture = _picture(image)
    buffer = io.BytesIO()
    kind = {".jpg": "JPEG", ".jpeg": "JPEG", ".webp": "WEBP", ".gif": "GIF"}
    try:
        picture.save(buffer, kind.get(Path(path).suffix.lower(), "PNG"))
    except (OSError, ValueError) as error:
        raise InvalidValue(f"The picture cannot be written as {path!a}: {error}") from None
    record_bytes(runs.target(), path, buffer.getvalue())


def _series_path(key: str, step: Any, timestamp: Any) -> str:
    """Name a picture of a series as MLflow does, so that its own viewer finds it after a push."""
    name = checked_key(key, "picture").replace("/", "#")
    step = 0 if step is None else checked_int(step, "step")
    timestamp = now_ms() if timestamp is None else checked_int(timestamp, "timestamp")
    return f"images/{name}%step%{step}%timestamp%{timestamp}%{uuid.uuid4()}.png"


def _picture(image: Any) -> Any:
    try:
        from PIL import Image
    except ImportError:
        raise InvalidValue("log_image needs Pillow: pip install pillow.") from None
    if isinstance(image, Image.Image):
        return image
    if hasattr(image, "to_pil"):
        return image.to_pil()
    if not hasattr(image, "__array__"):
        raise InvalidValue(f"log_image takes a picture or an array, not {describe(image)}.")
    return Image.fromarray(_pixels(image))


def _pixels(image: Any) -> Any:
    import numpy as np

    array = np.asarray(image)
    if array.ndim == 3 and array.shape[2] == 1:
        array = array[:, :, 0]
    if array.ndim not in (2, 3) or (array.ndim == 3 and array.shape[2] not in (3, 4)):
        raise InvalidValue(
            f"A picture has the shape H x W or H x W x 1, 3 or 4, not {array.shape}."
        )
    if array.dtype == bool:
        return array.astype(np.uint8) * 255
    if array.dtype.kind not in "iuf" or not array.size or not np.isfinite(array).all():
        raise InvalidValue("A picture's pixels are finite numbers, and there is at least one.")
    top = 1 if array.dtype.kind == "f" else 255
    if array.min() < 0 or array.max() > top:
        raise InvalidValue(f"A picture of {array.dtype} has values of 0 to {top}.")
    return (array * (255 if top == 1 else 1)).astype(np.uint8)


@forgiving
def log_table(data: Any, artifact_file: str, run_id: str | None = None) -> None:
    """Record a DataFrame or a dict of columns as a table, in MLflow's JSON form.

    Rows logged again by this process under the same name are appended.

    Raises
    ------
    InvalidValue
        It is neither, its columns differ in length, or the name does not end in `.json`.
    """
    path = checked_path(artifact_file)
    if not path.endswith(".json"):
        raise InvalidValue(f"A table's name ends in .json, not {path!a}.")
    table = _table(data)
    target = runs.target(run_id)
    before = _tables.get((target, path))
    if before is not None:
        table = _append_rows(before, table)
    payload = _json(table).encode("utf-8", "surrogatepass")
    _tables[(target, path)] = table
    record_bytes(target, path, payload)


_tables: dict[tuple[str, str], dict[str, Any]] = {}


def _table(data: Any) -> dict[str, Any]:
    if hasattr(data, "to_dict") and hasattr(data, "columns"):
        data = {str(name): list(values) for name, values in data.to_dict("list").items()}
    if not isinstance(data, Mapping):
        raise InvalidValue(f"log_table takes a DataFrame or a dict, not {describe(data)}.")
    columns = {
        str(name): list(values) if isinstance(values, (list, tuple)) else _column(values)
        for name, values in data.items()
    }
    lengths = {len(values) for values in columns.values()}
    if len(lengths) > 1:
        raise InvalidValue(f"The table's columns differ in length: {sorted(lengths)}.")
    rows = [list(row) for row in zip(*columns.values(), strict=True)]
    return {"columns": list(columns), "data": rows}


def _column(values: Any) -> list[Any]:
    if hasattr(values, "tolist"):
        plain = values.tolist()
        return plain if isinstance(plain, list) else [plain]
    return [values]


def _append_rows(before: dict[str, Any], table: dict[str, Any]) -> dict[str, Any]:
    """Join two tables as MLflow does: columns that one lacks are empty there."""
    columns = list(dict.fromkeys([*before["columns"], *table["columns"]]))
    data = []
    for part in (before, table):
        place = {name: position for position, name in enumerate(part["columns"])}
        data += [
            [row[place[name]] if name in place else None for name in columns]
            for row in part["data"]
        ]
    return {"columns": columns, "data": data}
