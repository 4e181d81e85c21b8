"""A sample of a genome: chunks of it, evenly spread."""

import hashlib
import heapq
import os
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property

from genefinder.dna import N
from genefinder.io.fasta import Contig, Genome

SHORT, LONG = 50_000, 200_000
"""Bases of a chunk, about: short ones are of many places, and long introns fit into long ones."""
SHORT_BASES, LONG_BASES = 600_000, 2_000_000
"""Bases of all short and of all long chunks, about, unless others are asked for."""
MOST_BASES = 6_000_000
"""Bases of the long chunks that are drawn, about, at most."""


class GenomeSample:
    """Chunks of a genome, drawn when some are asked for first, once for everybody who asks.

    Contigs are cut into chunks of equal length. Which of them are drawn depends on their numbers
    alone, so the same genome gives the same sample, from a file or a pipe; it is read once and
    never held in memory as a whole. Chunks that are mostly N are left out.

    Parameters
    ----------
    genome
        The genome; a pipe is kept in a temporary file, to be read again.
    """

    def __init__(self, genome: Genome | Iterable[Contig]) -> None:
        self._genome = genome

    @property
    def name(self) -> str:
        """What the genome is called: the name of its file, where it has one."""
        path = self._genome.path if isinstance(self._genome, Genome) else "-"
        return "the genome" if path == "-" else os.path.basename(path)

    def short(self, most: int = SHORT_BASES) -> list[Contig]:
        """Return short chunks of so many bases, in the order of the genome; all of a small one.

        Raises
        ------
        InputError
            If the genome cannot be read.
        """
        return self._drawn[0].chunks(most)

    def long(self, most: int = LONG_BASES) -> list[Contig]:
        """Return long chunks likewise; see :meth:`short`."""
        return self._drawn[1].chunks(most)

    @cached_property
    def _drawn(self) -> "tuple[_Draw, _Draw]":
        """Short and long chunks."""
        if isinstance(self._genome, Genome):
            self._genome.spool()
        draws = _Draw(SHORT, SHORT_BASES), _Draw(LONG, MOST_BASES)
        for number, contig in enumerate(self._genome):
            for draw in draws:
                draw.add(number, contig)
        return draws


@dataclass(slots=True)
class _Draw:
    """Chunks of one length, those of the lowest ranks that have so many bases together."""

    length: int
    most: int
    bases: int = 0
    # Rank from the last to the first, numbers of contig and chunk, chunk.
    drawn: list[tuple[int, int, int, Contig]] = field(default_factory=list)

    def add(self, number: int, contig: Contig) -> None:
        """Take in a contig."""
        count = -(-len(contig) // self.length)
        for chunk_number in range(count):
            key = hashlib.blake2b(f"{number} {chunk_number}".encode(), digest_size=8).digest()
            rank = -int.from_bytes(key, "big")
            if self.bases >= self.most and rank < self.drawn[0][0]:
                continue
            start = len(contig) * chunk_number // count
            end = len(contig) * (chunk_number + 1) // count
            codes = contig.codes[start:end]
            if (codes == N).mean() > 0.5:
                continue
            lower = None if contig.soft_masked is None else contig.soft_masked[start:end].copy()
            chunk = Contig(f"{contig.name}:{start + 1}-{end}", codes.copy(), lower)
            heapq.heappush(self.drawn, (rank, number, chunk_number, chunk))
            self.bases += len(chunk)
            while self.bases - len(self.drawn[0][3]) >= self.most:
                self.bases -= len(heapq.heappop(self.drawn)[3])

    def chunks(self, most: int) -> list[Contig]:
        """Return those that would have been drawn for so many bases, in the genome's order."""
        taken: list[tuple[int, int, Contig]] = []
        bases = 0
        for _, number, chunk_number, chunk in sorted(self.drawn, key=lambda entry: -entry[0]):
            if bases >= most:
                break
            taken.append((number, chunk_number, chunk))
            bases += len(chunk)
        return [chunk for *_, chunk in sorted(taken, key=lambda entry: entry[:2])]
