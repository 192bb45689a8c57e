"""The verbs and their arguments; each says which function runs it, imported only then."""

from __future__ import annotations

import argparse
import difflib
import re
import sys
from collections.abc import Callable
from importlib import import_module
from typing import NoReturn

from .output import PROGRAM, complain

RunFunction = Callable[[argparse.Namespace], "int | None"]
Add = Callable[[argparse.ArgumentParser], None]

EXPORTABLE = ("json", "zip", "notebook", "archive", "mlflow")
IMPORTABLE = (
    "archive", "mlflow", "trackio", "wandb", "clearml", "dvc", "dvclive", "aim", "tensorboard",
    "csv",
)  # fmt: skip
RUN_VIEWS = ("active", "archived", "kept", "deleted", "all")
EXECUTION_STATUSES = ("running", "ok", "error", "interrupted", "aborted", "killed")


class Parser(argparse.ArgumentParser):
    """Says what is wrong in one line, exit status 2."""

    def error(self, message: str) -> NoReturn:
        """Complain, and point at the help."""
        complain(f"{_friendly(message)} (see: {self.prog} --help)")
        sys.exit(2)


def _friendly(message: str) -> str:
    found = re.match(
        r"argument (?:VERB|verb): invalid choice: '(.*?)' \(choose from (.*)\)", message
    )
    if not found:
        return message
    verbs = re.findall(r"[\w-]+", found[2])
    close = difflib.get_close_matches(found[1], verbs, n=1)
    meant = f"did you mean {close[0]}?" if close else f"there are {', '.join(verbs)}"
    return f"there is no {found[1]!r}; {meant}"


def command(name: str) -> RunFunction:
    """Import the function ``module.function`` of this package."""
    module, _, function = name.partition(".")
    found: RunFunction = getattr(import_module(f".{module}", __package__), function)
    return found


def make_parser() -> Parser:
    """Make the parser of the whole command."""
    parser = Parser(
        prog=PROGRAM,
        description="What was recorded of notebooks: executions, runs, models.",
        epilog=f"{PROGRAM} VERB --help shows examples.",
        allow_abbrev=False,
    )
    parser.add_argument("--version", action=_Version, help="print the version and leave")
    parser.add_argument(
        "--data-dir", metavar="DIR", help="data folder (default: JUPYTER_MLOPS_DATA_DIR, .mlops, "
        "the user's)",
    )  # fmt: skip
    verbs = parser.add_subparsers(metavar="VERB", required=True, parser_class=Parser)
    for name, (run, summary, add, examples) in VERBS.items():
        sub = verbs.add_parser(
            name,
            help=summary,
            description=f"{summary[:1].upper()}{summary[1:]}.",
            epilog="examples:\n" + "\n".join(f"  {PROGRAM} {line}" for line in examples),
            formatter_class=argparse.RawDescriptionHelpFormatter,
            allow_abbrev=False,
        )
        sub.set_defaults(run=run)
        add(sub)
    return parser


class _Version(argparse.Action):
    """Prints the version, imported only when asked for."""

    def __init__(self, option_strings: list[str], dest: str, help: str | None = None) -> None:
        super().__init__(option_strings, dest, nargs=0, default=argparse.SUPPRESS, help=help)

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> NoReturn:
        from .. import __version__

        sys.stdout.write(f"{__version__}\n")
        parser.exit()


# --------------------------------------------------------------------------------- arguments


def _json(p: argparse.ArgumentParser) -> None:
    p.add_argument("--json", action="store_true", help="print JSON")


def _limit(p: argparse.ArgumentParser) -> None:
    p.add_argument("--limit", type=positive, metavar="N", help="only the N newest (default: all)")


def _run(p: argparse.ArgumentParser) -> None:
    p.add_argument("run_ref", metavar="RUN", help="run id, the beginning of one, or a run's name")


def positive(text: str) -> int:
    """Read a whole number from 1."""
    if not (text.isascii() and text.isdigit() and 0 < int(text) < 2**31):
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from 1")
    return int(text)


def _sessions(p: argparse.ArgumentParser) -> None:
    p.add_argument("--live", action="store_true", help="only those whose kernel lives now")
    p.add_argument("--notebook", metavar="PATH", help="only those of this notebook")
    _limit(p)
    _json(p)


def _executions(p: argparse.ArgumentParser) -> None:
    p.add_argument("--session", metavar="ID", help="only those of this session")
    p.add_argument("--notebook", metavar="PATH", help="only those of this notebook")
    p.add_argument("--cell", metavar="ID", help="only those of this cell")
    p.add_argument("--run", dest="run_ref", metavar="RUN", help="only those of this run")
    p.add_argument("--contains", metavar="TEXT", help="only those whose source contains TEXT")
    p.add_argument("--status", choices=EXECUTION_STATUSES, help="only those that ended so")
    _limit(p)
    _json(p)


