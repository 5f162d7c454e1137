"""The documentation shows what happens, names what exists, and leaves out nothing that has a name."""

from __future__ import annotations

import argparse
import importlib.util
import inspect
import os
import re
import shlex
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, fields
from pathlib import Path
from types import ModuleType
from typing import Any

import keyring
import pandas as pd
import pytest

import bigin_frames as bf
from bigin_frames import errors
from bigin_frames.accessor import BiginAccessor
from bigin_frames.cli import _parser
from bigin_frames.client import settings
from bigin_frames.plans.option_help import described_options
from bigin_frames.plans.options import Options, Settings
from bigin_frames.sandbox import Behaviour, Fault, Sandbox
from bigin_frames.wire.scopes import SCOPES
from tests.support.honesty import Clock
from tests.support.keyrings import Chest

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
# The pages at the root come last: they replace the docs page of the same name, which only includes them.
FILES = {path.name: path for path in [*sorted(DOCS.glob("*.md")), *sorted(ROOT.glob("*.md"))]}
PAGES = {name: path.read_text("utf-8") for name, path in FILES.items()}
EMAIL = ["ada@example.org", "grace@example.org"]


@dataclass(frozen=True)
class Block:
    """A block of a page: its language, its text, why it is not run, and what it is said to print."""

    kind: str
    code: str
    not_run: str | None = None
    prints: str | None = None


def blocks(page: str) -> list[Block]:
    fence = re.compile(r"(?:^<!-- not run: (.+?) -->\n)?^```(\w+)\n(.*?)^```$(?:\n\n```text\n(.*?)^```$)?", re.S | re.M)
    return [Block(kind, code, reason, said) for reason, kind, code, said in _groups(fence, page)]


def _groups(fence: re.Pattern[str], page: str) -> Iterator[tuple[Any, ...]]:
    for match in fence.finditer(page):
        yield match.groups()


def with_code(kind: str) -> list[str]:
    return [name for name, page in PAGES.items() if any(block.kind == kind for block in blocks(page))]


# -- each block is run


@dataclass
class Stage:
    """What a page finds before its first block."""

    box: Sandbox
    clock: Clock
    folder: Path
    set_env: Callable[[str, str], None]
    names: dict[str, Any] = field(default_factory=dict)

    def lose_answer(self, nth: int = 1, fault: Fault | None = None) -> None:
        self.box.faults.add("create", fault or Fault.reset_after(), nth=nth)

    def lead_here(self) -> None:
        for name, value in self.box.environment().items():
            self.set_env(name, value)


PEOPLE = {"Last_Name": ["Lovelace", "Hopper"], "Email": EMAIL}


@contextmanager
def readme(stage: Stage) -> Iterator[None]:
    stage.lead_here()
    spreadsheet = pd.DataFrame({"Surname": ["Noether"], "E-mail": ["emmy@example.org"]})
    stage.names |= {"df": pd.DataFrame(PEOPLE), "people": spreadsheet, "repair": lambda frame: frame}
    yield


@contextmanager
def from_environment(stage: Stage) -> Iterator[None]:
    stage.lead_here()
    yield


@contextmanager
def connecting(stage: Stage) -> Iterator[None]:
    """Lead to the sandbox by the environment, by a keyring in memory, and by a vault that counts."""
    stage.lead_here()
    stage.set_env("BIGIN_KEYRING", "")
    before, chest, asked = keyring.get_keyring(), Chest(), []
    secrets = {name: os.environ[f"BIGIN_{name}"] for name in ("CLIENT_ID", "CLIENT_SECRET", "REFRESH_TOKEN")}
    for name, value in secrets.items():
        chest.set_password("bigin", f"BIGIN_{name}", value)

    class Vault:
        def read(self, name: str) -> dict[str, str]:
            asked.append(name)
            return dict(zip(("id", "secret", "refresh_token"), secrets.values(), strict=True))

    stage.names |= {"os": os, "vault": Vault(), "folder": stage.folder}
    keyring.set_keyring(chest)
    yield
    keyring.set_keyring(before)
    assert asked == ["bigin"]
    assert [request.route for request in stage.box.requests].count("token") == 4  # two clients share one


