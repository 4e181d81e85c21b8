"""Outputs that are complete or absent: written beside their final name, then renamed."""

import errno
import fcntl
import io
import os
import secrets
import shutil
import stat
import struct
import sys
import tempfile
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, BinaryIO, TextIO

from genefinder.errors import InputError
from genefinder.io.source import BGZF_END

_BLOCK = 0xFF00
"""Bytes of text in a BGZF block, as htslib cuts them."""
_BLOCK_HEAD = bytes.fromhex("1f8b08040000000000ff060042430200")
_BLOCK_FRAME = len(_BLOCK_HEAD) + 2 + 8

_STDOUT = "standard output"
_DESCRIPTORS = ("/dev/fd", "/proc/self/fd", "/proc/thread-self/fd")
"""Folders of the open descriptors of this process."""
_MOST_LINKS = 40
"""Symbolic links that a path may lead over, as the system counts them."""
_LONGEST_BASE = 230
"""Bytes of a file's name, 255 at most, that leave room for those around it."""


@contextmanager
def open_output(path: str | os.PathLike[str]) -> Iterator[TextIO]:
    """Open a text output for the length of a ``with`` block.

    A file appears under its name only once the block has ended well; until then a hidden file in
    the same folder holds the text, and an error removes it. What stood there before stays until
    then. Devices, named pipes and open descriptors (``/dev/stdout``, ``/dev/fd/3``) are written
    directly, where they stand.

    Parameters
    ----------
    path
        File; a name ending in ``.gz`` is written as bgzip. ``-`` is standard output.

    Yields
    ------
    TextIO
        UTF-8 with newlines as line ends. What is no text, as bytes of file names may be, is
        written as an escape.

    Raises
    ------
    InputError
        The file cannot be written, or its disk is full.
    BrokenPipeError
        Nobody reads the output any more; to be met with a quiet exit.
    """
    path = os.fspath(path)
    if path == "-":
        check_output(path)
        with _guard(_STDOUT):
            sys.stdout.flush()
        with _text(sys.stdout.buffer, _STDOUT, compress=False) as stream:
            yield stream
        return
    compress = path.endswith(".gz")
    descriptor = _descriptor(path)
    if descriptor is not None:
        with _guard(path):
            if descriptor == 1 and sys.stdout is not None:
                sys.stdout.flush()
            # A copy: to open the path again would begin a file anew that others write to.
            file = open(os.dup(descriptor), "wb", buffering=0)  # noqa: SIM115
        with file, _text(file, path, compress) as stream:
            yield stream
        return
    target = _target(path)
    if _is_special(target):
        with _create(path, path) as file, _text(file, path, compress) as stream:
            yield stream
        return
    with _aside(target, path) as file, _text(file, path, compress) as stream:
        yield stream


def check_output(path: str | os.PathLike[str]) -> None:
    """Refuse an output that could not be written, before time is spent on its content.

    Raises
    ------
    InputError
        The path is a folder, its folder is missing, or it may not be written to; standard output
        or another descriptor is closed.
    """
    path = os.fspath(path)
    descriptor = 1 if path == "-" else _descriptor(path)
    if descriptor is not None:
        name = _STDOUT if path == "-" else path
        closed = InputError(f"{name}: is closed for writing; give the name of a file")
        if path == "-":
            if sys.stdout is None:
                raise closed
            try:
                descriptor = sys.stdout.fileno()
            except (OSError, ValueError):  # a stand-in without a file below, as notebooks have
                return
        try:
            mode = fcntl.fcntl(descriptor, fcntl.F_GETFL)
        except OSError as error:
            raise closed from error
        if mode & os.O_ACCMODE == os.O_RDONLY:
            raise closed
        return
    target = _target(path)
    if _is_special(target):
        return
    folder = os.path.dirname(target)
    if not os.path.isdir(folder):
        raise InputError(
            f"{path}: cannot be written: there is no folder {folder}; make the folder first"
        )
    if os.path.exists(target):
        if not os.access(target, os.W_OK):
            raise InputError(f"{path}: cannot be written: it is read-only for you")
    elif not os.access(folder, os.W_OK | os.X_OK):
        raise InputError(f"{path}: cannot be written: the folder {folder} is read-only for you")


def check_folder(path: str | os.PathLike[str], what: str) -> None:
    """Refuse a folder that could not be written to, or not be made.

    Parameters
    ----------
    path
        The folder.
    what
        What is to go there, for the message.

    Raises
    ------
    InputError
        It says why.
    """
    folder = Path(path)
    nearest = next(place for place in (folder, *folder.absolute().parents) if place.exists())
    if not nearest.is_dir():
        raise InputError(f"{nearest}: is a file; give a folder for {what}")
    if not os.access(nearest, os.W_OK | os.X_OK):
        raise InputError(f"{nearest}: is read-only for you; give another folder for {what}")


def check_distinct(inputs: Iterable[str], outputs: Iterable[str]) -> None:
    """Refuse outputs that are inputs, or one another.

    Parameters
    ----------
    inputs, outputs
        Files; ``-`` is standard input, or standard output.

    Raises
    ------
    InputError
        It says which.
    """
    taken = {output_place(path) for path in inputs if path != "-"}
    for path in outputs:
        place = output_place(path)
        if place is not None and place in taken:
            raise InputError(
                f"{path} is an input or another output; give every output its own name"
            )
        taken.add(place)


