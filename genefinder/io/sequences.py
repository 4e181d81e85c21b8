"""The sequences that genes code for: spliced CDS and proteins, as FASTA."""

from functools import cache
from itertools import product
from typing import TextIO

import numpy as np

from genefinder.dna import BASES, Codes, N, decode, reverse_complement
from genefinder.errors import InputError
from genefinder.genes import Transcript

_WIDTH = 60
_CODON = np.array([25, 5, 1], dtype=np.uint8)
"""Weights that number the 125 codons over A, C, G, T, N."""


def coding_codes(transcript: Transcript, contig: Codes) -> Codes:
    """Splice the coding sequence, in strand direction from its first complete codon.

    Parameters
    ----------
    transcript
        Its `phase` is the number of bases before the first complete codon, which are left out; at
        an open 3' end the last codon may be incomplete.
    contig
        Codes of the whole contig, shape ``(length,)``.

    Returns
    -------
    Codes
        Shape ``(transcript.cds_length - transcript.phase,)``, stop codon included.

    Raises
    ------
    InputError
        A coding segment lies outside the contig.
    """
    for start, end in transcript.cds:
        if start < 0 or end > len(contig):
            raise InputError(
                f"transcript {transcript.id!r}: its coding segment {start + 1}-{end} lies outside "
                f"contig {transcript.contig!r} of {len(contig)} bases; use the genome that it was "
                "annotated on"
            )
    spliced = np.concatenate([contig[:0], *(contig[start:end] for start, end in transcript.cds)])
    if transcript.strand == "-":
        spliced = reverse_complement(spliced)
    return spliced[transcript.phase :]


def coding_sequence(transcript: Transcript, contig: Codes) -> str:
    """Letters of :func:`coding_codes`, as ``gffread -x`` writes them, but N for every ambiguity."""
    return decode(coding_codes(transcript, contig))


def protein(transcript: Transcript, contig: Codes, table: int = 1) -> str:
    """Translate a transcript, as ``gffread -y`` does.

    Parameters
    ----------
    transcript
        Its complete codons are translated.
    contig
        Codes of the whole contig, shape ``(length,)``.
    table
        NCBI genetic code.

    Returns
    -------
    str
        One letter an amino acid. The stop codon at the end is not written; one inside is ``*``. A
        codon with N is X unless all its readings code for the same. A start codon is translated
        as any other codon.

    Raises
    ------
    InputError
        A coding segment lies outside the contig, or there is no such genetic code.
    """
    residues = translate(coding_codes(transcript, contig), table)
    return residues.removesuffix("*")


def translate(codes: Codes, table: int = 1) -> str:
    """Translate complete codons from the first base on; stops are ``*``.

    Raises
    ------
    InputError
        There is no such genetic code.
    """
    codons = codes[: len(codes) // 3 * 3].reshape(-1, 3)
    residues: Codes = _genetic_code(table)[codons @ _CODON]
    return residues.tobytes().decode("ascii")


def write_record(stream: TextIO, name: str, letters: str) -> None:
    """Write a FASTA record in lines of 60 letters."""
    lines = [letters[start : start + _WIDTH] for start in range(0, len(letters), _WIDTH)]
    stream.write("\n".join([f">{name}", *lines, ""]))


@cache
def _genetic_code(table: int) -> Codes:
    """Letter of each of the 125 codons over A, C, G, T, N, as ASCII codes; shape ``(125,)``."""
    from Bio.Data.CodonTable import unambiguous_dna_by_id

    if table not in unambiguous_dna_by_id:
        tables = ", ".join(map(str, sorted(unambiguous_dna_by_id)))
        raise InputError(f"there is no genetic code {table}; NCBI defines {tables}")
    forward = unambiguous_dna_by_id[table].forward_table
    letters = bytearray()
    for codon in product(BASES, repeat=3):
        readings = product(*(BASES[:N] if base == BASES[N] else base for base in codon))
        residues = {forward.get("".join(reading), "*") for reading in readings}
        letters += (residues.pop() if len(residues) == 1 else "X").encode()
    return np.frombuffer(letters, dtype=np.uint8)
