"""What a job knows of the stored records: which ids exist, and which record has which value."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from bigin_frames.sandbox.behaviour.switches import Behaviour
from bigin_frames.sandbox.metadata.fields import ID


@dataclass
class Holders:
    """The values of one field: folded text -> ids, oldest first, and id -> folded text."""

    ids_of: dict[str, list[str]] = field(default_factory=dict)
    text_of: dict[str, str] = field(default_factory=dict)

    def put(self, record_id: str, text: str | None) -> None:
        """Replace the value of a record; None removes it."""
        former = self.text_of.get(record_id)
        if former == text:
            return
        if former is not None:
            self.ids_of[former].remove(record_id)
            del self.text_of[record_id]
        if text is not None:
            self.ids_of.setdefault(text, []).append(record_id)
            self.text_of[record_id] = text


@dataclass
class Known:
    """The ids of a module and the holders of each field that is matched on; `fresh` are the ids that the job wrote.

    `kept` are the exact texts of stored fields that the verdict on a row depends on, besides the row's own cells.
    """

    behaviour: Behaviour
    ids: set[str] = field(default_factory=set)
    holders: dict[str, Holders] = field(default_factory=dict)
    fresh: set[str] = field(default_factory=set)
    kept: dict[str, dict[str, str | None]] = field(default_factory=dict)

    def watch(self, name: str, texts: Iterable[tuple[str, str]]) -> None:
        """Read the values of a field to match on: pairs of record id and text, oldest record first."""
        holders = self.holders[name] = Holders()
        for record_id, text in texts:
            holders.put(record_id, self.fold(text))

    def keep(self, name: str, texts: Iterable[tuple[str, str]]) -> None:
        """Read the exact texts of a field: pairs of record id and text."""
        self.kept[name] = dict(texts)

    def text(self, name: str, record_id: str | None) -> str | None:
        """Return the exact text of a kept field of a record."""
        return self.kept[name].get(record_id) if record_id is not None and name in self.kept else None

    def fold(self, text: str) -> str:
        """Return the form in which equal values are the same text (the import in Bigin ignores case)."""
        if self.behaviour.match_trim:
            text = text.strip()
        return text.casefold() if self.behaviour.match_case == "insensitive" else text

    def find(self, name: str, text: str) -> list[str]:
        """Return the ids of the records with a value; for `id` the record itself."""
        if name == ID:
            return [text] if text in self.ids else []
        found = self.holders[name].ids_of.get(self.fold(text), [])
        if self.behaviour.duplicate_in_file == "both written":
            found = [record_id for record_id in found if record_id not in self.fresh]
        return found

    def note(self, record_id: str, cells: Mapping[str, str | None]) -> None:
        """Note what a row has written."""
        self.ids.add(record_id)
        self.fresh.add(record_id)
        for name, holders in self.holders.items():
            if name in cells:
                text = cells[name]
                holders.put(record_id, None if text is None else self.fold(text))
        for name, texts in self.kept.items():
            if name in cells:
                texts[record_id] = cells[name]