def _runs(p: argparse.ArgumentParser) -> None:
    p.add_argument("--filter", default="", metavar="TEXT", help="a query (MLflow and more)")
    p.add_argument("--text", metavar="TEXT", help="words of names, notes, sources and outputs")
    p.add_argument(
        "--experiment", action="append", default=[], metavar="NAME", help="may be repeated"
    )
    p.add_argument("--parent", metavar="RUN", help="only children of this run")
    p.add_argument("--view", choices=RUN_VIEWS, default="active")
    p.add_argument(
        "--order-by", action="append", default=[], metavar="TERM",
        help="MLflow's terms, may be repeated (default: by start time)",
    )  # fmt: skip
    _limit(p)
    _json(p)


def _show(p: argparse.ArgumentParser) -> None:
    _run(p)
    _json(p)


def _compare(p: argparse.ArgumentParser) -> None:
    p.add_argument(
        "run_refs", nargs="+", metavar="RUN", help="two to twenty; the first is the baseline"
    )
    p.add_argument("--all", action="store_true", help="also what is equal")
    p.add_argument("--cells", action="store_true", help="also the cells, line by line")
    p.add_argument("--html", metavar="FILE", help="write a page that needs no network")
    p.add_argument("--notebook", metavar="FILE", help="write a notebook")
    p.add_argument("--force", action="store_true", help="replace the file if there is one")
    _json(p)


def _tag(p: argparse.ArgumentParser) -> None:
    p.add_argument(
        "words", nargs="+", metavar="RUN | KEY=VALUE", help="runs, and tags to set on them"
    )
    p.add_argument("--delete", action="append", default=[], metavar="KEY", help="may be repeated")
    _json(p)


def _archive(p: argparse.ArgumentParser) -> None:
    p.add_argument("run_refs", nargs="+", metavar="RUN", help="id, beginning of an id, or name")
    p.add_argument("--undo", action="store_true", help="take them out of the archive")
    _json(p)


def _note(p: argparse.ArgumentParser) -> None:
    _run(p)
    p.add_argument("text", nargs="?", metavar="TEXT", help="Markdown; - reads it from stdin")
    _json(p)


def _models(p: argparse.ArgumentParser) -> None:
    p.add_argument("name", nargs="?", metavar="NAME", help="show the versions of this one")
    _json(p)


def _register(p: argparse.ArgumentParser) -> None:
    p.add_argument(
        "run_ref", metavar="RUN|MODEL", help="a run (its last model is meant) or a model id"
    )
    p.add_argument("name", metavar="NAME", help="of the registered model")
    p.add_argument("--alias", action="append", default=[], metavar="ALIAS", help="may be repeated")
    p.add_argument(
        "--tag", action="append", default=[], metavar="KEY=VALUE", help="may be repeated"
    )
    p.add_argument("--description", metavar="TEXT")
    _json(p)


def _push(p: argparse.ArgumentParser) -> None:
    p.add_argument("model", metavar="NAME[@ALIAS|/VERSION]", help="default: the newest version")
    p.add_argument("--to", metavar="TARGET", help="name of a push target, or a tracking URI")
    p.add_argument(
        "--alias", action="append", default=[], metavar="ALIAS", help="to set over there"
    )
    p.add_argument("--wait", action="store_true", help="until it is pushed or has failed")
    _json(p)


def _export(p: argparse.ArgumentParser) -> None:
    p.add_argument(
        "run_refs", nargs="*", metavar="RUN", help="run id, the beginning of one, or a run's name"
    )
    p.add_argument("--all", action="store_true", help="the whole record, the trash included")
    p.add_argument("--format", choices=EXPORTABLE, default="json")
    p.add_argument(
        "--output", "-o", metavar="FILE",
        help="default: named after the run; - is stdout; for mlflow a push target or an address",
    )  # fmt: skip
    p.add_argument("--force", action="store_true", help="replace the file if there is one")
    _json(p)


def _import(p: argparse.ArgumentParser) -> None:
    p.add_argument(
        "source", metavar="SOURCE", help="a file, a folder, or an MLflow server's address"
    )
    p.add_argument(
        "--kind", choices=IMPORTABLE, help="of which tool it is (default: it is recognised)"
    )
    p.add_argument("--no-files", action="store_true", help="leave artifacts and models' files")
    p.add_argument(
        "--artifacts", metavar="FOLDER", action="append", default=[],
        help="a folder elsewhere on this machine that files may be read from",
    )  # fmt: skip
    p.add_argument(
        "--python", metavar="FILE",
        help="an interpreter that has aim, to read Aim's repositories with (default: this one)",
    )  # fmt: skip
    _json(p)


