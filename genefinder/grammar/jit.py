"""The one way in which this package compiles a function.

What is compiled is kept on disk. numba itself would run whatever it finds there, and fail on files
that were cut short; here every file has a checksum, and one that does not fit is made anew. Nor
does numba know when a file changes that a function's own file uses; here all of this package count.
"""

import hashlib
import pickle
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path
from typing import Any, TypeVar, cast

import numba
from numba.core import caching

Function = TypeVar("Function", bound=Callable[..., Any])

_NamedFolder: Any = next(  # whose name has lost its underscore since
    locator for name, locator in vars(caching).items() if name.endswith("UserProvidedCacheLocator")
)


def compiled(function: Function) -> Function:
    """Compile a function with numba: without the interpreter lock, and kept on disk if possible."""
    options: dict[str, Any] = {"nogil": True, "error_model": "numpy"}
    try:
        with _reading_suffices():
            dispatcher = numba.njit(cache=True, **options)(function)
    except RuntimeError:  # No folder that numba may write to.
        dispatcher = numba.njit(**options)(function)
    else:
        _do_without_disk(dispatcher)
    return cast(Function, dispatcher)


@contextmanager
def _reading_suffices() -> Iterator[None]:
    """Let numba take the folder that ``NUMBA_CACHE_DIR`` names also where it may only be read.

    An image of a container may hold what was compiled, and be read-only when it runs.
    """
    ensure = _NamedFolder.ensure_cache_path

    def ensure_or_read(locator: Any) -> None:
        try:
            ensure(locator)
        except OSError:
            if not Path(locator.get_cache_path()).is_dir():
                raise

    _NamedFolder.ensure_cache_path = ensure_or_read
    try:
        yield
    finally:
        _NamedFolder.ensure_cache_path = ensure


def _do_without_disk(dispatcher: Any) -> None:
    """Let a full or unreadable disk, or damaged files, cost no more than the compiled code."""
    kept = dispatcher._cache
    _check_files(kept._cache_file)
    save, load = kept.save_overload, kept.load_overload

    def save_if_possible(*arguments: Any) -> None:
        with suppress(OSError):
            save(*arguments)

    def load_if_possible(*arguments: Any) -> Any:
        with suppress(OSError):
            return load(*arguments)
        return None

    kept.save_overload, kept.load_overload = save_if_possible, load_if_possible


def _check_files(files: Any) -> None:
    """Let the files of a function be as good as absent where they are damaged or out of date."""
    load_index = files._load_index
    size = len(_checksum(b""))

    def load_index_if_whole() -> Any:
        with suppress(Exception):  # A damaged pickle can raise anything.
            return load_index()
        return {}

    def save_data(name: str, data: Any) -> None:
        content = files._dump(data)
        with files._open_for_write(files._data_path(name)) as file:
            file.write(_checksum(content) + content)

    def load_data_if_whole(name: str) -> Any:
        stored = Path(files._data_path(name)).read_bytes()
        if _checksum(stored[size:]) != stored[:size]:
            return None
        return pickle.loads(stored[size:])

    files._source_stamp = files._source_stamp, _sources()
    files._load_index = load_index_if_whole
    files._save_data, files._load_data = save_data, load_data_if_whole


def _checksum(content: bytes) -> bytes:
    return hashlib.sha256(content).digest()


@cache
def _sources() -> str:
    """Return a hash of the sources of this package."""
    digest = hashlib.sha256()
    for path in sorted(Path(__file__).parent.glob("*.py")):
        digest.update(path.read_bytes())
    return digest.hexdigest()
