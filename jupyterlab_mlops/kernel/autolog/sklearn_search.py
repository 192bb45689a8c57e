"""A parameter search: its result in the run, and a child run for each candidate."""

from __future__ import annotations

import csv
import io
import math
from typing import Any

from ..blobs import record_bytes
from ..client import record_params, record_tags
from ..recorder import now_ms
from ..runs import runs
from .children import record_child
from .params import clean_key, text_of
from .tracking import Fit

MAX_CHILDREN = 200
"""Of a larger search the best candidates become children; the file `cv_results.csv` has them all.
"""


def log_search(search: Any, fit: Fit, elapsed: int) -> None:
    """Log what a search found to its run, and its candidates as children."""
    _log_best(search, fit)
    results = search.cv_results_
    record_bytes(fit.run_id, "cv_results.csv", _csv(results), "text/csv")
    candidates = results.get("params", [])
    chosen = _best_candidates(results, len(candidates))
    if len(chosen) < len(candidates):
        record_tags(fit.run_id, {"candidates_left_out": str(len(candidates) - len(chosen))})
    started = _start_of(fit.run_id, elapsed)
    for index in chosen:
        metrics, seconds = _metrics_of(results, index), _seconds(results, index)
        _log_child(fit.run_id, candidates[index], metrics, started + index, seconds)


def _log_best(search: Any, fit: Fit) -> None:
    best = getattr(search, "best_params_", None)
    if isinstance(best, dict):
        record_params(fit.run_id, {clean_key(f"best_{k}"): text_of(v) for k, v in best.items()})
    score = getattr(search, "best_score_", None)
    if score is not None:
        fit.log("best_cv_score", float(score))


def _csv(results: dict[str, Any]) -> bytes:
    names = list(results)
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(names)
    writer.writerows(zip(*(list(results[name]) for name in names), strict=True))
    return text.getvalue().encode()


def _best_candidates(results: dict[str, Any], count: int) -> list[int]:
    """Places of the candidates that become children, in the search's own order."""
    if count <= MAX_CHILDREN:
        return list(range(count))
    ranks = next((results[name] for name in results if name.startswith("rank_test_")), None)
    order = range(count) if ranks is None else sorted(range(count), key=lambda i: int(ranks[i]))
    return sorted(list(order)[:MAX_CHILDREN])


_METRICS = ("mean_test_", "std_test_", "rank_test_", "mean_train_", "std_train_")


def _metrics_of(results: dict[str, Any], index: int) -> dict[str, float]:
    """Scores of a candidate; its times go into the length of its run, since they differ from run
    to run.
    """
    names = [name for name in results if name.startswith(_METRICS)]
    return {clean_key(name): float(results[name][index]) for name in names}


def _seconds(results: dict[str, Any], index: int) -> float:
    """Time that the fits and scores of a candidate took, over all folds."""
    folds = max(1, len({name.partition("_")[0] for name in results if name.startswith("split")}))
    means = (results.get(name) for name in ("mean_fit_time", "mean_score_time"))
    return sum(float(values[index]) for values in means if values is not None) * folds


def _log_child(
    parent: str, params: dict[str, Any], metrics: dict[str, float], start: int, seconds: float
) -> None:
    failed = any(math.isnan(value) for key, value in metrics.items() if key.startswith("mean_test"))
    record_child(
        parent,
        {clean_key(key): text_of(value) for key, value in params.items()},
        metrics,
        start=start,
        end=start + round(seconds * 1000),
        status="FAILED" if failed else "FINISHED",
    )


def _start_of(run_id: str, elapsed: int) -> int:
    run = runs.get(run_id)
    return run.start_time if run is not None else now_ms() - elapsed // 1_000_000
