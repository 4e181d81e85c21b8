"""The GFF3 of ``genefinder predict``, read back with all that it tells, posteriors too.

:mod:`genefinder.io.annotation` reads the annotations of anybody; this reads only our own, row for
row, contig by contig.
"""

import re
from collections.abc import Generator, Iterator
from contextlib import closing
from dataclasses import replace
from itertools import groupby
from typing import NamedTuple
from urllib.parse import unquote

from genefinder.errors import InputError
from genefinder.genes import Gene, Interval, PartPosteriors, Strand, Transcript
from genefinder.io.gene_table import SOURCE
from genefinder.io.rows import read_lines
from genefinder.io.source import Source

_GENOME = re.compile(r"# genome: .* sha256:([0-9a-f]{64})")
_SETTINGS = "# settings: "
_CIRCLE = "region"
"""Rows that say that a contig is circular, as its sequence does, too."""


class _Feature(NamedTuple):
    """A row."""

    contig: str
    kind: str
    interval: Interval
    strand: Strand
    phase: int
    attributes: dict[str, str]

    def number(self, name: str) -> float | None:
        """Return an attribute that is a number."""
        text = self.attributes.get(name)
        return None if text is None else float(text)


class PredictedFile:
    """A GFF3 file that ``genefinder predict`` wrote.

    Parameters
    ----------
    path
        The file, compressed or not.

    Attributes
    ----------
    name
        What messages call it.
    comments
        The lines of the header that begin with ``#`` and one blank.

    Raises
    ------
    InputError
        It cannot be read, or somebody else wrote it.
    """

    def __init__(self, path: str) -> None:
        self._source = Source(path)
        self.name = self._source.name
        if not self._source.rewindable:
            raise InputError(f"{self.name}: is read twice; give a file")
        with closing(read_lines(self._source)) as lines:
            first = next(lines, "")
            comments = []
            for line in lines:
                if not line.startswith("#"):
                    break
                if line.startswith("# "):
                    comments.append(line)
        self.comments = tuple(comments)
        if not first.startswith("##gff-version 3") or not self.genome_sha256:
            raise InputError(f"{self.name}: is no GFF3 of genefinder predict")

    @property
    def genome_sha256(self) -> str:
        """Checksum of the genome that the genes are of; empty where none is told."""
        found = (_GENOME.fullmatch(comment) for comment in self.comments)
        return next((match[1] for match in found if match), "")

    @property
    def settings(self) -> dict[str, int | float | bool]:
        """What the genes depend on, by name."""
        for comment in self.comments:
            if comment.startswith(_SETTINGS):
                pairs = (pair.split("=", 1) for pair in comment.removeprefix(_SETTINGS).split())
                return {name: _value(text) for name, text in pairs}
        raise InputError(f"{self.name}: tells no settings; predict it again")

    def contigs(self) -> Iterator[tuple[str, list[Gene]]]:
        """Yield the name of each contig that has genes, and these by ascending start.

        Raises
        ------
        InputError
            It cannot be read, or a row is none of ours.
        """
        for name, features in groupby(self._features(), key=lambda feature: feature.contig):
            yield name, _genes(features)

    def _features(self) -> Generator[_Feature, None, None]:
        """Yield all rows."""
        with closing(read_lines(self._source)) as lines:
            for number, line in enumerate(lines, start=1):
                if line.startswith("#"):
                    continue
                try:
                    feature = _feature(line)
                except (KeyError, ValueError, IndexError) as error:
                    raise InputError(
                        f"{self.name}: line {number}: is no row of genefinder predict; predict "
                        "it again"
                    ) from error
                if feature.kind != _CIRCLE:
                    yield feature


def _feature(line: str) -> _Feature:
    """Read a row."""
    contig, source, kind, start, end, _, strand, phase, text = line.split("\t")
    if source != SOURCE:
        raise ValueError(source)
    pairs = (pair.split("=", 1) for pair in text.split(";"))
    attributes = {key: unquote(value) for key, value in pairs}
    sign: Strand = "-" if strand == "-" else "+"
    interval = int(start) - 1, int(end)
    return _Feature(
        unquote(contig), kind, interval, sign, 0 if phase == "." else int(phase), attributes
    )


def _genes(features: Iterator[_Feature]) -> list[Gene]:
    """Return the genes of a contig."""
    genes: dict[str, tuple[_Feature, list[_Feature]]] = {}
    owner: dict[str, str] = {}
    for feature in features:
        if feature.kind == "gene":
            genes[feature.attributes["ID"]] = feature, []
            continue
        parent = feature.attributes["Parent"]
        gene = owner.get(parent, parent)
        if feature.kind == "mRNA":
            owner[feature.attributes["ID"]] = gene
        genes[gene][1].append(feature)
    return [_gene(row, parts) for row, parts in genes.values()]


def _gene(row: _Feature, parts: list[_Feature]) -> Gene:
    """Return a gene of its row and those of its only transcript."""
    coding = [part for part in parts if part.kind == "CDS"]
    # Exons carry the posteriors; in bacteria and archaea the CDS does.
    told = [part for part in parts if part.kind == "exon"] or coding
    first = coding[0].attributes
    spacer = first.get("spacer")
    cds = tuple(part.interval for part in coding)
    transcript = Transcript(
        id="",
        contig=row.contig,
        strand=row.strand,
        exons=tuple(part.interval for part in told),
        cds=cds,
        phase=coding[0 if row.strand == "+" else -1].phase,
        partial_low="start_range" in first,
        partial_high="end_range" in coding[-1].attributes,
        posterior=row.number("posterior"),
        start_motif=first.get("motif"),
        spacer=None if spacer is None else int(spacer),
    )
    exons = tuple(part.number("posterior") or 0.0 for part in told)
    ends = tuple(
        (part.number(f"{low}_posterior"), part.number(f"{high}_posterior"))
        for part, (low, high) in zip(told, transcript.sites(), strict=True)
    )
    transcript = replace(transcript, part_posteriors=PartPosteriors(exons, ends))
    return Gene(
        id="",
        contig=row.contig,
        strand=row.strand,
        transcripts=(transcript,),
        transposon_like=row.attributes.get("transposon_like") == "true",
    )


def _value(text: str) -> int | float | bool:
    """Return what a setting is."""
    if text in ("True", "False"):
        return text == "True"
    return int(text) if re.fullmatch(r"-?\d+", text) else float(text)
