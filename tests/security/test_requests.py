"""What a request may cost: queries, page tokens, bodies, slow senders, and lines in the log."""

from __future__ import annotations

import base64
import gzip
import json
import socket
from contextlib import closing
from typing import Any
from urllib.parse import quote

import pytest
import sample

from harness import Server, wait_for
from jupyterlab_mlops.errors import InvalidRequest
from jupyterlab_mlops.store import patience
from jupyterlab_mlops.store.db import Database
from security.asking import Pinging, head, is_refused, mlflow, ours, raw

RUN = sample.RUNS[0]
CLAUSE = "params.depth = '3'"

INJECTIONS = [
    "params.depth = '3'; DROP TABLE runs",
    "params.depth = '3' UNION SELECT * FROM runs",
    "params.`depth' OR 1=1 --` = '3'",
    "params.depth = '' OR 1=1 --'",
    "metrics.accuracy > (SELECT 1)",
    "attributes.run_id = ? OR 1",
    "attributes.sqlite_version() = '3'",
    "tags.\"x\") OR (1=1 = 'y'",
    "params.depth LIKE '3' ESCAPE 'x'",
    "params.depth = x'41'",
    "params.depth = '3' /* */ OR 1",
    "params.depth = 3e999999",
]
COSTLY = {
    "an endless chain": " OR ".join([CLAUSE] * 2000),
    "a chain of AND": " AND ".join([CLAUSE] * 300),
    "many parentheses": "(" * 5000 + CLAUSE + ")" * 5000,
    "many NOTs": "NOT (" * 60 + CLAUSE + ")" * 60,
    "a long list": f"params.depth IN ({','.join(['1'] * 20_000)})",
    "many long lists": " OR ".join([f"params.depth IN ({','.join(['1'] * 500)})"] * 20),
    "a huge value": f"params.depth = '{'x' * 2_000_000}'",
    "a huge word": "x" * 40_000 + " = 1",
    "a huge pattern": f"params.depth LIKE '{'%a' * 5000}'",
    "a huge pattern, blind to case": f"attributes.note ILIKE '%{'a_' * 3000}'",
    "no end of a text": "params.depth = '" + "''" * 20_000,
    "only quotation marks": "`" * 30_001,
}
TOKENS = [
    "x",
    "-1",
    "'; DROP TABLE runs --",
    "A" * 60_000,
    "\0",
    *(
        base64.urlsafe_b64encode(text.encode()).decode()
        for text in ('{"offset":-1}', '{"offset":1e9}', '{"offset":true}', '{"offset":"1"}', "[]",
                     '{"offset":99999999999999999999}', "[" * 9000, '{"offset":null}', "\udc80"
                     .encode("utf-8", "surrogatepass").decode("latin-1"))
    ),
]  # fmt: skip


def search(server: Server, **message: Any) -> Any:
    body = {"experiment_ids": ["0", "1"], **message}
    return mlflow(server, "POST", "mlflow/runs/search", body)


@pytest.mark.parametrize("query", INJECTIONS)
def test_nothing_in_a_query_becomes_sql(served: Server, query: str) -> None:
    before = ours(served, "GET", "runs").json()["total"]
    for answer in (
        search(served, filter=query),
        search(served, order_by=[query]),
        ours(served, "GET", "runs", params={"filter": query}),
        ours(served, "GET", "runs", params={"columns": query}),
        ours(served, "GET", "groups", params={"by": query}),
    ):
        said = answer.json()
        # A name in quotation marks may be any: then it is one that no run has.
        assert is_refused(answer) or not said.get("runs"), said
    assert ours(served, "GET", "runs").json()["total"] == before >= 2


@pytest.mark.parametrize("query", COSTLY.values(), ids=COSTLY)
def test_a_query_that_would_cost_too_much_is_refused(served: Server, query: str) -> None:
    assert is_refused(search(served, filter=query))
    other = query.replace("params.depth", "tags.depth")
    assert is_refused(mlflow(served, "POST", "mlflow/experiments/search", {"filter": other}))
    # The web server takes no longer address.
    if len(quote(query)) < 60_000:
        assert is_refused(ours(served, "GET", "runs", params={"filter": query}))
        assert ours(served, "GET", "completions", params={"text": query}).status_code == 200


def test_many_words_and_many_keys_are_refused(served: Server) -> None:
    for parameters in (
        {"text": "a* " * 500},
        {"text": "x" * 20_000},
        {"order_by": [f"params.a{number}" for number in range(500)]},
        {"filter": f"tags.x LIKE '{'%' * 2000}'"},
    ):
        assert is_refused(ours(served, "GET", "runs", params=parameters)), parameters
    assert is_refused(search(served, order_by=["params.a"] * 5000))


