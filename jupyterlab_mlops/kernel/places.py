"""Where journals lie, and how processes and executions are named; standard library only."""

from __future__ import annotations

import functools
import hashlib
import os
import stat
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

NETWORK_FILE_SYSTEMS = frozenset(
    """9p afs beegfs ceph cifs fuse.ceph fuse.glusterfs fuse.s3fs fuse.sshfs
    gpfs lustre ncpfs nfs nfs4 smb3 smbfs""".split()  # noqa: SIM905 as long as it is a table
)

JOURNALS = "journals"


def make_execution_id(session_id: str, msg_id: str) -> str:
    """Name one execution the same way in the kernel and in the server.

    Parameters
    ----------
    session_id
        `header.session` of the kernel's own messages.
    msg_id
        Of the execute request.
    """
    return hashlib.blake2b(f"{session_id}/{msg_id}".encode(), digest_size=16).hexdigest()


def data_dir() -> Path:
    """Return the data folder.

    `JUPYTER_MLOPS_DATA_DIR`, else `.mlops` in this folder or one above it, else the user's own.
    What another account has put there is passed over: see `passed_over`.
    """
    named = os.environ.get("JUPYTER_MLOPS_DATA_DIR")
    if named:
        return Path(named).expanduser()
    return next((f for f in _project_dirs() if _is_ours(f)), None) or _user_dir()


def passed_over() -> str | None:
    """Say which `.mlops` is not used, since another account has put it there; None: none is.

    Whoever may write above a folder could else read what is run in it, or forge its record.
    """
    if os.environ.get("JUPYTER_MLOPS_DATA_DIR"):
        return None
    nearest = next(_project_dirs(), None)
    if nearest is None or _is_ours(nearest):
        return None
    return (
        f"{nearest} belongs to another account and is left alone: this is recorded in {data_dir()}."
        " To use it all the same, name it in JUPYTER_MLOPS_DATA_DIR."
    )


def _project_dirs() -> Iterator[Path]:
    try:
        here = Path.cwd()
    except OSError:
        return
    yield from (f / ".mlops" for f in (here, *here.parents) if (f / ".mlops").is_dir())


def _is_ours(folder: Path) -> bool:
    """Tell whether a folder, and what leads there, was made by this account."""
    if not hasattr(os, "getuid"):
        return True
    try:
        return {folder.lstat().st_uid, folder.stat().st_uid} == {os.getuid()}
    except OSError:
        return False


def _user_dir() -> Path:
    home = Path.home()
    if sys.platform == "win32":
        base = os.environ.get("LOCALAPPDATA") or home / "AppData" / "Local"
        return Path(base) / "jupyter-mlops" / "jupyter-mlops"
    if sys.platform == "darwin":
        return home / "Library" / "Application Support" / "jupyter-mlops"
    return Path(os.environ.get("XDG_DATA_HOME") or home / ".local" / "share") / "jupyter-mlops"


_SCRATCH = "jupyter-mlops-"


def journals_dir(data: Path) -> Path:
    """Return where the journals of a data folder lie.

    `journals/` in it, but local scratch where the data folder is on a network file system: a map of
    a file there kills the process when the network goes away.
    """
    return scratch_dir(data) if is_network(data) else data / JOURNALS


@functools.lru_cache(maxsize=8)
def packs_dir(journals: Path) -> Path | None:
    """Return where the process that writes journals may write packs; None where on scratch."""
    return journals.with_name("packs") if journals.name == JOURNALS else None


def scratch_dir(data: Path) -> Path:
    """Return the place for a data folder's journals on the local disk, the same for everybody."""
    name = hashlib.blake2b(os.fsencode(data.absolute()), digest_size=8).hexdigest()
    return Path(tempfile.gettempdir()) / f"{_SCRATCH}{_user_number()}-{name}"


def _user_number() -> int:
    return os.getuid() if hasattr(os, "getuid") else 0


def is_network(path: Path, mounts: str = "/proc/mounts") -> bool:
    """Tell whether a path lies on a network file system; False where nobody can say."""
    try:
        lines = Path(mounts).read_text("utf-8", "replace").splitlines()
        resolved = path.absolute().resolve()
    except OSError:
        return False
    fields = [line.split() for line in lines]
    over = [(len(f[1]), n, f[2]) for n, f in enumerate(fields) if _lies_under(resolved, f[1])]
    return bool(over) and max(over)[2] in NETWORK_FILE_SYSTEMS


def _lies_under(path: Path, mount_point: str) -> bool:
    point = mount_point.replace("\\040", " ")
    return path == Path(point) or Path(point) in path.parents


def make_private(folder: Path) -> Path:
    """Make a folder that nobody else may enter; PermissionError where it is another user's."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if hasattr(os, "getuid") and folder.stat().st_uid not in (os.getuid(), 0):
        raise PermissionError(f"{folder} belongs to another user")
    if is_planted(folder):
        raise PermissionError(f"{folder} was put there by another user")
    return folder


def is_planted(folder: Path) -> bool:
    """Tell whether a folder beside everybody's files is no folder of this user's alone.

    Anybody may make one there under the name of ours, before we do, or a link; what is in it would
    be taken for what our own kernels have written.
    """
    ours = folder.name.startswith(_SCRATCH) and folder.parent == Path(tempfile.gettempdir())
    if not ours or not hasattr(os, "getuid"):
        return False
    try:
        state = folder.lstat()
    except OSError:
        return False
    own = stat.S_ISDIR(state.st_mode) and state.st_uid == os.getuid()
    return not own or bool(state.st_mode & 0o022)


@functools.cache
def boot_id() -> str | None:
    """Return what tells this boot of the machine from others, where the system says it."""
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    except OSError:
        return None


@functools.cache
def machine() -> str:
    """Return where a process number means the same process: the host and its container."""
    try:
        space = str(Path("/proc/self/ns/pid").stat().st_ino)
    except OSError:
        space = ""
    name = os.uname().nodename if hasattr(os, "uname") else ""
    return f"{name}:{space}"


def process_start(pid: int) -> int | None:
    """Return when a process started, in clock ticks since boot; None where nobody can say."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except (OSError, UnicodeDecodeError):
        return None
    return int(stat.rpartition(")")[2].split()[19])
