"""Every shape that crosses HTTP, events or the journal: the single source of truth.

Times are integer milliseconds since the Unix epoch, UTC, unless a field says otherwise. Fields have
the same name in SQL, in JSON, in TypeScript and on the screen. Two families live here:

* *records*: what a kernel or the tap says happened. They are tagged unions (``type``) and are
  the only language in which the store is told about executions and runs;
* *views*: what is read back, over HTTP, in the command line and in the magics.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal, Union

import msgspec
from msgspec import Meta, Struct, field

ExecutionStatus = Literal["running", "ok", "error", "interrupted", "aborted", "killed"]
RunStatus = Literal["RUNNING", "FINISHED", "FAILED", "KILLED"]
LifecycleStage = Literal["active", "deleted"]
RunView = Literal["active", "archived", "kept", "deleted", "all"]
"""`kept`: active or archived."""
StateVerdict = Literal["linear", "out of order", "used an edited cell", "used a deleted cell"]
PushState = Literal["pending", "pushing", "pushed", "failed"]
ColumnKind = Literal["attributes", "metrics", "params", "tags"]
CompletionKind = Literal["field", "operator", "value", "keyword"]
ModelFormat = Literal["skops", "pickle", "mlflow", "reference"]
Origin = Literal["kernel", "tap", "api"]
OffBy = Literal["user", "configuration", "administrator"]
ComparisonFormat = Literal["html", "notebook"]
NotebookForm = Literal["state", "executed"]
"""Each cell once, as the notebook showed it; or each execution, in the order in which they ran."""
SYSTEM_TAGS = ("mlflow.", "mlops.")
"""Beginnings of tags that programs set, and that nobody wants to see in a list."""


# ------------------------------------------------------------------------------------- records


class Record(Struct, tag_field="type", omit_defaults=True, kw_only=True):
    """Base of everything that is written to a journal."""


class GitState(Struct, omit_defaults=True, kw_only=True):
    """The working tree that the session's folder belongs to."""

    commit: str | None = None
    branch: str | None = None
    remote: str | None = None
    dirty: bool = False
    diff: str = ""
    """``git diff HEAD``, cut at the configured limit."""


class SessionStart(Record, tag="session_start"):
    """One life of a kernel (or of a script) began."""

    session_id: str
    started_at: int
    kind: Literal["kernel", "script"] = "kernel"
    kernel_id: str | None = None
    kernel_name: str | None = None
    pid: int | None = None
    host: str | None = None
    user: str | None = None
    notebook: str | None = None
    cwd: str | None = None
    argv: list[str] = []
    language: str = "python"
    language_version: str | None = None
    platform: str | None = None


class SessionEnvironment(Record, tag="session_environment"):
    """Packages and git state of a session; arrives later than its start, since it takes longer."""

    session_id: str
    packages: dict[str, str] = {}
    git: GitState | None = None


class SessionUpdate(Record, tag="session_update"):
    """Something about a session became known or changed: its path after a rename, its user."""

    session_id: str
    notebook: str | None = None
    user: str | None = None
    kernel_id: str | None = None
    kernel_name: str | None = None


class SessionEnd(Record, tag="session_end"):
    """The kernel ended or was restarted; what was still running in it is closed as `killed`."""

    session_id: str
    ended_at: int
    reason: Literal["ended", "restarted", "died"] = "ended"


class ExecutionError(Struct, omit_defaults=True, kw_only=True):
    """The exception that a cell raised."""

    name: str
    value: str
    traceback: list[str] = []


class ExecutionStart(Record, tag="execution_start"):
    """A cell began to run. `execution_id` is `make_execution_id(session_id, msg_id)`."""

    session_id: str
    execution_id: str
    source: str
    started_at: int
    msg_id: str | None = None
    sequence: int | None = None
    """Position in the session's order, from 1; the kernel's count wins over the tap's."""
    execution_count: int | None = None
    cell_id: str | None = None
    notebook: str | None = None
    user: str | None = None


