"""Planted secrets are in nothing that was written: no journal, not the store, no file beside it."""

from __future__ import annotations

import base64
import html
import itertools
import json
import re
import secrets
import subprocess
from collections.abc import Iterator
from urllib.parse import quote

import pytest
import requests

from harness import KernelSession, Server, StartServer, wait_for
from harness.planted import KINDS, MORE
from harness.ways import SHOWN
from jupyterlab_mlops.kernel.secrets import MARKS

_keys = iter([*KINDS.values(), *MORE.values()])


def _two_halves(key: str) -> str:
    return f"{key[: len(key) // 2]!r}, {key[len(key) // 2 :]!r}"


def _cells() -> Iterator[tuple[str, str]]:
    """A secret, and a cell that leads it somewhere; where it has to be made, of its halves."""
    for where in (
        "client = dict(key='{}')",
        "# {}",
        "def f():\n    '''{}'''",
        "%env SOME_API_KEY={}",
        "raise ValueError('{}')",
        "1 / 0  # {}",
        "x = = '{}'",
        "mlops.set_note('see {}')",
        "mlops.log_params({{'url': 'https://ann:{}@example.org'}})",
    ):
        key = next(_keys)
        yield key, where.format(key)
    for where in (
        "print(made)",
        "import sys; print(made, file=sys.stderr)",
        "import sys\nfor letter in made:\n    print(letter, end='', flush=True)",
        "raise RuntimeError('cannot log in with ' + made)",
        "{'answer': [made]}",
        "from IPython.display import HTML, display; display(HTML(f'<b title=\"{made}\">x</b>'))",
        "from IPython.display import JSON; JSON({'a': [{'b': made}]})",
        "from IPython.display import Markdown; Markdown(f'# {made}')",
        "display({'image/svg+xml': f'<svg><text>{made}</text></svg>'}, raw=True)",
        "display({'text/plain': 'x'}, raw=True, metadata={'from': made})",
        "h = display('x', display_id=True); h.update(made)",
        "mlops.log_param('model', made)",
        "mlops.log_params({'layers': {'first': made}})",
        "mlops.set_tag('origin', made)",
        "mlops.set_tags({made[:4]: made})",
        "import os; os.environ['ACME_TOKEN'] = made; mlops.log_param('same', made)",
        "import warnings; warnings.warn(made)",
        "import logging; logging.error(made)",
        "with mlops.start_run(nested=True, description=made, tags={'t': made}): pass",
    ):
        key = next(_keys)
        yield key, f"made = ''.join([{_two_halves(key)}])\n{where}"


def _hidden_ways() -> Iterator[tuple[str, str]]:
    """The same, cut or written otherwise: no one text of the record holds the secret."""
    for where in (
        "import sys\nprint(made[:9], end='', flush=True); print('w', file=sys.stderr, flush=True)\n"
        "print(made[9:], flush=True)",
        "print('\\x1b[31m' + made[:9] + '\\x1b[0m' + made[9:])",
        "display({'text/html': f'<p><b>{made[:9]}</b><i>{made[9:]}</i></p>'}, raw=True)",
        "display({'text/html': '&#' + str(ord(made[0])) + ';' + made[1:]}, raw=True)",
        "print(dict(login=dict(user='ann', password=made)))",
        "import json; print(json.dumps(json.dumps({'k': [made]})))",
        "def f():\n    raise KeyError({'token': made})\nf()",
        "print('https://ann:' + made + '@example.org/x?y=1')",
        "print('Authorization: Bearer ' + made)",
        "print('a' * 70_000, made, 'b' * 70_000)",
        "display({'application/vnd.x+json': {'deep': [[{'er': made}]]}}, raw=True)",
        "display({'text/latex': '$' + made + '$'}, raw=True)",
        "mlops.log_params({'nested': [{'key': 'x', 'value': made}]})",
        "mlops.log_text('nothing', 'n.txt'); mlops.set_tag(f'u-{made}', 'x')",
    ):
        key = next(_keys)
        yield key, f"made = ''.join([{_two_halves(key)}])\n{where}"


LATER = "words & <more> words"
"""Comes into being in a kernel; nothing tells it by its look."""
TYPED = "typed by hand"
FETCHED = "fetched from afar"
LATER_CELL = """
import os, base64, html, urllib.parse
os.environ["LATER_SECRET"] = " ".join(["words", "&", "<more>", "words"])
value = os.environ["LATER_SECRET"]
print(value, urllib.parse.quote(value), html.escape(value))
print(base64.b64encode(b"ann:" + value.encode()).decode())
"""
TYPED_CELL = """
import getpass
kernel = get_ipython().kernel
kernel._allow_stdin, kernel._input_request = True, lambda *a, **b: "typed " + "by " + "hand"
typed = getpass.getpass()
print(typed)
"""
WAYS_CELL = """
import json
from IPython.display import HTML, display
with mlops.start_run(nested=True):
    for number, text in enumerate(json.load(open("ways.json"))):
        print(text, end="\\n\\n")
        display({"text/plain": text}, raw=True)
        mlops.log_param(f"way{number}", text)
"""
NAMES_CELL = """
a, b, c, d, e = json.load(open("names.json"))
with mlops.start_run(run_name=f"run-{a}", nested=True):
    mlops.log_text("nothing", f"files/{b}.txt")
    mlops.log_metric(f"loss-{c}", 1.0)
    mlops.set_tags({f"tag-{d}": "x"})
mlops.set_experiment(f"experiment-{e}")
with mlops.start_run(nested=True):
    pass
"""
NAMED = "correct horse battery"
"""Without any form: known by the name of the environment's variable."""
ORDINARY = "an ordinary word"
"""What is kept, to show that the search would find it."""


