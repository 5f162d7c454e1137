"""Rules of e-mail and web addresses."""

from __future__ import annotations

from typing import Final

# Letters beyond ASCII, without the spaces and invisible characters among them.
_BEYOND = (
    "\u00a1-\u167f\u1681-\u1fff\u200c-\u200d\u2010-\u2027\u2030-\u205e\u2070-\u2fff\u3001-\ud7ff\uf900-\ufefe\uff00-\uffef"
    "\U00010000-\U0010fffd"
)
_DOT = "[.\u3002\uff0e\uff61]"  # the dots that internationalised names may use
_EDGE = f"[0-9A-Za-z{_BEYOND}]"
_LABEL = f"{_EDGE}(?:[0-9A-Za-z_{_BEYOND}-]*{_EDGE})?"
_TOP = f"(?:[A-Za-z](?:[0-9A-Za-z{_BEYOND}-]*{_EDGE})|[{_BEYOND}](?:[0-9A-Za-z{_BEYOND}-]*{_EDGE})?)"
_LOCAL = f'(?:[0-9A-Za-z!#$%&\'*+/=?^_`{{|}}~.{_BEYOND}-]+|"(?:[^"\\\\\\r\\n]|\\\\.)+")'
# CRM v7, insert-records gives a pattern for each of the three; RFC 5321 and RFC 3986 allow more, and so do these.
EMAIL: Final = f"^{_LOCAL}@(?:(?:{_LABEL}{_DOT})+{_TOP}|\\[[0-9A-Za-z:.]+\\])$"
_HOST_LABEL = '[^ \t\r\n/?#@:"<>.\\[\\]]+'
_DOTTED = f"{_HOST_LABEL}(?:\\.{_HOST_LABEL})+\\.?"
_HOST = f"(?:{_HOST_LABEL}(?:\\.{_HOST_LABEL})*\\.?|\\[[0-9A-Fa-f:.]+\\])"
WEBSITE: Final = (
    f'^(?:[A-Za-z][0-9A-Za-z+.-]*://(?:[^ \t\r\n/?#@"<>]+@)?{_HOST}|{_DOTTED})(?::[0-9]{{1,5}})?(?:[/?#][^\r\n]*)?$'
)
