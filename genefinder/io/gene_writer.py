"""What the writers of genes have in common, whatever their format."""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from types import TracebackType
from typing import Self, TextIO

from genefinder.genes import Gene


class GeneWriter(ABC):
    """Writes genes contig by contig, so that no more than one need be in memory.

    Parameters
    ----------
    stream
        Where to; it stays open.

    Attributes
    ----------
    contigs
        Name and length of each contig so far.
    circular
        Whether the last one of them is circular.
    """

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self.contigs: list[tuple[str, int]] = []
        self.circular = False

    def __enter__(self) -> Self:
        """Return the writer."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Give back what the writer holds."""
        self.close()

    def write(
        self, contig: str, length: int, genes: Sequence[Gene], *, circular: bool = False
    ) -> None:
        """Write the next contig.

        Parameters
        ----------
        contig, length
            Its name and its number of bases.
        genes
            By ascending start, with IDs that are unique over all contigs.
        circular
            Whether its last base is followed by its first; genes over the origin then end beyond
            its length.

        Raises
        ------
        ValueError
            An ID occurs twice, or a gene does not lie on the contig.
        InputError
            The format lacks something that it needs.
        """
        self.contigs.append((contig, length))
        self.circular = circular
        self._write(contig, length, genes)

    def finish(self, comments: Iterable[tuple[str, str]]) -> None:  # noqa: B027
        """Write what can be written only after the last contig.

        Parameters
        ----------
        comments
            Keys and values that tell how the genes were made, for formats that have a place for
            them.
        """

    def close(self) -> None:  # noqa: B027
        """Give back what the writer holds beside its stream."""

    @abstractmethod
    def _write(self, contig: str, length: int, genes: Sequence[Gene]) -> None:
        """Write the next contig."""
