"""The bytes of an input: from a file, a pipe or standard input, compressed or not."""

import bisect
import gzip
import hashlib
import io
import os
import shutil
import stat
import struct
import sys
import tempfile
import weakref
import zlib
from array import array
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, BinaryIO

from genefinder.errors import InputError

CHUNK = 1 << 18
"""Bytes of text handed out at a time."""
BGZF_END = bytes.fromhex("1f8b08040000000000ff0600424302001b0003000000000000000000")
"""The empty block that ends every BGZF file."""

_GZIP = b"\x1f\x8b"
_BGZF = struct.Struct("<2s10s4sH")
"""Start of a BGZF block: gzip magic, ten bytes, the extra field's tag, block size - 1."""
_BGZF_TAG = b"BC\x02\x00"
_FOREIGN = {
    b"BZh": "bzip2",
    b"\xfd7zXZ": "xz",
    b"\x28\xb5\x2f\xfd": "zstd",
    b"PK\x03\x04": "zip",
}


class Source:
    """An input read from beginning to end, hashed on the way; files also from any offset.

    Compression (gzip or bgzip) is recognised by the first bytes, never by the name. A file can be
    read any number of times, standard input and pipes once.

    Parameters
    ----------
    path
        File, or ``-`` for standard input.
    chunk
        Bytes of text handed out at a time.

    Raises
    ------
    InputError
        The file is missing, a folder or not readable.
    """

    def __init__(self, path: str | os.PathLike[str], chunk: int = CHUNK) -> None:
        self._chunk = chunk
        self.path = os.fspath(path)
        self.name = "standard input" if self.path == "-" else self.path
        self.rewindable = False
        self._sha256: str | None = None
        self._state: tuple[int, int] | None = None
        self._blocks: _Blocks | None = None
        self._spent = False
        self._copy: tempfile._TemporaryFileWrapper[bytes] | None = None
        if self.path != "-":
            with self._guard():
                mode = os.stat(self.path).st_mode
            if stat.S_ISDIR(mode):
                raise InputError(f"{self.name}: is a folder; give a file")
            self.rewindable = stat.S_ISREG(mode)
            if self.rewindable:
                self._open_file().close()

    @property
    def sha256(self) -> str:
        """SHA-256 (hexadecimal) of the bytes as stored, compressed or not.

        Free after a complete pass; before one, a file is read for it.

        Raises
        ------
        InputError
            The input can be read only once and has not been read to its end.
        """
        if self._sha256 is None:
            if not self.rewindable:
                raise InputError(f"{self.name}: has no checksum before it has been read")
            with self._open_file() as file:
                self._sha256 = hashlib.file_digest(file, "sha256").hexdigest()
        return self._sha256

    def spool(self) -> None:
        """Keep what can be read only once in a temporary file, so that it can be read again.

        A file stays as it is. The copy goes with this object.

        Raises
        ------
        InputError
            The input was read already, or there is no room for it.
        """
        if self.rewindable:
            return
        if self._spent:
            raise InputError(f"{self.name}: can be read only once; save it to a file first")
        with self._open() as stored:
            try:
                copy = tempfile.NamedTemporaryFile(prefix="genefinder.")  # noqa: SIM115
                shutil.copyfileobj(stored, copy, CHUNK)
                copy.flush()
            except OSError as error:
                raise InputError(
                    f"{self.name}: cannot be kept in a temporary file ({error.strerror or error}); "
                    "save it to a file first"
                ) from error
        self._copy = copy
        # Not left to the file itself, which complains where both are part of a cycle.
        weakref.finalize(self, copy.close)
        self.rewindable = True

    def chunks(self) -> Iterator[bytes]:
        """Yield the decompressed text from its beginning, one chunk at a time.

        Raises
        ------
        InputError
            The input is cut short, damaged, of a foreign compression, or was read already and
            cannot be read twice.
        """
        if self._spent:
            raise InputError(f"{self.name}: can be read only once; save it to a file first")
        self._spent = not self.rewindable
        with self._open() as file:
            stored = _Hashed(file)
            state = self._stat(file)
            with io.BufferedReader(stored, 1 << 20) as reader:
                with self._guard():
                    head = reader.peek(_BGZF.size)
                yield from self._read(_gunzip(reader) if self._is_gzip(head) else reader)
        if _is_bgzf(head) and stored.tail != BGZF_END:
            raise self._truncated()
        self._sha256 = stored.sha256.hexdigest()
        self._state = state

    def chunks_from(self, offset: int) -> Iterator[bytes]:
        """Yield the decompressed text of a file from an offset on.

        Plain text is entered at once and bgzip at the nearest block; gzip has to be decompressed
        up to the offset.

        Parameters
        ----------
        offset
            Bytes of decompressed text to leave out.

        Raises
        ------
        InputError
            The input is not a file, or the file has changed since it was read.
        """
        if not self.rewindable:
            raise InputError(
                f"{self.name}: only a file can be read from any place; save it to a file first"
            )
        with self._open_file() as file:
            if self._state not in (None, self._stat(file)):
                raise InputError(f"{self.name}: has changed while it was in use; start again")
            head = file.read(_BGZF.size)
            if _is_bgzf(head):
                if self._blocks is None:
                    self._blocks = _Blocks(file)
                text_start, file_start = self._blocks.find(offset)
            else:
                text_start, file_start = 0, 0
            if self._is_gzip(head):
                file.seek(file_start)
                text = _gunzip(file)
                with self._guard():
                    text.seek(offset - text_start)
                yield from self._read(text)
            else:
                file.seek(offset)
                yield from self._read(file)

    def _read(self, text: io.BufferedIOBase) -> Iterator[bytes]:
        """Yield chunks of open text."""
        while True:
            with self._guard():
                chunk = text.read(self._chunk)
            if not chunk:
                return
            yield chunk

    @contextmanager
    def _guard(self) -> Iterator[None]:
        """Turn errors of reading into ones that name the input."""
        try:
            yield
        except EOFError as error:
            raise self._truncated() from error
        except (gzip.BadGzipFile, zlib.error) as error:
            raise InputError(
                f"{self.name}: damaged gzip data ({error}); copy or download it again"
            ) from error
        except OSError as error:
            raise self._unreadable(error) from error

    @contextmanager
    def _open(self) -> Iterator[BinaryIO]:
        """Open the stored bytes; standard input stays open afterwards."""
        if self.path == "-" and self._copy is None:
            if sys.stdin is None:
                raise InputError(f"{self.name}: is closed; give a file, or send something there")
            yield sys.stdin.buffer
            return
        with self._open_file() as file:
            yield file

    def _open_file(self) -> io.BufferedReader:
        with self._guard():
            return open(self.path if self._copy is None else self._copy.name, "rb")

    def _stat(self, file: BinaryIO) -> tuple[int, int] | None:
        """Return what stays the same while a file does: size and time of its last change."""
        if not self.rewindable:
            return None
        status = os.fstat(file.fileno())
        return status.st_size, status.st_mtime_ns

    def _is_gzip(self, head: bytes) -> bool:
        for magic, tool in _FOREIGN.items():
            if head.startswith(magic):
                raise InputError(
                    f"{self.name}: is compressed with {tool}; decompress it, or use gzip or bgzip"
                )
        return head.startswith(_GZIP)

    def _truncated(self) -> InputError:
        return InputError(
            f"{self.name}: the compressed file is cut short; copy or download it again"
        )

    def _unreadable(self, error: OSError) -> InputError:
        if isinstance(error, FileNotFoundError):
            return InputError(f"{self.name}: no such file; check the path")
        return InputError(f"{self.name}: cannot be read: {error.strerror or error}; check the file")


