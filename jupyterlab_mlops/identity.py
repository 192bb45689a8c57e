"""Who uses a server: the Hub's user, the account, or whoever a log-in says."""

from __future__ import annotations

import getpass
import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from jupyter_server.base.handlers import JupyterHandler


def account() -> str | None:
    """Who runs this process: under a Hub the Hub's user, else the account's name."""
    hub_user = os.environ.get("JUPYTERHUB_USER")
    try:
        return hub_user or getpass.getuser()
    except (KeyError, OSError):
        return None  # a container's user without a name


def user_of(handler: JupyterHandler) -> str | None:
    """Who asks. A server that knows tokens only makes up a name: its account is meant then."""
    from jupyter_server.auth.identity import IdentityProvider, PasswordIdentityProvider

    asking = handler.current_user
    if type(handler.identity_provider) in (IdentityProvider, PasswordIdentityProvider):
        return account()
    return str(asking.username) if asking else None
