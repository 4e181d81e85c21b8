"""The names that genes are given: IDs for files, locus tags for archives."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from genefinder.errors import InputError
from genefinder.genes import Gene

_ID_PREFIX = re.compile(r"[A-Za-z0-9_.:-]+")
_LOCUS_TAG_PREFIX = re.compile(r"[A-Za-z][A-Za-z0-9]{2,11}")


@dataclass(frozen=True, slots=True)
class Identifiers:
    """How genes are named: running numbers behind a prefix.

    Attributes
    ----------
    prefix
        Begins every ID: ``g000001``, its isoform ``g000001.t1``.
    locus_tag_prefix
        As an archive registered it, three to twelve letters and digits; the gene of the same number
        has the locus tag ``PREFIX_000001``. ``None`` gives no locus tags.

    Raises
    ------
    InputError
        A prefix holds what no ID or no locus tag may hold.
    """

    prefix: str = "g"
    locus_tag_prefix: str | None = None

    def __post_init__(self) -> None:
        """Check the prefixes."""
        if not _fits(_ID_PREFIX, self.prefix):
            raise InputError(
                f"prefix of IDs {self.prefix!r}: give letters, digits and the signs . _ : - alone"
            )
        if self.locus_tag_prefix is not None and not _fits(
            _LOCUS_TAG_PREFIX, self.locus_tag_prefix
        ):
            raise InputError(
                f"prefix of locus tags {self.locus_tag_prefix!r}: give the one that NCBI or ENA "
                "registered for the project, 3 to 12 letters and digits of which the first is a "
                "letter, without the underscore"
            )

    def locus_tag(self, number: int) -> str | None:
        """Return the locus tag of a gene by its number, or ``None`` where there is no prefix."""
        return None if self.locus_tag_prefix is None else f"{self.locus_tag_prefix}_{number:06d}"

    def assign(self, genes: Iterable[Gene], first: int = 1) -> Iterator[Gene]:
        """Name genes and transcripts.

        Parameters
        ----------
        genes
            In the order of the output.
        first
            Number of the first gene.

        Yields
        ------
        Gene
            The same genes under names that are unique over all of them.
        """
        for number, gene in enumerate(genes, start=first):
            name = f"{self.prefix}{number:06d}"
            transcripts = tuple(
                replace(transcript, id=f"{name}.t{isoform}")
                for isoform, transcript in enumerate(gene.transcripts, start=1)
            )
            tag = self.locus_tag(number)
            yield replace(gene, id=name, transcripts=transcripts, locus_tag=tag)


def _fits(pattern: re.Pattern[str], value: object) -> bool:
    """Tell whether a value is text of a form."""
    return isinstance(value, str) and pattern.fullmatch(value) is not None
