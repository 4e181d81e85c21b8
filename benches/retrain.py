"""AUGUSTUS and SNAP, trained on the sequence that a model of this project was trained on.

    python -m benches.retrain GENOME GFF --exclude REGION... -o results/retrained/SPECIES
    python -m benches.accuracy --species SPECIES --retrained results/retrained

The longest usable transcript of every gene outside of the regions counts. AUGUSTUS is trained as
its ``etraining`` does it, with the shares of the three stop codons that it reports, but without the
days of ``optimize_augustus.pl`` that tune its meta parameters; SNAP by ``fathom`` and ``forge``.
"""

import argparse
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from benches.peers import RETRAINED
from genefinder.data.transcripts import choose_transcript
from genefinder.dna import decode
from genefinder.errors import GenefinderError, InputError
from genefinder.genes import Gene, Region, Transcript
from genefinder.grammar import Grammar
from genefinder.io.annotation import read_annotation
from genefinder.io.fasta import open_genome
from genefinder.io.gff3 import write_gff3
from genefinder.io.regions import parse_region

_SHARE = Path("/usr/share/augustus")
"""Where Debian puts AUGUSTUS's configuration and scripts."""
_FLANK = 1000
"""Bases beside a gene that both trainings see."""
_LINE = 60
_STOPS = {"tag": "amberprob", "taa": "ochreprob", "tga": "opalprob"}
_EXONS = {(True, True): "Esngl", (True, False): "Einit", (False, False): "Exon"}


def usable(
    genome: Path, annotation: Path, exclude: Sequence[Region]
) -> tuple[list[Gene], dict[str, str]]:
    """Return genes of one transcript each, outside of some regions, and the contigs' letters."""
    letters: dict[str, str] = {}
    kept: list[Gene] = []
    genes = read_annotation(annotation).genes
    for contig in open_genome(genome):
        letters[contig.name] = decode(contig.codes)
        for gene in genes:
            if gene.contig != contig.name or any(
                region.contig == gene.contig and region.overlaps(gene.start, gene.end)
                for region in exclude
            ):
                continue
            chosen = choose_transcript(gene, contig.codes, Grammar()).transcript
            if chosen is not None and not (chosen.partial_low or chosen.partial_high):
                kept.append(Gene(gene.id, gene.contig, gene.strand, (chosen,)))
    if not kept:
        raise InputError(f"{annotation}: no usable gene outside of the excluded regions")
    return kept, letters


def train_augustus(genes: Iterable[Gene], letters: Mapping[str, str], folder: Path) -> None:
    """Train AUGUSTUS; ``folder`` becomes a configuration folder with one species of its own."""
    shutil.rmtree(folder, ignore_errors=True)
    for part in ("model", "profile", "extrinsic", "parameters", "species/generic"):
        shutil.copytree(_SHARE / "config" / part, folder / part)
    scripts = _SHARE / "scripts"
    _run("perl", scripts / "new_species.pl", f"--species={RETRAINED}", config=folder)
    with (folder / "genes.gff3").open("w", encoding="utf-8") as file:
        write_gff3(file, genes, [(name, len(bases)) for name, bases in letters.items()])
    with (folder / "genome.fa").open("w", encoding="ascii") as file:
        for name, bases in letters.items():
            file.write(f">{name}\n{bases}\n")
    parts = folder / "genes.gff3", folder / "genome.fa", str(_FLANK), folder / "genes.gb"
    _run("perl", scripts / "gff2gbSmallDNA.pl", *parts, config=folder)
    said = _run("etraining", f"--species={RETRAINED}", folder / "genes.gb", config=folder)
    parameters = folder / "species" / RETRAINED / f"{RETRAINED}_parameters.cfg"
    text = parameters.read_text(encoding="utf-8")
    for codon, name in _STOPS.items():
        share = re.search(rf"^{codon}:\s+\d+ \(([\d.e-]+)\)", said, re.MULTILINE)
        if share is None:
            raise InputError("etraining did not tell how often each stop codon is used")
        text = re.sub(rf"(/Constant/{name}\s+)\S+", rf"\g<1>{share[1]}", text)
    parameters.write_text(text, encoding="utf-8")


def train_snap(genes: Iterable[Gene], letters: Mapping[str, str], folder: Path) -> None:
    """Train SNAP; ``folder`` receives its parameters, ``retrained.hmm``."""
    shutil.rmtree(folder, ignore_errors=True)
    (folder / "forge").mkdir(parents=True)
    ordered = list(genes)
    with (folder / "genome.ann").open("w") as ann, (folder / "genome.dna").open("w") as dna:
        for name, bases in letters.items():
            rows = [row for gene in ordered if gene.contig == name for row in zff(gene)]
            if rows:
                ann.write(f">{name}\n" + "".join(f"{row}\n" for row in rows))
                lines = (bases[at : at + _LINE] for at in range(0, len(bases), _LINE))
                dna.write(f">{name}\n" + "".join(f"{line}\n" for line in lines))
    _run("fathom", "genome.ann", "genome.dna", "-categorize", str(_FLANK), folder=folder)
    _run("fathom", "uni.ann", "uni.dna", "-export", str(_FLANK), "-plus", folder=folder)
    _run("forge", "../export.ann", "../export.dna", folder=folder / "forge")
    hmm = _run("hmm-assembler.pl", RETRAINED, "forge", folder=folder)
    (folder / f"{RETRAINED}.hmm").write_text(hmm, encoding="ascii")


def zff(gene: Gene) -> list[str]:
    """Return the coding exons of a gene as rows of SNAP's format, in the order of coordinates.

    A row holds label, begin, end and gene, 1-based and closed; on the reverse strand the begin is
    the larger number.
    """
    transcript: Transcript = gene.transcripts[0]
    top = len(transcript.cds) - 1
    rows = []
    for place, (start, end) in enumerate(transcript.cds):
        order = place if gene.strand == "+" else top - place
        label = _EXONS.get((order == 0, order == top), "Eterm")
        ends = (start + 1, end) if gene.strand == "+" else (end, start + 1)
        rows.append(f"{label}\t{ends[0]}\t{ends[1]}\t{gene.id}")
    return rows


def _run(*command: str | Path, folder: Path | None = None, config: Path | None = None) -> str:
    """Run a program and return its standard output."""
    environment = dict(os.environ)
    if config is not None:
        environment["AUGUSTUS_CONFIG_PATH"] = str(config.resolve())
    done = subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    if done.returncode:
        last = (done.stderr or done.stdout).strip().splitlines()[-5:]
        raise InputError(f"{command[0]} ended with {done.returncode}: " + "\n".join(last))
    return done.stdout


def main(words: Sequence[str] | None = None) -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=str(__doc__).splitlines()[0])
    parser.add_argument("genome", type=Path)
    parser.add_argument("annotation", type=Path)
    parser.add_argument("--exclude", type=parse_region, nargs="*", default=[])
    parser.add_argument("-o", "--output", type=Path, required=True)
    arguments = parser.parse_args(words)
    genes, letters = usable(arguments.genome, arguments.annotation, arguments.exclude)
    print(f"{len(genes):,} genes to train on", file=sys.stderr)
    train_augustus(genes, letters, arguments.output / "augustus")
    train_snap(genes, letters, arguments.output / "snap")


if __name__ == "__main__":
    try:
        main()
    except GenefinderError as error:
        sys.exit(str(error))
