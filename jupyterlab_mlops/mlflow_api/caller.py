"""Who calls: a user of the server, or one of its kernels with a token of its own.

A kernel's token is good for this API alone, and for as long as its kernel lives. Nothing is kept of
it: it holds the kernel's id and a signature by a secret that this server made up at its start.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from collections.abc import Container
from dataclasses import dataclass

_FORM = re.compile(r"mlops-([\w-]{1,100})\.([0-9a-f]{64})")
EXECUTION_HEADER = "X-MLOps-Execution"
SESSION_HEADER = "X-MLOps-Session"
_ID = re.compile(r"[\w-]{1,200}")


@dataclass(frozen=True)
class Caller:
    """What is known of who made a request.

    Attributes
    ----------
    kernel_id
        None for a user's own token or log-in.
    is_person
        `user` is somebody whom a log-in or a Hub knows, not just the server's account.
    session_id, execution_id
        The life of the kernel and the cell that runs in it, as the kernel's own part says.
    """

    user: str | None = None
    is_person: bool = False
    kernel_id: str | None = None
    session_id: str | None = None
    execution_id: str | None = None


class KernelTokens:
    """Makes tokens for kernels and knows them again."""

    def __init__(self) -> None:
        self._secret = secrets.token_bytes(32)

    def token_for(self, kernel_id: str) -> str:
        """Return the token of a kernel."""
        return f"mlops-{kernel_id}.{self._sign(kernel_id)}"

    def kernel_of(self, token: str, living: Container[str]) -> str | None:
        """Return whose token it is; None: nobody's who lives."""
        found = _FORM.fullmatch(token)
        if found is None or not hmac.compare_digest(found[2], self._sign(found[1])):
            return None
        return found[1] if found[1] in living else None

    def _sign(self, kernel_id: str) -> str:
        return hmac.new(self._secret, kernel_id.encode(), hashlib.sha256).hexdigest()


def proper_id(text: str | None) -> str | None:
    """Return an id that a header names, None where it is none."""
    return text if text and _ID.fullmatch(text) else None
