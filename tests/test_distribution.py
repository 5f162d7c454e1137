"""What is published has what it needs, is small, and says the truth about itself."""

from __future__ import annotations

import tarfile
import zipfile
from email import message_from_bytes
from email.message import Message
from pathlib import Path

import hatchling.build
import pytest
from trove_classifiers import classifiers
from twine.commands.check import check

ROOT = Path(__file__).parents[1]
WHEEL_MAX_BYTES = 1_000_000
SOURCES_MAX_BYTES = 3_000_000
NEEDED = {"py.typed", "samples/legislators.csv", "samples/README.md", "sandbox/page/page.css"}
# Of the sources: what a build or a run leaves behind.
LITTER = ("docs/_build/", "docs/_generated/", "docs/jupyter_execute/", "__pycache__", ".pytest_cache", ".venv", "dist/")


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Build the wheel and the sources into a folder of their own."""
    folder = tmp_path_factory.mktemp("dist")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(ROOT)
        wheel = hatchling.build.build_wheel(str(folder))
        sources = hatchling.build.build_sdist(str(folder))
    return folder / wheel, folder / sources


@pytest.fixture(scope="module")
def metadata(built: tuple[Path, Path]) -> Message:
    with zipfile.ZipFile(built[0]) as wheel:
        (name,) = (name for name in wheel.namelist() if name.endswith(".dist-info/METADATA"))
        return message_from_bytes(wheel.read(name))


def test_wheel_has_the_package_with_its_data_and_nothing_else(built: tuple[Path, Path]) -> None:
    with zipfile.ZipFile(built[0]) as wheel:
        names = set(wheel.namelist())
    package = {name.removeprefix("bigin_frames/") for name in names if name.startswith("bigin_frames/")}

    assert {name.partition("/")[0].partition("-")[0] for name in names} == {"bigin_frames"}
    assert {name for name in package if not name.endswith(".py")} == NEEDED
    assert built[0].stat().st_size < WHEEL_MAX_BYTES


def test_sources_have_tests_and_pages_and_no_litter(built: tuple[Path, Path]) -> None:
    with tarfile.open(built[1]) as sources:
        names = [name.partition("/")[2] for name in sources.getnames()]

    assert {"tests/conftest.py", "tests/samples/README.md", "docs/conf.py", "notebooks/01_quickstart.ipynb"} <= {*names}
    assert {"CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md", ".github/workflows/ci.yml"} <= {*names}  # tests read them
    assert [name for name in names if any(part in f"{name}/" for part in LITTER)] == []
    assert built[1].stat().st_size < SOURCES_MAX_BYTES


def test_an_index_would_take_both(built: tuple[Path, Path], capsys: pytest.CaptureFixture[str]) -> None:
    assert check([str(path) for path in built], strict=True) is False  # that is: no failure
    assert capsys.readouterr().out.count("PASSED") == 2


def test_file_that_no_index_takes_is_noticed(tmp_path: Path, built: tuple[Path, Path]) -> None:
    spoiled = tmp_path / built[0].name
    with zipfile.ZipFile(built[0]) as wheel, zipfile.ZipFile(spoiled, "w") as copy:
        for name in wheel.namelist():
            body = wheel.read(name)
            if name.endswith("METADATA"):
                body = body.partition(b"\n\n")[0].replace(b"text/markdown", b"text/x-rst") + b"\n\n*open ``\n=\n"
            copy.writestr(name, body)

    assert check([str(spoiled)], strict=True) is True


def test_metadata_says_the_truth(metadata: Message) -> None:
    said = metadata.get_all("Classifier", [])

    assert metadata["License-Expression"] == "MIT AND CC0-1.0"  # the code, and the sample records
    assert set(said) <= set(classifiers)
    assert not [name for name in said if name.startswith("License ::")]  # an expression and these exclude each other


@pytest.mark.parametrize("folder", ["bigin_frames/samples", "tests/samples"])
def test_every_file_of_records_tells_its_origin_and_licence(folder: str) -> None:
    about = (ROOT / folder / "README.md").read_text("utf-8")

    for path in (ROOT / folder).glob("*.csv"):
        assert path.name in about
    assert "CC0 1.0" in about
