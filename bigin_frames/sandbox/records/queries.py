"""COQL queries, answered from the store (Bigin v2 docs, get-records-coql): rows are those of a read of records."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from typing import Any

from werkzeug.exceptions import BadRequest
from werkzeug.wrappers import Request, Response

from bigin_frames.sandbox.behaviour.switches import Behaviour
from bigin_frames.sandbox.bulk.details import LONGEST_WORK_S
from bigin_frames.sandbox.metadata.fields import ID
from bigin_frames.sandbox.metadata.modules import WRITABLE
from bigin_frames.sandbox.organisation.org import Org
from bigin_frames.sandbox.organisation.tokens import Token, check_module_scope
from bigin_frames.sandbox.records.coql import BadQuery, Comparison, Criteria, Pair, Query, comparisons, moment, parse
from bigin_frames.sandbox.records.reading import show_records
from bigin_frames.sandbox.server.answers import Refusal, json_response, no_content
from bigin_frames.sandbox.verdicts.verdict import ADDED

# Columns that COQL does not read at all: a live client's list; criteria on long text: CRM v2 docs, COQL-Limitations.
UNSELECTABLE_KINDS = {"textarea", "profileimage", "fileupload", "imageupload"}
UNSELECTABLE = {"Tag"}
TEXT_KINDS = {"text", "email", "phone", "website", "picklist"}  # with = and in
COMPUTED = {"Full_Name"}
TIMES = {"Created_Time": "created", "Modified_Time": "modified"}
COMPARE: Mapping[str, Callable[[float, float], bool]] = {
    "=": operator.eq,
    ">=": operator.ge,
    "<=": operator.le,
    ">": operator.gt,
    "<": operator.lt,
}


class Queries:
    """The queries of one organisation; `wait` waits until a job's work is done."""

    def __init__(self, org: Org, wait: Callable[[str, float], bool]) -> None:
        self._org = org
        self._wait = wait
        self._held: dict[tuple[str, str, str], tuple[int, dict[str, list[str]]]] = {}

    def answer(self, request: Request, token: Token) -> Response:
        """Answer `POST /bigin/v2/coql` with the query's part of the records that match, in the order of their ids.

        The scope of the module itself is needed, too (Bigin v2 docs, get-records-coql).
        """
        query = _read(request, self._org.behaviour)
        check_module_scope(token, query.module, "ALL", "READ")
        try:
            self._check(query)
            found = self._found(query)
        except BadQuery as bad:
            raise _refusal(bad) from None
        part = found[query.offset : query.offset + query.limit]
        if not part:
            return no_content()
        names = [name for name in query.fields if name != ID]
        info = {"count": len(part), "more_records": len(found) > query.offset + query.limit}
        return json_response({"data": show_records(self._org, query.module, part, names), "info": info})

    def _check(self, query: Query) -> None:
        """Refuse unknown columns, columns that COQL does not read, and operators that a column does not allow."""
        kinds = {name: field.data_type for name, (_, field) in self._org.store.fields(query.module).items()}
        kinds[ID] = "text"
        for name in (*query.fields, *(comparison.field for comparison in comparisons(query.criteria))):
            if name not in kinds:
                raise BadQuery("INVALID_QUERY", "column given seems to be invalid", column_name=name)
            if kinds[name] in UNSELECTABLE_KINDS or name in UNSELECTABLE:
                raise BadQuery("INVALID_QUERY", "unsupported column", column_name=name)
        for comparison in comparisons(query.criteria):
            _check_operator(comparison, kinds[comparison.field])

    def _found(self, query: Query) -> list[dict[str, Any]]:
        unseen = self._unseen()
        likely = self._likely(query.module, query.criteria)
        records = self._org.store.records(query.module, None if likely is None else list(likely))
        return [r for r in records if r[ID] not in unseen and self._holds(query.criteria, r)]

    def _unseen(self) -> set[str]:
        """Count a query for each job and return the ids of records that it does not see yet.

        Every job is finished first, so that the switch alone decides what is seen. Only new records can be missed: a
        changed one is shown in its latest state.
        """
        store, unseen = self._org.store, set()
        for job in store.jobs():
            self._wait(job[ID], LONGEST_WORK_S)
            seen_by = job["state"].get("queries", 0)
            if seen_by < self._org.behaviour.coql_lag:
                store.note_state(job[ID], queries=seen_by + 1)
                unseen |= {row.record_id for row in store.ledger_rows(job[ID]) if row.status == ADDED}
        return {record_id for record_id in unseen if record_id}

    def _likely(self, module: str, criteria: Criteria) -> set[str] | None:
        """Return ids among which all matching records are, as far as texts show it; None: any record may match."""
        if isinstance(criteria, Pair):
            left, right = self._likely(module, criteria.left), self._likely(module, criteria.right)
            if criteria.word == "or":
                return None if left is None or right is None else left | right
            return right if left is None else left if right is None else left & right
        if criteria.field in TIMES:
            return None
        if criteria.field == ID:
            return set(criteria.values)
        holders = self._holders(module, criteria.field)
        return {record_id for value in criteria.values for record_id in holders.get(self._fold(value), ())}

    def _holders(self, module: str, name: str) -> dict[str, list[str]]:
        """Return the ids of the records with each text of a field; they are read again only after a write."""
        store, key = self._org.store, (module, name, self._org.behaviour.coql_case)
        writes = store.writes
        if key not in self._held or self._held[key][0] != writes:
            ids: dict[str, list[str]] = {}
            for record_id, text in store.texts(module, name):
                ids.setdefault(self._fold(text), []).append(record_id)
            self._held[key] = (writes, ids)
        return self._held[key][1]

    def _holds(self, criteria: Criteria, record: Mapping[str, Any]) -> bool:
        if isinstance(criteria, Pair):
            sides = (self._holds(side, record) for side in (criteria.left, criteria.right))
            return all(sides) if criteria.word == "and" else any(sides)
        if criteria.field in TIMES:  # whole seconds, as they are shown
            return COMPARE[criteria.operator](int(record[TIMES[criteria.field]]), moment(criteria))
        text = record[ID] if criteria.field == ID else record["cells"].get(criteria.field)
        return text is not None and self._fold(text) in map(self._fold, criteria.values)

    def _fold(self, text: str) -> str:
        return text.casefold() if self._org.behaviour.coql_case == "insensitive" else text


