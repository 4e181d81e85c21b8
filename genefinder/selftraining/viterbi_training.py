"""Rounds of parsing with counted tables and counting them anew: Viterbi training.

As in GeneMark-ES (Lomsadze et al. 2005, doi:10.1093/nar/gki937; for fungi Ter-Hovhannisyan et al.
2008, doi:10.1101/gr.081612.108), but bases whose label is in doubt are not counted. Two things keep
introns from running away with intergenic sequence, which they resemble as long as few are known:
every base of an intron costs what passing its acceptors by costs, by the median length; and introns
several times as long as the median are not counted.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from genefinder.data.counts import (
    USUAL_GAP,
    USUAL_INTRON,
    CountedTables,
    Counts,
    LabelledContig,
    count,
    penalize_intron_length,
)
from genefinder.data.regions import RegionSequence
from genefinder.evaluation import Evaluation, evaluate
from genefinder.genes import Gene, shift_gene
from genefinder.grammar import Grammar
from genefinder.network.config import NetworkConfig
from genefinder.network.table_scorer import TableScorer
from genefinder.selftraining.parses import Parse, parse_all
from genefinder.training.cross_fit import FOLDS

MIN_LABEL_POSTERIOR = 0.5
"""Bases of a lower posterior are not counted."""
_LONG = 3.0
"""Introns of more than so many medians are not counted."""
_FEW = 50
_ROUNDS = 8
_GAIN = 0.005
"""Gain in agreement between two rounds that is worth a further one."""

Report = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class TableRounds:
    """What came out of the rounds.

    Attributes
    ----------
    tables
        Tables of the last round.
    parses
        Parses with them.
    agreement
        Exon F1 of each round's genes against those of the round before, from the second on.
    """

    tables: CountedTables
    parses: list[Parse]
    agreement: tuple[float, ...]


def learn_tables(
    chunks: Sequence[RegionSequence],
    tables: CountedTables,
    grammar: Grammar,
    config: NetworkConfig,
    report: Report = lambda line: None,
) -> TableRounds:
    """Parse and count until the genes of two rounds agree no better than those of the last two.

    Parameters
    ----------
    chunks
        The genome or a sample of it.
    tables
        Where to start.
    grammar
        The gene grammar.
    config
        Shape of the tables.
    report
        Takes a line for each round.
    """
    parses = parse_all(chunks, TableScorer(tables, grammar), grammar)
    report(f"tables, round 0: {_summary(parses)}")
    agreement: list[float] = []
    for number in range(1, _ROUNDS + 1):
        tables = count_parses(parses, grammar, config)
        before = parses
        parses = parse_all(chunks, TableScorer(tables, grammar), grammar)
        agreement.append(compare(before, parses).exon.f1)
        report(
            f"tables, round {number}: {_summary(parses)}, exon F1 against the round before "
            f"{100 * agreement[-1]:.1f}"
        )
        if len(agreement) > 1 and agreement[-1] < agreement[-2] + _GAIN:
            break
    return TableRounds(tables, parses, tuple(agreement))


def count_parses(parses: Sequence[Parse], grammar: Grammar, config: NetworkConfig) -> CountedTables:
    """Count tables on parses, without what is in doubt, and with the price of long introns."""
    median, gap = _median_lengths(parses)
    return penalize_intron_length(_count(parses, grammar, config, median).tables(), median, gap)


def count_without_folds(
    parses: Sequence[Parse], grammar: Grammar, config: NetworkConfig
) -> tuple[CountedTables, tuple[CountedTables, ...]]:
    """Count tables as :func:`count_parses` does, and once without each of the folds."""
    median, gap = _median_lengths(parses)
    whole = _count(parses, grammar, config, median)
    folds = fold_parses(parses)
    parts = (
        _count(
            [parse for parse, fold in zip(parses, folds, strict=True) if fold == number],
            grammar,
            config,
            median,
        )
        for number in range(FOLDS)
    )
    return penalize_intron_length(whole.tables(), median, gap), tuple(
        penalize_intron_length(whole.without(part).tables(), median, gap) for part in parts
    )


def fold_parses(parses: Sequence[Parse]) -> list[int]:
    """Return the number of each parse's fold: as many in each, and neighbours together."""
    return [number * FOLDS // len(parses) for number in range(len(parses))]


def _median_lengths(parses: Sequence[Parse]) -> tuple[float, float]:
    """Return the median lengths of introns and of gaps between genes, usual ones of too few."""
    introns = [
        end - start for parse in parses for gene in parse.genes for start, end in _introns(gene)
    ]
    gaps = [
        second.start - first.end
        for parse in parses
        for first, second in zip(parse.genes, parse.genes[1:], strict=False)
    ]
    median = float(np.median(introns)) if len(introns) >= _FEW else USUAL_INTRON
    gap = float(np.median(gaps)) if len(gaps) >= _FEW else USUAL_GAP
    return median, gap


def _count(
    parses: Sequence[Parse], grammar: Grammar, config: NetworkConfig, median: float
) -> Counts:
    """Count what is sure, without introns much longer than the median."""
    return count(
        (_countable(parse, _LONG * median) for parse in parses),
        grammar,
        config.table_order,
        config.weights_before,
        config.weights_after,
    )


def compare(reference: Sequence[Parse], others: Sequence[Parse]) -> Evaluation:
    """Evaluate the genes of some parses against those of others of the same chunks."""
    regions = [parse.chunk.region for parse in reference]
    return evaluate(_placed(reference), _placed(others), regions)


def _placed(parses: Sequence[Parse]) -> list[Gene]:
    """Return genes in coordinates of their contigs."""
    return [
        shift_gene(gene, parse.chunk.contig, parse.chunk.start)
        for parse in parses
        for gene in parse.genes
    ]


def _introns(gene: Gene) -> list[tuple[int, int]]:
    return list(gene.transcripts[0].introns())


def _countable(parse: Parse, longest: float) -> LabelledContig:
    """Return a parse for counting, without very long introns."""
    labelled = parse.labelled(MIN_LABEL_POSTERIOR)
    for gene in parse.genes:
        for start, end in _introns(gene):
            if end - start > longest:
                labelled.masked[start:end] = True
    return labelled


def _summary(parses: Sequence[Parse]) -> str:
    """Say how many genes and introns there are."""
    genes = sum(len(parse.genes) for parse in parses)
    introns = sum(len(_introns(gene)) for parse in parses for gene in parse.genes)
    return f"{genes:,} genes, {introns:,} introns"