@pytest.mark.timeout(180)
def test_secrets_are_in_no_file_of_ours(start_server: StartServer) -> None:
    inherited, remote, changed, sent, tagged = (next(_keys) for _ in range(5))
    env = {"ACME_PASSWORD": NAMED, "ACME_KEY": inherited}
    server = start_server(application="server", env=env)
    _repository(server, remote, changed)
    planted = [NAMED, inherited, remote, changed, sent, tagged]
    with KernelSession(server, "secrets.ipynb") as kernel:
        kernel.execute("import os, jupyterlab_mlops as mlops\nrun = mlops.start_run()")
        kernel.execute("print(os.environ['ACME_PASSWORD'], os.environ['ACME_KEY'])")
        kernel.execute(
            f"mlops.log_params({{'db_password': 'x' + 'yz' * 5, 'depth': 3}})\nprint('{ORDINARY}')"
        )
        planted.append("x" + "yz" * 5)
        kernel.execute(LATER_CELL)
        kernel.execute(TYPED_CELL)
        ways_in = [f"Zq7{secrets.token_hex(8)}"[:16] for _ in SHOWN]
        names = list(itertools.islice(_keys, 5))
        for file, content in (
            ("ways", [way % word for way, word in zip(SHOWN, ways_in, strict=True)]),
            ("names", names),
        ):
            (server.root_dir / f"{file}.json").write_text(json.dumps(content))
        planted += [*ways_in, *names]
        assert kernel.execute(WAYS_CELL).status == "ok"
        assert kernel.execute(NAMES_CELL).status == "ok"
        kernel.execute("db_password = 'fetched ' + 'from ' + 'afar'")
        kernel.execute("print(db_password)\n1 / 0")
        planted += [LATER, TYPED, FETCHED]
        for key, source in (*_cells(), *_hidden_ways()):
            planted.append(key)
            kernel.execute(source)
        many = [*itertools.islice(_keys, 10)]
        planted += many
        kernel.execute(
            f"made = list(map(''.join, [{', '.join(f'({_two_halves(key)})' for key in many)}]))\n"
            "print(made); print(*made); display(*made); mlops.log_params(dict(enumerate(made)))\n"
            "mlops.log_params({f'p{n}': {'in': [key]} for n, key in enumerate(made)})\nmade"
        )
        run_id = wait_for(lambda: _run_with(server, "same"))["run_id"]
        server.api.mlops("POST", "runs/tag", json={"run_ids": [run_id], "tags": {"t": tagged}})
        _by_mlflow(server, run_id, sent)
        assert len(planted) >= 60
        assert _places(server, planted) == []
        kernel.execute("mlops.end_run()")
    assert _shown(server, planted) == []
    assert MARKS.fullmatch(_run_with(server, "model")["params"]["model"])
    assert _run_with(server, "depth")["params"] == {"db_password": "[redacted]", "depth": "3"}
    assert _run_with(server, "sent")["params"]["sent"].startswith("with [redacted")
    server.stop()
    assert _places(server, planted) == []
    assert _places(server, [ORDINARY])


def _shown(server: Server, planted: list[str]) -> list[str]:
    """Secrets that one who looks at the record can read, below colours and tags, in a stream."""
    found = server.api.mlops("GET", "executions?outputs=true&limit=500")["executions"]
    outputs = [output for execution in found for output in execution["outputs"] or []]
    names = ("stdout", "stderr")
    streams = ("".join(o["text"] for o in outputs if o.get("name") == name) for name in names)
    text = "\n".join([*streams, *map(str, (o.get("data") or o.get("traceback") for o in outputs))])
    bare = html.unescape(re.sub(r"\\x1b\[[0-9;]*m|\x1b\[[0-9;]*m|</?[bi]>", "", text))
    assert ORDINARY in bare
    return [secret for secret in planted if secret in text or secret in bare]


def _repository(server: Server, remote: str, changed: str) -> None:
    """Notebooks lie in a repository with a token in its remote, and a key that is not committed."""
    file = server.root_dir / "settings.py"
    file.write_text("KEY = None\n")
    for arguments in (
        ("init", "-q"),
        ("add", "settings.py"),
        ("-c", "user.name=a", "-c", "user.email=a@b.c", "commit", "-qm", "settings"),
        ("remote", "add", "origin", f"https://{remote}@example.org/x.git"),
    ):
        subprocess.run(["git", *arguments], cwd=server.root_dir, check=True)
    file.write_text(f"KEY = '{changed}'\n")


def _run_with(server: Server, param: str) -> dict:
    runs = server.api.mlops("GET", "runs")["runs"]
    return next((run for run in runs if param in run["params"]), {})


def _by_mlflow(server: Server, run_id: str, secret: str) -> None:
    body = {"run_id": run_id, "key": "sent", "value": f"with {secret}"}
    answer = requests.post(
        f"{server.url}mlops/mlflow/api/2.0/mlflow/runs/log-parameter",
        data=json.dumps(body),
        headers={"Authorization": f"token {server.token}"},
        timeout=20,
    )
    assert answer.status_code == 200, answer.text


def _places(server: Server, planted: list[str]) -> list[str]:
    files = [path for path in server.data_dir.rglob("*") if path.is_file()]
    contents = {str(path): path.read_bytes() for path in files}
    return [
        f"{form} in {name}"
        for secret in planted
        for form in _forms(secret)
        for name, content in contents.items()
        if form.encode() in content
    ]


def _forms(secret: str) -> set[str]:
    in_base64 = base64.b64encode(b"ann:" + secret.encode()).decode()[6:-4]
    return {secret, json.dumps(secret)[1:-1], html.escape(secret), quote(secret), in_base64}
