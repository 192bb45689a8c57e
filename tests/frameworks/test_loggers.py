"""Loggers that people have in their code: what they are told is here too, and they work on."""

from __future__ import annotations

import pytest

from frameworks.conftest import Program, Told

BEGIN = """
import os
os.environ |= {"WANDB_MODE": "offline", "WANDB_SILENT": "true", "WANDB_DIR": os.getcwd(),
               "TRACKIO_DIR": os.getcwd(), "DVC_NO_ANALYTICS": "1", "HF_HUB_OFFLINE": "1"}
losses = [1 / (step + 1) for step in range(5)]
"""
TENSORBOARDX = """
from tensorboardX import SummaryWriter
with SummaryWriter("tb") as writer:
    for step, loss in enumerate(losses): writer.add_scalar("loss", np.float32(loss), step)
    writer.add_scalars("both", {"a": 1, "b": 2}, 3)
    writer.add_hparams({"lr": 0.1, "layers": 64}, {"acc": 0.5})
    writer.add_text("said", "hello")
told["files"] = len(list(__import__("pathlib").Path("tb").rglob("*tfevents*")))
"""
TRACKIO = """
import trackio
trackio.init(project="p", name="one", config={"lr": 0.1, "layers": 64})
for loss in losses: trackio.log({"loss": loss, "text": "x"})
trackio.finish()
"""
DVCLIVE = """
from dvclive import Live
with Live("live", save_dvc_exp=False, report=None) as live:
    live.log_params({"lr": 0.1}); live.log_param("layers", 64)
    for loss in losses:
        live.log_metric("loss", loss)
        live.next_step()
"""
WANDB = """
import wandb
run = wandb.init(project="p", name="one", config={"lr": 0.1})
run.config.layers = 64
for loss in losses: wandb.log({"loss": loss, "text": "x"})
wandb.log({"late": 1}, step=7)
wandb.finish(exit_code=1)
"""
CLEARML = """
import os, pathlib
os.environ |= {"CLEARML_OFFLINE_MODE": "1", "CLEARML_CACHE_DIR": os.getcwd(), "HOME": os.getcwd()}
import clearml
clearml.Task.set_offline(True)
task = clearml.Task.init("p", "one", auto_connect_frameworks=False, auto_resource_monitoring=False)
config = task.connect({"lr": 0.1, "layers": 64})
logger = clearml.Logger.current_logger()
for step, loss in enumerate(losses): logger.report_scalar("all", "loss", loss, step)
logger.report_scalar("all", "loss", iteration=5, value=0.125)
logger.report_single_value("acc", 0.5)
from matplotlib.figure import Figure
logger.report_matplotlib_figure("shown", "line", Figure(), iteration=2, report_interactive=False)
told["kept"] = config["lr"]
task.close()
"""
AIM = """
import aim
run = aim.Run(repo=os.getcwd(), experiment="one", system_tracking_interval=None)
run["lr"] = 0.1; run["net"] = {"layers": 64}
for loss in losses: run.track(loss, name="loss", context={"subset": "val"})
run.track(0.5, name="acc", step=3, epoch=1)
run.close()
"""
PROGRAMS = {"tensorboardX": TENSORBOARDX, "trackio": TRACKIO, "DVCLive": DVCLIVE, "wandb": WANDB}


def loss_of(got: Told) -> list[float]:
    (run,) = got.runs
    assert got.told["fault"] is None
    return got.curve(run, "loss")


@pytest.mark.parametrize("tool", PROGRAMS)
def test_what_a_logger_is_told_is_here(logging_program: Program, tool: str) -> None:
    got = logging_program(f"{BEGIN}{PROGRAMS[tool]}told['open'] = mlops.active_run() is not None")
    exact = tool != "tensorboardX"  # it was given 32 bits
    assert loss_of(got) == pytest.approx([1, 1 / 2, 1 / 3, 1 / 4, 1 / 5], rel=0 if exact else 1e-6)
    run = got.runs[0].run
    assert run.tags["mirrored"] == tool
    assert run.params == {"lr": "0.1", "layers": "64"}
    assert run.status == ("FAILED" if tool == "wandb" else "FINISHED")
    assert got.told["open"] is (tool == "tensorboardX")
    if tool in ("trackio", "wandb"):
        assert run.name == "one"
    if tool == "wandb":
        assert [m.step for m in got.runs[0].metrics if m.key == "late"] == [7]
    if tool == "tensorboardX":
        assert got.told["files"] == 4  # its own, one for hyperparameters, two of add_scalars
        assert (run.metrics["both/b"], run.metrics["acc"], run.tags["said"]) == (2, 0.5, "hello")


