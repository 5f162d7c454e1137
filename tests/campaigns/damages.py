"""Damages of a result file: those that its reader can notice, and those that must not mislead it."""

from __future__ import annotations

import io
import struct
import zipfile
from collections.abc import Callable, Sequence
from random import Random

from bigin_frames.sandbox.files.archives import csv_bytes

Cells = list[list[str]]


# -- the archive


def zipped(content: bytes, dice: Random) -> bytes:
    """Return an archive of one file: stored or deflated, streamed (sizes behind the content) or not, with a comment."""
    out = io.BytesIO()
    method = dice.choice([zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_DEFLATED])
    with zipfile.ZipFile(_Stream(out) if dice.random() < 0.3 else out, "w", method) as archive:  # type: ignore[arg-type]
        archive.writestr(zipfile.ZipInfo("result.csv", (2026, 1, 1, 0, 0, 0)), content, method)
        archive.comment = dice.choice([b"", b"", b"made by a service"])
    return out.getvalue()


class _Stream:
    """A file that cannot seek: the writer then leaves a data descriptor behind the content."""

    def __init__(self, out: io.BytesIO) -> None:
        self.write, self.flush = out.write, out.flush


def flipped(body: bytes, dice: Random) -> bytes:
    out = bytearray(body)
    for _ in range(dice.choice([1, 1, 2, 8])):
        out[dice.randrange(len(out))] ^= 1 << dice.randrange(8)
    return bytes(out)


def overwritten(body: bytes, dice: Random) -> bytes:
    start, size = _run(body, dice)
    filler = dice.choice([b"\0" * size, b"\xff" * size, dice.randbytes(size)])
    return body[:start] + filler + body[start + size :]


def removed(body: bytes, dice: Random) -> bytes:
    start, size = _run(body, dice)
    return body[:start] + body[start + size :]


def inserted(body: bytes, dice: Random) -> bytes:
    start, size = _run(body, dice)
    return body[:start] + dice.randbytes(size) + body[start:]


def doubled(body: bytes, dice: Random) -> bytes:
    """Repeat a block anywhere in the file."""
    start, size = _run(body, dice)
    at = dice.choice([start + size, dice.randrange(len(body))])
    return body[:at] + body[start : start + size] + body[at:]


def cut(body: bytes, dice: Random) -> bytes:
    at = dice.randrange(len(body))
    return dice.choice([body[:at], body[:at], body[at:]])


def _run(body: bytes, dice: Random) -> tuple[int, int]:
    start = dice.randrange(len(body))
    return start, min(dice.choice([1, 4, 22, 64, 1024]), len(body) - start)


# Offset and size of each number of the three headers (APPNOTE.TXT 4.3.7, 4.3.12, 4.3.16).
_FIELDS = {
    b"PK\x03\x04": [(4, 2), (6, 2), (8, 2), (10, 2), (12, 2), (14, 4), (18, 4), (22, 4), (26, 2), (28, 2)],
    b"PK\x01\x02": [
        (4, 2),
        (6, 2),
        (8, 2),
        (10, 2),
        (12, 2),
        (14, 2),
        (16, 4),
        (20, 4),
        (24, 4),
        (28, 2),
        (30, 2),
        (32, 2),
        (34, 2),
        (36, 2),
        (38, 4),
        (42, 4),
    ],
    b"PK\x05\x06": [(4, 2), (6, 2), (8, 2), (10, 2), (12, 4), (16, 4), (20, 2)],
}
_FORMATS = {2: "<H", 4: "<I"}