def test_what_looks_like_a_pattern_of_other_languages_is_only_text(served: Server) -> None:
    for text in ('"', '" OR 1', "NEAR(a b)", "^a", "a*", "(((", "{a}:b", "[a-z]+", "%", "\\"):
        answer = ours(served, "GET", "runs", params={"text": text})
        assert answer.status_code == 200, (text, answer.text)


@pytest.mark.parametrize("token", TOKENS, ids=range(len(TOKENS)))
def test_a_forged_page_token_is_refused(served: Server, token: str) -> None:
    assert is_refused(search(served, page_token=token))
    if len(quote(token)) < 60_000:
        for path in ("runs", "executions"):
            assert is_refused(ours(served, "GET", path, params={"page_token": token}))


def test_experiments_may_be_many(served: Server) -> None:
    answer = mlflow(
        served,
        "POST",
        "mlflow/runs/search",
        {"experiment_ids": [str(number) for number in range(100_000)]},
    )
    found = {run["info"]["run_id"] for run in answer.json()["runs"]}
    assert found >= set(sample.RUNS)


# ---------------------------------------------------------------------------------------- bodies

BODIES = {
    "lists in lists": b"[" * 3_000_000,
    "lists in lists in a field": b'{"tags": ' + b"[" * 3_000_000,
    "objects in objects": b'{"tags":' + b'{"a":' * 100_000,
    "many small lists": b'{"run_ids": [' + b"[]," * 1_000_000 + b"[]]}",
    "many fields": b"{" + b",".join(b'"%d":1' % n for n in range(300_000)) + b"}",
    "many tags": b'{"run_ids":["%b"],"tags":{' % RUN.encode()
    + b",".join(b'"%d":"x"' % n for n in range(300_000))
    + b"}}",
    "the same field again": b'{"run_ids": [], "run_ids": 1, "run_ids": ["x"]}',
    "compressed": gzip.compress(b'{"run_ids": []}'),
    "too large": b'{"run_ids": ["' + b"x" * 5_000_000 + b'"]}',
    "half a surrogate pair": b'{"run_ids": ["\\ud800"]}',
    "a byte that is no text": b'{"run_ids": ["\xff"]}',
}


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)
def test_a_body_that_is_no_request_is_refused(served: Server, body: bytes) -> None:
    headers = {"Content-Encoding": "gzip"} if body[:2] == b"\x1f\x8b" else {}
    for path in ("runs/tag", "runs/delete", "runs/purge", "forget", "views"):
        answer = ours(served, "POST", path, data=body, headers=headers)
        assert is_refused(answer), (path, answer.status_code, answer.text[:200])


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)
def test_so_is_one_of_mlflows_api(served: Server, body: bytes) -> None:
    for path in ("runs/log-batch", "runs/log-inputs", "model-versions/create", "runs/set-tag"):
        assert is_refused(mlflow(served, "POST", f"mlflow/{path}", body)), path


def test_a_body_of_millions_of_values_is_refused_before_it_is_read(served: Server) -> None:
    body = b'{"x":[' + b"[]," * 6_000_000 + b"[]]}"
    answer = mlflow(served, "POST", "mlflow/runs/log-inputs", body)
    assert is_refused(answer)
    assert "too many values" in answer.json()["message"]


def test_others_are_answered_while_a_long_text_is_read(served: Server) -> None:
    """Some hundred thousand suspicious words: what takes a second must not be on the event loop."""
    note = "password is a b c x " * 49_000
    profile = "key = abc def " * 1_000_000
    data = {"name": "n", "digest": "d", "source_type": "s", "source": "s", "profile": profile}
    for ask in (
        lambda: ours(served, "PATCH", f"runs/{RUN}", json={"note": note}),
        lambda: mlflow(
            served, "POST", "mlflow/runs/log-inputs",
            {"run_id": RUN, "datasets": [{"dataset": data}]},
        ),
    ):  # fmt: skip
        with Pinging(served) as pinging:
            wait_for(lambda: pinging.answered)
            before = pinging.answered
            assert ask().status_code == 200
            meanwhile = pinging.answered - before
        # Were it on the event loop, one or two would be answered: before and after it.
        assert meanwhile > 5


