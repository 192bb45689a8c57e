"""What is a secret, and what is not."""

from __future__ import annotations

import html
import json
import secrets
import sys
import sysconfig
import types
from base64 import b64encode
from pathlib import Path
from urllib.parse import quote, quote_plus

import pytest
import sklearn

from harness import ways
from harness.ordinary import LINES
from harness.planted import KINDS
from jupyterlab_mlops.kernel.secret_rules import OwnRules, pattern_of
from jupyterlab_mlops.kernel.secrets import MARK, MARKS, Redactor
from jupyterlab_mlops.kernel.whisper import seal, unseal


@pytest.fixture
def redactor():
    return Redactor()


@pytest.mark.parametrize("kind", KINDS)
def test_keys_of_known_services_go_wherever_they_stand(redactor, kind):
    key = KINDS[kind]
    secret = key[-20:]
    for text in (f"client = Client('{key}')", f"<td>{key}</td>", f"x={key}\n", f'{{"a": "{key}"}}'):
        assert secret not in redactor.source(text)
        assert secret not in redactor.text(text)


NAMED = [
    ("password = 'hunter22'", "hunter22"),
    ('{"db_password": "s p a c e d"}', "s p a c e d"),
    ("os.environ['OPENAI_API_KEY'] = \"abc-1234\"", "abc-1234"),
    ("connect(client_secret='abcdef12', user='ann')", "abcdef12"),
    ("aws_secret_access_key='wJalrXUtnFEMI/K7MDENG'", "wJalrXUtnFEMI/K7MDENG"),
    ("token = 'abcd1234efgh'", "abcd1234efgh"),
    ("WANDB_TOKEN: 'abcd1234efgh'", "abcd1234efgh"),
    ("headers = {'Authorization': 'Bearer abcdefghij1234567'}", "abcdefghij1234567"),
    ("-H 'Authorization: Basic dXNlcjpwYXNzd29yZDE='", "dXNlcjpwYXNzd29yZDE="),
    ("create_engine('postgresql://ann:s3cret@db/x')", "s3cret"),
    ("redis://:p4ssw0rd@cache:6379/0", "p4ssw0rd"),
    ("git+https://0123abcd0123abcd0123@example.org/x.git", "0123abcd0123abcd0123"),
    ("requests.get('https://example.org/x?token=abc123&y=2')", "abc123"),
    ("https://example.org/x?a=1&X-Amz-Signature=0123456789abcdef", "0123456789abcdef"),
    ("DefaultEndpointsProtocol=https;AccountKey=" + "a1B2" * 20 + "==;", "a1B2a1B2a1B2"),
    ("!tool --password hunter22 --verbose", "hunter22"),
    ("!curl -u ann:hunter22 https://example.org", "hunter22"),
    ("!mysql -uroot -phunter22 db", "hunter22"),
    ('password = "it\'s secret"', "it's secret"),
    ("password = 'back\\\\slash22'", "back\\\\slash22"),
    ('password = """hunter22"""', "hunter22"),
    ('{"Authorization": "token abcd1234efgh"}', "abcd1234efgh"),
    ("db:\n  password: hunter22\n", "hunter22"),
    ("'Server=x;Password=hunter22;'", "hunter22"),
    ("%env API_KEY=abcd1234", "abcd1234"),
    ("!export DB_PASSWORD=abcd1234", "abcd1234"),
    ("-----BEGIN OPENSSH PRIVATE KEY-----\nb3Bl\n-----END OPENSSH PRIVATE KEY-----", "b3Bl"),
]


@pytest.mark.parametrize(("text", "secret"), NAMED)
def test_what_is_called_a_secret_goes_and_its_name_stays(redactor, text, secret):
    cleaned = redactor.source(text)
    assert secret not in cleaned
    assert (mark := MARKS.search(cleaned)) is not None
    assert cleaned[: mark.start()] == text.split(secret)[0] or cleaned == mark[0]


def made_up_word() -> str:
    """A secret that nothing tells by its form: letters and digits, as long as "password"."""
    return f"Zq7{secrets.token_hex(8)}"[:16]


@pytest.mark.parametrize("way", ways.SHOWN)
def test_what_programs_show_of_a_secret_is_found(redactor, way):
    secret = made_up_word()
    assert secret not in redactor.text(way % secret)


@pytest.mark.parametrize("way", ways.IN_SOURCE)
def test_so_it_is_in_code(redactor, way):
    secret = made_up_word()
    assert secret not in redactor.source(way % secret)


def test_tables_of_what_is_no_secret_stay(redactor):
    for table in (
        "   token  count\n0    the     12\n1  of7ab      9",
        "key,value\nalpha1,beta2\ngamma3,delta4",
        "       user  has password\n0  ann-1        yes-1",
        "  password  length\nmean      NaN  12.5\nstd       NaN   1.5",
        "0    ab-1\nName: user, dtype: object",
        "Enter the\n  password\nfor user-1 now",
        "<table><tr><th>key</th><th>n</th></tr><tr><td>alpha1</td><td>3</td></tr></table>",
    ):
        assert redactor.text(table) == table


