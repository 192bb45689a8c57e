"""What a program says and reads before its runs: configuration and data, given to each run that
begins later in the session, and to the one that is open.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Mapping
from typing import Any

from ..client import record_params
from ..recorder import quietly, recorder
from ..runs import OpenRun, runs
from .loggers import flat

MAX_READS = 10
MAX_VALUES = 200


class Noticed:
    """Configuration by its source, and the data that was read last."""

    def __init__(self) -> None:
        self._config: dict[str, dict[str, str]] = {}
        self._reads: OrderedDict[tuple[str, str], dict[str, Any]] = OrderedDict()

    def config(self, source: str, given: Mapping[str, Any]) -> None:
        """Notice a configuration; the last one of each source counts."""
        params = dict(list(flat({source: dict(given)}))[:MAX_VALUES]) if given else {}
        if params:
            self._config[source] = params
            self._tell_open(lambda run_id: record_params(run_id, params))

    def read(self, fields: dict[str, Any]) -> None:
        """Notice data that was read: `types.DatasetInput` without run and context."""
        key = (fields["name"], fields["digest"])
        self._reads.pop(key, None)
        self._reads[key] = fields
        while len(self._reads) > MAX_READS:
            self._reads.popitem(last=False)
        self._tell_open(lambda run_id: _record_read(run_id, fields))

    def _tell_open(self, tell: Callable[[str], None]) -> None:
        runs.on_start = self._tell
        run = runs.current()
        if run is not None:
            tell(run.run_id)

    @quietly("autolog.noticed")
    def _tell(self, run: OpenRun) -> None:
        if run.parent_run_id is not None or not recorder.recording:
            return
        for params in self._config.values():
            record_params(run.run_id, params)
        for fields in self._reads.values():
            _record_read(run.run_id, fields)


def _record_read(run_id: str, fields: dict[str, Any]) -> None:
    recorder.write({"type": "dataset", "run_id": run_id, "context": "read", **fields})


noticed = Noticed()
