"""The table of all verbs: name, what it does, arguments, examples. The help is made from it."""

from __future__ import annotations

import argparse
from typing import Any

from ..errors import InvalidRequest
from . import magic_models, magic_verbs
from .magic_parser import Arguments, Parser, Verb, filter_words, meant, text_words
from .render import Answer
from .runs import runs


def _run_option(parser: Parser) -> None:
    parser.add_argument(
        "--run", metavar="RUN", help="name or id of the run; default: the open one, else the last"
    )


def _start(parser: Parser) -> None:
    parser.add_argument("name", nargs="*", metavar="NAME", help="default: a name is made up")
    parser.add_argument("--experiment", metavar="NAME", help="default: the notebook's name")
    parser.add_argument(
        "--tag", action="append", default=[], metavar="KEY[=VALUE]", help="repeat it"
    )
    parser.add_argument("--nested", action="store_true", help="inside the run that is open")


def _end(parser: Parser) -> None:
    parser.add_argument(
        "status", nargs="?", default="FINISHED", metavar="STATUS",
        help="FINISHED (default), FAILED or KILLED",
    )  # fmt: skip


def _tag(parser: Parser) -> None:
    parser.add_argument("tags", nargs="*", metavar="KEY[=VALUE]")
    parser.add_argument("--delete", action="append", default=[], metavar="KEY", help="repeat it")
    _run_option(parser)


def _note(parser: Parser) -> None:
    parser.add_argument(
        "text", nargs="?", metavar="TEXT", help="Markdown; without it: show the note"
    )
    _run_option(parser)


def _log(parser: Parser) -> None:
    parser.add_argument(
        "values", nargs="+", metavar="NAME[=VALUE]",
        help="numbers are metrics, texts are params; a name alone is a variable of the notebook",
    )  # fmt: skip
    parser.add_argument("--param", action="store_true", help="numbers are params too")
    parser.add_argument("--step", type=int, metavar="N", help="of the metrics")
    _run_option(parser)


def _runs(parser: Parser) -> None:
    parser.add_argument(
        "filter", nargs="*", metavar="FILTER",
        help="MLflow's filter, or words of a name, a note or a cell",
    )  # fmt: skip
    parser.add_argument("--all", action="store_true", help="of all notebooks")
    parser.add_argument("--children", action="store_true", help="also the candidates of searches")
    parser.add_argument("--order", metavar="'KEY DESC'", help="like 'metrics.score DESC'")
    parser.add_argument(
        "-n", dest="number", type=_positive, default=10, metavar="N", help="default 10"
    )


def _positive(text: str) -> int:
    if not text.isdecimal() or not 0 < int(text) <= 1000:
        raise argparse.ArgumentTypeError(f"{text} is no whole number between 1 and 1000")
    return int(text)


def _compare(parser: Parser) -> None:
    parser.add_argument(
        "runs", nargs="*", metavar="RUN", help="default: the last two of this session"
    )
    parser.add_argument("--all", action="store_true", help="also what is equal")


def _register(parser: Parser) -> None:
    parser.add_argument(
        "name", metavar="NAME", help="of the registered model; it is made if it is new"
    )
    parser.add_argument("--alias", action="append", default=[], metavar="ALIAS", help="repeat it")
    parser.add_argument("--description", metavar="TEXT")
    parser.add_argument(
        "--tag", action="append", default=[], metavar="KEY[=VALUE]", help="repeat it"
    )
    _run_option(parser)


def _push(parser: Parser) -> None:
    parser.add_argument(
        "model", metavar="NAME[@ALIAS|/VERSION]", help="default: the newest version"
    )
    parser.add_argument(
        "--to", metavar="TARGET", help="a configured target, or http://... of MLflow"
    )
    parser.add_argument(
        "--alias", action="append", default=[], metavar="ALIAS",
        help="to be set there; default: those that it has here",
    )  # fmt: skip
    parser.add_argument("--wait", action="store_true", help="until it is there or has failed")
    parser.add_argument("--timeout", type=_positive, default=600, metavar="SECONDS")


def _autolog(parser: Parser) -> None:
    parser.add_argument("library", nargs="?", metavar="LIBRARY", help="one of them, or all")
    parser.add_argument("state", nargs="?", metavar="on|off", help="default: on")


def _forget(parser: Parser) -> None:
    parser.add_argument("--last", metavar="TIME", help="cells of the last 30s, 10m, 2h ...")
    parser.add_argument(
        "--cell", nargs="?", const="", metavar="N",
        help="the cell before this one, or the one with [N] beside it",
    )  # fmt: skip
    parser.add_argument("--run", metavar="RUN", help="a run, with the cells of no other run")
    parser.add_argument(
        "--secret", nargs="?", const="", metavar="TEXT",
        help="a text wherever it stands; it is asked for, since what you type here is recorded",
    )  # fmt: skip
    parser.add_argument("--dry-run", action="store_true", help="only say how much that would be")


def _help(parser: Parser) -> None:
    parser.add_argument("verb", nargs="?", metavar="VERB")


def _cell_run(parser: Parser) -> None:
    parser.add_argument("name", nargs="*", metavar="NAME", help="default: a name is made up")
    parser.add_argument("--experiment", metavar="NAME", help="default: the notebook's name")
    parser.add_argument(
        "--tag", action="append", default=[], metavar="KEY[=VALUE]", help="repeat it"
    )


