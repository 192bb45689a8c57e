"""Run by an interpreter that has other trackers: each writes the same run below this folder."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

HERE = Path.cwd()
os.environ |= {"WANDB_DIR": str(HERE), "TRACKIO_DIR": str(HERE / "trackio")}

import numpy as np  # noqa: E402
import trackio  # noqa: E402
import wandb  # noqa: E402
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

sys.stdout.write("\n" + json.dumps(LOSSES))
