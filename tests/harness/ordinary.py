"""Lines that people write and programs print, none with a secret; half of them look like it."""

from __future__ import annotations

import base64
import hashlib
import random
import string
import uuid

_random = random.Random(1729)
_words = ("loss", "accuracy", "fold", "train", "valid", "layer", "head", "patch", "kernel", "depth")


def _hex(count):
    return "".join(_random.choices("0123456789abcdef", k=count))


def _letters(count):
    return "".join(_random.choices(string.ascii_letters + string.digits + "+/", k=count))


def _many():
    for n in range(32):
        word, number = _random.choice(_words), _random.random()
        yield f"epoch {n:03d}/100  {word}={number:.4f}  val_{word}={number * 2:.4f}  {n * 7} s/it"
        yield hashlib.sha256(word.encode() + bytes([n])).hexdigest()
        yield f"commit {_hex(40)} (HEAD -> main, tag: v0.{n})"
        yield f"run_id = '{_hex(32)}'  # {word}"
        yield str(uuid.UUID(int=_random.getrandbits(128), version=4))
        yield f"artifact_uri = 'mlflow-artifacts:/1/{_hex(32)}/artifacts/model-{n}'"
        yield f"data:image/png;base64,{base64.b64encode(_random.randbytes(60)).decode()}"
        yield f"/home/ann/data/{word}/{n:04d}/{_letters(12).replace('/', 'x')}.parquet"
        yield f"model.layers.{n}.self_attn.{word}_proj.weight  torch.Size([{n * 64}, 4096])"
        yield f"https://example.org/{word}?page={n}&key={word}&sort=desc#part-{n}"
        yield f"<td>{number:.6f}</td><td><b>{word}</b></td><td>{n}</td><td>a &amp; b</td>"
        yield f"\x1b[32m{n:02d}:14:07\x1b[0m INFO {word}: took {number:.3f} s, {n * 1024} bytes"
        yield f"pip install {word}=={n}.4.1 --hash=sha256:{_hex(64)}"


LINES = [
    *_many(),
    *"""\
token_length = 512
max_tokens = 4096
key = "accuracy"
secret_santa = ["Ann", "Bob"]
tokenizer = AutoTokenizer.from_pretrained("bert-base-uncased")
pad_token="[PAD]", eos_token="</s>", bos_token="<s>", unk_token="<unk>"
tokens = [token.text for token in doc if token.is_alpha]
df.sort_values(by="key", ascending=False)
for key, value in params.items(): print(f"{key}={value}")
password = getpass()
password = os.environ["DB_PASSWORD"]
def connect(user=None, password=None, *, token=None): ...
assert response.status_code == 200, response.text
secrets.token_hex(16)
from secrets import token_urlsafe
api_key = os.getenv("OPENAI_API_KEY")
client = OpenAI(api_key=settings.api_key)
primary_key = "customer_id"
foreign_key: str = "orders.customer_id"
keyboard = "qwerty"; hockey = "ice"; monkey = "see"
df["passenger_class"].value_counts()
titanic.groupby("pass_class").mean()
compass = "north"; bypass = True
the secretary of the basic committee bears a token of respect
basic understanding of the authorization model
Author: Ann Example <ann@example.org>
signature(estimator.fit).parameters
inferred signature: inputs: [double, double], outputs: [long]
sig = inspect.signature(f)
sk-learn-contrib/imbalanced-learn
from sklearn.linear_model import LogisticRegression as sk_lr
hf_dataset = load_dataset("imdb")
pattern = r"[A-Za-z0-9_]{20,}"
{'token_pattern': '(?u)\\b\\w\\w+\\b', 'max_features': 5000}
n_tokens=512, max_tokens='512', tokens_per_second=1043.2
grid = {"key_size": [128, 256], "token_dropout": [0.1, 0.2]}
mlflow.set_tag("mlflow.note.content", "Best so far, but slow")
sort_key = "metrics.loss DESC"
ssh-rsa fingerprint SHA256 of the host
-----BEGIN CERTIFICATE-----
-----BEGIN PUBLIC KEY-----
git remote add origin git@github.com:ann/repo.git
https://github.com/ann/repo.git
postgresql://localhost:5432/mlflow
redis://cache:6379/0
s3://bucket/prefix/key=value/part-00000.parquet
SELECT key, count(*) FROM tokens GROUP BY key HAVING count(*) > 10
password: str
password: Optional[str] = None
token: Token
secret: bool = False
Enter your password:
Password must contain at least 8 characters
Invalid token at position 12
KeyError: 'token'
KeyError: 'api_key'
tokenizers parallelism was already used, so TOKENIZERS_PARALLELISM=false
os.environ["TOKENIZERS_PARALLELISM"] = "false"
os.environ["CUDA_VISIBLE_DEVICES"] = "0"
%env CUDA_VISIBLE_DEVICES=0
!export PYTHONPATH=/home/ann/src
curl -s https://example.org/data.csv -o data.csv
curl -u "$USER" https://example.org
mysql -h localhost -u root mydb
Traceback (most recent call last):
torch.nn.MultiheadAttention(embed_dim=512, num_heads=8, key_padding_mask=None)
q, k, v = query @ W_q, key @ W_k, value @ W_v
attn(query, key=key, value=value, key_padding_mask=mask)
cross_attention.key.weight
RandomForestClassifier(max_depth=8, n_estimators=200, random_state=42)
0.8731578947368421
1e-05 3.14159265358979 -273.15 NaN inf
['id', 'token', 'label', 'secret', 'password']
+------------+-------+
| param      | value |
xoxo, see you soon
bot 12345 said hello
basic_auth = None
AKIA is where keys of one service begin
eyJust kidding
8Q~ looks odd
npm_config_cache=/tmp/npm
key-value store with a key-value-pair
pat-a-cake
dp.map(f).batch(32)
SG.Compact() if compact else SG.Wide()
r8_quantized = quantize(model, bits=8)
glc_mean = glc.mean()
gsk_price = prices["GSK"]
pul-down resistor
oyster = "oy2"
account_key_column = "account"
access_key_pressed = False
bearer of good news that is rather long
seed=20260101 fold=3 key=accuracy mode=max
early_stopping = EarlyStopping(monitor="val_loss", patience=3)
Secret sauce: more data
token 17 of 512: the
credential_provider = None
privatekey_path = "~/.ssh/id_rsa"
password_hasher = "argon2"
key: accuracy
api key: see your account page
secret: none
""".splitlines(),
]
