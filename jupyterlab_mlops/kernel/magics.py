"""`%mlops` and `%%mlops`: what one says to the recorder from a cell.

Wrong words get one line on stderr and change nothing; they raise nothing, since a slip in
bookkeeping must not stop a notebook. Only `%%mlops run` with wrong words stops, because its cell
cannot be run as it was meant.
"""

from __future__ import annotations

import sys
from typing import Any

from ..errors import MLOpsError
from .recorder import quietly, recorder

NAME = "mlops"


@quietly("magics.install")
def install(shell: Any) -> None:
    """Make the magics and their completion known to an IPython shell; cheap, and done once."""
    if getattr(shell, "mlops_magics", None) is not None:
        return
    shell.mlops_magics = _Magics(shell)
    shell.register_magic_function(shell.mlops_magics.magic, "line_cell", NAME)
    shell.input_transformers_cleanup.append(begin_of_cell)
    _install_completion(shell)


def _install_completion(shell: Any) -> None:
    try:
        from IPython.core.completer import context_matcher
    except ImportError:
        return  # IPython before 8.6
    completer = getattr(shell, "Completer", None)
    if completer is not None:
        matcher = context_matcher(identifier=NAME)(_matcher)
        completer.custom_matchers.append(matcher)


def _matcher(context: Any) -> dict[str, Any]:
    """Complete what is being typed after `%mlops`; IPython asks at each word."""
    line = context.text_until_cursor.lstrip()
    if not line.startswith((f"%{NAME} ", f"%%{NAME} ")):
        return {"completions": []}
    return quietly("magics.completions")(_completions)(line) or {"completions": []}


def _completions(line: str) -> dict[str, Any]:
    from IPython.core.completer import SimpleCompletion

    from .magic_completion import complete

    word, found = complete(line)
    return {
        "completions": [SimpleCompletion(text=text, type="magic") for text in found],
        "matched_fragment": word,
        "suppress": True,
        "ordered": True,
    }


def begin_of_cell(lines: list[str]) -> list[str]:
    """Turn the first line `%%mlops run NAME` into a call, so that the rest is a cell like any
    other.

    Its lines keep their numbers, its last expression is shown, `await` works, and an error has
    the traceback that it always has. A further cell magic below goes the long way, through `magic`.
    """
    first = next((i for i, line in enumerate(lines) if line.strip()), None)
    if first is None or not lines[first].startswith(f"%%{NAME}"):
        return lines
    words = lines[first][len(NAME) + 2 :].split(None, 1)
    following = next((line for line in lines[first + 1 :] if line.strip()), "")
    if not words or words[0] not in ("run", "skip") or following.startswith("%%"):
        return lines
    if not following or {"--help", "-h"} & set(words[-1].split()):
        return lines
    line = lines[first][len(NAME) + 2 :].strip()
    call = f"get_ipython().mlops_magics.begin_cell({line!r})\n" if words[0] == "run" else "\n"
    return [*lines[:first], call, *lines[first + 1 :]]


class _Magics:
    """The magics of one shell."""

    def __init__(self, shell: Any) -> None:
        self._shell = shell

    def magic(self, line: str, cell: str | None = None) -> Any:
        """Do what a line says; `%mlops help` lists it. A cell's value is that of a magic below."""
        if cell is not None:
            return self._cell(line, cell)
        try:
            self._line(line)
        except MLOpsError as error:
            _complain(str(error))
        except Exception as error:
            recorder.fault("magics", error)
            _complain(f"something failed here: {type(error).__name__}: {error}")
        return None

    def _line(self, line: str) -> None:
        from .magic_table import verb_of

        word, _, rest = line.strip().partition(" ")
        verb = verb_of(word)
        arguments = verb.parse(rest)
        if arguments is None:
            _show(verb.help())
            return
        arguments.shell = self._shell
        _show(verb.act(arguments))

    def begin_cell(self, line: str) -> None:
        """Open the run of a cell that begins with `%%mlops run`.

        Raises
        ------
        UsageError
            The line is wrong, so that the cell below is not run; IPython shows it as one line.
        """
        from IPython.core.error import UsageError

        from .magic_table import verb_of

        word, _, rest = line.strip().partition(" ")
        try:
            verb = verb_of(word, cell=True)
            arguments = verb.parse(rest)
            if arguments is not None:
                verb.act(arguments)
        except MLOpsError as error:
            raise UsageError(f"{error} The cell was not run.") from None

    def _cell(self, line: str, cell: str) -> Any:
        """Do a cell that `begin_of_cell` left alone: help, a wrong word, or a magic below."""
        from .magic_table import CELL_VERBS

        word, _, rest = line.strip().partition(" ")
        if word in CELL_VERBS and {"--help", "-h"} & set(rest.split()):
            _show(CELL_VERBS[word].help())
            return None
        self.begin_cell(line)
        first, _, body = cell.lstrip().partition("\n")
        if not first.startswith("%%"):
            return None
        name, _, rest = first[2:].partition(" ")
        return self._shell.run_cell_magic(name, rest, body)


def _show(answer: Any) -> None:
    if isinstance(answer, str):
        from .render import lines

        sys.stdout.write(lines(answer) + "\n")
    elif answer is not None:
        from IPython.display import display

        display(answer)  # type: ignore[no-untyped-call]


def _complain(message: str) -> None:
    sys.stderr.write(f"mlops: {' '.join(message.split())}\n")
