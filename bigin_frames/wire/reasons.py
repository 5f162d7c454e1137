"""The grammar of Bigin's ERRORS column: ``CODE-Field,Field:CODE-Field``."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class RowError:
    """A reason why a row was refused: a code, and the columns or fields it names."""

    code: str
    fields: tuple[str, ...] = ()


def parse_errors(text: str) -> tuple[RowError, ...]:
    """Read an ERRORS cell: ``CODE-Field,Field:CODE-Field``, codes alone allowed (Bigin v1, bulk-write/download-result).

    A ``:`` separates two reasons only where a code follows, and only the first ``-`` ends a code, so names may contain
    both; a name with a comma cannot be distinguished from two names. At most `MAX_REASONS` reasons are kept, and 255
    characters of each word.
    """
    reasons = [reason.strip() for reason in _BETWEEN_REASONS.split(text.strip())]
    return tuple(_reason(reason) for reason in reasons[:MAX_REASONS] if reason)


MAX_REASONS: Final = 100
_BETWEEN_REASONS: Final = re.compile(r":(?=\s*[A-Z][A-Z0-9_]{2,}\s*(?:-|:|$))")


def _reason(text: str) -> RowError:
    code, _, names = text.partition("-")
    fields = tuple(name.strip()[:255] for name in names.split(",") if name.strip())
    return RowError(code.strip()[:255], fields)


def plain_errors(text: str, names: Collection[str]) -> str:
    """Return only the codes and field names of an ERRORS cell: other words of a server may be customer data.

    Parameters
    ----------
    text : str
    names : collection of str
        The fields that may be named.
    """
    reasons = [
        RowError(reason.code, tuple(name for name in reason.fields if name in names))
        for reason in parse_errors(text)
        if _CODE.fullmatch(reason.code)
    ]
    return write_errors(reasons)


_CODE: Final = re.compile(r"[A-Z][A-Z0-9_]{1,63}")


def write_errors(errors: Iterable[RowError]) -> str:
    """Write reasons in the grammar `parse_errors` reads."""
    return ":".join(error.code + ("-" if error.fields else "") + ",".join(error.fields) for error in errors)
