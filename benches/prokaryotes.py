"""Genes of bacteria and archaea beside Prodigal: 3' ends, exact genes, starts, fragments and speed.

    python -m benches.prokaryotes --json benches/results/prokaryotes.json

Every genome is given to every program as it is: nobody tells it anything of the genome, but that
Prodigal is told genetic code 4 where it holds. The annotated genes of one segment outside of the
genome's ``mask.bed`` are compared. With ``--fragments N``, instead N random pieces of 2 to 20 kb
of each genome, as in a metagenome, each by itself, with ``--meta`` and Prodigal's ``-p meta``.
Starts that are proven by experiment (``verified_starts.gff3``) are compared by themselves. With
``--shuffled``, the 20 bases before every annotated start are shuffled, each by themselves: what
starts are worth without the motifs before them.

Prodigal is optional (Debian's package ``prodigal``).
"""

import argparse
import shutil
import sys
import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np

from benches.measure import run
from benches.records import DATA, RESULTS, Records, Row
from genefinder.dna import decode
from genefinder.evaluation import evaluate_prokaryotes
from genefinder.genes import Gene, shift_gene
from genefinder.io.annotation import read_annotation
from genefinder.io.bed import read_bed
from genefinder.io.fasta import Contig, open_genome
from genefinder.io.sequences import write_record

TEST = (
    "Escherichia_coli_K12_MG1655",
    "Bacillus_subtilis_168",
    "Mycobacterium_tuberculosis_H37Rv",
    "Halobacterium_salinarum_NRC1",
)
VALIDATION = ("Treponema_pallidum_Nichols", "Pyrococcus_furiosus_DSM3638")
CODE_4 = "Mycoplasma"
_SHORTEST, _LONGEST = 2_000, 20_000
_EDGE = 3
"""A gene with fewer bases before it, or after it, is cut off by the end of its piece."""
_UPSTREAM = 20
"""Bases before a start that are shuffled."""


def commands(model: str, name: str, fragments: bool) -> dict[str, list[str]]:
    """Return what finds genes in ``genome.fa``, by the name of the program."""
    found = {
        "genefinder": [
            *(sys.executable, "-m", "genefinder", "predict", "genome.fa"),
            *("--model", model, "--device", "cpu", "-q", *(["--meta"] if fragments else [])),
        ]
    }
    if prodigal := shutil.which("prodigal"):
        code = ["-g", "4"] if name.startswith(CODE_4) and not fragments else []
        mode = ["-p", "meta"] if fragments else []
        found["prodigal"] = [prodigal, "-q", "-f", "gff", "-i", "genome.fa", *code, *mode]
    return found


def cut(contigs: Sequence[Contig], count: int) -> list[tuple[str, int, Contig]]:
    """Draw pieces at random, always the same: the contig of each, its start there, its bases."""
    rng = np.random.default_rng(1)
    shares = np.array([len(contig) for contig in contigs], dtype=np.float64)
    pieces = []
    for number in range(count):
        contig = contigs[int(rng.choice(len(contigs), p=shares / shares.sum()))]
        size = min(len(contig), int(rng.integers(_SHORTEST, _LONGEST)))
        start = int(rng.integers(0, len(contig) - size + 1))
        piece = Contig(f"piece{number}", contig.codes[start : start + size])
        pieces.append((contig.name, start, piece))
    return pieces


def shuffle_upstream(contigs: Iterable[Contig], genes: Iterable[Gene]) -> list[Contig]:
    """Return contigs with the bases before every start shuffled, always in the same way."""
    rng = np.random.default_rng(1)
    shuffled = {contig.name: contig.codes.copy() for contig in contigs}
    for gene in genes:
        codes = shuffled[gene.contig]
        begin = max(0, gene.start - _UPSTREAM) if gene.strand == "+" else gene.end
        end = gene.start if gene.strand == "+" else min(len(codes), gene.end + _UPSTREAM)
        codes[begin:end] = rng.permutation(codes[begin:end])
    return [Contig(name, codes) for name, codes in shuffled.items()]


def figures(reference: Sequence[Gene], predicted: Sequence[Gene], mask: Path) -> Row:
    """Compare genes; shares in per cent."""
    found = evaluate_prokaryotes(reference, predicted, mask=read_bed(mask) if mask.exists() else {})
    return {
        "ends_f1": round(100 * found.ends.f1, 2),
        "ends_sn": round(100 * found.ends.sensitivity, 2),
        "ends_pr": round(100 * found.ends.precision, 2),
        "genes_f1": round(100 * found.genes.f1, 2),
        "right_starts": round(100 * found.right_starts, 2),
    }


