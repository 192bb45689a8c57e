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


def knows_people(handler: JupyterHandler) -> bool:
    """Whether a log-in says who somebody is; a server that knows tokens only makes up a name."""
    from jupyter_server.auth.identity import IdentityProvider, PasswordIdentityProvider

    plain = type(handler.identity_provider) in (IdentityProvider, PasswordIdentityProvider)
    return not plain


def user_of(handler: JupyterHandler) -> str | None:
    """Who asks; where nobody's name is known, the account is meant."""
    if not knows_people(handler):
        return account()
    asking = handler.current_user
    return str(asking.username) if asking else None
