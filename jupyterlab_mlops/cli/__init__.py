"""``jupyter mlops``: the record on the command line, with and without a running server."""

from __future__ import annotations

import os
import sys

__all__ = ["main"]


def main(argv: list[str] | None = None) -> int:
    """Run one verb.

    Returns
    -------
    int
        0, or 2 for wrong input, or 1 for any other failure; both with one line on stderr.
    """
    from ..errors import MLOpsError
    from .output import complain, prepare_streams

    prepare_streams()
    try:
        return _run(argv)
    except MLOpsError as error:
        complain(str(error))
        return 2 if error.status < 500 else 1
    except BrokenPipeError:
        # Whoever read us, such as `head`, has seen enough; nothing may be flushed at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except KeyboardInterrupt:
        return 130
    except Exception as error:
        if os.environ.get("JUPYTER_MLOPS_DEBUG"):
            raise
        complain(
            f"something failed here: {type(error).__name__}: {error} "
            "(JUPYTER_MLOPS_DEBUG=1 shows where)"
        )
        return 1


def _run(argv: list[str] | None) -> int:
    from .parser import command, make_parser

    arguments = make_parser().parse_args(argv)
    if arguments.data_dir:
        os.environ["JUPYTER_MLOPS_DATA_DIR"] = arguments.data_dir
    status = command(arguments.run)(arguments)
    sys.stdout.flush()
    return status or 0
