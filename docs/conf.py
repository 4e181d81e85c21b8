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

# Without a network the references to Python, NumPy and PyTorch cannot be resolved; our own must be.
nitpick_ignore_regex = [("py:.*", r"(?!genefinder\.).*")]
suppress_warnings: list[str] = []

autodoc_typehints = "signature"
autodoc_member_order = "bysource"
napoleon_google_docstring = False
