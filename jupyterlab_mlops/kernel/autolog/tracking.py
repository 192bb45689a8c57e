"""What autologging remembers: fitted models and their runs, predictions and the model that made
them.

Only weak references to what belongs to the user: nothing lives longer because it is watched.

Names of metrics (docs/autologging.md):

* `accuracy_score(y_test, model.predict(X_test))` is `accuracy_score`;
* on the data that the model was fitted on it is `training_accuracy_score`, as in MLflow;
* further sets of data add the name of their variable: `accuracy_score_val`;
* the same function with other options is counted, as in MLflow: `f1_score-2`;
* in a run with models of several classes the later ones begin with their class:
  `SVC_accuracy_score`;
* another value under the same name is a further point of the same metric.
"""

from __future__ import annotations

import sys
import weakref
from collections import OrderedDict
from collections.abc import Callable
from typing import Any

from ..client import record_metrics
from ..runs import runs
from .data import part_of, says_training, token_of

OF_CLUSTERS = {
    "calinski_harabasz_score",
    "davies_bouldin_score",
    "silhouette_samples",
    "silhouette_score",
}
"""Metrics that are given the data, where others are given the truth."""
MAX_KNOWN_VALUES = 64
MIN_ROWS_BY_VALUE = 8
"""Shorter predictions are known by identity only: too many arrays are equal to them."""


_Names = dict["int | None", tuple[str, str]]
"""What goes before and after a function's name, by the token of the data."""


class RunNotes:
    """What autologging knows about one run."""

    def __init__(self, run_id: str) -> None:
        self.run_id = run_id
        self.classes: list[str] = []
        self.steps: dict[str, int] = {}
        """Points logged so far, by metric."""
        self._params: dict[str, dict[str, str]] = {}
        self._variants: dict[str, list[Any]] = {}

    def prefix_for(self, class_name: str) -> str:
        """Prefix of names that belong to models of this class; empty for the first class."""
        if class_name not in self.classes:
            self.classes.append(class_name)
        return "" if self.classes[0] == class_name else class_name

    def is_news(self, prefix: str, params: dict[str, str]) -> bool:
        """Whether the params of a model differ from those of the last fit under the same prefix."""
        before = self._params.get(prefix)
        self._params[prefix] = params
        return before != params

    def key_for(self, base: str, variant: Any) -> str:
        """Name of a metric; the second, third ... way of computing it is counted."""
        known = self._variants.setdefault(base, [])
        if variant not in known:
            known.append(variant)
        index = known.index(variant)
        return base if index == 0 else f"{base}-{index + 1}"


class Fit:
    """One fit of an estimator, in one run.

    Parameters
    ----------
    notes
        The run's.
    prefix
        Before all names that belong to this model; see `RunNotes.prefix_for`.
    target, part
        Token of the data that it is fitted on, and the part that its variable's name says it is.
    """

    def __init__(self, notes: RunNotes, prefix: str, target: int | None, part: str) -> None:
        self.notes = notes
        self.prefix = prefix
        self._train = target
        self._names: _Names = {}
        self._names_of_data: _Names = {}
        if target is not None and says_training(part):
            self._names[target] = ("training_", "")
        self._logged: dict[str, float] = {}
        self.partial = False
        """Whether it is one of `partial_fit`, which goes on."""

    def go_on(self) -> None:
        """Know that the model is another one now: the same value again is a further point."""
        self._logged.clear()

    @property
    def run_id(self) -> str:
        """The run that it belongs to."""
        return self.notes.run_id

    def key(
        self, function: str, token: int | None, name: Callable[[], str | None], variant: Any
    ) -> str:
        """Name of a metric of this fit.

        Parameters
        ----------
        function
            `accuracy_score`, `score` ...
        token, name
            Which data it was computed on; finds the name of its variable.
        variant
            How it was computed: of which kind of prediction, with which options.
        """
        names = self._names_of_data if function in OF_CLUSTERS else self._names
        if token not in names:
            names[token] = self._free_name(names, token, part_of(name()))
        before, after = names[token]
        head = f"{self.prefix}_" if self.prefix else ""
        return self.notes.key_for(f"{head}{before}{function}{after}", variant)

    def _free_name(self, names: _Names, token: int | None, part: str) -> tuple[str, str]:
        """What goes before and after the function's name for data that was not seen before."""
        taken = set(names.values())
        plain = f"_{part}" if part else ""
        choices = [("", ""), ("training_", "")] if token == self._train else [("", "")]
        choices += [("", plain), *(("", f"{plain}-{n}") for n in range(2, len(taken) + 3))]
        return next(choice for choice in choices if choice not in taken)

    def log(self, key: str, value: float) -> None:
        """Log a value; the one that this fit logged last under the same name is not repeated."""
        runs.touch_run(self.run_id)
        if key in self._logged and _same(self._logged[key], value):
            return
        self._logged[key] = value
        step = self.notes.steps.get(key, 0)
        self.notes.steps[key] = step + 1
        record_metrics(self.run_id, {key: value}, step)


