"""The push targets that are set up, and those that an address alone describes.

A target is a name with a few settings, as the trait `MLOpsApp.push_targets` has them::

    {"team": {"uri": "https://mlflow.example.org", "token_env": "TEAM_TOKEN"}}

A package adds a kind of target by an entry point of the group `jupyterlab_mlops.registry_targets`:
a function that takes the settings and the environment, and gives a `PushTarget`.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from importlib.metadata import entry_points
from typing import Any
from urllib.parse import urlsplit

from ..errors import InvalidRequest
from .base import PushTarget
from .mlflow_target import MLflowTarget
from .remote import Credentials

GROUP = "jupyterlab_mlops.registry_targets"
URI_VARIABLE = "MLFLOW_TRACKING_URI"
DEFAULT = "default"
"""What a kernel writes, which does not know the targets, when the user names none."""
MLFLOW_SETTINGS = frozenset(
    {"kind", "uri", "token", "token_env", "username", "password", "password_env", "verify"}
)

Settings = Mapping[str, Any]
Maker = Callable[[Settings, Mapping[str, str]], PushTarget]


class Targets:
    """All push targets of a server or of a command.

    Parameters
    ----------
    configured
        Settings by name.
    environment
        Where tokens and `MLFLOW_TRACKING_URI` are looked up; that of the process if None.
    addresses
        Whether what is not set up may be named by its address: a server that does so sends
        wherever somebody who may write to the record tells it to.
    """

    def __init__(
        self,
        configured: Mapping[str, Settings] | None = None,
        environment: Mapping[str, str] | None = None,
        *,
        addresses: bool = True,
    ) -> None:
        self._configured = dict(configured or {})
        self._addresses = addresses
        self._environment = _foreign(os.environ if environment is None else environment)

    def names(self) -> list[str]:
        """Give the names of what is set up; that of the environment goes by its address."""
        named = sorted(self._configured)
        uri = self._environment.get(URI_VARIABLE, "").rstrip("/")
        is_new = uri and uri not in {_uri(settings) for settings in self._configured.values()}
        return [*named, uri] if is_new and _is_address(uri) else named

    def resolve(self, target: str | None = None) -> str:
        """Give the name or address that a request means; None means the only one there is.

        Raises
        ------
        InvalidRequest
            It is none of the names and no address, or there is none or more than one to choose.
        """
        if target and target != DEFAULT:
            return self._checked(target)
        if len(self._configured) == 1:
            return next(iter(self._configured))
        names = self.names()
        if len(names) > 1:
            raise InvalidRequest(f"Several push targets are set up ({', '.join(names)}): name one.")
        if not names:
            raise InvalidRequest(
                "No push target is set up: give the address of an MLflow tracking server, or set"
                f" {URI_VARIABLE} or MLOpsApp.push_targets."
            )
        return names[0]

    def open(self, target: str) -> PushTarget:
        """Make a target ready.

        Raises
        ------
        InvalidRequest
            Its name is not known, or its settings are no good.
        """
        target = self.resolve(target)
        settings = self._configured.get(target, {"uri": target})
        kind = str(settings.get("kind", "mlflow"))
        maker = _kinds().get(kind)
        if maker is None:
            raise InvalidRequest(f"The push target {target!r} is of an unknown kind, {kind!r}.")
        return maker(settings, self._environment)

    def server(self, target: str) -> tuple[str, Credentials, bool | str]:
        """Give the address of a target, who one is there, and which certificates are trusted.

        Raises
        ------
        InvalidRequest
            It is none of those that are set up.
        """
        target = self.resolve(target)
        named = (s for s in self._configured.values() if _uri(s) == target)
        settings = self._configured.get(target) or next(named, {"uri": target})
        return server_of(settings, self._environment)

    def _checked(self, target: str) -> str:
        if target in self._configured:
            return target
        if "://" not in target:
            known = ", ".join(self.names()) or "none are set up"
            raise InvalidRequest(
                f"{target!r} is no push target ({known}) and no address that begins with http://"
                " or https://."
            )
        check_address(target)
        target = target.rstrip("/")
        allowed = [*self.names(), *map(_uri, self._configured.values())]
        if not self._addresses and target not in allowed:
            raise InvalidRequest(
                f"{target!r} is no push target of this server: it takes those that are set up"
                f" ({', '.join(self.names()) or 'none are'}) by MLOpsApp.push_targets or"
                f" {URI_VARIABLE}, and any address only with MLOpsApp.push_to_addresses."
            )
        return target


def _kinds() -> dict[str, Maker]:
    found: dict[str, Maker] = {"mlflow": make_mlflow_target}
    for entry in entry_points(group=GROUP):
        found.setdefault(entry.name, entry.load())
    return found


def make_mlflow_target(settings: Settings, environment: Mapping[str, str]) -> PushTarget:
    """Make an MLflow tracking server of its settings; `docs/registry.md` lists them.

    Raises
    ------
    InvalidRequest
        The address is missing or no good, or a setting is unknown.
    """
    unknown = sorted(set(settings) - MLFLOW_SETTINGS)
    if unknown:
        allowed = ", ".join(sorted(MLFLOW_SETTINGS))
        raise InvalidRequest(
            f"A push target has no setting {unknown[0]!r}; it may have: {allowed}."
        )
    return MLflowTarget(*server_of(settings, environment))


def server_of(
    settings: Settings, environment: Mapping[str, str]
) -> tuple[str, Credentials, bool | str]:
    """Return the address of a server, who one is there, and which certificates are trusted."""
    uri = _uri(settings)
    check_address(uri)
    # Credentials of the environment belong to the server that the environment names.
    is_of_environment = uri == environment.get(URI_VARIABLE, "").rstrip("/")
    inherited = environment if is_of_environment else {}
    return uri, _credentials(settings, environment, inherited), _verify(settings, inherited)


def credentials_of(environment: Mapping[str, str]) -> tuple[Credentials, bool | str]:
    """Return who one is by MLflow's variables, and which certificates are trusted."""
    return _credentials({}, environment, environment), _verify({}, environment)


