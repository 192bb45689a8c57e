"""Copies of the package as another version has it, for kernels and servers to run from."""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
PACKAGE = "jupyterlab_mlops"
LAUNCH = """
import sys
sys.path = [{first!r}, *(path for path in sys.path if path not in {not_wanted!r})]
from ipykernel.kernelapp import launch_new_instance
launch_new_instance()
"""
NEWER = {
    "__init__.py": [('__version__ = "0.1.0"', '__version__ = "9.0.0"')],
    "kernel/segment.py": [("FORMAT = 1", "FORMAT = 2")],
    "kernel/journal.py": [
        ('"format": FORMAT,', '"format": FORMAT, "colour": "blue",'),
        (
            "    def write(self, record: ",
            """    def write(self, record, attachment=None):
        if record["type"] == "run_start":
            from .segment import frame

            dream = {"type": "dream", "run_id": record["run_id"], "text": "of a beach"}
            self.write_known(dream, b"shells")
            self._append(frame(5, b"a frame that nobody knew"))
            record = {**record, "mood": "hopeful"}
        self.write_known(record, attachment)

    def write_known(self, record: """,
        ),
    ],
    "types.py": [
        (
            "    Fault,\n]",
            "    Fault,\n    Dream,\n]",
        ),
        (
            'class RunEnd(Record, tag="run_end")',
            'class Dream(Record, tag="dream"):\n    run_id: str\n    text: str\n\n\n'
            'class RunEnd(Record, tag="run_end")',
        ),
        (
            'class RunStart(Record, tag="run_start"):\n    """A run was opened."""\n',
            'class RunStart(Record, tag="run_start", kw_only=True):\n'
            '    """A run was opened."""\n\n'
            "    mood: str | None = None\n",
        ),
    ],
    "store/apply.py": [
        (
            "def apply(\n",
            """def apply_dream(tx, record, origin, changes):
    tags = {"dream": f"{record.text} of {len(attached)} bytes"}
    run_records.apply_tags(tx, TagsSet(run_id=record.run_id, tags=tags), origin, changes)


def apply_mood(tx, record, origin, changes):
    run_records.apply_start(tx, record, origin, changes)
    if record.mood:
        tags = TagsSet(run_id=record.run_id, tags={"mood": record.mood})
        run_records.apply_tags(tx, tags, origin, changes)


from ..types import Dream

attached = b"shells"
_APPLIERS[Dream] = apply_dream
_APPLIERS[RunStart] = apply_mood


def apply(
""",
        )
    ],
}
"""A version with another header, a further field, a further kind of record and a further frame."""
OLDER = {
    "__init__.py": [('__version__ = "0.1.0"', '__version__ = "0.0.9"')],
    "kernel/journal.py": [
        ('            "format": FORMAT,\n            "version": __version__,\n', ""),
        ('            "boot_id": boot_id(),\n', ""),
        (
            "    def write_text(self, text: str) -> None:\n",
            """    def write_text(self, text):
        record = json.loads(text)
        for name in ("cell_id", "execution_count", "names_read", "names_written"):
            record.pop(name, None)
        self.write(record)

    def write_text_since(self, text: str) -> None:
""",
        ),
    ],
    "kernel/remote.py": [('    "switch_recording": _switch_recording,\n', "")],
}
"""A version that says less, and that can be asked for less."""
Edits = dict[str, list[tuple[str, str]]]


def copy_of_package(folder: Path, edits: Edits) -> Path:
    """Copy the package into a folder for `sys.path`, with some texts replaced; give the folder."""
    target = folder / PACKAGE
    ignored = shutil.ignore_patterns("__pycache__", "labextension")
    shutil.copytree(ROOT / PACKAGE, target, ignore=ignored, dirs_exist_ok=True)
    for name, replacements in edits.items():
        text = (target / name).read_text()
        for old, new in replacements:
            assert text.count(old) == 1, f"{name} has {old!r} {text.count(old)} times"
            text = text.replace(old, new)
        (target / name).write_text(text)
    return folder


def add_kernel(data_dir: Path, name: str, first: Path, *not_wanted: Path) -> None:
    """Make a kernel that finds the package in `first`; `data_dir` is Jupyter's."""
    spec = data_dir / "kernels" / name
    spec.mkdir(parents=True)
    launcher = spec / "launch.py"
    others = [str(path) for path in (ROOT, *not_wanted)]
    launcher.write_text(LAUNCH.format(first=str(first), not_wanted=others))
    command = [sys.executable, str(launcher), "-f", "{connection_file}"]
    description = {"argv": command, "display_name": name, "language": "python"}
    (spec / "kernel.json").write_text(json.dumps(description))
