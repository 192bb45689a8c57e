"""Takes secrets out of records before they are stored; `kernel.secrets` knows what one is."""

from __future__ import annotations

from typing import Any, TypeVar

import msgspec

from ..kernel import secrets
from ..types import ArtifactsPacked, ExecutionOutput, ExecutionStart

T = TypeVar("T", bound=msgspec.Struct)
_PICTURES = ("image/", "audio/", "video/", "application/pdf")


class Redactor(secrets.Redactor):
    """Replaces secrets by `[redacted]` in all texts of a record or of a request."""

    def record(self, record: T) -> T:
        """Return the record without its secrets; the same object where it has none."""
        if not self.enabled:
            return record
        if isinstance(record, ExecutionStart):
            source = self.source(record.source)
            return record if source == record.source else _changed(record, {"source": source})
        if isinstance(record, ExecutionOutput):
            outputs = [self._of_output(output) for output in record.outputs]
            return _changed(record, {"outputs": outputs})
        if isinstance(record, ArtifactsPacked):
            # All else in these many files is ours; each text by itself would take half of the time.
            paths = "\n".join(file.path for file in record.files)
            return self._struct(record) if self.suspects(paths) else record
        return self._struct(record)

    def request(self, request: T, body: bytes) -> T:
        """Return what a client asks for without its secrets; `body` is what it was read from."""
        return self._struct(request) if self.suspects(body.decode(errors="replace")) else request

    def _struct(self, struct: T) -> T:
        fields = {name: getattr(struct, name) for name in struct.__struct_fields__}
        given = fields.get("key", fields.get("name")) if "value" in fields else None
        changed = {}
        for name, value in fields.items():
            # The names of fields are ours, such as `page_token`: only those that users give tell.
            called = given if name == "value" and isinstance(given, str) else ""
            cleaned = self._any(value, called)
            if cleaned is not value:
                changed[name] = cleaned
        return _changed(struct, changed) if changed else struct

    def _any(self, value: Any, name: str) -> Any:
        if isinstance(value, msgspec.Struct):
            return self._struct(value)
        if isinstance(value, list) and value and isinstance(value[0], msgspec.Struct):
            cleaned = [self._struct(each) for each in value]
            return value if all(map(_same, cleaned, value)) else cleaned
        cleaned = self.value(value, name)
        return value if cleaned == value else cleaned

    def _of_output(self, output: dict[str, Any]) -> dict[str, Any]:
        changed = {key: self.value(each) for key, each in output.items() if key != "data"}
        if isinstance(output.get("data"), dict):
            changed["data"] = {
                kind: value
                if kind.startswith(_PICTURES) and "svg" not in kind
                else self.value(value)
                for kind, value in output["data"].items()
            }
        return changed


def _same(one: object, other: object) -> bool:
    return one is other


def _changed(record: T, fields: dict[str, Any]) -> T:
    return msgspec.structs.replace(record, **fields)
