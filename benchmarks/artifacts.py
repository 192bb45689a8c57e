"""Files of runs: one of 200 MB, the same again, 2,000 of 10 kB; hashed, kept once, in the store.

    python benchmarks/artifacts.py

Held against what must be done at least: one pass that hashes and copies, the hash alone, and
appending small files to one pack with their hashes. Small files are timed until the store has them.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

BIG, MANY, SMALL = 200 * 2**20, 2_000, 10_000
ROUNDS = 5
PIECE = 2**20


def hashed(path: Path) -> str:
    """Return the SHA-256 of a file: the least that finding a known one takes."""
    state = hashlib.sha256()
    with path.open("rb", buffering=0) as file:
        while piece := file.read(PIECE):
            state.update(piece)
    return state.hexdigest()


def copied(path: Path, target: Path) -> None:
    """Hash and copy a file in one pass."""
    state = hashlib.sha256()
    with path.open("rb") as file, target.open("wb") as copy:
        while piece := file.read(PIECE):
            state.update(piece)
            copy.write(piece)


def packed(folder: Path, target: Path) -> None:
    """Append all files of a folder to one, and hash them."""
    with target.open("wb") as pack:
        for path in sorted(folder.iterdir()):
            content = path.read_bytes()
            hashlib.sha256(content).digest()
            pack.write(content)


def seconds(work: Callable[[], object]) -> float:
    """Return the wall time of some work."""
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


def one_round(folder: Path, small: Path) -> dict[str, float]:
    """Measure all in alternation, with content that the store has not seen."""
    import jupyterlab_mlops as mlops
    from jupyterlab_mlops.capture.ingest import ingest_pending

    big = folder / "big.bin"
    big.write_bytes(os.urandom(2**20) * (BIG // 2**20))
    for number in range(MANY):
        (small / f"{number:04}.bin").write_bytes(os.urandom(SMALL))
    data = Path(os.environ["JUPYTER_MLOPS_DATA_DIR"])
    found = {
        "bare_hash_s": seconds(lambda: hashed(big)),
        "bare_copy_and_hash_s": seconds(lambda: copied(big, folder / "copy.bin")),
        "big_s": seconds(lambda: mlops.log_artifact(big)),
        "big_again_s": seconds(lambda: mlops.log_artifact(big, "again")),
        "bare_pack_s": seconds(lambda: packed(small, folder / "pack.bin")),
        "small_call_s": seconds(lambda: mlops.log_artifacts(small, "small")),
        "small_ingest_s": seconds(lambda: ingest_pending(data)),
    }
    shutil.rmtree(data / "blobs")
    return found


def measure() -> dict[str, float]:
    """Return medians, and the medians of the ratios of each round."""
    import jupyterlab_mlops as mlops

    rounds = []
    with tempfile.TemporaryDirectory() as place:
        os.environ["JUPYTER_MLOPS_DATA_DIR"] = str(Path(place) / "data")
        small = Path(place) / "small"
        small.mkdir()
        with mlops.start_run():
            rounds = [one_round(Path(place), small) for _ in range(ROUNDS)]

    def median(figure: Callable[[dict[str, float]], float]) -> float:
        return round(statistics.median(map(figure, rounds)), 4)

    return {
        **{name: median(lambda r, name=name: r[name]) for name in rounds[0]},  # type: ignore[misc]
        "big_speed_of_copy_and_hash": median(lambda r: r["bare_copy_and_hash_s"] / r["big_s"]),
        "big_again_speed_of_hash": median(lambda r: r["bare_hash_s"] / r["big_again_s"]),
        "small_call_speed_of_pack": median(lambda r: r["bare_pack_s"] / r["small_call_s"]),
        "small_speed_of_pack": median(
            lambda r: r["bare_pack_s"] / (r["small_call_s"] + r["small_ingest_s"])
        ),
        "small_files_a_second": median(lambda r: MANY / (r["small_call_s"] + r["small_ingest_s"])),
    }


if __name__ == "__main__":
    print(json.dumps(measure(), indent=2))
