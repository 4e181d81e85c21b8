"""Gene finders to measure: this one and its peers, as commands over one FASTA file.

Peers are optional. The Debian packages ``augustus`` and ``snap`` bring programs and parameters.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

_AUGUSTUS = ("--softmasking=0", "--stopCodonExcludedFromCDS=false", "--gff3=on")
_FAST = ("--UTR=off", "--sample=0", "--alternatives-from-sampling=false")
_SNAP_HMM = Path("/usr/share/snap/HMM")


@dataclass(frozen=True, slots=True)
class Tool:
    """A gene finder that writes annotation to standard output.

    Attributes
    ----------
    name
        As the table shows it.
    command
        Program and arguments.
    shown
        The command for the record: as a user would type it, without paths of this machine.
    version
        What the program says of itself.
    """

    name: str
    command: tuple[str, ...]
    shown: str
    version: str


def genefinder(model: str, fasta: str, threads: int = 1) -> Tool:
    """Predict with this package and a model given by name or directory."""
    name = os.path.basename(model.rstrip("/"))
    located = os.path.abspath(model) if os.path.isdir(model) else model
    options = ("--threads", str(threads), "--device", "cpu", "-q", fasta)
    return Tool(
        name=f"genefinder {name}",
        command=(sys.executable, "-m", "genefinder", "predict", "--model", located, *options),
        shown=" ".join(("genefinder predict --model", name, *options)),
        version=_says(sys.executable, "-m", "genefinder", "--version"),
    )


def augustus(species: str, fasta: str, fast: bool) -> Tool | None:
    """Predict with AUGUSTUS; ``None`` where it is not installed.

    In fast mode it neither samples nor looks for alternative transcripts.
    """
    program = shutil.which("augustus")
    if program is None:
        return None
    options = (f"--species={species}", *_AUGUSTUS, *(_FAST if fast else ()), fasta)
    return Tool(
        name="AUGUSTUS fast" if fast else "AUGUSTUS",
        command=(program, *options),
        shown=" ".join(("augustus", *options)),
        version=_says(program, "--version"),
    )


def snap(hmm: str, fasta: str) -> Tool | None:
    """Predict with SNAP and an HMM given by file or Debian's name; ``None`` where not installed.

    Debian calls the program ``snap-hmm``; a plain ``snap`` is likely another program.
    """
    program = shutil.which("snap-hmm")
    if program is None:
        return None
    parameters = os.path.abspath(hmm) if os.path.isfile(hmm) else str(_SNAP_HMM / hmm)
    return Tool(
        name="SNAP",
        command=(program, "-gff", "-quiet", parameters, fasta),
        shown=" ".join(("snap-hmm -gff -quiet", os.path.basename(hmm), fasta)),
        version=_says(program),
    )


def chosen(name: str, species: str, hmm: str, fasta: str) -> Tool | None:
    """Return the peer of that name (see ``PEERS``), or ``None`` where it is not installed."""
    make: dict[str, Callable[[], Tool | None]] = {
        "augustus-fast": lambda: augustus(species, fasta, fast=True),
        "augustus": lambda: augustus(species, fasta, fast=False),
        "snap": lambda: snap(hmm, fasta),
    }
    return make[name]()


PEERS = ("augustus-fast", "augustus", "snap")


def _says(*command: str) -> str:
    """Return the first line that a program writes about itself, on whichever stream."""
    said = subprocess.run(command, capture_output=True, text=True, check=False)
    return next((line for line in (said.stdout + said.stderr).splitlines() if line.strip()), "")