class ExecutionOutput(Record, tag="execution_output"):
    """Outputs of a running execution so far, as in nbformat 4; replaces what was known.

    The tap's outputs win over the kernel's, which writes them only while no server listens.
    """

    execution_id: str
    outputs: list[dict[str, Any]]
    truncated: bool = False


class ExecutionEnd(Record, tag="execution_end"):
    """A cell ended."""

    execution_id: str
    status: ExecutionStatus
    ended_at: int
    error: ExecutionError | None = None
    names_read: list[str] = []
    names_written: list[str] = []
    run_ids: list[str] = []
    """Runs that were open, opened or logged to while this cell ran, in that order."""


class ExecutionContext(Record, tag="execution_context"):
    """What only the front-end knows about an execution: its cell, and where that stands."""

    kernel_id: str
    execution_count: int
    cell_id: str
    notebook: str
    cell_ids: list[str] = []
    """All cells of the notebook in its order, where they are told: for the state verdict."""
    user: str | None = None
    """Who ran it."""


class RunStart(Record, tag="run_start"):
    """A run was opened."""

    run_id: str
    start_time: int
    session_id: str | None = None
    execution_id: str | None = None
    experiment: str | None = None
    """Name; None means the notebook's name without its suffix, else `Default`."""
    name: str | None = None
    """None: a name is made up (`calm-otter-12`)."""
    user: str | None = None
    parent_run_id: str | None = None
    tags: dict[str, str] = {}
    description: str | None = None
    implicit: bool = False
    """True when an autologger opened it."""


class RunEnd(Record, tag="run_end"):
    """A run was closed; the last one wins, a run may be resumed."""

    run_id: str
    status: RunStatus
    end_time: int
    error: ExecutionError | None = None
    error_execution_id: str | None = None


class RunResume(Record, tag="run_resume"):
    """`start_run(run_id=...)` on a run that exists."""

    run_id: str
    session_id: str | None = None
    execution_id: str | None = None


class RunUpdate(Record, tag="run_update"):
    """A run was renamed or described, or its place in the record changed. None: leave as it is."""

    run_id: str
    name: str | None = None
    note: str | None = None
    lifecycle_stage: LifecycleStage | None = None
    archived: bool | None = None
    execution_id: str | None = None
    """The cell that does so."""


class ParamLogged(Record, tag="params"):
    """Params of a run; a changed value is kept beside the old one and flagged."""

    run_id: str
    params: dict[str, str]
    timestamp: int


class MetricsLogged(Record, tag="metrics"):
    """Points of one run in JSON form: `[key, value, step, timestamp]`.

    Inside the kernel points travel in the journal's binary form; the reader hands over arrays.
    """

    run_id: str
    points: list[tuple[str, float, int, int]]


class TagsSet(Record, tag="tags"):
    """Tags of a run were set (text) or deleted (null)."""

    run_id: str
    tags: dict[str, str | None]
    execution_id: str | None = None
    """The cell that does so."""
    timestamp: int | None = None


class ArtifactLogged(Record, tag="artifact"):
    """A file of a run.

    Its bytes are this record's attachment, or already lie in a pack, or in the blob folder under
    `digest`.
    """

    run_id: str
    path: str
    size: int
    digest: str
    """SHA-256, hexadecimal."""
    media_type: str | None = None
    inline: bool = False
    """True: the bytes are attached to this record."""
    pack: str | None = None
    """Name of the file in `packs` that holds the bytes."""
    offset: int = 0
    """Where in the pack they begin."""
    execution_id: str | None = None


class PackedFile(Struct, omit_defaults=True, kw_only=True):
    """A file whose bytes lie in a pack; fields as in `ArtifactLogged`."""

    path: str
    size: int
    digest: str
    media_type: str | None = None
    pack: str
    offset: int = 0


class ArtifactsPacked(Record, tag="artifacts"):
    """Small files of a run that were logged together."""

    run_id: str
    files: list[PackedFile]
    execution_id: str | None = None


