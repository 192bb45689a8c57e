"""Run the faults in their long form, part by part, and say what became of each in one table.

    python tests/faults [--json FILE] [PART ...]

Each part runs in a process of its own, and what it found is in the file as soon as it has ended,
beside what others have found before: so a run may be cut into several. `kernel.2` is the second of
the pieces that `kernel` consists of.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any, NamedTuple

HERE = Path(__file__).parent


class Part(NamedTuple):
    """Tests that are run together, and in how many pieces."""

    file: str
    choice: str = ""
    pieces: int = 1


PARTS = {
    "journal": Part("test_kill.py", "forks"),
    "kernel": Part("test_kill.py", "kernels", pieces=4),
    "server": Part("test_kill.py", "server", pieces=5),
    "both": Part("test_kill.py", "both", pieces=2),
    "writers": Part("test_contention.py", "sixteen"),
    "handover": Part("test_contention.py", "two_servers"),
    "migration": Part("test_contention.py", "migration"),
    "full": Part("test_disk.py", "full"),
    "locked": Part("test_disk.py", "another or tap"),
    "refusing": Part("test_disk.py", "cannot or refuses"),
    "damage": Part("test_damage.py"),
    "deleted": Part("test_deleted.py"),
    "process": Part("test_process.py"),
    "values": Part("test_values.py"),
    "callbacks": Part("test_callbacks.py"),
    "forget": Part("test_forget.py"),
}
COLUMNS = ("fault", "rounds", "acknowledged", "stored", "lost", "errors", "seconds", "note")
SUMS = ("rounds", "acknowledged", "stored", "lost", "errors", "seconds")

Lines = list[dict[str, Any]]


def pieces(names: list[str]) -> list[str]:
    """Return the pieces of parts, in order: `kernel` is kernel.1, kernel.2 and so on."""
    found = []
    for name in names:
        count = PARTS[name].pieces if "." not in name else 1
        found += [name] if count == 1 else [f"{name}.{n}" for n in range(1, count + 1)]
    return found


def known() -> list[str]:
    """Return every name of a part, and of a piece of one."""
    return [*PARTS, *(f"{p}.{n}" for p, (_, _, c) in PARTS.items() for n in range(1, c + 1))]


def run(piece: str) -> tuple[Lines, bool]:
    """Run one piece in a process of its own; return its lines, and whether all was well."""
    name, _, number = piece.partition(".")
    part = PARTS[name]
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / "lines.json"
        more = {
            "MLOPS_LONG": "1",
            "MLOPS_TORTURE_JSON": str(target),
            "MLOPS_TORTURE_PIECE": f"{number or 1}/{part.pieces}",
        }
        command = [sys.executable, "-m", "pytest", str(HERE / part.file), "-s", "-k", part.choice]
        done = subprocess.run(command, check=False, env={**os.environ, **more})
        lines: Lines = json.loads(target.read_text()) if target.exists() else []
    return lines, done.returncode == 0


def joined(found: dict[str, Lines]) -> Lines:
    """Join the lines of all pieces: one for each fault."""
    by_fault: dict[str, dict[str, Any]] = {}
    for line in (line for lines in found.values() for line in lines):
        known = by_fault.setdefault(line["fault"], {**line, **dict.fromkeys(SUMS, 0), "note": ""})
        for name in SUMS:
            known[name] = round(known[name] + line[name], 1)
        known["note"] = " / ".join(filter(None, (known["note"], line["note"])))
    return list(by_fault.values())


def show(found: dict[str, Lines]) -> None:
    """Print the table."""
    print("| " + " | ".join(COLUMNS) + " |\n" + "| --- " * len(COLUMNS) + "|")
    for line in joined(found):
        print("| " + " | ".join(str(line[name]) for name in COLUMNS) + " |")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"default: {' '.join(PARTS)}")
    parser.add_argument("--json", type=Path, metavar="FILE", help="keep what was found, by part")
    arguments = parser.parse_args()
    if unknown := set(arguments.parts) - set(known()):
        parser.error(f"no part {', '.join(sorted(unknown))}; there are {', '.join(PARTS)}")
    file = arguments.json
    found: dict[str, Lines] = json.loads(file.read_text()) if file and file.exists() else {}
    failed = []
    for piece in pieces(arguments.parts or list(PARTS)):
        found[piece], well = run(piece)
        failed += [] if well else [piece]
        if file:
            file.write_text(json.dumps(found, indent=1) + "\n")
    show(found)
    if failed:
        print(f"failed: {' '.join(failed)}")
    return int(bool(failed))


if __name__ == "__main__":
    sys.exit(main())
