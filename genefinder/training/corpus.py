"""The data of a run: labelled stretches to train on, and genes to validate on."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from genefinder.data.counts import CountedTables, Counts, LabelledContig, count
from genefinder.data.minimum_lengths import estimate_minima
from genefinder.data.report import AnnotationReport, report_annotation
from genefinder.data.spelling import (
    EXON_FLOOR,
    INTRON_FLOOR,
    SpellingRules,
    choose_transcript,
)
from genefinder.data.targets import ContigTargets, label_contig
from genefinder.data.windows import Stretch
from genefinder.errors import InputError
from genefinder.genes import Region, Transcript
from genefinder.io.fasta import open_genome
from genefinder.io.regions import format_region
from genefinder.network.config import NetworkConfig
from genefinder.training.genomes import (
    AnnotatedGenome,
    HeldOut,
    cut_held_out,
    divide_annotated,
    load_genome,
)
from genefinder.training.sources import LabelledGenome, RawGenome
from genefinder.training.split import Division, weigh

_COUNTED_BASES = 30_000_000
"""Bases of a genome that the tables are counted on, at most."""
FOLDS = 10
"""Parts of the first genome, each of which can be left out of the counts."""


@dataclass(frozen=True, slots=True)
class Corpus:
    """Everything a run learns from.

    Attributes
    ----------
    groups, weights
        Stretches of each genome and its share of the windows.
    held_out
        Stretches to validate on.
    apart
        Training stretches of each annotated genome of which nothing is held out.
    rules
        What the grammar can spell; the length minima are estimated from the training genes of the
        genomes that are validated on.
    reports
        Sanity report of each annotation.
    hashes
        SHA-256 of each genome.
    """

    groups: tuple[tuple[Stretch, ...], ...]
    weights: tuple[float, ...]
    held_out: tuple[HeldOut, ...]
    apart: tuple[tuple[Stretch, ...], ...]
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
    taught: Sequence[RawGenome] = (),
    *,
    estimate: bool = True,
) -> Corpus:
    """Read genomes and annotations and prepare them for training.

    Parameters
    ----------
    genomes
        What to read.
    validation
        Regions to validate on; if there are none, the end of the first genome's longest contig is
        held out. Of several genomes with such a contig, the first is validated on.
    exclude
        Regions that are neither trained nor validated on; like those to validate on, they are left
        out of every genome that has such a contig.
    rules
        What the grammar can spell. Start codons and splice sites are taken from it, the genetic
        code always from the genomes.
    taught
        Genomes without annotation, whose stretches have no labels.
    estimate
        Estimate the length minima from the training genes, since they belong to the species,
        instead of taking them from the rules.

    Raises
    ------
    InputError
        If the genomes cannot be read, use different genetic codes, do not contain a region, or
        leave nothing to train or validate on.
    """
    if not genomes:
        raise InputError("no genome to train on: give GENOME GFF pairs or list them in the YAML")
    tables = sorted({one.genetic_code for one in genomes})
    if len(tables) > 1:
        raise InputError(
            f"the genomes use different genetic codes ({', '.join(map(str, tables))}); train one "
            "model for each"
        )
    loaded = [load_genome(one) for one in genomes]
    division = divide_annotated(loaded, validation, exclude)
    held_out = tuple(cut_held_out(loaded, division))
    if not any(stretch.genes for stretch in held_out):
        raise InputError(
            f"no gene lies wholly inside the validation regions "
            f"({', '.join(format_region(stretch.region) for stretch in held_out)}); name regions "
            "with genes, with --validation"
        )
    rules = replace(rules or SpellingRules(), genetic_code=tables[0])
    if estimate:
        rules = _estimate_minima(loaded, division, rules)
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
        groups.append(tuple(_stretches(one, targets, division)))
    kept = [number for number, group in enumerate(groups) if group]
    tested = {stretch.genome for stretch in held_out}
    if not kept:
        raise InputError(
            "nothing is left to train on beside the validation regions and what is excluded or "
            "masked"
        )
    shares = [(genomes[number].weight, groups[number]) for number in kept]
    shares[0] = (shares[0][0], tuple(_folded(shares[0][1])))
    shares += [(one.weight, tuple(_unlabelled(one, division, rules))) for one in taught]
    return Corpus(
        groups=tuple(group for _, group in shares),
        weights=weigh(
            (weight for weight, _ in shares),
            (sum(stretch.end - stretch.start for stretch in group) for _, group in shares),
        ),
        held_out=held_out,
        apart=tuple(groups[number] for number in kept if number not in tested),
        rules=rules,
        reports=tuple(reports),
        hashes=tuple(one.sha256 for one in loaded),
    )


def count_corpus(corpus: Corpus, config: NetworkConfig) -> CountedTables:
    """Count the tables on the training stretches of the first, most relevant genome."""
    return _count(corpus.groups[0], config).tables()


def count_folds(
    corpus: Corpus, config: NetworkConfig
) -> tuple[CountedTables, tuple[CountedTables, ...]]:
    """Count the tables as :func:`count_corpus` does, and once without each of the folds."""
    whole = _count(corpus.groups[0], config)
    without = [
        whole.without(_count(corpus.groups[0], config, fold)).tables() for fold in range(FOLDS)
    ]
    return whole.tables(), tuple(without)


def _count(stretches: Sequence[Stretch], config: NetworkConfig, fold: int | None = None) -> Counts:
    """Count on stretches, or on what one fold has of them."""
    return count(
        _labelled(stretches, fold),
        config.table_order,
        config.weights_before,
        config.weights_after,
    )


def _folded(stretches: Sequence[Stretch]) -> Iterator[Stretch]:
    """Divide stretches into folds of as many bases each."""
    total = sum(stretch.end - stretch.start for stretch in stretches)
    ends = total * np.arange(1, FOLDS) // FOLDS
    before = 0
    for stretch in stretches:
        yield replace(stretch, borders=stretch.start + ends - before)
        before += stretch.end - stretch.start


def _labelled(stretches: Sequence[Stretch], fold: int | None = None) -> Iterator[LabelledContig]:
    """Yield stretches for counting, or their parts in one fold, up to a number of bases."""
    left = _COUNTED_BASES
    for stretch in stretches:
        if left <= 0:
            return
        start, end = stretch.start, min(stretch.end, stretch.start + left)
        left -= end - start
        if fold is not None and stretch.borders is not None:
            ends = np.concatenate([[start], stretch.borders, [end]]).clip(start, end)
            start, end = int(ends[fold]), int(ends[fold + 1])
            if start == end:
                continue
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


def _unlabelled(taught: RawGenome, division: Division, rules: SpellingRules) -> Iterator[Stretch]:
    """Yield what may be learnt from of a genome without annotation."""
    for contig in open_genome(taught.genome):
        targets = label_contig(contig.codes, (), rules)
        for _, start, end in division.left({contig.name: len(contig)}):
            yield Stretch(contig.codes, targets, start, end, labelled=False)


def _estimate_minima(
    loaded: Sequence[AnnotatedGenome], division: Division, rules: SpellingRules
) -> SpellingRules:
    """Estimate the length minima from the training genes of the genomes validated on.

    Other genomes decide only where these have no gene to train on.
    """
    loosest = replace(rules, min_intron=INTRON_FLOOR, min_exon=EXON_FLOOR)
    for group in ([loaded[owner] for owner in division.owners], loaded):
        spelled = (list(_spelled(one, division, loosest)) for one in group)
        minima = [estimate_minima(transcripts) for transcripts in spelled if transcripts]
        if minima:
            # A model for several species must spell the genes of each.
            return replace(
                loosest,
                min_intron=min(intron for intron, _ in minima),
                min_exon=min(exon for _, exon in minima),
            )
    raise InputError(
        "no gene of the annotations has a complete coding sequence that fits its genome "
        "(ATG ... stop, in frame, GT-AG or GC-AG introns); check that they belong together"
    )


def _spelled(
    genome: AnnotatedGenome, division: Division, rules: SpellingRules
) -> Iterator[Transcript]:
    """Yield one spellable transcript of each gene that is trained on."""
    for gene in genome.annotation.genes:
        if not division.keeps_away(gene.contig, gene.start, gene.end):
            choice = choose_transcript(gene, genome.contigs[gene.contig], rules)
            if choice.transcript:
                yield choice.transcript


def _stretches(
    genome: AnnotatedGenome, targets: dict[str, ContigTargets], division: Division
) -> Iterator[Stretch]:
    """Yield what may be learnt from of a genome and holds something to learn."""
    for name, start, end in division.left(genome.lengths()):
        if len(targets[name].segments(start, end)):
            yield Stretch(genome.contigs[name], targets[name], start, end)
