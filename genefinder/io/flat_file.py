"""What the flat files of GenBank and EMBL have in common: features, gaps, sequence."""

import re
import textwrap
from abc import abstractmethod
from collections.abc import Iterator, Sequence
from typing import TextIO

from genefinder.dna import encode
from genefinder.errors import InputError
from genefinder.genes import Gene
from genefinder.io.features import Feature, gene_features
from genefinder.io.gene_writer import GeneWriter
from genefinder.io.qualifiers import Qualifiers
from genefinder.io.sequences import protein

GAP = 10
"""Runs of at least so many N are gaps, as where genes are looked for."""
UNKNOWN_GAP = 100
"""By INSDC's convention, so many N stand for a gap of unknown length."""
UNIDENTIFIED = "unidentified"
"""What archives call an organism whose name is not given."""

_GAP = re.compile(rb"N{%d,}" % GAP)
_WIDTH = 58
"""Columns of a location or a qualifier."""


class FlatFileWriter(GeneWriter):
    """Writes a record for every contig that has bases: header, features, sequence.

    Parameters
    ----------
    stream
        Where to.
    qualifiers
        What is told of the genes.
    letters
        Name and letters of every contig, those without bases too, in the order of the genome.
    """

    FEATURE_LINE: str
    """What stands before the key of a feature, and before its location and qualifiers."""

    def __init__(
        self, stream: TextIO, qualifiers: Qualifiers, letters: Iterator[tuple[str, bytearray]]
    ) -> None:
        super().__init__(stream)
        self.qualifiers = qualifiers
        self._letters = letters

    @abstractmethod
    def header(self, contig: str, letters: bytearray) -> str:
        """Return the lines before the features."""

    @abstractmethod
    def sequence(self, letters: bytearray) -> Iterator[str]:
        """Yield the lines behind the features, that of the end of the record included."""

    def translation(self, residues: str) -> str | None:
        """Return what the record tells of a protein's sequence."""
        return residues

    def _write(self, contig: str, length: int, genes: Sequence[Gene]) -> None:
        name, letters = next(self._letters, ("", bytearray()))
        if (name, len(letters)) != (contig, length):
            raise InputError("the genome has changed while it was in use; start again")
        if not letters:
            return
        stream = self._stream
        stream.write(self.header(contig, letters))
        organism = self.qualifiers.organism or UNIDENTIFIED
        source = (("organism", organism), ("mol_type", "genomic DNA"))
        stream.writelines(self.lines(Feature("source", "+", ((0, length),), qualifiers=source)))
        for feature in _in_order([*_gaps(letters), *self._features(genes, letters)]):
            stream.writelines(self.lines(feature))
        stream.writelines(self.sequence(letters))

    def _features(self, genes: Sequence[Gene], letters: bytearray) -> Iterator[Feature]:
        """Yield the features of genes, the CDS with their translations."""
        code = self.qualifiers.genetic_code
        turns = letters * 2 if any(gene.end > len(letters) for gene in genes) else letters
        codes = encode(turns if genes else bytearray())
        for gene in genes:
            translations = iter(
                [self.translation(protein(t, codes, code)) for t in gene.transcripts]
            )
            for whole in gene_features(gene, self.qualifiers):
                feature = whole.around(len(letters)) if self.circular else whole
                residues = next(translations) if feature.key == "CDS" else None
                if residues is None:
                    yield feature
                else:
                    yield _with(feature, ("translation", residues))

    def lines(self, feature: Feature) -> Iterator[str]:
        """Yield the lines of a feature."""
        first = f"{self.FEATURE_LINE}{feature.key}".ljust(21)
        rest = self.FEATURE_LINE.ljust(21)
        texts = [_broken(format_location(feature), ",")]
        texts += [_qualifier(key, value) for key, value in feature.qualifiers]
        lead = first
        for lines in texts:
            for line in lines:
                yield f"{lead}{line}\n"
                lead = rest


def format_location(feature: Feature) -> str:
    """Return where a feature lies, as INSDC spells it: ``complement(join(<1..40,101..500))``."""
    parts = [[str(start + 1), str(end)] for start, end in feature.intervals]
    if feature.partial_low:
        parts[0][0] = f"<{parts[0][0]}"
    if feature.partial_high:
        parts[-1][1] = f">{parts[-1][1]}"
    location = ",".join("..".join(part) if part[0] != part[1] else part[0] for part in parts)
    if len(parts) > 1:
        location = f"join({location})"
    return location if feature.strand == "+" else f"complement({location})"


def sequence_blocks(letters: bytearray) -> Iterator[tuple[int, str]]:
    """Yield lines of sixty lower-case letters in blocks of ten, each with its end in bases."""
    for start in range(0, len(letters), 60):
        line = letters[start : start + 60].decode("ascii").lower()
        blocks = " ".join(line[block : block + 10] for block in range(0, len(line), 10))
        yield start + len(line), blocks


def _gaps(letters: bytearray) -> Iterator[Feature]:
    """Yield the gaps of a contig; of what kind they are, the sequence does not tell."""
    for run in _GAP.finditer(letters):
        length = run.end() - run.start()
        estimate: str | int = "unknown" if length == UNKNOWN_GAP else length
        qualifiers = (("estimated_length", estimate), ("gap_type", "unknown"))
        yield Feature("assembly_gap", "+", (run.span(),), qualifiers=qualifiers)


def _in_order(features: list[Feature]) -> list[Feature]:
    """Sort features by their starts; a gene keeps its parts behind it."""
    place = 0
    places = []
    for feature in features:
        if feature.key not in ("mRNA", "CDS"):
            place = feature.intervals[0][0]
        places.append(place)
    order = sorted(range(len(features)), key=places.__getitem__)
    return [features[index] for index in order]


def _with(feature: Feature, qualifier: tuple[str, str]) -> Feature:
    """Return a feature with one more qualifier."""
    return Feature(
        feature.key,
        feature.strand,
        feature.intervals,
        feature.partial_low,
        feature.partial_high,
        (*feature.qualifiers, qualifier),
    )


def _qualifier(key: str, value: str | int) -> list[str]:
    """Return the lines of a qualifier; numbers and what is unknown are not quoted."""
    if isinstance(value, int) or (key, value) == ("estimated_length", "unknown"):
        return [f"/{key}={value}"]
    doubled = value.replace('"', '""')
    text = f'/{key}="{doubled}"'
    if key == "translation":
        return [text[start : start + _WIDTH] for start in range(0, len(text), _WIDTH)]
    return textwrap.wrap(text, _WIDTH, break_long_words=False, break_on_hyphens=False)


def _broken(text: str, mark: str) -> list[str]:
    """Break a text behind marks into lines that fit."""
    lines = [""]
    for part in text.replace(mark, f"{mark}\0").split("\0"):
        if lines[-1] and len(lines[-1]) + len(part) > _WIDTH:
            lines.append("")
        lines[-1] += part
    return lines
