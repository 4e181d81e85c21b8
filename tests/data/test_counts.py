import math
from dataclasses import fields, replace
from itertools import product

import numpy as np
import pytest

from genefinder.data.counts import (
    LabelledContig,
    TableShape,
    count,
    count_expected,
    count_tables,
    penalize_intron_length,
)
from genefinder.data.targets import label_contig
from genefinder.dna import BASES, decode, encode
from genefinder.grammar import Grammar
from genefinder.grammar.labels import INTERGENIC, LABELS, N_CHANNELS

SHAPE = TableShape(order=2, before=12, after=7)
ORDER, BEFORE, AFTER = SHAPE
SPANS = {"start": (10, 6), "stop": (0, 8), "donor": (6, 12), "acceptor": (20, 3)}
GRAMMAR = Grammar(min_intron=10)
OTHER = Grammar(
    min_intron=10, starts=("ATG", "GTG"), genetic_code=6, donors=("GT",), acceptors=("AG", "AC")
)
"""The ciliates' code, in which only TGA is a stop codon."""
LOOKS_LIKE = {
    GRAMMAR: {
        "start": lambda text, i: text[i : i + 3] == "ATG",
        "stop": lambda text, i: text[i : i + 3] in ("TAA", "TAG", "TGA"),
        "donor": lambda text, i: text[i : i + 2] in ("GT", "GC"),
        "acceptor": lambda text, i: i > 0 and text[i - 1 : i + 1] == "AG",
    },
    OTHER: {
        "start": lambda text, i: text[i : i + 3] in ("ATG", "GTG"),
        "stop": lambda text, i: text[i : i + 3] == "TGA",
        "donor": lambda text, i: text[i : i + 2] == "GT",
        "acceptor": lambda text, i: i > 0 and text[i - 1 : i + 1] in ("AG", "AC"),
    },
}
ENDS = {"start": "intergenic", "stop": "exon", "donor": "exon", "acceptor": "intron"}
SIGNALS = tuple(SPANS)
PLUS = tuple(label.rstrip("+") for label in LABELS[:7])


@pytest.fixture
def contig(toy_contig, gene_of) -> LabelledContig:
    """Genes on both strands in random sequence, a mask and unknown bases."""
    toy = toy_contig(900)
    toy.codes[:] = np.random.default_rng(3).integers(0, 4, 900, dtype=np.uint8)
    toy.write(480, "NNACGN")
    genes = []
    for name, chain, strand in (
        ("a", ((60, 101), (130, 180), (200, 229)), "+"),
        ("b", ((300, 352), (370, 411)), "-"),
        ("c", ((600, 660),), "+"),
        ("d", ((700, 760), (790, 850)), "-"),
    ):
        toy.codes[chain[0][0] : chain[-1][1]] %= 3  # no T, so no stop codon in the way ...
        toy.codes[chain[0][0] : chain[-1][1]] += strand == "-"  # ... or no A on strand "-"
        genes.append(gene_of(toy.plant(name, chain, strand)))
    targets = label_contig(toy.codes, genes, GRAMMAR, mask=[(20, 50), (610, 615)])
    assert sum(1 for _ in targets.transcripts()) == 4
    return LabelledContig(
        codes=toy.codes,
        labels=targets.labels,
        positions=targets.signal_positions,
        channels=targets.signal_channels,
        masked=targets.masked_bases(),
    )


def readings(contig: LabelledContig):
    """Text, labels of the own strand (or None), own sites and masks, by hand."""
    sites = [(int(p), int(c)) for p, c in zip(contig.positions, contig.channels, strict=True)]
    text = decode(contig.codes)
    length = len(text)
    labels = [PLUS[label] if label < 7 else None for label in contig.labels]
    own = {(position, SIGNALS[channel - 6]) for position, channel in sites if channel < 10}
    yield text, labels, own, list(contig.masked)
    text = text[::-1].translate(str.maketrans("ACGT", "TGCA"))
    labels = [
        PLUS[0] if label == INTERGENIC else PLUS[label - 6] if label >= 7 else None
        for label in reversed(contig.labels.tolist())
    ]
    own = {
        (length - 1 - position, SIGNALS[channel - 16]) for position, channel in sites if channel > 9
    }
    yield text, labels, own, list(contig.masked)[::-1]


