"""Genes into NCBI's five-column feature table (``.tbl``), which table2asn takes.

Columns are start, end, feature, qualifier and value. Starts and ends stand in strand direction, so
that on the opposite strand the start is the larger; ``<`` marks an open start, ``>`` an open end.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TextIO

from genefinder.errors import InputError
from genefinder.genes import Gene
from genefinder.io.features import Feature, gene_features
from genefinder.io.gene_writer import GeneWriter
from genefinder.io.qualifiers import Qualifiers

_DEFAULTS = {"codon_start": 1, "transl_table": 1}


class FeatureTableWriter(GeneWriter):
    """Writes a feature table contig by contig.

    Parameters
    ----------
    stream
        Where to.
    qualifiers
        Without a database, the transcripts' and proteins' IDs name the prefix of the locus tags:
        NCBI wants them in any case.
    """

    def __init__(self, stream: TextIO, qualifiers: Qualifiers) -> None:
        super().__init__(stream)
        self._qualifiers = qualifiers

    def _write(self, contig: str, length: int, genes: Sequence[Gene]) -> None:
        if genes:
            self._stream.write(f">Feature {contig}\n")
        for gene in genes:
            if gene.locus_tag is None:
                raise InputError(
                    f"gene {gene.id} has no locus tag, which NCBI's feature table needs; give the "
                    "prefix that NCBI registered for the project (--locus-tag-prefix, in Python "
                    "locus_tag_prefix)"
                )
            qualifiers = self._qualifiers
            if qualifiers.id_database is None:
                qualifiers = replace(qualifiers, id_database=gene.locus_tag.split("_")[0])
            for whole in gene_features(gene, qualifiers):
                feature = whole.around(length) if self.circular else whole
                self._stream.writelines(_lines(feature))


def _lines(feature: Feature) -> Iterator[str]:
    """Yield the lines of a feature."""
    parts = [(str(start + 1), str(end)) for start, end in feature.intervals]
    five_open, three_open = feature.partial_low, feature.partial_high
    if feature.strand == "-":
        parts = [(end, start) for start, end in reversed(parts)]
        five_open, three_open = three_open, five_open
    if five_open:
        parts[0] = f"<{parts[0][0]}", parts[0][1]
    if three_open:
        parts[-1] = parts[-1][0], f">{parts[-1][1]}"
    for index, (start, end) in enumerate(parts):
        yield f"{start}\t{end}" + ("\n" if index else f"\t{feature.key}\n")
    for key, value in feature.qualifiers:
        # A locus tag on mRNA and CDS would be a reference to another gene than the one around them.
        if _DEFAULTS.get(key) != value and (feature.key == "gene" or key != "locus_tag"):
            yield f"\t\t\t{key}\t{value}\n"
