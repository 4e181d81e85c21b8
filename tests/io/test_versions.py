import io
import platform

import torch
import yaml

from genefinder import __version__
from genefinder.io.versions import write_versions


def test_versions_are_text_below_the_program() -> None:
    stream = io.StringIO()
    write_versions(stream)
    (versions,) = yaml.safe_load(stream.getvalue()).values()
    assert versions["genefinder"] == __version__
    assert versions["python"] == platform.python_version()
    assert versions["torch"] == torch.__version__
    assert all(isinstance(version, str) for version in versions.values())
