"""The one table of what the server answers: verb, path, shapes and resource.

It names its operations rather than importing them, so that the command line and the generator of
`openapi.json` can read it without a server. `{name}` in a path is one segment; `{path}` and `{key}`
are the rest of it. To add a route, add a line here and a function of that name in the module.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Literal

from msgspec import Struct

from .. import types as t
from . import parameters as p

Verb = Literal["GET", "POST", "PUT", "PATCH", "DELETE"]

PREFIX = "mlops/api/v1"
RUNS = "jupyterlab_mlops:runs"
ARTIFACTS = "jupyterlab_mlops:artifacts"
REGISTRY = "jupyterlab_mlops:registry"
ADMIN = "jupyterlab_mlops:admin"

SEGMENT = re.compile(r"{(\w+)}")
REST_OF_PATH = {"path", "key"}


@dataclass(frozen=True)
class Route:
    """One verb on one path.

    Attributes
    ----------
    operation
        ``module.function`` in this package; the function's name is the operation's id.
    answer
        What is sent as JSON, or ``bytes`` for a file.
    query, body
        Struct of the query string and of the JSON body, where there is one.
    conflict
        True where the present state may forbid it (409).
    as_sent
        True where no secret is taken out of the body: it is there to be named.
    """

    verb: Verb
    path: str
    operation: str
    summary: str
    answer: Any
    resource: str
    query: type[Struct] | None = None
    body: type[Struct] | None = None
    conflict: bool = False
    as_sent: bool = False

    @property
    def module(self) -> str:
        """Module of the handler, which is also the group in the documentation."""
        return self.operation.partition(".")[0]

    @property
    def name(self) -> str:
        """Id of the operation."""
        return self.operation.partition(".")[2]

    @property
    def arguments(self) -> list[str]:
        """Names of what stands in the path."""
        return SEGMENT.findall(self.path)

    @property
    def pattern(self) -> str:
        """The path as a regular expression with named groups."""
        return SEGMENT.sub(
            lambda m: f"(?P<{m[1]}>{'.+' if m[1] in REST_OF_PATH else '[^/]+'})", self.path
        )


# A table reads best with a line or two for each route.
# fmt: off
def _runs() -> list[Route]:
    return [
        Route("GET", "status", "status.get_status", "What the light shows", t.Status, RUNS),
        Route(
            "PUT", "recording", "status.switch_recording",
            "Pause or resume recording, for one kernel or for good", t.Status, RUNS,
            body=t.RecordingRequest, conflict=True,
        ),
        Route(
            "GET", "sessions", "sessions.list_sessions", "Lives of kernels, newest first",
            list[t.Session], RUNS, query=p.SessionsQuery,
        ),
        Route(
            "GET", "sessions/{session_id}", "sessions.get_session", "One session", t.Session, RUNS,
        ),
        Route(
            "GET", "sessions/{session_id}/environment", "sessions.get_environment",
            "Packages, platform and git state of a session", t.Environment, RUNS,
        ),
        Route(
            "GET", "executions", "executions.list_executions", "Cells that ran", t.ExecutionPage,
            RUNS, query=p.ExecutionsQuery,
        ),
        Route(
            "GET", "cells", "executions.summarise_cells",
            "How often cells were executed, and their best runs", list[t.CellSummary], RUNS,
            query=p.CellsQuery,
        ),
        Route(
            "POST", "executions/context", "executions.add_context",
            "Say which cell an execution of a server-side client was", p.Done, RUNS,
            body=p.ExecutionContextRequest,
        ),
        Route(
            "GET", "executions/{execution_id}", "executions.get_execution",
            "One execution, with its outputs", t.Execution, RUNS,
        ),
        Route(
            "GET", "executions/{execution_id}/notebook", "executions.recover_notebook",
            "The notebook as it was when this execution had ended", bytes, RUNS,
        ),
        Route(
            "POST", "forget", "executions.forget",
            "Erase executions and their outputs, runs with their cells, or a secret wherever it is",
            t.ForgetAnswer, RUNS, body=t.ForgetRequest, conflict=True, as_sent=True,
        ),
        Route(
            "GET", "redactions", "executions.list_redactions",
            "Where secrets were taken out, and of which kinds", list[t.Redaction], RUNS,
            query=p.RedactionsQuery,
        ),
        Route(
            "GET", "settings", "status.list_settings",
            "What this server is set to, and who says so", list[t.Setting], ADMIN,
        ),
        Route(
            "GET", "audit", "executions.list_audit",
            "What was erased, released or configured, newest first", t.AuditPage, ADMIN,
            query=p.AuditQuery,
        ),
        Route(
            "GET", "experiments", "runs.list_experiments", "Named groups of runs",
            list[t.Experiment], RUNS,
        ),
        Route(
            "PATCH", "experiments/{experiment_id}", "notes.update_experiment",
            "Write the note of an experiment, given by its id or name", t.Experiment, RUNS,
            body=t.UpdateExperimentRequest,
        ),
        Route(
            "GET", "experiments/{experiment_id}/report", "notes.report_experiment",
            "The note of an experiment as an HTML page, with its tables and charts as of now",
            bytes, RUNS,
        ),
        Route(
            "GET", "note-block", "notes.get_block", "What a block of a note shows", t.NoteBlock,
            RUNS, query=p.NoteBlockQuery,
        ),
        Route(
            "GET", "runs", "runs.search_runs", "Runs, newest first", t.RunPage, RUNS,
            query=p.RunsQuery,
        ),
        Route(
            "POST", "runs/start", "runs.start_run", "Open a run in a live kernel", t.Run, RUNS,
            body=t.StartRunRequest, conflict=True,
        ),
        Route(
            "POST", "runs/tag", "runs.tag_runs", "Set or delete tags of many runs", list[t.Run],
            RUNS, body=t.TagRunsRequest,
        ),
        Route(
            "POST", "runs/tags", "runs.get_tags",
            "Values that tags of many runs have, to be set again", list[t.TaggedRuns], RUNS,
            body=t.TagsOfRunsRequest,
        ),
        Route(
            "POST", "runs/delete", "runs.delete_runs", "Move runs to the trash", list[t.Run], RUNS,
            body=t.RunIdsRequest,
        ),
        Route(
            "POST", "runs/restore", "runs.restore_runs", "Take runs out of the trash", list[t.Run],
            RUNS, body=t.RunIdsRequest,
        ),
        Route(
            "POST", "runs/archive", "runs.move_to_archive", "Put runs aside, without deleting them",
            list[t.Run], RUNS, body=t.RunIdsRequest,
        ),
        Route(
            "POST", "runs/unarchive", "runs.take_out_of_archive",
            "Take runs out of the archive", list[t.Run], RUNS, body=t.RunIdsRequest,
        ),
        Route(
            "POST", "runs/purge", "runs.purge_runs",
            "Erase runs of the trash for good, or say how much that frees", t.PurgeAnswer, RUNS,
            body=t.PurgeRequest, conflict=True,
        ),
        Route(
            "GET", "runs/{run_id}", "runs.get_run", "One run with all that belongs to it",
            t.RunDetails, RUNS,
        ),
        Route(
            "GET", "runs/{run_id}/notebook", "runs.get_notebook",
            "The notebook of a run, made from the record", bytes, RUNS, query=p.NotebookQuery,
        ),
        Route(
            "GET", "runs/{run_id}/report", "notes.report_run",
            "The note of a run as an HTML page, with its tables and charts as of now", bytes, RUNS,
        ),
        Route(
            "PATCH", "runs/{run_id}", "runs.update_run", "Rename, describe or tag a run", t.Run,
            RUNS, body=t.UpdateRunRequest,
        ),
        Route(
            "POST", "runs/{run_id}/end", "runs.end_run", "Close a run", t.Run, RUNS,
            body=t.EndRunRequest, conflict=True,
        ),
        Route(
            "GET", "runs/{run_id}/metrics/{key}", "runs.get_metric_history",
            "All points of a metric", t.MetricHistory, RUNS,
        ),
        Route(
            "GET", "runs/{run_id}/points/{key}", "runs.get_metric_points",
            "The same as bytes: all steps, all timestamps (int64), all values (float64),"
            " little-endian, a third of the bytes each",
            bytes, RUNS,
        ),
        Route(
            "GET", "metrics", "runs.list_metric_keys", "Metrics that runs have, and how long",
            list[t.MetricKey], RUNS, query=p.MetricKeysQuery,
        ),
        Route(
            "GET", "curves", "runs.get_curves", "Metrics reduced for drawing", list[t.Curve], RUNS,
            query=p.CurvesQuery,
        ),
        Route(
            "GET", "compare", "runs.compare_runs", "What differs between runs", t.Comparison, RUNS,
            query=p.CompareQuery,
        ),
        Route(
            "GET", "compare/export", "runs.export_comparison",
            "What differs between runs, as an HTML page or a notebook", bytes, RUNS,
            query=p.ExportComparisonQuery,
        ),
        Route(
            "GET", "tags", "runs.list_tags", "Keys of tags, or the values of one key", p.TagWords,
            RUNS, query=p.TagsQuery,
        ),
    ]


def _table() -> list[Route]:
    return [
        Route(
            "GET", "columns", "table.list_columns", "Keys of the matching runs", t.ColumnPage, RUNS,
            query=p.ColumnsQuery,
        ),
        Route(
            "GET", "groups", "table.group_runs", "The matching runs by one column", t.RunGroups,
            RUNS, query=p.GroupsQuery,
        ),
        Route(
            "GET", "facets", "table.list_facets", "Values to choose from, with counts", t.Facets,
            RUNS, query=p.FacetsQuery,
        ),
        Route(
            "GET", "export", "table.export_runs", "The matching runs as a file", bytes, RUNS,
            query=p.ExportQuery,
        ),
        Route(
            "GET", "completions", "table.complete", "What can stand at the cursor of a query",
            t.Completions, RUNS, query=p.CompletionsQuery,
        ),
        Route(
            "GET", "views", "views.list_views", "Saved views, by name", list[t.SavedView], RUNS,
            query=p.ViewsQuery,
        ),
        Route(
            "POST", "views", "views.save_view", "Keep a view", t.SavedView, RUNS,
            body=t.SaveViewRequest,
        ),
        Route("GET", "views/{view_id}", "views.get_view", "A saved view", t.SavedView, RUNS),
        Route(
            "PATCH", "views/{view_id}", "views.update_view", "Rename or replace a view",
            t.SavedView, RUNS, body=t.UpdateViewRequest,
        ),
        Route(
            "DELETE", "views/{view_id}", "views.delete_view", "Delete a saved view", p.Done, RUNS,
        ),
    ]


def _imports() -> list[Route]:
    return [
        Route(
            "GET", "import-source", "imports.find_import_source",
            "Which tool wrote what lies at a path", t.ImportSource, RUNS,
            query=p.ImportSourceQuery,
        ),
        Route(
            "GET", "imports", "imports.list_imports", "Imports since this server began",
            list[t.ImportJob], RUNS,
        ),
        Route(
            "POST", "imports", "imports.start_import", "Take over what another tool has recorded",
            t.ImportJob, RUNS, body=t.ImportRequest, conflict=True,
        ),
        Route(
            "GET", "imports/{import_id}", "imports.get_import", "How far an import is",
            t.ImportJob, RUNS,
        ),
        Route(
            "POST", "imports/{import_id}/cancel", "imports.cancel_import", "Give an import up",
            t.ImportJob, RUNS,
        ),
        Route(
            "POST", "archive", "imports.archive_runs",
            "Runs as a zip that another record takes in with nothing lost", bytes, RUNS,
            body=t.RunIdsRequest,
        ),
    ]


def _artifacts() -> list[Route]:
    return [
        Route(
            "GET", "runs/{run_id}/artifacts", "artifacts.list_artifacts", "Files of a run",
            list[t.Artifact], ARTIFACTS,
        ),
        Route(
            "GET", "runs/{run_id}/artifacts/{path}", "artifacts.get_artifact", "A file of a run",
            bytes, ARTIFACTS, query=p.ArtifactQuery,
        ),
    ]


def _registry() -> list[Route]:
    version = "models/{name}/versions/{version}"
    return [
        Route(
            "GET", "models", "models.list_models", "Registered models", list[t.RegisteredModel],
            REGISTRY,
        ),
        Route(
            "POST", "models", "models.register_model", "Make a version of a registered model",
            t.ModelVersion, REGISTRY, body=t.RegisterRequest, conflict=True,
        ),
        Route(
            "GET", "models/{name}", "models.get_model", "A registered model with its versions",
            t.RegisteredModel, REGISTRY,
        ),
        Route(
            "GET", "models/{name}/history", "models.get_alias_history",
            "Where the aliases of a model pointed, newest first", list[t.AliasEvent], REGISTRY,
        ),
        Route(
            "PUT", "models/{name}/aliases/{alias}", "models.set_alias",
            "Move an alias to a version, or delete it", t.RegisteredModel, REGISTRY,
            body=t.AliasRequest,
        ),
        Route(
            "GET", version, "models.get_version", "A version, by number or alias", t.ModelVersion,
            REGISTRY,
        ),
        Route(
            "PATCH", version, "models.update_version", "Describe or tag a version", t.ModelVersion,
            REGISTRY, body=t.UpdateVersionRequest,
        ),
        Route("DELETE", version, "models.delete_version", "Delete a version", p.Done, REGISTRY),
        Route(
            "GET", f"{version}/download", "models.download_version",
            "A version as a zip of MLflow's model directory", bytes, REGISTRY, conflict=True,
        ),
        Route(
            "POST", f"{version}/push", "pushes.request_push",
            "Ask that a version goes to a push target", t.Push, REGISTRY, body=t.PushRequest,
            conflict=True,
        ),
        Route(
            "GET", "pushes", "pushes.list_pushes", "Pushes, newest first", list[t.Push], REGISTRY,
            query=p.PushesQuery,
        ),
        Route(
            "POST", "pushes/{push_id}/retry", "pushes.retry_push", "Try a failed push again",
            t.Push, REGISTRY, conflict=True,
        ),
        Route(
            "POST", "pushes/{push_id}/cancel", "pushes.cancel_push", "Give a push up", t.Push,
            REGISTRY, conflict=True,
        ),
    ]


# fmt: on


DOCUMENT = Route(
    "GET", "openapi.json", "status.get_openapi", "This description", dict[str, Any], RUNS
)

ROUTES: tuple[Route, ...] = (
    *_runs(),
    *_table(),
    *_imports(),
    *_artifacts(),
    *_registry(),
    DOCUMENT,
)