def _same(one: float, other: float) -> bool:
    return one == other or (one != one and other != other)


class Prediction:
    """An array that a model predicted, or that a metric function made of one."""

    __slots__ = ("fit", "method", "target", "target_name")

    def __init__(self, fit: Fit, method: str) -> None:
        self.fit = fit
        self.method = method
        self.target: int | None = None
        """Token of the data it was compared with, where it was made of a comparison (`roc_curve`).
        """
        self.target_name: Callable[[], str | None] = _nameless


def _nameless() -> None:
    return None


class Tracker:
    """Finds the fit of an estimator, and the prediction behind an array."""

    def __init__(self) -> None:
        self._runs: dict[str, RunNotes] = {}
        self._fits: dict[int, tuple[Any, Fit]] = {}
        self._predictions: dict[int, tuple[Any, Prediction]] = {}
        self._by_value: OrderedDict[int, Prediction] = OrderedDict()

    def notes(self, run_id: str) -> RunNotes:
        """Return the notes on a run."""
        return self._runs.setdefault(run_id, RunNotes(run_id))

    def is_empty(self) -> bool:
        """Whether no model was fitted yet."""
        return not self._runs

    def run_of(self, thing: Any) -> str | None:
        """Return the run of a model or a prediction; None: it is neither."""
        fit = self.fit_of(thing)
        if fit is None:
            prediction = self.prediction(thing)
            fit = prediction.fit if prediction is not None else None
        return fit.run_id if fit is not None else None

    def known_run(self, run_id: str) -> bool:
        """Whether a model was fitted in this run."""
        return run_id in self._runs

    # ---------------------------------------------------------------------------- estimators

    def set_fit(self, estimator: Any, fit: Fit) -> None:
        """Remember the latest fit of an estimator."""
        _remember(self._fits, estimator, fit)

    def forget(self, estimator: Any) -> None:
        """Forget the fit of an estimator that is about to be fitted again."""
        self._fits.pop(id(estimator), None)

    def fit_of(self, estimator: Any) -> Fit | None:
        """Return the latest fit of an estimator; None: it was not fitted under our eyes."""
        found: Fit | None = _recall(self._fits, estimator)
        return found

    # --------------------------------------------------------------------------- predictions

    def set_prediction(self, result: Any, prediction: Prediction) -> None:
        """Remember what a model predicted, the array that a view belongs to included."""
        _remember(self._predictions, result, prediction)
        # CatBoost gives a transposed view, and views of a view refer to the array behind both.
        whole = getattr(result, "base", None)
        if whole is not None and getattr(whole, "size", None) == result.size:
            _remember(self._predictions, whole, prediction)
        rows = len(result) if hasattr(result, "__len__") else 0
        if rows < MIN_ROWS_BY_VALUE:
            return
        self._set_value(result, prediction)
        if getattr(result, "shape", ())[1:] == (2,) and hasattr(result, "dtype"):
            self._set_value(result[:, 1], prediction)

    def _set_value(self, result: Any, prediction: Prediction) -> None:
        token = token_of(result)
        if token is None:
            return
        self._by_value.pop(token, None)
        self._by_value[token] = prediction
        while len(self._by_value) > MAX_KNOWN_VALUES:
            self._by_value.popitem(last=False)

    def prediction(self, value: Any) -> Prediction | None:
        """Return the prediction that `value` is, or is a view of."""
        found: Prediction | None = _recall(self._predictions, value)
        base = getattr(value, "base", None)
        if found is None and base is not None:
            found = _recall(self._predictions, base)
        return found

    def prediction_by_value(self, value: Any) -> Prediction | None:
        """Return the prediction that has the same values: a Series or a list made of one."""
        if isinstance(value, (list, tuple)):
            value = _as_array(value)
        if value is None or not hasattr(value, "__len__") or len(value) < MIN_ROWS_BY_VALUE:
            return None
        token = token_of(value)
        return self._by_value.get(token) if token is not None else None


class _Link(weakref.ref):  # type: ignore[type-arg]
    """A weak reference that takes its entry out of a table when its object dies."""

    __slots__ = ("key", "table")

    key: int
    table: dict[int, tuple[Any, Any]]


def _drop(dead: _Link) -> None:
    entry = dead.table.get(dead.key)
    if entry is not None and entry[0] is dead:
        del dead.table[dead.key]


def _remember(table: dict[int, tuple[Any, Any]], thing: Any, note: Any) -> None:
    """Attach a note to a thing for as long as it lives."""
    try:
        link = _Link(thing, _drop)
    except TypeError:
        return  # a list, say: known by value only
    link.key, link.table = id(thing), table
    table[link.key] = (link, note)


def _recall(table: dict[int, tuple[Any, Any]], thing: Any) -> Any:
    entry = table.get(id(thing))
    return entry[1] if entry is not None and entry[0]() is thing else None


def _as_array(values: Any) -> Any:
    numpy = sys.modules.get("numpy")
    if numpy is None or not values or not isinstance(values[0], (int, float, str, numpy.generic)):
        return None
    return numpy.asarray(values)


tracker = Tracker()