@contextmanager
def callback(stage: Stage) -> Iterator[None]:
    stage.box.behaviour = Behaviour(polls_added=0, polls_in_progress=0, callback="never")
    yield


@contextmanager
def cleaning(stage: Stage) -> Iterator[None]:
    stage.box.add_field("Contacts", "Birthday", data_type="date")
    stage.box.add_field("Contacts", "Party", data_type="picklist", values=["Democrat", "Independent", "Republican"])
    path = stage.folder / "metadata.json"
    bf.save_metadata(path, stage.box.client())
    columns = {"Surname": "Last_Name"}
    stage.names |= {"df": pd.DataFrame({"Surname": [" Ada "]}), "columns": columns, "metadata": path}
    yield


@contextmanager
def delivery(stage: Stage) -> Iterator[None]:
    """Let the create-job calls of the page meet what its comments say."""
    stage.box.add_field("Contacts", "Load_Key", length=64, unique=True)
    for nth, fault in ((1, Fault.reset_after()), (2, Fault.reset_before()), (4, Fault.closed_after())):
        stage.lose_answer(nth, fault)
    stage.names |= {
        "names": pd.DataFrame({"Last_Name": ["Noether", "Curie"]}),
        "more": pd.DataFrame({"Last_Name": ["Meitner", "Germain"]}),
    }
    yield
    assert stage.box.faults.waiting() == []
    assert len(stage.box.records("Contacts")) == 6


@contextmanager
def excel(stage: Stage) -> Iterator[None]:
    columns = ["First name", "Surname", "E-mail", "Phone", "Remarks"]
    rows = [
        ("Ada", "Lovelace ", "ada@example.org", "0044 20 7946 0001", "met in May"),
        ("Grace", "Hopper", "mailto:grace@example.org", "001 202 555 0143", None),
        ("Emmy", "Noether", "emmy at example.org", None, "call back"),
    ]
    pd.DataFrame(rows, columns=columns).to_excel("people.xlsx", index=False)
    yield


@contextmanager
def records(stage: Stage) -> Iterator[None]:
    """Have two people in Bigin already."""
    people = pd.DataFrame(PEOPLE | {"Mailing_City": ["London", "Arlington"]})
    out = people.bigin.insert("Contacts", client=stage.names["client"])
    stage.names |= {"out": out, "ids": out["ID"].tolist()}
    yield


@contextmanager
def undo(stage: Stage) -> Iterator[None]:
    stage.lead_here()
    with records(stage):
        yield
    assert stage.box.records("Contacts") == []


@contextmanager
def looking(stage: Stage) -> Iterator[None]:
    people = pd.DataFrame({"Surname": ["Lovelace", "Hopper", None]})
    stage.names |= {"people": people, "columns": {"Surname": "Last_Name"}}
    yield


@contextmanager
def nightly(stage: Stage) -> Iterator[None]:
    stage.lead_here()
    pd.DataFrame(PEOPLE).to_csv("export.csv", index=False)
    yield


@contextmanager
def unknown(stage: Stage) -> Iterator[None]:
    stage.lose_answer()
    yield


@contextmanager
def large(stage: Stage) -> Iterator[None]:
    for name, rows in (("a", range(1300)), ("b", range(1300, 2500))):
        people = {"Last_Name": [f"N{i}" for i in rows], "Email": [f"n{i}@example.org" for i in rows]}
        pd.DataFrame(people).to_parquet(f"{name}.parquet")
    stage.names["Path"] = Path
    yield


STAGES = {
    "README.md": readme,
    "quickstart.md": from_environment,
    "connecting.md": connecting,
    "callback.md": callback,
    "cleaning.md": cleaning,
    "delivery.md": delivery,
    "excel.md": excel,
    "update.md": records,
    "upsert.md": records,
    "undo.md": undo,
    "looking.md": looking,
    "nightly.md": nightly,
    "unknown.md": unknown,
    "large.md": large,
}


