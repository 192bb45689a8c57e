"""One real server for all tests of this folder, on the sample record."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import sample

from harness import Server
from harness.heartbeat import with_heartbeat


@pytest.fixture(scope="session")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server on the sample record, which tests share; it has its pulse felt."""
    folder = tmp_path_factory.mktemp("served")
    sample.make(folder / "data")
    with Server(folder, application="server", **with_heartbeat()) as server:
        yield server
