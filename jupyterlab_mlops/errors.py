"""The exceptions of this package.

::

    MLOpsError                  anything we raise on purpose
    ├── InvalidRequest    400   the request, filter or argument is malformed
    │   └── InvalidQuery  400   a word of a query is wrong; knows which, and what could stand there
    ├── NotAllowed        403   the user may not do this
    ├── NotFound          404   no such run, model, execution ...
    ├── Conflict          409   the name is taken, or the state forbids it
    ├── TooLarge          413   more than the configured limit
    ├── RemoteFailure     502   a registry or tracking server refused or could not be reached
    └── StoreUnavailable  503   the record is locked, damaged or newer than this code
        └── RecordDamaged 503   the record is damaged, and can be set aside and salvaged

Every class knows its HTTP status and MLflow's error code, so a handler, a magic and the command
line answer the same sentence without deciding anything again.
"""

from __future__ import annotations

from collections.abc import Sequence


class MLOpsError(Exception):
    """Base of all errors raised on purpose; the message is one sentence meant for the user."""

    status = 500
    error_code = "INTERNAL_ERROR"


class InvalidRequest(MLOpsError):
    """The request, filter or argument is malformed."""

    status = 400
    error_code = "INVALID_PARAMETER_VALUE"


class InvalidQuery(InvalidRequest):
    """A word of a query is wrong.

    Parameters
    ----------
    position, length
        Of the wrong word, in characters; at the end of the query the length is 0.
    allowed
        Words that could stand there.
    suggestions
        Those of them that look like it.
    """

    def __init__(
        self,
        message: str,
        position: int = 0,
        length: int = 0,
        allowed: Sequence[str] = (),
        suggestions: Sequence[str] = (),
    ) -> None:
        super().__init__(message)
        self.position = position
        self.length = length
        self.allowed = list(allowed)
        self.suggestions = list(suggestions)


class NotAllowed(MLOpsError):
    """The user may not do this."""

    status = 403
    error_code = "PERMISSION_DENIED"


class NotFound(MLOpsError):
    """The thing named does not exist."""

    status = 404
    error_code = "RESOURCE_DOES_NOT_EXIST"


class Conflict(MLOpsError):
    """The name is taken, or the present state forbids the change."""

    status = 409
    error_code = "RESOURCE_ALREADY_EXISTS"


class TooLarge(MLOpsError):
    """More than the configured limit."""

    status = 413
    error_code = "INVALID_PARAMETER_VALUE"


class RemoteFailure(MLOpsError):
    """A registry or tracking server refused, or could not be reached."""

    status = 502
    error_code = "TEMPORARILY_UNAVAILABLE"


class StoreUnavailable(MLOpsError):
    """The record is locked, damaged, or written by a newer version of this package."""

    status = 503
    error_code = "TEMPORARILY_UNAVAILABLE"


class RecordDamaged(StoreUnavailable):
    """The file of the record is damaged: what can be read of it can be brought into a new one."""
