"""What is kept of how the columns of data lie, and what is not."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from jupyterlab_mlops.kernel import distributions as module
from jupyterlab_mlops.kernel.distributions import BINS, distributions
from jupyterlab_mlops.kernel.secrets import redactor


def of_frame(**columns: object) -> dict[str, dict[str, object]]:
    frame = pd.DataFrame(columns)
    return distributions(frame, list(frame.columns))


def test_numbers_lie_in_bins_between_their_ends() -> None:
    values = np.arange(100.0)
    found = of_frame(a=values, b=np.where(values < 10, np.nan, 7.0), c=values.astype("int32"))
    assert found["a"] == {
        **{"min": 0.0, "median": 49.5, "max": 99.0, "missing": 0},
        "counts": [5] * BINS,
    }
    assert found["b"] == {"min": 7.0, "median": 7.0, "max": 7.0, "missing": 10, "counts": [90]}
    assert found["c"] == found["a"]
    rows = np.column_stack([values, values])
    assert distributions(rows, ["0", "1"]) == {"0": found["a"], "1": found["a"]}
    assert distributions(pd.Series(values), ["0"]) == {"0": found["a"]}


def test_only_categories_keep_their_values() -> None:
    found = of_frame(
        kind=["cat"] * 60 + ["dog"] * 39 + [None],
        name=[f"person {i}" for i in range(100)],
        flag=[i % 4 == 0 for i in range(100)],
    )
    assert found["kind"] == {
        "distinct": 2,
        "missing": 1,
        "values": ["cat", "dog"],
        "counts": [60, 39],
    }
    assert found["name"] == {"distinct": 100, "missing": 0}
    assert (found["flag"]["values"], found["flag"]["counts"]) == (["False", "True"], [75, 25])


def test_nothing_is_kept_that_names_somebody(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(redactor, "_names", ("iban",))
    key = "sk-" + "a1B2" * 12
    found = of_frame(
        mail=["ann@example.org", "bob@example.org"] * 50,
        phone=["+49 170 1234567", "030-9876543"] * 50,
        long=["x" * 40 + key] * 100,
        customer=np.arange(100) * 7919 + 40_000_000,
        rare=["usual"] * 96 + ["ann", "bob", "eve", "joe"],
        db_password=["correct horse"] * 100,
        pin_token=np.arange(100),
        owner_iban=["DE00 1234"] * 100,
    )
    assert found == {
        "mail": {"distinct": 2, "missing": 0},
        "phone": {"distinct": 2, "missing": 0},
        "long": {"distinct": 1, "missing": 0},
        "customer": {"distinct": 100, "missing": 0},
        "rare": {"distinct": 5, "missing": 0, "values": ["usual"], "counts": [96]},
    }


@pytest.mark.parametrize(
    "odd",
    [
        np.zeros((0, 2)),
        np.full((10, 1), np.inf),
        np.array([[1e308], [-1e308]] * 9),
        np.zeros((3, 3, 3)),
        np.array([object(), [], {}], dtype=object),
        np.array(["2026-01-01"], dtype="datetime64[D]"),
        pd.DataFrame([[1, 2]], columns=["same", "same"]),
        pd.DataFrame({"a": pd.array([1, None], dtype="Int64"), "b": pd.Categorical(["x", "y"])}),
    ],
)
def test_odd_data_is_no_fault(odd: object) -> None:
    for facts in distributions(odd, ["a", "b"]).values():
        counts = facts.get("counts", [])
        assert len(counts) <= BINS
        assert all(isinstance(count, int) for count in counts)


def test_many_rows_are_sampled_and_time_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = np.zeros((1_000_000, 80))
    found = distributions(rows, [str(i) for i in range(80)])
    assert sum(found["0"]["counts"]) == module.MAX_ROWS
    assert len(found) <= module.MAX_COLUMNS
    monkeypatch.setattr(module, "SECONDS", -1)
    assert distributions(rows, ["0"]) == {}
