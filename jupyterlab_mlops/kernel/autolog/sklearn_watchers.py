"""What happens when an estimator is fitted, predicts, is scored or is cross-validated."""

from __future__ import annotations

import sys
import traceback
import weakref
from types import FrameType
from typing import Any

from ..client import record_metrics, record_params, record_tags
from ..idle import idle
from ..kept_models import fitted_again, keep
from ..recorder import recorder
from ..runs import runs
from ..signatures import example_of, signature_of
from .budget import budget
from .calls import Call
from .data import Descriptions, name_of, part_of, token_of
from .params import params_of, text_of
from .sklearn_search import is_search, log_search
from .tracking import Fit, Prediction, tracker

MAX_RUNS_PER_CELL = 100
"""Runs that one cell opens by itself; what it fits beyond is counted, in a tag of the last run."""

KINDS = ("classifier", "regressor", "clusterer", "outlier_detector", "density_estimator")


def opens_run(estimator: Any) -> bool:
    """Whether fitting this opens a run: a model or a search does, a mere transformer does not."""
    if is_search(estimator):
        return True
    if hasattr(type(estimator), "get_support"):
        return False  # it selects columns, though some of them predict too
    kind = _kind_of(estimator)
    return kind in KINDS if kind else hasattr(estimator, "predict")


def _kind_of(estimator: Any) -> str | None:
    try:
        if hasattr(estimator, "__sklearn_tags__"):
            return str(estimator.__sklearn_tags__().estimator_type or "") or None
        return getattr(estimator, "_estimator_type", None)
    except (
        Exception
    ):  # an unusual pipeline, or a mixin order that scikit-learn complains about later
        return None


def label_of(estimator: Any) -> str:
    """Class of the model proper: of a pipeline its last step, of a search what it searches for."""
    for _ in range(10):
        steps = getattr(estimator, "steps", None)
        inner = steps[-1][1] if steps and isinstance(steps, list) else None
        inner = getattr(estimator, "estimator", None) if is_search(estimator) else inner
        if not hasattr(inner, "get_params"):
            break
        estimator = inner
    return type(estimator).__name__


class _Attempt:
    """The run that the present cell opened by itself, and for what."""

    def __init__(self, run_id: str, estimator: Any, params: dict[str, str]) -> None:
        self.run_id = run_id
        self.estimator = weakref.ref(estimator)
        self.params = params


class RunChooser:
    """Decides which run a fit belongs to."""

    def __init__(self) -> None:
        self._attempt: _Attempt | None = None
        self._cell: object = None
        self._opened = 0
        self._left_out = 0

    def choose(self, estimator: Any, params: dict[str, str]) -> str | None:
        """Return the id of the run: the open one, or a new one; None: this cell has opened enough.

        An explicit run takes all fits. A run that opened by itself belongs to one attempt: another
        estimator, or other params, open the next one; the same estimator with the same params goes
        on in it (folds, a warm start, a cross-validation before the fit).
        """
        current = runs.current()
        if current is not None and not current.implicit:
            return current.run_id
        if current is not None and self._goes_on(current.run_id, estimator, params):
            return current.run_id
        return self._open(estimator, params)

    def _goes_on(self, run_id: str, estimator: Any, params: dict[str, str]) -> bool:
        attempt = self._attempt
        if attempt is None or attempt.run_id != run_id:
            if tracker.known_run(run_id):
                return False
            self._attempt = _Attempt(run_id, estimator, params)
            return True
        if attempt.estimator() is not estimator:
            return False
        return attempt.params == params or bool(getattr(estimator, "warm_start", False))

    def _open(self, estimator: Any, params: dict[str, str]) -> str | None:
        cell = recorder.current_execution()
        if cell is not self._cell:
            self._cell, self._opened, self._left_out = cell, 0, 0
        if self._opened >= MAX_RUNS_PER_CELL and cell is not None:
            self._leave_out()
            return None
        self._opened += 1
        run_id = runs.open_implicit_run(tags=tags_of(estimator))
        self._attempt = _Attempt(run_id, estimator, params)
        return run_id

    def _leave_out(self) -> None:
        self._left_out += 1
        if self._left_out == 1:
            idle.add(self._say_what_was_left_out)

    def _say_what_was_left_out(self) -> None:
        if self._attempt is not None:
            record_tags(self._attempt.run_id, {"fits_left_out": str(self._left_out)})


