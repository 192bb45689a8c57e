"""Aim's repositories: a folder with `.aim` in it, which only aim itself can read.

It is asked to in a process of its own (`readers/`), so that neither aim nor what it loads comes
into ours. Sequences have a name and a context: `train/loss` is `loss` in `subset=train`.
"""

from __future__ import annotations

import base64
import io
import json
import subprocess
import sys
from array import array
from collections.abc import Iterator
from contextlib import closing
from functools import cached_property
from pathlib import Path
from typing import IO, Any

from ..errors import InvalidRequest
from ..store.foreign import ForeignExperiment, ForeignRun, stable_id
from ..store.packing import Points
from .base import File, FoundRun, Source
from .values import flat

READER = Path(__file__).with_name("readers") / "aim_repository.py"


class Aim(Source):
    """A repository of Aim; `python` is the interpreter that has aim."""

    kind = "aim"
    python = sys.executable

    @classmethod
    def reads(cls, path: Path) -> bool:
        """Tell whether it is one, or what is in one."""
        return (_repository(path) / "run_metadata.sqlite").is_file()

    def count(self) -> int:
        """Count the runs."""
        return len(list((_repository(Path(self.where)) / "meta" / "chunks").glob("*")))

    @cached_property
    def _process(self) -> subprocess.Popen[str]:
        has_aim = "import importlib.util, sys; sys.exit(importlib.util.find_spec('aim') is None)"
        if subprocess.run([self.python, "-c", has_aim], check=False).returncode:
            raise InvalidRequest(
                "Aim's repositories can be read only with aim itself: pip install aim, or name an"
                " interpreter that has it: --python /path/to/python."
            )
        folder = str(_repository(Path(self.where)).parent)
        return subprocess.Popen(
            [self.python, str(READER), folder],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            stdin=subprocess.DEVNULL,
            text=True,
        )

    def runs(self) -> Iterator[FoundRun]:
        """Give all runs."""
        found: _Found | None = None
        for thing in self._things():
            if thing["what"] == "run":
                if found is not None:
                    yield found.run()
                found = _Found(thing)
            elif thing["what"] == "left":
                self.leave(thing["name"], thing["why"])
            elif found is not None:
                found.add(thing)
        if found is not None:
            yield found.run()

    def _things(self) -> Iterator[dict[str, Any]]:
        process = self._process
        out: IO[str] | None = process.stdout
        assert out is not None
        for line in out:
            yield json.loads(line)
        assert process.stderr is not None
        said = process.stderr.read().strip().splitlines()
        if process.wait():
            self.leave(self.where, f"Aim cannot read it: {said[-1] if said else 'it says nothing'}")

    def close(self) -> None:
        """End aim."""
        process = self.__dict__.get("_process")
        if process is not None:
            process.kill()
            process.wait()
            for stream in (process.stdout, process.stderr):
                with closing(stream):
                    pass


class _Found:
    """What is said of one run."""

    def __init__(self, about: dict[str, Any]) -> None:
        self._about = about
        self._series: dict[str, Points] = {}
        self._files: list[File] = []

    def add(self, thing: dict[str, Any]) -> None:
        if thing["what"] == "file":
            content = base64.b64decode(thing["content"])
            self._files.append(File(thing["path"], lambda: io.BytesIO(content), len(content)))
        elif thing["what"] == "points":
            self._series[thing["key"]] = Points(
                array("q", thing["steps"]),
                array("q", [int(moment * 1000) for moment in thing["times"]]),
                array("d", map(float, thing["values"])),
            )

    def run(self) -> FoundRun:
        about = self._about
        params: dict[str, str] = {}
        for name, content in about["params"].items():
            # What `run["hparams"] = {...}` set is what others call params.
            params |= flat(content if name == "hparams" else {name: content})
        start, end = int(about["start"] * 1000), about["end"]
        run = ForeignRun(
            run_id=stable_id(Aim.kind, about["id"]),
            experiment=ForeignExperiment(name=about["experiment"] or "aim", creation_time=start),
            name=about["name"] or about["id"],
            status="FINISHED" if end else "RUNNING",
            lifecycle_stage="deleted" if about["archived"] else "active",
            start_time=start,
            end_time=int(end * 1000) if end else None,
            note=about["note"] or "",
            params=params,
            tags=dict.fromkeys(about["tags"], ""),
        )
        return FoundRun(run, self._series.items, lambda: self._files)


def _repository(path: Path) -> Path:
    return path if path.name == ".aim" else path / ".aim"
