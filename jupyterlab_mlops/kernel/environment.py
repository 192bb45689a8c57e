"""What a session runs on: its packages and the git state of its folder; gathered in a thread."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

from .recorder import quietly, recorder

GIT_TIMEOUT = 10.0
MAX_DIFF = 1_000_000
MAX_ARGUMENTS = 200

_secret_option = re.compile(
    r"(?i)^(-{0,2}[\w.-]*(?:token|passw|secret|api[-_]?key|credential)[\w.-]*)(=.*)?$"
)
_distribution = re.compile(r"^([A-Za-z0-9][\w.]*)-([^-]+)(?:-.*)?\.(?:dist|egg)-info$")
_thread: threading.Thread | None = None


def start() -> None:
    """Gather packages and git state in a thread of its own; once a process."""
    global _thread
    if _thread is None and not recorder.disabled:
        _thread = threading.Thread(target=_gather, name="mlops-environment", daemon=True)
        _thread.start()


def wait(seconds: float) -> None:
    """Let the thread finish, so that a short script has its environment too."""
    if _thread is not None:
        _thread.join(seconds)


@quietly("environment")
def _gather() -> None:
    record: dict[str, Any] = {"type": "session_environment", "session_id": recorder.session_id}
    if "environment" not in recorder.left_out:
        record["packages"] = packages()
    git = None if "git" in recorder.left_out else git_state(Path.cwd())
    if git is not None:
        record["git"] = git
    recorder.write(record)


def packages() -> dict[str, str]:
    """Return the versions of all installed distributions by normalised name.

    Read off the names of their folders: no file is opened, so it takes a millisecond or two where
    importlib.metadata takes a hundred.
    """
    found: dict[str, str] = {}
    for folder in sys.path:
        for entry in _entries(folder or "."):
            match = _distribution.match(entry)
            if match:
                found.setdefault(re.sub(r"[-_.]+", "-", match[1]).lower(), match[2])
    return dict(sorted(found.items()))


def _entries(folder: str) -> list[str]:
    try:
        return [entry.name for entry in Path(folder).iterdir()]
    except OSError:
        return []  # sys.path may hold archives, and folders that are not there


def git_state(folder: Path) -> dict[str, Any] | None:
    """Return commit, branch, remote and dirty diff of the working tree around `folder`.

    None: it lies in no working tree, git is not installed, or it does not answer in time.
    """
    if not any((parent / ".git").exists() for parent in (folder, *folder.parents)):
        return None
    try:
        commit = _git(folder, "rev-parse", "--verify", "-q", "HEAD")
        branch = _git(folder, "symbolic-ref", "--short", "-q", "HEAD")
        remote = _git(folder, "config", "--get", "remote.origin.url")
        base = ["HEAD"] if commit else []
        diff = _git(folder, "diff", "--no-ext-diff", "--no-color", "--no-textconv", *base)
        status = _git(folder, "status", "--porcelain", "--untracked-files=normal")
    except (OSError, subprocess.TimeoutExpired):
        return None
    return {
        "commit": commit.strip() or None,
        "branch": branch.strip() or None,
        "remote": without_credentials(remote.strip()) or None,
        "dirty": bool(status.strip()),
        "diff": diff[:MAX_DIFF],
    }


def _git(folder: Path, *arguments: str) -> str:
    """Run git so that it takes no lock, asks nothing and runs no hook of the user's."""
    done = subprocess.run(
        ["git", "-c", "core.fsmonitor=false", *arguments],
        cwd=folder,
        env={**os.environ, "GIT_OPTIONAL_LOCKS": "0", "GIT_TERMINAL_PROMPT": "0", "LC_ALL": "C"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        timeout=GIT_TIMEOUT,
        check=False,
    )
    return done.stdout.decode("utf-8", "replace")


def without_credentials(url: str) -> str:
    """Return a URL without the user and password that it may carry."""
    return re.sub(r"^(\w[\w+.-]*://)[^/@]*@", r"\1", url)


def scrubbed_arguments() -> list[str]:
    """Return the command line of this process with the values of secret options masked."""
    scrubbed: list[str] = []
    hide = False
    for argument in sys.argv[:MAX_ARGUMENTS]:
        match = _secret_option.match(argument)
        if hide:
            scrubbed.append("***")
        elif match and match[2]:
            scrubbed.append(f"{match[1]}=***")
        else:
            scrubbed.append(argument)
        hide = bool(match and not match[2] and argument.startswith("-") and not hide)
    return scrubbed
