from dataclasses import replace

import numpy as np
import pytest
import torch

from genefinder.data.counts import CountedTables, count_expected
from genefinder.data.open_frames import first_tables
from genefinder.errors import InputError
from genefinder.evaluation import evaluate
from genefinder.genes import Region
from genefinder.grammar import Grammar, build_graph, forward_backward, viterbi
from genefinder.grammar.labels import DONOR, EXON, INTRON, START, STRAND_CHANNELS
from genefinder.io.contigs import Contig
from genefinder.io.fasta import open_genome
from genefinder.learning import (
    NETWORK_ROUNDS,
    TABLE_ROUNDS,
    Learner,
    learn_statistics,
    teaches_introns,
)
from genefinder.network.network import GeneNetwork
from genefinder.network.scorer import WindowScorer
from genefinder.network.table_scorer import TableScorer
from genefinder.saved_bits import shortest_intron
from genefinder.species.adjustment import Adjustment
from genefinder.species.statistics import Statistics
from genefinder.species.structure import Structure

from .toy_genomes import TINY, count_genes, doubtful_tables, made_up_statistics, write_bare

GRAMMAR = Grammar(min_intron=30, min_exon=9)
CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def network() -> GeneNetwork:
    """A new network, which scores what the statistics do."""
    return GeneNetwork(TINY, GRAMMAR).eval()


@pytest.fixture(scope="module")
def contigs(bare) -> list[Contig]:
    return list(open_genome(bare.genome))


@pytest.fixture(scope="module")
def annotated(bare, contigs) -> Statistics:
    """Statistics counted on the true genes."""
    return count_genes(contigs, bare.genes, GRAMMAR, TINY)


@pytest.fixture(scope="module")
def learnt(network, contigs):
    return learn_statistics(contigs, network, GRAMMAR, "bare", device=CPU)


def exon_f1(network, statistics, contigs, truth) -> float:
    found = []
    with WindowScorer(network.reading(statistics), CPU) as scorer:
        for contig in contigs:
            scores = np.concatenate([scores for _, scores in scorer.read(contig.codes)])
            found += viterbi(contig.codes, scores, GRAMMAR).genes(contig.name)
    regions = [Region(contig.name, 0, len(contig)) for contig in contigs]
    return evaluate(truth, found, regions).exon.f1


def test_finds_genes_from_nothing(bare, network, contigs, learnt) -> None:
    assert exon_f1(network, learnt.statistics, contigs, bare.genes) > 0.9


def test_tells_what_was_learnt(bare, contigs, learnt) -> None:
    statistics, structure = learnt.statistics, learnt.statistics.structure
    assert (statistics.name, statistics.origin, statistics.genetic_code) == ("bare", "genome", 1)
    bases = sum(len(contig) for contig in contigs)
    assert learnt.bases == structure.bases == bases
    letters = np.concatenate([contig.codes for contig in contigs])
    assert structure.gc == pytest.approx(np.isin(letters, (1, 2)).mean())
    assert structure.genes_per_mb == pytest.approx(1e6 * len(bare.genes) / bases, rel=0.12)
    coding = sum(gene.transcripts[0].cds_length for gene in bare.genes)
    assert structure.coding == pytest.approx(coding / bases, rel=0.05)
    introns = [end - start for gene in bare.genes for start, end in gene.transcripts[0].introns()]
    assert structure.introns_per_gene == pytest.approx(len(introns) / len(bare.genes), rel=0.2)
    assert structure.intron == pytest.approx(np.mean(introns), rel=0.2)
    assert "long open frames" in learnt.describe()


def test_words_of_introns_are_doubted(learnt, annotated) -> None:
    true, found = (known.tables.words[:-1, 3].std() for known in (annotated, learnt.statistics))
    assert 0 < found < 0.7 * true


@pytest.fixture(scope="module")
def spliced(tmp_path_factory) -> list[Contig]:
    """A contig with an intron in every gene, enough of them to go by."""
    folder = tmp_path_factory.mktemp("spliced")
    return list(open_genome(write_bare(folder, 80, 1, introns=(60, 400)).genome))[:1]


