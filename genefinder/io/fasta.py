"""FASTA: the contigs of a genome, one at a time or in part.

Nothing but the file itself is trusted: no ``.fai`` is read or written. One pass over the text
checks it, and remembers where each contig and each chunk of it starts, which is all that random
access needs; lines may therefore be of any length, and the folder may be read-only.
"""

import os
from collections.abc import Iterator

import numpy as np

from genefinder.dna import Codes
from genefinder.errors import InputError
from genefinder.io.contigs import Contig, ContigIndex, encode_lines, parse_contigs, parse_letters
from genefinder.io.source import CHUNK, Source

__all__ = ["Contig", "Genome", "open_genome"]


class Genome:
    """The contigs of a FASTA file, in its order.

    Iteration reads the text once and holds one contig in memory. A file can be iterated any number
    of times, standard input and pipes once. :func:`open_genome` makes one.

    Parameters
    ----------
    path, soft_masks
        As for :func:`open_genome`.
    chunk
        Bytes of text that are read at a time.

    Attributes
    ----------
    path
        As given; ``-`` for standard input.
    name
        The input as messages should call it.
    """

    def __init__(
        self, path: str | os.PathLike[str], *, soft_masks: bool = False, chunk: int = CHUNK
    ) -> None:
        self._source = Source(path, chunk)
        self._soft_masks = soft_masks
        self._index: ContigIndex | None = None
        self.path = self._source.path
        self.name = self._source.name

    def __iter__(self) -> Iterator[Contig]:
        """Yield every contig, those without sequence too.

        Raises
        ------
        InputError
            The text is not FASTA of nucleotides, or a name comes twice.
        """
        index = self._index or ContigIndex()
        yield from parse_contigs(self._source, index, soft_masks=self._soft_masks)
        self._keep(index)

    def letters(self) -> Iterator[tuple[str, bytearray]]:
        """Yield the name and the letters of every contig, for files that must repeat them.

        IUPAC ambiguities are kept; letters are of upper case, U is T, and X and - are N.

        Raises
        ------
        InputError
            As in iteration; or the input can be read only once and was read already.
        """
        return parse_letters(self._source)

    @property
    def contigs(self) -> list[tuple[str, int]]:
        """Name and length of every contig.

        Known after a complete iteration; before one, a file is read for it.

        Raises
        ------
        InputError
            As in iteration; or the input can be read only once and has not been read to its end.
        """
        return [(name, length) for name, (length, _, _) in self._indexed().records.items()]

    @property
    def known_bases(self) -> int | None:
        """Bases of all contigs; ``None`` until the input has been read to its end once."""
        if self._index is None:
            return None
        return sum(length for length, _, _ in self._index.records.values())

    @property
    def sha256(self) -> str:
        """SHA-256 (hexadecimal) of the input's bytes as stored.

        Known after a complete iteration; before one, a file is read for it.

        Raises
        ------
        InputError
            The input can be read only once and has not been read to its end.
        """
        return self._source.sha256

    def spool(self) -> None:
        """Make standard input or a pipe readable again and again; a file is so anyway.

        Raises
        ------
        InputError
            It was read already, or there is no room for a copy.
        """
        self._source.spool()

    def fetch(self, contig: str, start: int = 0, end: int | None = None) -> Codes:
        """Read part of a contig.

        Plain and bgzip files are entered near `start`; a gzip file is decompressed up to it.

        Parameters
        ----------
        contig
            Its name.
        start, end
            0-based, half-open; `end` defaults to the contig's end.

        Returns
        -------
        Codes
            Shape ``(end - start,)``; writable.

        Raises
        ------
        InputError
            There is no such contig, the interval is not inside it, or the input is not a file.
        """
        index = self._indexed()
        if contig not in index.records:
            raise InputError(f"{self.name}: has no contig {contig!r}; check the spelling")
        length, _, text_end = index.records[contig]
        stop = length if end is None else end
        if not 0 <= start <= stop <= length:
            raise InputError(
                f"{self.name}: contig {contig!r} has {length} bases, so {start + 1}-{stop} "
                "does not lie inside it"
            )
        base, offset = index.nearest(contig, start)
        codes = bytearray()
        for chunk in self._source.chunks_from(offset):
            if base + len(codes) >= stop:
                break
            codes += encode_lines(chunk[: text_end - offset])
            offset += len(chunk)
        return np.frombuffer(codes[start - base : stop - base], dtype=np.uint8)

    def _indexed(self) -> ContigIndex:
        if self._index is None:
            if not self._source.rewindable:
                raise InputError(
                    f"{self.name}: its contigs are known only once it has been read; "
                    "save it to a file first"
                )
            index = ContigIndex()
            for _ in parse_contigs(self._source, index):
                pass
            return self._keep(index)
        return self._index

    def _keep(self, index: ContigIndex) -> ContigIndex:
        """Remember where the contigs of the whole text stand."""
        index.complete = True
        self._index = index
        return index


def open_genome(path: str | os.PathLike[str], *, soft_masks: bool = False) -> Genome:
    """Open a genome.

    Parameters
    ----------
    path
        FASTA of nucleotides: plain, gzip or bgzip, recognised by its first bytes; ``-`` for
        standard input.
    soft_masks
        Record which letters of the contigs are in lower case.

    Returns
    -------
    Genome
        Its text is read and checked when it is first needed.

    Raises
    ------
    InputError
        The file is missing, a folder or not readable.
    """
    return Genome(path, soft_masks=soft_masks)
