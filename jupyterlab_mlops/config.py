"""What can be configured, in `jupyter_server_config.py` or on the command line: `MLOpsApp.…`."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

from traitlets import Bool, Dict, HasTraits, Int, List, TraitError, Unicode

from .errors import InvalidRequest
from .kernel.locks import FILE, SECTION, locked, where_locked
from .kernel.places import data_dir
from .kernel.secret_rules import OwnRules, pattern_of
from .types import Setting

__all__ = ["Settings", "data_dir"]

_SIGNS = 4
PARTS = ("outputs", "environment", "git", "data")
"""What of cells can be left out."""
REDACTORS = "jupyterlab_mlops.redactors"
"""Entry points: each is a pattern, or a function from text to text."""


class Settings(HasTraits):
    """The traits of `MLOpsApp`; each one's `help` is its documentation."""

    record_dir = Unicode(
        help="""Folder of the record: `mlops.db`, blobs and journals. Empty: JUPYTER_MLOPS_DATA_DIR,
        else `.mlops` in the server's folder or one above it, else the user's data folder."""
    ).tag(config=True)

    recording = Bool(
        True,
        help="""Whether kernels are recorded. False switches recording off for this server; the
        record stays readable.""",
    ).tag(config=True)

    mlflow_in_kernels = Bool(
        True,
        help="""Whether kernels are told the address of MLflow's API of this server, and a token for
        it, so that `import mlflow` logs here. A MLFLOW_TRACKING_URI of the user's always wins.""",
    ).tag(config=True)

    autolog_off = List(
        Unicode(),
        help="""Libraries whose training is not recorded by itself: `["xgboost"]`; `all`: none is.
        A notebook switches them with `%mlops autolog`.""",
    ).tag(config=True)

    leave_out = List(
        Unicode(),
        help="""What is not kept though cells are: `outputs` of cells, `environment` (versions of
        packages), `git` (commit, remote and diff), `data` (what runs were trained on).""",
    ).tag(config=True)

    max_output_bytes = Int(
        1_000_000,
        help="""How much of one output is kept (a stream, or one form of a display). More is cut,
        and the execution is marked as truncated.""",
    ).tag(config=True)

    max_execution_bytes = Int(
        10_000_000, help="How much of all outputs of one execution is kept."
    ).tag(config=True)

    keep_days = Int(
        0,
        help="""Days after which runs and cells are erased, once a day; 0: never. Runs with the tag
        `keep`, and those that a registered version came from, always stay.""",
    ).tag(config=True)

    keep_gigabytes = Int(
        0,
        help="""Gigabytes that the record may take; the oldest runs go, once a day. 0: as many as
        it likes.""",
    ).tag(config=True)

    redact = Bool(
        True,
        help="""Whether secrets (keys of known services, what is called a password or a token, such
        values of the environment) are taken out before anything is written.""",
    ).tag(config=True)

    redact_patterns = List(
        Unicode(),
        help="""Further regular expressions whose matches are taken out; where one has a group, only
        the group is.""",
    ).tag(config=True)

    redact_rules = Dict(
        value_trait=Unicode(),
        help="""Further patterns by name, which their mark then says: `{"patient": "P-[0-9]{6}"}`.
        One that is wrong, or could take very long, is left out and said; the others work.""",
    ).tag(config=True)

    redact_names = List(
        Unicode(),
        help="""Further names of params, keys and variables that hold secrets: `["iban"]`.""",
    ).tag(config=True)

    redact_keep = List(
        Unicode(),
        help="""Regular expressions of what is never taken out, as a whole.""",
    ).tag(config=True)

    push_targets = Dict(
        help="""MLflow tracking servers to push to, by name: `{"team": {"uri": "https://…"}}`.
        With one only, it is the default."""
    ).tag(config=True)

    push_to_addresses = Bool(
        False,
        help="""Whether this server also pushes to an address that is not set up, when somebody in
        the panel or in a notebook names it.""",
    ).tag(config=True)
    locked: Mapping[str, Any] = {}
    """What an administrator has locked, by name."""

    def lock(self) -> None:
        """Set what an administrator has locked, whatever else says otherwise.

        Raises
        ------
        InvalidRequest
            The file says what no setting is, or a value that does not fit one.
        """
        self.locked = locked()
        for name, content in self.locked.items():
            if name not in self.class_trait_names(config=True):
                raise InvalidRequest(f"{FILE} locks {name!r}, which is no setting of MLOpsApp.")
            try:
                setattr(self, name, content)
            except TraitError as error:
                raise InvalidRequest(f"{FILE}: {error}") from None

    def check(self) -> None:
        """Look at the settings as a whole; traitlets would answer a wrong one with a traceback.

        Raises
        ------
        InvalidRequest
            One is wrong.
        """
        for name in ("max_output_bytes", "max_execution_bytes", "keep_days", "keep_gigabytes"):
            if getattr(self, name) < 0:
                raise InvalidRequest(f"MLOpsApp.{name} is {getattr(self, name)}; 0 is the least.")
        for part in self.leave_out:
            if part not in PARTS:
                said = f"{part!r} is in MLOpsApp.leave_out; there are {', '.join(PARTS)}."
                raise InvalidRequest(said)

    def described(self, source_of: Callable[[str], str | None]) -> list[Setting]:
        """Return every setting as it counts.

        Parameters
        ----------
        source_of
            Says who has set one by configuration; None: nobody.
        """
        return [
            Setting(
                name=f"{SECTION}.{name}",
                value=getattr(self, name),
                default=trait.default(self),
                source=str(where_locked(name) or source_of(name) or "default"),
                locked=name in self.locked,
                help=" ".join(trait.help.split()),
            )
            for name, trait in sorted(Settings.class_traits(config=True).items())
        ]

    def told(self, salt: str) -> dict[str, str | int]:
        """Return the settings as the audit log may tell them.

        Switches and numbers are told as they are, of all else how much it is, with four signs that
        change with it: too few for anybody to find out a secret in it.
        """
        names = sorted({*self.class_trait_names(config=True)} & {*Settings.class_trait_names()})
        found = {name: _told(getattr(self, name), salt) for name in names}
        return {**found, "locked": ", ".join(sorted(self.locked))}

    def redaction(self) -> tuple[OwnRules, list[str]]:
        """Return the rules that work, with those of installed packages, and what is wrong."""
        troubles: list[str] = []

        def sound(text: str, called: str) -> bool:
            try:
                pattern_of(text, called)
            except ValueError as error:
                troubles.append(str(error))
                return False
            return True

        numbered = {f"pattern {n}": text for n, text in enumerate(self.redact_patterns, 1)}
        patterns = {
            name: text
            for name, text in {**numbered, **self.redact_rules}.items()
            if sound(text, f"The redaction rule {name!r}")
        }
        keep = [text for text in self.redact_keep if sound(text, "MLOpsApp.redact_keep")]
        found = entry_points(group=REDACTORS)
        functions = {point.name: point.value for point in found}
        return OwnRules(patterns, [*self.redact_names], keep, functions), troubles

    def resolved_data_dir(self) -> Path:
        """Return the folder of the record."""
        return Path(self.record_dir).expanduser() if self.record_dir else data_dir()


def _told(value: Any, salt: str) -> str | int:
    if isinstance(value, int):
        return value
    if not value:
        return ""
    text = json.dumps(value, sort_keys=True, default=str)
    sign = hashlib.sha256(f"{salt} {text}".encode()).hexdigest()[:_SIGNS]
    return f"set ({sign})" if isinstance(value, str) else f"{len(value)} ({sign})"
