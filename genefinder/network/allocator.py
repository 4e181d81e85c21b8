"""Freed memory that stays with the process, ready for the next window.

By default the C library gives large blocks back to the system at once, and the system clears them
again page by page at the next use. A network asks for the same tens of megabytes at every call, and
up to a third of its time would go into that.
"""

import ctypes
import platform
from functools import cache

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
