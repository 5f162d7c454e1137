"""The pictures docs/images/help.png and terminal.png: help of the command line, and a write from file to verdicts.

Run `python docs/pictures/terminal.py`; it needs chromium on PATH and Pillow.
"""

from __future__ import annotations

import html
import os
import pty
import re
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from PIL import Image, ImageChops
from sandbox_page import photograph

from bigin_frames.demo import broken, legislators, organise
from bigin_frames.sandbox import Sandbox

COMMAND = Path(sys.executable).with_name("bigin-frames")
WROTE = (
    "check people.csv --module Contacts --yes",
    "insert people.csv --module Contacts --yes --out done.csv",
    "insert people.csv --module Contacts --yes --out again.csv",
    "runs",
)
_PAGE = """<!doctype html><meta charset="utf-8"><body style="margin:0;background:#1e2127">
<pre style="margin:0;padding:18px 22px;font:14px/1.45 'DejaVu Sans Mono',monospace;color:#d7dae0">{}</pre>"""
_COLOURS = {"31": "#e06c75", "32": "#98c379", "33": "#e5c07b", "36": "#56b6c2", "2": "#8a909c", "1": "#ffffff"}


def terminal(folder: Path) -> list[Path]:
    """Write both pictures into a folder and return their paths."""
    with TemporaryDirectory() as work, Sandbox() as box:
        organise(box)
        broken(legislators()).to_csv(Path(work) / "people.csv", index=False)
        variables = {**os.environ, **box.environment(), "BIGIN_FRAMES_HOME": f"{work}/home", "COLUMNS": "100"}
        variables |= {"BIGIN_TOKEN_CACHE": f"{work}/token", "TERM": "xterm-256color"}
        session = "\n".join(f"<b>$ bigin-frames {line}</b>\n{_shown(line, work, variables)}" for line in WROTE)
        helped = f"<b>$ bigin-frames insert --help</b>\n{_shown('insert --help', work, {**variables, 'COLUMNS': '88'})}"
        return [_drawn(text, folder / name, work) for text, name in ((helped, "help.png"), (session, "terminal.png"))]


def _shown(line: str, folder: str, variables: dict[str, str]) -> str:
    """Run a command in a terminal of its own and return what a person would see as HTML."""
    master, slave = pty.openpty()
    run = subprocess.Popen([COMMAND, *line.split()], cwd=folder, env=variables, stdout=slave, stderr=slave)  # noqa: S603
    os.close(slave)
    raw = bytearray()
    try:
        while piece := os.read(master, 4096):
            raw += piece
    except OSError:  # a closed terminal
        pass
    run.wait(60)
    os.close(master)
    lines = raw.decode().replace("\r\n", "\n").split("\n")
    seen = "\n".join(_wrapped(line.rpartition("\r")[2], int(variables["COLUMNS"])) for line in lines)
    return re.sub("\x1b\\[([0-9;]*)m", _span, html.escape(seen, quote=False))


def _wrapped(line: str, width: int) -> str:
    if "\x1b" in line:
        return line
    return "\n".join(line[at : at + width] for at in range(0, max(1, len(line)), width))


def _span(found: re.Match[str]) -> str:
    colour = next((_COLOURS[code] for code in found[1].split(";") if code in _COLOURS), None)
    return f'<span style="color:{colour}">' if colour else "</span>"


def _drawn(text: str, target: Path, work: str) -> Path:
    page = Path(work) / f"{target.stem}.html"
    page.write_text(_PAGE.format(text), encoding="utf-8")
    photograph(page.as_uri(), target, work, (960, 1600))
    with Image.open(target) as picture:
        whole = picture.convert("RGB")
        empty = Image.new("RGB", whole.size, whole.getpixel((0, whole.height - 1)))
        bottom = ImageChops.difference(whole, empty).getbbox()
        cut = whole.crop((0, 0, whole.width, (bottom[3] if bottom else whole.height) + 18))
        cut.convert("P", palette=Image.Palette.ADAPTIVE, colors=256).save(target, optimize=True)
    return target


if __name__ == "__main__":
    sys.stdout.write("".join(f"{path}\n" for path in terminal(Path(__file__).parents[1] / "images")))
