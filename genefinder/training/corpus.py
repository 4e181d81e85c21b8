"""The data of a run: labelled regions to train on, and genes to validate on."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from genefinder.data.gene_lengths import length_scores
from genefinder.data.overlaps import OverlapCounts
from genefinder.data.regions import RegionSequence
from genefinder.data.report import AnnotationReport, report_annotation
from genefinder.data.targets import ContigTargets, label_contig
from genefinder.data.transcripts import choose_transcript, estimate_minimum_lengths
from genefinder.data.windows import TrainingRegion
from genefinder.errors import InputError
from genefinder.genes import Transcript
from genefinder.grammar import Grammar
from genefinder.grammar.grammar import PROKARYOTIC
from genefinder.io.regions import format_region
from genefinder.species.statistics import Statistics
from genefinder.training.folds import fold
from genefinder.training.genomes import (
    AnnotatedGenome,
    Split,
    cut_held_out,
    load_genome,
    split_annotated,
    weigh,
)
from genefinder.training.settings import STANDARD_CODE, GivenRegions, LabelledGenome


@dataclass(frozen=True, slots=True)
class Corpus:
    """Everything a run learns from.

    Attributes
    ----------
    groups, weights
        Regions of each genome and its share of the windows.
    held_out
        Regions to validate on.
    apart
        Training regions of each annotated genome of which nothing is held out.
    grammar
        What the finished model can spell.
    grammars
        What can be spelled in each genome, by its number.
    reports
        Sanity report of each annotation.
    hashes
        SHA-256 of each genome.
    statistics
        Of each genome that is trained on, by its number, once they are counted.
    """

    groups: tuple[tuple[TrainingRegion, ...], ...]
    weights: tuple[float, ...]
    held_out: tuple[RegionSequence, ...]
    apart: tuple[tuple[TrainingRegion, ...], ...]
    grammar: Grammar
    grammars: Mapping[int, Grammar]
    reports: tuple[AnnotationReport, ...]
    hashes: tuple[str, ...]
    statistics: Mapping[int, Statistics] = field(default_factory=dict)

    @property
    def bases(self) -> int:
        """Bases to train on."""
        return sum(len(region) for group in self.groups for region in group)


def load_corpus(
    genomes: Sequence[LabelledGenome],
    validation: GivenRegions,
    exclude: GivenRegions,
    grammar: Grammar | None = None,
) -> Corpus:
    """Read genomes and annotations and prepare them for training.

    Each genome has a genetic code, minimum lengths that are estimated from its training genes, and
    folds of its own. The finished model has the lowest of these lengths, of introns among the
    genomes that have enough of them to tell, and, where the codes differ, the standard code.

    Parameters
    ----------
    genomes
        What to read.
    validation, exclude
        Regions to validate on, and those that are neither trained nor validated on, besides those
        of the genomes themselves; see :func:`genefinder.training.genomes.split_genomes`.
    grammar
        What can be spelled. Start codons and splice sites are taken from it, the genetic
        code always from the genomes.

    Raises
    ------
    InputError
        If the genomes cannot be read, have no gene to train on, do not contain a region, or leave
        nothing to train or validate on.
    """
    if not genomes:
        raise InputError("no genome to train on: give GENOME GFF pairs or list them in the YAML")
    loaded = [load_genome(genome) for genome in genomes]
    split = split_annotated(loaded, validation, exclude)
    held_out = tuple(cut_held_out(loaded, split))
    if not any(held.genes for held in held_out):
        raise InputError(
            f"no gene lies wholly inside the validation regions "
            f"({', '.join(format_region(held.region) for held in held_out)}); name regions "
            "with genes, with --validation"
        )
    codes = {genome.genetic_code for genome in genomes}
    grammar = grammar or Grammar()
    usual_code = STANDARD_CODE if grammar.spliced else PROKARYOTIC.genetic_code
    code = codes.pop() if len(codes) == 1 else usual_code
    grammar = replace(grammar, genetic_code=code)
    if not grammar.spliced:
        overlaps = _count_overlaps(loaded, split, grammar)
        grammar = replace(grammar, overlaps=overlaps, lengths=length_scores())
    grammars = {
        number: _own_minimum_lengths(genome, number, split, grammar)
        for number, genome in enumerate(loaded)
    }
    loosest = grammar.loosened()
    # A genome of hardly an intron has the loosest minimum, which tells nothing of introns.
    estimated = [own.min_intron for own in grammars.values()]
    estimated = [length for length in estimated if length > loosest.min_intron]
    grammar = replace(
        grammar,
        min_intron=min(estimated, default=loosest.min_intron),
        min_exon=min(own.min_exon for own in grammars.values()),
        min_coding=min(own.min_coding for own in grammars.values()),
    )
    groups, reports = [], []
    for number, genome in enumerate(loaded):
        by_contig = genome.genes_by_contig()
        targets = {
            name: label_contig(
                codes,
                by_contig[name],
                grammars[number],
                genome.mask.get(name, ()),
                unread=[
                    (problem.start, problem.end)
                    for problem in genome.annotation.problems
                    if problem.contig == name and not problem.kept
                ],
            )
            for name, codes in genome.contigs.items()
        }
        reports.append(
            report_annotation(
                ((genome.contigs[name], targets[name]) for name in genome.contigs),
                grammars[number],
                genome.annotation.problems,
            )
        )
        groups.append(tuple(_training_regions(genome, number, targets, split)))
    kept = [number for number, group in enumerate(groups) if group]
    tested = {held.genome for held in held_out}
    if not kept:
        raise InputError(
            "nothing is left to train on beside the validation regions and what is excluded or "
            "masked"
        )
    return Corpus(
        groups=tuple(tuple(fold(groups[number])) for number in kept),
        weights=weigh(
            (genomes[number].weight for number in kept),
            (sum(map(len, groups[number])) for number in kept),
        ),
        held_out=held_out,
        apart=tuple(groups[number] for number in kept if number not in tested),
        grammar=grammar,
        grammars=grammars,
        reports=tuple(reports),
        hashes=tuple(genome.sha256 for genome in loaded),
    )


def _own_minimum_lengths(
    genome: AnnotatedGenome, number: int, split: Split, grammar: Grammar
) -> Grammar:
    """Return the grammar of a genome: its genetic code, and minimum lengths of its own genes.

    Raises
    ------
    InputError
        If it has no gene to train on.
    """
    loosest = replace(grammar, genetic_code=genome.source.genetic_code).loosened()
    transcripts = list(_spelled(genome, number, split, loosest))
    if not transcripts:
        raise InputError(
            f"{genome.source.annotation}: no gene beside the validation regions has a complete "
            f"coding sequence that fits {genome.source.genome} (ATG ... stop, in frame, GT-AG or "
            "GC-AG introns); check that they belong together"
        )
    if not loosest.spliced:
        return loosest
    intron, exon, coding = estimate_minimum_lengths(transcripts)
    return replace(loosest, min_intron=intron, min_exon=exon, min_coding=coding)


def _count_overlaps(
    loaded: Sequence[AnnotatedGenome], split: Split, grammar: Grammar
) -> tuple[tuple[float, ...], ...]:
    """Return the scores of overlaps from the genes that are trained on, of all genomes together."""
    counts = OverlapCounts(grammar)
    for number, genome in enumerate(loaded):
        own = replace(grammar, genetic_code=genome.source.genetic_code)
        by_contig: dict[str, list[Transcript]] = {name: [] for name in genome.contigs}
        for transcript in _spelled(genome, number, split, own):
            by_contig[transcript.contig].append(transcript)
        for name, transcripts in by_contig.items():
            counts.add(genome.contigs[name], transcripts)
    return counts.scores()


def _spelled(
    genome: AnnotatedGenome, number: int, split: Split, grammar: Grammar
) -> Iterator[Transcript]:
    """Yield one spellable transcript of each gene that is trained on."""
    for gene in genome.annotation.genes:
        if not split.is_excluded(number, gene.contig, gene.start, gene.end):
            choice = choose_transcript(gene, genome.contigs[gene.contig], grammar)
            if choice.transcript:
                yield choice.transcript


def _training_regions(
    genome: AnnotatedGenome, number: int, targets: dict[str, ContigTargets], split: Split
) -> Iterator[TrainingRegion]:
    """Yield what may be learnt from of a genome and holds something to learn."""
    for name, start, end in split.train_regions(number, genome.lengths()):
        if len(targets[name].segments(start, end)):
            codes = genome.contigs[name][start:end]
            yield TrainingRegion(name, start, codes, number, targets=targets[name])
