"""Lightning and Transformers: what their trainers report; the loop inside of them is silent."""

from __future__ import annotations

import pytest

from frameworks.conftest import Program

QUIET = """
import os, logging, warnings
warnings.simplefilter("ignore")
os.environ |= {"HF_HUB_OFFLINE": "1", "CUDA_VISIBLE_DEVICES": ""}
import torch
torch.manual_seed(1)
A = torch.tensor(X_train, dtype=torch.float32); b = torch.tensor(y_train[:, None]).float()
"""
LIGHTNING = """
from torch.utils.data import DataLoader, TensorDataset
logging.getLogger("lightning.pytorch").setLevel(logging.ERROR)
import lightning as L
class Net(L.LightningModule):
    def __init__(self, width=4, lr=0.1):
        super().__init__(); self.save_hyperparameters()
        self.layers = torch.nn.Sequential(torch.nn.Linear(4, width), torch.nn.Linear(width, 1))
    def loss(self, batch):
        return torch.nn.functional.binary_cross_entropy_with_logits(self.layers(batch[0]), batch[1])
    def training_step(self, batch, _):
        loss = self.loss(batch); self.log("train_loss", loss, on_epoch=True, on_step=False)
        return loss
    def test_step(self, batch, _): self.log("test_loss", self.loss(batch))
    def configure_optimizers(self): return torch.optim.SGD(self.parameters(), lr=self.hparams.lr)
class See(L.Callback):
    def on_train_epoch_end(self, trainer, module):
        told.setdefault("epochs", []).append(trainer.callback_metrics["train_loss"].item())
loader = DataLoader(TensorDataset(A, b), batch_size=50)
trainer = L.Trainer(max_epochs=3, logger=False, enable_checkpointing=False, accelerator="cpu",
                    enable_progress_bar=False, enable_model_summary=False, callbacks=[See()],
                    log_every_n_steps=2)
net = Net(width=3)
trainer.fit(net, loader)
told["test"] = trainer.test(net, loader, verbose=False)[0]["test_loss"]
told["callbacks"] = len(trainer.callbacks)
"""
TRANSFORMERS = """
import datasets, transformers
transformers.logging.set_verbosity_error()
config = transformers.BertConfig(vocab_size=50, hidden_size=8, num_hidden_layers=1,
                                 num_attention_heads=2, intermediate_size=8, num_labels=2)
model = transformers.BertForSequenceClassification(config)
rows = datasets.Dataset.from_dict({"input_ids": rng.integers(0, 50, (40, 6)).tolist(),
                                   "labels": y_train[:40].tolist()})
arguments = transformers.TrainingArguments(
    "out", num_train_epochs=2, per_device_train_batch_size=8, logging_steps=2, report_to=[],
    save_strategy="no", eval_strategy="epoch", learning_rate=1e-3, disable_tqdm=True,
    use_cpu=True, seed=5)
trainer = transformers.Trainer(model, arguments, train_dataset=rows, eval_dataset=rows)
import contextlib, io
with contextlib.redirect_stdout(io.StringIO()): trainer.train()
told["history"] = list(trainer.state.log_history)
told["fingerprint"] = rows._fingerprint
with contextlib.redirect_stdout(io.StringIO()):
    told["evaluated"] = trainer.evaluate(metric_key_prefix="final")["final_loss"]
"""


def test_lightning(long_program: Program) -> None:
    got = long_program(QUIET + LIGHTNING)
    assert got.told["fault"] is None
    run = got.run("lightning.Net")
    assert len(got.runs) == 1
    assert got.curve(run, "train_loss") == got.told["epochs"]
    assert len(got.curve(run, "loss_step")) == 6
    assert run.run.metrics["test_loss"] == got.told["test"]
    assert run.run.params.items() >= {
        "width": "3", "lr": "0.1", "max_epochs": "3", "optimizer": "SGD", "parameters": "19",
        "device": "cpu",
    }.items()  # fmt: skip
    assert run.datasets[0].profile["num_rows"] == 200
    assert "model/weights.safetensors" in {file.path for file in run.artifacts}
    plain = long_program(QUIET + LIGHTNING, "plain")
    assert {**plain.told, "fault": None} == got.told
    assert len(plain.runs) == 1


def test_transformers(long_program: Program) -> None:
    got = long_program(QUIET + TRANSFORMERS)
    assert got.told["fault"] is None
    run = got.run("transformers.BertForSequenceClassification")
    assert len(got.runs) == 1
    for name in ("loss", "eval_loss", "learning_rate", "grad_norm"):
        points = [line[name] for line in got.told["history"] if name in line]
        assert got.curve(run, name) == pytest.approx(points)
        assert points
    assert run.run.metrics["final_loss"] == pytest.approx(got.told["evaluated"])
    assert run.run.params.items() >= {
        "learning_rate": "0.001", "num_train_epochs": "2", "per_device_train_batch_size": "8",
        "seed": "5", "device": "cpu",
    }.items()  # fmt: skip
    (data,) = run.datasets
    assert (data.profile["num_rows"], data.digest) == (40, got.told["fingerprint"])
    assert "model/weights.safetensors" in {file.path for file in run.artifacts}
    assert not any("runtime" in name for name in run.run.metrics)
