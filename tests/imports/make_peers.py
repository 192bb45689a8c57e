"""Run by an interpreter that has other trackers: each writes the same run below this folder."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

HERE = Path.cwd()
os.environ |= {"WANDB_DIR": str(HERE), "TRACKIO_DIR": str(HERE / "trackio"),
               "CLEARML_CACHE_DIR": str(HERE / "clearml")}  # fmt: skip

import aim  # noqa: E402
import numpy as np  # noqa: E402
import trackio  # noqa: E402
import wandb  # noqa: E402
from clearml import Task  # noqa: E402
from dvclive import Live  # noqa: E402
from tensorboardX import SummaryWriter  # noqa: E402

PARAMS = {"lr": 0.1, "layers": {"first": 64}, "name": "adam", "flag": True}
LOSSES = [1 / (step + 1) for step in range(40)]

with SummaryWriter(str(HERE / "tensorboard" / "one")) as writer:
    for step, loss in enumerate(LOSSES):
        writer.add_scalar("train/loss", loss, step)
    writer.add_text("notes", "hello **x**", 3)
    writer.add_image("picture", np.zeros((3, 8, 8), dtype="uint8"), 1)
    writer.add_histogram("weights", np.arange(10.0), 1)
    writer.add_hparams({"lr": 0.1, "name": "adam", "flag": True}, {"hp/acc": 0.9})

trackio.init(project="churn", name="one", config=PARAMS)
for loss in LOSSES:
    trackio.log({"train/loss": loss, "nested": {"x": 1}, "text": "said"})
trackio.finish()

with Live(str(HERE / "live" / "dvclive"), save_dvc_exp=False, report=None) as live:
    live.log_params(PARAMS)
    for loss in LOSSES:
        live.log_metric("train/loss", loss)
        live.next_step()
    live.log_metric("acc", 0.9, plot=False)
    live.log_image("picture.png", np.zeros((8, 8, 3), dtype="uint8"))

run = wandb.init(project="churn", name="one", config=PARAMS, notes="a note", tags=["x"], group="g")
for loss in LOSSES:
    # Longer than a block of the log, so that records are split.
    wandb.log({"train/loss": loss, "nested": {"x": 1}, "text": "y" * 3000})
run.summary["best"] = 3
(Path(run.dir) / "out.txt").write_text("out")
wandb.finish()
failed = wandb.init(project="churn", name="two", reinit=True)
wandb.finish(exit_code=1)

repository = aim.Run(
    repo=str(HERE / "aim"), experiment="churn", system_tracking_interval=None,
    log_system_params=False, capture_terminal_logs=False,
)  # fmt: skip
repository.name, repository.description = "one", "a note"
repository.add_tag("x")
repository["hparams"], repository["seed"] = PARAMS, 7
for step, loss in enumerate(LOSSES):
    repository.track(loss, name="loss", step=step, context={"subset": "train"})
repository.track(float("nan"), name="odd", step=0)
repository.track(aim.Text("hello"), name="notes", step=3)
repository.track(aim.Image(np.zeros((8, 8, 3), dtype="uint8")), name="picture", step=1)
repository.track(aim.Distribution(np.arange(10.0)), name="weights", step=1)
repository.close()

Task.set_offline(True)
task = Task.init("churn", "one", tags=["x"], auto_connect_frameworks=False,
                 auto_resource_monitoring=False)  # fmt: skip
task.connect(PARAMS)
task.set_comment("a note")
logger = task.get_logger()
for step, loss in enumerate(LOSSES):
    logger.report_scalar("train", "loss", loss, step)
logger.report_single_value("best", 3)
logger.report_image("picture", "p", iteration=1, image=np.zeros((8, 8, 3), dtype="uint8"))
logger.report_table("confusion", "test", iteration=0, table_plot=[["a", "b"], [1, 2]])
(HERE / "out.txt").write_text("out")
task.upload_artifact("report", str(HERE / "out.txt"))
task.close()

DVC = [sys.executable, "-m", "dvc"]
repo = HERE / "dvc"
repo.mkdir()
(repo / "train.py").write_text(
    "import json, yaml\n"
    "lr = yaml.safe_load(open('params.yaml'))['lr']\n"
    "json.dump({'acc': lr * 2, 'nested': {'f1': 0.5}}, open('metrics.json', 'w'))\n"
)
(repo / "params.yaml").write_text("lr: 0.1\nlayers:\n  first: 64\nname: adam\nflag: true\n")
(repo / "dvc.yaml").write_text(
    f"stages:\n  train:\n    cmd: {sys.executable} train.py\n    deps: [train.py]\n"
    "    params: [lr, layers, name, flag]\n    metrics: [metrics.json: {cache: false}]\n"
)
for command in (
    ["git", "init", "-q"], ["git", "config", "user.email", "a@b"],
    ["git", "config", "user.name", "a"], [*DVC, "init", "-q"], [*DVC, "repro", "-q"],
    ["git", "add", "-A"], ["git", "commit", "-qm", "one"],
    [*DVC, "exp", "run", "-q", "-n", "faster", "-S", "lr=0.3"],
):  # fmt: skip
    subprocess.run(command, cwd=repo, check=True, capture_output=True)
shown = subprocess.run([*DVC, "exp", "show", "--json"], cwd=repo, check=True, capture_output=True)
(repo / "experiments.json").write_bytes(shown.stdout)

sys.stdout.write("\n" + json.dumps(LOSSES))