# ---------------------------------------------------------------------------------- what they do


def _do_log(arguments: Arguments) -> str:
    return magic_verbs.log(arguments, arguments.shell.user_ns)


def _do_push(arguments: Arguments) -> Answer | None:
    from IPython.display import DisplayHandle

    handle: Any = None

    def show(answer: Answer) -> None:
        nonlocal handle
        if handle is None:
            handle = DisplayHandle()  # type: ignore[no-untyped-call]
            handle.display(answer)
        else:
            handle.update(answer)

    answer = magic_models.push(arguments, show)
    if handle is None:
        return answer
    show(answer)
    return None


def _do_help(arguments: Arguments) -> str:
    if arguments.verb:
        word = arguments.verb
        known = CELL_VERBS[word] if word in CELL_VERBS else verb_of(word)
        return known.help()
    lines = [f"{verb.magic:<18} {verb.summary}" for verb in (*VERBS.values(), *CELL_VERBS.values())]
    return "\n".join([f"{'%mlops':<18} {STATE.summary}", *lines, "", "Each has --help."])


def _do_cell_run(arguments: Arguments) -> None:
    from . import client

    current = runs.current()
    nested = current is not None and not current.implicit
    experiment = runs.experiment
    tags = magic_verbs.parse_tags(arguments.tag)
    try:
        runs.experiment = arguments.experiment or experiment
        name = " ".join(arguments.name) or None
        client.start_run(run_name=name, nested=nested, tags=tags)._run.ends_with_cell = True
    finally:
        runs.experiment = experiment


STATE = Verb(
    "", "Is this notebook recorded, which run is open, what could not be stored?", magic_verbs.state
)
VERBS = {
    verb.name: verb
    for verb in (
        Verb(
            "start", "Open a run that stays open until %mlops end.", magic_verbs.start, _start,
            examples=["%mlops start", "%mlops start first try --tag baseline"],
        ),
        Verb("end", "End the open run.", magic_verbs.end, _end, examples=["%mlops end FAILED"]),
        Verb(
            "tag", "Set or delete tags of a run.", magic_verbs.tag, _tag,
            examples=["%mlops tag baseline", "%mlops tag data=2026 --run calm-otter-12"],
        ),
        Verb(
            "note", "Write or show the note of a run.", magic_verbs.note, _note, words=text_words,
            examples=["%mlops note Smaller C, same data", "%mlops note --run calm-otter-12 Best"],
        ),
        Verb(
            "log", "Log metrics and params of a run.", _do_log, _log,
            examples=["%mlops log rmse=0.31 data=clean", "%mlops log rmse --step 3"],
        ),
        Verb(
            "runs", "List runs, the newest first.", magic_verbs.list_runs, _runs,
            words=filter_words,
            examples=[
                "%mlops runs metrics.accuracy_score > 0.9 and params.C = '1.0'",
                "%mlops runs otter --all",
            ],
        ),
        Verb(
            "compare", "Show what differs between runs; the first is the baseline.",
            magic_verbs.compare, _compare,
            examples=["%mlops compare", "%mlops compare bold-finch-11 calm-otter-12"],
        ),
        Verb(
            "register", "Make a version of a registered model of a run's model.",
            magic_models.register, _register,
            examples=["%mlops register iris-clf --alias champion"],
        ),
        Verb(
            "push", "Bring a version to an MLflow tracking server.", _do_push, _push,
            examples=[
                "%mlops push iris-clf@champion --to http://127.0.0.1:5000 --wait",
            ],
        ),
        Verb(
            "autolog", "Say which libraries are logged by themselves, or switch one on or off.",
            magic_verbs.autolog, _autolog,
            examples=["%mlops autolog", "%mlops autolog xgboost off"],
        ),
        Verb("pause", "Stop recording this notebook.", magic_verbs.pause),
        Verb("resume", "Record this notebook again.", magic_verbs.resume),
        Verb(
            "forget", "Erase cells, a run or a secret from the record.", magic_verbs.forget,
            _forget, examples=["%mlops forget --last 10m", "%mlops forget --secret"],
        ),
        Verb("help", "List the verbs, or explain one.", _do_help, _help),
    )
}  # fmt: skip
CELL_VERBS = {
    verb.name: verb
    for verb in (
        Verb(
            "run", "Run this cell in a run of its own.", _do_cell_run, _cell_run,
            examples=["%%mlops run first try --tag baseline"], cell=True,
        ),
        Verb("skip", "Run this cell without recording it.", lambda arguments: None, cell=True),
    )
}  # fmt: skip


def verb_of(word: str, *, cell: bool = False) -> Verb:
    """Return the verb that a word names.

    Raises
    ------
    InvalidRequest
        There is none; the message says what was probably meant.
    """
    known, others = (CELL_VERBS, VERBS) if cell else (VERBS, CELL_VERBS)
    if not word and not cell:
        return STATE
    if word in ("--help", "-h") and not cell:
        return VERBS["help"]
    if word in known:
        return known[word]
    if word in others:
        raise InvalidRequest(f"Write {others[word].magic}, with {'one' if cell else 'two'} %.")
    sign = "%%" if cell else "%"
    guess = meant(word, list(known)) or f": it has {', '.join(known)}."
    raise InvalidRequest(f"{sign}mlops has no verb {word!r}{guess}")
