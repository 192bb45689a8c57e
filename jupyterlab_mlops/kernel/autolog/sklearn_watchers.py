"""What happens when an estimator is fitted, predicts, is scored or is cross-validated."""

from __future__ import annotations

import sys
import traceback
from collections.abc import Callable
from types import FrameType
from typing import Any

from ..client import record_metrics, record_params, record_tags
from ..kept_models import fitted_again, keep
from ..recorder import recorder
from ..runs import runs
from ..signatures import example_of, signature_of
from .attempts import attempts
from .budget import budget
from .calls import Call, is_library_on
from .data import Descriptions, name_of, part_of, token_of
from .params import params_of, text_of
from .sklearn_kinds import is_search, label_of, opens_run, tags_of
from .sklearn_search import log_search
from .tracking import Fit, Prediction, tracker

descriptions = Descriptions()


def begin(estimator: Any, data: Any, target: Any, caller: FrameType | None) -> Fit | None:
    """Choose the run of a fit and write down what goes in; None: it is one too many."""
    params = params_of(estimator)
    run_id = attempts.run_for(estimator, params, tags_of)
    if run_id is None:
        return None
    runs.touch_run(run_id)
    notes = tracker.notes(run_id)
    prefix = notes.prefix_for(label_of(estimator))
    if notes.is_news(prefix, params):
        record_params(run_id, params_of(estimator, prefix) if prefix else params)
    current = runs.get(run_id) or runs.current()
    if current is not None and "estimator" not in current.tags:
        current.tags |= tags_of(estimator)
        record_tags(run_id, tags_of(estimator))
    if budget.left() > 0:
        log_dataset(run_id, data, target, caller)
    part = part_of(name_of(target, caller)) or part_of(name_of(data, caller))
    return Fit(notes, prefix, token_of(target), part)


def when_fitted(package: str, log: Callable[[Any, Fit], None]) -> None:
    """Have more logged of fitted estimators whose classes' modules begin so."""
    _more[package] = log


_more: dict[str, Callable[[Any, Fit], None]] = {}


def _log_more(estimator: Any, fit: Fit) -> None:
    module = type(estimator).__module__
    for package, log in _more.items():
        if module.startswith(package) and is_library_on(package.rstrip(".")):
            log(estimator, fit)


def log_dataset(run_id: str, data: Any, target: Any, caller: FrameType | None) -> None:
    """Record what a model is fitted on; None: it is not known."""
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
            self._begin(estimator, call)
        return True

    def _begin(self, estimator: Any, call: Call) -> None:
        """Forget what the estimator was, and note the fit in the call unless it is left out."""
        tracker.forget(estimator)
        if not attempts.leaves_out():
            fitted_again(estimator)
            data, target = call.argument(1, "X"), call.argument(2, "y")
            call.note = begin(estimator, data, target, call.caller)

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
        if _more:
            _log_more(model, fit)
        if call.name == "fit_predict":
            tracker.set_prediction(result, Prediction(fit, "predict"))
        if model is not None:
            description = _description(model, call)
            keep(model, fit.run_id, seconds=budget.left() * 0.6, **description)

    def failed(self, call: Call, error: BaseException) -> None:
        """End the run FAILED, where the fit opened it."""
        if call.note is not None:
            end_failed(call, call.note, error)


def _description(model: Any, call: Call) -> dict[str, Any]:
    """Signature, example and metadata of a model, as far as there is time for them."""
    data, target = call.argument(1, "X"), call.argument(2, "y")
    roomy = budget.left() > 0.005
    metadata: dict[str, Any] = {} if hasattr(model, "predict") else {"can_predict": False}
    if model is not call.args[0]:
        metadata["searched_by"] = type(call.args[0]).__name__
    return {
        "signature": signature_of(model, data, target) if roomy else None,
        "input_example": example_of(data) if roomy else None,
        "metadata": metadata,
    }


class PartialFitWatcher(FitWatcher):
    """`partial_fit`: all calls for an estimator in one cell, or in one open run, are one fit."""

    def _begin(self, estimator: Any, call: Call) -> None:
        current, fit = runs.current(), tracker.fit_of(estimator)
        if fit is not None and fit.partial and current and current.run_id == fit.run_id:
            fit.go_on()
        else:
            super()._begin(estimator, call)

    def after(self, call: Call, result: Any) -> None:
        """Keep the model by reference: it is written when the cell has ended, as it is then."""
        fit: Fit | None = call.note
        if fit is None:
            return
        fit.partial = True
        estimator = call.args[0]
        for part in (estimator, *_parts_that_predict(estimator)):
            tracker.set_fit(part, fit)
        keep(estimator, fit.run_id, seconds=0, limit=0, **_description(estimator, call))


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
        caller = call.caller
        key = fit.key(
            "score",
            token_of(data if target is None else target),
            lambda: name_of(target, caller) or name_of(data, caller),
            "score",
        )
        call.note = (fit, key)
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
