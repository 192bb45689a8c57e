"""What the server says of itself."""

from __future__ import annotations

from .handler import MLflowServices
from .messages import Answer

VERSION = "3.17.2"
"""Of MLflow's protocol, as far as it is answered here."""


async def health(services: MLflowServices) -> str:
    return "OK"


async def version(services: MLflowServices) -> str:
    return VERSION


async def info(services: MLflowServices) -> Answer:
    return {
        "store_type": "SqlStore",
        "workspaces_enabled": False,
        "multipart_uploads_enabled": False,
        "multipart_downloads_enabled": False,
        "trace_archival_enabled": False,
        "features_enabled": [],
    }
