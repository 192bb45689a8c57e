"""axe finds no fault in any view of ours, in each theme of JupyterLab."""

from __future__ import annotations

import pytest

from pages import LabPage
from pages.axe import violations
from pages.tour import VIEWS, prepare, shown

THEMES = ["JupyterLab Dark", "JupyterLab Dark High Contrast"]


@pytest.fixture(scope="module")
def lab(shared_lab: LabPage) -> LabPage:
    """Lab with every kind of run in its record."""
    prepare(shared_lab)
    return shared_lab


@pytest.mark.parametrize("view", VIEWS)
def test_nothing_is_hard_to_read_or_to_reach(lab: LabPage, view: str) -> None:
    with shown(lab, view) as root:
        found = violations(root)
        for theme in THEMES:
            lab.use_theme(theme)
            # All else is the same in each theme.
            found += violations(root, only=["color-contrast"])
        lab.use_theme("JupyterLab Light")
    assert found == []
