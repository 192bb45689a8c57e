"""Push to an MLflow tracking server over its REST API, without the mlflow package.

What a step finds on the server decides what it sends, so a push that was broken off anywhere, or is
asked for twice, ends in the same state: the run is found by its tag `mlops.run_id`, the
logged model by `mlops.model_id`, the version by `mlops.version`.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from urllib.parse import quote

from .base import Progress, PushResult
from .content import RunContent, VersionContent
from .mlflow_run import RunPush
from .mlflow_version import VersionPush
from .remote import Credentials, Remote
from .transfer import Transfer


class MLflowTarget:
    """An MLflow tracking server, version 2 or 3, as a push target.

    Parameters
    ----------
    uri
        Address of the server with any path prefix.
    verify
        False to accept any certificate, or the path of a file of certificates.
    """

    def __init__(self, uri: str, credentials: Credentials, verify: bool | str = True) -> None:
        self.uri = uri.rstrip("/")
        self._credentials = credentials
        self._verify = verify

    def push(
        self,
        content: VersionContent,
        aliases: Sequence[str],
        progress: Progress,
        cancelled: threading.Event,
    ) -> PushResult:
        """Bring a version with its run, model and aliases to the server; see `PushTarget`."""
        remote = Remote(self.uri, self._credentials, self._verify, cancelled)
        try:
            return _push(Transfer(remote, progress), content, aliases)
        finally:
            remote.close()

    def push_run(self, content: RunContent, progress: Progress) -> tuple[str, bool]:
        """Bring a run to the server; return its id there, and whether anything was sent."""
        remote = Remote(self.uri, self._credentials, self._verify)
        try:
            transfer = Transfer(remote, progress)
            run_push = RunPush(transfer, content)
            run = run_push.run(run_push.experiment())
            return str(run["info"]["run_id"]), transfer.changed
        finally:
            remote.close()


def _push(transfer: Transfer, content: VersionContent, aliases: Sequence[str]) -> PushResult:
    transfer.progress("Looking at what is there", 0.0)
    version, run_push = content.version, RunPush(transfer, content)
    experiment = run_push.experiment()
    run = run_push.run(experiment)
    version_push = VersionPush(transfer, content)
    found = version_push.find()
    if found is None:
        source, model_id = version_push.model(experiment, run)
        found = version_push.create(run, source, model_id)
    else:
        version_push.refresh(found)
    number = str(found["version"])
    version_push.move_aliases(number, [*version.aliases, *aliases])
    transfer.progress("Done", 1.0)
    return PushResult(
        run_id=run["info"]["run_id"],
        version=number,
        url=f"{transfer.remote.uri}/#/models/{quote(version.name, safe='')}/versions/{number}",
        changed=transfer.changed,
    )