class DatasetInput(Record, tag="dataset"):
    """Data that a run read."""

    run_id: str
    name: str
    digest: str
    """Of the content; at most 36 characters, as in MLflow."""
    source_type: str = "code"
    source: str = ""
    context: str = ""
    """`train`, `test` ..."""
    schema: dict[str, Any] = {}
    """`{"columns": [{"name", "dtype"}], "target": ...}`"""
    profile: dict[str, Any] = {}
    """`{"num_rows", "num_columns", "sampled": bool, "columns": facts and counts by column}`"""
    tags: dict[str, str] = {}
    """Further tags of the input; the context has a field of its own."""


class ModelLogged(Record, tag="model"):
    """A fitted model. Its file is the artifact `models/<model_id>/<file name>` of the run."""

    model_id: str
    """`m-` and 32 hexadecimal digits, as in MLflow."""
    run_id: str
    name: str
    created_at: int
    flavor: str = "sklearn"
    class_name: str = ""
    format: ModelFormat = "reference"
    """`reference`: the object lives in the kernel only and is written when someone asks.
    `mlflow`: a directory of files that an MLflow client sent."""
    file_name: str | None = None
    digest: str | None = None
    size: int | None = None
    runs_code: bool = False
    """True: loading the file can run code (pickle)."""
    trusted_types: list[str] = []
    requirements: list[str] = []
    signature: dict[str, Any] = {}
    """`{"inputs": [...], "outputs": [...]}` in MLflow's JSON schema of columns or tensors."""
    input_example: dict[str, Any] | None = None
    """`{"columns": [...], "data": [[...]]}`: a few rows, to prove that the model loads."""
    metadata: dict[str, Any] = {}


class ModelRegistered(Record, tag="register"):
    """Someone asked for a new version of a registered model; it is created if it is new."""

    request_id: str
    name: str
    timestamp: int
    model_id: str | None = None
    run_id: str | None = None
    """Without `model_id`: the last model of this run."""
    user: str | None = None
    tags: dict[str, str] = {}
    description: str | None = None
    aliases: list[str] = []


class AliasSet(Record, tag="alias"):
    """An alias was moved to a version, or deleted (version null)."""

    name: str
    alias: str
    version: int | None
    timestamp: int
    user: str | None = None


class PushRequested(Record, tag="push"):
    """Someone asked that a version goes to a push target; the outbox does it."""

    request_id: str
    name: str
    version: int
    target: str
    timestamp: int
    user: str | None = None
    aliases: list[str] = []


class RecordingSwitched(Record, tag="recording"):
    """Recording was paused or resumed for a session."""

    session_id: str
    enabled: bool
    timestamp: int


class Forgotten(Record, tag="forget"):
    """Executions to be erased from the record, with their outputs: by id, or those since a time."""

    session_id: str | None = None
    execution_ids: list[str] = []
    since: int | None = None


class Fault(Record, tag="fault"):
    """Something of ours failed; nothing of it reached the user's cell, but the panel says so."""

    where: str
    message: str
    timestamp: int
    count: int = 1
    """Records that were not stored because of it."""
    session_id: str | None = None


AnyRecord = Union[  # noqa: UP007 - an alias of this length is no line of bars
    SessionStart,
    SessionEnvironment,
    SessionUpdate,
    SessionEnd,
    ExecutionStart,
    ExecutionOutput,
    ExecutionEnd,
    ExecutionContext,
    RunStart,
    RunEnd,
    RunResume,
    RunUpdate,
    ParamLogged,
    MetricsLogged,
    TagsSet,
    ArtifactLogged,
    ArtifactsPacked,
    DatasetInput,
    ModelLogged,
    ModelRegistered,
    AliasSet,
    PushRequested,
    RecordingSwitched,
    Forgotten,
    Fault,
]

record_decoder: msgspec.json.Decoder[AnyRecord] = msgspec.json.Decoder(AnyRecord)


# --------------------------------------------------------------------------------------- views


class View(Struct, kw_only=True):
    """Base of everything that is read back."""


