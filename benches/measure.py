"""What a command costs: time and memory."""

import os
import platform
import subprocess
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from time import perf_counter

from benches.records import ROOT


class CommandError(Exception):
    """A measured command ended with an error; the message holds what it said last."""


@dataclass(frozen=True, slots=True)
class Cost:
    """What a command took, its own children included.

    Attributes
    ----------
    wall_seconds, cpu_seconds
        Time passed, and processor time in user and system mode.
    peak_mib
        Largest resident memory of any one process, in MiB.
    """

    wall_seconds: float
    cpu_seconds: float
    peak_mib: float

    def to_dict(self) -> dict[str, float]:
        """Return the figures as JSON has them."""
        return asdict(self)


def run(command: Sequence[str], folder: Path, stdout: Path) -> Cost:
    """Run a command and measure it.

    Python finds this checkout's package first. Memory counts from the moment of the fork, so a
    caller should itself be small when it measures.

    Parameters
    ----------
    command
        Program and arguments.
    folder
        Working directory.
    stdout
        Where standard output goes; standard error goes beside it, to ``<stdout>.err``.

    Returns
    -------
    Cost
        From ``wait4``, so that commands measured before do not mix in.

    Raises
    ------
    CommandError
        The command did not end with 0.
    """
    errors = stdout.with_name(f"{stdout.name}.err")
    started = perf_counter()
    with stdout.open("wb") as out, errors.open("wb") as err:
        process = subprocess.Popen(
            command,
            cwd=folder,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=err,
        )
        _, status, usage = os.wait4(process.pid, 0)
    wall = perf_counter() - started
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        said = errors.read_text(errors="replace").strip().splitlines()[-5:]
        raise CommandError(f"{command[0]} ended with {process.returncode}: " + "\n".join(said))
    unit = 1 if platform.system() == "Darwin" else 1024
    return Cost(
        wall_seconds=round(wall, 3),
        cpu_seconds=round(usage.ru_utime + usage.ru_stime, 3),
        peak_mib=round(usage.ru_maxrss * unit / 2**20, 1),
    )
