"""How Sphinx makes the site of these pages: `make docs`. The Markdown files are the source, as they are read in Git."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import Any

sys.path[:0] = [str(Path(__file__).parent), str(Path(__file__).parents[1])]

import from_code

from gitops_audit import __version__

project = "gitops-audit"
author = "the maintainers of gitops-audit"
release = version = __version__

extensions = ["myst_parser", "sphinx.ext.autodoc"]
source_suffix = {".md": "markdown"}
exclude_patterns = ["_site"]
html_theme = "furo"
html_title = f"gitops-audit {release}"
html_copy_source = False

# Headings have the anchors that a Git host gives them, so that a link works in both.
myst_heading_anchors = 4
nitpicky = False

# A docstring sets code between single backticks.
default_role = "code"
autodoc_typehints = "description"
autodoc_member_order = "bysource"

_LINK_OUT = re.compile(r"\[([^\]]*)\]\((?:\.\./){2,}[^)\s]*\)")


def _without_links_out(_: Any, __: str, content: list[str]) -> None:
    """The site has no page for a file outside of docs/: only the words of such a link are kept."""
    content[0] = _LINK_OUT.sub(r"\1", content[0])


def setup(app: Any) -> None:
    """Called by Sphinx, before it looks for pages."""
    from_code.write(Path(__file__).parent / "generated")
    app.connect("source-read", _without_links_out)
