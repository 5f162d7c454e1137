"""COQL, the SELECT that reads records by their values: its text is parsed into a `Query`.

Clauses, keywords without case, 200 rows a call and 10,000 in all: Bigin v2 docs, coql-overview. Criteria in pairs, at
most 25, fifty columns and fifty values of an `in`: CRM v2 docs, COQL-Limitations, and Kaizen 171, which doubles a quote
inside a text, too. Codes and messages: CRM OpenAPI, coql. Read here is what finds records by a key; the rest of the
language (joins, aliases, functions, `is null`, `like`) is refused, and so is any text that is not COQL.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

MAX_COLUMNS = 50
MAX_CRITERIA = 25
MAX_VALUES = 50
MAX_ROWS = 200  # of one call
MAX_REACH = 10_000  # rows that limit and offset can reach
MAX_DEPTH = 60  # ours: 25 criteria need no more parentheses

OPERATORS = ("=", ">=", "<=", ">", "<", "in")
UNREAD = ("!=", "like", "not", "is", "between")  # operators of the language that are not read here
Backslash = Literal["letter", "escape"]


class BadQuery(Exception):
    """The refusal of a query: a code, and Bigin's message and details where they are recorded."""

    def __init__(self, code: str, message: str | None = None, **details: Any) -> None:
        self.code = code
        self.message = message
        self.details = details
        super().__init__(code)


@dataclass(frozen=True)
class Comparison:
    """One criterion; only `in` has more than one value."""

    field: str
    operator: str
    values: tuple[str, ...]


@dataclass(frozen=True)
class Pair:
    """Two criteria, of which both or one have to be true."""

    word: str  # "and" or "or"
    left: Criteria
    right: Criteria


Criteria = Comparison | Pair


@dataclass(frozen=True)
class Query:
    """A query: which fields of which records, and which part of them."""

    fields: tuple[str, ...]
    module: str
    criteria: Criteria
    limit: int = MAX_ROWS
    offset: int = 0


def parse(text: str, backslash: Backslash = "letter") -> Query:
    """Return the query that a text means, or raise `BadQuery`; `backslash` is its meaning inside quotes."""
    return _Parser(_tokens(text, backslash)).query()


def comparisons(criteria: Criteria) -> list[Comparison]:
    """Return the criteria of a query, in order."""
    if isinstance(criteria, Comparison):
        return [criteria]
    return comparisons(criteria.left) + comparisons(criteria.right)


def moment(comparison: Comparison) -> float:
    """Return the time that a comparison names in seconds since 1970; it has to have an offset."""
    try:
        read = datetime.fromisoformat(comparison.values[0])
    except ValueError:
        read = None
    if read is None or read.tzinfo is None:
        raise BadQuery("INVALID_QUERY", reason="invalid value found", column_name=comparison.field)
    return read.timestamp()


# -- tokens

_REST = r"""|(?P<word>[A-Za-z_][\w.]*)|(?P<number>[0-9]+)|(?P<sign>>=|<=|!=|[=<>(),])"""
_TEXTS: Mapping[Backslash, str] = {
    "letter": r"""(?P<text>'(?:''|[^'])*+'|"(?:""|[^"])*+")""",
    "escape": r"""(?P<text>'(?:''|\\.|[^'\\])*+'|"(?:""|\\.|[^"\\])*+")""",
}
_PATTERNS = {reading: re.compile(text + _REST, re.DOTALL | re.ASCII) for reading, text in _TEXTS.items()}
_END = ("end", "")


def _tokens(text: str, backslash: Backslash) -> list[tuple[str, str]]:
    """Return the kind and the content of each token; words keep their case."""
    found, at = [], 0
    while at < len(text):
        if text[at].isspace():
            at += 1
            continue
        token = _PATTERNS[backslash].match(text, at)
        if token is None:
            raise BadQuery("SYNTAX_ERROR", near=text[at : at + 20])
        kind = str(token.lastgroup)
        found.append((kind, _content(token[0], backslash) if kind == "text" else token[0]))
        at = token.end()
    return [*found, _END]


def _content(quoted: str, backslash: Backslash) -> str:
    """Return what a literal means: a doubled quote is one."""
    quote, inner = quoted[0], quoted[1:-1]
    if backslash == "letter":
        return inner.replace(quote * 2, quote)
    return re.sub(rf"\\(.)|{quote}{quote}", lambda found: found[1] or quote, inner, flags=re.DOTALL)


# -- grammar


