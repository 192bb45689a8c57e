"""Autologging for statsmodels: each `fit` with its statistics, coefficients and summary."""

from __future__ import annotations

import csv
import io
import warnings
from types import ModuleType
from typing import Any

from ..blobs import record_bytes
from ..client import record_metrics
from ..idle import idle
from ..kept_models import keep
from . import training
from .budget import budget
from .calls import Call, ignore_callers_in, set_watcher
from .classes import Classes
from .params import clean_key
from .sklearn_watchers import PredictWatcher, end_failed, log_dataset
from .tracking import Fit, tracker

METHODS = {"fit": "statsmodels.fit", "fit_regularized": "statsmodels.fit"}
METRICS = (
    *("nobs", "df_model", "df_resid", "rsquared", "rsquared_adj", "prsquared", "fvalue"),
    *("f_pvalue", "llf", "llnull", "llr", "llr_pvalue", "aic", "aicc", "bic", "hqic", "sse"),
    *("mse_model", "mse_resid", "scale", "deviance", "null_deviance", "pearson_chi2"),
)
COEFFICIENTS = {"coefficient": "params", "std_error": "bse", "p_value": "pvalues"}
SUMMARY_SECONDS = 0.03


def watch(module: ModuleType) -> None:
    """Watch all models, once `statsmodels.base.model` was imported."""
    ignore_callers_in("statsmodels")
    set_watcher("statsmodels.fit", FitWatcher())
    set_watcher("statsmodels.predict", PredictWatcher())
    Classes(module.Model, METHODS, "statsmodels").watch()
    Classes(module.Results, {"predict": "statsmodels.predict"}, "statsmodels").watch()


class FitWatcher:
    """`fit` and `fit_regularized`."""

    def before(self, call: Call) -> bool:
        """Open or find the run."""
        model = call.args[0]
        fit = training.begin(call, model, f"statsmodels.{type(model).__name__}", _params(call))
        call.note = fit
        if fit is not None and budget.left() > 0:
            data = getattr(model, "data", None)
            exog = getattr(data, "orig_exog", None)
            endog = getattr(data, "orig_endog", None)
            frame = getattr(data, "frame", None)
            data = exog if exog is not None else endog
            log_dataset(fit.run_id, frame if frame is not None else data, endog, call.caller)
        return True

    def after(self, call: Call, result: Any) -> None:
        """Log what the result says of itself, and keep it."""
        fit: Fit | None = call.note
        if fit is None:
            return
        tracker.set_fit(getattr(result, "_results", result), fit)
        head = f"{fit.prefix}_" if fit.prefix else ""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            values = {clean_key(head + name): _number(result, name) for name in METRICS}
            known = {name: value for name, value in values.items() if value is not None}
            record_metrics(fit.run_id, known)
            _record_coefficients(fit, head, result)
        if budget.left() > SUMMARY_SECONDS:
            _record_summary(fit, head, result)
        else:
            idle.add(lambda: _record_summary(fit, head, result))
        keep(result, fit.run_id, seconds=budget.left() * 0.6)

    def failed(self, call: Call, error: BaseException) -> None:
        """End the run FAILED, where the fit opened it."""
        if call.note is not None:
            end_failed(call, call.note, error)


def _params(call: Call) -> dict[str, Any]:
    model = call.args[0]
    given = {name: value for name, value in call.kwargs.items() if value is not None}
    more = {
        "fit": None if call.name == "fit" else call.name,
        "formula": getattr(model, "formula", None),
        "family": getattr(type(getattr(model, "family", None)), "__name__", None),
        "order": getattr(model, "order", None),
        "seasonal_order": getattr(model, "seasonal_order", None),
        "trend": getattr(model, "trend", None),
    }
    known = {name: value for name, value in more.items() if value not in (None, "NoneType")}
    return {**known, **given}


def _told(result: Any, name: str) -> Any:
    """Return what a result says; None where it has nothing of that name."""
    try:
        return getattr(result, name)
    except Exception:  # much is computed when it is asked for, and not for all models
        return None


def _number(result: Any, name: str) -> float | None:
    value = _told(result, name)
    if value is None or callable(value) or getattr(value, "size", 1) != 1:
        return None
    return float(value)


def _record_coefficients(fit: Fit, head: str, result: Any) -> None:
    """Record the coefficients with their errors and p-values as a table."""
    told = {title: _told(result, name) for title, name in COEFFICIENTS.items()}
    if not hasattr(told["coefficient"], "shape"):
        return  # a smoothed series names its params
    size = len(told["coefficient"])
    columns = {
        title: list(map(float, values))
        for title, values in told.items()
        if values is not None and len(values) == size
    }
    out = io.StringIO()
    table = csv.writer(out, lineterminator="\n")
    table.writerow(["name", *columns])
    table.writerows(zip(_names(result, size), *columns.values(), strict=True))
    record_bytes(fit.run_id, f"{head}coefficients.csv", out.getvalue().encode(), "text/csv")


def _names(result: Any, size: int) -> list[str]:
    index = getattr(result.params, "index", None)
    model = getattr(result, "model", None)
    names = list(index if index is not None else getattr(model, "exog_names", None) or ())
    return list(map(str, names)) if len(names) == size else [str(i) for i in range(size)]


def _record_summary(fit: Fit, head: str, result: Any) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            text = str(result.summary())
        except (AttributeError, NotImplementedError):
            return  # a regularised fit has none
    record_bytes(fit.run_id, f"{head}summary.txt", text.encode(), "text/plain")