class Session(View):
    """One life of a kernel, from start or restart to restart or end."""

    session_id: str
    kind: str
    started_at: int
    ended_at: int | None = None
    kernel_id: str | None = None
    kernel_name: str | None = None
    notebook: str | None = None
    user: str | None = None
    host: str | None = None
    pid: int | None = None
    language: str = "python"
    language_version: str | None = None
    platform: str | None = None
    recording: bool = True
    execution_count: int = 0
    run_count: int = 0


class Environment(View):
    """What a session ran on."""

    session_id: str
    language: str
    language_version: str | None
    platform: str | None
    packages: dict[str, str]
    git: GitState | None


class Execution(View):
    """One time that one cell ran. Lists leave `outputs` empty unless they are asked for."""

    execution_id: str
    session_id: str
    sequence: int
    source: str
    status: ExecutionStatus
    started_at: int
    ended_at: int | None = None
    execution_count: int | None = None
    cell_id: str | None = None
    notebook: str | None = None
    user: str | None = None
    error: ExecutionError | None = None
    outputs: list[dict[str, Any]] = []
    truncated: bool = False
    names_read: list[str] = []
    names_written: list[str] = []
    run_ids: list[str] = []


class CellSummary(View):
    """How often a cell was executed, and the best that its runs came to."""

    cell_id: str
    executions: int
    last_at: int
    run_count: int = 0
    running: str | None = None
    """Id of a run that is open."""
    executing: str | None = None
    """Id of its execution that has not ended."""
    key_metric: str | None = None
    """The metric that its newest run is known by."""
    run_id: str | None = None
    """The run with the best value of it: the lowest of a loss or an error, else the highest."""
    value: float | None = None


class Experiment(View):
    """A named group of runs."""

    experiment_id: str
    name: str
    lifecycle_stage: LifecycleStage
    creation_time: int
    run_count: int = 0
    note: str = ""
    """In Markdown, with blocks of runs; MLflow calls it the description."""


class ParamChange(View):
    """A param that was logged again with another value."""

    key: str
    value: str
    timestamp: int


class Metric(View):
    """Summary of one metric of a run."""

    key: str
    value: float
    """The latest, by (step, timestamp)."""
    step: int
    timestamp: int
    count: int
    min: float
    max: float


class DatasetView(View):
    """Data that a run read."""

    name: str
    digest: str
    context: str
    source_type: str
    source: str
    schema: dict[str, Any]
    profile: dict[str, Any]


class Artifact(View):
    """A file of a run."""

    path: str
    size: int
    digest: str
    media_type: str | None = None
    execution_id: str | None = None


class LoggedModel(View):
    """A fitted model of a run."""

    model_id: str
    run_id: str
    name: str
    created_at: int
    flavor: str
    class_name: str
    format: ModelFormat
    file_name: str | None
    digest: str | None
    size: int | None
    runs_code: bool
    trusted_types: list[str]
    requirements: list[str]
    signature: dict[str, Any]
    input_example: dict[str, Any] | None
    metadata: dict[str, Any]


class Run(View):
    """A run as the table and the panel show it."""

    run_id: str
    name: str
    experiment_id: str
    experiment: str
    status: RunStatus
    lifecycle_stage: LifecycleStage
    start_time: int
    end_time: int | None = None
    user: str | None = None
    session_id: str | None = None
    execution_id: str | None = None
    notebook: str | None = None
    parent_run_id: str | None = None
    child_count: int = 0
    implicit: bool = False
    error: ExecutionError | None = None
    error_execution_id: str | None = None
    key_metric: str | None = None
    """The metric to show where there is room for one only."""
    note: str = ""
    verdict: StateVerdict | None = None
    params: dict[str, str] = {}
    metrics: dict[str, float] = {}
    """Latest values; NaN and infinities travel as JSON null, exact ones are in `Metric`."""
    tags: dict[str, str] = {}
    model_count: int = 0
    archived: bool = False
    """Kept as it is, but shown only where somebody asks for the archive."""


class Author(View):
    """Who wrote a tag or a note, and when."""

    user: str | None
    timestamp: int