def expected_next(scored) -> CountedTables:
    """Count what scores let expect, step by step."""
    grammar = replace(
        GRAMMAR, min_intron=shortest_intron(scored[::2], GRAMMAR) or GRAMMAR.min_intron
    )
    posteriors, sums, bases = [], np.zeros(STRAND_CHANNELS), 0
    for codes, scores in scored:
        graph = build_graph(codes, grammar)
        _, posterior = forward_backward(codes, scores, grammar, free_ends=True, graph=graph)
        posteriors.append((codes, posterior))
        sums += posterior.astype(float).reshape(-1, 2, STRAND_CHANNELS).sum(axis=(0, 1))
        bases += len(codes)
    tables = count_expected(posteriors, grammar, TINY.table_shape).tables()
    coding, intronic = sums[EXON:INTRON].sum(), sums[INTRON:START].sum()
    assert sums[DONOR] > 50
    # Half of geometric lengths are below 0.7 of their mean.
    intron = 0.7 * intronic / sums[DONOR]
    gap = 0.7 * (bases - coding - intronic) / sums[START]
    words = tables.words.copy()
    words[:, 3] /= 2
    words[:-1, 3] -= np.log(2) * (1 / intron - 1 / gap)
    return replace(tables, words=words)


def test_rounds_count_what_is_expected(network, spliced) -> None:
    codes = [contig.codes for contig in spliced]
    tables = first_tables(codes, GRAMMAR, TINY.table_shape)
    for _ in range(TABLE_ROUNDS):
        read = TableScorer(tables, GRAMMAR)
        tables = expected_next([(letters, read(letters)) for letters in codes])
    wanted = [tables]
    for _ in range(NETWORK_ROUNDS):
        reads = network.reading(Statistics("so far", wanted[-1]))
        with WindowScorer(reads, CPU) as scorer:
            scored = [
                (letters, np.concatenate([scores for _, scores in scorer.read(letters)]))
                for letters in codes
            ]
        wanted.append(expected_next(scored))
    learnt = learn_statistics(spliced, network, GRAMMAR, "spliced", device=CPU)
    found = [candidate.statistics.tables for candidate in learnt.candidates]
    assert len(found) == len(wanted)
    for tables in wanted:
        distance = [
            max(abs(tables.words - own.words).max(), abs(tables.weights - own.weights).max())
            for own in found
        ]
        assert min(distance) < 1e-4


def test_tables_of_a_larger_sample_are_another_start(network, contigs) -> None:
    """The rounds go on with the one that the network finds better genes with."""
    halves = contigs[::2], contigs
    some, more = halves
    learner = Learner(network, GRAMMAR, CPU, 1)
    codes, larger = ([contig.codes for contig in part] for part in halves)
    starts = [learner.from_frames(part, "bare") for part in (codes, larger)]
    worth = [
        learner.found_with("", start, learner.scored(start, codes)).saved_per_kb for start in starts
    ]
    assert worth[0] != worth[1]
    learnt = learn_statistics(some, network, GRAMMAR, "bare", more=more, device=CPU)
    assert len(learnt.candidates) == NETWORK_ROUNDS + 2
    saved = [candidate.saved_per_kb for candidate in learnt.candidates]
    for value in worth:
        assert min(abs(value - other) for other in saved) < 1e-9
    best = starts[int(np.argmax(worth))]
    next_ones = learner.counted(learner.scored(best, codes), "bare").tables.words
    assert any(
        np.array_equal(candidate.statistics.tables.words, next_ones)
        for candidate in learnt.candidates
    )


def test_few_introns_tell_no_shortest(learnt) -> None:
    assert learnt.statistics.min_intron is None


