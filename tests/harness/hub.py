"""A real JupyterHub with its proxy on the loopback interface, in folders of its own."""

from __future__ import annotations

import os
import secrets
import subprocess
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from types import TracebackType
from typing import Any
from urllib.parse import quote

import requests

from .api import Api
from .server import end, free_port, wait_for

ROOT = Path(__file__).parents[2]
PROXY = ROOT / "node_modules" / ".bin" / "configurable-http-proxy"
PREFIX = "/hub-prefix/"
CONFIG = """
c.JupyterHub.bind_url = "http://127.0.0.1:{port}{prefix}"
c.JupyterHub.hub_port = {hub_port}
c.JupyterHub.hub_ip = "127.0.0.1"
c.JupyterHub.db_url = "sqlite:///{folder}/hub.sqlite"
c.JupyterHub.cookie_secret_file = "{folder}/cookie_secret"
c.JupyterHub.authenticator_class = "dummy"
c.JupyterHub.spawner_class = "simple"
c.JupyterHub.log_level = "WARN"
c.ConfigurableHTTPProxy.debug = False
c.JupyterHub.allow_named_servers = True
c.JupyterHub.cleanup_servers = True
c.JupyterHub.last_activity_interval = 1
c.ConfigurableHTTPProxy.command = [{proxy!r}, "--log-level=warn"]
c.ConfigurableHTTPProxy.api_url = "http://127.0.0.1:{proxy_port}"
c.ConfigurableHTTPProxy.auth_token = {proxy_token!r}
c.ConfigurableHTTPProxy.pid_file = "{folder}/proxy.pid"
c.Authenticator.allow_all = True
c.Authenticator.username_pattern = ".+"
c.Authenticator.admin_users = set()
c.DummyAuthenticator.password = {password!r}
c.SimpleLocalProcessSpawner.home_dir_template = "{folder}/homes/{{username}}"
c.Spawner.cmd = [{python!r}, "-m", "jupyterhub.singleuser"]
c.Spawner.args = [
    "--allow-root", "--LabApp.expose_app_in_browser=True", "--ServerApp.log_level=WARN",
    # The strictest that JupyterHub has.
    "--ServerApp.authorizer_class=jupyterhub.singleuser.extension.JupyterHubAuthorizer",
]
c.Spawner.default_url = "/lab"
c.Spawner.http_timeout = c.Spawner.start_timeout = 120
c.Spawner.environment = {environment!r}
c.JupyterHub.services = [{{"name": "tests", "api_token": {token!r}}}]
c.JupyterHub.load_roles = [{{
    "name": "tests", "services": ["tests"],
    "scopes": ["admin:users", "admin:servers", "tokens", "access:servers", "shares", "proxy"],
}}]
{more}
"""
ENVIRONMENT = {
    # The servers report their activity this often, as seldom as every five minutes by default.
    "JUPYTERHUB_ACTIVITY_INTERVAL": "1",
    "MLFLOW_DISABLE_TELEMETRY": "true",
}


@dataclass(frozen=True)
class UserServer:
    """A user's server, as `KernelSession` and page objects want it.

    Attributes
    ----------
    name
        Of a named server; the default one has none.
    visitor
        Who asks it, if that is not its own user.
    """

    hub: Hub
    user: str
    name: str = ""
    visitor: str | None = None

    @property
    def url(self) -> str:
        """Address of the server's base URL, ending in a slash; the Hub leaves `@` as it is."""
        name = f"{quote(self.name)}/" if self.name else ""
        return f"{self.hub.address_of(self.user)}user/{quote(self.user, safe='@~')}/{name}"

    @property
    def token(self) -> str:
        """The Hub's token of whoever asks."""
        return self.hub.token_of(self.visitor or self.user)

    @property
    def api(self) -> Api:
        """The server's REST API, with that token."""
        return Api(self.url, self.token)

    @property
    def stranger(self) -> Api:
        """The server's REST API without credentials."""
        return Api(self.url, None)

    def seen_by(self, visitor: str) -> UserServer:
        """The same server, as another user asks it."""
        return replace(self, visitor=visitor)

    def _path(self) -> str:
        place = f"servers/{quote(self.name)}" if self.name else "server"
        return f"users/{quote(self.user)}/{place}"

    def start(self) -> UserServer:
        """Start it, and wait until it answers."""
        self.hub.api.request("POST", self._path(), timeout=120)
        wait_for(lambda: self.model().get("ready"), timeout=120)
        return self

    def stop(self) -> None:
        """Stop it, and wait until the Hub knows."""
        self.hub.api.request("DELETE", self._path(), timeout=60)
        wait_for(lambda: not self.model(), timeout=60)

    def model(self) -> dict[str, Any]:
        """What the Hub says of it; nothing where it does not run."""
        user = self.hub.api.json("GET", f"users/{quote(self.user)}")
        found: dict[str, Any] = user["servers"].get(self.name, {})
        return found


