"""Where everything that a run writes goes, and in what form."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from genefinder.errors import InputError
from genefinder.io.multiqc import SUFFIX
from genefinder.io.output import check_distinct

if TYPE_CHECKING:
    from genefinder.io.fasta_headers import FastaHeaders
    from genefinder.io.formats import Format


@dataclass(frozen=True, slots=True, kw_only=True)
class Destinations:
    """Where everything that a run writes goes; what is ``None`` is not written.

    Attributes
    ----------
    genes
        File of the genes.
    format, index, organism, id_database
        Of the genes; see :meth:`genefinder.prediction.Prediction.write`.
    proteins, cds
        Files of FASTA.
    fasta_headers
        Theirs.
    tracks
        Folder for genome browsers.
    report
        Page of HTML.
    summary
        Account of the run, JSON.
    multiqc
        Table for MultiQC.
    versions
        Versions of program and libraries, YAML.
    """

    genes: str
    format: "Format"
    index: bool = False
    organism: str | None = None
    id_database: str | None = None
    proteins: str | None = None
    cds: str | None = None
    fasta_headers: "FastaHeaders" = "id"
    tracks: str | None = None
    report: str | None = None
    summary: str | None = None
    multiqc: str | None = None
    versions: str | None = None

    @property
    def files(self) -> list[str]:
        """Every file to write outside of the tracks, that of the genes first."""
        others = (
            *(self.proteins, self.cds, self.report, self.summary),
            *(self.multiqc, self.versions),
        )
        return [self.genes, *(path for path in others if path is not None)]

    def check_names(self, inputs: Iterable[str], *, others: Iterable[str] = ()) -> None:
        """Refuse names that are given twice, or that a file must not have.

        Parameters
        ----------
        inputs
            Files that are read; ``-`` is standard input.
        others
            Files that are written besides.

        Raises
        ------
        InputError
            It says which.
        """
        if self.multiqc is not None and not self.multiqc.endswith(SUFFIX):
            raise InputError(
                f"{self.multiqc}: MultiQC knows its files by their names; give one that ends in "
                f"{SUFFIX}"
            )
        check_distinct(inputs, (*self.files, *others))
