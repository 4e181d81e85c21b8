"""The one way in which this package compiles a function.

The cache on disk knows when a function's own file changes, not when a file that it uses does: after
editing this package, remove its ``__pycache__``.
"""

from collections.abc import Callable
from contextlib import suppress
from typing import Any, TypeVar, cast

import numba

Function = TypeVar("Function", bound=Callable[..., Any])


def compiled(function: Function) -> Function:
    """Compile a function with numba: without the interpreter lock, and kept on disk if possible."""
    options: dict[str, Any] = {"nogil": True, "error_model": "numpy"}
    try:
        dispatcher = numba.njit(cache=True, **options)(function)
    except RuntimeError:  # No folder that numba may write to.
        dispatcher = numba.njit(**options)(function)
    else:
        _do_without_disk(dispatcher)
    return cast(Function, dispatcher)


def _do_without_disk(dispatcher: Any) -> None:
    """Let a full disk, as at the end of a user's quota, cost no more than the compiled code."""
    cache = dispatcher._cache
    save = cache.save_overload

    def save_if_possible(*arguments: Any) -> None:
        with suppress(OSError):
            save(*arguments)

    cache.save_overload = save_if_possible
