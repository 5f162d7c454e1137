"""Hold what a writer said of each row against the records there are in the end. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import astuple, dataclass
from typing import Literal

Word = Literal["written", "not written", "unknown", "nothing"]


@dataclass(frozen=True)
class Told:
    """Hold what was said of one row at last; ``unknown`` is said in so many words, ``nothing`` is silence."""

    word: Word
    record_id: str | None = None


@dataclass(frozen=True)
class Account:
    """Count the rows of some runs by what went wrong with them; a row may be in more than one count.

    Attributes
    ----------
    doubled : int
        More than one record.
    lost : int
        No record, and the report says that there is one, or does not speak of the row.
    false : int
        Said to be written and is not, or not written and is, or with an id that is not its record's.
    unknown : int
        Said to be unknown, whatever is true.
    silent : int
        Without a verdict: the last word was an error about the whole, or the report leaves the row out.
    runs : int
        Runs in which a row was doubled, lost or falsely reported.
    """

    doubled: int = 0
    lost: int = 0
    false: int = 0
    unknown: int = 0
    silent: int = 0
    runs: int = 0

    def __add__(self, other: Account) -> Account:
        return Account(*map(sum, zip(astuple(self), astuple(other), strict=True)))


def account(records: Sequence[Sequence[str]], told: Sequence[Told] | None) -> Account:
    """Judge one run.

    Parameters
    ----------
    records : sequence of sequences of str
        The ids of the records that were made of each row.
    told : sequence of Told, optional
        What the last report says of each; None where the last word was an error.
    """
    said = [Told("nothing")] * len(records) if told is None else told
    rows = list(zip(records, said, strict=True))
    doubled = sum(len(ids) > 1 for ids, _ in rows)
    unseen = ("written",) if told is None else ("written", "nothing")
    lost = sum(not ids and one.word in unseen for ids, one in rows)
    false = sum(_is_false(ids, one) for ids, one in rows)
    unknown, silent = (sum(one.word == word for one in said) for word in ("unknown", "nothing"))
    return Account(doubled, lost, false, unknown, silent, int(doubled + lost + false > 0))


def _is_false(ids: Sequence[str], told: Told) -> bool:
    if told.word == "written":
        return not ids or (told.record_id is not None and told.record_id not in ids)
    return told.word == "not written" and bool(ids)


def total(accounts: Iterable[Account]) -> Account:
    """Add accounts up."""
    return sum(accounts, Account())


def table(header: Sequence[str], lines: Iterable[Sequence[str | int]]) -> str:
    """Return a Markdown table whose first column is text and the others numbers."""
    shown = [[f"{cell:,}" if isinstance(cell, int) else cell for cell in line] for line in lines]
    rule = ["---", *["---:"] * (len(header) - 1)]
    return "\n".join(f"| {' | '.join(line)} |" for line in (header, rule, *shown))