def whole(folder: Path, command: Sequence[str], work: Path, shuffled: bool) -> Row:
    """Find the genes of a genome, and compare them."""
    reference = read_annotation(folder / "genes.gff3.gz").genes
    contigs = list(open_genome(folder / "genome.fa.gz"))
    with (work / "genome.fa").open("w") as stream:
        for contig in shuffle_upstream(contigs, reference) if shuffled else contigs:
            write_record(stream, contig.name, decode(contig.codes))
    cost = run(command, work, work / "genes.gff3")
    predicted = read_annotation(work / "genes.gff3").genes
    row = figures(reference, predicted, folder / "mask.bed")
    verified = folder / "verified_starts.gff3"
    if verified.exists():
        proven = evaluate_prokaryotes(read_annotation(verified).genes, predicted)
        row["verified_starts"] = round(100 * proven.genes.sensitivity, 2)
    bases = sum(map(len, contigs))
    row["kb_per_cpu_second"] = round(bases / 1000 / cost.cpu_seconds, 1)
    row["peak_mib"] = round(cost.peak_mib)
    return row


def in_pieces(folder: Path, command: Sequence[str], work: Path, count: int) -> Row:
    """Find the genes of random pieces, each by itself, and compare those that lie inside.

    What reaches the end of a piece, and a gene of which only the 3' end is inside, does not count.
    """
    contigs = list(open_genome(folder / "genome.fa.gz"))
    reference = read_annotation(folder / "genes.gff3.gz").genes
    pieces = cut(contigs, count)
    with (work / "genome.fa").open("w") as stream:
        for _, _, piece in pieces:
            write_record(stream, piece.name, decode(piece.codes))
    cost = run(command, work, work / "genes.gff3")
    inside: list[Gene] = []
    passed_over = set()
    for contig, start, piece in pieces:
        end = start + len(piece)
        for gene in reference:
            if gene.contig != contig or gene.end <= start or end <= gene.start:
                continue
            moved = shift_gene(gene, piece.name, -start)
            if start <= gene.start and gene.end <= end:
                inside.append(moved)
            else:
                passed_over.add(_end(moved))
    sizes = {piece.name: len(piece) for _, _, piece in pieces}
    predicted = [
        gene
        for gene in read_annotation(work / "genes.gff3").genes
        if gene.start >= _EDGE
        and gene.end <= sizes[gene.contig] - _EDGE
        and _end(gene) not in passed_over
    ]
    bases = sum(sizes.values())
    return {
        **figures(inside, predicted, Path("none")),
        "kb_per_cpu_second": round(bases / 1000 / cost.cpu_seconds, 1),
    }


def _end(gene: Gene) -> tuple[str, str, int]:
    """Return where a gene has its 3' end."""
    return gene.contig, gene.strand, gene.end if gene.strand == "+" else gene.start


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure all programs on all genomes."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("genomes", nargs="*", default=[*TEST, *VALIDATION])
    parser.add_argument("--data", type=Path, default=DATA / "prokaryotes")
    parser.add_argument("--model", default="prokaryote")
    parser.add_argument("--programs", nargs="+", default=["genefinder", "prodigal"])
    pieces = parser.add_mutually_exclusive_group()
    pieces.add_argument("--fragments", type=int, default=0)
    pieces.add_argument("--shuffled", action="store_true")
    parser.add_argument("--json", type=Path, default=RESULTS / "prokaryotes.json")
    given = parser.parse_args(arguments)
    keys = ("genome", "program", "fragments", "shuffled")
    records = Records(given.json, "prokaryotes", {"model": given.model}, keys)
    for genome in given.genomes:
        for program, command in commands(given.model, genome, bool(given.fragments)).items():
            names = {
                "genome": genome,
                "program": program,
                "fragments": given.fragments,
                "shuffled": given.shuffled,
            }
            if program not in given.programs or records.has(**names):
                continue
            with tempfile.TemporaryDirectory() as place:
                folder, work = given.data / genome, Path(place)
                if given.fragments:
                    row = in_pieces(folder, command, work, given.fragments)
                else:
                    row = whole(folder, command, work, given.shuffled)
            records.add(**names, **row)


if __name__ == "__main__":
    main()
