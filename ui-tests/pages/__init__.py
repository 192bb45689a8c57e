"""Page objects: what a user sees and does, one class for one area of the screen."""

from .application import ApplicationPage
from .lab import LabPage
from .notebook7 import Notebook7Page
from .panel import PanelPage

__all__ = ["ApplicationPage", "LabPage", "Notebook7Page", "PanelPage"]
