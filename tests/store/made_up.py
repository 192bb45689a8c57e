"""Runs made up at random, the same ones each time."""

from __future__ import annotations

import math
import random

from jupyterlab_mlops.types import (
    AnyRecord,
    MetricsLogged,
    ParamLogged,
    RunEnd,
    RunStart,
    TagsSet,
)

from .stream import T0

COUNT = 120


def made_up_run(number: int) -> list[AnyRecord]:
    rng = random.Random(number)
    run_id = f"{number:032x}"
    records: list[AnyRecord] = [
        RunStart(
            run_id=run_id,
            # Several runs share a start: ties are broken by the id.
            start_time=T0 + number // 3,
            name=f"run {number}",
            experiment=rng.choice(["iris", "wine"]),
            user=rng.choice(["ada", "Bob", None]),
        )
    ]
    params = {f"p{k}": f"v{rng.randrange(4)}" for k in range(3) if rng.random() < 0.8}
    points = [
        (f"m{k}", rng.choice([rng.random(), float(rng.randrange(3)), math.nan, math.inf]), 0, T0)
        for k in range(3)
        if rng.random() < 0.7
    ]
    tags = {f"t{k}": rng.choice(["Alpha", "alpha", "beta*", "gamma"]) for k in range(2)}
    records += [
        ParamLogged(run_id=run_id, params=params, timestamp=T0),
        MetricsLogged(run_id=run_id, points=points),
        TagsSet(run_id=run_id, tags={k: t for k, t in tags.items() if rng.random() < 0.7}),
        RunEnd(run_id=run_id, status=rng.choice(["FINISHED", "FAILED"]), end_time=T0 + 500),
        # Numbers and other texts under one key.
        ParamLogged(
            run_id=run_id,
            params={"lr": rng.choice(["0.1", "1e-2", "10", "9", "auto", " 3 ", "1.2.3", ""])},
            timestamp=T0,
        ),
    ]
    return records