class NoteBlock(View):
    """What a block of a note shows: a table of runs, charts of their metrics, or both."""

    columns: list[str]
    """Beside the name, such as `attributes.status` or `metrics.loss`; none: no table."""
    charts: list[str]
    """Metrics whose curves are drawn."""
    runs: list[Run]
    total: int
    """How many runs match; a lower bound unless `total_is_exact`."""
    total_is_exact: bool


class RunDetails(View):
    """One run with all that belongs to it; executions without outputs."""

    run: Run
    metrics: list[Metric]
    param_changes: list[ParamChange]
    datasets: list[DatasetView]
    artifacts: list[Artifact]
    models: list[LoggedModel]
    versions: list[ModelVersion]
    executions: list[Execution]
    environment: Environment | None
    children: list[Run]
    tag_authors: dict[str, Author] = {}
    """By key; tags that are not in it came with the run."""
    note_author: Author | None = None


class MetricHistory(View):
    """All points of one metric of one run, in the order of (step, timestamp)."""

    run_id: str
    key: str
    values: list[float]
    steps: list[int]
    timestamps: list[int]


class Curve(View):
    """One metric of one run reduced to `pixels` buckets; every minimum and maximum is kept."""

    run_id: str
    key: str
    steps: list[int]
    timestamps: list[int]
    values: list[float]
    """Mean of each bucket (the value itself where a bucket holds one point)."""
    mins: list[float]
    maxs: list[float]
    count: int
    """Points in the window before reduction."""


class MetricKey(View):
    """A metric that some of the asked runs have."""

    key: str
    run_count: int
    most_points: int
    """Points of the run that has most of them; 1: there is no curve."""


class AliasEvent(View):
    """One line of an alias's history."""

    alias: str
    version: int | None
    previous: int | None
    timestamp: int
    user: str | None


class Push(View):
    """One push of one version to one target, as the outbox has it."""

    push_id: int
    request_id: str
    name: str
    version: int
    target: str
    state: PushState
    attempts: int
    requested_at: int
    updated_at: int
    progress: str = ""
    error: str | None = None
    remote_version: str | None = None
    remote_run_id: str | None = None
    remote_url: str | None = None


class ModelVersion(View):
    """A version of a registered model."""

    name: str
    version: int
    created_at: int
    run_id: str | None
    model_id: str | None
    user: str | None = None
    description: str = ""
    aliases: list[str] = []
    tags: dict[str, str] = {}
    format: ModelFormat = "reference"
    runs_code: bool = False
    digest: str | None = None
    pushes: list[Push] = []


class RegisteredModel(View):
    """A registered model with its versions, newest first."""

    name: str
    created_at: int
    description: str = ""
    tags: dict[str, str] = {}
    aliases: dict[str, int] = {}
    versions: list[ModelVersion] = []


class FaultView(View):
    """A fault of ours, as the light shows it."""

    where: str
    message: str
    count: int
    first_at: int
    last_at: int


class Status(View):
    """What the light shows."""

    recording: bool
    """False: switched off for good."""
    degraded: bool
    version: str
    data_dir: str
    not_stored: int
    """Records lost to faults since the store was made."""
    faults: list[FaultView]
    sessions: list[Session]
    """Those that live now."""
    run_count: int
    execution_count: int
    first_use: bool
    targets: list[str]
    """Names of the push targets that are set up."""
    off_by: OffBy | None = None
    """Who has switched recording off for good; only what a user did can be undone here."""
    several_people: bool = False
    """Whether more than one person has written into the record."""


class RunPage(View):
    """A page of runs."""

    runs: list[Run]
    total: int
    """How many match; at least so many where `total_is_exact` is false."""
    total_is_exact: bool = True
    offset: int = 0
    """Runs before the first of the page."""
    next_page_token: str | None = None


class Column(View):
    """A key that some of the matching runs have."""

    column: str
    """As filters, orders and selections of columns write it: `metrics.loss`."""
    kind: ColumnKind
    key: str
    count: int
    """Runs that have it."""
    min: float | None = None
    """Least number among its values; null where none of them is a number."""
    max: float | None = None


