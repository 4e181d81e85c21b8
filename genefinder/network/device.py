"""Where a network computes, and freed memory that stays with the process for the next window.

By default the C library gives large blocks back to the system at once, and the system clears them
again page by page at the next use. A network asks for the same tens of megabytes at every call, and
up to a third of its time would go into that.
"""

import ctypes
import platform
from functools import cache

import torch

from genefinder.errors import DeviceError


def choose_device(wanted: str | torch.device) -> torch.device:
    """Turn ``auto``, ``cpu``, ``cuda`` or ``cuda:N`` into a device; leave a device as it is.

    Raises
    ------
    DeviceError
        If the device asked for is unknown or absent.
    """
    if isinstance(wanted, torch.device):
        return wanted
    if wanted == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    try:
        device = torch.device(wanted)
    except (RuntimeError, TypeError):
        device = None
    if device is None or device.type not in ("cpu", "cuda"):
        raise DeviceError(f"unknown device {wanted!r}: choose auto, cpu, cuda or cuda:N")
    if device.type == "cuda" and (device.index or 0) >= torch.cuda.device_count():
        found = torch.cuda.device_count()
        raise DeviceError(
            f"device {wanted} was asked for, but {found or 'no'} CUDA device(s) were found; "
            "use --device cpu or auto"
        )
    return device


# Parameters of mallopt(3), of the GNU C library.
_TRIM_THRESHOLD = -1
_MMAP_THRESHOLD = -3
_ARENA_MAX = -8
_LARGEST = 32 << 20
"""The largest threshold for mapped blocks that every version of the library takes."""
_KEPT = 512 << 20


@cache
def keep_freed_memory() -> bool:
    """Let the process keep what it frees, up to half a gigabyte, for all threads that start later.

    Returns
    -------
    bool
        Whether the C library understood; others than GNU's are left alone.
    """
    if platform.libc_ver()[0] != "glibc":
        return False
    mallopt = ctypes.CDLL(None).mallopt
    # One arena: those of threads are made of small pieces, each given back when it is empty.
    settings = ((_MMAP_THRESHOLD, _LARGEST), (_TRIM_THRESHOLD, _KEPT), (_ARENA_MAX, 1))
    understood = [mallopt(name, value) == 1 for name, value in settings]
    return all(understood)
