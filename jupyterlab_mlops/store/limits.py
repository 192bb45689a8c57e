"""MLflow's limits: a client over HTTP is told of them, what a kernel said is cut and flagged."""

from __future__ import annotations

from dataclasses import dataclass, field

from ..errors import InvalidRequest
from ..types import Origin

KEY = 250
PARAM_VALUE = 6_000
TAG_VALUE = 8_000
EXPERIMENT_NAME = 500
RUN_NAME = 8_000
DATASET_NAME = 500
DATASET_DIGEST = 36
REGISTRY_TAG_VALUE = 100_000
MODEL_NAME = 256
ALIAS = 255
CUT_TAG = "mlops.cut"
"""Tag of a run of which something was cut; its value names what."""
LOWEST, HIGHEST = -(2**63), 2**63 - 1


@dataclass
class Fitting:
    """Fits texts into their limits and remembers what it had to cut.

    Parameters
    ----------
    origin
        `api`: a key that is too long or empty is refused; else it is cut. Values are cut for all,
        as MLflow does.
    """

    origin: Origin
    cut: list[str] = field(default_factory=list)

    def key(self, kind: str, key: str, limit: int = KEY) -> str:
        """Return a key that fits.

        Raises
        ------
        InvalidRequest
            The key is empty or too long and came over the API.
        """
        if key and len(key) <= limit:
            return key
        if self.origin == "api":
            problem = (
                f"has {len(key)} characters, at most {limit} are allowed" if key else "is empty"
            )
            raise InvalidRequest(f"The {kind} {key[:40]!r} {problem}.")
        self.cut.append(f"{kind} {key[:40]}")
        return key[:limit] or "(empty)"

    def value(self, kind: str, key: str, value: str, limit: int) -> str:
        """Return a value that fits."""
        if len(value) <= limit:
            return value
        self.cut.append(f"{kind} {key[:40]}")
        return value[:limit]


def check_integer(name: str, number: int) -> int:
    """Return an integer that SQLite can hold.

    Raises
    ------
    InvalidRequest
        It is beyond 64 bits.
    """
    if LOWEST <= number <= HIGHEST:
        return number
    raise InvalidRequest(f"The {name} {number} does not fit into 64 bits.")
