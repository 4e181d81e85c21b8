"""The one way in which this package compiles a function.

The cache on disk knows when a function's own file changes, not when a file that it uses does: after
editing this package, remove its ``__pycache__``.
"""

from collections.abc import Callable
from typing import Any, TypeVar, cast

import numba

Function = TypeVar("Function", bound=Callable[..., Any])


def compiled(function: Function) -> Function:
    """Compile a function with numba: without the interpreter lock, and kept on disk if possible."""
    options: dict[str, Any] = {"nogil": True, "error_model": "numpy"}
    try:
        return cast(Function, numba.njit(cache=True, **options)(function))
    except RuntimeError:  # No folder that numba may write to.
        return cast(Function, numba.njit(**options)(function))
