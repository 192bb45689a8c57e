"""What Python tests, browser tests and the proof of the wheel share: a real server and ways to drive it."""

from .api import Api
from .kernel import KernelSession, Reply, run_notebook_via_kernel_api
from .server import Server

__all__ = ["Api", "KernelSession", "Reply", "Server", "run_notebook_via_kernel_api"]
