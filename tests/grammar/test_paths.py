import numpy as np
import pytest

from genefinder import dna
from genefinder.grammar import Grammar, viterbi
from genefinder.grammar.labels import LABEL_CHANNEL

# Three exons; the second intron interrupts a codon after two bases.
SPLICED = "CC" + "ATGGCT" + "GTCCCCAG" + "GCTGC" + "GTCCCCAG" + "TTGA" + "CC"


def scores_for(labels, length):
    """Score given labels 2, all others -2."""
    scores = np.full((length, 20), -2.0, dtype=np.float32)
    for i, label in enumerate(labels):
        if label:
            scores[i, LABEL_CHANNEL[label]] = 2.0
    return scores


def test_finds_the_best_of_all_structures(cases):
    for case in cases:
        path = viterbi(case.codes, case.scores, case.grammar)
        assert path.score == pytest.approx(case.totals.best, abs=1e-9), case.sequence


def test_path_adds_up_to_its_score(cases):
    for case in cases:
        path = viterbi(case.codes, case.scores, case.grammar, free_ends=True)
        score = sum(
            case.scores[i, LABEL_CHANNEL[label]] for i, label in enumerate(path.labels()) if label
        )
        score += sum(case.scores[i, channel] for i, channel in path.signals())
        assert path.score == pytest.approx(score, abs=1e-9), case.sequence


def spliced_labels():
    return [0] * 2 + [1, 2, 3] * 2 + [4] * 8 + [1, 2, 3, 1, 2] + [6] * 8 + [3, 1, 2, 3] + [0] * 2


@pytest.mark.parametrize("strand", "+-")
def test_spliced_gene(strand):
    codes, labels = dna.encode(SPLICED), np.array(spliced_labels())
    exons: tuple[tuple[int, int], ...] = ((2, 8), (16, 21), (29, 33))
    if strand == "-":
        codes = dna.reverse_complement(codes)
        labels = np.where(labels[::-1] > 0, labels[::-1] + 6, 0)
        exons = tuple((len(codes) - end, len(codes) - start) for start, end in reversed(exons))
    path = viterbi(codes, scores_for(labels, len(codes)), Grammar(min_intron=8))
    np.testing.assert_array_equal(path.labels(), labels)
    (gene,) = path.genes("chr1")
    (transcript,) = gene.transcripts
    assert (gene.contig, gene.strand, transcript.cds) == ("chr1", strand, exons)
    assert transcript.exons == transcript.cds
    assert (transcript.phase, transcript.partial_low, transcript.partial_high) == (0, False, False)


def test_signals_stand_at_their_sites():
    path = viterbi(
        dna.encode(SPLICED), scores_for(spliced_labels(), len(SPLICED)), Grammar(min_intron=8)
    )
    assert path.signals().tolist() == [[2, 6], [8, 8], [15, 9], [21, 8], [28, 9], [30, 7]]


@pytest.mark.parametrize(
    ("sequence", "change"),
    [
        (SPLICED, {"min_intron": 9}),
        (SPLICED, {"min_exon": 6}),
        (SPLICED, {"donors": ("GC",)}),
        (SPLICED.replace("ATGGCT", "ATGTAG"), {}),
        (SPLICED.replace("GCTGC", "TAAGC"), {}),
        (SPLICED.replace("ATG", "ATC"), {}),
        (SPLICED.replace("TTGA", "TTGC"), {}),
        (SPLICED.replace("ATGGCT", "ATGNNT"), {}),
    ],
)
def test_what_is_no_gene_is_not_found(sequence, change):
    grammar = Grammar(**{"min_intron": 8, "partial": -1000.0, **change})
    path = viterbi(dna.encode(sequence), scores_for(spliced_labels(), len(sequence)), grammar)
    assert path.labels().tolist() != spliced_labels()


def test_no_stop_codon_across_an_intron():
    labels = [1, 2, 3, 1] + [5] * 8 + [2, 3, 1, 2, 3]
    good = "ATGC" + "GTCCCCAG" + "AATGA"
    bad = "ATGT" + "GTCCCCAG" + "AATGA"
    grammar = Grammar(min_intron=8, partial=-1000.0)
    found = [
        len(viterbi(dna.encode(s), scores_for(labels, len(s)), grammar).genes("c"))
        for s in (good, bad)
    ]
    assert found == [1, 0]


def open_gene(labels, sequence):
    path = viterbi(dna.encode(sequence), scores_for(labels, len(sequence)), Grammar(min_intron=8))
    (gene,) = path.genes("c")
    return gene.transcripts[0]


def test_partial_low_end_has_a_phase():
    transcript = open_gene([3, 1, 2, 3, 1, 2, 3, 1, 2, 3, 0], "CGCAGCATAAC")
    assert (transcript.cds, transcript.phase) == (((0, 10),), 1)
    assert (transcript.partial_low, transcript.partial_high) == (True, False)


def test_partial_high_end_of_the_reverse_strand_has_a_phase():
    labels = [0, 0, 9, 8, 7, 9, 8, 7, 9, 8, 7, 9, 8]
    transcript = open_gene(labels, "CCTTAGCAGCAGC")
    assert (transcript.strand, transcript.cds, transcript.phase) == ("-", ((2, 13),), 2)
    assert (transcript.partial_low, transcript.partial_high) == (False, True)


def test_gene_ends_at_a_gap():
    sequence = "CCATGGCAGCAG" + "N" * 10 + "GCAGCATAACC"
    labels = [0, 0] + [1, 2, 3] * 3 + [1] + [0] * 10 + [1, 2, 3] * 3 + [0, 0]
    path = viterbi(dna.encode(sequence), scores_for(labels, len(sequence)), Grammar())
    first, second = (gene.transcripts[0] for gene in path.genes("c"))
    assert (first.cds, first.partial_high, second.cds, second.partial_low) == (
        ((2, 12),),
        True,
        ((22, 31),),
        True,
    )


def test_abutting_genes():
    sequence = "ATGGCATAA" * 2
    path = viterbi(dna.encode(sequence), scores_for([1, 2, 3] * 6, 18), Grammar())
    assert [(gene.start, gene.end) for gene in path.genes("c")] == [(0, 9), (9, 18)]


def test_intron_between_two_open_ends_is_no_gene():
    path = viterbi(dna.encode("CC" * 20), scores_for([4] * 40, 40), Grammar())
    assert path.labels().tolist() == [4] * 40
    assert path.genes("c") == []
