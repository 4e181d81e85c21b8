import io
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from Bio.Seq import Seq

from genefinder.dna import Codes, decode, encode
from genefinder.errors import InputError
from genefinder.genes import Gene, Interval, Strand, Transcript
from genefinder.io.annotation import read_annotation
from genefinder.io.fasta import open_genome
from genefinder.io.gff3 import write_gff3
from genefinder.io.sequences import (
    coding_codes,
    coding_sequence,
    protein,
    translate,
    write_record,
)

needs_gffread = pytest.mark.skipif(
    shutil.which("gffread") is None, reason="gffread is not installed"
)


def transcript(
    cds: tuple[Interval, ...], strand: Strand = "+", phase: int = 0, **options: Any
) -> Transcript:
    return Transcript("t", "c", strand, exons=cds, cds=cds, phase=phase, **options)


#               0         1         2         3
#               0123456789012345678901234567890
CONTIG = encode("CCATGAAGTTTTAGAATTGATTCATTCCCAT")


def test_forward_strand_joins_its_segments() -> None:
    spliced = transcript(((2, 6), (14, 20)))
    assert coding_sequence(spliced, CONTIG) == "ATGAAATTGA"
    assert protein(spliced, CONTIG) == "MKL"


def test_reverse_strand() -> None:
    spliced = transcript(((7, 9), (21, 24), (27, 31)), "-")
    assert coding_sequence(spliced, CONTIG) == "ATGGTGAAC"
    assert protein(spliced, CONTIG) == "MVN"


@pytest.mark.parametrize(
    ("strand", "phase", "letters", "residues"),
    [
        ("+", 0, "ATGAAGTTTTA", "MKF"),
        ("+", 1, "TGAAGTTTTA", "*SF"),
        ("+", 2, "GAAGTTTTA", "EVL"),
        ("-", 0, "TAAAACTTCAT", "*NF"),
        ("-", 1, "AAAACTTCAT", "KTS"),
        ("-", 2, "AAACTTCAT", "KLH"),
    ],
)
def test_phase_of_an_open_start(strand: Strand, phase: int, letters: str, residues: str) -> None:
    spliced = transcript(((2, 13),), strand, phase)
    assert coding_sequence(spliced, CONTIG) == letters
    assert protein(spliced, CONTIG) == residues


def test_stop_codon_at_the_end_is_not_written_and_others_are() -> None:
    contig = encode("ATGTAATTTTAG")
    assert protein(transcript(((0, 12),)), contig) == "M*F"
    assert protein(transcript(((0, 9),)), contig) == "M*F"
    assert protein(transcript(((0, 3),)), contig) == "M"
    assert protein(transcript(((0, 6),)), contig) == "M"


def test_genetic_codes() -> None:
    contig = encode("ATGTGACTGTAA")
    assert protein(transcript(((0, 12),)), contig) == "M*L"
    assert protein(transcript(((0, 12),)), contig, table=4) == "MWL"
    assert protein(transcript(((0, 12),)), contig, table=12) == "M*S"
    with pytest.raises(InputError, match="no genetic code 99; NCBI defines 1, 2, 3, 4"):
        translate(contig, 99)


@pytest.mark.parametrize("table", [1, 4, 6, 11, 12, 26])
def test_translation_is_that_of_biopython(table: int) -> None:
    codes = np.random.default_rng(table).integers(0, 4, 3000, dtype=np.uint8)
    assert translate(codes, table) == str(Seq(decode(codes)).translate(table))


@pytest.mark.parametrize(
    ("codon", "residue"),
    [("CTN", "L"), ("ACN", "T"), ("NNN", "X"), ("TTN", "X"), ("TAN", "X"), ("NTG", "X")],
)
def test_codons_with_n(codon: str, residue: str) -> None:
    assert translate(encode(codon)) == residue


def test_empty_and_incomplete() -> None:
    assert protein(transcript(()), CONTIG) == ""
    assert translate(encode("AT")) == ""
    assert translate(encode("ATGA")) == "M"


def test_codes_are_a_copy() -> None:
    contig = CONTIG.copy()
    coding_codes(transcript(((2, 6),)), contig)[:] = 4
    assert np.array_equal(contig, CONTIG)