class ColumnPage(View):
    """All keys of the matching runs, kind by kind, in alphabetical order."""

    columns: list[Column]
    run_count: int
    """Runs that match."""
    is_exact: bool = True
    """False: counts are estimated from some of the matching runs, and a rare key may be missing."""
    several_people: bool = False
    """Whether more than one person has written into the record."""


class Aggregate(View):
    """What the values of a metric come to over the runs of a group; NaN is left out."""

    column: str
    count: int
    min: float | None
    max: float | None
    mean: float | None


class RunGroup(View):
    """Runs that have a value in common."""

    value: str | None
    """Null: those that lack it."""
    count: int
    newest: int | None
    """Start of the run that was recorded last."""
    filter: str
    """The clause that finds these runs."""
    aggregates: list[Aggregate] = []


class RunGroups(View):
    """The matching runs by one column."""

    by: str
    groups: list[RunGroup]
    total: int
    """Number of groups."""
    run_count: int
    """Runs that match."""


class FacetValue(View):
    """A value, and how many of the matching runs have it."""

    value: str | None
    """Null: those that lack it."""
    count: int
    filter: str
    """The clause that finds these runs."""


class Facet(View):
    """The values of one column, the most frequent first."""

    column: str
    values: list[FacetValue]
    more: bool = False
    """True: there are more values than were asked for."""


class Facets(View):
    """What there is to choose from among the matching runs."""

    facets: list[Facet]
    run_count: int
    """Runs that match."""


class SavedView(View):
    """A table, or another view, as somebody has set it up."""

    view_id: str
    kind: str
    name: str
    state: dict[str, Any]
    """What the front-end makes of it; the server keeps it as it is."""
    created_at: int
    created_by: str | None
    updated_at: int
    updated_by: str | None


class Completion(View):
    """Something that can stand at the cursor of a query."""

    text: str
    """What replaces the characters from `start` to `end`."""
    kind: CompletionKind
    detail: str = ""
    """What it is, in a few words."""
    count: int | None = None
    """Runs that have it, where that is known."""


class Completions(View):
    """What can stand at the cursor of a query, the likeliest first."""

    start: int
    end: int
    items: list[Completion]


class PurgeAnswer(View):
    """How much was erased, or would be."""

    runs: int
    freed_bytes: int


class ExecutionPage(View):
    """A page of executions."""

    executions: list[Execution]
    total: int
    next_page_token: str | None = None


# ---------------------------------------------------------------------------------- comparison

DiffKind = Literal["equal", "changed", "added", "removed"]
Judgement = Literal["better", "worse"]


class ValueRow(View):
    """One param, tag, package or metric over all compared runs; None where a run lacks it."""

    key: str
    values: list[str | float | None]
    differs: bool
    states: list[DiffKind] = []
    """Each value against the baseline's."""
    deltas: list[float | None] = []
    """Metrics only: difference from the baseline."""
    changes: list[float | None] = []
    """Metrics only: relative change against the baseline, 0.1 is +10 %."""
    judgements: list[Judgement | None] = []
    """Metrics only: None where the metric's name does not say which way is up."""


class DiffSegment(View):
    """A piece of a line: `equal`, `added` or `removed`."""

    kind: DiffKind
    text: str


class DiffLine(View):
    """One line of a cell in a side-by-side diff; None where that side has no such line."""

    kind: DiffKind
    left: list[DiffSegment] | None
    right: list[DiffSegment] | None
    left_number: int | None = None
    right_number: int | None = None


class CellPair(View):
    """Two executions that stand for the same cell; None where one run has no counterpart.

    The executions come without outputs. `lines` is empty where the sources are equal.
    """

    kind: DiffKind
    moved: bool
    left: Execution | None
    right: Execution | None
    lines: list[DiffLine]
    outputs_differ: bool


class CellComparison(View):
    """The cells of one run against those of the baseline, in the baseline's true order."""

    run_id: str
    pairs: list[CellPair]