def test_keeps_what_describes_the_sample_best(network, contigs, annotated) -> None:
    words = -annotated.tables.words
    wrong = replace(annotated, name="wrong", tables=replace(annotated.tables, words=words))
    found = learn_statistics(contigs, network, GRAMMAR, "bare", [wrong, annotated], device=CPU)
    names = [candidate.name for candidate in found.candidates]
    # What each round begins with, and what the last one gives.
    assert sorted(names) == [
        "annotated",
        *["learnt from annotated"] * NETWORK_ROUNDS,
        *["learnt from long open frames"] * (NETWORK_ROUNDS + 1),
    ]
    saved = [candidate.saved_per_kb for candidate in found.candidates]
    assert saved == sorted(saved, reverse=True)
    assert found.statistics is found.candidates[0].statistics
    assert found.saved_per_kb == saved[0] > 0


def test_what_calls_introns_too_readily_is_adjusted(network, contigs, annotated, learnt) -> None:
    learner = Learner(network, GRAMMAR, CPU, 1)
    codes = [contig.codes for contig in contigs]
    ready = replace(annotated, tables=doubtful_tables(annotated.tables, 0.1, 8, 8))
    scored = learner.scored(ready, codes)
    candidate = learner.found_with("ready", ready, scored)
    better = learner.adjusted(candidate, scored, few=5)
    assert better is not None
    assert better.name == "ready"
    assert better.statistics.adjustment == Adjustment(donor=-3.0)
    assert better.statistics.tables is ready.tables
    assert better.saved_per_kb > candidate.saved_per_kb
    assert better.found.introns < candidate.found.introns
    # The network that reads it scores as it was tried.
    again = learner.found_with("again", better.statistics, learner.scored(better.statistics, codes))
    assert again.found == better.found
    assert learner.adjusted(candidate, scored, few=10_000) is None
    # Nothing needs it where introns are called as they are there.
    assert not any(candidate.statistics.adjustment for candidate in learnt.candidates)


def test_threads_change_nothing(network, contigs, learnt) -> None:
    again = learn_statistics(contigs, network, GRAMMAR, "bare", device=CPU, threads=2)
    assert again.statistics.to_bytes() == learnt.statistics.to_bytes()


def test_progress_ends_at_one(network, contigs, annotated) -> None:
    shares: list[float] = []
    learn_statistics(
        contigs,
        network,
        GRAMMAR,
        "bare",
        [annotated],
        device=CPU,
        progress=shares.append,
    )
    assert shares == sorted(shares)
    assert shares[-1] == pytest.approx(1.0)


def test_no_long_frames_are_no_start(network, annotated) -> None:
    noise = Contig("noise", np.random.default_rng(1).integers(0, 4, 30_000, dtype=np.uint8))
    with pytest.raises(InputError, match="open reading frames"):
        learn_statistics([noise], network, GRAMMAR, "noise", device=CPU)
    found = learn_statistics([noise], network, GRAMMAR, "noise", [annotated], device=CPU)
    assert {candidate.name for candidate in found.candidates} == {
        "annotated",
        "learnt from annotated",
    }


@pytest.mark.parametrize(
    ("bases", "known", "found", "teaches"),
    [(9, 0.05, 1.5, False), (9, 0.05, 0.3, True), (9, 0.2, 1.5, True), (0, 0.0, 1.5, True)],
)
def test_who_has_hardly_any_introns_teaches_none(bases, known, found, teaches) -> None:
    species = made_up_statistics(TINY, 1)
    genome = replace(species, structure=Structure(bases=9, introns_per_gene=found))
    species = replace(species, structure=Structure(bases=bases, introns_per_gene=known))
    assert teaches_introns(species, genome) == teaches


def test_what_has_hardly_any_introns_is_compared_but_no_start(network, spliced, annotated) -> None:
    poor = replace(annotated, structure=Structure(bases=9, introns_per_gene=0.05))
    found = learn_statistics(spliced, network, GRAMMAR, "spliced", [poor], device=CPU)
    names = [candidate.name for candidate in found.candidates]
    assert names.count("annotated") == 1
    assert "learnt from annotated" not in names
    assert names.count("learnt from long open frames") > NETWORK_ROUNDS