STATES = ("intergenic", "exon0", "exon1", "exon2", "intron")


def test_words_match_a_count_by_hand(contig: LabelledContig) -> None:
    counts: dict[tuple[str, str], int] = {}
    for text, labels, _, masked in readings(contig):
        for i in range(ORDER, len(text)):
            word = text[i - ORDER : i + 1]
            if labels[i] is None or masked[i] or "N" in word:
                continue
            state = next(state for state in STATES if labels[i].startswith(state))
            counts[state, word] = counts.get((state, word), 0) + 1

    def total(state: str, end: str) -> int:
        return sum(
            n for (counted, word), n in counts.items() if counted == state and word.endswith(end)
        )

    def chance(state: str, context: str, base: str) -> float:
        """Of a base after a context, shrunk towards that after a shorter context."""
        shorter = chance(state, context[1:], base) if context else 0.25
        alike = sum(total(state, context + other) for other in "ACGT")
        return (total(state, context + base) + 24 * shorter) / (alike + 24)

    tables = count_tables([contig], GRAMMAR, SHAPE)
    words = ["".join(word) for word in product("ACGT", repeat=ORDER + 1)]
    assert tables.words.shape == (len(words) + 1, 4)
    assert sum(counts.values()) > 900
    for row, word in zip(tables.words, words, strict=False):
        background = chance("intergenic", word[:-1], word[-1])
        for value, state in zip(row, STATES[1:], strict=True):
            expected = math.log(chance(state, word[:-1], word[-1]) / background)
            assert value == pytest.approx(expected, abs=1e-5)
    assert not tables.words[-1].any()


def share(pairs: np.ndarray, before: int | None, base: int) -> float:
    """Of a base after another one, shrunk towards that after any."""
    bases = pairs.sum(axis=0)
    alone = float((bases[base] + 0.5) / (bases.sum() + 2))
    if before is None:
        return alone
    return float((pairs[before, base] + 50 * alone) / (pairs[before].sum() + 50))


@pytest.mark.parametrize("grammar", [GRAMMAR, OTHER])
def test_sites_match_a_count_by_hand(contig: LabelledContig, grammar: Grammar) -> None:
    width = BEFORE + 1 + AFTER
    looks_like = LOOKS_LIKE[grammar]
    tables = count_tables([contig], grammar, SHAPE)
    for number, signal in enumerate(SIGNALS):
        counts = {True: np.zeros((5, 5, width)), False: np.zeros((5, 5, width))}
        sites = {True: 0, False: 0}
        for text, labels, own, masked in readings(contig):
            for i in range(BEFORE + 1, len(text) - AFTER):
                true = (i, signal) in own
                decoy = looks_like[signal](text, i) and (labels[i] or "").startswith(ENDS[signal])
                if masked[i] or not (true or decoy):
                    continue
                sites[true] += 1
                for column in range(width):
                    pair = text[i - BEFORE + column - 1 : i - BEFORE + column + 1]
                    counts[true][(*map(BASES.index, pair), column)] += 1
        assert sites[True] >= 4
        assert sites[False] > 0
        there, alike = counts[True][:4, :4], counts[False][:4, :4]
        left, right = SPANS[signal]
        expected = np.zeros((4, 4, width))
        for column, before, base in product(range(width), range(4), range(4)):
            offset = column - BEFORE
            if -left <= offset <= right:
                given = None if offset == -left else before
                expected[before, base, column] = math.log(
                    share(there[:, :, column], given, base)
                    / share(alike[:, :, column], given, base)
                )
        np.testing.assert_allclose(tables.weights[number], expected, atol=1e-5)
        prior = math.log((sites[True] + 0.5) / (sites[True] + sites[False] + 1))
        prior = 0 if signal == "stop" else prior
        assert tables.bias[number] == pytest.approx(prior - 2, abs=1e-5)


def test_strands_count_alike(contig: LabelledContig) -> None:
    tables = count_tables([contig], GRAMMAR, SHAPE)
    mirrored = count_tables([contig.reversed()], GRAMMAR, SHAPE)
    for name in ("words", "weights", "bias"):
        np.testing.assert_allclose(getattr(tables, name), getattr(mirrored, name), atol=1e-6)


