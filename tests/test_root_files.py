"""The files at the root of the repository agree with the package, with each other, and with what they claim."""

from __future__ import annotations

import importlib
import json
import re
import shlex
import shutil
import signal
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from importlib.metadata import packages_distributions
from itertools import takewhile
from pathlib import Path
from types import ModuleType
from typing import Any

import markupsafe
import pandas as pd
import pytest
import werkzeug
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

import bigin_frames as bf
from bigin_frames.cli import _parser
from tests import bare_install

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
EXTRAS = PROJECT["optional-dependencies"]


def text(name: str) -> str:
    return (ROOT / name).read_text("utf-8")


def load(name: str) -> Any:
    return yaml.safe_load(text(name))


def requirements(lines: list[str]) -> list[Requirement]:
    """Parse requirements; an extra that names extras of the package itself is replaced by their content."""
    found = [Requirement(line) for line in lines]
    own = [extra for each in found if each.name == PROJECT["name"] for extra in sorted(each.extras)]
    return [each for each in found if each.name != PROJECT["name"]] + [
        each for extra in own for each in requirements(EXTRAS[extra])
    ]


# -- the forms and settings of hosts

YAML = [
    *ROOT.glob(".*.yaml"),
    *ROOT.glob("*.yml"),
    *(path for path in (ROOT / ".github").rglob("*") if path.suffix in (".yml", ".yaml")),
]


def test_every_yaml_file_parses() -> None:
    names = {path.relative_to(ROOT).as_posix() for path in YAML}

    assert {".pre-commit-config.yaml", ".readthedocs.yaml", ".github/workflows/ci.yml"} <= names
    assert [name for name in names if not isinstance(load(name), dict)] == []


def test_bug_form_asks_for_what_a_report_needs_and_warns_of_secrets() -> None:
    form = load(".github/ISSUE_TEMPLATE/bug.yml")["body"]
    asked = {part["id"]: part["attributes"] for part in form if "id" in part}
    promises = [option["label"] for option in asked["clean"]["options"] if option["required"]]

    assert {"code", "plan", "version", "pandas", "python", "system"} <= set(asked)
    assert "bigin_frames.__version__" in asked["version"]["description"]
    assert ["token" in promises[0], "customer data" in promises[1]] == [True, True]


def test_pages_of_the_site_include_the_root_files() -> None:
    for name in ("CHANGELOG", "CONTRIBUTING", "SECURITY"):
        (page,) = [path for path in (ROOT / "docs").glob("*.md") if path.stem.casefold() == name.casefold()]

        assert page.read_text("utf-8") == f"```{{include}} ../{name}.md\n:relative-docs: docs/\n```\n"


def one_place_links(page: str) -> list[str]:
    """Return links that work at the root or on the site, not at both."""
    links = re.findall(r"\]\((?!https?:|#)([^)#\s]+)", page)
    return [link for link in links if not link.startswith("docs/") and not (ROOT / "docs" / link).exists()]


@pytest.mark.parametrize("name", ["CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md"])
def test_links_of_included_files_work_in_both_places(name: str) -> None:
    assert one_place_links(text(name)) == []


def test_link_that_works_in_one_place_only_is_seen() -> None:
    assert one_place_links("[a](docs/limits.md), [b](SECURITY.md), [c](LICENSE)") == ["LICENSE"]


# -- continuous integration

WORKFLOW = ".github/workflows/ci.yml"


def steps(job: str) -> list[dict[str, Any]]:
    return list(load(WORKFLOW)["jobs"][job]["steps"])


def commands(job: str) -> list[str]:
    return [step["run"] for step in steps(job) if "run" in step]


def minor_versions() -> list[int]:
    """Return the minor versions of Python 3 that the classifiers claim."""
    return [int(found[1]) for line in PROJECT["classifiers"] if (found := re.search(r":: 3\.(\d+)$", line))]


def test_workflow_covers_the_claimed_versions_of_python_and_the_next() -> None:
    matrix = load(WORKFLOW)["jobs"]["tests"]["strategy"]["matrix"]
    claimed = minor_versions()

    assert PROJECT["requires-python"] == f">=3.{claimed[0]}"
    assert matrix["python"] == [f"3.{minor}" for minor in range(claimed[0], claimed[-1] + 2)]
    assert [name.partition("-")[0] for name in matrix["os"]] == ["ubuntu", "macos", "windows"]


def test_every_cell_that_the_matrix_leaves_out_is_the_first_job() -> None:
    jobs = load(WORKFLOW)["jobs"]
    (setup,) = [step["with"] for step in steps("everything") if "setup-python" in step.get("uses", "")]

    assert commands("everything") == [".ci/run"]
    assert jobs["tests"]["strategy"]["matrix"]["exclude"] == [
        {"os": jobs["everything"]["runs-on"], "python": setup["python-version"]}
    ]


