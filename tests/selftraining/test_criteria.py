from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from genefinder.data.counts import count_tables
from genefinder.data.regions import RegionSequence
from genefinder.data.targets import label_contig
from genefinder.dna import Codes
from genefinder.genes import Gene, Transcript, shift_gene
from genefinder.grammar import Grammar
from genefinder.grammar.labels import CHANNELS, LABEL_CHANNEL, LABELS
from genefinder.io.fasta import open_genome
from genefinder.network.table_scorer import TableScorer
from genefinder.selftraining.criteria import Candidate, held_out_gain, splice_signal
from genefinder.selftraining.parses import Parse

EXONS = [((100, 200), (250, 350)), ((400, 700),), ((800, 860),)]


def parse(
    chains: Sequence[tuple[tuple[int, int], ...]], low_confidence: Sequence[int] = ()
) -> Parse:
    """A parse with genes of these exons; bases in doubt have a posterior of a half."""
    label_posterior = np.ones(1000, dtype=np.float32)
    label_posterior[list(low_confidence)] = 0.5
    genes = [
        Gene(str(number), "a", "+", (Transcript(str(number), "a", "+", cds, cds),))
        for number, cds in enumerate(chains)
    ]
    return Parse(
        chunk=RegionSequence("a", 5000, np.zeros(1000, dtype=np.uint8)),
        labels=np.zeros(1000, dtype=np.uint8),
        positions=np.zeros(0, dtype=np.int64),
        channels=np.zeros(0, dtype=np.uint8),
        label_posterior=label_posterior,
        genes=tuple(genes),
    )


def candidate(parse: Parse, **scores: Any) -> Candidate:
    usual = Candidate(
        "one",
        Grammar(),
        learnt=[parse],
        held=[],
        held_out_gain=20.0,
        saved=20.0,
        splice=4.0,
        splice_error=0.1,
    )
    return replace(usual, **scores)


@pytest.fixture
def other() -> Candidate:
    return candidate(parse(EXONS))


@pytest.mark.parametrize(("gain", "no_worse"), [(17.9, False), (18.1, True), (20.0, True)])
def test_students_keep_what_explains_held_out_sequence(
    other: Candidate, gain: float, no_worse: bool
) -> None:
    assert replace(other, held_out_gain=gain, saved=0.0).no_worse_than(other) is no_worse


@pytest.mark.parametrize(
    ("scores", "better"),
    [
        ({"saved": 20.9}, False),
        ({"saved": 21.1}, True),
        ({"saved": 21.1, "splice": 3.8}, True),
        ({"saved": 40.0, "splice": 3.7}, False),
        ({"saved": 21.1, "splice": 3.0, "splice_error": 0.6}, True),
    ],
)
def test_more_saved_bits_and_splice_sites_as_alike(
    other: Candidate, scores: dict[str, float], better: bool
) -> None:
    assert candidate(parse(EXONS), **scores).clearly_better_than(other) is better


def test_savings_below_nothing(other: Candidate) -> None:
    lengthens = replace(other, saved=-2.0)
    assert not replace(other, saved=-1.95).clearly_better_than(lengthens)
    assert replace(other, saved=-1.85).clearly_better_than(lengthens)


def test_what_the_other_was_sure_of_is_found_again(other: Candidate) -> None:
    loses = candidate(parse(EXONS[2:]), saved=40.0)
    assert loses.kept_of(other) == 0.25
    assert not loses.clearly_better_than(other)
    assert replace(loses, splice=4.3).clearly_better_than(other)
    keeps = candidate(parse([((100, 200),), *EXONS[1:2]]), saved=40.0)
    assert keeps.kept_of(other) == 0.5
    assert keeps.clearly_better_than(other)


def test_genes_in_doubt_need_not_be_found_again() -> None:
    """A single base in doubt puts the gene in doubt, the intron's as well."""
    unsure = candidate(parse(EXONS, low_confidence=[220]))
    assert candidate(parse(EXONS[1:])).kept_of(unsure) == 1.0
    assert candidate(parse(EXONS[:1])).kept_of(unsure) == 0.0
    assert (
        candidate(parse([])).kept_of(candidate(parse(EXONS, low_confidence=[220, 500, 820]))) == 1.0
    )


GRAMMAR = Grammar(min_intron=30, min_exon=9)
Choose = Callable[[list[Gene]], list[Gene]]


@pytest.fixture(scope="session")
def contigs(bare) -> dict[str, Codes]:
    return {contig.name: contig.codes for contig in open_genome(bare.genome)}


