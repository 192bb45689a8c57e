"""Query strings, and the few bodies and answers that only HTTP has.

Each query string is decoded as strictly as a body: a parameter that is unknown, malformed or given
twice is refused with a sentence that names it. A list may be given by repeating its name.
"""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta, Struct, field

from ..types import (
    ComparisonFormat,
    ExecutionStatus,
    NotebookForm,
    PushState,
    Request,
    RunView,
    View,
)

PageToken = Annotated[str | None, Meta(description="`next_page_token` of the page before.")]


class Query(Struct, kw_only=True, forbid_unknown_fields=True):
    """Base of query strings."""


class NoQuery(Query):
    """Nothing can be given."""


class SessionsQuery(Query):
    """Which sessions to list."""

    live: Annotated[bool, Meta(description="Only those whose kernel lives now.")] = False
    notebook: Annotated[str | None, Meta(description="Path of the notebook.")] = None
    limit: Annotated[int, Meta(ge=1, le=10_000)] = 100


class ImportSourceQuery(Query):
    """What to look at."""

    source: Annotated[
        str,
        Meta(description="A path below the folder that the file browser shows, or a server."),
    ]


class AuditQuery(Query):
    """Which entries of the audit log to list."""

    what: Annotated[str | None, Meta(description="Only of this kind, such as `forget`.")] = None
    before: Annotated[int | None, Meta(description="Only those with a lesser id.")] = None
    limit: Annotated[int, Meta(ge=1, le=1000)] = 100


class RedactionsQuery(Query):
    """Where to look for what was taken out; without either, everywhere."""

    run_id: Annotated[str | None, Meta(description="Of a run and its cells.")] = None
    session_id: Annotated[str | None, Meta(description="Of a session.")] = None


class ExecutionsQuery(Query):
    """Which executions to list, oldest first within a session."""

    session_id: str | None = None
    kernel_id: Annotated[str | None, Meta(description="All sessions of this kernel.")] = None
    notebook: Annotated[str | None, Meta(description="Path of the notebook.")] = None
    cell_id: str | None = None
    run_id: str | None = None
    contains: Annotated[str | None, Meta(description="Text that the source contains.")] = None
    status: ExecutionStatus | None = None
    limit: Annotated[int, Meta(ge=1, le=1000)] = 100
    page_token: PageToken = None
    outputs: Annotated[bool, Meta(description="With outputs, which may be large.")] = False


class CellsQuery(Query):
    """Cells of a notebook."""

    cell_id: Annotated[list[str], Meta(min_length=1, max_length=200)]


class RunScope(Query):
    """Which runs are meant."""

    filter: Annotated[
        str, Meta(description="A query, such as `metrics.accuracy > 0.9 and tags.x = 'y'`.")
    ] = ""
    experiment: Annotated[list[str], Meta(description="Names or ids of experiments.")] = []
    view: RunView = "active"
    text: Annotated[
        str | None, Meta(description="Words found in names, notes, sources or outputs of cells.")
    ] = None
    parent_run_id: Annotated[str | None, Meta(description="Only children of this run.")] = None
    roots: Annotated[bool, Meta(description="Only runs that are no child of another.")] = False
    session_id: str | None = None
    notebook: Annotated[str | None, Meta(description="Path of the notebook.")] = None


Order = Annotated[list[str], Meta(description="Terms such as `metrics.accuracy DESC`.")]
Selection = Annotated[
    list[str],
    Meta(description="Only these keys of the runs, such as `params.lr,metrics.loss`."),
]


class RunsQuery(RunScope):
    """Which runs to list, newest first unless `order_by` says otherwise."""

    order_by: Order = []
    columns: Selection = []
    max_results: Annotated[int, Meta(ge=1, le=1000)] = 100
    offset: Annotated[int, Meta(ge=0, description="Runs to leave out before the first.")] = 0
    page_token: PageToken = None
    count: Annotated[bool, Meta(description="Whether to count all that match a filter.")] = False


class ColumnsQuery(RunScope):
    """Of which runs to list the keys."""


