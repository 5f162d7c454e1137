"""Settings of the documentation; ``python -m sphinx -W -b html docs docs/_build`` builds it."""

from __future__ import annotations

import os
import re
import sys
import tempfile
from importlib.metadata import version as installed
from pathlib import Path
from types import FunctionType
from typing import Any

import sphinx_autosummary_accessors
from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.nodes import make_refnode

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE))
import from_code  # noqa: E402 - it lies beside this file
import from_house  # noqa: E402 - likewise

import bigin_frames as bf  # noqa: E402
from bigin_frames.plans import option_help  # noqa: E402

OPTIONS = option_help.OPTIONS.splitlines()  # the heading of the options in a docstring

# Notebooks write to local Bigins; their journal should not be the one of whoever builds the pages.
os.environ["BIGIN_FRAMES_HOME"] = tempfile.mkdtemp(prefix="bigin_frames-docs-")

project = "bigin_frames"
author = "The bigin_frames developers"
project_copyright = "The bigin_frames developers"
version = release = installed("bigin_frames")

extensions = [
    "myst_nb",
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "sphinx.ext.napoleon",
    "sphinx_autosummary_accessors",
]
templates_path = ["_templates", sphinx_autosummary_accessors.templates_path]
exclude_patterns = ["_build", "jupyter_execute", "_generated/code"]  # the last are included by other pages
default_role = "py:obj"

autosummary_ignore_module_all = False
autodoc_typehints = "none"  # the numpydoc sections say them in words
autodoc_preserve_defaults = True
autodoc_member_order = "bysource"
napoleon_google_docstring = False
napoleon_use_rtype = False
napoleon_custom_sections = ["Options"]

myst_enable_extensions = ["colon_fence"]
myst_heading_anchors = 3
nb_execution_mode = "cache"
nb_execution_cache_path = str(HERE / "_build" / ".jupyter_cache")
nb_execution_timeout = 120
nb_execution_raise_on_error = True
nb_execution_show_tb = True
nb_merge_streams = True

html_theme = "pydata_sphinx_theme"
html_title = "bigin_frames"
html_static_path = ["_static"]
html_css_files = ["looks.css"]
html_sidebars: dict[str, list[str]] = {"index": [], "quickstart": [], "connecting": []}  # they have no pages below
html_show_sourcelink = False
html_copy_source = False
html_theme_options = {
    "navigation_with_keys": False,
    "show_prev_next": False,
    "navbar_align": "left",
    "header_links_before_dropdown": 7,
    "navbar_persistent": ["search-button"],
    "secondary_sidebar_items": ["page-toc"],
    "footer_start": ["copyright"],
    "footer_end": [],
    "pygments_light_style": "a11y-high-contrast-light",
    "pygments_dark_style": "a11y-high-contrast-dark",
    "back_to_top_button": False,
}

# Names in docstrings that are a page of the reference: the words of the link, and the page.
PAGES = {
    "frames.cleaning.clean.RULES": ("the list of rules", "cleaning"),
}


HANDED_OUT = {"Run", "Plan", "ValidationReport", "Cleaned", "Status", "Faults", "LoggedRequest", "PostedCallback"}


def to_public_name(app: Sphinx, env: Any, node: Any, content: nodes.Node) -> nodes.Node | None:
    """Link names as docstrings write them, `insert` or `clean.RULES`, to their place in the reference."""
    target = node.get("reftarget", "")
    if target in PAGES:
        words, page = PAGES[target]
        return make_refnode(app.builder, node["refdoc"], page, "", nodes.Text(words))
    short = target.rpartition(".")[2]
    known = env.domains["py"].objects.get(f"bigin_frames.{short}") if short in bf.__all__ else None
    if node.get("refdomain") != "py" or known is None:
        return None
    return make_refnode(app.builder, node["refdoc"], known.docname, known.node_id, content)


def linked_options(app: Sphinx, what: str, name: str, thing: Any, options: Any, lines: list[str]) -> None:
    """Replace the options that end a docstring by links: a page of its own says what each of them means."""
    if OPTIONS[0] not in lines:
        return
    start = lines.index(OPTIONS[0])
    listed = [line.partition(" : ") for line in lines[start:] if re.match(r"\w+ : ", line)]
    links = [f":ref:`{option} <option-{option.replace('_', '-')}>`{_value(kind)}" for option, _, kind in listed]
    words = [line.replace(f'See "{OPTIONS[0]}" below', 'See "Options" below') for line in lines[:start]]
    lines[:] = [*words, "Options", "-------", ", ".join(links), ""]


def _value(kind: str) -> str:
    """Return what an option's line says of its default: ``=None``, or that there is none."""
    _, has_default, default = kind.partition(", default: ")
    return rf"\ ``={default}``" if has_default else " (required)"


def short_signature(app: Sphinx, thing: Any, bound: bool) -> None:
    """Let a signature end with ``**options``, as in the source: the options are listed below it."""
    if isinstance(thing, FunctionType):
        thing.__dict__.pop("__signature__", None)


def no_constructor(app: Sphinx, what: str, name: str, *_: Any) -> tuple[str, str] | None:
    """Leave out how to make objects that only the package itself makes."""
    return ("", "") if what == "class" and name.rpartition(".")[2] in HANDED_OUT else None


def setup(app: Sphinx) -> None:
    """Write the pages that come from the code before any page is read."""
    from_code.write(HERE / "_generated")
    from_house.write(HERE / "_generated" / "code")
    app.connect("autodoc-process-docstring", linked_options, priority=100)  # before napoleon reads it
    app.connect("autodoc-before-process-signature", short_signature, priority=100)
    app.connect("autodoc-process-signature", no_constructor)
    app.connect("missing-reference", to_public_name)