def test_they_log_into_the_active_run(logging_program: Program) -> None:
    got = logging_program(
        f"{BEGIN}with mlops.start_run(run_name='mine'):{_indented(TRACKIO)}"
        "told['open'] = mlops.active_run().info.run_id"
    )
    (run,) = got.runs
    assert (run.run.name, run.run.run_id) == ("mine", got.told["open"])
    assert len(loss_of(got)) == 5


def test_one_can_be_off(logging_program: Program) -> None:
    got = logging_program(BEGIN + TRACKIO, JUPYTER_MLOPS_AUTOLOG_OFF="trackio")
    assert (got.runs, got.told["fault"]) == ([], None)


def test_again_ends_the_run_of_last_time(logging_program: Program) -> None:
    again = TRACKIO.replace("trackio.finish()", "")
    got = logging_program(BEGIN + again + TRACKIO)
    assert got.told["fault"] is None
    assert [got.curve(run, "loss") for run in got.runs] == [[1, 1 / 2, 1 / 3, 1 / 4, 1 / 5]] * 2
    assert {run.run.status for run in got.runs} == {"FINISHED"}


@pytest.mark.parametrize("mode", ["offline", "disabled"])
def test_wandb_as_a_context(logging_program: Program, mode: str) -> None:
    got = logging_program(
        BEGIN
        + f"""
import wandb
try:
    with wandb.init(project="p", config={{"lr": 0.1}}, mode={mode!r}) as run:
        for loss in losses: run.log({{"loss": np.float32(loss)}})
        raise KeyError("no")
except KeyError: pass
run.finish()
"""
    )
    assert loss_of(got) == pytest.approx([1, 1 / 2, 1 / 3, 1 / 4, 1 / 5])
    assert (got.runs[0].run.status, got.runs[0].run.params) == ("FAILED", {"lr": "0.1"})


def test_several_tools_in_one_run(logging_program: Program) -> None:
    got = logging_program(f"{BEGIN}with mlops.start_run():{_indented(TENSORBOARDX + DVCLIVE)}")
    assert got.runs[0].run.tags["mirrored"] == "tensorboardX, DVCLive"
    assert len(loss_of(got)) == 10


def _indented(program: str) -> str:
    return program.replace("\n", "\n    ")


def test_clearml(long_logging_program: Program) -> None:
    got = long_logging_program(BEGIN + CLEARML)
    assert (got.told["fault"], got.told["kept"]) == (None, 0.1)
    (run,) = got.runs
    assert got.curve(run, "all/loss") == [1, 1 / 2, 1 / 3, 1 / 4, 1 / 5, 1 / 8]
    assert (run.run.name, run.run.status) == ("one", "FINISHED")
    assert (run.run.params, run.run.metrics["acc"]) == ({"lr": "0.1", "layers": "64"}, 0.5)
    assert "figures/shown/line-2.png" in {file.path for file in run.artifacts}
    assert run.run.tags["mirrored"] == "ClearML"


def test_aim(long_logging_program: Program) -> None:
    got = long_logging_program(BEGIN + AIM)
    assert got.told["fault"] is None
    (run,) = got.runs
    assert got.curve(run, "val/loss") == [1, 1 / 2, 1 / 3, 1 / 4, 1 / 5]
    assert [point.step for point in run.metrics if point.key == "acc"] == [3]
    assert run.run.params == {"lr": "0.1", "net/layers": "64"}
    assert (run.run.status, run.run.tags["mirrored"]) == ("FINISHED", "Aim")
