"""Tables of genes with a row for every feature: what GFF3 and GTF have in common."""

import heapq
import re
import shutil
import tempfile
from abc import abstractmethod
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TextIO

from genefinder.genes import Gene
from genefinder.io.gene_writer import GeneWriter

SOURCE = "genefinder"
"""Second column of every row."""

_CONTROLS = re.compile(r"[\x00-\x1f\x7f]+")


def comment_lines(comments: Iterable[tuple[str, str]]) -> list[str]:
    """Return a line for each key and its value, without line ends."""
    return [_CONTROLS.sub(" ", f"# {key}: {value}") for key, value in comments]


class RowSorter:
    """Puts the rows of overlapping genes in the order of their starts, as ``tabix`` needs them.

    Rows of one start stay in the order in which they came. No more rows wait than those of genes
    that overlap.

    Parameters
    ----------
    write
        Takes the text of every row.
    """

    def __init__(self, write: Callable[[str], object]) -> None:
        self._write = write
        self._waiting: list[tuple[int, int, str]] = []
        self._contig: str | None = None
        self._number = 0

    def add(self, gene: Gene, rows: Iterable[tuple[int, str]]) -> None:
        """Take in the rows of the next gene, each with its start.

        Parameters
        ----------
        gene
            It starts no earlier than those before it on its contig.
        rows
            Start and text of each.
        """
        if gene.contig != self._contig:
            self.finish()
            self._contig = gene.contig
        while self._waiting and self._waiting[0][0] <= gene.start:
            self._write(heapq.heappop(self._waiting)[2])
        for start, text in rows:
            heapq.heappush(self._waiting, (start, self._number, text))
            self._number += 1

    def finish(self) -> None:
        """Write the rows that still wait."""
        while self._waiting:
            self._write(heapq.heappop(self._waiting)[2])


class GeneCheck:
    """What holds over a whole file: unique IDs, and features that lie on their contigs."""

    def __init__(self) -> None:
        self.genes = 0
        self._ids: set[str] = set()

    def add(self, gene: Gene, length: int, *, circular: bool = False) -> None:
        """Take in a gene.

        Parameters
        ----------
        gene
            The next.
        length
            Bases of its contig.
        circular
            Whether this is a circle, over whose origin the gene may lie.

        Raises
        ------
        ValueError
            An ID occurs twice, or the gene does not lie on its contig.
        """
        self.genes += 1
        for name in (gene.id, *(transcript.id for transcript in gene.transcripts)):
            if name in self._ids:
                raise ValueError(f"ID {name!r} occurs twice")
            self._ids.add(name)
        if gene.end > (min(gene.start, length) + length if circular else length):
            raise ValueError(f"a gene ends at {gene.end} on {gene.contig!r} of length {length}")


class GeneTableWriter(GeneWriter):
    """Writes a table whose header is known only after the last gene.

    Rows wait in an unnamed temporary file until :meth:`finish`. A writer that is left without that
    has written nothing to the stream.

    Parameters
    ----------
    stream
        Where to.
    """

    def __init__(self, stream: TextIO) -> None:
        super().__init__(stream)
        self._spool = tempfile.TemporaryFile(  # noqa: SIM115 (closed by `close`)
            "w+", encoding="utf-8", newline="\n"
        )
        self._sorter = RowSorter(self._spool.write)
        self._check = GeneCheck()

    @abstractmethod
    def header(self, comments: Iterable[tuple[str, str]]) -> str:
        """Return the lines before the first row."""

    @abstractmethod
    def rows(self, gene: Gene) -> Iterator[tuple[int, str]]:
        """Yield the 0-based start and the text of each row of a gene, parents first."""

    def circle(self, contig: str, length: int) -> str:
        """Return the row that says that a contig is circular, if there is one."""
        return ""

    def finish(self, comments: Iterable[tuple[str, str]] = ()) -> None:
        """Write the header, then all rows."""
        self._sorter.finish()
        self._stream.write(self.header(comments))
        self._spool.seek(0)
        shutil.copyfileobj(self._spool, self._stream)

    def close(self) -> None:
        """Remove the temporary file."""
        self._spool.close()

    def _write(self, contig: str, length: int, genes: Sequence[Gene]) -> None:
        if self.circular:
            self._sorter.finish()
            self._spool.write(self.circle(contig, length))
        for gene in genes:
            self._check.add(gene, length, circular=self.circular)
            self._sorter.add(gene, self.rows(gene))
