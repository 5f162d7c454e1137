"""The fixes of one cell: it is written as its field needs it where that is certain, else it is reported.

A rule takes a text and returns it unchanged, changed, or a `Left` that says why it was left unchanged.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from functools import cached_property
from types import MappingProxyType
from typing import Final

from bigin_frames.frames.cleaning.dates import Left, day, moment
from bigin_frames.frames.field_types import DECIMAL_TYPES, LOOKUP_TYPES, TEXT_TYPES, WHOLE_TYPES
from bigin_frames.frames.rules.mail_and_web import EMAIL, WEBSITE
from bigin_frames.job_request import MappedColumn

RULES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "unicode": "Convert text to Unicode form NFC; restore Windows quotes and dashes read as control characters.",
        "spaces": "Trim white space, collapse runs of it (not in long texts), and remove invisible characters.",
        "numbers": "Write phone numbers, zip codes, ids and other text that became a float (4155550100.0) as digits.",
        "booleans": "Write yes, y, t, on and 1 as true; no, n, f, off and 0 as false.",
        "dates": "Write dates and datetimes as yyyy-MM-dd and yyyy-MM-ddTHH:mm:ss; no order is guessed.",
        "choices": "Spell picklist values as the picklist does, and separate several of them by ';'.",
        "emails": "Take e-mail addresses out of mailto: and angle brackets.",
        "websites": "Put https:// before web addresses that have no scheme.",
    }
)

_MOST_PASSES: Final = 8  # no text has needed more than two; the limit costs nothing
_MOST_SUGGESTIONS: Final = 500  # different wrong values in a column; each takes about a millisecond


@dataclass(frozen=True, slots=True)
class Step:
    """One change of one cell."""

    rule: str
    before: object
    after: str


@dataclass(frozen=True, slots=True)
class Wash:
    """What the rules did to one cell, in order, and what they left unchanged."""

    steps: tuple[Step, ...] = ()
    left: Left | None = None


@dataclass(frozen=True)
class Washer:
    """The cleaner of one column's cells.

    Parameters
    ----------
    column : MappedColumn
    on : collection of str
        The rules to follow.
    order : {"ymd", "dmy", "mdy"} or None
        The order of dates that could be read in several ways.
    longest : int
        Digits of the longest number of the column, 0 where leading zeros have no meaning.
    """

    column: MappedColumn
    on: Collection[str]
    order: str | None = None
    longest: int = 0
    _suggested: dict[str, str | None] = field(default_factory=dict)

    def text(self, cell: object, text: str) -> Wash:
        """Return the changes of a cell whose text is ``text``."""
        steps: list[Step] = []
        left: Left | None = None
        for _ in range(_MOST_PASSES):
            known, left = len(steps), None
            for name, rule in self._rules:
                done = rule(self, text) if text else text
                if isinstance(done, Left):
                    left = done
                elif done != text:
                    steps.append(Step(name, text if steps else cell, done))
                    text = done
            if len(steps) == known:
                break
        return Wash(tuple(steps), left)

    def number(self, cell: float, exact_below: int) -> Wash:
        """Return the changes of a float or an int; from ``exact_below`` on, floats are not exact."""
        if self.family == "boolean":
            return self.text(cell, _short(cell)) if "booleans" in self.on else Wash()
        if self.family not in _NUMBERED or "numbers" not in self.on:
            return Wash()
        if not isinstance(cell, float):
            return Wash((), Left(_ZERO) if len(_short(abs(cell))) < self.longest else None)
        done = self._digits(_short(cell)) if cell.is_integer() and abs(cell) < exact_below else Left(_UNSURE)
        if isinstance(done, Left):
            return Wash((), done)
        wash = self.text(done, done)
        return Wash((Step("numbers", cell, done), *wash.steps), wash.left)

    @cached_property
    def family(self) -> str:
        """Return the kind of text that the field accepts."""
        kind, by = self.column.field.data_type, self.column.by
        if kind in LOOKUP_TYPES:
            return {"id": "id", None: "id", "email": "email"}.get(by, "text")
        if kind in WHOLE_TYPES | DECIMAL_TYPES:
            return "number"
        return "text" if kind == "picklist" and not self.column.field.picklist else kind

    @cached_property
    def coded(self) -> bool:
        """Return whether the numbers of the field are identifiers: phone numbers, zip codes, ids."""
        return self.family in ("phone", "id") or (self.family == "text" and bool(_CODES.search(_names(self.column))))

    @cached_property
    def zeroed(self) -> bool:
        """Return whether a number of the field may begin with zeros."""
        return self.family == "phone" or bool(_ZEROED.search(_names(self.column)))

    @cached_property
    def _rules(self) -> list[tuple[str, Callable[[Washer, str], str | Left]]]:
        wanted = ((name, rule) for name, (families, rule) in _TABLE.items() if self.family in families)
        return [(name, rule) for name, rule in wanted if name in self.on]

    @cached_property
    def _options(self) -> dict[str, str | None]:
        """Return the spelling of each folded picklist value; None where two of them fold to the same text."""
        options: dict[str, str | None] = {}
        for option in self.column.field.picklist:
            options[_fold(option)] = None if _fold(option) in options else option
        return options

    def _nfc(self, text: str) -> str:
        return unicodedata.normalize("NFC", text.translate(_WINDOWS))

    def _spaces(self, text: str) -> str:
        visible = _INVISIBLE.sub("", text)
        return visible.strip() if self.family == "textarea" else " ".join(visible.split())

    def _numbers(self, text: str) -> str | Left:
        match = _FLOAT_DIGITS.fullmatch(text) if self.coded else None
        if match is None:
            return text
        return self._digits(match[1]) if int(match[1]) < 2**53 else Left(_UNSURE)

    def _digits(self, digits: str) -> str | Left:
        return Left(_ZERO) if len(digits.lstrip("-")) < self.longest else digits

    def _booleans(self, text: str) -> str | Left:
        if text.casefold() in ("true", "false"):
            return text
        return _TRUTHS.get(text.strip().casefold(), Left("is not a known word for true or false"))

    def _dates(self, text: str) -> str | Left:
        return moment(text, self.order) if self.family == "datetime" else day(text, self.order)

    def _choices(self, text: str) -> str | Left:
        if self.family == "picklist":
            return self._choice(text)
        parts = _parts(text, ";")
        if not self.column.field.picklist:
            return ";".join(parts)
        several = [[self._choice(part) for part in _parts(text, sign)] for sign in ";,|\n"]
        sure = (found for found in several if found and not any(isinstance(one, Left) for one in found))
        certain = next(sure, None)
        if certain is not None:
            return ";".join(dict.fromkeys(map(str, certain)))
        wrong = next((one for one in several[0] if isinstance(one, Left)), None)
        return wrong or Left("contains no choice")

    def _choice(self, text: str) -> str | Left:
        picklist = self.column.field.picklist
        spelled = text if text in picklist else self._options.get(_fold(text))
        return spelled or Left(f"is not among the {len(picklist)} values of the picklist", self._suggestion(text))

    def _suggestion(self, text: str) -> str | None:
        if text not in self._suggested and len(self._suggested) < _MOST_SUGGESTIONS:
            spellings = {_fold(option): option for option in self.column.field.picklist}
            nearest = get_close_matches(_fold(text), spellings, n=1)
            self._suggested[text] = spellings[nearest[0]] if nearest else None
        return self._suggested.get(text)

    def _emails(self, text: str) -> str | Left:
        inner = _BRACKETS.fullmatch(text)
        address = _MAILTO.sub("", (inner[1] if inner else text).strip()).strip()
        return address if _EMAIL.fullmatch(address) else Left("is not one e-mail address")

    def _websites(self, text: str) -> str | Left:
        if _HOST.fullmatch(text):
            return f"https://{text}"
        if not _WEBSITE.fullmatch(text):
            return Left("is not a web address")
        return Left(_SCHEME) if "://" in text and not _SCHEMES.match(text) else text


_UNSURE: Final = "is not a whole number, or is too large for a float to be exact"
_ZERO: Final = "has fewer digits than others in the column and may have lost a zero: read the column with dtype='str'"
_SCHEME: Final = "begins with a scheme other than http, https and ftp"
_NUMBERED: Final = TEXT_TYPES - {"email", "website"} | {"picklist", "id"}

_INVISIBLE: Final = re.compile(
    "[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\u00ad\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff]"
)
# C1 control characters are Windows-1252 read as Latin-1, and browsers show them so (HTML standard, numeric character
# references). U+0085 stays white space, which it is in Python and Unicode.
_WINDOWS: Final = {
    byte: text for byte in range(0x80, 0xA0) if byte != 0x85 and (text := bytes([byte]).decode("cp1252", "ignore"))
}
_ZEROED: Final = re.compile(
    r"\b(zip|zipcode|postal|postcode|phone|telephone|mobile|fax|(billing|mailing|shipping|post|pin) code)\b"
)
_CODES: Final = re.compile(rf"{_ZEROED.pattern}|\bid\b")
_FLOAT_DIGITS: Final = re.compile(r"([0-9]+)\.0+")
_TRUTHS: Final = {
    **dict.fromkeys(("yes", "y", "true", "t", "on", "1", "1.0"), "true"),
    **dict.fromkeys(("no", "n", "false", "f", "off", "0", "0.0"), "false"),
}

_EMAIL: Final = re.compile(EMAIL)
_BRACKETS: Final = re.compile(r"[^<>@]*<([^<>]+)>")
_MAILTO: Final = re.compile(r"^mailto:", re.IGNORECASE)
_WEBSITE: Final = re.compile(WEBSITE)
_SCHEMES: Final = re.compile(r"(?:https?|ftps?|sftp)://", re.IGNORECASE)
_HOST: Final = re.compile(r"(?:[^\W_](?:[\w-]*[^\W_])?\.)+[^\W\d_]{2,}(?::[0-9]{1,5})?(?:[/?#][^\s@]*)?")


def _names(column: MappedColumn) -> str:
    names = f"{column.field.api_name} {column.field.label} {column.column}"
    return re.sub(r"(?<=[a-z])(?=[A-Z])|_", " ", names).casefold()


def _short(number: float) -> str:
    if isinstance(number, int):
        return str(number)
    return format(number + 0, ".0f") if float(number).is_integer() else "fraction"


def _fold(text: str) -> str:
    letters = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold())
    plain = (sign for sign in letters if not _ACCENTS[0] <= sign <= _ACCENTS[1] and not sign.isspace())
    return _INVISIBLE.sub("", "".join(plain))


_ACCENTS: Final = ("\u0300", "\u036f")  # the marks of other scripts, such as Japanese voicing, distinguish words


def _parts(text: str, sign: str) -> list[str]:
    return list(dict.fromkeys(part.strip() for part in text.split(sign) if part.strip()))


_TABLE: Final[dict[str, tuple[frozenset[str], Callable[[Washer, str], str | Left]]]] = {
    "unicode": (TEXT_TYPES, Washer._nfc),
    "spaces": (TEXT_TYPES | {"id", "number", "boolean", "date", "datetime"}, Washer._spaces),
    "numbers": (frozenset({"text", "phone", "id"}), Washer._numbers),
    "booleans": (frozenset({"boolean"}), Washer._booleans),
    "dates": (frozenset({"date", "datetime"}), Washer._dates),
    "choices": (frozenset({"picklist", "multiselectpicklist"}), Washer._choices),
    "emails": (frozenset({"email"}), Washer._emails),
    "websites": (frozenset({"website"}), Washer._websites),
}
