"""The notebooks run from their folder without an error or a warning, and show what they say."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path
from tempfile import TemporaryDirectory

import nbformat
import pytest
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output
from traitlets.config import Config

FOLDER = Path(__file__).parents[1] / "notebooks"
ROWS = 10_000  # of the fifth; it writes 100,000 unless it is told otherwise

# What each notebook has to show, as regular expressions.
CLAIMS = {
    "01_quickstart": (
        "4 of 537 rows cannot be written",
        "537 rows, 537 records in Bigin, each row is one of them: True",
    ),
    "02_dirty_spreadsheet": (
        "582 of 1,312 rows cannot be written",
        "280 of 1,312 rows cannot be written",
        "all 1,312 rows can be written",
        "1,312 rows, 1,312 companies in Bigin, each office once: True",
    ),
    "03_companies_and_contacts": (
        "7 of 10,251 rows cannot be written",
        r"10,246 companies and 17 contacts; 1 without a company",
        r"Rutherford +McGill University",
        r"Feynman +California Institute of Technology",
    ),
    "04_nightly_etl": (
        r"exit code -9; 500 of 537 contacts",
        r"unfinished",
        r"create +5 +1",
        r"jobs taken: 6, records: 537, doubled: 0, lost: 0",
        r"AlreadyDelivered: The same rows were inserted before",
        r"uploads and jobs sent: 0; records in Bigin: 537",
    ),
    "05_a_million_rows": (
        rf"{ROWS:,} rows, {ROWS:,} different ids, 0 rows not added",
        r"[\d,]+ rows a second",
        r"memory: \d+ MB before the write, \d+ MB at the most",
        "the local Bigin has ended: True",
    ),
}
# Warnings are shown, and so are noise; as errors they could be caught, and pass unseen.
STRICT = "import os, warnings\nwarnings.simplefilter('always')\nos.environ['PYTHONWARNINGS'] = 'error'"


def read(name: str) -> NotebookNode:
    return nbformat.read(FOLDER / f"{name}.ipynb", as_version=4)


def executed(notebook: NotebookNode) -> NotebookNode:
    """Run a notebook in a kernel of its own, in which every warning shows."""
    notebook.cells.insert(0, new_code_cell(STRICT))
    with TemporaryDirectory() as sockets:
        # Sockets in files: ports that are free when they are chosen may be taken when the kernel wants them.
        config = Config({"KernelManager": {"transport": "ipc", "ip": f"{sockets}/kernel"}})
        place = {"metadata": {"path": str(FOLDER)}}
        return NotebookClient(notebook, timeout=120, startup_timeout=30, config=config, resources=place).execute()


def outputs(notebook: NotebookNode) -> list[NotebookNode]:
    return [output for cell in notebook.cells for output in cell.get("outputs", ())]


def noise(notebook: NotebookNode) -> list[str]:
    """What no reader should see: errors, and what was written to stderr, a slow machine's progress bar excepted."""
    written = [output.text.strip() for output in outputs(notebook) if output.get("name") == "stderr"]
    raised = [output.ename for output in outputs(notebook) if output.output_type == "error"]
    return raised + [text for text in written if text and not text.startswith("Bigin: ")]


def shown(notebook: NotebookNode) -> str:
    texts = (output.get("text") or output.get("data", {}).get("text/plain", "") for output in outputs(notebook))
    return "\n".join(texts)


def faults(notebook: NotebookNode) -> list[str]:
    """What a notebook must not be in the repository."""
    cells = notebook.cells
    code = [cell for cell in cells if cell.cell_type == "code"]
    prose = "\n".join(cell.source for cell in cells if cell.cell_type == "markdown")
    ids = Counter(cell.id for cell in cells)
    found = {
        "has outputs": any(cell.outputs for cell in code),
        "has execution counts": any(cell.execution_count is not None for cell in code),
        "is not nbformat 4.5": (notebook.nbformat, notebook.nbformat_minor) != (4, 5),
        "has cell ids that are not words": not all(re.fullmatch("[a-z][a-z-]*", name) for name in ids),
        "has cell ids twice": max(ids.values()) > 1,
        "has not one title": len(re.findall("^# ", prose, re.MULTILINE)) != 1,
        "names a kernel of somebody's own": notebook.metadata.get("kernelspec", {}).get("name") != "python3",
    }
    return [fault for fault, there in found.items() if there]


def test_every_notebook_has_claims() -> None:
    assert sorted(path.stem for path in FOLDER.glob("*.ipynb")) == sorted(CLAIMS)


@pytest.mark.parametrize("name", CLAIMS)
def test_notebook_is_kept_clean(name: str) -> None:
    notebook = read(name)
    nbformat.validate(notebook)

    assert faults(notebook) == []


def test_quickstart_is_short() -> None:
    assert len(read("01_quickstart").cells) <= 12


@pytest.mark.parametrize("name", CLAIMS)
def test_notebook_runs_quietly_and_shows_what_it_claims(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NOTEBOOK_ROWS", str(ROWS))
    monkeypatch.setenv("TMPDIR", str(tmp_path))  # where the notebooks make their folders
    notebook = executed(read(name))
    text = shown(notebook)

    assert noise(notebook) == []
    assert [claim for claim in CLAIMS[name] if not re.search(claim, text)] == []


# -- the checkers, with faults planted


def test_error_in_a_cell_stops_its_notebook_and_a_warning_is_noise() -> None:
    warning = "import warnings\nwarnings.warn('old', DeprecationWarning)"
    notebook = new_notebook(cells=[new_code_cell(warning), new_code_cell("1 / 0")])
    with pytest.raises(CellExecutionError, match="ZeroDivisionError"):
        executed(notebook)

    raised, written = noise(notebook)
    assert raised == "ZeroDivisionError"
    assert "DeprecationWarning: old" in written


def test_noise_is_errors_and_stderr_and_nothing_else() -> None:
    loud = [new_output("stream", name="stderr", text="pink"), new_output("error", ename="ValueError")]
    bar = [new_output("stream", name="stderr", text=text) for text in ("\rBigin:   0%|    | 0/537", "\r     \r")]
    quiet = [new_output("stream", name="stdout", text="fine"), new_output("display_data", data={"text/plain": "x"})]
    notebook = new_notebook(cells=[new_markdown_cell("# T"), new_code_cell("x", outputs=[*quiet, *bar, *loud])])

    assert noise(notebook) == ["ValueError", "pink"]
    assert shown(notebook).startswith("fine\nx\n")


def test_faults_of_a_stored_notebook_are_all_found() -> None:
    cell = new_code_cell("1", id="x1", execution_count=3, outputs=[new_output("stream", text="1")])
    notebook = new_notebook(metadata={"kernelspec": {"name": "mine", "display_name": "Mine"}})
    notebook.cells, notebook.nbformat_minor = [cell, cell], 4

    assert faults(notebook) == [
        "has outputs",
        "has execution counts",
        "is not nbformat 4.5",
        "has cell ids that are not words",
        "has cell ids twice",
        "has not one title",
        "names a kernel of somebody's own",
    ]
