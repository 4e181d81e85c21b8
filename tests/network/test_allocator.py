"""Freed memory that stays with the process."""

import platform
import subprocess
import sys

import pytest

from genefinder.network.device import keep_freed_memory

_FAULTS = """
import resource, sys
import numpy as np
from genefinder.network.device import keep_freed_memory
if sys.argv[1] == "kept":
    keep_freed_memory()
def faults():
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt
for _ in range(3):
    kept = [np.ones(1 << 20) for _ in range(6)]
    del kept
before = faults()
for _ in range(10):
    kept = [np.ones(1 << 20) for _ in range(6)]
    del kept
print(faults() - before)
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="not the GNU C library")
def test_memory_is_not_cleared_again() -> None:
    faults = {
        way: int(
            subprocess.run(
                [sys.executable, "-c", _FAULTS, way], capture_output=True, text=True, check=True
            ).stdout
        )
        for way in ("default", "kept")
    }
    assert keep_freed_memory()
    assert faults["kept"] < 1000 < faults["default"]


def test_other_libraries_are_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(platform, "libc_ver", lambda: ("", ""))
    assert not keep_freed_memory.__wrapped__()