def check_address(uri: str) -> None:
    """See that an address is that of an HTTP server, and holds no password.

    Raises
    ------
    InvalidRequest
        It is not.
    """
    scheme = urlsplit(uri).scheme
    if scheme in ("file", "sqlite", "postgresql", "mysql", "mssql", ""):
        raise InvalidRequest(
            f"{uri!r} is a store of MLflow and not a server: start one with `mlflow server"
            " --backend-store-uri ...` and push to its http:// address."
        )
    if not _is_address(uri):
        raise InvalidRequest(
            f"{uri!r} is no address of a server; it begins with http:// or https://."
        )
    parts = urlsplit(uri)
    if "@" in parts.netloc:
        raise InvalidRequest(
            "Leave name and password out of a push target's address: set MLFLOW_TRACKING_USERNAME"
            " and MLFLOW_TRACKING_PASSWORD, or username and password_env of the target."
        )
    if parts.query or parts.fragment:
        raise InvalidRequest(f"Leave what follows '?' or '#' out of the address {uri!r}.")


def _is_address(uri: str) -> bool:
    try:
        parts = urlsplit(uri)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False


def _uri(settings: Settings) -> str:
    return str(settings.get("uri", "")).rstrip("/")


def _credentials(
    settings: Settings, environment: Mapping[str, str], inherited: Mapping[str, str]
) -> Credentials:
    def secret(name: str) -> str | None:
        variable = settings.get(f"{name}_env")
        return settings.get(name) or (environment.get(str(variable)) if variable else None)

    return Credentials(
        token=secret("token") or inherited.get("MLFLOW_TRACKING_TOKEN"),
        username=settings.get("username") or inherited.get("MLFLOW_TRACKING_USERNAME"),
        password=secret("password") or inherited.get("MLFLOW_TRACKING_PASSWORD"),
    )


def _verify(settings: Settings, inherited: Mapping[str, str]) -> bool | str:
    if "verify" in settings:
        verify = settings["verify"]
        return verify if isinstance(verify, bool) else str(verify)
    if inherited.get("MLFLOW_TRACKING_INSECURE_TLS", "").lower() == "true":
        return False
    return inherited.get("MLFLOW_TRACKING_SERVER_CERT_PATH") or True


def _foreign(environment: Mapping[str, str]) -> Mapping[str, str]:
    """Leave out the address that our server gives its kernels: one does not push to oneself."""
    uri = environment.get(URI_VARIABLE)
    if not uri or uri != environment.get("JUPYTER_MLOPS_MLFLOW_URI"):
        return environment
    ours = {URI_VARIABLE, "MLFLOW_TRACKING_TOKEN"}
    return {name: value for name, value in environment.items() if name not in ours}
