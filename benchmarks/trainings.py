"""What autologging adds to a training of 30 seconds, library by library: at most 2 %.

Many short trainings with it and without it take turns in one process, in two lengths. From the
medians of what each pair differs by follow a fixed part (params, data, the model's file) and a part
for each step, and from these what 30 seconds would get. CPU time of the process, with one thread,
work that was put off included.

    .venv-frameworks/bin/python benchmarks/trainings.py [--pairs N] [--json FILE] [NAME ...]
"""

from __future__ import annotations

import argparse
import contextlib
import io
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

PROJECT = Path(__file__).parents[1]
PYTHON = PROJECT / ".venv-frameworks" / "bin" / "python"
SECONDS = 30
PAIRS = 9
PREPARE = """
import numpy as np
rng = np.random.default_rng(0)
X = rng.normal(size=(20_000, 20)).astype("float32"); y = (X[:, 0] > 0).astype("float32")
"""
TORCH = """
import torch
torch.set_num_threads(1)
A, b = torch.tensor(X), torch.tensor(y[:, None])
def net(): return torch.nn.Sequential(torch.nn.Linear(20, 256), torch.nn.ReLU(),
                                      torch.nn.Linear(256, 256), torch.nn.Linear(256, 1))
def loss_of(out, truth): return torch.nn.functional.binary_cross_entropy_with_logits(out, truth)
"""
LIBRARIES = {
    "xgboost": (
        "import xgboost as xgb; D = xgb.DMatrix(X, y)",
        "xgb.train({'nthread': 1}, D, steps, evals=[(D, 'train')], verbose_eval=False)",
        (20, 80),
    ),
    "lightgbm": (
        "import lightgbm as lgb; D = lgb.Dataset(X, y).construct()",
        "lgb.train({'verbosity': -1, 'num_threads': 1}, D, steps, valid_sets=[D])",
        (20, 80),
    ),
    "catboost": (
        "import catboost; D = catboost.Pool(X, y)",
        "catboost.train(D, {'verbose': 0, 'allow_writing_files': False, 'thread_count': 1},"
        " iterations=steps)",
        (50, 200),
    ),
    "torch": (
        TORCH,
        "model = net(); optimizer = torch.optim.Adam(model.parameters())\n"
        "for step in range(steps):\n"
        "    at = slice(step * 128 % 19_000, step * 128 % 19_000 + 128)\n"
        "    optimizer.zero_grad(); loss = loss_of(model(A[at]), b[at])\n"
        "    loss.backward(); optimizer.step()",
        (100, 400),
    ),
    "keras": (
        "import os; os.environ['KERAS_BACKEND'] = 'torch'\nimport keras, torch\n"
        "torch.set_num_threads(1)\n"
        "def net():\n"
        "    model = keras.Sequential([keras.layers.Input((20,)), keras.layers.Dense(64, 'relu'),\n"
        "                              keras.layers.Dense(1, 'sigmoid')])\n"
        "    model.compile('adam', 'binary_crossentropy'); return model",
        "net().fit(X[:6400], y[:6400], epochs=steps, batch_size=128, verbose=0)",
        (1, 4),
    ),
    "lightning": (
        TORCH + "import lightning as L, logging\n"
        "logging.getLogger('lightning.pytorch').setLevel(logging.ERROR)\n"
        "class Net(L.LightningModule):\n"
        "    def __init__(self): super().__init__(); self.layers = net()\n"
        "    def training_step(self, batch, _):\n"
        "        loss = loss_of(self.layers(batch[0]), batch[1]); self.log('l', loss)\n"
        "        return loss\n"
        "    def configure_optimizers(self): return torch.optim.Adam(self.parameters())\n"
        "loader = torch.utils.data.DataLoader(torch.utils.data.TensorDataset(A[:6400], b[:6400]),"
        " batch_size=128)",
        "L.Trainer(max_epochs=steps, logger=False, enable_checkpointing=False, accelerator='cpu',"
        " enable_progress_bar=False, enable_model_summary=False).fit(Net(), loader)",
        (1, 4),
    ),
    "statsmodels": (
        "import statsmodels.api as sm\nW = rng.normal(size=(200_000, 20)); v = W[:, 0] > 0",
        "for _ in range(steps): sm.Logit(v, W).fit(disp=0)",
        (1, 2),
    ),
    "sklearn": (
        "from sklearn.ensemble import RandomForestClassifier",
        "RandomForestClassifier(steps, max_depth=8).fit(X, y)",
        (5, 20),
    ),
}
"""What is imported and made once, a training of so many steps, and its two lengths. A step of
statsmodels is a whole fit, so all that it adds goes with the steps."""


