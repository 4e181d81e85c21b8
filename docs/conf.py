"""Sphinx builds the documentation: sphinx-build -n -W docs FOLDER."""

import genefinder

project = "genefinder"
author = "The genefinder maintainers"
copyright = author
version = release = genefinder.__version__

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]
exclude_patterns = ["_build"]
html_theme = "furo"
html_title = f"genefinder {version}"

myst_heading_anchors = 4

# What the reference does not list, and other projects, which a build without a network cannot look
# up, may be named without a link.
_LISTED = r"genefinder\.(api|prediction|predictor|evaluation|genes|errors|models\.model)\b"
nitpick_ignore_regex = [("py:.*", rf"(?!{_LISTED}).*")]

autodoc_preserve_defaults = True
autodoc_typehints = "signature"
autodoc_member_order = "bysource"
napoleon_google_docstring = False
