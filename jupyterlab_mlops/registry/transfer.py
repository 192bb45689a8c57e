"""What every part of a push needs: the server, the progress, and whether anything was written."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from urllib.parse import quote, urlsplit

from ..errors import RemoteFailure
from .base import Progress
from .content import Content
from .remote import Refused, Remote

METRICS_A_CALL, OTHERS_A_CALL = 1_000, 100
"""MLflow's limits for one request."""


class Transfer:
    """One push on its way to an MLflow server.

    Attributes
    ----------
    changed
        Whether anything was written there.
    """

    def __init__(self, remote: Remote, progress: Progress) -> None:
        self.remote = remote
        self.progress = progress
        self.changed = False

    def get_or_none(self, path: str, field: str, **query: str) -> Any:
        """GET a thing, taking its part `field` out of the answer; None where there is none."""
        try:
            return self.remote.get(path, **query).get(field)
        except Refused as error:
            if error.answered == 404 and error.code == "RESOURCE_DOES_NOT_EXIST":
                return None
            if error.answered == 404:
                raise Refused(
                    f"There is no MLflow tracking server at {self.remote.uri}; check the address.",
                    404,
                ) from error
            raise

    def upload(
        self,
        root: str,
        files: Sequence[tuple[str, Content]],
        what: str,
        start: float,
        end: float,
    ) -> None:
        """Upload files below a route, telling the progress between two fractions of all."""
        total = max(1, sum(file.size for _, file in files))
        before = 0
        for number, (path, file) in enumerate(files, 1):
            count = f", {number} of {len(files)}" if len(files) > 1 else ""

            def tell(sent: int, step: str = f"Sending {what}{count}", done: int = before) -> None:
                self.progress(step, start + (end - start) * min(1.0, (done + sent) / total))

            tell(0)
            self.remote.put(f"{root}/{quote(path)}", file.open, file.size, tell)
            before += file.size

    def upload_path(self, artifact_uri: str) -> str:
        """Give the route under which the server takes files for a place.

        Raises
        ------
        RemoteFailure
            The server does not take files for it.
        """
        route = "mlflow-artifacts/artifacts"
        parts = urlsplit(artifact_uri)
        path = parts.path.strip("/")
        here = urlsplit(self.remote.uri)
        if parts.scheme == "mlflow-artifacts" and parts.netloc in ("", here.netloc):
            return f"{route}/{quote(path)}"
        base = f"{here.path.strip('/')}/api/2.0/{route}".strip("/")
        is_here = parts.scheme in ("http", "https") and parts.netloc == here.netloc
        if is_here and f"{path}/".startswith(f"{base}/"):
            return f"{route}{path[len(base) :]}"
        raise RemoteFailure(_not_proxied(artifact_uri, parts.scheme))


def _not_proxied(artifact_uri: str, scheme: str) -> str:
    where = "the server's own disk" if scheme in ("", "file") else f"{scheme}://"
    return (
        f"The server keeps the artifacts of this experiment at {artifact_uri}, on {where}, and"
        " does not take files for it over HTTP: start it with --serve-artifacts and"
        " --artifacts-destination, and push into an experiment made since then."
    )


def tags_of(thing: dict[str, Any]) -> dict[str, str]:
    """Give the tags of a run, a model or a version as the server answers them."""
    return {tag["key"]: tag.get("value", "") for tag in thing.get("tags", [])}
