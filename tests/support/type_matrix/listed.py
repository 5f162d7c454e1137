"""Where the two verdicts may differ, and why; a difference that is not listed, or no longer exists, fails a test.

Labels are regular expressions for the whole label of a cell. Cells that the matrix lists as valid or empty are covered
only by the known faults, so that no pattern hides a new refusal of a valid cell.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from tests.support.type_matrix.columns import GOOD
from tests.support.type_matrix.verdicts import ALTERED, REFUSED_HERE, SENT_IN_VAIN


@dataclass(frozen=True)
class Listed:
    """A difference, the columns and cells it is about, and its reason."""

    columns: str
    labels: tuple[str, ...]
    how: str
    reason: str
    fault: bool = False

    @property
    def of(self) -> list[str]:
        return self.columns.split(", ")


_PROSE = "text, textarea"
_CHOICES = "picklist, multiselectpicklist"

# What only Bigin can know.
SERVER_ONLY = (
    Listed("lookup, ownerlookup, id", (r"text '\d+'", r"int \d+", r"object (\d+|np\.int8\(7\))"), SENT_IN_VAIN,
           "well-formed ids of records that do not exist"),
    Listed("ownerlookup by email", (r"text '\S+@\S+'", """text '"a b"@x\\.org'"""), SENT_IN_VAIN,
           "well-formed addresses of users that do not exist"),
    Listed("lookup by name", (r"text '( |\\[tn]|\\xa0|\\u3000|nobody|Zylker GmbH)'", r"object Decimal\('1E[+-]\d+'\)"),
           SENT_IN_VAIN, "names no record has, among them those of blanks alone"),
)  # fmt: skip
# What we refuse although the local Bigin accepts str() of it.
REFUSALS = (
    Listed(f"{_PROSE}, phone, website, {_CHOICES}, lookup by name", (r"float .*", r"float32 .*"), REFUSED_HERE,
           "a float does not keep how the number was written: 4155550100.0, 9.2e+18"),
    Listed(f"text, textarea, phone, {_CHOICES}, lookup by name", (r"bool .*",), REFUSED_HERE,
           "it is not stated which words mean true, and in a wrong column none was meant"),
    Listed(f"text, textarea, phone, {_CHOICES}, lookup by name", (r"(date|datetime|modern|zoned|wide) .*",),
    REFUSED_HERE,
           "the format of the date is not stated"),
    Listed(f"{_PROSE}, phone, website, {_CHOICES}, lookup by name", (r"object (?!Decimal).*",), REFUSED_HERE,
           "objects without a text of their own: what str() shows is an accident of their type"),
    Listed(f"text, textarea, phone, {_CHOICES}, lookup by name", (r"object Decimal\('-?Infinity'\)",), REFUSED_HERE,
           "no number: a division went wrong"),
    Listed(f"{_PROSE}, {_CHOICES}", (r"nul .*",), REFUSED_HERE, "many readers stop at a NUL, and lose what follows"),
    Listed(_CHOICES, (r"(text|int|uint64|money) .*", r"object (\d+|np\.int8\(7\)|Decimal.*)"), REFUSED_HERE,
           "a value the picklist does not have would be added to it without a word (Kaizen 13)"),
    Listed("integer, bigint, double, currency, percent", (r"text '\+5'",), REFUSED_HERE,
           "the pages show digits; a plus is promised nowhere"),
    Listed("double, currency, percent", (r"text '\.5'",), REFUSED_HERE,
           "the pages show digits before the point"),
    Listed("datetime, datetime in New York", (r"text '2024-02-29T10:00:00\+15:00'",), REFUSED_HERE,
           "no place on earth is more than 14 hours ahead"),
    Listed("website", (r"text '[^']+@[^']+'",), REFUSED_HERE, "an e-mail address is in the wrong column"),
    Listed("ownerlookup by email", (r"text '1000000000000000001'",), REFUSED_HERE,
           "an id where find_by says email: the local Bigin knows users by either"),
)  # fmt: skip
# What we send although the local Bigin refuses it or stores something else.
DELIBERATE = (
    Listed("email", (r"""text '"a b"@x\.org'""", r"text 'x@\[127\.0\.0\.1\]'", r"text 'a@xn--p1ai\.xn--p1ai'"),
           SENT_IN_VAIN,
           "RFC 5321 calls these valid, which is all the bulk write post asks; CRM's pattern does not take them"),
    Listed("phone", (r"text '\(\+49\) 30'", r"text '1\+1'"), SENT_IN_VAIN,
           "the bulk write post takes digits and +; CRM's pattern has a plus at the start only"),
    Listed("website", (r"text 'http://localhost:80/x'", r"text 'http://\[::1\]/'", r"text 'x\.com\.'",
                       r"text '1,234\.50'", r"text 'http://user:pw@host\.com/\?q'"), SENT_IN_VAIN,
           "RFC 3986 calls these valid; CRM's pattern asks for a dot between two labels"),
    Listed(f"{_PROSE}, phone, website, lookup by name", (r"object Decimal\('-0\.0'\)",), ALTERED,
           "zero has no sign, in text neither"),
)  # fmt: skip
# Faults that are known, none at this time. Each cell must still differ: when the fault is fixed, remove its label.
_FAULTS: tuple[Listed, ...] = ()
KNOWN = tuple(replace(entry, labels=(label,), fault=True) for entry in _FAULTS for label in entry.labels)

LISTED = (*SERVER_ONLY, *REFUSALS, *DELIBERATE, *KNOWN)


def covers(entry: Listed, name: str, condition: str, label: str, how: str) -> bool:
    """Return whether an entry is about a difference; only a known fault is about a cell that is listed as valid."""
    if entry.how != how or name not in entry.of or (condition in GOOD and not entry.fault):
        return False
    return any(re.fullmatch(one, label) for one in entry.labels)
