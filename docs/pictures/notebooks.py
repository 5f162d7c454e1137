"""The pictures docs/images/quickstart.png and dirty.png: outputs of the first two notebooks, which are run for it.

Run `python docs/pictures/notebooks.py`; it needs chromium on PATH, nbclient, ipykernel, matplotlib and Pillow.
"""

from __future__ import annotations

import base64
import sys
from html import escape
from pathlib import Path
from tempfile import TemporaryDirectory

import nbformat
from nbclient import NotebookClient
from PIL import Image
from reports import NOTEBOOK
from sandbox_page import photograph

NOTEBOOKS = Path(__file__).parents[2] / "notebooks"
STYLE = (
    "<style>pre{background:#f5f5f5;padding:8px 12px;font:13px/1.45 monospace}table{border:0;border-collapse:collapse;"
    "margin-bottom:20px}td,th{border:0;padding:3px 9px;text-align:right;white-space:nowrap}</style>"
)
CALLS = {"write": "people.bigin.insert(...)", "mend": "out.bigin.retry(...)"}  # cells of the quickstart


def pictures(folder: Path) -> list[Path]:
    """Write the two pictures into a folder and return their paths."""
    made = [folder / name for name in ("quickstart.png", "dirty.png")]
    tables = shown("01_quickstart", "text/html")
    drawn = shown("02_dirty_spreadsheet", "image/png")
    with TemporaryDirectory() as place:
        page = Path(place) / "quickstart.html"
        pieces = (f"<pre>{escape(call)}</pre>{tables[cell]}" for cell, call in CALLS.items())
        page.write_text(NOTEBOOK + STYLE + "".join(pieces), encoding="utf-8")
        photograph(page.as_uri(), made[0], place, (830, 500))
    made[1].write_bytes(base64.b64decode(drawn["picture"]))
    with Image.open(made[0]) as picture:
        picture.convert("P", palette=Image.Palette.ADAPTIVE, colors=128).save(made[0], optimize=True)
    return made


def shown(name: str, kind: str) -> dict[str, str]:
    """Run a notebook and return its outputs of one MIME type by the ids of their cells."""
    notebook = nbformat.read(NOTEBOOKS / f"{name}.ipynb", as_version=4)
    NotebookClient(notebook, timeout=120, resources={"metadata": {"path": str(NOTEBOOKS)}}).execute()
    outputs = ((cell.id, output) for cell in notebook.cells for output in cell.get("outputs", ()))
    return {cell: output.data[kind] for cell, output in outputs if kind in output.get("data", {})}


if __name__ == "__main__":
    for path in pictures(Path(__file__).parents[1] / "images"):
        sys.stdout.write(f"{path}\n")
