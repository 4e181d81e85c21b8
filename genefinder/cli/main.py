"""The command ``genefinder``: its list of subcommands, and what becomes of their errors.

Exit codes
----------
0 success; 1 unusable data, or input or output that failed; 2 wrong usage; 130 interrupted from
the keyboard; 129, 141 and 143, as for any program that the signals SIGHUP, SIGPIPE and SIGTERM end,
where the terminal or the reader of standard output went away or another program asked for an end.
Any other exception is a defect of ours and keeps its traceback.
"""

import errno
import fcntl
import os
import signal
import sys
from collections.abc import Mapping
from importlib import import_module
from threading import Event, Timer
from types import FrameType
from typing import IO, Any, NoReturn

import click

from genefinder import __version__
from genefinder.errors import GenefinderError

SUMMARIES = {
    "predict": "Find the genes of a genome and write them as GFF3.",
    "shard": "Cut a genome into shards, for many machines.",
    "merge": "Join the genes of the shards of a genome.",
    "train": "Train a model on annotated genomes.",
    "pretrain": "Prepare a model on genomes without annotation.",
    "convert": "Write the genes of a file in another format.",
    "evaluate": "Compare predicted genes with a reference annotation.",
    "calibrate": "Calibrate a model's posteriors on annotated genomes.",
    "learn": "Learn the statistics of a genome without annotation.",
    "species": "Show and compare the statistics of species.",
    "models": "List the installed models.",
    "inspect": "Look inside a network: motifs, probes, novelty, gates, periodicity.",
}
"""What each subcommand does. ``NAME`` is the command ``NAME`` of ``genefinder.cli.NAME``."""

INTERRUPTED = 128 + signal.SIGINT
READER_GONE = 128 + signal.SIGPIPE

_INTERRUPT = Event()
"""Set by an interrupt. While numba compiles, LLVM swallows the exception: it fails otherwise, or
goes on as if nothing had been."""
_ENDED_BY: list[int] = []
"""The signal that ends the process, once there was one; a terminal that is closed sends several."""
_PATIENCE = 0.5
"""Seconds that it has to fail."""


class Failure(click.ClickException):
    """An error that the user can repair: one message on standard error, exit code 1."""

    def show(self, file: IO[Any] | None = None) -> None:
        """Write the message to ``file``, by default standard error."""
        click.echo(f"genefinder: error: {self.message}", file=file or sys.stderr)


class LazyGroup(click.Group):
    """A group that imports a subcommand when it is asked for, and not to list it.

    PyTorch alone takes seconds to import, which nobody should wait for to read a help text.

    Parameters
    ----------
    package
        Where the subcommands' modules are.
    summaries
        Name of each subcommand and what the list says of it.
    **attributes
        As :class:`click.Group` takes them.
    """

    def __init__(self, package: str, summaries: Mapping[str, str], **attributes: Any) -> None:
        super().__init__(**attributes)
        self.package = package
        self.summaries = summaries

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names of the subcommands in the order of a user's work."""
        return list(self.summaries)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import a subcommand; ``None`` where there is none of that name."""
        if cmd_name not in self.summaries:
            return None
        command: click.Command = getattr(import_module(f"{self.package}.{cmd_name}"), cmd_name)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the list of subcommands without importing one."""
        with formatter.section("Commands"):
            formatter.write_dl(list(self.summaries.items()))

    def invoke(self, ctx: click.Context) -> Any:
        """Run the subcommand and turn what the world did to it into an exit code.

        Raises
        ------
        Failure
            For a :class:`~genefinder.errors.GenefinderError` and for failed input or output.
        click.exceptions.Exit
            After an interrupt, or where nobody reads standard output any more.
        """
        try:
            result = super().invoke(ctx)
            sys.stdout.flush()  # so that a full disk or a closed pipe is met here, not at exit
        except GenefinderError as error:
            raise Failure(str(error)) from error
        except KeyboardInterrupt:
            click.echo("genefinder: interrupted", err=True)
            ctx.exit(INTERRUPTED)
        except BrokenPipeError:
            _discard_stdout()
            ctx.exit(READER_GONE)
        except OSError as error:
            _discard_stdout()
            raise Failure(_message(error)) from error
        except Exception:
            if not _INTERRUPT.is_set():
                raise
            click.echo("genefinder: interrupted", err=True)
            ctx.exit(INTERRUPTED)
        return result