@pytest.fixture(scope="session")
def scored(bare, contigs):
    def score(choose: Choose, by: Callable[..., Any] = held_out_gain) -> Any:
        parses = []
        for name, codes in contigs.items():
            genes = choose([gene for gene in bare.genes if gene.contig == name])
            targets = label_contig(codes, genes, GRAMMAR)
            parses.append(
                Parse(
                    RegionSequence(name, 0, codes),
                    targets.labels,
                    targets.signal_positions,
                    targets.signal_channels,
                    np.ones(len(codes), dtype=np.float32),
                    tuple(genes),
                )
            )
        return by(parses[:1], parses[1:], GRAMMAR)

    return score


def gain_by_hand(learnt: Sequence[Parse], held: Sequence[Parse], grammar: Grammar) -> float:
    """Sum up scores, add what each site was charged, and take off what passing sites by costs."""
    read = TableScorer(
        count_tables([parse.labelled(0.5) for parse in learnt], grammar, 5, 24, 12), grammar
    )
    bases, ended = Counter[str](), Counter[str]()
    for parse in learnt:
        bases.update(LABELS[label].rstrip("012+-") for label in parse.labels)
        ended.update(ENDED.get(CHANNELS[channel][:-1], "") for channel in parse.channels)
    rate = {state: ended[state] / bases[state] for state in bases}
    total = 0.0
    for parse in held:
        scores = read(parse.chunk.codes)
        for place, label in enumerate(parse.labels.tolist()):
            if label:
                state = LABELS[label].rstrip("012+-")
                total += scores[place, LABEL_CHANNEL[label]] - rate[state] + rate["intergenic"]
        for place, channel in zip(parse.positions, parse.channels, strict=True):
            total += scores[place, channel] + 2.0
    return 1000 * total / sum(len(parse.labels) for parse in held)


ENDED = {"start": "intergenic", "donor": "exon", "acceptor": "intron"}


def test_gain_is_a_log_likelihood_ratio(scored) -> None:
    """Sites keep what the penalty took from their prior, and going on in a state has its cost."""
    gain = scored(lambda genes: genes)
    assert gain == pytest.approx(scored(lambda genes: genes, gain_by_hand), rel=1e-4)


def test_no_genes_explain_nothing(scored) -> None:
    assert scored(lambda genes: []) == 0.0


def test_all_genes_explain_more_than_some(scored) -> None:
    everything = scored(lambda genes: genes)
    half = scored(lambda genes: genes[::2])
    assert everything > 1.5 * half > 0


def test_introns_taken_for_exons_cost(scored) -> None:
    def without_introns(genes: list[Gene]) -> list[Gene]:
        return [gene for gene in genes if len(gene.transcripts[0].cds) == 1]

    assert scored(lambda genes: genes) > scored(without_introns)


def test_genes_in_the_wrong_place_explain_little(scored) -> None:
    def spelled_elsewhere(genes: list[Gene]) -> list[Gene]:
        """Shift genes where the sequence does not follow; they are then masked, not labelled."""
        return [shift_gene(gene, gene.contig, 300) for gene in genes[:-1]]

    assert scored(spelled_elsewhere) < 0.1 * scored(lambda genes: genes)


def test_low_confidence_bases_are_not_counted(bare) -> None:
    contig = next(iter(open_genome(bare.genome)))
    genes = [gene for gene in bare.genes if gene.contig == contig.name]
    targets = label_contig(contig.codes, genes, GRAMMAR)
    sure = Parse(
        RegionSequence(contig.name, 0, contig.codes),
        targets.labels,
        targets.signal_positions,
        targets.signal_channels,
        np.ones(len(contig), dtype=np.float32),
        tuple(genes),
    )
    unsure = replace(sure, label_posterior=np.zeros(len(contig), dtype=np.float32))
    assert held_out_gain([sure], [sure], GRAMMAR) > 2 * held_out_gain([unsure], [sure], GRAMMAR)


def test_made_up_introns_blur_the_splice_signal(scored, contigs) -> None:
    def made_up(genes: list[Gene]) -> list[Gene]:
        """Begin introns at other places of the same gene, as far as the grammar can spell them."""
        moved = []
        for gene in genes:
            (transcript,) = gene.transcripts
            if len(transcript.cds) == 2:
                (start, first), (second, end) = transcript.cds
                for offset in range(3, 200, 3):
                    cds = ((start, first - offset), (second, end))
                    other = replace(transcript, cds=cds, exons=cds)
                    if GRAMMAR.rejects(other, contigs[gene.contig]) is None:
                        transcript = other
                        break
            moved.append(replace(gene, transcripts=(transcript,), start=-1, end=-1))
        return moved

    true, error = scored(lambda genes: genes, splice_signal)
    false, _ = scored(made_up, splice_signal)
    assert true > false + 2 * error
    assert error > 0
    assert scored(lambda genes: [], splice_signal) == (0.0, 0.0)