class GroupsQuery(RunScope, kw_only=True):
    """How to group runs."""

    by: Annotated[
        str, Meta(description="`experiment`, `notebook`, `tags.stage`, `params.depth` ...")
    ]
    metric: Annotated[
        list[str], Meta(max_length=10, description="Metrics to sum up for each group.")
    ] = []
    order: Annotated[
        Literal["count", "value", "newest", "min", "max", "mean"],
        Meta(description="`min`, `max` and `mean` are those of the first metric."),
    ] = "count"
    descending: bool = True
    max_results: Annotated[int, Meta(ge=1, le=1000)] = 100
    offset: Annotated[int, Meta(ge=0, description="Groups to leave out before the first.")] = 0


class FacetsQuery(RunScope):
    """Which values to count."""

    facet: Annotated[
        list[str],
        Meta(max_length=30, description="Columns; default: the usual ones and the tags in use."),
    ] = []
    limit: Annotated[int, Meta(ge=1, le=200, description="Values of each at most.")] = 20


class ExportQuery(RunScope):
    """What to export."""

    format: Literal["csv", "json"] = "csv"
    order_by: Order = []
    columns: Selection = []


class CompletionsQuery(Query):
    """What is written so far, and where."""

    text: str = ""
    cursor: Annotated[int | None, Meta(description="Characters before it; default: the end.")] = (
        None
    )
    what: Literal["filter", "order_by"] = "filter"
    limit: Annotated[int, Meta(ge=1, le=200)] = 50


class ViewsQuery(Query):
    """Which saved views to list."""

    kind: Annotated[str | None, Meta(description="What they are views of: `runs` ...")] = None


class CurvesQuery(Query):
    """Metrics to draw: every `key` of every `run_id` that has it."""

    run_id: Annotated[list[str], Meta(min_length=1, max_length=200)]
    key: Annotated[list[str], Meta(min_length=1, max_length=50)]
    pixels: Annotated[int, Meta(ge=2, le=10_000, description="Buckets at most.")] = 600
    start_step: int | None = None
    end_step: int | None = None


class MetricKeysQuery(Query):
    """Runs whose metrics are asked for."""

    run_id: Annotated[list[str], Meta(min_length=1, max_length=200)]


class ComparedQuery(Query):
    """Two to twenty runs; the first is the baseline."""

    run_id: Annotated[list[str], Meta(min_length=2, max_length=20)]


class CompareQuery(ComparedQuery):
    """Two to twenty runs, and whose cells are asked for."""

    cells_of: str | None = None
    """Of these runs, the only one whose cells are answered; else those of all."""


class ExportComparisonQuery(ComparedQuery):
    """A comparison as a file."""

    format: Annotated[
        ComparisonFormat,
        Meta(description="A page that needs neither network nor scripts, or a notebook."),
    ] = "html"


class NoteBlockQuery(Query, kw_only=True):
    """Which block of which note is meant."""

    text: Annotated[str, Meta(description="What stands between the fences (`docs/notes.md`).")]
    experiment: Annotated[str, Meta(description="Id or name of that which the note is about.")]


class NotebookQuery(Query):
    """Which notebook of a run is meant."""

    form: Annotated[
        NotebookForm,
        Meta(
            description="`state`: as the notebook was when the run ended; `executed`: what the run"
            " depends on, a cell for each execution, in the order in which they ran."
        ),
    ] = "state"


class TagsQuery(Query):
    """Completion of tags."""

    key: Annotated[str | None, Meta(description="List the values of this tag.")] = None


class PushesQuery(Query):
    """Which pushes to list, newest first."""

    name: Annotated[str | None, Meta(description="Of the registered model.")] = None
    state: PushState | None = None


class ArtifactQuery(Query):
    """How to send a file."""

    download: Annotated[bool, Meta(description="Save it rather than show it.")] = False


class ExecutionContextRequest(Request):
    """What only the front-end knows about an execution: its cell, and where that stands."""

    kernel_id: str
    execution_count: int
    cell_id: str
    notebook: str
    cell_ids: Annotated[
        list[str], Meta(description="All cells of the notebook in its order, for the verdict.")
    ] = field(default_factory=list)


class TagWords(View):
    """Words to complete a tag with: the keys in use, or the values of one key."""

    keys: list[str] = field(default_factory=list)
    values: list[str] = field(default_factory=list)


class Done(View):
    """It worked, and there is nothing to say."""
