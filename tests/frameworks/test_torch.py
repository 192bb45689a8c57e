"""PyTorch: a loop written by hand is a run, with the losses that it saw itself."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

from frameworks.conftest import Program, Told
from jupyterlab_mlops.cli.record import record
from jupyterlab_mlops.store.blobs import BlobStore
from jupyterlab_mlops.types import RunDetails

WEIGHTS = "model/weights.safetensors"
BEGIN = """
import torch
from torch.utils.data import DataLoader, TensorDataset
torch.manual_seed(7)
A = torch.tensor(X_train, dtype=torch.float32); b = torch.tensor(y_train[:, None]).float()
train_loader = DataLoader(TensorDataset(A, b), batch_size=50)
told["losses"] = []
loss_of = torch.nn.functional.binary_cross_entropy_with_logits
def make(width=8):
    return torch.nn.Sequential(torch.nn.Linear(4, width), torch.nn.ReLU(),
                               torch.nn.Linear(width, 1))
def train(model, optimizer, epochs=3):
    for _ in range(epochs):
        for rows, labels in train_loader:
            optimizer.zero_grad()
            loss = loss_of(model(rows), labels)
            loss.backward()
            optimizer.step()
            told["losses"].append(loss.item())
    told["weights"] = {name: part.tolist() for name, part in model.state_dict().items()}
"""
LOOP = """
net = make()
train(net, torch.optim.SGD(net.parameters(), lr=0.1, momentum=0.9))
"""


def weights_of(run: RunDetails) -> dict[str, Any]:
    """Read a safetensors file: a length, a header in JSON, and the numbers."""
    (digest,) = [file.digest for file in run.artifacts if file.path == WEIGHTS]
    with record() as database:
        content = database.read(lambda conn: BlobStore.beside(conn).read(digest, conn))
    length = int.from_bytes(content[:8], "little")
    header, data = json.loads(content[8 : 8 + length]), content[8 + length :]
    return {
        name: np.frombuffer(data[slice(*part["data_offsets"])], np.float32)
        .reshape(part["shape"])
        .tolist()
        for name, part in header.items()
        if name != "__metadata__"
    }


def test_a_loop(long_program: Program) -> None:
    got = long_program(BEGIN + LOOP)
    assert got.told["fault"] is None
    (run,) = got.runs
    assert got.curve(run, "loss") == got.told["losses"]
    assert run.run.tags["estimator"] == "Sequential"
    assert run.run.params.items() >= {
        "optimizer": "SGD", "lr": "0.1", "momentum": "0.9", "device": "cpu", "seed": "7",
        "parameters": "49", "batch_size": "50",
    }.items()  # fmt: skip
    assert weights_of(run) == got.told["weights"]
    (data,) = run.datasets
    assert (data.name, data.profile["num_rows"]) == ("train_loader", 200)
    plain = long_program(BEGIN + LOOP, "plain")
    assert {**plain.told, "fault": None} == got.told
    assert len(plain.runs) == 1


def test_each_optimizer_that_is_made_later_is_an_attempt(long_program: Program) -> None:
    got = long_program(
        BEGIN
        + """
for lr in (0.1, 0.01):
    net = make()
    train(net, torch.optim.Adam(net.parameters(), lr=lr))
"""
    )
    assert [run.run.params["lr"] for run in got.runs] == ["0.1", "0.01"]
    curves = [got.curve(run, "loss") for run in got.runs]
    assert curves[0] + curves[1] == got.told["losses"]
    assert weights_of(got.runs[1]) == got.told["weights"] != weights_of(got.runs[0])


def test_two_optimizers_of_one_loop(long_program: Program) -> None:
    got = long_program(
        BEGIN
        + """
class Critic(torch.nn.Module):
    def __init__(self):
        super().__init__(); self.layer = torch.nn.Linear(1, 1)
    def forward(self, x): return self.layer(x)
maker, critic = make(), Critic()
first, second = torch.optim.Adam(critic.parameters()), torch.optim.Adam(maker.parameters())
told["critic"], told["maker"] = [], []
for _ in range(4):
    first.zero_grad(); loss = critic(maker(A).detach()).mean(); loss.backward(); first.step()
    told["critic"].append(loss.item())
    second.zero_grad()
    for part in (A[:100], A[100:]):  # gradients of two halves are one step
        loss = -critic(maker(part)).mean() / 2; loss.backward()
        told["maker"].append(loss.item())
    second.step()
"""
    )
    assert got.told["fault"] is None
    (run,) = got.runs
    assert got.curve(run, "loss") == got.told["critic"]
    halves = np.reshape(got.told["maker"], (4, 2)).sum(axis=1)
    assert got.curve(run, "Sequential_loss") == halves.tolist()


@pytest.mark.parametrize("way", ["scaled", "closure", "lambda"])
def test_the_loss_is_that_of_the_user(long_program: Program, way: str) -> None:
    ways = {
        "scaled": """
scaler = torch.amp.GradScaler("cpu", init_scale=1024.0)
optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
for _ in range(5):
    optimizer.zero_grad(); loss = loss_of(net(A), b); scaler.scale(loss).backward()
    scaler.step(optimizer); scaler.update(); told["losses"].append(loss.item())
""",
        "closure": """
optimizer = torch.optim.LBFGS(net.parameters(), max_iter=4)
def closure():
    optimizer.zero_grad(); loss = loss_of(net(A), b); loss.backward(); return loss
for _ in range(5): told["losses"].append(optimizer.step(closure).item())
""",
        "lambda": """
optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
schedule = torch.optim.lr_scheduler.StepLR(optimizer, 2)
for _ in range(5):
    optimizer.zero_grad(); loss = loss_of(net(A), b); loss.backward(); optimizer.step()
    schedule.step(); told["losses"].append(loss.item())
""",
    }
    got = long_program(f"{BEGIN}net = make()\n{ways[way]}")
    assert got.told["fault"] is None
    (run,) = got.runs
    assert got.curve(run, "loss") == got.told["losses"]
    if way == "lambda":
        assert got.curve(run, "lr") == pytest.approx([0.1, 0.01, 0.001])


def test_an_open_run_takes_all_loops(long_program: Program) -> None:
    loops = LOOP.replace("\n", "\n    ")
    got = long_program(f"{BEGIN}with mlops.start_run(run_name='mine'):{loops}{loops}")
    (run,) = got.runs
    assert run.run.name == "mine"
    assert got.curve(run, "loss") + got.curve(run, "loss-2") == got.told["losses"]


def test_it_can_be_off_and_faults_of_the_user_are_theirs(long_program: Program) -> None:
    got = long_program(BEGIN + LOOP, JUPYTER_MLOPS_AUTOLOG_OFF="torch")
    assert got.runs == []
    got = long_program(
        BEGIN
        + """
import traceback
net = make()
loss = loss_of(net(A), b); loss.backward()
try: loss.backward()
except RuntimeError as error:
    frames = traceback.extract_tb(error.__traceback__)
    told["frames"] = [frame.filename for frame in frames]
"""
    )
    assert (got.runs, got.told["fault"]) == ([], None)
    assert not any("mlops" in name for name in got.told["frames"])


def test_a_writer_of_tensorboard(long_program: Program) -> None:
    got: Told = long_program(
        BEGIN
        + """
from torch.utils.tensorboard import SummaryWriter
with SummaryWriter("tb") as writer:
    for step in range(4): writer.add_scalar("accuracy", torch.tensor(step / 4), step)
"""
    )
    (run,) = got.runs
    assert got.curve(run, "accuracy") == [0, 0.25, 0.5, 0.75]
    assert run.run.tags["mirrored"] == "tensorboard"
