"""Who may do what: every verb of every route, ours and MLflow's, asked by everybody who might ask.

The event stream is jupyter_server's own and asks for what `jupyter_events` asks for.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import requests
import sample
from api.cases import CASES
from api.test_routes import address

from harness import Server
from jupyterlab_mlops.api.routes import ROUTES
from jupyterlab_mlops.mlflow_api import handler as mlflow
from jupyterlab_mlops.mlflow_api.routes import CALLS

READ_ONLY = '''
from jupyter_server.auth.authorizer import Authorizer

class ReadOnly(Authorizer):
    """Lets `reader` read, `other` do nothing, and everybody else do everything."""

    def is_authorized(self, handler, user, action, resource):
        who = handler.request.headers.get("X-Who")
        return who != "other" and (action == "read" or who != "reader")
'''
WHO = {
    # identity: (what it sends, whether it logs in by cookie, may read, may write)
    "nobody": ({}, False, False, False),
    "a wrong token": ({"Authorization": "token " + "0" * 32}, False, False, False),
    "a wrong password": ({"Authorization": "Basic YTpi"}, False, False, False),
    "a reader": ({"Authorization": "token {token}", "X-Who": "reader"}, False, True, False),
    "another user": ({"Authorization": "token {token}", "X-Who": "other"}, False, False, False),
    "the owner": ({"Authorization": "token {token}"}, False, True, True),
    "the owner, by a token in the address": ({"?": "token={token}"}, False, True, True),
    "a wrong token in the address": ({"?": "token=wrong"}, False, False, False),
    "a forged token of a kernel": (
        {"Authorization": "Bearer mlops-kernel." + "0" * 64}, False, False, False,
    ),
    "a cookie without its XSRF token": ({}, True, True, False),
    "a cookie with a wrong XSRF token": ({"X-XSRFToken": "2|a|b|1"}, True, True, False),
    "a cookie from a foreign page": (
        {"Origin": "http://evil.example", "Referer": "http://evil.example/x"}, True, False, False,
    ),
    "a foreign host": (
        {"Authorization": "token {token}", "Host": "evil.example"}, False, False, False,
    ),
}  # fmt: skip


HIDDEN = {"a cookie from a foreign page": 404}
"""The server says that there is nothing, rather than that one may not."""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server whose authorizer knows a reader."""
    folder = tmp_path_factory.mktemp("identities")
    (folder / "readonly.py").write_text(READ_ONLY)
    sample.make(folder / "data")
    with Server(
        folder,
        application="server",
        env={"PYTHONPATH": str(folder)},
        arguments=("--ServerApp.authorizer_class=readonly.ReadOnly",),
    ) as server:
        yield server


def every_verb() -> list[tuple[str, str, bool]]:
    """Verb and path of everything that we answer, and whether it only reads."""
    ours = [(r.verb, address(r, CASES[r.name].path), r.verb == "GET") for r in ROUTES]
    theirs = [
        (call.verb, f"mlops/mlflow/{mlflow.SEGMENT.sub('x', call.path)}", call.verb == "GET")
        for call in CALLS
    ]
    return [*ours, *theirs]


@pytest.mark.parametrize("who", WHO)
def test_nobody_may_more_than_they_should(server: Server, who: str) -> None:
    sent, by_cookie, may_read, may_write = WHO[who]
    wrong = []
    with requests.Session() as session:
        if by_cookie:
            session.get(f"{server.url}api/status?token={server.token}").raise_for_status()
        for verb, path, reads in every_verb():
            headers = {name: value.format(token=server.token) for name, value in sent.items()}
            body: object = None if reads else {}
            query = headers.pop("?", None)
            url = server.url + path + (f"?{query}" if query else "")
            answer = session.request(verb, url, headers=headers, json=body, timeout=20)
            allowed = answer.status_code not in (401, 403, HIDDEN.get(who))
            if allowed != (may_read if reads else may_write):
                wrong.append((verb, path, answer.status_code))
    assert wrong == []
