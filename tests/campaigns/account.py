"""The account of a run: what a writer said about each row, compared with the records in the end. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import astuple, dataclass
from typing import Literal

Word = Literal["written", "not written", "unknown", "nothing"]


@dataclass(frozen=True)
class Reported:
    """The last word about one row; ``unknown`` was said explicitly, ``nothing`` means that nothing was said."""

    word: Word
    record_id: str | None = None


@dataclass(frozen=True)
class Account:
    """Rows of some runs, counted by what went wrong with them; a row may be in more than one count.

    Attributes
    ----------
    doubled : int
        More than one record.
    lost : int
        No record, and the report says that there is one, or leaves the row out.
    false : int
        Said to be written and is not, or not written and is, or with an id that is not its record's.
    unknown : int
        Reported as unknown, whether written or not.
    silent : int
        Without a verdict: the call ended with an error, or the report leaves the row out.
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


def account(records: Sequence[Sequence[str]], reported: Sequence[Reported] | None) -> Account:
    """Judge one run.

    Parameters
    ----------
    records : sequence of sequences of str
        The ids of the records that were created for each row.
    reported : sequence of Reported, optional
        What the last report says about each; None if the call ended with an error.
    """
    said = [Reported("nothing")] * len(records) if reported is None else reported
    rows = list(zip(records, said, strict=True))
    doubled = sum(len(ids) > 1 for ids, _ in rows)
    unseen = ("written",) if reported is None else ("written", "nothing")
    lost = sum(not ids and one.word in unseen for ids, one in rows)
    false = sum(_is_false(ids, one) for ids, one in rows)
    unknown, silent = (sum(one.word == word for one in said) for word in ("unknown", "nothing"))
    return Account(doubled, lost, false, unknown, silent, int(doubled + lost + false > 0))


def _is_false(ids: Sequence[str], reported: Reported) -> bool:
    if reported.word == "written":
        return not ids or (reported.record_id is not None and reported.record_id not in ids)
    return reported.word == "not written" and bool(ids)


def total(accounts: Iterable[Account]) -> Account:
    """Add accounts up."""
    return sum(accounts, Account())


def table(header: Sequence[str], lines: Iterable[Sequence[str | int]]) -> str:
    """Return a Markdown table whose first column is text and the others numbers."""
    shown = [[f"{cell:,}" if isinstance(cell, int) else cell for cell in line] for line in lines]
    rule = ["---", *["---:"] * (len(header) - 1)]
    return "\n".join(f"| {' | '.join(line)} |" for line in (header, rule, *shown))
