"""One real server for all tests of a module, on the sample record."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import sample

from harness import Server


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server on the sample record, which the tests of a module share."""
    folder = tmp_path_factory.mktemp("served")
    sample.make(folder / "data")
    arguments = ("--MLOpsApp.push_to_addresses=True",)
    with Server(folder, application="server", arguments=arguments) as server:
        (server.root_dir / "table.csv").write_text("name,params.lr\n")
        yield server
