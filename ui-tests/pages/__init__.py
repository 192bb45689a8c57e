"""Page objects: what a user sees and does, one class for one area of the screen."""

from .application import ApplicationPage
from .charts import ChartsPage
from .lab import LabPage
from .notebook7 import Notebook7Page
from .panel import ComparePage, HistoryPage, PanelPage, RunPage, VersionPage
from .table import TablePage

__all__ = [
    "ApplicationPage",
    "ChartsPage",
    "ComparePage",
    "HistoryPage",
    "LabPage",
    "Notebook7Page",
    "PanelPage",
    "RunPage",
    "TablePage",
    "VersionPage",
]
