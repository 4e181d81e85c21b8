"""Outputs that are complete or absent: written beside their final name, then renamed."""

import errno
import io
import os
import secrets
import stat
import struct
import sys
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any, BinaryIO, Literal, TextIO

from genefinder.errors import InputError
from genefinder.io.source import BGZF_END

_BLOCK = 0xFF00
"""Bytes of text in a BGZF block, as htslib cuts them."""
_BLOCK_HEAD = bytes.fromhex("1f8b08040000000000ff060042430200")
_BLOCK_FRAME = len(_BLOCK_HEAD) + 2 + 8


@contextmanager
def open_output(path: str | os.PathLike[str]) -> Iterator[TextIO]:
    """Open a text output for the length of a ``with`` block.

    A file appears under its name only once the block has ended well; until then a hidden file in
    the same folder holds the text, and an error removes it. What stood there before stays until
    then. Devices and named pipes are written directly.

    Parameters
    ----------
    path
        File; a name ending in ``.gz`` is written as bgzip. ``-`` is standard output.

    Yields
    ------
    TextIO
        UTF-8 with newlines as line ends.

    Raises
    ------
    InputError
        The file cannot be written, or its disk is full.
    BrokenPipeError
        Nobody reads the output any more; to be met with a quiet exit.
    """
    path = os.fspath(path)
    if path == "-":
        with _guard("standard output"):
            sys.stdout.flush()
        with _text(sys.stdout.buffer, "standard output", compress=False) as stream:
            yield stream
        return
    target = _target(path)
    compress = path.endswith(".gz")
    if _is_special(target):
        with _create(target, "wb", path) as file, _text(file, path, compress) as stream:
            yield stream
        return
    folder, base = os.path.split(target)
    partial = os.path.join(folder, f".{base}.{secrets.token_hex(4)}.partial")
    file = _create(partial, "xb", path)
    try:
        with file, _text(file, path, compress) as stream:
            yield stream
        with _guard(path):
            os.replace(partial, target)
    except BaseException:
        with suppress(OSError):
            os.unlink(partial)
        raise


def check_output(path: str | os.PathLike[str]) -> None:
    """Refuse an output that could not be written, before time is spent on its content.

    Raises
    ------
    InputError
        The path is a folder, or its folder is missing or may not be written to.
    """
    path = os.fspath(path)
    if path == "-":
        return
    target = _target(path)
    if _is_special(target):
        return
    folder = os.path.dirname(target)
    if not os.path.isdir(folder):
        raise InputError(
            f"{path}: cannot be written: there is no folder {folder}; make the folder first"
        )
    if not os.access(folder, os.W_OK | os.X_OK):
        raise InputError(f"{path}: cannot be written: the folder {folder} is read-only for you")


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
    stream = io.TextIOWrapper(io.BufferedWriter(sink, _BLOCK), encoding="utf-8", newline="\n")
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


def _create(path: str, mode: Literal["wb", "xb"], name: str) -> io.FileIO:
    with _guard(name):
        return open(path, mode, buffering=0)


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