chooser = RunChooser()
descriptions = Descriptions()


def tags_of(estimator: Any) -> dict[str, str]:
    """Tags that say what was fitted: the model proper for people, and the class in full."""
    kind = type(estimator)
    label = label_of(estimator)
    return {
        "estimator": f"{label} ({kind.__name__})" if is_search(estimator) else label,
        "mlops.estimator_class": f"{kind.__module__}.{kind.__qualname__}",
    }


def begin(estimator: Any, data: Any, target: Any, caller: FrameType | None) -> Fit | None:
    """Choose the run of a fit and write down what goes in; None: it is one too many."""
    params = params_of(estimator)
    run_id = chooser.choose(estimator, params)
    if run_id is None:
        return None
    runs.touch_run(run_id)
    notes = tracker.notes(run_id)
    prefix = notes.prefix_for(label_of(estimator))
    if notes.is_news(prefix, params):
        record_params(run_id, params_of(estimator, prefix) if prefix else params)
    current = runs.get(run_id)
    if current is not None and "estimator" not in current.tags:
        current.tags |= tags_of(estimator)
        record_tags(run_id, tags_of(estimator))
    if budget.left() > 0:
        _log_dataset(run_id, data, target, caller)
    part = part_of(name_of(target, caller)) or part_of(name_of(data, caller))
    return Fit(notes, prefix, token_of(target), part)


def _log_dataset(run_id: str, data: Any, target: Any, caller: FrameType | None) -> None:
    if data is None:
        return
    fields = descriptions.describe(data, target, caller, recorder.current_execution())
    recorder.write({"type": "dataset", "run_id": run_id, "context": "train", **fields})


def end_failed(call: Call, fit: Fit, error: BaseException) -> None:
    """End the run that a failed fit opened by itself, with the traceback down from the cell."""
    run = runs.get(fit.run_id)
    if run is None or not run.implicit:
        return
    lines = traceback.format_exception(type(error), error, error.__traceback__)
    outer = traceback.format_list(_stack(call.caller))
    described = {
        "name": type(error).__name__,
        "value": _text(error),
        "traceback": [*lines[:1], *outer, *lines[1:]],
    }
    runs.end_run(run.run_id, "FAILED", described)


def _text(error: BaseException) -> str:
    try:
        return str(error)
    except Exception as second:  # the user's own __str__
        return f"<no text: {type(second).__name__}>"


def _stack(caller: FrameType | None) -> traceback.StackSummary:
    """Frames from the cell (or the script's top) to whoever called."""
    frames = []
    while caller is not None:
        frames.append((caller, caller.f_lineno))
        if caller.f_code.co_name == "<module>":
            break
        caller = caller.f_back
    return traceback.StackSummary.extract(iter(reversed(frames)))


class FitWatcher:
    """`fit`, `fit_predict` and `fit_transform`."""

    def before(self, call: Call) -> bool:
        """Open or find the run. True even where there is none, so that what is fitted inside stays
        silent.
        """
        estimator = call.args[0] if call.args else None
        if not isinstance(estimator, sys.modules["sklearn.base"].BaseEstimator):
            return False
        if opens_run(estimator):
            fitted_again(estimator)
            data, target = call.argument(1, "X"), call.argument(2, "y")
            call.note = begin(estimator, data, target, call.caller)
        return True

    def after(self, call: Call, result: Any) -> None:
        """Keep the model, and the children of a search."""
        fit: Fit | None = call.note
        if fit is None:
            return
        estimator = call.args[0]
        model = estimator
        tracker.set_fit(estimator, fit)
        if is_search(estimator):
            log_search(estimator, fit, call.elapsed)
            model = getattr(estimator, "best_estimator_", None)
        for part in _parts_that_predict(estimator):
            tracker.set_fit(part, fit)
        if call.name == "fit_predict":
            tracker.set_prediction(result, Prediction(fit, "predict"))
        if model is not None:
            self._keep(model, fit, call)

    def _keep(self, model: Any, fit: Fit, call: Call) -> None:
        data, target = call.argument(1, "X"), call.argument(2, "y")
        roomy = budget.left() > 0.005
        metadata: dict[str, Any] = {} if hasattr(model, "predict") else {"can_predict": False}
        if model is not call.args[0]:
            metadata["searched_by"] = type(call.args[0]).__name__
        keep(
            model,
            fit.run_id,
            seconds=budget.left() * 0.6,
            signature=signature_of(model, data, target) if roomy else None,
            input_example=example_of(data) if roomy else None,
            metadata=metadata,
        )

    def failed(self, call: Call, error: BaseException) -> None:
        """End the run FAILED, where the fit opened it."""
        if call.note is not None:
            end_failed(call, call.note, error)


