"""What archives want to know beside the genes."""

import re
from dataclasses import dataclass

from genefinder.errors import InputError
from genefinder.genes import Gene, Transcript

PRODUCT = "hypothetical protein"
"""What archives call a protein of which nothing is known but its sequence."""

_DATABASE = re.compile(r"[A-Za-z0-9_.-]+")


@dataclass(frozen=True, slots=True)
class Qualifiers:
    """What archives want to know beside the genes.

    Attributes
    ----------
    organism
        Scientific name.
    id_database
        Names the laboratory in the IDs that NCBI wants for transcripts and proteins,
        ``gnl|NAME|ID``; ``None`` gives none.
    genetic_code
        NCBI translation table.
    program
        Name and version of what found the genes; ``None`` where nobody knows.
    spliced
        Whether the genes are of a kind that has introns: not those of bacteria and archaea.

    Raises
    ------
    InputError
        A name holds what its place does not allow.
    """

    organism: str | None = None
    id_database: str | None = None
    genetic_code: int = 1
    program: tuple[str, str] | None = None
    spliced: bool = True

    def __post_init__(self) -> None:
        """Check the names."""
        if self.id_database is not None and not (
            isinstance(self.id_database, str) and _DATABASE.fullmatch(self.id_database)
        ):
            raise InputError(
                f"database of IDs {self.id_database!r}: give letters, digits and the signs . _ - "
                "alone, such as the prefix of the locus tags"
            )
        if self.organism is not None and (
            not isinstance(self.organism, str)
            or not self.organism.strip()
            or not self.organism.isprintable()
            or '"' in self.organism
        ):
            raise InputError(f"organism {self.organism!r}: give its scientific name, one line")

    @property
    def inference(self) -> str | None:
        """The evidence for the genes, as INSDC spells it."""
        return None if self.program is None else f"ab initio prediction:{':'.join(self.program)}"

    def product_ids(self, gene: Gene, transcript: Transcript) -> list[tuple[str, str]]:
        """Return the IDs of a transcript and its protein, as qualifiers; none without database."""
        if self.id_database is None:
            return []
        name = transcript.id
        if gene.locus_tag is not None and name.startswith(gene.id):
            name = gene.locus_tag + name.removeprefix(gene.id)
        return [
            ("protein_id", f"gnl|{self.id_database}|{name}"),
            ("transcript_id", f"gnl|{self.id_database}|mrna.{name}"),
        ]
