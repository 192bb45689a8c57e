"""Links a cell to the runs of the models and predictions that it reads, so that its figures are
theirs.
"""

from __future__ import annotations

from typing import Any

from ..provenance import names_of
from ..recorder import quietly, recorder
from ..runs import runs
from .tracking import tracker


class Linker:
    """Looks at each cell of a shell after it ran and before its record is closed."""

    def __init__(self, shell: Any) -> None:
        self._shell = shell
        self._info: Any = None
        shell.events.register("pre_run_cell", self._before)
        shell.events.register("post_execute", self._after)

    @quietly("autolog.linking")
    def _before(self, info: Any) -> None:
        self._info = info

    @quietly("autolog.linking")
    def _after(self) -> None:
        info, self._info = self._info, None
        if info is None or tracker.is_empty() or not recorder.recording:
            return
        source = getattr(info, "transformed_cell", None) or info.raw_cell
        for name in names_of(source).read:
            run_id = tracker.run_of(self._shell.user_ns.get(name))
            if run_id is not None:
                runs.touch_run(run_id)
