"""What the outbox asks of a push target, and what a target may answer."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from ..errors import RemoteFailure

if TYPE_CHECKING:
    from .content import VersionContent

Progress = Callable[[str, float], None]
"""Told what is being done, and how much of all is done: 0 to 1."""


class TryAgain(RemoteFailure):
    """The target could not be reached or asked to wait; the same push may work later.

    Attributes
    ----------
    after
        Seconds to wait, where the target said so.
    """

    def __init__(self, message: str, after: float | None = None) -> None:
        super().__init__(message)
        self.after = after


class PushCancelled(Exception):
    """Someone gave the push up while it was on its way."""


@dataclass(frozen=True)
class PushResult:
    """Where a version is now.

    Attributes
    ----------
    changed
        False when the target had all of it already, so that nothing was written.
    """

    run_id: str
    version: str
    url: str
    changed: bool


class PushTarget(Protocol):
    """A registry that versions are pushed to.

    Pushing must be idempotent: a push that was broken off is repeated from its beginning.
    """

    def push(
        self,
        content: VersionContent,
        aliases: Sequence[str],
        progress: Progress,
        cancelled: threading.Event,
    ) -> PushResult:
        """Bring a version there.

        Raises
        ------
        TryAgain
            It failed for a reason that may pass.
        RemoteFailure
            It was refused; the message holds the target's own reason.
        PushCancelled
            `cancelled` was set.
        """
        ...
