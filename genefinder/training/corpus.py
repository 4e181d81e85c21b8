"""The data of a run: labelled stretches to train on, and genes to validate on."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from genefinder.dataset.counts import CountedTables, LabelledContig, count_tables
from genefinder.dataset.intervals import as_intervals, merge, outside
from genefinder.dataset.labels import ContigTargets, label_contig
from genefinder.dataset.minima import estimate_minima
from genefinder.dataset.report import AnnotationReport, report_annotation
from genefinder.dataset.spelling import SpellingRules, choose_transcript
from genefinder.dataset.windows import Stretch
from genefinder.dna import Codes
from genefinder.errors import InputError
from genefinder.genes import Gene, Interval, Region
from genefinder.io.annotation import Annotation, read_annotation
from genefinder.io.bed import read_bed
from genefinder.io.fasta import open_genome
from genefinder.io.regions import format_region
from genefinder.network.config import NetworkConfig
from genefinder.training.settings import LabelledGenome

_COUNTED_BASES = 30_000_000
"""Bases of a genome that the tables are counted on, at most."""
_HELD_OUT_SHARE = 0.1
_HELD_OUT_BASES = 2_000_000
"""Share and number of bases held out for validation where nobody says what to hold out."""


@dataclass(frozen=True, slots=True)
class AnnotatedGenome:
    """A genome in memory with its genes.

    Attributes
    ----------
    source
        Where it came from.
    contigs
        Bases by name.
    annotation
        Its annotation, checked against the contigs.
    mask
        Stretches to leave out of the loss, by contig.
    sha256
        Hash of the FASTA file.
    """

    source: LabelledGenome
    contigs: dict[str, Codes]
    annotation: Annotation
    mask: dict[str, list[Interval]]
    sha256: str

    def genes_by_contig(self) -> dict[str, list[Gene]]:
        """Group the genes."""
        groups: dict[str, list[Gene]] = {name: [] for name in self.contigs}
        for gene in self.annotation.genes:
            groups[gene.contig].append(gene)
        return groups


@dataclass(frozen=True, slots=True)
class HeldOut:
    """A stretch to validate on.

    Attributes
    ----------
    region
        Where.
    codes
        Bases of the region alone.
    genes
        Reference genes that lie wholly inside, in coordinates of the contig.
    """

    region: Region
    codes: Codes
    genes: tuple[Gene, ...]


@dataclass(frozen=True, slots=True)
class Corpus:
    """Everything a run learns from.

    Attributes
    ----------
    groups, weights
        Stretches of each genome and its share of the windows.
    held_out
        Stretches to validate on.
    rules
        What the grammar can spell; the length minima are estimated from all training genes.
    reports
        Sanity report of each annotation.
    hashes
        SHA-256 of each genome.
    """

    groups: tuple[tuple[Stretch, ...], ...]
    weights: tuple[float, ...]
    held_out: tuple[HeldOut, ...]
    rules: SpellingRules
    reports: tuple[AnnotationReport, ...]
    hashes: tuple[str, ...]

    @property
    def bases(self) -> int:
        """Bases to train on."""
        return sum(stretch.end - stretch.start for group in self.groups for stretch in group)


def load_corpus(
    genomes: Sequence[LabelledGenome],
    validation: Sequence[Region],
    exclude: Sequence[Region],
    rules: SpellingRules | None = None,
) -> Corpus:
    """Read genomes and annotations and prepare them for training.

    Parameters
    ----------
    genomes
        What to read.
    validation
        Regions to validate on; if there are none, the end of the first genome's longest contig is
        held out.
    exclude
        Regions that are neither trained nor validated on.
    rules
        Grammar limits to keep (of a model to go on from); estimated from the genes if ``None``.

    Raises
    ------
    InputError
        If the genomes cannot be read, use different genetic codes, do not contain a region, or leave
        nothing to train on.
    """
    if not genomes:
        raise InputError("no genome to train on: give GENOME GFF pairs or list them in the YAML")
    tables = sorted({one.genetic_code for one in genomes})
    if len(tables) > 1:
        raise InputError(
            f"the genomes use different genetic codes ({', '.join(map(str, tables))}); train one "
            "model for each"
        )
    loaded = [_load(one) for one in genomes]
    names = {name for one in loaded for name in one.contigs}
    for region in (*validation, *exclude):
        if region.contig not in names:
            raise InputError(
                f"region {format_region(region)}: no genome given has a contig {region.contig!r}"
            )
    if not validation:
        validation = [_hold_out(loaded[0], exclude)]
    away = [*validation, *exclude]
    if rules is None:
        rules = _estimate_rules(loaded, away, tables[0])
    groups, reports = [], []
    for one in loaded:
        by_contig = one.genes_by_contig()
        targets = {
            name: label_contig(
                codes,
                by_contig[name],
                rules,
                one.mask.get(name, ()),
                unread=[
                    (problem.start, problem.end)
                    for problem in one.annotation.problems
                    if problem.contig == name and not problem.kept
                ],
            )
            for name, codes in one.contigs.items()
        }
        reports.append(
            report_annotation(
                ((one.contigs[name], targets[name]) for name in one.contigs),
                rules,
                one.annotation.problems,
            )
        )
        groups.append(tuple(_stretches(one.contigs, targets, away)))
    kept = [number for number, group in enumerate(groups) if group]
    if not kept:
        raise InputError("nothing is left to train on after the excluded and validation regions")
    weights = [
        genomes[number].weight
        if genomes[number].weight is not None
        else sum(stretch.end - stretch.start for stretch in groups[number]) / 1e6
        for number in kept
    ]
    return Corpus(
        groups=tuple(groups[number] for number in kept),
        weights=tuple(float(weight) for weight in weights if weight is not None),
        held_out=tuple(_held_out(loaded, validation)),
        rules=rules,
        reports=tuple(reports),
        hashes=tuple(one.sha256 for one in loaded),
    )


def count_corpus(corpus: Corpus, config: NetworkConfig) -> CountedTables:
    """Count the tables on the training stretches of the first, most relevant genome."""
    return count_tables(
        _labelled(corpus.groups[0]),
        config.table_order,
        config.weights_before,
        config.weights_after,
    )


def _labelled(stretches: Sequence[Stretch]) -> Iterator[LabelledContig]:
    """Yield stretches for counting, up to a number of bases."""
    left = _COUNTED_BASES
    for stretch in stretches:
        if left <= 0:
            return
        start, end = stretch.start, min(stretch.end, stretch.start + left)
        left -= end - start
        masked = np.ones(end - start, dtype=np.bool_)
        for low, high in stretch.targets.segments(start, end):
            masked[low - start : high - start] = False
        positions, channels = stretch.targets.signals(start, end)
        yield LabelledContig(
            codes=stretch.codes[start:end],
            labels=stretch.targets.labels[start:end],
            positions=positions - start,
            channels=channels,
            masked=masked,
        )


def _load(source: LabelledGenome) -> AnnotatedGenome:
    """Read one genome and its annotation."""
    genome = open_genome(source.genome)
    contigs = {contig.name: contig.codes for contig in genome}
    lengths = {name: len(codes) for name, codes in contigs.items()}
    annotation = read_annotation(source.annotation).check_against(lengths, str(source.genome))
    mask = read_bed(source.mask, lengths) if source.mask else {}
    return AnnotatedGenome(source, contigs, annotation, mask, genome.sha256)


def _estimate_rules(
    loaded: Sequence[AnnotatedGenome], away: Sequence[Region], genetic_code: int
) -> SpellingRules:
    """Estimate the length minima from the training genes."""
    loosest = SpellingRules(genetic_code=genetic_code)
    minima = []
    for one in loaded:
        transcripts = []
        for gene in one.annotation.genes:
            if any(r.contig == gene.contig and r.overlaps(gene.start, gene.end) for r in away):
                continue
            choice = choose_transcript(gene, one.contigs[gene.contig], loosest)
            if choice.transcript:
                transcripts.append(choice.transcript)
        if transcripts:
            minima.append(estimate_minima(transcripts))
    if not minima:
        raise InputError(
            "no gene of the annotations has a complete coding sequence that fits its genome "
            "(ATG ... stop, in frame, GT-AG or GC-AG introns); check that they belong together"
        )
    # An annotation pipeline may have limits of its own, so the most generous genome decides.
    return replace(
        loosest,
        min_intron=min(intron for intron, _ in minima),
        min_exon=min(exon for _, exon in minima),
    )


def _stretches(
    contigs: dict[str, Codes], targets: dict[str, ContigTargets], away: Sequence[Region]
) -> Iterator[Stretch]:
    """Yield what is left of the contigs outside some regions."""
    for name, codes in contigs.items():
        holes = merge(
            as_intervals(
                (region.start, len(codes) if region.end is None else region.end)
                for region in away
                if region.contig == name
            )
        )
        for start, end in outside(holes, 0, len(codes)):
            yield Stretch(codes, targets[name], int(start), int(end))


def _held_out(
    loaded: Sequence[AnnotatedGenome], regions: Sequence[Region]
) -> Iterator[HeldOut]:
    """Cut the validation regions."""
    for region in regions:
        for one in loaded:
            if region.contig not in one.contigs:
                continue
            codes = one.contigs[region.contig]
            end = min(len(codes), len(codes) if region.end is None else region.end)
            if region.start >= end:
                raise InputError(
                    f"region {format_region(region)} begins beyond the end of {region.contig} "
                    f"({len(codes)} bases)"
                )
            genes = tuple(
                gene
                for gene in one.annotation.genes
                if gene.contig == region.contig and region.start <= gene.start and gene.end <= end
            )
            yield HeldOut(Region(region.contig, region.start, end), codes[region.start : end], genes)


def _hold_out(genome: AnnotatedGenome, exclude: Sequence[Region]) -> Region:
    """Choose the end of the longest contig, cut where no gene is."""
    taken = {region.contig for region in exclude}
    free = {name: len(codes) for name, codes in genome.contigs.items() if name not in taken}
    if not free:
        raise InputError(
            "every contig is partly excluded, so nothing could be held out for validation; name "
            "a region with --validation"
        )
    contig = max(free, key=lambda name: free[name])
    total = sum(len(codes) for codes in genome.contigs.values())
    size = int(min(_HELD_OUT_BASES, _HELD_OUT_SHARE * total, free[contig] / 2))
    spans = merge(
        as_intervals(
            (gene.start, gene.end) for gene in genome.annotation.genes if gene.contig == contig
        )
    )
    start = free[contig] - size
    for low, high in spans:
        if low < start < high:
            start = int(high)
            break
    return Region(contig, start, free[contig])