def test_workflow_may_only_read_has_time_limits_pins_actions_and_hides_no_failure() -> None:
    workflow = load(WORKFLOW)
    parts = [*workflow["jobs"].values(), *(step for job in workflow["jobs"] for step in steps(job))]
    uses = [part["uses"] for part in parts if "uses" in part]

    assert workflow["permissions"] == {"contents": "read"}
    assert all(job["timeout-minutes"] <= 60 for job in workflow["jobs"].values())
    assert [action for action in uses if not re.fullmatch(r"actions/[\w-]+@[0-9a-f]{40}", action)] == []
    assert not any("continue-on-error" in part for part in parts)


def readme_test_command() -> str:
    """Return the line that `.ci/run` takes from the README, as its own command finds it."""
    (pattern,) = re.findall(r"grep -m1 '([^']+)' README\.md", text(".ci/run"))
    (line,) = [line.strip() for line in text("README.md").splitlines() if re.search(pattern, line)]
    return line


def test_ci_runs_readmes_test_command() -> None:
    assert re.fullmatch(r"python3 -m venv \.venv && .* && \.venv/bin/pytest", readme_test_command())


def test_other_systems_run_readmes_test_command_without_its_paths() -> None:
    portable = [part.replace(".venv/bin/", "") for part in readme_test_command().split(" && ")[1:]]
    run = [line.removeprefix("python -m ").removesuffix(" -n 2") for line in commands("tests")]

    assert run[: len(portable)] == portable


def test_docs_are_built_with_their_extra_alone() -> None:
    installs = re.findall(r"^ *environment docs .*$", text(".ci/run"), re.M)
    host = load(".readthedocs.yaml")

    assert [re.findall(r"'\.\[(.*)\]'", line) for line in installs] == [["docs"]]
    assert host["python"]["install"] == [{"method": "pip", "path": ".", "extra_requirements": ["docs"]}]
    assert host["sphinx"] == {"configuration": "docs/conf.py", "fail_on_warning": True}
    assert host["build"]["tools"]["python"] in {f"3.{minor}" for minor in minor_versions()}


# -- what a plain install survives


def test_nothing_fails_where_the_extras_are_there() -> None:
    assert bare_install.failures(bf) == []