def _recover(p: argparse.ArgumentParser) -> None:
    p.add_argument(
        "reference", metavar="NOTEBOOK|RUN|EXECUTION",
        help="as it last was, as it was when the run ended, or when the execution had ended",
    )  # fmt: skip
    p.add_argument(
        "--output", "-o", metavar="FILE", help="default: named after notebook and time; - is stdout"
    )
    p.add_argument("--force", action="store_true", help="replace the file if there is one")
    _json(p)


def _forget(p: argparse.ArgumentParser) -> None:
    p.add_argument("execution_ids", nargs="*", metavar="EXECUTION", help="ids to erase")
    p.add_argument("--session", metavar="ID", help="erase all of this session")
    p.add_argument("--since", metavar="TIME", help="from this time on (ISO 8601)")
    p.add_argument("--last", metavar="TIME", help="of the last 30s, 10m, 2h, 90d ...")
    p.add_argument("--cell", metavar="ID", help="all executions of the cell with this id")
    p.add_argument(
        "--run", dest="run_ref", action="append", default=[], metavar="RUN",
        help="a run, and the cells that ran in no other; repeat it",
    )  # fmt: skip
    p.add_argument("--secret", action="store_true", help="a secret, asked for without showing it")
    p.add_argument("--stdin", action="store_true", help="a secret, read from standard input")
    p.add_argument("--dry-run", action="store_true", help="only say how much that would be")
    p.add_argument("--yes", action="store_true", help="do not ask")
    _json(p)


def _redact(p: argparse.ArgumentParser) -> None:
    p.add_argument(
        "--preview", required=True, metavar="FILE", help="what would be taken out; - is stdin"
    )
    _json(p)


def _redactions(p: argparse.ArgumentParser) -> None:
    p.add_argument("--run", dest="run_ref", metavar="RUN", help="only cells of this run")
    _json(p)


def _audit(p: argparse.ArgumentParser) -> None:
    p.add_argument("--what", metavar="KIND", help="only of this kind: forget, alias, push ...")
    p.add_argument("--limit", type=int, default=100, metavar="N", help="default 100")
    _json(p)


def _backup(p: argparse.ArgumentParser) -> None:
    p.add_argument("file", metavar="FILE", help="to write")
    p.add_argument("--force", action="store_true", help="replace the file if there is one")
    _json(p)


def _restore(p: argparse.ArgumentParser) -> None:
    p.add_argument("file", metavar="FILE", help="that backup has written")
    p.add_argument("--force", action="store_true", help="keep a present record aside")
    _json(p)


def _gc(p: argparse.ArgumentParser) -> None:
    p.add_argument(
        "--older-than", metavar="TIME", help="also runs and cells older than 90d, 12w ..."
    )
    p.add_argument("--keep", metavar="SIZE", help="also the oldest runs above 100GB, 500MB ...")
    p.add_argument("--dry-run", action="store_true", help="only say what would be removed")
    _json(p)


def _doctor(p: argparse.ArgumentParser) -> None:
    p.add_argument(
        "--repair", action="store_true",
        help="set a damaged record aside and save what can be read, mend modes, tidy up",
    )  # fmt: skip
    p.add_argument(
        "--content", action="store_true", help="read large files too, however many there are"
    )
    _json(p)


def _init(p: argparse.ArgumentParser) -> None:
    p.add_argument("folder", nargs="?", default=".", metavar="FOLDER", help="default: here")
    _json(p)


