"""A process with the real MLflow client in it, which runs what a test sends it."""

from __future__ import annotations

import json
import os
import subprocess
import textwrap
from pathlib import Path
from typing import Any

from harness import Server

LOOP = """
import io, json, sys, traceback
answers, sys.stdout = sys.stdout, io.StringIO()
import mlflow
from mlflow import MlflowClient
from mlflow.exceptions import MlflowException
space = {"mlflow": mlflow, "client": MlflowClient()}
for line in sys.stdin:
    space["result"] = None
    sys.stdout.seek(0), sys.stdout.truncate()
    try:
        exec(compile(json.loads(line), "<test>", "exec"), space)
        answer = {"result": space["result"], "printed": sys.stdout.getvalue()}
    except MlflowException as error:
        answer = {"refused": [error.error_code, error.message]}
    except Exception:
        answer = {"failed": traceback.format_exc()}
    print(json.dumps(answer, default=str), file=answers, flush=True)
"""


class Refused(Exception):
    """The server refused; `code` is MLflow's error code."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(f"{code}: {message}")
        self.code, self.message = code, message


class MLflowProcess:
    """The client of one user; `mlflow` and `client` (an `MlflowClient`) are there."""

    def __init__(self, python: str, server: Server, folder: Path) -> None:
        self.printed = ""
        self._process = subprocess.Popen(
            [python, "-c", LOOP],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=folder,
            env={
                **os.environ,
                "MLFLOW_TRACKING_URI": f"{server.url}mlops/mlflow",
                "MLFLOW_TRACKING_TOKEN": server.token,
                "MLFLOW_DISABLE_TELEMETRY": "true",
                "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "0",
                "HOME": str(folder),
            },
        )
        pipes: Any = self._process
        self._asked, self._answers = pipes.stdin, pipes.stdout

    def __call__(self, code: str) -> Any:
        """Run code, and give what it has put into `result`."""
        self._asked.write(json.dumps(textwrap.dedent(code)) + "\n")
        self._asked.flush()
        line = self._answers.readline()
        assert line, f"the client ended: {self._process.poll()}"
        answer = json.loads(line)
        if "refused" in answer:
            raise Refused(*answer["refused"])
        assert "failed" not in answer, answer["failed"]
        self.printed = answer["printed"]
        return answer["result"]

    def close(self) -> None:
        self._asked.close()
        self._process.wait(30)
        self._answers.close()