@pytest.fixture
def without_extra(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ModuleType]:
    """Import a package that offers a name which an extra has to bring."""
    source = "__all__ = ['later']\ndef __dir__(): return __all__\ndef __getattr__(name): import no_such_extra\n"
    (tmp_path / "planted.py").write_text(source, "utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    yield importlib.import_module("planted")
    del sys.modules["planted"]


def test_name_that_only_an_extra_brings_is_seen(without_extra: ModuleType) -> None:
    found = bare_install.failures(without_extra)

    assert [line.partition(":")[0] for line in found] == [gesture.__name__ for gesture in bare_install.GESTURES]
    assert all("no_such_extra" in line for line in found)


def test_install_with_extras_shows_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    assert bare_install.main() == 2
    assert "pytest" in capsys.readouterr().out


# -- pre-commit

HOOKS = [hook for repo in load(".pre-commit-config.yaml")["repos"] for hook in repo["hooks"]]


def too_old(pins: list[str]) -> list[str]:
    """Return pins that are no pins, or that the package's own requirements do not allow."""
    lines = [*PROJECT["dependencies"], *(line for extra in EXTRAS.values() for line in extra)]
    bounds = [(canonicalize_name(each.name), each.specifier) for each in requirements(lines)]
    return [pin for pin in pins if not (found := re.fullmatch(r"([\w-]+)==([\d.]+)", pin)) or _refused(found, bounds)]


def _refused(pin: re.Match[str], bounds: list[tuple[Any, Any]]) -> bool:
    return any(name == canonicalize_name(pin[1]) and pin[2] not in allowed for name, allowed in bounds)


@pytest.mark.parametrize("hook", HOOKS, ids=lambda hook: hook["id"])
def test_hook_uses_a_pinned_tool_that_the_extras_allow(hook: dict[str, Any]) -> None:
    pins = hook["additional_dependencies"]

    assert too_old(pins) == []
    assert pins[0].partition("==")[0] == shlex.split(hook["entry"])[0]


def test_pin_that_is_too_old_or_none_is_seen() -> None:
    pins = ["ruff==0.7.4", "mypy>=1.13", "Werkzeug==3.0.0", "ruff==99.0"]

    assert too_old(pins) == ["ruff==0.7.4", "mypy>=1.13", "Werkzeug==3.0.0"]


def test_hooks_are_the_linters_of_ci() -> None:
    linters = re.findall(r"^\.venv/bin/(ruff \w+|mypy)", text(".ci/run"), re.M)

    assert [" ".join(shlex.split(hook["entry"])[:2]) for hook in HOOKS] == linters


# -- notebooks


def not_brought(code: str, lines: list[str]) -> set[str]:
    """Return the modules that code imports and neither Python nor the requirements bring."""
    imported = set(re.findall(r"^\s*(?:from|import) (\w+)", code, re.M)) - sys.stdlib_module_names - {"bigin_frames"}
    brought = {canonicalize_name(each.name) for each in requirements(lines)}
    owners = packages_distributions()
    return {name for name in imported if brought.isdisjoint(map(canonicalize_name, owners.get(name, ())))}


def test_extra_brings_what_the_notebooks_import() -> None:
    books = [json.loads(path.read_text("utf-8")) for path in (ROOT / "notebooks").glob("*.ipynb")]
    code = "\n".join("".join(cell["source"]) for book in books for cell in book["cells"] if cell["cell_type"] == "code")
    numpy = "numpy"  # pandas is made of it

    assert not_brought(code, [*PROJECT["dependencies"], *EXTRAS["notebooks"], numpy]) == set()
    assert not_brought(code, PROJECT["dependencies"]) >= {"matplotlib", "psutil"}


# -- the container


def instruction(name: str) -> str:
    (found,) = re.findall(rf"^(?:    )?{name} (.*)$", text("Dockerfile"), re.M)
    return str(found)


def test_container_publishes_the_port_that_its_command_and_its_check_name() -> None:
    command = json.loads(instruction("ENTRYPOINT"))
    port = command[command.index("--port") + 1]

    assert instruction("EXPOSE") == port
    assert f":{port}/" in json.loads(instruction("CMD"))[-1]
    assert f"-p 127.0.0.1:{port}:{port}" in text("Dockerfile")


def test_container_starts_a_command_that_exists() -> None:
    program, *arguments = json.loads(instruction("ENTRYPOINT"))
    options = _parser().parse_args([*arguments, "--data", "/data/org.sqlite"])

    assert program in PROJECT["scripts"]
    assert options.host == "0.0.0.0"  # noqa: S104 - a container's own


def test_container_is_sent_what_its_build_reads_and_runs_as_nobody() -> None:
    sent = set(re.findall(r"^!(.+)$", text(".dockerignore"), re.M))

    assert {"bigin_frames", "pyproject.toml", PROJECT["readme"], *PROJECT["license-files"]} == sent
    assert int(instruction("USER")) > 1000
    assert f'"{EXTRAS["sandbox"][0]}"' in text("Dockerfile")


@pytest.fixture
def container(tmp_path: Path) -> Iterator[tuple[subprocess.Popen[str], dict[str, str]]]:
    """Serve a sandbox where Werkzeug is the only package; yield the process and what it prints for a client."""
    for package in (bf, werkzeug, markupsafe):
        _install(Path(str(package.__file__)).parent, tmp_path)
    code = "import sys; sys.argv[0] = 'bigin-frames'; from bigin_frames.cli import main; sys.exit(main())"
    command = [sys.executable, "-S", "-u", "-c", code, "sandbox", "--port", "0"]
    with subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.PIPE, text=True, env={}) as served:  # noqa: S603
        assert served.stdout is not None
        lines = takewhile(lambda line: line.startswith("export "), served.stdout)
        yield served, dict(line.removeprefix("export ").strip().split("=", 1) for line in lines)
        served.kill()


def _install(source: Path, folder: Path) -> None:
    """Copy a package, and give it the version that it asks for."""
    shutil.copytree(source, folder / source.name, ignore=shutil.ignore_patterns("__pycache__"))
    about = folder / f"{source.name}-0.dist-info" / "METADATA"
    about.parent.mkdir()
    about.write_text(f"Name: {source.name}\nVersion: 0\n", "utf-8")


@pytest.mark.skipif(sys.platform == "win32", reason="the container is Linux")
def test_sandbox_of_the_container_needs_werkzeug_alone(
    container: tuple[subprocess.Popen[str], dict[str, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    served, variables = container
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    people = pd.DataFrame({"Last_Name": ["Lovelace", "Hopper"]})
    out = people.bigin.insert("Contacts", client=bf.Client.from_env(), progress=False)
    check = json.loads(instruction("CMD"))[-1].replace("http://127.0.0.1:8765", variables["BIGIN_API_URL"])
    subprocess.run([sys.executable, "-c", check], check=True, timeout=30)  # noqa: S603 - our own Dockerfile's
    served.send_signal(getattr(signal, instruction("STOPSIGNAL")))

    assert out["Status"].tolist() == ["ADDED", "ADDED"]
    assert served.wait(10) == 0