def test_lines_of_a_value_are_known_each_by_itself(redactor, monkeypatch):
    monkeypatch.setenv("DEPLOY_KEY_SECRET", "first-line-0123\nsecond-line-4567\nx")
    shown = redactor.text("  | second-line-4567\n  | first-line-0123\n")
    assert shown == f"  | {MARK}\n  | {MARK}\n"
    assert "7365636f6e642d6c696e652d34353637" not in redactor.text(
        "0x7365636f6e642d6c696e652d34353637"
    )


def test_a_secret_is_known_again_without_its_name(redactor):
    redactor.source("password = 'tr0ub4dor'")
    frame = "\x1b[39m login(\x1b[33m'tr0ub4dor'\x1b[39m)"
    assert redactor.text(frame) == frame.replace("tr0ub4dor", MARK)
    redactor.source("password = 'letters'")
    assert redactor.text("only letters") == "only letters"


def test_values_of_the_environment_go_as_soon_as_they_are_set(redactor, monkeypatch):
    assert redactor.text("xyzzy plugh") == "xyzzy plugh"
    monkeypatch.setenv("ACME_SECRET_KEY", "xyzzy plugh")
    monkeypatch.setenv("KEYBOARD_PATH", sysconfig.get_paths()["stdlib"])
    monkeypatch.setenv("TOKENS_AT_MOST", "4096")
    text = f"say xyzzy plugh in {sysconfig.get_paths()['stdlib']} 4096 times"
    assert redactor.text(text) == text.replace("xyzzy plugh", MARK)


def test_texts_are_found_in_what_holds_them(redactor):
    key = KINDS["github"]
    assert redactor.value({"api_key": "abcd", "n_tokens": "512", "pad_token": "[PAD]"}) == {
        "api_key": MARK, "n_tokens": "512", "pad_token": "[PAD]",
    }  # fmt: skip
    assert redactor.value(["run.py", "--auth-token", "abcd1234", "--depth", "3"]) == [
        "run.py", "--auth-token", MARK, "--depth", "3",
    ]  # fmt: skip
    assert redactor.value({"key": "db_password", "value": "abcd"})["value"] == MARK
    cleaned = [1, [{"a": ["[redacted: GitHub token]"]}], None]
    assert redactor.value([1, [{"a": [key]}], None]) == cleaned
    plain = {"x": [1.0] * 1000, "y": {"z": "text"}}
    assert redactor.value(plain) is plain


@pytest.mark.parametrize("secret", [*KINDS.values(), *(secret for _, secret in NAMED[:3])])
def test_json_with_a_secret_is_suspected(redactor, secret):
    redactor.source("password = 'hunter22'; x = {'api_key': 's p a c e d', 'secret': 'abc-1234'}")
    assert redactor.suspects(json.dumps({"type": "params", "params": {"x": secret}}))


def test_ordinary_lines_stay_as_they_are(redactor):
    folders = [Path(sklearn.__file__).parent, Path(sysconfig.get_paths()["stdlib"]) / "http"]
    files = [file for folder in folders for file in sorted(folder.rglob("*.py"))[:120]]
    lines = [line for file in files for line in file.read_text("utf-8").splitlines()]
    changed = [line for line in lines if redactor.text(line) != line]
    assert len(lines) > 20_000
    assert len(changed) <= len(lines) // 10_000, changed[:10]


def test_of_five_hundred_varied_lines_one_in_a_hundred_is_changed_at_most(redactor):
    ways = (redactor.source, redactor.text, lambda line: redactor.value({"text": line})["text"])
    changed = [line for line in LINES if any(way(line) != line for way in ways)]
    assert len(LINES) >= 500
    assert len(changed) <= 5, changed


HARD_VALUE = "p&w <x>\"y'z\\ü%1"


@pytest.mark.parametrize(
    "form",
    [
        str, repr, json.dumps, html.escape, quote, quote_plus,
        lambda value: html.escape(value, quote=False), lambda value: html.escape(repr(value)),
        lambda value: json.dumps(value, ensure_ascii=False),
        *(
            lambda value, who=who: b64encode(f"{who}:{value}".encode()).decode()
            for who in ("ann", "an", "a")
        ),
    ],
)  # fmt: skip
def test_a_known_value_is_found_however_it_is_written(redactor, form):
    redactor.learn([HARD_VALUE])
    written = form(HARD_VALUE)
    cleaned = redactor.text(f"so: {written} said")
    assert written not in cleaned
    assert MARK in cleaned
    assert redactor.suspects(json.dumps({"type": "tags", "x": written}))