def test_a_chunked_body_without_end_is_cut_off(served: Server) -> None:
    request = head(served, "POST", "/mlops/api/v1/runs/tag", "Transfer-Encoding: chunked")
    chunk = b"100000\r\n" + b"x" * 2**20 + b"\r\n"
    with socket.create_connection(("127.0.0.1", served.port), timeout=30) as connection:
        connection.sendall(request)
        answer = b""
        for _ in range(64):
            try:
                connection.sendall(chunk)
            except OSError:
                break  # it has hung up
        connection.settimeout(30)
        with closing(connection.makefile("rb")) as reader:
            try:
                answer = reader.readline()
            except OSError:
                answer = b""
    assert answer == b"" or b"413" in answer
    assert ours(served, "GET", "status").status_code == 200


def test_slow_senders_keep_nobody_waiting(served: Server) -> None:
    request = head(served, "POST", "/mlops/api/v1/runs/tag", "Content-Length: 1000")
    slow = [socket.create_connection(("127.0.0.1", served.port)) for _ in range(40)]
    try:
        for connection in slow:
            connection.sendall(request + b"{")
        assert ours(served, "GET", "runs").status_code == 200
        assert search(served).status_code == 200
    finally:
        for connection in slow:
            connection.close()


def test_a_secret_that_the_server_knows_by_now_can_still_be_named_to_be_forgotten(
    served: Server,
) -> None:
    word = "xyzzy-plugh-9182"
    ours(served, "PATCH", f"runs/{RUN}", json={"note": f"see {word}"})
    for dry_run in (True, False):
        wish = {"secret": word, "dry_run": dry_run}
        assert ours(served, "POST", "forget", json=wish).json()["fields"] >= 1
    assert ours(served, "GET", f"runs/{RUN}").json()["run"]["note"] == "see [redacted]"
    again = ours(served, "POST", "forget", json={"secret": word})
    assert (again.status_code, again.json()["fields"]) == (200, 0)


def test_two_lengths_or_two_ways_to_say_it_are_refused(served: Server) -> None:
    for more in (
        ("Content-Length: 5", "Content-Length: 6"),
        ("Content-Length: 5", "Transfer-Encoding: chunked"),
        ("Content-Length: -5",),
        ("Content-Length: 0x5",),
    ):
        answer = raw(served, head(served, "POST", "/mlops/api/v1/runs/tag", *more) + b"0\r\n\r\n")
        assert answer == b"" or b" 400 " in answer.splitlines()[0], more


# ------------------------------------------------------------------------------------------- log


def test_no_request_writes_signs_or_long_lines_into_the_log(served: Server) -> None:
    for path in (
        "/mlops/api/v1/\x1b]0;owned\x07",
        "/mlops/mlflow/\x1b[31mred",
        "/mlops/api/v1/runs?filter=\x9b31m\u202e".encode().decode("latin-1"),
        "/mlops/api/v1/runs/a%0a[I 2026-01-01 ServerApp] all is well%0d%1b[31m",
        f"/mlops/api/v1/runs?filter={'x' * 30_000}",
        f"/mlops/api/v1/{'y' * 30_000}",
    ):
        raw(served, head(served, "GET", path))
    mlflow(served, "POST", "mlflow/runs/set-tag", {"run_id": "a\x1b[31m\n[I fake]", "key": "k"})
    wait_for(lambda: "yyyy" in served.log)
    ours_only = [line for line in served.log.splitlines() if "/mlops/" in line]
    assert ours_only
    assert not [line for line in ours_only if not line.isprintable()]
    assert max(map(len, ours_only)) < 3000
    assert not [line for line in served.log.splitlines() if line.startswith("[I 2026-01-01")]


# --------------------------------------------------------------------------------------- patience


@pytest.mark.asyncio
async def test_a_read_that_takes_far_too_long_is_ended(
    data_dir: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(patience, "LONGEST_READ", 0.2)
    monkeypatch.setattr(patience, "_AGAIN", 0.05)
    forever = (
        "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT count(*) FROM n"
    )
    with closing(Database(data_dir)) as database:
        with pytest.raises(InvalidRequest, match="takes longer than"):
            await database.read_async(lambda conn: conn.execute(forever).fetchone())
        assert await database.read_async(lambda conn: conn.execute("SELECT 1").fetchone()) == (1,)


def test_a_filter_of_200_clauses_is_answered(served: Server) -> None:
    query = " OR ".join([CLAUSE] * 200)
    assert len(search(served, filter=query).json()["runs"]) == 1
    listed = ", ".join(["'3'"] * 5000)
    answer = search(served, filter=f"params.depth IN ({listed})")
    assert len(answer.json()["runs"]) == 1
    assert json.loads(answer.content)["runs"][0]["info"]["run_id"] == RUN