def output_place(path: str | os.PathLike[str]) -> str | None:
    """Return what two paths have in common that lead to one place.

    ``None`` for devices such as ``/dev/null``, which take any number of outputs.
    """
    path = os.fspath(path)
    descriptor = 1 if path == "-" else _descriptor(path)
    if descriptor is not None:
        return f"descriptor {descriptor}"
    target = os.path.realpath(path)
    with suppress(OSError):
        if stat.S_ISCHR(os.stat(target).st_mode):
            return None
    return target


class _Sink(io.RawIOBase):
    """Writes bytes to a file that it does not own, as plain text or in BGZF blocks."""

    def __init__(self, file: BinaryIO | io.FileIO, name: str, compress: bool) -> None:
        self._file = file
        self._name = name
        self._compress = compress
        self.abandoned = False

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        block = data[:_BLOCK] if self._compress else data
        self._put(_bgzf_block(block) if self._compress else block)
        return len(block)

    def finish(self) -> None:
        """Write what ends the file."""
        if self._compress:
            self._put(BGZF_END)
        with _guard(self._name):
            self._file.flush()

    def _put(self, data: bytes | memoryview) -> None:
        rest = memoryview(data)
        with _guard(self._name):
            while rest and not self.abandoned:
                rest = rest[self._file.write(rest) :]


@contextmanager
def _text(file: BinaryIO | io.FileIO, name: str, compress: bool) -> Iterator[TextIO]:
    """Open the text layer over a file; after an error nothing more is written."""
    sink = _Sink(file, name, compress)
    stream = io.TextIOWrapper(
        io.BufferedWriter(sink, _BLOCK), encoding="utf-8", errors="backslashreplace", newline="\n"
    )
    try:
        yield stream
        stream.flush()
        sink.finish()
    except BaseException:
        sink.abandoned = True
        raise
    finally:
        stream.close()


@contextmanager
def _guard(name: str) -> Iterator[None]:
    """Turn an operating system's error of writing into one that names the output."""
    try:
        yield
    except BrokenPipeError:
        raise
    except OSError as error:
        hint = {
            errno.ENOENT: "make the folder first",
            errno.ENOSPC: "make room on the disk or choose another",
        }.get(error.errno or 0, "choose another place")
        raise InputError(f"{name}: cannot be written: {error.strerror or error}; {hint}") from error


def _create(path: str, name: str) -> io.FileIO:
    with _guard(name):
        return open(path, "wb", buffering=0)


@contextmanager
def _aside(target: str, name: str) -> Iterator[io.FileIO]:
    """Open a file whose content takes the place of another one's once the block has ended well.

    It lies in the same folder. Where nothing may be made there, or a file be replaced (one that is
    mounted into a container), it is a temporary file, and what stands there is written over.
    """
    folder, base = os.path.split(target)
    if len(os.fsencode(base)) > _LONGEST_BASE:
        base = "genefinder"
    partial = os.path.join(folder, f".{base}.{secrets.token_hex(4)}.partial")
    try:
        with _guard(name):
            file = _beside(partial, target)
        with file:
            yield file
            with _guard(name):
                _put_in_place(file, partial, target)
    finally:
        with suppress(OSError):
            os.unlink(partial)  # whose name nobody else has


def _beside(partial: str, target: str) -> io.FileIO:
    """Open a new file, or one without a name where the folder takes none."""
    try:
        return open(partial, "x+b", buffering=0)
    except OSError:
        if not os.path.isfile(target) or not os.access(target, os.W_OK):
            raise
    with tempfile.NamedTemporaryFile(buffering=0) as file:
        return open(os.dup(file.fileno()), "r+b", buffering=0)


def _put_in_place(file: io.FileIO, partial: str, target: str) -> None:
    """Replace a file by a finished one, or write over it where it cannot be replaced."""
    try:
        with suppress(FileNotFoundError):
            os.chmod(file.fileno(), stat.S_IMODE(os.stat(target).st_mode))
        os.replace(partial, target)
    except OSError:
        if not os.path.isfile(target) or not os.access(target, os.W_OK):
            raise
        file.seek(0)
        with open(target, "wb") as over:
            shutil.copyfileobj(file, over)


def _descriptor(path: str) -> int | None:
    """Return the number of the open descriptor that a path such as ``/dev/fd/63`` stands for."""
    own = {os.path.realpath(folder) for folder in _DESCRIPTORS}
    for _ in range(_MOST_LINKS):
        folder, base = os.path.split(path)
        if base.isdecimal() and os.path.realpath(folder) in own:
            return int(base)
        try:
            path = os.path.join(folder, os.readlink(path))
        except OSError:
            return None
    return None


def _target(path: str) -> str:
    """Return the place that a path leads to, which must be no folder."""
    target = os.path.realpath(path)
    if os.path.isdir(target):
        raise InputError(f"{path}: is a folder; give a file name")
    return target


def _is_special(target: str) -> bool:
    """Tell whether something other than a regular file stands there."""
    try:
        mode = os.stat(target).st_mode
    except OSError:
        return False
    return not stat.S_ISREG(mode)


def _bgzf_block(text: bytes | memoryview) -> bytes:
    """Compress up to `_BLOCK` bytes into a BGZF block (SAM specification, section 4.1)."""
    deflate = zlib.compressobj(6, zlib.DEFLATED, -zlib.MAX_WBITS)
    body = deflate.compress(text) + deflate.flush()
    size = struct.pack("<H", _BLOCK_FRAME + len(body) - 1)
    return _BLOCK_HEAD + size + body + struct.pack("<II", zlib.crc32(text), len(text))