def _parts_that_predict(estimator: Any) -> list[Any]:
    """Fitted parts whose predictions are those of the whole: the best of a search, a pipeline's
    last step.
    """
    best = getattr(estimator, "best_estimator_", None)
    parts = [] if best is None else [best]
    for whole in (estimator, best):
        steps = getattr(whole, "steps", None)
        if isinstance(steps, list) and steps and hasattr(steps[-1][1], "get_params"):
            parts.append(steps[-1][1])
    return parts


class PredictWatcher:
    """`predict`, `predict_proba`, `decision_function` and `score_samples`."""

    def before(self, call: Call) -> bool:
        """Find the fit of the estimator."""
        call.note = tracker.fit_of(call.args[0]) if call.args else None
        return call.note is not None

    def after(self, call: Call, result: Any) -> None:
        """Remember what was predicted."""
        tracker.set_prediction(result, Prediction(call.note, call.name))

    def failed(self, call: Call, error: BaseException) -> None:
        """Nothing was predicted."""


class ScoreWatcher:
    """`score`."""

    def before(self, call: Call) -> bool:
        """Find the fit, and the name of the metric."""
        fit = tracker.fit_of(call.args[0]) if call.args else None
        if fit is None:
            return False
        data, target = call.argument(1, "X"), call.argument(2, "y")
        token = token_of(data if target is None else target)
        name = name_of(target, call.caller) or name_of(data, call.caller)
        call.note = (fit, fit.key("score", token, name, "score"))
        return True

    def after(self, call: Call, result: Any) -> None:
        """Log it."""
        fit, key = call.note
        fit.log(key, float(result))

    def failed(self, call: Call, error: BaseException) -> None:
        """There is no score."""


class CrossValidationWatcher:
    """`cross_val_score`, `cross_validate` and `cross_val_predict`: a run without a model."""

    def before(self, call: Call) -> bool:
        """Open or find the run, as for a fit."""
        estimator = call.argument(0, "estimator")
        if not hasattr(estimator, "get_params") or not opens_run(estimator):
            return True
        data, target = call.argument(1, "X"), call.argument(2, "y")
        fit = begin(estimator, data, target, call.caller)
        call.note = fit
        if fit is not None:
            options = {name: call.kwargs.get(name) for name in ("cv", "scoring")}
            given = {f"{call.name}.{k}": text_of(v) for k, v in options.items() if v is not None}
            if given:
                record_params(fit.run_id, given)
        return True

    def after(self, call: Call, result: Any) -> None:
        """Log mean and standard deviation over the folds, or remember the predictions."""
        fit: Fit | None = call.note
        if fit is None:
            return
        if call.name == "cross_val_predict":
            tracker.set_prediction(result, Prediction(fit, call.name))
            return
        scores = result if isinstance(result, dict) else {call.name: result}
        head = f"{fit.prefix}_" if fit.prefix else ""
        for name, values in scores.items():
            if name.startswith(("test_", "train_", call.name)):
                record_metrics(
                    fit.run_id,
                    {
                        f"{head}{name}_mean": float(values.mean()),
                        f"{head}{name}_std": float(values.std()),
                    },
                )

    def failed(self, call: Call, error: BaseException) -> None:
        """End the run FAILED, where the call opened it."""
        if call.note is not None:
            end_failed(call, call.note, error)
