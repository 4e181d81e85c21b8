"""The versions of what computed a result, as nf-core's workflows and MultiQC collect them."""

import platform
from importlib.metadata import version
from typing import TextIO

from genefinder import __version__

_LIBRARIES = "torch", "numba", "numpy"
"""Those that numbers depend on."""


def write_versions(stream: TextIO) -> None:
    """Write YAML: below ``genefinder``, the version of each program and library, quoted."""
    versions = {
        "genefinder": __version__,
        "python": platform.python_version(),
        **{library: version(library) for library in _LIBRARIES},
    }
    lines = [f'    {name}: "{number}"' for name, number in versions.items()]
    stream.write("\n".join(["genefinder:", *lines, ""]))