class Hub:
    """A running JupyterHub; use it as a context manager.

    Parameters
    ----------
    folder : Path
        Holds everything that it keeps, the homes of its users among that.
    users : iterable of str
        Users that exist from the start; each has `password`.
    config : str
        Further lines of its configuration.
    env : mapping of str to str, optional
        Environment of its users' servers.
    subdomains : bool
        Each user has a host name of their own; whoever asks must find `*.localhost` here.
    """

    def __init__(
        self,
        folder: Path,
        users: Iterable[str],
        *,
        config: str = "",
        env: Mapping[str, str] | None = None,
        subdomains: bool = False,
    ) -> None:
        self.folder = folder
        self._host = "hub.localhost" if subdomains else "127.0.0.1"
        self._subdomains = subdomains
        self.users = list(users)
        self.password = secrets.token_hex(8)
        self.log_path = folder / "hub.log"
        self.port = free_port()
        self.token = secrets.token_hex(16)
        self.tokens: dict[str, str] = {}
        self._more = config
        self._env = {**ENVIRONMENT, **(env or {})}
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """Address of the proxy with the Hub's prefix, ending in a slash."""
        return f"http://{self._host}:{self.port}{PREFIX}"

    def address_of(self, user: str) -> str:
        """Address below which the servers of a user are, ending in a slash."""
        return self.url.replace("//", f"//{user}.", 1) if self._subdomains else self.url

    @property
    def api(self) -> Api:
        """The Hub's REST API, as an administrator."""
        return Api(f"{self.url}hub/api/", self.token)

    @property
    def log(self) -> str:
        """What the Hub, its proxy and its users' servers have logged until now."""
        return self.log_path.read_text(errors="replace") if self.log_path.exists() else ""

    def home(self, user: str) -> Path:
        """The user's home."""
        return self.folder / "homes" / user

    def server(self, user: str, name: str = "") -> UserServer:
        """A server of a user's, running or not."""
        return UserServer(self, user, name)

    def token_of(self, user: str) -> str:
        """A token of a user's own, with all that the user may do."""
        if user not in self.tokens:
            made = self.api.json("POST", f"users/{quote(user)}/tokens", json={})
            self.tokens[user] = made["token"]
        return self.tokens[user]

    def __enter__(self) -> Hub:
        self.folder.mkdir(parents=True, exist_ok=True)
        for user in self.users:
            self.home(user).mkdir(parents=True)
        config = self.folder / "jupyterhub_config.py"
        config.write_text(self._config())
        # The proxy is a program of Node's, which lies beside Python.
        path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        hidden = {"JUPYTER_MLOPS_DATA_DIR", "JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "IPYTHONDIR"}
        env = {k: v for k, v in os.environ.items() if k not in hidden} | {"PATH": path}
        with self.log_path.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "jupyterhub", "-f", str(config)],
                env=env,
                cwd=self.folder,
                stdout=log,
                stderr=log,
            )
        try:
            wait_for(self._answers, timeout=90)
            self.api.json("POST", "users", json={"usernames": self.users})
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def stop(self, timeout: float = 40) -> None:
        """End the Hub, its proxy and all servers in good order; then end what is left."""
        if not self._process:
            return
        process, self._process = self._process, None
        end(process, timeout)

    def _config(self) -> str:
        named = f'c.JupyterHub.subdomain_host = "http://{self._host}:{self.port}"\n'
        return CONFIG.format(
            port=self.port,
            hub_port=free_port(),
            proxy_port=free_port(),
            proxy_token=secrets.token_hex(16),
            prefix=PREFIX,
            folder=self.folder,
            proxy=str(PROXY),
            password=self.password,
            python=sys.executable,
            environment=self._env,
            token=self.token,
            more=(named if self._subdomains else "") + self._more,
        )

    def _answers(self) -> bool:
        assert self._process
        code = self._process.poll()
        assert code is None, f"the Hub ended with {code}:\n{self.log[-5000:]}"
        try:
            return self.api.request("GET", "users", timeout=5).ok
        except requests.RequestException:
            return False
