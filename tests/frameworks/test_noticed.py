"""Configuration, data and files of models: what a program takes in and leaves beside its runs."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from frameworks.conftest import Program

ARGPARSE = """
import argparse
parser = argparse.ArgumentParser()
parser.add_argument("--lr", type=float, default=0.1); parser.add_argument("--api-token")
told["args"] = vars(parser.parse_args(["--lr", "0.5", "--api-token", "hf_notarealtokenbutsecret"]))
"""
READ = """
import pandas as pd, numpy as np
pd.DataFrame(X_train, columns=list("abcd")).to_csv("train.csv", index=False)
np.save("plain.npy", X_test)
frame = pd.read_csv("train.csv"); plain = np.load("plain.npy")
import sqlite3
con = sqlite3.connect(":memory:"); frame.to_sql("t", con)
few = pd.read_sql("SELECT a FROM t WHERE a > 0", con); con.close()
told["few"] = len(few)
"""
FIT = """
from sklearn.linear_model import LogisticRegression
import joblib
model = LogisticRegression().fit(frame, y_train)
joblib.dump(model, "model.joblib")
"""


def test_configuration_and_data_belong_to_the_runs_after_them(
    program: Program, tmp_path: Path
) -> None:
    got = program(ARGPARSE + READ + FIT)
    assert got.told["fault"] is None
    (run,) = got.runs
    assert run.run.params["args/lr"] == "0.5"
    assert "hf_notarealtokenbutsecret" not in str(run)
    data = {each.name: each for each in run.datasets if each.context == "read"}
    csv = data["train.csv"]
    assert hashlib.sha256((tmp_path / "train.csv").read_bytes()).hexdigest()[:36] == csv.digest
    assert (csv.source, csv.source_type) == (str(tmp_path / "train.csv"), "local")
    assert (csv.profile["num_rows"], csv.profile["num_columns"]) == (200, 4)
    assert [column["name"] for column in csv.schema["columns"]] == list("abcd")
    assert data["plain.npy"].profile["num_rows"] == 100
    assert data["query"].source == "SELECT a FROM t WHERE a > 0"
    assert data["query"].profile["num_rows"] == got.told["few"]
    (kept,) = [file for file in run.artifacts if file.path == "files/model.joblib"]
    assert kept.digest == hashlib.sha256((tmp_path / "model.joblib").read_bytes()).hexdigest()


def test_each_can_be_off(program: Program) -> None:
    got = program(ARGPARSE + READ + FIT, JUPYTER_MLOPS_AUTOLOG_OFF="argparse,pandas,numpy,joblib")
    (run,) = got.runs
    assert "args/lr" not in run.run.params
    assert [each.context for each in run.datasets] == ["train"]
    assert not [file.path for file in run.artifacts if file.path.startswith("files/")]


COMMANDS = {
    "click": """
import click
@click.command()
@click.option("--lr", type=float)
@click.option("--layers", default=64)
def main(lr, layers): mlops.log_metric("acc", lr)
main(["--lr", "0.5"], standalone_mode=False)
""",
    "fire": """
import fire
def main(lr, layers=3): mlops.log_metric("acc", lr)
fire.Fire(main, ["--lr=0.5", "--layers", "64"])
""",
    "hydra": """
import hydra, pathlib
pathlib.Path("conf.yaml").write_text("lr: 0.1\\nlayers: 64")
sys.argv = ["train.py", "lr=0.5", "hydra.run.dir=out", "hydra.output_subdir=null"]
@hydra.main(version_base=None, config_path=".", config_name="conf")
def main(config): mlops.log_metric("acc", config.lr)
main()
""",
    "omegaconf": """
from omegaconf import OmegaConf
base = OmegaConf.create({"lr": 0.1, "layers": 64})
config = OmegaConf.merge(base, {"lr": 0.5})
mlops.log_metric("acc", config.lr)
""",
}


@pytest.mark.parametrize("tool", COMMANDS)
def test_options_of_a_program_are_params(long_logging_program: Program, tool: str) -> None:
    got = long_logging_program(COMMANDS[tool])
    assert got.told["fault"] is None
    (run,) = got.runs
    head = "config" if tool in ("hydra", "omegaconf") else "args"
    assert run.run.params == {f"{head}/lr": "0.5", f"{head}/layers": "64"}
    assert run.run.metrics == {"acc": 0.5}


def test_data_sets_of_hugging_face_and_files_of_tensors(long_program: Program) -> None:
    got = long_program(
        """
import os
os.environ |= {"HF_HUB_OFFLINE": "1", "HF_HOME": os.getcwd(), "HF_DATASETS_OFFLINE": "1"}
import datasets, torch, pathlib
from safetensors.torch import save_file
pathlib.Path("rows.csv").write_text("a,b\\n1,2\\n3,4\\n")
rows = datasets.load_dataset("csv", data_files="rows.csv", split="train")
told["fingerprint"] = rows._fingerprint
with mlops.start_run():
    torch.save({"w": torch.ones(3)}, "w.pt"); save_file({"w": torch.ones(3)}, "w.safetensors")
"""
    )
    assert got.told["fault"] is None
    (run,) = got.runs
    (data,) = run.datasets
    assert (data.name, data.digest) == ("csv", got.told["fingerprint"])
    assert (data.source_type, data.profile) == ("hugging_face", {"num_rows": 2})
    assert {file.path for file in run.artifacts} == {"files/w.pt", "files/w.safetensors"}
