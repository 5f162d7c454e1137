"""The checks of lookup cells: they find the record, user or layout that a text means."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from bigin_frames.sandbox.behaviour.switches import Behaviour
from bigin_frames.sandbox.metadata.fields import ID, Field
from bigin_frames.sandbox.metadata.layouts import LAYOUT_FIELD, PIPELINE, Layout
from bigin_frames.sandbox.metadata.standard import DISPLAY_FIELDS
from bigin_frames.sandbox.store.store import Store
from bigin_frames.sandbox.verdicts.cells import Check, Refused
from bigin_frames.sandbox.verdicts.known import Known
from bigin_frames.sandbox.verdicts.verdict import ADDED, Verdict


def lookup_check(
    store: Store, module: str, field: Field, find_by: str | None, behaviour: Behaviour, now: float
) -> Check | None:
    """Return the check of a lookup's cells: text -> id of the record, user or layout it means. Other fields: None."""
    if field.data_type == LAYOUT_FIELD.data_type or (module == "Pipelines" and field.api_name == PIPELINE):
        return _layout_finder(store.layouts(module))
    if field.data_type in ("ownerlookup", "userlookup"):  # CRM v7 docs, bulk-write/create-job, map a User by email
        return _user_finder(store)
    if field.data_type == "lookup" and field.lookup:
        return _record_finder(store, field.lookup, find_by or ID, behaviour, now)
    return None


def _layout_finder(layouts: Mapping[str, Layout]) -> Check:
    def find(text: str) -> str:
        if text not in layouts:
            raise Refused
        return text

    return find


def _user_finder(store: Store) -> Check:
    users = {key: user.id for user in store.users() for key in (user.id, user.email.casefold())}

    def find(text: str) -> str:
        if (found := users.get(text.strip().casefold())) is None:
            raise Refused
        return found

    return find


def _record_finder(store: Store, module: str, find_by: str, behaviour: Behaviour, now: float) -> Check:
    known = Known(behaviour, store.record_ids(module))
    if find_by != ID:
        known.watch(find_by, store.texts(module, find_by))
    lost = _lost(store, known, module, behaviour, now)

    def find(text: str) -> str:
        found = known.find(find_by, text)
        return found[0] if found else lost(text)

    return find


def _lost(store: Store, known: Known, module: str, behaviour: Behaviour, now: float) -> Callable[[str], str]:
    """Return what is done with a lookup value that matches no record."""

    def refuse(text: str) -> str:
        raise Refused("RESOURCE_NOT_FOUND" if behaviour.lookup_unknown == "not found" else "INVALID_DATA")

    def create(text: str) -> str:
        record_id = store.new_id()
        cells = {DISPLAY_FIELDS[module]: text}
        store.write(module, [Verdict(ADDED, record_id, "", cells, {})], now)
        known.note(record_id, cells)
        return record_id

    if behaviour.lookup_unknown == "created":
        return create
    return (lambda text: "") if behaviour.lookup_unknown == "left out" else refuse
