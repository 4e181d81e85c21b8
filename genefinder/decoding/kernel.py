"""The one way in which this package compiles a function."""

from collections.abc import Callable
from typing import Any, TypeVar, cast

import numba

Function = TypeVar("Function", bound=Callable[..., Any])


def compiled(function: Function) -> Function:
    """Compile a function with numba: cached on disk, and without the interpreter lock."""
    return cast(Function, numba.njit(nogil=True, cache=True, error_model="numpy")(function))
