"""A real server and ways to drive it: for Python tests, browser tests and the wheel's proof."""

from .api import Api
from .kernel import KernelSession, Reply, run_notebook_via_kernel_api
from .server import Server, StartServer, wait_for

__all__ = [
    "Api",
    "KernelSession",
    "Reply",
    "Server",
    "StartServer",
    "run_notebook_via_kernel_api",
    "wait_for",
]