def with_fields_swapped(body: bytes, dice: Random) -> bytes:
    """Exchange two numbers of the headers, or put one in another's place, or a number that is at some edge."""
    out = bytearray(body)
    for _ in range(dice.choice([1, 1, 2, 3])):
        (one, size), (other, _) = _field(body, dice), _field(body, dice)
        mine, theirs = bytes(out[one : one + size]), bytes(out[other : other + size])
        (value,) = struct.unpack(_FORMATS[size], mine)
        top = 256**size - 1
        new = dice.choice(
            [
                theirs,
                theirs,
                *(
                    struct.pack(_FORMATS[size], number & top)
                    for number in (0, 1, 10, value + 1, value - 1, value * 2, len(body), top, top // 2)
                ),
            ]
        )
        out[one : one + size] = new
        if new == theirs and dice.random() < 0.5 and len(theirs) == size:
            out[other : other + size] = mine
    return bytes(out[: len(body)])


def _field(body: bytes, dice: Random) -> tuple[int, int]:
    mark = dice.choice(list(_FIELDS))
    start = body.find(mark) if mark == b"PK\x03\x04" else body.rfind(mark)
    offset, size = dice.choice(_FIELDS[mark])
    return start + offset, size


def replaced(body: bytes, dice: Random) -> bytes:
    """Send something else in the archive's place, or the archive with company."""
    page = b"<html><body>Sign in</body></html>"
    empty = b"PK\x05\x06" + bytes(18)
    made = [b"", page, b'{"code":"INTERNAL_ERROR"}', empty, body + page, page + body, body + body]
    return dice.choice(
        [
            *made,
            _archive([("r.zip", body)]),
            _archive([("a.csv", b"x"), ("b.csv", b"y")]),
            _archive([("", page)]),
            _archive([("folder/", b"")]),
            _archive([("../../x", page)]),
        ]
    )


def _archive(members: Sequence[tuple[str, bytes]]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, content in members:
            archive.writestr(zipfile.ZipInfo(name), content)
    return out.getvalue()


ARCHIVE: dict[str, Callable[[bytes, Random], bytes]] = {
    "zip: bits flipped": flipped,
    "zip: bytes overwritten": overwritten,
    "zip: bytes removed": removed,
    "zip: bytes inserted": inserted,
    "zip: block doubled": doubled,
    "zip: cut": cut,
    "zip: header fields": with_fields_swapped,
    "zip: something else": replaced,
}


# -- the text; the result is zipped again, with a valid checksum


def with_quotes_broken(content: bytes, dice: Random) -> bytes:
    return _with_signs(content, dice, b'"', [b"", b'""', b"'"])


def with_seams_broken(content: bytes, dice: Random) -> bytes:
    return _with_signs(content, dice, dice.choice([b",", b"\n"]), [b"", b",,", b";", b"\r", b"\n\n", b"\t"])


def _with_signs(content: bytes, dice: Random, sign: bytes, others: Sequence[bytes]) -> bytes:
    for _ in range(dice.choice([1, 1, 2, 3])):
        places = [at for at in range(len(content)) if content[at : at + 1] == sign]
        if places and dice.random() < 0.6:
            at = dice.choice(places)
            content = content[:at] + dice.choice(others) + content[at + 1 :]
        else:
            at = dice.randrange(len(content) + 1)
            content = content[:at] + sign + content[at:]
    return content


def recoded(content: bytes, dice: Random) -> bytes:
    text = content.decode()
    at = dice.randrange(len(content))
    made = [
        text.encode("utf-16"),
        text.encode("utf-16-le"),
        text.encode("latin-1", "replace"),
        b"\xef\xbb\xbf" + content,
    ]
    odd = dice.choice([b"\0", b"\xff", b"\xef\xbb\xbf", b"\xed\xa0\x80", b"\x1b[2J", b"\xe2\x80\xae", b"\x1a"])
    return dice.choice([*made, content[:at] + odd + content[at:], b"\xef\xbb\xbf" * 2 + content])


TEXT: dict[str, Callable[[bytes, Random], bytes]] = {
    "csv: bits flipped": flipped,
    "csv: bytes overwritten": overwritten,
    "csv: bytes removed": removed,
    "csv: bytes inserted": inserted,
    "csv: block doubled": doubled,
    "csv: cut": cut,
    "csv: quotes broken": with_quotes_broken,
    "csv: seams broken": with_seams_broken,
    "csv: coded otherwise": recoded,
}


# -- the table; ``verdict`` are the places of status, id and errors, ``same`` returns whether two lines share an echo

Verdict = tuple[int, int, int]


def lines_dropped(cells: Cells, verdict: Verdict, dice: Random) -> Cells:
    gone = set(dice.sample(range(len(cells)), min(len(cells), dice.choice([1, 1, 2, 5, 50]))))
    return [line for at, line in enumerate(cells) if at not in gone]


def lines_doubled(cells: Cells, verdict: Verdict, dice: Random) -> Cells:
    again = [dice.choice(cells) for _ in range(dice.choice([1, 1, 2, 5]))]
    out = list(cells)
    for line in again:
        out.insert(dice.randint(0, len(out)), line)
    return out


def lines_swapped(cells: Cells, verdict: Verdict, dice: Random) -> Cells:
    out = list(cells)
    one, other = dice.randrange(len(out)), dice.randrange(len(out))
    out[one], out[other] = out[other], out[one]
    return out


def cells_trimmed(cells: Cells, verdict: Verdict, dice: Random) -> Cells:
    """Trim, pad or collapse some cells, all of a column or of the whole file."""
    tidy: Callable[[str], str] = dice.choice([str.strip, lambda t: " ".join(t.split()), lambda t: f" {t} ", str.lower])
    share, columns = dice.choice([0.05, 0.5, 1.0]), dice.choice([range(99), {dice.randrange(len(cells[0]))}])
    return [[tidy(t) if at in columns and dice.random() < share else t for at, t in enumerate(line)] for line in cells]


def cells_missing(cells: Cells, verdict: Verdict, dice: Random) -> Cells:
    """Drop or add a cell, of one line or of all."""
    out = [list(line) for line in cells]
    at, more = dice.randrange(len(out[0])), dice.random() < 0.5
    for line in dice.choice([out, [dice.choice(out)]]):
        if more:
            line.insert(at, "")
        else:
            del line[at : at + 1]
    return out


def columns_renamed(cells: Cells, verdict: Verdict, dice: Random) -> Cells:
    """Rename a column or two, or swap the names of the verdict columns; none becomes that of another mapped field."""
    header = list(cells[0])
    for _ in range(dice.choice([1, 1, 2])):
        at = dice.randrange(len(header))
        name, other = header[at], dice.choice(verdict)
        new = [
            "",
            "Unheard_Of",
            name.lower(),
            f" {name}",
            name.replace("_", " "),
            "STATUS",
            "ID",
            "ERRORS",
            "1",
            "A" * 999,
        ]
        header[at] = dice.choice(new)
        if at in verdict and dice.random() < 0.4:
            header[at], header[other] = header[other], name
    return [header, *cells[1:]]


def ids_spoiled(cells: Cells, verdict: Verdict, dice: Random) -> Cells:
    spoilt: Sequence[Callable[[str], str]] = (
        lambda t: f"{int(t):.5E}",
        lambda t: f"{int(t):.14e}",
        lambda t: f"{t}.0",
        lambda t: f'="{t}"',
        lambda t: "",
        lambda t: f"{int(t):,}",
        lambda t: f"{t}0000",
        lambda t: f"-{t}",
        lambda t: f"id {t}",
        lambda t: "NaN",
        lambda t: t.translate(str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩")),
        lambda t: f" {t}\t",
    )
    how, share = dice.choice(spoilt), dice.choice([0.05, 0.5, 1.0])
    out = [list(line) for line in cells]
    for line in out[1:]:
        if line[verdict[1]].isdecimal() and dice.random() < share:
            line[verdict[1]] = how(line[verdict[1]])
    return out


def words_spoiled(cells: Cells, verdict: Verdict, dice: Random) -> Cells:
    words: Sequence[Callable[[str], str]] = (
        lambda t: "",
        lambda t: "MERGED",
        str.lower,
        lambda t: t[1:],
        lambda t: f"\u00a0{t}",
        lambda t: "UNREPORTED",
        lambda t: t.replace("D", "\u0421"),
        lambda t: f"{t},{t}",
        lambda t: "PENDING",
        lambda t: t.replace("I", "\u0130"),
    )
    how, share = dice.choice(words), dice.choice([0.05, 0.5, 1.0])
    out = [list(line) for line in cells]
    for line in out[1:]:
        if dice.random() < share:
            line[verdict[0]] = how(line[verdict[0]])
            line[verdict[2]] = dice.choice([line[verdict[2]], "x" * 5000, "=cmd|' /C calc'!A0", "\x1b[31m:,-:"])
    return out


LINES: dict[str, Callable[[Cells, Verdict, Random], Cells]] = {
    "lines: dropped": lines_dropped,
    "lines: doubled": lines_doubled,
    "lines: swapped": lines_swapped,
}
TABLE: dict[str, Callable[[Cells, Verdict, Random], Cells]] = {
    "cells: trimmed": cells_trimmed,
    "cells: missing": cells_missing,
    "cells: columns renamed": columns_renamed,
    "cells: ids spoiled": ids_spoiled,
    "cells: words spoiled": words_spoiled,
}


def written(cells: Cells, dice: Random) -> bytes:
    """Return a table as CSV, every cell quoted or only those that need it."""
    return csv_bytes(cells, ",", dice.choice(["\n", "\r\n"]), dice.random() < 0.5)