@pytest.fixture
def stage(bigin_sandbox: Sandbox, clock: Clock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Stage:
    """Lend a local Bigin, a folder, and the names that most pages use without saying where they come from."""
    bigin_sandbox.behaviour = Behaviour(polls_added=0, polls_in_progress=0)
    monkeypatch.chdir(tmp_path)
    client = bigin_sandbox.client(transport=clock.transport())
    names = {"__name__": "a_page", "bf": bf, "pd": pd, "client": client, "people": pd.DataFrame(PEOPLE)}
    return Stage(bigin_sandbox, clock, tmp_path, monkeypatch.setenv, names)


@pytest.mark.filterwarnings("ignore::bigin_frames.errors.UndecidedRowsWarning")
@pytest.mark.parametrize("name", with_code("python"))
def test_every_example_runs_and_prints_what_the_page_says(
    name: str, stage: Stage, capsys: pytest.CaptureFixture[str]
) -> None:
    with STAGES.get(name, contextmanager(lambda _: iter([None])))(stage):
        run(PAGES[name], name, stage.names, capsys)


def run(page: str, name: str, names: dict[str, Any], capsys: pytest.CaptureFixture[str]) -> None:
    """Run a page's blocks in their order; ports that a page names are replaced by a free one."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = str(probe.getsockname()[1])
    capsys.readouterr()
    for block in blocks(page):
        if block.kind != "python":
            continue
        code = compile(block.code.replace("8799", port), name, "exec")
        if block.not_run is None:
            exec(code, names)  # noqa: S102 - our own example
            said = capsys.readouterr().out
            assert block.prints is None or said.split() == block.prints.split()


def test_example_that_prints_something_else_is_seen(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(AssertionError):
        run("```python\nprint(1)\n```\n\n```text\n2\n```\n", "planted", {}, capsys)


def test_block_that_is_not_run_is_compiled_all_the_same(capsys: pytest.CaptureFixture[str]) -> None:
    page = "<!-- not run: it writes to a real organisation -->\n```python\n{}\n```\n"
    run(page.format("nonsense()"), "planted", {}, capsys)

    with pytest.raises(SyntaxError):
        run(page.format("one two"), "planted", {}, capsys)


def test_function_of_the_nightly_page_ends_well(stage: Stage, capsys: pytest.CaptureFixture[str]) -> None:
    with nightly(stage):
        run(PAGES["nightly.md"], "nightly.md", stage.names, capsys)
        ended = stage.names["main"]()

    assert ended == 0
    assert pd.read_parquet("written.parquet")["Status"].tolist() == ["ADDED", "ADDED"]


@pytest.mark.filterwarnings("ignore::bigin_frames.errors.UndecidedRowsWarning")
def test_test_of_the_testing_page_passes(stage: Stage, capsys: pytest.CaptureFixture[str]) -> None:
    run(PAGES["testing.md"], "testing.md", stage.names, capsys)

    stage.names["test_same_people_are_loaded_once"](stage.box, stage.names["client"])


# -- each command of a terminal is one


def commands(page: str) -> list[str]:
    lines = [line for block in blocks(page) if block.kind == "sh" for line in block.code.splitlines()]
    return [line for line in lines if re.match(r"(?:\S*/)?bigin-frames |.*python -m ", line)]


def refused(line: str) -> bool:
    """Return whether the program, or the module, that a line names would not understand it."""
    words = shlex.split(line, comments=True)
    if "-m" in words:
        return importlib.util.find_spec(words[words.index("-m") + 1]) is None
    try:
        _parser().parse_args(words[1:])
    except SystemExit:
        return True
    return False


@pytest.mark.parametrize("name", with_code("sh"))
def test_every_command_is_understood(name: str) -> None:
    lines = [line for line in commands(PAGES[name]) if " -m sphinx" not in line]  # of the extra docs

    assert [line for line in lines if refused(line)] == []


@pytest.mark.parametrize("line", ["bigin-frames insrt a.csv", "bigin-frames sandbox --prot 1", "python -m tests.none"])
def test_command_that_is_none_is_seen(line: str) -> None:
    assert commands(f"```sh\n{line}\n```") == [line]
    assert refused(line)


# -- what the pages name is there


def public(thing: object) -> set[str]:
    return {name for name in dir(thing) if not name.startswith("_")}


VARIABLES = {*settings._SECRETS, *settings._OPTIONS, settings._KEYRING, "BIGIN_FRAMES_HOME"}
KNOWN = {
    r"\bbf\.(\w+)": {*bf.__all__, "testing", "__all__", "__version__"},
    r"\bbf\.sandbox\.(\w+)": public(bf.sandbox) | {"Manners"},  # its former name
    r"\brun\.(\w+)": public(bf.Run) | {"id", "py"},
    r"\bclient\.(\w+)": public(bf.Client) | {"py"},
    r"\bbox\.(\w+)": public(Sandbox) | {"url"},
    r"\bplan\.(\w+)": public(bf.Plan) | {"py"},
    r"\b(?:df|out|people)\.bigin\.(\w+)": public(BiginAccessor),
    r"\b(BIGIN_\w+)": VARIABLES | {"BIGIN_LIVE"},
}


def strangers(page: str) -> set[str]:
    """Return names between backticks, or in code, that the package does not have."""
    code = "\n".join(re.findall(r"```(?:python|sh)\n.*?^```|`[^`\n]+`", page, re.S | re.M))
    return {name for pattern, names in KNOWN.items() for name in re.findall(pattern, code) if name not in names}


@pytest.mark.parametrize("name", PAGES)
def test_page_names_what_exists(name: str) -> None:
    assert strangers(PAGES[name]) == set()


@pytest.mark.parametrize("planted", ["`bf.nonsense`", "`run.undo()`", "`out.bigin.oops`", "`BIGIN_HOME`"])
def test_name_that_does_not_exist_is_seen(planted: str) -> None:
    assert len(strangers(f"See {planted}.")) == 1


def dead_links(path: Path, page: str) -> set[str]:
    found = re.findall(r"\]\((?!https?:|#)([^)#\s]+)[^)\s]*\)", page)
    return {link for link in found if not (path.parent / link).exists()}


@pytest.mark.parametrize("name", PAGES)
def test_links_lead_to_files(name: str) -> None:
    assert dead_links(FILES[name], PAGES[name]) == set()


def test_link_that_leads_nowhere_is_seen() -> None:
    assert dead_links(DOCS / "index.md", "[a](nowhere.md#part), [b](limits.md)") == {"nowhere.md"}


# -- what has a name is on the pages


@pytest.fixture(scope="module")
def from_code() -> ModuleType:
    """Return the module that writes pages from the code."""
    spec = importlib.util.spec_from_file_location("from_code", DOCS / "from_code.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def described() -> set[str]:
    """Return the names that the reference lists for the documentation to be made of."""
    lists = [line for page in PAGES.values() for block in _rst(page) for line in block.splitlines()]
    return {line.strip().rpartition(":: ")[2] for line in lists if re.match(r"   \w[\w.]*$|\.\. auto\w+:: ", line)}


def _rst(page: str) -> list[str]:
    return re.findall(r"```\{eval-rst\}\n(.*?)^```", page, re.S | re.M)


ERRORS = {
    name
    for name, kind in vars(errors).items()
    if isinstance(kind, type) and kind.__module__ == errors.__name__ and name[0] != "_"
}


def missing(found: set[str]) -> set[str]:
    """Return the public names that are not among those described."""
    methods = {f"DataFrame.bigin.{name}" for name in public(BiginAccessor)}
    modules = {"sandbox": "Sandbox", "testing": "bigin_frames.testing"}  # described by what they hold
    return {
        name
        for name in {*bf.__all__, "testing", *bf.sandbox.__all__, *methods, *ERRORS}
        if modules.get(name, name) not in found
    }


def test_every_public_name_is_described() -> None:
    assert missing(described()) == set()


@pytest.mark.parametrize(
    "name", ["insert", "Behaviour", "DataFrame.bigin.retry", "RunBusy", "bigin_frames.testing", "Status"]
)
def test_public_name_that_is_left_out_is_seen(name: str) -> None:
    assert missing(described() - {name}) - missing(described()) == {name.removeprefix("bigin_frames.")}


def test_every_option_is_described_with_its_default(from_code: ModuleType) -> None:
    told = described_options()
    page = from_code.option_list()

    assert set(told) == set(Options.__annotations__)
    assert set(told) == {option.name for option in fields(Settings)} - {"operation", "part"}
    assert [name for name in told if f"\n**{name}** : " not in page] == []
    assert "``'keep'``" in page


def test_option_that_is_left_out_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    words = inspect.cleandoc(Options.__doc__ or "")
    monkeypatch.setattr(Options, "__doc__", re.sub(r"repeat : bool\n.*\n", "", words))

    assert set(Options.__annotations__) - set(described_options()) == {"repeat"}


def test_every_error_stands_in_the_tree(from_code: ModuleType) -> None:
    tree = from_code.error_tree()

    assert {name for name in ERRORS if not re.search(rf"\b{name}\b", tree)} == set()
    assert tree.startswith("BiginError\n")


def statuses(page: str) -> set[str]:
    return set(re.findall(r"`([A-Z]+)`", "\n".join(re.findall(r"^\| (`[A-Z`, ]+) \|", page, re.M))))


@pytest.mark.parametrize("name", ["statuses.md", "README.md"])
def test_every_status_is_described(name: str) -> None:
    assert {status.value for status in bf.Status} - statuses(PAGES[name]) == set()


def test_status_that_is_left_out_is_seen() -> None:
    page = re.sub(r"^\| `UNSENT`.*\n", "", PAGES["statuses.md"], flags=re.M)

    assert {status.value for status in bf.Status} - statuses(page) == {"UNSENT"}


def without_section(page: str) -> list[str]:
    """Return the commands of ``--help`` that a page has no section for."""
    names = re.findall(r"^    ([a-z]+)  ", _parser().format_help(), re.M)
    assert len(names) >= 5
    return [name for name in names if f"\n## bigin-frames {name}\n" not in page]


def test_every_command_has_its_section(from_code: ModuleType) -> None:
    assert without_section(from_code.command_pages()) == []


def test_command_that_is_left_out_is_seen(from_code: ModuleType) -> None:
    assert without_section(from_code.command_pages().replace("## bigin-frames demo\n", "")) == ["demo"]


def test_commands_of_commands_have_sections_too(from_code: ModuleType) -> None:
    parser = argparse.ArgumentParser(prog="outer")
    parser.add_subparsers().add_parser("middle").add_subparsers().add_parser("inner")

    assert [command.prog for command in from_code.commands(parser)] == ["outer middle", "outer middle inner"]


def test_scopes_of_the_page_are_those_that_the_library_uses() -> None:
    (line,) = re.findall(r"^(ZohoBigin[\w.,]+)$", PAGES["connecting.md"], re.M)
    table = re.findall(r"^\| .* \| (`Zoho.*`) \|$", PAGES["connecting.md"], re.M)

    assert sorted(line.split(",")) == sorted(SCOPES)
    assert sorted(" ".join(table).replace("`", "").split()) == sorted(SCOPES)


def test_every_variable_is_described() -> None:
    assert [name for name in VARIABLES if f"`{name}" not in PAGES["connecting.md"]] == []


def test_notebooks_are_taken_along(from_code: ModuleType, tmp_path: Path) -> None:
    from_code.write(tmp_path)
    from_code.write(tmp_path)  # over what was there

    kept = {path.name for path in (tmp_path / "notebooks").iterdir()}
    assert kept == {path.name for path in (ROOT / "notebooks").glob("*.ipynb")}
    assert {path.name for path in (tmp_path / "code").iterdir()} == {"options.rst", "errors.txt", "commands.md"}
