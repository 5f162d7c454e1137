"""The library's messages in the terms of the command line.

The library's messages are for people who write Python: they name keyword options, methods of pandas, and the frame.
On the command line the same message names options of commands, other commands, and the file.
"""

from __future__ import annotations

import re
from typing import Final

_RESUME: Final = r"`bf\.resume\('(\w+)', df\)"
# Applied in this order: whole phrases before single words. None: the name of an option or of a variable, see below.
_HERE: Final = (
    # Options that no command has: the hint is dropped.
    (r",? or give (?:a value|one) in defaults=", ""),
    (r"[,;.]? (?:or send it with )?formulas='\w+'(?: keeps them out, formulas='off' says nothing)?", ""),
    (r"on_overlap=\"skip\" [^;.]*; bf\.runs\(\)", "bf.runs()"),
    (r"[:;] on_overlap=\"raise\" would stop", ""),
    (r"\. on_overlap=\"ignore\" sends them", ""),
    (r"; repeat=True inserts the rows once more", ""),
    (r", give fewer rows, or fill the jobs with a larger max_rows_per_job[^.;]*", " or give fewer rows"),
    (r" \(max_rows_per_job\)", ""),
    (r"(?:drop|remove) it \([^)]*\), rename it, or choose other names with result_columns=", "remove it or rename it"),
    # Options that commands have.
    (r"\bin columns=", "with --map"),
    (r"\bgive find_by= a unique field", "name a unique field with --find-by"),
    (r"\bgive find_by='id' and a column", "give --find-by id and a column"),
    (
        r"(?<!['\"\w])(find_by|max_credits|credits_per_day|wait_for_credits|on_invalid)\b"
        r"(?:=True|=(['\"]?)([\w,]*\w)\2|= ?)?(?!['\"\w])",
        None,
    ),
    (r"\btoken_cache or BIGIN_TOKEN_CACHE", "BIGIN_TOKEN_CACHE"),
    (r"(?<!['\"\w])((?:api|content|accounts)_url|ca_file|org_id|token_cache)\b(?!['\"])", None),
    # Runs and files of metadata.
    (rf"see {_RESUME}\.unknown`", r"see `bigin-frames show \1`"),
    (rf"{_RESUME}(?:\.(?:wait|frame)\(\))?`", r"`bigin-frames resume \1 FILE`"),
    (r"give the frame: bf\.resume\('(\w+)', df\)", r"give FILE: `bigin-frames resume \1 FILE`"),
    (r"`bf\.resume\(\.\.\.\)` and `run\.adopt", "in Python, `bf.resume(...)` and `run.adopt"),
    (r"`?bf\.runs\(\)`?", "`bigin-frames runs`"),
    (r"`?bf\.save_metadata\([^()]*\)`?", "`bigin-frames modules --save FILE`"),
    (
        r"[A-Z][\w ]* `error\.run\.wait\(\)`, or see [^.]*`error\.run\.frame\(\)`",
        "Run the same command again to resume",
    ),
    (r"`error\.run\.frame\(\)`", "`bigin-frames show`"),
    (r"^<Run (\w+): (.*?)>", r"run \1 (\2)"),
    (r"([Mm])ake the same call again", lambda found: f"{'R' if found[1] == 'M' else 'r'}un the same command again"),
    # Cells, which are fixed in the file.
    (r"(HH:mm:ss.*)parse it with pd\.to_datetime\([^()]*\)", r"\1write it as YYYY-MM-DDTHH:MM:SS"),
    (r"(?<=field of type datetime: )parse it with pd\.to_datetime\([^()]*\)", "write it as YYYY-MM-DDTHH:MM:SS"),
    (r"parse it with pd\.to_datetime\([^()]*\)", "write it as YYYY-MM-DD"),
    (r"say which time of the day is meant with pd\.to_datetime\([^()]*\)", "write it as YYYY-MM-DDTHH:MM:SS"),
    (r"say dates='dmy' or dates='mdy'", "write it as YYYY-MM-DD"),
    (r", or parse it with pd\.to_numeric(?:\([^()]*\))?", ""),
    (
        r"say which words mean true with \.map\([^()]*\)",
        "write true or false (`bigin-frames clean` changes yes and no)",
    ),
    (r"say which is which with \.map\([^()]*\)|give True or False", "write true or false"),
    (r"say which (\w+) are meant with \.map\([^()]*\)", r"write the \1 that are meant"),
    (r"say how it is to be written with \.dt\.strftime\([^()]*\)", "save it as text, such as 2024-01-31"),
    (r"say which (?:instant )?is meant with \.dt\.tz_localize\([^()]*\)", "add its offset, such as +03:00"),
    (r"say which moment is meant with \.dt\.to_timestamp\(\)", "write a date"),
    (r"drop it with \.dt\.normalize\(\)", "remove it"),
    (r" with \.(?:str|dt)\.\w+\((?:[^()]|\(\))*\)| with \.round\(\)", ""),
    (r"read the column (?:as text )?with dtype='?str'?", "save the column as text"),
    (r"read the column as Int64 or text", "save the column as text"),
    # The source of the rows.
    (r"\b([Tt]he|[Tt]his|[Ss]ame|[Ww]hole) frame\b", r"\1 file"),
)
_VARIABLES: Final = {
    **{name: f"BIGIN_{name.upper()}" for name in ("api_url", "content_url", "accounts_url", "org_id", "token_cache")},
    "ca_file": "REQUESTS_CA_BUNDLE",
}


def as_here(text: str) -> str:
    """Return a message of the library with the names that the command line has; lines to be copied stay as they are."""
    return "\n".join(line if line.startswith("  ") else _line(line) for line in text.split("\n"))


def _line(line: str) -> str:
    for pattern, here in _HERE:
        line = re.sub(pattern, _option if here is None else here, line)
    return line


def _option(found: re.Match[str]) -> str:
    name = found[1]
    if name in _VARIABLES:
        return _VARIABLES[name]
    value = found[3] if found.re.groups >= 3 else None
    return f"--{name.replace('_', '-')}" + (f" {value}" if value else "")