@pytest.mark.parametrize("cds", [(28, 32), (-3, 3)])
def test_segment_outside_the_contig(cds: Interval) -> None:
    with pytest.raises(InputError, match=r"'t'.*lies outside contig 'c' of 31 bases"):
        protein(transcript((cds,)), CONTIG)


@pytest.mark.parametrize("length", [0, 1, 59, 60, 61, 180])
def test_records_have_lines_of_60(length: int) -> None:
    stream = io.StringIO()
    write_record(stream, "g1.t1", "M" * length)
    header, *lines = stream.getvalue().split("\n")
    assert header == ">g1.t1"
    assert lines.pop() == ""
    assert "".join(lines) == "M" * length
    assert all(len(line) == 60 for line in lines[:-1])
    assert all(0 < len(line) <= 60 for line in lines)


def gffread(option: str, genome: Path, annotation: Path) -> dict[str, str]:
    """Sequences by transcript as gffread writes them, stops as asterisks."""
    done = subprocess.run(
        ["gffread", "-S", "-g", str(genome), option, "-", str(annotation)],
        capture_output=True,
        text=True,
        check=True,
    )
    records = (record.split("\n", 1) for record in done.stdout.split(">")[1:])
    return {header.split()[0]: lines.replace("\n", "") for header, lines in records}


def random_genes(contig: Codes, seed: int) -> Iterator[Gene]:
    """Genes of every strand, phase and number of segments, open or not, one behind another."""
    random = np.random.default_rng(seed)
    position = 5
    while position + 400 < len(contig):
        cds = []
        for _ in range(random.integers(1, 5)):
            end = position + int(random.integers(1, 60))
            cds.append((position, end))
            position = end + int(random.integers(4, 30))
        strand: Strand = "+" if random.integers(2) else "-"
        first = cds[0] if strand == "+" else cds[-1]
        phase = min(int(random.integers(3)), first[1] - first[0] - 1)
        name = f"g{position}"
        spliced = Transcript(
            f"{name}.t1",
            "c",
            strand,
            exons=tuple(cds),
            cds=tuple(cds),
            phase=phase,
            partial_low=strand == "+" and phase > 0,
            partial_high=strand == "-" and phase > 0,
        )
        if spliced.cds_length - phase >= 6:
            yield Gene(name, "c", strand, (spliced,))


@needs_gffread
@pytest.mark.parametrize("seed", [1, 2])
def test_sequences_are_those_of_gffread(tmp_path: Path, seed: int) -> None:
    codes = np.random.default_rng(seed).choice(5, 60_000, p=[0.3, 0.19, 0.2, 0.3, 0.01])
    contig = codes.astype(np.uint8)
    genes = list(random_genes(contig, seed))
    genome, annotation = tmp_path / "genome.fa", tmp_path / "genes.gff"
    with genome.open("w") as stream:
        write_record(stream, "c", decode(contig))
    with annotation.open("w") as stream:
        write_gff3(stream, genes, [("c", len(contig))])
    transcripts = [transcript for gene in genes for transcript in gene.transcripts]
    assert len(transcripts) > 200
    assert gffread("-x", genome, annotation) == {
        transcript.id: coding_sequence(transcript, contig) for transcript in transcripts
    }
    assert gffread("-y", genome, annotation) == {
        transcript.id: protein(transcript, contig) for transcript in transcripts
    }


@needs_gffread
def test_proteins_of_a_real_annotation_are_those_of_gffread(shared: Path, tmp_path: Path) -> None:
    folder = shared / "spombe"
    genome = tmp_path / "genome.fa"
    genes = read_annotation(folder / "genes.gff3.gz").genes
    ours = {}
    with genome.open("w") as stream:
        contigs = []
        for contig in open_genome(folder / "genome.fa.gz"):
            write_record(stream, contig.name, decode(contig.codes))
            contigs.append((contig.name, len(contig)))
            for gene in genes:
                if gene.contig == contig.name:
                    for isoform in gene.transcripts:
                        ours[isoform.id] = protein(isoform, contig.codes)
    annotation = tmp_path / "genes.gff"
    with annotation.open("w") as stream:
        write_gff3(stream, genes, contigs)
    theirs = gffread("-y", genome, annotation)
    assert len(theirs) > 5000
    assert theirs == ours
