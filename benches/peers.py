"""Gene finders to measure: this one and its peers, as commands over one FASTA file.

Peers are optional. The Debian packages ``augustus`` and ``snap`` bring programs and parameters;
geneML comes from PyPI, best into an environment of its own, and is named by its path.
"""

import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from benches.records import ROOT
from benches.splits import Split

_AUGUSTUS = ("--softmasking=0", "--stopCodonExcludedFromCDS=false", "--gff3=on")
_FAST = ("--UTR=off", "--sample=0", "--alternatives-from-sampling=false")
_SNAP_HMM = Path("/usr/share/snap/HMM")
RETRAINED = "retrained"
"""Name of the parameters that :mod:`benches.retrain` makes."""


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
        What the program says of itself; of this package with the hash of the model.
    output
        File in the working folder that the program writes, or ``None`` for standard output.
    """

    name: str
    command: tuple[str, ...]
    shown: str
    version: str
    output: str | None = None

    @property
    def program(self) -> str:
        """Name without the mode."""
        return self.name.split()[0]


def installed() -> dict[str, Path]:
    """Return the installed models and their folders.

    Another process looks them up, so that this one stays small (see :func:`benches.measure.run`).
    """
    command = (sys.executable, "-m", "genefinder", "models", "--json")
    said = subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT)
    return {model["model"]: Path(model["folder"]) for model in json.loads(said.stdout)}


def genefinder(model: str, fasta: str, threads: int = 1) -> Tool:
    """Predict with this package and a model given by name or directory."""
    name = os.path.basename(model.rstrip("/"))
    located = os.path.abspath(model) if os.path.isdir(model) else model
    folder = Path(located) if os.path.isdir(model) else installed().get(model, Path(model))
    files = (folder / "config.json", folder / "model.safetensors")
    hashed = hashlib.sha256(b"".join(path.read_bytes() for path in files if path.exists()))
    options = ("--threads", str(threads), "--device", "cpu", "-q", fasta)
    version = _says(sys.executable, "-m", "genefinder", "--version")
    return Tool(
        name=f"genefinder {name}",
        command=(sys.executable, "-m", "genefinder", "predict", "--model", located, *options),
        shown=" ".join(("genefinder predict --model", name, *options)),
        version=f"{version}, model {hashed.hexdigest()[:12]}",
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


def glimmerhmm(folder: Path | None, name: str | None, fasta: str) -> Tool | None:
    """Predict with GlimmerHMM; ``None`` where it, or its trained parameters, are absent."""
    program = shutil.which("glimmerhmm")
    if program is None or folder is None or name is None or not (folder / name).is_dir():
        return None
    return Tool(
        name="GlimmerHMM",
        command=(program, fasta, str((folder / name).resolve()), "-g"),
        shown=f"glimmerhmm {fasta} {name} -g",
        version=_says(program, "-v"),
    )


def geneml(program: Path | None, fasta: str, single: bool) -> Tool | None:
    """Predict with geneML, given by its path; with one transcript a gene, or as many as it likes.

    ``None`` where it is absent.
    """
    found = shutil.which(str(program or "geneml"))
    if found is None:
        return None
    output = "geneml.gff3"
    options = (fasta, "-o", output, *(("--max-transcripts", "1") if single else ()))
    return Tool(
        name="geneML single" if single else "geneML",
        command=(os.path.abspath(found), *options),
        shown=" ".join(("geneml", *options)),
        version=_says(found, "--version"),
        output=output,
    )


def retrained_augustus(folder: Path, fasta: str) -> Tool | None:
    """Predict with AUGUSTUS as :mod:`benches.retrain` trained it; ``None`` where it did not."""
    program = shutil.which("augustus")
    if program is None or not (folder / "species" / RETRAINED).is_dir():
        return None
    options = (f"--species={RETRAINED}", *_AUGUSTUS, *_FAST, fasta)
    return Tool(
        name=f"AUGUSTUS {RETRAINED}",
        command=(program, f"--AUGUSTUS_CONFIG_PATH={folder.resolve()}", *options),
        shown=" ".join(("augustus", *options)),
        version=_says(program, "--version"),
    )


def retrained_snap(folder: Path, fasta: str) -> Tool | None:
    """Predict with SNAP as :mod:`benches.retrain` trained it; ``None`` where it did not."""
    hmm = folder / f"{RETRAINED}.hmm"
    tool = snap(str(hmm), fasta) if hmm.is_file() else None
    return replace(tool, name=f"SNAP {RETRAINED}") if tool else None


def peers(
    split: Split,
    fasta: str,
    geneml_path: Path | None,
    glimmerhmm_models: Path | None,
    retrained: Path | None,
) -> dict[str, Callable[[], Tool | None]]:
    """Return how to make each peer that has parameters for a split, by name; see ``PEERS``."""
    known: dict[str, Callable[[], Tool | None]] = {
        "augustus-fast": lambda: augustus(split.augustus, fasta, fast=True),
        "augustus": lambda: augustus(split.augustus, fasta, fast=False),
        "glimmerhmm": lambda: glimmerhmm(glimmerhmm_models, split.glimmerhmm, fasta),
    }
    if retrained is not None:
        own = retrained / split.species
        known["augustus-retrained"] = lambda: retrained_augustus(own / "augustus", fasta)
        known["snap-retrained"] = lambda: retrained_snap(own / "snap", fasta)
    if split.snap is not None:
        known["snap"] = lambda: snap(str(split.snap), fasta)
    if split.fungus:
        known["geneml-single"] = lambda: geneml(geneml_path, fasta, single=True)
        known["geneml"] = lambda: geneml(geneml_path, fasta, single=False)
    return known


PEERS = (
    "augustus-fast",
    "augustus",
    "augustus-retrained",
    "snap",
    "snap-retrained",
    "glimmerhmm",
    "geneml-single",
    "geneml",
)


def _says(*command: str) -> str:
    """Return the first line that a program writes about itself, on whichever stream."""
    said = subprocess.run(command, capture_output=True, text=True, check=False)
    return next((line for line in (said.stdout + said.stderr).splitlines() if line.strip()), "")