class _Hashed(io.RawIOBase):
    """Passes bytes on, keeping their SHA-256 and the last few."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self.sha256 = hashlib.sha256()
        self.tail = b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        data = self._file.read(len(buffer))
        buffer[: len(data)] = data
        self.sha256.update(data)
        self.tail = (self.tail + data[-len(BGZF_END) :])[-len(BGZF_END) :]
        return len(data)


class _Blocks:
    """Where each block of a BGZF file stands (SAM specification, section 4.1).

    Read from the blocks' own headers, so that no index beside the file need be trusted.
    """

    def __init__(self, file: BinaryIO) -> None:
        self._text = array("q")
        self._file = array("q")
        descriptor = file.fileno()
        text_start = file_start = 0
        head = os.pread(descriptor, _BGZF.size, 0)
        while _is_bgzf(head):
            self._text.append(text_start)
            self._file.append(file_start)
            file_start += _BGZF.unpack(head)[3] + 1
            size_and_next_head = os.pread(descriptor, 4 + _BGZF.size, file_start - 4)
            text_start += int.from_bytes(size_and_next_head[:4], "little")
            head = size_and_next_head[4:]

    def find(self, offset: int) -> tuple[int, int]:
        """Return where the block that holds an offset of the text starts: in text and file."""
        block = bisect.bisect_right(self._text, offset) - 1
        return self._text[block], self._file[block]


def _gunzip(file: io.BufferedIOBase) -> gzip.GzipFile:
    """Decompress an open file of one or many gzip members."""
    return gzip.GzipFile(fileobj=file, mode="rb")


def _is_bgzf(head: bytes) -> bool:
    """Tell whether a BGZF block starts here."""
    if len(head) < _BGZF.size:
        return False
    magic, _, tag, _ = _BGZF.unpack(head[: _BGZF.size])
    return bool(magic == _GZIP and tag == _BGZF_TAG)
