"""The pictures docs/images/report.png, plan.png and plot.png: the output of a check, a plan and a write.

The rows are 1,312 district offices of members of Congress, as published: coordinates have too many digits, opening
hours too many words, and several offices share a telephone number. Run `python docs/pictures/reports.py`; it
needs chromium on PATH, matplotlib and Pillow.
"""

from __future__ import annotations

import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import pandas as pd
from PIL import Image
from sandbox_page import photograph

from bigin_frames import verbs
from bigin_frames.client.settings import home_in
from bigin_frames.sandbox import Sandbox

OFFICES = Path(__file__).parents[2] / "tests" / "samples" / "district_offices.csv"
COLUMNS = {
    "id": "Office_ID",
    "city": "Last_Name",
    "address": "Mailing_Street",
    "building": "Building",
    "state": "Mailing_State",
    "zip": "Mailing_Zip",
    "latitude": "Latitude",
    "longitude": "Longitude",
    "phone": "Office_Phone",
    "hours": "Hours",
}
# The style around an output in a notebook: its font, and a table's stripes.
NOTEBOOK = (
    "<!doctype html><meta charset='utf-8'><style>body{margin:12px 16px;background:#fff;color:rgba(0,0,0,.87);"
    "font:13px/1.5 system-ui,sans-serif}table{font-size:12px}tbody tr:nth-child(odd){background:#f5f5f5!important}"
    "</style>"
)


def pictures(folder: Path) -> list[Path]:
    """Write the three pictures into a folder and return their paths."""
    made = [folder / name for name in ("report.png", "plan.png", "plot.png")]
    offices = pd.read_csv(OFFICES, dtype=str, keep_default_na=False, na_values=[""])
    with TemporaryDirectory() as home, home_in(home), Sandbox() as box:
        organise(box)
        options = {"columns": COLUMNS, "client": box.client(), "on_invalid": "skip"}
        report = verbs.check(offices, "Contacts", "upsert", find_by="Office_Phone", **options)
        page = report.to_html(Path(home) / "report.html")
        photograph(page.as_uri(), made[0], home, (1250, 900))
        plan = verbs.plan(offices, "Contacts", "upsert", find_by="Office_ID", max_rows_per_job=500, **options)
        page.write_text(NOTEBOOK + plan._repr_html_(), encoding="utf-8")
        photograph(page.as_uri(), made[1], home, (1000, 1090))
        out = verbs.upsert(
            offices, "Contacts", find_by="Office_ID", on_error="ignore", formulas="off", progress=False, **options
        )
        verbs.plot(out).savefig(made[2], dpi=100)
    for path in made:
        with Image.open(path) as picture:
            picture.convert("P", palette=Image.Palette.ADAPTIVE, colors=128).save(path, optimize=True)
    return made


def organise(box: Sandbox) -> None:
    """Add the fields that the offices need."""
    box.add_field("Contacts", "Office_ID", length=40, unique=True)
    box.add_field("Contacts", "Office_Phone", "phone", length=30, unique=True)
    for name in ("Building", "Hours"):
        box.add_field("Contacts", name, length=40)
    for name in ("Latitude", "Longitude"):
        box.add_field("Contacts", name, "double", length=16, decimal_place=9)


if __name__ == "__main__":
    for path in pictures(Path(__file__).parents[1] / "images"):
        sys.stdout.write(f"{path}\n")