class _Parser:
    def __init__(self, tokens: list[tuple[str, str]]) -> None:
        self._tokens = tokens
        self._at = 0
        self._depth = 0

    def query(self) -> Query:
        if not self._take("select"):
            raise BadQuery("SYNTAX_ERROR", "given coql query not supported")
        fields = self._columns()
        self._clause("from")
        module = self._word()
        self._clause("where")
        criteria = self._criteria()
        if len(comparisons(criteria)) > MAX_CRITERIA:
            raise BadQuery("LIMIT_EXCEEDED", clause="where", limit=MAX_CRITERIA)
        self._order()
        query = Query(fields, module, criteria, *self._part())
        return query if self._now == _END else self._fail()

    def _columns(self) -> tuple[str, ...]:
        names = [self._word()]
        while self._take(","):
            names.append(self._word())
        if len(names) > MAX_COLUMNS:
            raise BadQuery("LIMIT_EXCEEDED", clause="select", limit=MAX_COLUMNS)
        for name in names:
            if names.count(name) > 1:
                raise BadQuery("DUPLICATE_DATA", "duplicate select column", column_name=name)
        return tuple(names)

    def _criteria(self) -> Criteria:
        """Read one criterion or a pair; a third one without parentheses is not read, which makes it an error."""
        left = self._criterion()
        for word in ("and", "or"):
            if self._take(word):
                return Pair(word, left, self._criterion())
        return left

    def _criterion(self) -> Criteria:
        if not self._take("("):
            return self._comparison()
        self._depth += 1
        if self._depth > MAX_DEPTH:
            self._fail()
        criteria = self._criteria()
        self._expect(")")
        self._depth -= 1
        return criteria

    def _comparison(self) -> Comparison:
        field, operator = self._word(), self._now[1].lower()
        if self._now[0] in ("word", "sign") and operator in UNREAD:
            raise BadQuery("SYNTAX_ERROR", "operator not supported", operator=operator)
        if self._now[0] not in ("word", "sign") or operator not in OPERATORS:
            self._fail()
        self._at += 1
        return Comparison(field, operator, self._values() if operator == "in" else (self._text(),))

    def _values(self) -> tuple[str, ...]:
        self._expect("(")
        values = [self._text()]
        while self._take(","):
            values.append(self._text())
        self._expect(")")
        if len(values) > MAX_VALUES:
            raise BadQuery("LIMIT_EXCEEDED", operator="in", limit=MAX_VALUES)
        return tuple(values)

    def _order(self) -> None:
        """Read an order; ascending by id is the only one here, and the default."""
        if self._take("order"):
            self._expect("by")
            self._expect("id")
            self._take("asc")

    def _part(self) -> tuple[int, int]:
        """Read `limit n`, `limit offset, n` or `limit n offset m`, and return limit and offset."""
        limit, offset = MAX_ROWS, 0
        if self._take("limit"):
            limit = self._number("limit")
            if self._take(","):
                limit, offset = self._number("limit"), limit
        if self._take("offset"):
            offset = self._number("offset")
        if limit == 0:
            raise BadQuery("INVALID_DATA", "limit should be greater than 0")
        if limit > MAX_ROWS:
            raise BadQuery("INVALID_QUERY", "limit given seems to be invalid", limit=str(limit))
        if limit + offset > MAX_REACH:
            raise BadQuery("LIMIT_EXCEEDED", clause="limit", limit=MAX_REACH)
        return limit, offset

    # -- single tokens

    @property
    def _now(self) -> tuple[str, str]:
        return self._tokens[self._at]

    def _take(self, wanted: str) -> bool:
        kind, content = self._now
        taken = kind in ("word", "sign") and content.lower() == wanted
        self._at += taken
        return taken

    def _expect(self, wanted: str) -> None:
        if not self._take(wanted):
            self._fail()

    def _clause(self, name: str) -> None:
        if self._now == _END:
            raise BadQuery("SYNTAX_ERROR", "missing clause", clause=name)
        self._expect(name)

    def _word(self) -> str:
        return self._content_of("word")

    def _text(self) -> str:
        return self._content_of("text")

    def _number(self, clause: str) -> int:
        kind, content = self._now
        if kind != "number" or len(content) > 9:
            raise BadQuery("INVALID_QUERY", f"{clause} given seems to be invalid", **{clause: content})
        return int(self._content_of("number"))

    def _content_of(self, wanted: str) -> str:
        kind, content = self._now
        if kind != wanted:
            self._fail()
        self._at += 1
        return content

    def _fail(self) -> Any:
        raise BadQuery("SYNTAX_ERROR", near=self._now[1])