DifferenceKind = Literal["params", "cells", "data", "packages", "language", "platform", "commit"]


class Difference(View):
    """One kind of things that differ, for a sentence in any language."""

    kind: DifferenceKind
    count: int = 1
    name: str = ""
    """Of the language."""


class MetricChange(View):
    """How the most telling metric did, in digits that matter; only its key where it is the same."""

    key: str
    change: str = ""
    """From the first of two runs to the second, with its sign."""
    low: str = ""
    high: str = ""


class Distribution(View):
    """How the values of a column of data lie, as far as they were looked at.

    `counts` are those of bins of the same width from `min` to `max`, or of `values`.
    """

    counts: list[int]
    min: float | None = None
    max: float | None = None
    values: list[str] = []


class DistributionRow(View):
    """One column of data over all compared runs; None where a run lacks it."""

    key: str
    columns: list[Distribution | None]
    differs: bool


class Comparison(View):
    """Two to twenty runs; the first is the baseline."""

    runs: list[Run]
    summary: str
    """One sentence in English, made from `differences` and `metric`."""
    differences: list[Difference]
    metric: MetricChange | None
    params: list[ValueRow]
    metrics: list[ValueRow]
    tags: list[ValueRow]
    environment: list[ValueRow]
    data: list[ValueRow]
    git: list[ValueRow]
    cells: list[CellComparison]
    artifacts: list[ValueRow]
    """Digests by path."""
    distributions: list[DistributionRow] = []
    """Of columns of data, where the record holds them."""


# ------------------------------------------------------------------------------------ requests


TagChanges = Annotated[dict[str, str | None], Meta(max_length=100)]
Note = Annotated[str, Meta(max_length=1_000_000)]
Aliases = Annotated[list[str], Meta(max_length=100)]


class Request(Struct, kw_only=True, forbid_unknown_fields=True):
    """Base of request bodies; an unknown field is refused rather than ignored."""


class UpdateRunRequest(Request):
    """Rename, describe, tag: only what is given changes. A tag that is null is deleted."""

    name: str | None = None
    note: Note | None = None
    tags: TagChanges | None = None


class UpdateExperimentRequest(Request):
    """Write the note of an experiment; an empty one is taken off."""

    note: Note


class RunIdsRequest(Request):
    """For bulk work on runs."""

    run_ids: list[str]


class PurgeRequest(Request):
    """Erase runs that are in the trash, for good; `dry_run` only says how much that would free."""

    run_ids: list[str]
    dry_run: bool = False


class SaveViewRequest(Request):
    """Keep a view under a name."""

    name: str
    state: dict[str, Any]
    kind: str = "runs"


class UpdateViewRequest(Request):
    """Rename a view or replace its state: only what is given changes."""

    name: str | None = None
    state: dict[str, Any] | None = None


class TagRunsRequest(Request):
    """Set (text) or delete (null) tags of many runs."""

    run_ids: list[str]
    tags: TagChanges


class TagsOfRunsRequest(Request):
    """Which tags of which runs are asked for."""

    run_ids: list[str]
    keys: list[str]


class TaggedRuns(View):
    """Runs whose tags have the same values; null: they lack it."""

    run_ids: list[str]
    tags: dict[str, str | None]


class StartRunRequest(Request):
    """Open a run in a live kernel from the panel."""

    kernel_id: str
    name: str | None = None
    experiment: str | None = None


class EndRunRequest(Request):
    """Close a run from the panel."""

    status: RunStatus = "FINISHED"


class RecordingRequest(Request):
    """Switch recording for one kernel (by id), or for good (null)."""

    enabled: bool
    kernel_id: str | None = None


class RegisterRequest(Request):
    """Make a version of a registered model from a run's model."""

    name: str
    run_id: str | None = None
    model_id: str | None = None
    description: str | None = None
    tags: Annotated[dict[str, str], Meta(max_length=100)] = field(default_factory=dict)
    aliases: Aliases = field(default_factory=list)