VERBS: dict[str, tuple[str, str, Add, tuple[str, ...]]] = {
    "status": (
        "overview.status", "what is recorded, and what was not stored", _json,
        ("status", "status --json"),
    ),
    "sessions": (
        "overview.sessions", "list lives of kernels", _sessions,
        ("sessions --live", "sessions --notebook analysis.ipynb --json"),
    ),
    "executions": (
        "executions.executions", "list the cells that ran, in order", _executions,
        ("executions --notebook analysis.ipynb", "executions --run calm-otter-12 --json",
         "executions --status error --limit 5"),
    ),
    "runs": (
        "runs.runs", "list runs, oldest first", _runs,
        ("runs", "runs --filter \"metrics.accuracy > 0.9 and tags.stage = 'final'\"",
         "runs --experiment churn --order-by 'metrics.accuracy DESC' --limit 10 --json"),
    ),
    "show": (
        "runs.show", "show one run with all that belongs to it", _show,
        ("show calm-otter-12", "show 3f2a --json"),
    ),
    "compare": (
        "compare.compare", "show what differs between runs", _compare,
        ("compare calm-otter-12 bold-heron-3", "compare 3f2a 91bc --cells",
         "compare 3f2a 91bc --json", "compare 3f2a 91bc 7be0 --html attempts.html"),
    ),
    "tag": (
        "runs.tag", "set or delete tags of runs", _tag,
        ("tag calm-otter-12 stage=final", "tag 3f2a 91bc checked=yes --delete draft"),
    ),
    "archive": (
        "runs.archive", "put runs aside: kept, but in no list unless one asks for it", _archive,
        ("archive calm-otter-12 bold-heron-3", "archive calm-otter-12 --undo"),
    ),
    "note": (
        "runs.note", "show or write the note of a run", _note,
        ("note calm-otter-12", 'note calm-otter-12 "Best so far, but **slow**."',
         "note calm-otter-12 - < note.md"),
    ),
    "models": (
        "models.models", "list registered models, or the versions of one", _models,
        ("models", "models churn --json"),
    ),
    "register": (
        "models.register", "make a version of a registered model", _register,
        ("register calm-otter-12 churn --alias champion",),
    ),
    "push": (
        "models.push", "push a version to a tracking server", _push,
        ("push churn@champion", "push churn/3 --to http://127.0.0.1:5000 --wait"),
    ),
    "export": (
        "export.export", "write runs to a file", _export,
        ("export calm-otter-12 --format zip", "export 3f2a --format notebook -o attempt.ipynb",
         "export calm-otter-12 bold-heron-3 --format archive -o two.zip",
         "export --all --format archive -o everything.zip",
         "export calm-otter-12 --format mlflow -o http://127.0.0.1:5000"),
    ),
    "import": (
        "imports.import_", "take over what another tool has recorded", _import,
        ("import everything.zip", "import mlruns", "import sqlite:///mlflow.db --json",
         "import http://127.0.0.1:5000", "import runs/ --kind tensorboard", "import wandb/",
         "import offline-2f6a.zip", "import experiments.json",
         "import . --kind aim", "import table.csv"),
    ),
    "recover": (
        "export.recover", "write a notebook as it once was, deleted cells and outputs included",
        _recover,
        ("recover analysis.ipynb", "recover calm-otter-12 -o then.ipynb",
         "recover 5d41402abc4b2a76b9719d911017c592"),
    ),
    "forget": (
        "executions.forget",
        "erase cells with their outputs, runs, or a secret from the record for good", _forget,
        ("forget 5d41402abc4b2a76b9719d911017c592", "forget --last 10m", "forget --secret",
         "forget --run calm-otter-12 --dry-run",
         "forget --session 8f14e45f --since 2026-11-23T10:00 --yes"),
    ),
    "redactions": (
        "redaction.redactions", "list what was taken out: how many secrets, which kinds, where",
        _redactions, ("redactions", "redactions --run calm-otter-12 --json"),
    ),
    "redact": (
        "redaction.redact", "show what the rules would take out of a file; nothing is changed",
        _redact, ("redact --preview settings.py", "redact --preview - < log.txt"),
    ),
    "audit": (
        "upkeep.audit", "list what was erased, released or configured, and by whom", _audit,
        ("audit", "audit --what forget --json"),
    ),
    "config": (
        "settings.show", "show every setting: what it is, who says so, what is locked", _json,
        ("config", "config --json"),
    ),
    "doctor": (
        "doctor.doctor", "check the installation and the record", _doctor,
        ("doctor", "doctor --json", "doctor --repair", "doctor --content"),
    ),
    "backup": (
        "upkeep.backup", "write the whole record to one file, while others write to it", _backup,
        ("backup record.zip", "backup ~/record.zip --force"),
    ),
    "restore": (
        "upkeep.restore", "make the record what a backup holds", _restore,
        ("restore record.zip", "restore record.zip --force"),
    ),
    "gc": (
        "upkeep.gc",
        "remove content that nothing refers to, and rewrite packs of which most is no longer used;"
        " what a process that still runs has stored stays until it has ended", _gc,
        ("gc --dry-run", "gc --older-than 90d --keep 100GB --dry-run", "gc --json"),
    ),
    "init": (
        "overview.init", "give this project a record of its own", _init, ("init", "init ../churn"),
    ),
    "openapi": (
        "overview.openapi", "print the description of the REST API", _json,
        ("openapi > openapi.json",),
    ),
}  # fmt: skip
