"""Numbers that are tensors: each is stored as the number that it is, or clearly refused."""

from __future__ import annotations

import math

from .conftest import Program

PROGRAM = """
import torch
numbers = {
    "float32": torch.tensor(0.1),
    "float64": torch.tensor(0.1, dtype=torch.float64),
    "bfloat16": torch.tensor(0.1, dtype=torch.bfloat16),
    "int64": torch.tensor(2**62),
    "bool": torch.tensor(True),
    "with_gradient": torch.tensor(1.5, requires_grad=True) * 2,
    "of_one": torch.tensor([[3.0]]),
    "parameter": torch.nn.Parameter(torch.tensor(2.0)),
    "nan": torch.tensor(float("nan")),
    "infinite": torch.tensor(-float("inf")),
}
others = {
    "two": torch.tensor([1.0, 2.0]),
    "none": torch.tensor([]),
    "complex": torch.tensor(1 + 2j),
    "without_data": torch.empty((), device="meta"),
}
told["refused"] = []
with mlops.start_run():
    mlops.log_param("type", torch.float32)
    mlops.log_param("rates", torch.tensor([0.5, 0.25]))
    for step, (key, value) in enumerate(numbers.items()):
        mlops.log_metric(key, value, step=torch.tensor(step))
    for key, value in others.items():
        try:
            mlops.log_metric(key, value)
        except ValueError as error:
            told["refused"].append(str(error))
told["numbers"] = {key: float(value) for key, value in numbers.items()}
"""


def test_a_tensor_of_one_number_is_that_number(program: Program) -> None:
    told, (run,), curves = program(PROGRAM)
    assert told["fault"] is None
    logged = curves[run.run.run_id]
    assert set(logged) == set(told["numbers"])
    for key, value in told["numbers"].items():
        (stored,) = logged[key]
        assert stored == value or (math.isnan(value) and math.isnan(stored))
    assert len(told["refused"]) == 4
    assert all("must be one number, not" in message for message in told["refused"])
    assert run.run.params == {"type": "torch.float32", "rates": "tensor([0.5000, 0.2500])"}
