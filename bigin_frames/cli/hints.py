"""The library's messages in the terms of the command line.

The library's messages are for people who write Python: they name keyword options, methods of pandas, and the frame.
On the command line the same message names options of commands, other commands, and the file.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

_RESUME: Final = r"`bf\.resume\('(\w+)', df\)"
_CLAUSE: Final = r"(^|[:;,] (?:or )?)[^:;,]* with "  # the advice before a method of pandas, in any words
_IN_BRACKETS: Final = r"\([^()]*\)"


def _moment(found: re.Match[str]) -> str:
    before = (found.string[: found.start()] + found[0]).replace("to_datetime", "")
    return f"{found[1]}write it as " + ("YYYY-MM-DDTHH:MM:SS" if "time" in before else "YYYY-MM-DD")


def _option(found: re.Match[str]) -> str:
    value = f" {found[3]}" if found[3] else ""
    return f"--{found[1].replace('_', '-')}{value}"


def _variable(found: re.Match[str]) -> str:
    return "REQUESTS_CA_BUNDLE" if found[0] == "ca_file" else f"BIGIN_{found[0].upper()}"


# Applied in this order: whole phrases before single words.
_HERE: Final[tuple[tuple[str, str | Callable[[re.Match[str]], str]], ...]] = (
    # Options that no command has: the hint is dropped.
    (r",? or give (?:a value|one) in defaults=", ""),
    (r"[,;.]? (?:or send it with )?formulas='\w+'(?: keeps them out, formulas='off' says nothing)?", ""),
    (r"on_overlap=\"skip\" [^;.]*; bf\.runs", "bf.runs"),
    (r"[:;.] on_overlap=\"(?:raise|ignore)\" [^;.]*", ""),
    (r"; repeat=True inserts [^;.]*", ""),
    (r", (\w+ fewer rows), or [^;.]*max_rows_per_job[^;.]*", r" or \1"),
    (r" \(max_rows_per_job\)", ""),
    (r"(?:drop|remove) it \([^)]*\), rename it, or choose other names with result_columns=", "remove it or rename it"),
    # Options that commands have.
    (r"\bin columns=", "with --map"),
    (r"\b\w+ (?:find_by=\.\.\. with a unique field|a unique field as find_by)", "name a unique field with --find-by"),
    (
        r"(?<!['\"\w])(find_by|max_credits|credits_per_day|wait_for_credits|on_invalid)\b"
        r"(?:=True|=(['\"]?)([\w,]*\w)\2|= ?)?(?!['\"\w])",
        _option,
    ),
    (
        r"look (\w+) up with bf\.Lookup\('(\w+)', by='?([\w.]+)'?\)",
        r'find \1 with --map-file: { field = "\2", by = "\3" }',
    ),
    # Variables of the environment.
    (r"\btoken_cache or BIGIN_TOKEN_CACHE", "BIGIN_TOKEN_CACHE"),
    (r"(?<!['\"\w])(?:(?:api|content|accounts)_url|ca_file|org_id|token_cache)\b(?!['\"])", _variable),
    # Runs and files of metadata.
    (rf"see {_RESUME}\.unknown`", r"see `bigin-frames show \1`"),
    (rf"{_RESUME}(?:\.(?:wait|frame)\(\))?`", r"`bigin-frames resume \1 FILE`"),
    (r"give the frame: bf\.resume\('(\w+)', df\)", r"give FILE: `bigin-frames resume \1 FILE`"),
    (r"`bf\.resume\(\.\.\.\)` and `run\.adopt", "in Python, `bf.resume(...)` and `run.adopt"),
    (r"`?bf\.runs\(\)`?", "`bigin-frames runs`"),
    (rf"`?bf\.save_metadata{_IN_BRACKETS}`?", "`bigin-frames modules --save FILE`"),
    (r"[A-Z][\w ]* `error\.run\.wait\(\)`, or [^.]*`error\.run\.frame\(\)`", "Run the same command again to resume"),
    (r"`error\.run\.frame\(\)`", "`bigin-frames show`"),
    (r"^<Run (\w+): (.*?)>", r"run \1 (\2)"),
    (r"\bMake the same call\b", "Run the same command"),
    (r"\bmake the same call\b", "run the same command"),
    # Cells, which are fixed in the file.
    (rf"{_CLAUSE}pd\.to_datetime{_IN_BRACKETS}", _moment),
    (rf", or [^,]* with pd\.to_numeric(?:{_IN_BRACKETS})?", ""),
    (rf"{_CLAUSE}\.map\({{'yes'[^()]*\)", r"\1write true or false (`bigin-frames clean` changes yes and no)"),
    (rf"{_CLAUSE}\.map\({{1: [^()]*\)", r"\1write true or false"),
    (rf"{_CLAUSE}\.map\({{True: 1[^()]*\)", r"\1write numbers"),
    (rf"{_CLAUSE}\.map\({{True: '[^()]*\)", r"\1write text"),
    (r"\b(?:give|use) True or False", "write true or false"),
    (rf"{_CLAUSE}\.dt\.strftime{_IN_BRACKETS}", r"\1save it as text, such as 2024-01-31"),
    (rf"{_CLAUSE}\.dt\.tz_localize{_IN_BRACKETS}", r"\1add its offset, such as +03:00"),
    (rf"{_CLAUSE}\.dt\.to_timestamp\(\)", r"\1save a date"),
    (r"drop it with \.dt\.normalize\(\)", "remove it"),
    (rf" with \.(?:str\.\w+|round){_IN_BRACKETS}", ""),
    (
        r"read (the column|it) (?:as text )?with dtype='?str'?|read (the column|it) as Int64 or text",
        "save the column as text",
    ),
    (r"\w+ dates='dmy' or dates='mdy'", "write it as YYYY-MM-DD"),
    # The source of the rows.
    (r"\b([Tt]he|[Tt]his|[Tt]hat|[Ss]ame|[Nn]o) frame\b", r"\1 file"),
)


def as_here(text: str) -> str:
    """Return a message of the library with the names that the command line has; lines to be copied stay as they are."""
    return "\n".join(line if line.startswith("  ") else _line(line) for line in text.split("\n"))


def _line(line: str) -> str:
    for pattern, here in _HERE:
        line = re.sub(pattern, here, line)
    return line
