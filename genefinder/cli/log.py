"""A file of all that a run says, for those who look later."""

import os
from datetime import UTC, datetime
from types import TracebackType
from typing import Self, TextIO

import click

from genefinder.errors import InputError


class Log:
    """Lines with the time at which each was written; a run that fails leaves its log.

    Parameters
    ----------
    path
        The file, which is begun anew; ``None`` for no log.

    Raises
    ------
    InputError
        It cannot be written.
    """

    def __init__(self, path: str | None) -> None:
        self._file: TextIO | None = None
        if path is not None:
            try:
                self._file = open(  # noqa: SIM115 (closed by `__exit__`)
                    path, "w", encoding="utf-8", errors="backslashreplace", buffering=1
                )
            except OSError as error:
                reason = error.strerror or error
                raise InputError(f"{path}: the log cannot be written: {reason}") from error

    def __enter__(self) -> Self:
        """Return itself."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Say how it ended, and close the file."""
        if self._file is None:
            return
        if error is None:
            self.write("done")
        elif isinstance(error, click.exceptions.Exit | SystemExit | KeyboardInterrupt):
            self.write("ended before it was done")
        else:
            self.write(f"error: {str(error) or type(error).__name__}")
        self._file.close()

    def write(self, text: str) -> None:
        """Write a text; each of its lines has the time, in UTC.

        Raises
        ------
        InputError
            The disk is full, or the file cannot be written any more.
        """
        if self._file is None:
            return
        now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        try:
            for line in text.splitlines():
                self._file.write(f"{now} {line}\n")
        except OSError as error:
            name = os.fsdecode(self._file.name)
            raise InputError(f"{name}: the log cannot be written: {error.strerror}") from error
