"""Secrets do not reach the record."""

from __future__ import annotations

import pytest

from jupyterlab_mlops.capture.redact import Redactor
from jupyterlab_mlops.types import (
    ExecutionEnd,
    ExecutionError,
    ExecutionOutput,
    ExecutionStart,
    GitState,
    RunStart,
    SessionEnvironment,
)

AWS = "AKIA" + "IOSFODNN7EXAMPLE"
GITHUB = "ghp_" + "a" * 36
OF_AWS, OF_GITHUB = "[redacted: AWS key]", "[redacted: GitHub token]"


@pytest.fixture
def redactor():
    return Redactor()


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        (f"key = '{AWS}'", f"key = '{OF_AWS}'"),
        (f"!git clone https://{GITHUB}@github.com/x", f"!git clone https://{OF_GITHUB}@github.com/x"),
        ("password = 'hunter22'", "password = '[redacted]'"),
        ('connect(db_password="hunter22", port=1)', 'connect(db_password="[redacted]", port=1)'),
        ("{'api_key': 'abcdef'}", "{'api_key': '[redacted]'}"),
        ("{'Auth': 'Bearer abcdefghijklmnop1234'}", "{'Auth': 'Bearer [redacted]'}"),
        ("engine = 'postgresql://ann:s3cret@db/x'", "engine = 'postgresql://ann:[redacted]@db/x'"),
        ("hf_token='abcdefgh'", "hf_token='[redacted]'"),
    ],
)  # fmt: skip
def test_secrets_of_known_forms_are_taken_out_of_source(redactor, source, expected):
    assert redactor.source(source) == expected


@pytest.mark.parametrize(
    "source",
    [
        "password = getpass()",
        "connect(password=password)",
        "CountVectorizer(token_pattern=r'(?u)\\b\\w+\\b')",
        "tokenizer = 'bert-base-uncased'",
        "x = 'https://example.org:8080/a@b'",
        "df['secretary'] = 'Smith'",
        "risk-sk-model = 3",
    ],
)
def test_ordinary_source_stays_as_it_is(redactor, source):
    assert redactor.source(source) == source


def test_outputs_are_cleaned_in_all_their_texts(redactor):
    record = ExecutionOutput(
        execution_id="e",
        outputs=[
            {"output_type": "stream", "name": "stdout", "text": f"{AWS} password=hunter22 ok\n"},
            {
                "output_type": "display_data",
                "data": {"text/html": f"<b>{GITHUB}</b>", "image/png": GITHUB},
                "metadata": {},
            },
            {"output_type": "error", "ename": "E", "evalue": AWS, "traceback": [AWS, "fine"]},
        ],
    )
    stream, display, error = redactor.record(record).outputs
    assert stream["text"] == f"{OF_AWS} password=[redacted] ok\n"
    assert display["data"] == {"text/html": f"<b>{OF_GITHUB}</b>", "image/png": GITHUB}
    assert (error["evalue"], error["traceback"]) == (OF_AWS, [OF_AWS, "fine"])
    assert record.outputs[0]["text"].startswith(AWS)


def test_source_errors_and_diffs_are_cleaned(redactor):
    start = ExecutionStart(session_id="s", execution_id="e", source=AWS, started_at=0)
    assert redactor.record(start).source == OF_AWS
    failed = ExecutionError(name="E", value=AWS, traceback=[AWS])
    end = ExecutionEnd(execution_id="e", status="error", ended_at=0, error=failed)
    assert redactor.record(end).error.traceback == [OF_AWS]
    environment = SessionEnvironment(session_id="s", git=GitState(diff=f"+{AWS}"))
    assert redactor.record(environment).git.diff == f"+{OF_AWS}"
    run = RunStart(run_id="r", start_time=0)
    assert redactor.record(run) is run


def test_own_patterns_are_added_and_a_group_limits_what_goes():
    redactor = Redactor(patterns=[r"EMP-\d+", r"patient (\w+)"])
    assert redactor.text("EMP-12 of patient Miller") == "[redacted] of patient [redacted]"


def test_switched_off_it_changes_nothing(monkeypatch):
    monkeypatch.setenv("JUPYTER_MLOPS_REDACT", "0")
    assert Redactor.from_environment().source(AWS) == AWS
    monkeypatch.setenv("JUPYTER_MLOPS_REDACT", '["EMP-[0-9]+"]')
    assert Redactor.from_environment().source(f"EMP-1 {AWS}") == f"[redacted] {OF_AWS}"
    monkeypatch.setenv("JUPYTER_MLOPS_REDACT", "not json")
    assert Redactor.from_environment().source(AWS) == OF_AWS


def test_a_letter_that_is_two_in_lower_case_moves_nothing(redactor):
    assert redactor.text(f"\u0130\u0130 {AWS} \u0130") == f"\u0130\u0130 {OF_AWS} \u0130"


def test_a_web_token_is_found_behind_an_escape(redactor):
    token = ".".join(["eyJ" + "a" * 20, "eyJ" + "b" * 20, "c" * 20])
    assert redactor.text(f"'\\n{token}'") == "'\\n[redacted: web token]'"


def test_a_private_key_goes_as_a_whole(redactor):
    begin, end = "-----BEGIN RSA PRIVATE KEY-----", "-----END RSA PRIVATE KEY-----"
    assert redactor.source(f"a\n{begin}\nMIIE\n{begin}\nMIIF\n{end}\nb") == (
        f"a\n{begin}\nMIIE\n[redacted: private key]\nb"
    )


@pytest.mark.timeout(30)
@pytest.mark.parametrize(
    "piece",
    [
        "epoch 12: loss=0.123 accuracy: 0.99 password x=y http://a.b/c ",
        "eyJ",
        "eyJ0123456789.",
        "-----BEGIN PRIVATE KEY-----",
        "password = '",
        "secret" + " " * 50,
        "://a:",
        "key api_key _token pass bearer sk- hf_ xoxb- ",
    ],
)
def test_a_long_output_is_cleaned_in_moderate_time(redactor, piece):
    text = piece * (1_000_000 // len(piece))
    redactor.text(text)