def _read(request: Request, behaviour: Behaviour) -> Query:
    """Return the query of a request's body, of a module whose records are kept."""
    try:
        asked = request.get_json(force=True)
    except BadRequest:
        raise Refusal("INVALID_REQUEST") from None
    text = asked.get("select_query") if isinstance(asked, dict) else None
    if text is None:
        details = {"api_name": "select_query"}
        raise Refusal("MANDATORY_NOT_FOUND", details=details, message="mandatory key not found")
    if not isinstance(text, str):
        details = {"expected_data_type": "string", "api_name": "select_query", "json_path": "$.select_query"}
        raise Refusal("INVALID_DATA", details=details, message="invalid data")
    try:
        query = parse(text, behaviour.coql_backslash)
    except BadQuery as bad:
        raise _refusal(bad) from None
    if query.module not in WRITABLE:
        raise Refusal("INVALID_MODULE", message="the given module is not supported in api")
    return query


def _check_operator(comparison: Comparison, kind: str) -> None:
    name, sign = comparison.field, comparison.operator
    if name in TIMES and sign != "in":
        moment(comparison)
    elif name in COMPUTED or (name not in TIMES and kind not in TEXT_KINDS):
        raise BadQuery("INVALID_QUERY", "unsupported column in criteria", column_name=name, operator=sign)
    elif name in TIMES or sign not in ("=", "in"):
        raise BadQuery("INVALID_QUERY", reason="invalid operator found", column_name=name, operator=sign)


def _refusal(bad: BadQuery) -> Refusal:
    return Refusal(bad.code, message=bad.message, details=bad.details)