def test_reversed_twice_is_the_same(contig: LabelledContig) -> None:
    mirrored = contig.reversed()
    assert mirrored.channels.max() < N_CHANNELS
    assert not np.array_equal(mirrored.labels, contig.labels)
    again = mirrored.reversed()
    for field in fields(contig):
        assert np.array_equal(getattr(again, field.name), getattr(contig, field.name))


def test_contigs_add_up(contig: LabelledContig) -> None:
    twice = count_tables([contig, contig], GRAMMAR, SHAPE)
    once = count_tables([contig], GRAMMAR, SHAPE)
    # More counts trust the longest context more, so the log-odds grow.
    assert np.abs(twice.words).sum() > np.abs(once.words).sum()


def test_nothing_counted_says_nothing() -> None:
    empty = LabelledContig(
        codes=encode("ACGTACGT"),
        labels=np.zeros(8, dtype=np.uint8),
        positions=np.zeros(0, dtype=np.int64),
        channels=np.zeros(0, dtype=np.uint8),
        masked=np.ones(8, dtype=bool),
    )
    tables = count_tables([empty], GRAMMAR, SHAPE)
    assert not tables.words.any()
    assert not tables.weights.any()
    half = math.log(0.5)
    assert tables.bias.tolist() == pytest.approx([half - 2, -2, half - 2, half - 2])


def test_bases_of_introns_cost_what_their_lengths_tell(contig: LabelledContig) -> None:
    """Half of geometric introns, and of geometric gaps, are shorter than the median."""
    tables = count_tables([contig], Grammar(), TableShape(2, 4, 3))
    less = penalize_intron_length(tables, median=50.0, gap=1_000.0)
    words = less.words - tables.words
    assert words[:-1, 3] == pytest.approx(-np.log(2) / 50 + np.log(2) / 1_000, abs=1e-6)
    assert not words[-1].any()
    assert not words[:, :3].any()
    assert less.weights is tables.weights
    assert less.bias is tables.bias


@pytest.mark.parametrize("length", [1, 2, 3])
def test_contigs_shorter_than_a_word(length: int) -> None:
    short = LabelledContig(
        codes=encode("ATG"[:length]),
        labels=np.zeros(length, dtype=np.uint8),
        positions=np.zeros(0, dtype=np.int64),
        channels=np.zeros(0, dtype=np.uint8),
        masked=np.zeros(length, dtype=bool),
    )
    assert np.isfinite(count_tables([short], GRAMMAR, TableShape(5, BEFORE, AFTER)).words).all()


def test_expected_counts_of_certain_labels_are_counts(contig: LabelledContig) -> None:
    posterior = np.zeros((len(contig.codes), N_CHANNELS), dtype=np.float32)
    for base, label in enumerate(contig.labels):
        if label:
            posterior[base, label - 1 if label < 7 else label + 3] = 1
    posterior[contig.positions, contig.channels] = 1
    unmasked = replace(contig, masked=np.zeros_like(contig.masked))
    expected = count_expected([(contig.codes, posterior)], GRAMMAR, SHAPE)
    counted = count([unmasked], GRAMMAR, SHAPE)
    np.testing.assert_allclose(expected.words, counted.words)
    np.testing.assert_allclose(expected.sites, counted.sites)
    np.testing.assert_allclose(expected.decoys, counted.decoys)


def test_expected_counts_share_what_is_uncertain() -> None:
    codes = encode("GGATGCC" + "ACGGT" * 6)
    posterior = np.zeros((len(codes), N_CHANNELS), dtype=np.float32)
    posterior[2:, 0] = 0.25
    posterior[2, 6] = 0.25
    counts = count_expected([(codes, posterior)], GRAMMAR, TableShape(0, 1, 3))
    assert counts.words[0].sum() == pytest.approx(2 * len(codes) - 0.25 * 2 * len(codes[2:]))
    assert counts.words[1].sum() == pytest.approx(0.25 * len(codes[2:]))
    assert counts.sites[0].sum() == pytest.approx(0.25 * 5)
    assert counts.decoys[0, :, :, 1].sum() == pytest.approx(0.75)
    # A GC and five GT inside what is a quarter exon; the last GT is too near the end.
    assert counts.decoys[2, :, 2, 1].sum() == pytest.approx(0.25 * 6)
    posterior *= 0.05
    assert not count_expected([(codes, posterior)], GRAMMAR, TableShape(0, 1, 3)).sites.any()