def measure(pairs: int = PAIRS, names: list[str] | None = None) -> dict[str, Any]:
    """Return each library's figures; needs the environment of `make test-frameworks`."""
    found: dict[str, Any] = {}
    for name in names or LIBRARIES:
        if not PYTHON.exists():
            return {"left out": "make .venv-frameworks/.installed"}
        command = [str(PYTHON), __file__, "--inside", name, "--pairs", str(pairs)]
        quiet = {"OMP_NUM_THREADS": "1", "PYTHONPATH": str(PROJECT), "PYTHONWARNINGS": "ignore"}
        done = subprocess.run(
            command, check=True, stdout=subprocess.PIPE, env=os.environ | quiet, text=True
        )
        found[name] = json.loads(done.stdout.splitlines()[-1])
    return found | {"most_percent": max(row["percent"] for row in found.values())}


def of_library(name: str, pairs: int) -> dict[str, float]:
    """Measure one library in this process."""
    import jupyterlab_mlops as mlops

    mlops.autolog()
    prepare, training, (few, many) = LIBRARIES[name]
    names: dict[str, Any] = {"steps": few}
    exec(PREPARE + prepare, names)
    code = compile(training, "training", "exec")

    def train(steps: int, on: bool) -> float:
        return _cpu_of(lambda: exec(code, names | {"steps": steps}), on)

    for on in (False, True):
        train(few, on)
    added, plain = {}, {}
    for steps in (few, many):
        rows = [(train(steps, False), train(steps, True)) for _ in range(pairs)]
        added[steps] = statistics.median(with_us - without for without, with_us in rows)
        plain[steps] = statistics.median(without for without, _ in rows)
    return _extrapolated(few, many, added, plain)


def _cpu_of(training: Callable[[], object], on: bool) -> float:
    from jupyterlab_mlops.kernel.autolog import calls
    from jupyterlab_mlops.kernel.autolog.budget import budget
    from jupyterlab_mlops.kernel.idle import idle

    calls.switch(on)
    budget.__init__()  # type: ignore[misc]  # as a cell of its own has it
    begun = time.process_time()
    training()
    while idle.tasks:
        idle.tasks.popleft()()
    return time.process_time() - begun


def _extrapolated(
    few: int, many: int, added: dict[int, float], plain: dict[int, float]
) -> dict[str, float]:
    a_step = (plain[many] - plain[few]) / (many - few)
    ours = max(0.0, (added[many] - added[few]) / (many - few))
    fixed = max(0.0, added[few] - ours * few)
    if many == 2 * few:  # whole fits, one after the other: nothing is fixed
        ours, fixed = added[many] / many, 0.0
    steps = SECONDS / a_step
    all_added = fixed + ours * steps
    return {
        "step_ms": round(a_step * 1000, 3),
        "added_a_step_us": round(ours * 1e6, 1),
        "fixed_ms": round(fixed * 1000, 1),
        "fixed_share": round(fixed / all_added, 2) if all_added else 0.0,
        "percent": round(100 * all_added / SECONDS, 2),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME")
    parser.add_argument("--pairs", type=int, default=PAIRS)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--inside", metavar="NAME", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.inside:
        warnings.simplefilter("ignore")
        with tempfile.TemporaryDirectory() as folder, contextlib.redirect_stdout(io.StringIO()):
            os.environ["JUPYTER_MLOPS_DATA_DIR"] = folder
            row = of_library(arguments.inside, arguments.pairs)
        print(json.dumps(row))
        sys.stdout.flush()
        os._exit(0)  # the folder of the record is gone; nothing is to be taken over
    found = measure(arguments.pairs, arguments.names or None)
    for name, row in found.items():
        print(f"{name:<16}{row}")
    if arguments.json:
        arguments.json.write_text(json.dumps(found, indent=2) + "\n")


if __name__ == "__main__":
    main()
