"""Every route asks the server's authorizer for its own action on its own resource.

The trap: jupyter_server's `authorized` remembers what its first call asked for, so a method that
two routes share would let whoever may read also delete. Each route is therefore asked twice, in
both orders.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
import sample
from api.cases import CASES
from api.test_routes import address

from harness import Server
from jupyterlab_mlops.api.base import handlers
from jupyterlab_mlops.api.routes import ROUTES

AUTHORIZER = '''
import json, os
from jupyter_server.auth.authorizer import Authorizer

class Refusing(Authorizer):
    """Writes down what it is asked, and refuses all that is ours."""

    def is_authorized(self, handler, user, action, resource):
        ours = resource.startswith("jupyterlab_mlops")
        if ours:
            line = [handler.request.method, handler.request.path, action, resource]
            with open(os.environ["ASKED"], "a") as asked:
                asked.write(json.dumps(line) + chr(10))
        return not ours
'''

ACTIONS = {"GET": "read", "POST": "write", "PUT": "write", "PATCH": "write", "DELETE": "write"}


@pytest.fixture(scope="module")
def refusing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Server, Path]]:
    """A server that refuses everything of ours, and the file of what it was asked."""
    folder = tmp_path_factory.mktemp("refusing")
    (folder / "refusing.py").write_text(AUTHORIZER)
    asked = folder / "asked"
    asked.touch()
    sample.make(folder / "data")
    server = Server(
        folder,
        application="server",
        env={"PYTHONPATH": str(folder), "ASKED": str(asked)},
        arguments=("--ServerApp.authorizer_class=refusing.Refusing",),
    )
    with server:
        yield server, asked


@pytest.mark.parametrize("order", [1, -1], ids=["forwards", "backwards"])
def test_every_route_asks_for_its_own_action_and_resource(
    refusing: tuple[Server, Path], order: int
) -> None:
    server, asked = refusing
    for route in ROUTES[::order]:
        path = address(route, CASES[route.name].path)
        answer = server.api.request(route.verb, path, json=CASES[route.name].json)
        assert answer.status_code == 403, route
        assert answer.json()["error_code"] == "PERMISSION_DENIED"
        last = json.loads(asked.read_text().splitlines()[-1])
        assert last == [route.verb, f"/{path}", ACTIONS[route.verb], route.resource]


def test_no_two_routes_share_a_method() -> None:
    methods = [
        getattr(handler, known.verb.lower())
        for _, handler in handlers()
        for known in handler.routes.values()
    ]
    assert len(methods) == len(ROUTES)
    assert len({id(method) for method in methods}) == len(methods)
