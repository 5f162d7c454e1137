"""The picture docs/images/sandbox.png: the page of a local Bigin with real records and jobs, one of which failed.

Run `python docs/pictures/sandbox_page.py`; it needs chromium on PATH and Pillow.
"""

from __future__ import annotations

import subprocess
import sys
import warnings
from pathlib import Path
from tempfile import TemporaryDirectory

from PIL import Image

from bigin_frames import verbs
from bigin_frames.client.settings import home_in
from bigin_frames.demo import COLUMNS, broken, legislators, organise
from bigin_frames.errors import UndecidedRowsWarning
from bigin_frames.sandbox import Fault, Sandbox

WIDTH, HEIGHT = 1200, 1000
TIMEOUT_S = 60


def sandbox_page(folder: Path) -> Path:
    """Write sandbox.png into a folder and return its path."""
    target = folder / "sandbox.png"
    with TemporaryDirectory() as home, home_in(home), Sandbox(8765) as box:
        fill(box)
        photograph(box.url, target, home)
    with Image.open(target) as picture:
        picture.convert("P", palette=Image.Palette.ADAPTIVE, colors=128).save(target, optimize=True)
    return target


def fill(box: Sandbox) -> None:
    """Write the members of Congress and some companies, make one job fail, and fix the rows that were refused."""
    organise(box)
    client, frame = box.client(), legislators()
    options = {"client": client, "progress": False, "on_error": "ignore"}
    out = verbs.insert(broken(frame), "Contacts", columns=COLUMNS, on_invalid="skip", **options)
    fixed = frame.loc[verbs.failed(out).index]
    verbs.upsert(fixed, "Contacts", columns=COLUMNS, find_by="Bioguide_ID", **options)
    box.faults.add("job", Fault.job_failed(rows=12))
    companies = frame[["last_name"]].drop_duplicates() + " & Partners"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UndecidedRowsWarning)  # which the picture is to show
        verbs.insert(companies.head(40), "Accounts", columns={"last_name": "Account_Name"}, **options)


def photograph(url: str, target: Path, profile: str, size: tuple[int, int] = (WIDTH, HEIGHT), *more: str) -> None:
    """Take a screenshot of a page with headless Chromium."""
    command = ["chromium", "--headless", "--no-sandbox", "--hide-scrollbars", f"--user-data-dir={profile}/chromium"]
    command += [f"--screenshot={target}", f"--window-size={size[0]},{size[1]}", "--virtual-time-budget=3000", *more]
    subprocess.run([*command, url], check=True, timeout=TIMEOUT_S, capture_output=True)  # noqa: S603 - fixed arguments


if __name__ == "__main__":
    sys.stdout.write(f"{sandbox_page(Path(__file__).parents[1] / 'images')}\n")
