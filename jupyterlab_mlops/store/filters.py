"""The query: MLflow's filter grammar for runs and more, read into an expression.

::

    filter := term (OR term)*
    term   := factor (AND factor)*
    factor := [NOT] '(' filter ')' | clause
    clause := key op value | key [NOT] IN (value, ...) | key IS [NOT] NULL
            | key [NOT] (LIKE | ILIKE | CONTAINS) text
    key    := [entity '.'] name          no entity means attribute; names may be `quoted`
    value  := 'text' | "text" | number   a quotation mark inside a text is doubled

MLflow itself knows AND and clauses only.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from typing import Literal, NoReturn, cast

from ..errors import InvalidQuery, InvalidRequest
from .expressions import And, Clause, Expression, Not, Number, Or, Order
from .fields import (
    ENTITIES,
    FIXED,
    NUMBER_OPERATORS,
    OPERATORS,
    PREFIXES,
    RUNS,
    TAGS_OF_RUNS,
    Grammar,
    Key,
    quoted,
    unquoted,
    written,
)
from .times import DURATION_WORDS, TIME_WORDS, Span, parse_duration, parse_time
from .tokens import Token, likeness, number_of, tokens_of

Wanted = Literal["key", "operator", "value", "list", "more", "direction", "other"]
DEEPEST = 50
"""Parentheses within parentheses."""
LONGEST = 50_000
"""Characters of a query; room for the ids of more than a thousand runs."""
MOST_CLAUSES, MOST_LISTED, MOST_ORDERS = 200, 5_000, 20
"""Of a query in all: more than that SQLite would not take, or take too long over."""
LONGEST_PATTERN = 1_000
"""Characters of what LIKE and its kin look for: with each the search may grow by the whole text."""
_SHOWN = 200


def parse_filter(text: str, now: int | None = None, grammar: Grammar = RUNS) -> Expression | None:
    """Read a filter; None when it is empty.

    Parameters
    ----------
    now
        What `today` is counted from, milliseconds since 1970; None: the clock.

    Raises
    ------
    InvalidQuery
        A word is wrong; the error points at it and says what is allowed there.
    """
    if not text or text.isspace():
        return None
    return Parser(text, "filter", now, grammar).filter()


def parse_order(texts: Sequence[str], grammar: Grammar = RUNS) -> list[Order]:
    """Read the keys to sort by; raises as `parse_filter` does, and for a key that comes twice."""
    if len(texts) > MOST_ORDERS:
        raise InvalidRequest(f"order_by has {len(texts)} keys; at most {MOST_ORDERS} are allowed.")
    orders = [Parser(text, "order_by", grammar=grammar).order() for text in texts]
    seen: set[Key] = set()
    for order, text in zip(orders, texts, strict=True):
        if order.key in seen:
            raise InvalidRequest(f"order_by names {text!r} twice; each key may come once.")
        seen.add(order.key)
    return orders


def parse_columns(texts: Sequence[str]) -> list[Key]:
    """Read lists of keys, each separated by commas; raises as `parse_filter` does."""
    return [key for text in texts for key in Parser(text, "list of columns").listed()]


def parse_column(text: str) -> Key:
    """Read one key; raises as `parse_filter` does."""
    found = parse_columns([text])
    if len(found) != 1:
        raise InvalidRequest(f"{text!r} must be one column, such as `params.depth`.")
    return found[0]


class Parser:
    """Reads one text.

    Attributes
    ----------
    wanted
        What was wanted where the text ended, for completion.
    key
        The key that the wanted operator or value belongs to.
    depth
        Parentheses that are open.
    """

    def __init__(
        self, text: str, what: str, now: int | None = None, grammar: Grammar = RUNS
    ) -> None:
        self._text = text
        self._grammar = grammar
        self._what = what
        self._now = int(time.time() * 1000) if now is None else now
        self._clauses = self._listed = 0
        if len(text) > LONGEST:
            raise InvalidRequest(
                f"The {what} has {len(text):,} characters; at most {LONGEST:,} are allowed."
            )
        self._tokens, stray = tokens_of(text)
        self._next = 0
        self.wanted: Wanted = "other"
        self.key: Key | None = None
        self.depth = 0
        if stray < len(text):
            token = Token("word", text[stray : stray + 20], stray)
            self._fail(token, "a quotation mark that is not closed, or a stray sign")

    # ----------------------------------------------------------------------------- the grammar

    def filter(self) -> Expression:
        """Read a whole filter."""
        found = self._alternatives()
        if (rest := self._peek()) is not None:
            allowed = ("AND", "OR")
            self._fail(rest, "clauses are joined by AND or OR", allowed)
        self.wanted = "more"
        return found

    def order(self) -> Order:
        """Read a key with ASC or DESC."""
        key = self._key()
        descending = False
        if self._peek() is not None:
            token = self._take("ASC or DESC", "direction")
            if token.text.upper() not in ("ASC", "DESC"):
                self._fail(token, "after the key only ASC or DESC is allowed", ("ASC", "DESC"))
            descending = token.text.upper() == "DESC"
        if (rest := self._peek()) is not None:
            self._fail(rest, "after ASC or DESC nothing is allowed")
        self.wanted = "direction"
        return Order(key, descending)

    def listed(self) -> list[Key]:
        """Read keys that are separated by commas."""
        found = [self._key()]
        while (token := self._peek()) is not None:
            if token.text != ",":
                self._fail(token, "columns are separated by commas", (",",))
            self._next += 1
            found.append(self._key())
        return found

    def _alternatives(self) -> Expression:
        parts = [self._joined()]
        while self._is_next("OR"):
            self._next += 1
            parts.append(self._joined())
        return parts[0] if len(parts) == 1 else Or(tuple(parts))

    def _joined(self) -> Expression:
        parts = [self._factor()]
        while self._is_next("AND"):
            self._next += 1
            parts.append(self._factor())
        return parts[0] if len(parts) == 1 else And(tuple(parts))

    def _factor(self) -> Expression:
        if self._is_next("NOT"):
            self._next += 1
            self._expect_mark("(", "NOT stands before a parenthesis or before an operator")
            return Not(self._group())
        if self._is_next("("):
            self._next += 1
            return self._group()
        return self._clause()

    def _group(self) -> Expression:
        self.depth += 1
        if self.depth > DEEPEST:
            self._fail(self._tokens[self._next - 1], f"at most {DEEPEST} parentheses are nested")
        found = self._alternatives()
        token = self._take("AND, OR or a closing parenthesis", "more")
        if token.text != ")":
            self._fail(token, "AND, OR or a closing parenthesis is needed", ("AND", "OR", ")"))
        self.depth -= 1
        return found

    def _clause(self) -> Expression:
        self._clauses += 1
        if self._clauses > MOST_CLAUSES:
            raise InvalidRequest(f"A query may have at most {MOST_CLAUSES} clauses.")
        key = self._key()
        operator = self._operator(key)
        if operator.startswith("IS"):
            return Clause(key, operator, None)
        if operator.endswith("IN"):
            return Clause(key, operator, self._list(key))
        if key.kind == "time":
            return _in_time(key, operator, self._time(key))
        return Clause(key, operator, self._value(key, operator))

    # -------------------------------------------------------------------------------- the key

    def _key(self) -> Key:
        first = self._take("a key such as metrics.accuracy", "key")
        if first.kind not in ("word", "quoted") or first.text[0] in "'\"":
            dotted = self._peek()
            if dotted is None or dotted.text != ".":
                self._fail(first, "a key such as metrics.accuracy is needed here")
        if (dot := self._peek()) is None or dot.text != ".":
            return self._attribute(first)
        self._next += 1
        entity = ENTITIES.get(first.text.lower())
        if entity is None or entity not in self._grammar.entities:
            allowed = tuple(PREFIXES[known] for known in self._grammar.entities)
            self._fail(first, f"use one of {', '.join(allowed)}", allowed)
        name = self._name(first)
        if entity == "attribute":
            return self._attribute(name)
        if entity == "tag" and name.text in TAGS_OF_RUNS and self._grammar is RUNS:
            return Key("attribute", TAGS_OF_RUNS[name.text])
        known = FIXED.get(entity)
        if known is not None and name.text not in known:
            what = "data" if entity == "dataset" else f"a {entity}"
            self._fail(name, f"{what.replace('a e', 'an e')} has {', '.join(known)}", known)
        return Key(entity, name.text)

    def _name(self, entity: Token) -> Token:
        """Join what belongs to a name that is not quoted and has dots in it."""
        first = self._take(f"a name behind {entity.text}.", "key")
        if first.kind == "quoted":
            return Token("word", unquoted(first.text), first.position)
        parts, end = [first.text], first.end
        while (token := self._peek()) is not None and token.position == end:
            if token.text != "." and token.kind not in ("word", "number"):
                break
            parts.append(token.text)
            end = token.end
            self._next += 1
        return Token("word", "".join(parts), first.position)

    def _attribute(self, token: Token) -> Key:
        name = unquoted(token.text) if token.kind == "quoted" else token.text
        lowered = name.lower()
        if lowered == "run" and (follower := self._peek()) and follower.text.lower() == "name":
            self._next += 1
            lowered = "run name"
        attributes = self._grammar.attributes
        known = self._grammar.aliases.get(lowered, lowered)
        if known not in attributes:
            others = (f"{PREFIXES[entity]}." for entity in self._grammar.entities)
            self._fail(
                token,
                f"an attribute is one of {', '.join(attributes)}; metrics, params and tags need"
                " their word and a dot before them",
                (*attributes, *others),
            )
        return Key("attribute", known)

    # --------------------------------------------------------------------- operator and value

    def _operator(self, key: Key) -> str:
        self.key = key
        token = self._take("an operator", "operator")
        operator = {"==": "=", "<>": "!="}.get(token.text, token.text.upper())
        if operator == "NOT":
            negated = ("IN", "LIKE", "ILIKE", "CONTAINS")
            follower = self._take("IN, LIKE, ILIKE or CONTAINS", "other")
            if follower.text.upper() not in negated:
                self._fail(follower, f"NOT stands before {', '.join(negated)}", negated)
            operator = f"NOT {follower.text.upper()}"
        elif operator == "IS":
            operator = self._is_null()
        allowed = OPERATORS[key.kind]
        if operator not in allowed:
            hint = f"for {written(key)} use one of {', '.join(allowed)}"
            self._fail(token, hint, allowed)
        return operator

    def _is_null(self) -> str:
        token = self._take("NULL or NOT NULL", "other")
        if token.text.upper() == "NOT":
            self._expect_word("NULL", "IS NOT stands before NULL only")
            return "IS NOT NULL"
        if token.text.upper() != "NULL":
            self._fail(token, "IS stands before NULL or NOT NULL", ("NULL", "NOT NULL"))
        return "IS NULL"

    def _value(self, key: Key, operator: str) -> str | Number:
        token = self._take("a value", "value")
        if key.kind == "duration":
            return self._duration(key, token)
        ordered = operator in NUMBER_OPERATORS[2:6]
        if key.kind == "number" or (key.kind == "any" and ordered):
            if token.kind != "number":
                self._fail(token, f"{written(key)} is compared with a number, unquoted")
            return number_of(token.text)
        if key.kind == "any" and operator in ("=", "!=") and token.kind == "number":
            return number_of(token.text)
        text = self._text_of(key, token)
        if operator.endswith(("LIKE", "CONTAINS")) and len(text) > LONGEST_PATTERN:
            self._fail(token, f"at most {LONGEST_PATTERN:,} characters can be looked for")
        return text

    def _text_of(self, key: Key, token: Token) -> str:
        if token.kind != "quoted" or token.text[0] == "`":
            self._fail(
                token,
                f"{written(key)} is compared with text, in quotation marks",
                suggestions=(quoted(token.text),) if token.kind in ("word", "number") else (),
            )
        return unquoted(token.text)

    def _duration(self, key: Key, token: Token) -> int | float:
        if token.kind == "number":
            return number_of(token.text)
        length = parse_duration(unquoted(token.text)) if token.kind == "quoted" else None
        if length is None:
            hint = f"{written(key)} is compared with milliseconds, or with a text such as "
            self._fail(token, f"{hint}'5 minutes' or '1h 30m'", map(quoted, DURATION_WORDS))
        return length

    def _time(self, key: Key) -> Span | Number:
        token = self._take("a time", "value")
        if token.kind == "number":
            return number_of(token.text)
        span = parse_time(unquoted(token.text), self._now) if token.kind == "quoted" else None
        if span is None:
            hint = f"{written(key)} is compared with milliseconds since 1970, or with a text such"
            self._fail(
                token,
                f"{hint} as '2026-11-01', 'yesterday', 'last 7 days' or '2 hours ago'",
                map(quoted, TIME_WORDS),
            )
        return span

    def _list(self, key: Key) -> tuple[str, ...] | tuple[Number, ...]:
        self._expect_mark("(", "a list stands in parentheses")
        found: list[str | Number] = []
        while True:
            token = self._take("a value in the list", "list")
            of_numbers = key.kind == "number" or (key.kind == "any" and token.kind == "number")
            if found and isinstance(found[0], str) == of_numbers:
                self._fail(token, "a list holds either texts or numbers")
            if of_numbers and token.kind != "number":
                self._fail(token, f"{written(key)} is compared with numbers, unquoted")
            found.append(number_of(token.text) if of_numbers else self._text_of(key, token))
            self._listed += 1
            if self._listed > MOST_LISTED:
                raise InvalidRequest(f"The lists of a query may have {MOST_LISTED:,} values.")
            token = self._take("a comma or a closing parenthesis", "other")
            if token.text == ")":
                return cast("tuple[str, ...] | tuple[Number, ...]", tuple(found))
            if token.text != ",":
                self._fail(token, "values in a list are separated by commas", (",", ")"))

    # ------------------------------------------------------------------------------- the words

    def _peek(self) -> Token | None:
        return self._tokens[self._next] if self._next < len(self._tokens) else None

    def _is_next(self, word: str) -> bool:
        token = self._peek()
        return token is not None and token.kind != "quoted" and token.text.upper() == word

    def _take(self, needed: str, wanted: Wanted) -> Token:
        token = self._peek()
        if token is None:
            self.wanted = wanted
            message = f"The {self._what} {self._shown} ends where {needed} is needed."
            raise InvalidQuery(message, position=len(self._text.rstrip()))
        self._next += 1
        return token

    @property
    def _shown(self) -> str:
        """The text for people, who know the rest of a long one."""
        return repr(self._text if len(self._text) <= _SHOWN else f"{self._text[:_SHOWN]}…")

    def _expect_word(self, word: str, hint: str) -> None:
        token = self._take(word, "other")
        if token.text.upper() != word:
            self._fail(token, hint, (word,))

    def _expect_mark(self, mark: str, hint: str) -> None:
        token = self._take(repr(mark), "other")
        if token.text != mark:
            self._fail(token, hint, (mark,))

    def _fail(
        self,
        token: Token,
        hint: str,
        allowed: Iterable[str] = (),
        suggestions: Sequence[str] = (),
    ) -> NoReturn:
        words = list(allowed)
        like = [*suggestions, *likeness(token.text, words)]
        meant = f" Did you mean {' or '.join(like)}?" if like else ""
        raise InvalidQuery(
            f"The {self._what} {self._shown} is wrong at {token.text[:_SHOWN]!r} (character"
            f" {token.position + 1}): {hint}.{meant}",
            position=token.position,
            length=len(token.text),
            allowed=words,
            suggestions=like,
        )


def _in_time(key: Key, operator: str, moment: Span | Number) -> Expression:
    """Compare with a stretch of time: since its start, before its start, until its end, within."""
    if not isinstance(moment, Span) or moment.start == moment.end:
        return Clause(key, operator, moment.start if isinstance(moment, Span) else moment)
    start, end = moment
    since, until = Clause(key, ">=", start), Clause(key, "<", end)
    if operator in (">", ">="):
        return since
    if operator == "<":
        return Clause(key, "<", start)
    if operator == "<=":
        return until
    if operator == "=":
        return And((since, until))
    return Or((Clause(key, "<", start), Clause(key, ">=", end)))
