"""Settings of the documentation; ``python -m sphinx -W -b html docs docs/_build`` builds it."""

from __future__ import annotations

import inspect
import os
import re
import sys
import tempfile
from importlib.metadata import version as installed
from pathlib import Path
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
from bigin_frames import verbs  # noqa: E402

# Notebooks write to local Bigins; what they remember of that is not the reader's.
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

# What docstrings refer to and the reference has as a page: its words, and the page.
PAGES = {
    "options.Options": ("the options", "options"),
    "frames.cleaning.clean.RULES": ("the list of rules", "cleaning"),
}


HANDED_OUT = {"Run", "Plan", "ValidationReport", "Cleaned", "Status", "Faults", "LoggedRequest", "PostedCallback"}


def to_public_name(app: Sphinx, env: Any, node: Any, content: nodes.Node) -> nodes.Node | None:
    """Lead names as docstrings write them, `verbs.insert` or `options.Options`, to where the reference has them."""
    target = node.get("reftarget", "")
    if target in PAGES:
        words, page = PAGES[target]
        return make_refnode(app.builder, node["refdoc"], page, "", nodes.Text(words))
    verb, short = target.startswith("verbs."), target.rpartition(".")[2]
    objects = env.domains["py"].objects
    if node.get("refdomain") == "py" and short in bf.__all__ and (known := objects.get(f"bigin_frames.{short}")):
        shown = nodes.literal(text=f"bf.{short}") if verb else content
    elif verb and (known := objects.get(f"pandas.DataFrame.bigin.{short}")):
        shown = nodes.literal(text=f"df.bigin.{short}")
    else:
        return None
    return make_refnode(app.builder, node["refdoc"], known.docname, known.node_id, shown)


def whole_docstring(app: Sphinx, what: str, name: str, thing: Any, options: Any, lines: list[str]) -> None:
    """Show on the page of an accessor's method what the function of the same name says, without its frame."""
    _, is_method, method = name.partition("DataFrame.bigin.")
    if is_method:
        words = inspect.getdoc(getattr(verbs, method)) or ""
        words = re.sub(r"^(?:frame|out) : DataFrame\n(?: +.*\n)*", "", words, flags=re.M)
        lines[:] = [*re.sub(r"^Parameters\n-+\n\n", "", words, flags=re.M).splitlines(), ""]


def no_constructor(app: Sphinx, what: str, name: str, *_: Any) -> tuple[str, str] | None:
    """Leave out how objects are made that nobody makes but the package."""
    return ("", "") if what == "class" and name.rpartition(".")[2] in HANDED_OUT else None


def setup(app: Sphinx) -> None:
    """Write the pages that come from the code before any page is read."""
    from_code.write(HERE / "_generated")
    from_house.write(HERE / "_generated" / "code")
    app.connect("autodoc-process-docstring", whole_docstring, priority=100)  # before napoleon reads it
    app.connect("autodoc-process-signature", no_constructor)
    app.connect("missing-reference", to_public_name)
