"""MLflow's filter grammar for runs, read into clauses.

::

    filter := clause (AND clause)*
    clause := key op value | key [NOT] IN (text, ...) | key IS [NOT] NULL
    key    := [entity '.'] name          no entity means attribute; names may be `quoted`
    value  := 'text' | "text" | number
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, NoReturn

from ..errors import InvalidRequest

Entity = Literal["attribute", "metric", "param", "tag", "dataset"]
Kind = Literal["text", "number"]
Value = str | float | int | tuple[str, ...] | None

_ENTITIES: dict[str, Entity] = {
    "attribute": "attribute", "attributes": "attribute", "attr": "attribute", "run": "attribute",
    "metric": "metric", "metrics": "metric",
    "param": "param", "params": "param", "parameter": "param", "parameters": "param",
    "tag": "tag", "tags": "tag",
    "dataset": "dataset", "datasets": "dataset",
}  # fmt: skip
ATTRIBUTES: dict[str, Kind] = {
    "run_id": "text", "run_name": "text", "user_id": "text", "status": "text",
    "start_time": "number", "end_time": "number", "artifact_uri": "text",
    "experiment": "text", "notebook": "text", "session_id": "text", "verdict": "text",
    "note": "text", "parent_run_id": "text",
}  # fmt: skip
"""What a run has of its own, by the name that filters use."""
_ALIASES = {
    "created": "start_time", "run name": "run_name", "name": "run_name", "user": "user_id",
}  # fmt: skip
DATASET_NAMES = ("name", "digest", "context")
NUMBER_OPERATORS = ("=", "!=", ">", ">=", "<", "<=")
TEXT_OPERATORS = ("=", "!=", "LIKE", "ILIKE", "IN", "NOT IN", "IS NULL", "IS NOT NULL")

_TOKEN = re.compile(
    r"""\s*(?:
        (?P<quoted>'(?:[^']|'')*'|"(?:[^"]|"")*"|`(?:[^`]|``)*`)
        |(?P<number>[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?(?![\w.]))
        |(?P<operator><=|>=|!=|<>|==|=|<|>)
        |(?P<mark>[().,])
        |(?P<word>[^\s'"`().,=<>!]+)
    )""",
    re.VERBOSE,
)


@dataclass(frozen=True)
class Token:
    """One word of a query and where it stands."""

    kind: str
    text: str
    position: int


@dataclass(frozen=True)
class Key:
    """What a clause or an order is about."""

    entity: Entity
    name: str

    @property
    def kind(self) -> Kind:
        """Whether its values are numbers or text."""
        if self.entity == "attribute":
            return ATTRIBUTES[self.name]
        return "number" if self.entity == "metric" else "text"


@dataclass(frozen=True)
class Clause:
    """One condition."""

    key: Key
    operator: str
    value: Value


@dataclass(frozen=True)
class Order:
    """One key to sort by."""

    key: Key
    descending: bool


def parse_filter(text: str) -> list[Clause]:
    """Read a filter.

    Raises
    ------
    InvalidRequest
        A word is wrong; the message points at it and says what is allowed there.
    """
    if not text or text.isspace():
        return []
    return _Parser(text, "filter").filter()


def parse_order(texts: Sequence[str]) -> list[Order]:
    """Read the keys to sort by; raises as `parse_filter` does, and for a key that comes twice."""
    orders = [_Parser(text, "order_by").order() for text in texts]
    seen: set[Key] = set()
    for order, text in zip(orders, texts, strict=True):
        if order.key in seen:
            raise InvalidRequest(f"order_by names {text!r} twice; each key may come once.")
        seen.add(order.key)
    return orders


def parse_columns(texts: Sequence[str]) -> list[Key]:
    """Read lists of keys, each separated by commas; raises as `parse_filter` does."""
    return [key for text in texts for key in _Parser(text, "list of columns").listed()]


def parse_column(text: str) -> Key:
    """Read one key; raises as `parse_filter` does."""
    found = parse_columns([text])
    if len(found) != 1:
        raise InvalidRequest(f"{text!r} must be one column, such as `params.depth`.")
    return found[0]


_PLURAL = {"metric": "metrics", "param": "params", "tag": "tags", "dataset": "datasets"}
_PLAIN = re.compile(r"[^\W\d][\w.]*")


def written(key: Key) -> str:
    """Write a key as a query does."""
    if key.entity == "attribute":
        return key.name
    name = key.name
    if not _PLAIN.fullmatch(name):
        mark = '"' if "`" in name else "`"
        name = f"{mark}{name.replace(mark, 2 * mark)}{mark}"
    return f"{_PLURAL[key.entity]}.{name}"


def written_clause(clause: Clause) -> str:
    """Write a clause as a query does."""
    if clause.value is None:
        return f"{written(clause.key)} {clause.operator}"
    return f"{written(clause.key)} {clause.operator} {written_value(clause.value)}"


def written_value(value: Value) -> str:
    """Write a value as a query does."""
    if isinstance(value, tuple):
        return f"({', '.join(map(written_value, value))})"
    if not isinstance(value, str):
        return repr(value)
    return "'" + value.replace("'", "''") + "'"


class _Parser:
    def __init__(self, text: str, what: str) -> None:
        self._text = text
        self._what = what
        self._tokens = self._tokenise()
        self._next = 0

    def _tokenise(self) -> list[Token]:
        tokens: list[Token] = []
        position, end = 0, len(self._text.rstrip())
        while position < end:
            found = _TOKEN.match(self._text, position)
            if found is None:
                start = position + len(self._text[position:]) - len(self._text[position:].lstrip())
                token = Token("word", self._text[start : start + 20], start)
                self._fail(token, "a quotation mark that is not closed, or a stray sign")
            kind = str(found.lastgroup)
            tokens.append(Token(kind, found[kind], found.start(kind)))
            position = found.end()
        return tokens

    # ----------------------------------------------------------------------------- the grammar

    def filter(self) -> list[Clause]:
        clauses = [self._clause()]
        while self._next < len(self._tokens):
            self._expect_word("AND", "clauses are joined by AND; OR and parentheses do not exist")
            clauses.append(self._clause())
        return clauses

    def order(self) -> Order:
        key = self._key()
        descending = False
        if self._peek() is not None:
            token = self._take("ASC or DESC")
            if token.text.upper() not in ("ASC", "DESC"):
                self._fail(token, "after the key only ASC or DESC is allowed")
            descending = token.text.upper() == "DESC"
        if (rest := self._peek()) is not None:
            self._fail(rest, "after ASC or DESC nothing is allowed")
        return Order(key, descending)

    def listed(self) -> list[Key]:
        found = [self._key()]
        while (token := self._peek()) is not None:
            if token.text != ",":
                self._fail(token, "columns are separated by commas")
            self._next += 1
            found.append(self._key())
        return found

    def _clause(self) -> Clause:
        key = self._key()
        operator = self._operator(key)
        if operator.startswith("IS"):
            return Clause(key, operator, None)
        if operator.endswith("IN"):
            return Clause(key, operator, self._list())
        return Clause(key, operator, self._value(key))

    def _key(self) -> Key:
        first = self._take("a key such as metrics.accuracy")
        if first.kind not in ("word", "quoted") or first.text[0] in "'\"":
            dotted = self._peek()
            if dotted is None or dotted.text != ".":
                self._fail(first, "a key such as metrics.accuracy is needed here")
        if (dot := self._peek()) is None or dot.text != ".":
            return self._attribute(first)
        self._next += 1
        entity = _ENTITIES.get(first.text.lower())
        if entity is None:
            self._fail(first, "use one of attributes, metrics, params, tags, datasets")
        name = self._name(first)
        if entity == "attribute":
            return self._attribute(name)
        if entity == "dataset" and name.text not in DATASET_NAMES:
            self._fail(name, f"a dataset has {', '.join(DATASET_NAMES)}")
        return Key(entity, name.text)

    def _name(self, entity: Token) -> Token:
        """Join what belongs to a name that is not quoted and has dots in it."""
        first = self._take(f"a name behind {entity.text}.")
        if first.kind == "quoted":
            return Token("word", _unquoted(first.text), first.position)
        parts, end = [first.text], first.position + len(first.text)
        while (token := self._peek()) is not None and token.position == end:
            if token.text != "." and token.kind not in ("word", "number"):
                break
            parts.append(token.text)
            end += len(token.text)
            self._next += 1
        return Token("word", "".join(parts), first.position)

    def _attribute(self, token: Token) -> Key:
        name = _unquoted(token.text) if token.kind == "quoted" else token.text
        lowered = name.lower()
        if lowered == "run" and (follower := self._peek()) and follower.text.lower() == "name":
            self._next += 1
            lowered = "run name"
        known = _ALIASES.get(lowered, lowered)
        if known not in ATTRIBUTES:
            self._fail(
                token,
                f"an attribute is one of {', '.join(ATTRIBUTES)}; metrics, params and tags need"
                " their word and a dot before them",
            )
        return Key("attribute", known)

    def _operator(self, key: Key) -> str:
        token = self._take("an operator")
        operator = {"==": "=", "<>": "!="}.get(token.text, token.text.upper())
        if operator == "NOT":
            self._expect_word("IN", "NOT stands before IN only")
            operator = "NOT IN"
        elif operator == "IS":
            operator = self._is_null()
        allowed = NUMBER_OPERATORS if key.kind == "number" else TEXT_OPERATORS
        if operator not in allowed:
            self._fail(token, f"for {key.entity} {key.name!r} use one of {', '.join(allowed)}")
        return operator

    def _is_null(self) -> str:
        if (token := self._peek()) is not None and token.text.upper() == "NOT":
            self._next += 1
            self._expect_word("NULL", "IS NOT stands before NULL only")
            return "IS NOT NULL"
        self._expect_word("NULL", "IS stands before NULL or NOT NULL")
        return "IS NULL"

    def _value(self, key: Key) -> str | float | int:
        token = self._take("a value")
        if key.kind == "number":
            if token.kind != "number":
                self._fail(token, f"{key.entity} {key.name!r} is compared with a number, unquoted")
            return _number(token.text)
        if token.kind != "quoted" or token.text[0] == "`":
            self._fail(
                token, f"{key.entity} {key.name!r} is compared with text, in quotation marks"
            )
        return _unquoted(token.text)

    def _list(self) -> tuple[str, ...]:
        self._expect_mark("(", "a list stands in parentheses")
        texts: list[str] = []
        while True:
            token = self._take("a text in quotation marks")
            if token.kind != "quoted" or token.text[0] == "`":
                self._fail(token, "a list holds texts in quotation marks")
            texts.append(_unquoted(token.text))
            token = self._take("a comma or a closing parenthesis")
            if token.text == ")":
                return tuple(texts)
            if token.text != ",":
                self._fail(token, "texts in a list are separated by commas")

    # ------------------------------------------------------------------------------- the words

    def _peek(self) -> Token | None:
        return self._tokens[self._next] if self._next < len(self._tokens) else None

    def _take(self, wanted: str) -> Token:
        token = self._peek()
        if token is None:
            raise InvalidRequest(f"The {self._what} {self._text!r} ends where {wanted} is needed.")
        self._next += 1
        return token

    def _expect_word(self, word: str, hint: str) -> None:
        token = self._take(word)
        if token.text.upper() != word:
            self._fail(token, hint)

    def _expect_mark(self, mark: str, hint: str) -> None:
        token = self._take(repr(mark))
        if token.text != mark:
            self._fail(token, hint)

    def _fail(self, token: Token, hint: str) -> NoReturn:
        raise InvalidRequest(
            f"The {self._what} {self._text!r} is wrong at {token.text!r} (character"
            f" {token.position + 1}): {hint}."
        )


def _number(text: str) -> float | int:
    try:
        whole = int(text)
    except ValueError:
        return float(text)
    return whole if abs(whole) < 2**63 else float(text)


def _unquoted(text: str) -> str:
    mark = text[0]
    return text[1:-1].replace(2 * mark, mark)