class AliasRequest(Request):
    """Move an alias to a version; null deletes it."""

    version: int | None


class UpdateVersionRequest(Request):
    """Describe or tag a version: only what is given changes."""

    description: str | None = None
    tags: TagChanges | None = None


class PushRequest(Request):
    """Push a version. `target` is the name of a configured target, or a tracking URI."""

    target: str | None = None
    aliases: Aliases = field(default_factory=list)


class ForgetRequest(Request):
    """Erase executions (by id, of a session, since a time), runs with their cells, or a secret."""

    execution_ids: Annotated[list[str], Meta(max_length=10_000)] = field(default_factory=list)
    session_id: str | None = None
    since: int | None = None
    """Milliseconds since 1970; without a session: of all of them."""
    run_ids: Annotated[list[str], Meta(max_length=1000)] = field(default_factory=list)
    secret: Annotated[str, Meta(max_length=10_000)] | None = None
    """A text that is replaced wherever it stands; nothing keeps it."""
    dry_run: bool = False
    """Only say how much that would be."""


class ForgetAnswer(View):
    """How much was erased, or would be."""

    executions: int
    outputs: int
    freed_bytes: int
    runs: int = 0
    fields: int = 0
    """Texts in which the secret stood."""
    files: int = 0
    """Files, pictures and models that held it, and have lost their content."""
    beyond: list[str] = []
    """What could not be reached, a sentence each."""


class Setting(View):
    """One setting of the server: what it is, and who says so."""

    name: str
    value: Any
    """As it counts; secrets in it are taken out."""
    default: Any
    source: str
    """`default`, the configuration or its file, or the file that locks it."""
    locked: bool
    """True: an administrator has set it, and nobody can change it."""
    help: str


class AuditEntry(View):
    """Something that was erased, released or configured."""

    id: int
    at: int
    what: str
    detail: dict[str, Any]
    """Kinds and numbers, never content."""
    user: str | None = None


class Redaction(View):
    """Secrets that were taken out of one text."""

    where: str
    """`source`, `output`, `param`, `tag`, or `note` with the run's name."""
    id: str
    """Of the execution or of the run."""
    at: int | None
    count: int
    kinds: list[str]


class AuditPage(View):
    """Entries of the audit log, the newest first."""

    entries: list[AuditEntry]
    total: int


class Left(View):
    """Something that an import did not take over, and why."""

    what: str
    why: str


class ImportReport(View):
    """What an import did: what was new, of runs too that were here already, and what was left."""

    kind: str
    """Of which tool the records were."""
    source: str
    runs: int = 0
    known: int = 0
    """Runs that were here already."""
    points: int = 0
    files: int = 0
    bytes: int = 0
    models: int = 0
    versions: int = 0
    left: list[Left] = []


class ImportSource(View):
    """What lies at a path or an address that can be imported."""

    source: str
    kind: str


ImportState = Literal["running", "done", "failed", "cancelled"]


class ImportJob(View):
    """An import that somebody has asked this server for; kept until the server ends."""

    import_id: str
    source: str
    kind: str
    state: ImportState
    started_at: int
    done: int = 0
    count: int | None = None
    """Of how much it is done; unknown at the beginning."""
    doing: str = ""
    report: ImportReport | None = None
    error: str | None = None


class ImportRequest(Request):
    """Ask for an import."""

    source: str
    """A path below the folder that the file browser shows, or a server that is set up."""
    kind: str | None = None
    """Of which tool; by default it is recognised."""
    files: bool = True
    """Whether artifacts and files of models come too."""


class QueryProblem(View):
    """The wrong word of a query, and what could stand there."""

    position: int
    """Characters (code points) before it."""
    length: int
    """0: something is missing at the end."""
    allowed: list[str] = []
    suggestions: list[str] = []
    """Those of the allowed words that look like it."""


class ErrorAnswer(View):
    """Every failure: one sentence, and a code to act on."""

    error_code: str
    message: str
    problem: QueryProblem | None = None
    """Where a query is wrong."""