def test_what_colours_and_tags_cut_is_found_and_they_stay_elsewhere(redactor):
    key = KINDS["github"]
    colours = f"\x1b[32mok\x1b[0m '{key[:10]}\x1b[1m{key[10:]}'"
    assert redactor.text(colours) == "ok '[redacted: GitHub token]'"
    whole = f"\x1b[32mok\x1b[0m '\x1b[33m{key}\x1b[0m'"
    assert redactor.text(whole) == whole.replace(key, "[redacted: GitHub token]")
    tags = f"<p>see <b>{key[:10]}</b><i>{key[10:]}</i></p>"
    assert redactor.text(tags) == "<pre>&lt;p&gt;see [redacted: GitHub token]&lt;/p&gt;</pre>"
    quoted = "<td>{&#x27;password&#x27;: &#x27;hunt&amp;er22&#x27;}</td>"
    assert "hunt" not in redactor.text(quoted)


def test_lines_of_a_private_key_are_known_again_one_by_one(redactor):
    lines = [b64encode(bytes([n] * 48)).decode() for n in range(6)]
    body = "\n".join(lines)
    key = f"-----BEGIN PRIVATE KEY-----\n{body}\n-----END PRIVATE KEY-----"
    for cut in (key[:200], json.dumps(key), repr({"k": key}), key.replace("\n", "\n+")):
        assert lines[1] not in Redactor().text(cut)
    redactor.source(f'KEY = """{key}"""')
    numbered = "\n".join(f"\x1b[1;32m {n:5}\x1b[0m {line}" for n, line in enumerate(lines))
    assert not any(line in redactor.text(numbered) for line in lines)


def test_a_variable_that_is_called_a_password_gives_away_its_value(redactor):
    redactor.learn_named("db_password", "plain words")
    redactor.learn_named("token", "state-of-the-art")
    redactor.learn_named("password", None)
    assert redactor.text("plain words, state-of-the-art") == f"{MARK}, state-of-the-art"


def test_a_whisper_is_heard_by_who_has_the_key():
    sealed = seal(b"key", ["pass", "wörd"])
    assert unseal(b"key", sealed) == ["pass", "wörd"]
    assert "pass" not in sealed
    with pytest.raises(ValueError, match="not this kernel's"):
        unseal(b"another", sealed)


@pytest.mark.parametrize(
    "line",
    [
        "password = getpass()", "def connect(user=None, password=None, pwd=None):",
        "CountVectorizer(token_pattern=r'(?u)\\b\\w+\\b')", "tokenizer = 'bert-base-uncased'",
        "AutoTokenizer.from_pretrained(name, pad_token='[PAD]', eos_token='</s>')",
        "df['secretary'] = 'Smith'; df = df.sort_values(by=['key', 'secret', 'password'])",
        "class=\"sk-toggleable__label-arrow\" risk-sk-model-with-a-long-name",
        "basic understanding of it",
        "https://example.org:8080/a@b?key=name",
        "m = re.match(pattern, 'key=value'); d['key'] = 'some value'",
        "0123456789abcdef0123456789abcdef", "sha256:" + "ab" * 32, "n_tokens=512, max_tokens='512'",
    ],
)  # fmt: skip
def test_what_only_looks_like_a_secret_stays(redactor, line):
    assert redactor.text(line) == line


def test_own_rules_have_names_and_exceptions_and_a_broken_one_stops_no_other(monkeypatch):
    def shout(text: str) -> str:
        raise RuntimeError("out of order")

    module = types.ModuleType("rules_of_a_test")
    vars(module).update(shout=shout, pattern=r"EMP-\d+", number=7)
    monkeypatch.setitem(sys.modules, "rules_of_a_test", module)
    functions = {name: f"rules_of_a_test:{name}" for name in ("shout", "pattern", "number", "none")}
    redactor = Redactor(
        own=OwnRules({"patient": r"P-(\d{3})", "bad": "("}, ["iban"], ["hunter22"], functions)
    )
    assert redactor.text("EMP-1 P-123 P-12") == "[redacted: pattern] P-[redacted: patient] P-12"
    assert redactor.value({"my_iban": "DE89 3704", "password": "hunter22"}) == {
        "my_iban": MARK, "password": "hunter22",
    }  # fmt: skip
    said = " ".join(redactor.troubles)
    assert all(f"'{name}'" in said for name in ("shout", "bad", "number", "none"))
    assert len(redactor.troubles) == 4


@pytest.mark.parametrize("pattern", ["(a+)+$", "(x|x)*y", "(", "a*", "a*a*a*a*a*b"])
def test_a_pattern_that_is_wrong_or_slow_is_refused(pattern):
    with pytest.raises(ValueError, match="The rule"):
        pattern_of(pattern, "The rule")


def test_rules_come_to_kernels_by_the_environment(monkeypatch):
    rules = OwnRules({"patient": r"P-\d+"}, ["iban"], [r"P-1"])
    monkeypatch.setenv("JUPYTER_MLOPS_REDACT", json.dumps(rules._asdict()))
    assert Redactor.from_environment().text("P-1 P-2") == "P-1 [redacted: patient]"
