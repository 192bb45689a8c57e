"""Takes secrets out of records before they are stored; `kernel.secrets` knows what one is."""

from __future__ import annotations

from typing import Any, TypeVar

import msgspec

from ..kernel import secrets
from ..kernel.secrets import MARKS
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
            return _changed(record, {"outputs": self._outputs(record.outputs)})
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

    def _lines(self, lines: list[Any]) -> list[str]:
        """Redact a traceback; a text of several lines may be spread over them."""
        texts = [*map(str, lines)]
        apart = [self.text(text) for text in texts]
        whole = self.text("\n".join(texts))
        return apart if "\n".join(apart) == whole else whole.split("\n")

    def _outputs(self, outputs: list[dict[str, Any]]) -> list[dict[str, Any]]:
        cleaned = [self._of_output(output) for output in outputs]
        for name in ("stdout", "stderr"):
            pieces = [n for n, output in enumerate(outputs) if output.get("name") == name]
            if len(pieces) > 1:
                self._join(outputs, cleaned, pieces)
        return [output for output in cleaned if output]

    def _join(
        self, outputs: list[dict[str, Any]], cleaned: list[dict[str, Any]], pieces: list[int]
    ) -> None:
        """Put a stream together again where another one has come into the middle of a secret."""
        whole = self.text("".join(_text_of(outputs[n]) for n in pieces))
        found = sum(len(MARKS.findall(_text_of(cleaned[n]))) for n in pieces)
        if len(MARKS.findall(whole)) > found:
            cleaned[pieces[0]] = {**cleaned[pieces[0]], "text": whole}
            for n in pieces[1:]:
                cleaned[n] = {}

    def _of_output(self, output: dict[str, Any]) -> dict[str, Any]:
        changed = {key: self.value(each) for key, each in output.items() if key != "data"}
        if isinstance(output.get("traceback"), list):
            changed["traceback"] = self._lines(output["traceback"])
        if isinstance(output.get("data"), dict):
            changed["data"] = {
                kind: value
                if kind.startswith(_PICTURES) and "svg" not in kind
                else self.value(value)
                for kind, value in output["data"].items()
            }
        return changed


def _text_of(output: dict[str, Any]) -> str:
    text = output.get("text", "")
    return "".join(map(str, text)) if isinstance(text, list) else str(text)


def _same(one: object, other: object) -> bool:
    return one is other


def _changed(record: T, fields: dict[str, Any]) -> T:
    return msgspec.structs.replace(record, **fields)
