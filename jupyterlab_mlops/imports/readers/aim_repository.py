"""Run by an interpreter that has aim: prints what a repository holds, a JSON object in each line.

It imports nothing of ours, so that aim may live in an environment of its own, and lies in a folder
of its own, since Python looks for modules beside a script first.
"""

from __future__ import annotations

import base64
import io
import json
import math
import sys
from collections.abc import Iterator
from typing import Any

from aim import Repo, Run
from aim.sdk.repo import ContainerConfig
from aim.storage.context import Context
from aim.storage.union import RocksUnionContainer

PICTURES, TEXTS = "images", "texts"
OTHERS = ("audios", "distributions", "figures")


def say(**thing: Any) -> None:
    """Print an object; numbers that JSON does not know come as words."""
    sys.stdout.write(json.dumps(thing, default=str) + "\n")


def called(sequence: Any) -> str:
    """Name a sequence: what its context says stands before it."""
    context = sequence.context.to_dict()
    return "/".join([*(str(context[key]) for key in sorted(context)), sequence.name])


def finite(number: float) -> float | str:
    """Return a number, or a word for one that JSON does not know."""
    return float(number) if math.isfinite(number) else str(float(number))


def points(sequence: Any) -> None:
    """Print all points of a metric."""
    steps, columns = sequence.data.items_list()
    values, _, times = (*columns, [], [])[:3]
    say(
        what="points",
        key=called(sequence),
        steps=[int(step) for step in steps],
        values=[finite(value) for value in values],
        times=[float(moment) for moment in times],
    )


def objects(sequence: Any) -> Iterator[tuple[int, int, Any]]:
    """Give the objects of a sequence with their steps and their numbers within one."""
    steps, columns = sequence.data.items_list()
    for step, found in zip(steps, columns[0], strict=False):
        listed = found if isinstance(found, list) else [found]
        for number, each in enumerate(listed):
            yield int(step), number, each


def files(run: Any) -> None:
    """Print texts and pictures as files, and say what else there is."""
    info = run.collect_sequence_info((TEXTS, PICTURES, *OTHERS))
    for kind in (TEXTS, PICTURES):
        get = run.get_text_sequence if kind == TEXTS else run.get_image_sequence
        for about in info.get(kind) or ():
            sequence = get(about["name"], Context(about["context"]))
            for step, number, each in objects(sequence):
                suffix, content = "txt", str(getattr(each, "data", each)).encode()
                if kind == PICTURES:
                    out = io.BytesIO()
                    each.to_pil_image().save(out, "PNG")
                    suffix, content = "png", out.getvalue()
                path = f"{kind}/{called(sequence)}/{step}-{number}.{suffix}"
                say(what="file", path=path, content=base64.b64encode(content).decode())
    for kind in OTHERS:
        for sequence in info.get(kind) or ():
            say(what="left", name=f"{sequence['name']} of run {run.name}", why=f"These are {kind}.")


def main(path: str) -> None:
    """Print all runs."""
    repo = Repo.from_path(path)
    # Its index is filled by `aim up`, and lacks what nobody has looked at yet.
    everything = RocksUnionContainer(f"{repo.path}/meta", read_only=True)
    repo.container_pool[ContainerConfig("meta", None, True)] = everything
    hashes = list(repo.list_all_runs())
    say(what="count", count=len(hashes))
    for known in hashes:
        run = Run(known, repo=repo, read_only=True)
        say(
            what="run",
            id=run.hash,
            name=run.name,
            experiment=run.experiment,
            note=run.description,
            tags=list(run.tags),
            archived=bool(run.archived),
            start=run.creation_time,
            end=run.end_time,
            params={k: v for k, v in run.get(..., {}).items() if not k.startswith("__")},
        )
        for sequence in run.metrics():
            points(sequence)
        files(run)


if __name__ == "__main__":
    main(sys.argv[1])