@click.group(
    cls=LazyGroup,
    package="genefinder.cli",
    summaries=SUMMARIES,
    # All commands take these over.
    context_settings={
        "help_option_names": ["-h", "--help"],
        "show_default": True,
        "max_content_width": 100,
    },
)
@click.version_option(__version__, prog_name="genefinder", message="%(prog)s %(version)s")
def genefinder() -> None:
    """Find protein-coding genes in genomes.

    A neural network reads the sequence, and the best path through a gene grammar becomes the
    genes. `genefinder COMMAND --help` explains a command.
    """


def main() -> NoReturn:
    """Run ``genefinder`` on the arguments of this process, and exit."""
    _fill_closed_descriptors()
    for signum in (signal.SIGHUP, signal.SIGTERM):
        if signal.getsignal(signum) != signal.SIG_IGN:  # as under nohup
            signal.signal(signum, _terminate)
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:  # not in the background
        signal.signal(signal.SIGINT, _interrupt)
    sys.unraisablehook = _insist
    genefinder.main(prog_name="genefinder")


def _fill_closed_descriptors() -> None:
    """Open what was closed of standard input, output and error.

    The next files that are opened would have their numbers, and what a library writes to standard
    error would land in the genes. To write to standard output fails, as it should; messages go
    nowhere.
    """
    for descriptor, flags in ((0, os.O_RDONLY), (1, os.O_RDONLY), (2, os.O_WRONLY)):
        try:
            mode = fcntl.fcntl(descriptor, fcntl.F_GETFL) & os.O_ACCMODE
        except OSError:
            os.open(os.devnull, flags)  # which takes the lowest number that is free
        else:
            if descriptor == 2 and mode == os.O_RDONLY:  # the script of a shell may lie there
                with open(os.devnull, "wb") as nowhere:
                    os.dup2(nowhere.fileno(), descriptor)
    if sys.stdout is None:
        sys.stdout = open(1, "w", encoding="utf-8", closefd=False)  # noqa: SIM115
    if sys.stderr is None:
        sys.stderr = open(2, "w", encoding="utf-8", closefd=False)  # noqa: SIM115


def _interrupt(signum: int, frame: FrameType | None) -> NoReturn:
    """Raise what Python itself does, but remember it."""
    _INTERRUPT.set()
    raise KeyboardInterrupt


def _insist(swallowed: "sys.UnraisableHookArgs") -> None:
    """Interrupt again where the exception of an interrupt was swallowed."""
    number: int = signal.SIGINT
    if issubclass(swallowed.exc_type, SystemExit) and _ENDED_BY:
        number = _ENDED_BY.pop()
    elif not issubclass(swallowed.exc_type, KeyboardInterrupt):
        sys.__unraisablehook__(swallowed)
        return
    again = Timer(_PATIENCE, os.kill, (os.getpid(), number))
    again.daemon = True
    again.start()


def _terminate(signum: int, frame: FrameType | None) -> None:
    """End by an exception, so that unfinished output files are taken away."""
    if not _ENDED_BY:
        _ENDED_BY.append(signum)
        sys.exit(128 + signum)


def _message(error: OSError) -> str:
    """Say what failed, and on which file where the system tells."""
    if error.errno == errno.EBADF and error.filename is None:
        return "standard output: is closed; leave it open, or send it to a file"
    reason = error.strerror or str(error)
    return reason if error.filename is None else f"{os.fsdecode(error.filename)}: {reason}"


def _discard_stdout() -> None:
    """Send what is still buffered for standard output nowhere, so that exit stays quiet."""
    try:
        descriptor = sys.stdout.fileno()
    except (OSError, ValueError):  # a stand-in without a file below, as tests use
        return
    with open(os.devnull, "wb") as nowhere:
        os.dup2(nowhere.fileno(), descriptor)
