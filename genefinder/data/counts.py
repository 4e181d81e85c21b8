"""Counting: log-odds of words by label and of bases around sites, from labelled contigs.

Words follow interpolated Markov chains (Salzberg et al. 1998): the distribution after a long
context is shrunk towards the one after the context's shorter end. Sites follow weight arrays (Zhang
and Marr 1993, doi:10.1093/bioinformatics/9.5.499): the log-odds of each base around them, given the
base before it, of true sites against decoys in the state that the site would end; with few sites
they are shrunk towards weight matrices (Staden 1984), which ask for no base before. On validation
regions, tables of an annotation alone so had a gene F1 of 65.4 rather than 61.8 (*P. knowlesi*),
71.0 rather than 69.3 (*O. tauri*).
"""

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from genefinder.data.start_motifs import REACH, StartMotifs, fit_motifs
from genefinder.data.words import index_words
from genefinder.dna import Codes, N, reverse_complement
from genefinder.grammar import Grammar
from genefinder.grammar.labels import (
    ACCEPTOR,
    DONOR,
    EXON,
    INTERGENIC,
    INTRON,
    START,
    STOP,
    STRAND_CHANNELS,
)

_SHRINKAGE = 24.0
"""Counts that the shorter context's distribution is worth."""
_PSEUDOCOUNT = 0.5
_PAIR_SHRINKAGE = 50.0
"""Sites that the distribution of a base around them is worth, whatever base comes before."""
_SIGNALS = (START, STOP, DONOR, ACCEPTOR)
_SPANS = ((10, 6), (0, 8), (6, 12), (20, 3))
"""Bases before and after each site (start, stop, donor, acceptor) that are counted; further out,
what words say is not said twice. Tables alone find more genes on the validation regions of
C. elegans and P. knowlesi with 6 and 12 bases about donors than with 3 and 5 (gene F1 33.7 and 66.0
rather than 32.0 and 65.4); no other span wider by a few bases helped both."""
_UNSPLICED_SPANS = ((24, 6), *_SPANS[1:])
"""The same where genes have no introns: ribosomes of bacteria bind well before the start."""
SITE_PENALTY = 2.0
"""Taken from the log prior of every site, for decoys have many more chances than were counted:
a path may also leave its state early. Chosen on the validation regions of A. thaliana and S. pombe,
where it lifts the gene F1 of tables alone from 33 to 42 and from 71 to 76."""
USUAL_INTRON, USUAL_GAP = 100.0, 1_000.0
"""Median lengths of introns and of intergenic sequence where too few were seen to tell."""
_NEGLIGIBLE = 0.02
"""Smaller posteriors are not counted: of most bases that look like a site, all together."""
_BACKGROUND, _CODON, _INTRON = 0, 1, 4


@dataclass(frozen=True, slots=True)
class LabelledContig:
    """Bases with what is known of them.

    Attributes
    ----------
    codes
        ``(T,)``.
    labels
        ``uint8`` of shape ``(T,)``, see :mod:`genefinder.grammar.labels`.
    positions, channels
        Sites: base and score channel of each.
    masked
        ``bool`` of shape ``(T,)``: bases that must not be counted.
    """

    codes: Codes
    labels: npt.NDArray[np.uint8]
    positions: npt.NDArray[np.int64]
    channels: npt.NDArray[np.uint8]
    masked: npt.NDArray[np.bool_]

    def reversed(self) -> "LabelledContig":
        """Return the same contig as the reverse strand reads it."""
        swap = np.array([0, *range(7, 13), *range(1, 7)], dtype=np.uint8)
        return LabelledContig(
            codes=reverse_complement(self.codes),
            labels=swap[self.labels[::-1]],
            positions=len(self.codes) - 1 - self.positions,
            channels=(self.channels + np.uint8(STRAND_CHANNELS)) % np.uint8(2 * STRAND_CHANNELS),
            masked=self.masked[::-1],
        )


class TableShape(NamedTuple):
    """The shape of statistics.

    Attributes
    ----------
    order
        Bases of context of the Markov chains of words.
    before, after
        Bases before and after a site that its weights span.
    """

    order: int
    before: int
    after: int

    @property
    def word(self) -> int:
        """Bases of a word."""
        return self.order + 1

    @property
    def columns(self) -> int:
        """Bases that the weights of a site span, the site included."""
        return self.before + 1 + self.after

    def describe(self) -> str:
        """Say it in words."""
        return f"order {self.order}, {self.before} bases before and {self.after} after a site"


@dataclass(frozen=True, slots=True)
class CountedTables:
    """Log-odds of words by state and of bases around sites.

    Attributes
    ----------
    words
        ``(4 ** (order + 1) + 1, 4)``.
    weights
        Signal, base before, base, offset: ``(4, 4, 4, before + 1 + after)``.
    bias
        ``(4,)``.
    before
        Bases before a site that its weights span.
    motifs
        What stands before start codons at variable distances, beside the bases at fixed ones;
        ``None`` where nothing was found, and where genes have introns.
    """

    words: npt.NDArray[np.float32]
    weights: npt.NDArray[np.float32]
    bias: npt.NDArray[np.float32]
    before: int
    motifs: StartMotifs | None = None


@dataclass(frozen=True, slots=True)
class Counts:
    """What was counted, before it is turned into log-odds.

    Attributes
    ----------
    words
        Words by the state of their last base (background, codon positions, intron), float64 of
        shape ``(5, 4 ** (order + 1))``.
    sites, decoys
        Bases around the sites and their decoys: signal, base before, base, offset, float64 of shape
        ``(4, 4, 4, before + 1 + after)``.
    before
        Bases before a site.
    spliced
        Whether genes have introns.
    upstream
        Where they have none, the bases before each start, ``uint8`` of shape ``(starts, 40)``.
    upstream_weights
        How sure each of these is, float64 of shape ``(starts,)``.
    """

    words: npt.NDArray[np.float64]
    sites: npt.NDArray[np.float64]
    decoys: npt.NDArray[np.float64]
    before: int
    spliced: bool = True
    upstream: Codes = field(default_factory=lambda: np.empty((0, REACH), dtype=np.uint8))
    upstream_weights: npt.NDArray[np.float64] = field(default_factory=lambda: np.empty(0))

    def without(self, part: "Counts") -> "Counts":
        """Return the counts less those of a part of the same contigs."""
        return Counts(
            self.words - part.words,
            self.sites - part.sites,
            self.decoys - part.decoys,
            self.before,
            self.spliced,
            # The same starts once more, which take themselves away.
            np.concatenate([self.upstream, part.upstream]),
            np.concatenate([self.upstream_weights, -part.upstream_weights]),
        )

    def tables(self) -> CountedTables:
        """Return the log-odds."""
        true, decoys = self.sites, self.decoys
        on_site = true[..., self.before].sum((1, 2)), decoys[..., self.before].sum((1, 2))
        fit = None if self.spliced else fit_motifs(self.upstream, self.upstream_weights)
        if fit is not None:
            # What belongs to motifs is not said twice.
            true = true.copy()
            reach = min(self.before, REACH)
            outside = fit.outside[:, REACH - reach :] / N
            true[0, :, :, self.before - reach : self.before] = outside
        return CountedTables(
            words=_word_log_odds(self.words),
            weights=_weight_log_odds(true, decoys, self.before, self.spliced),
            bias=_site_log_priors(*on_site),
            before=self.before,
            motifs=None if fit is None else fit.motifs,
        )


def count_tables(
    contigs: Iterable[LabelledContig], grammar: Grammar, shape: TableShape
) -> CountedTables:
    """Count word and site tables over both strands; see :func:`count`."""
    return count(contigs, grammar, shape).tables()


def count(contigs: Iterable[LabelledContig], grammar: Grammar, shape: TableShape) -> Counts:
    """Count words and sites over both strands.

    Parameters
    ----------
    contigs
        Labelled contigs.
    grammar
        Has the words that look like sites.
    shape
        Of the statistics.
    """
    words = np.zeros((5, 4**shape.word))
    true_sites = np.zeros((4, N, N, shape.columns))
    decoys = np.zeros_like(true_sites)
    upstream = _Upstream(grammar)
    for contig in contigs:
        for reading in (contig, contig.reversed()):
            words += _count_words(reading, shape.word)
            for signal, (here, others) in enumerate(_sites(reading, grammar)):
                true_sites[signal] += _count_around(reading.codes, here, shape)
                decoys[signal] += _count_around(reading.codes, others, shape)
                if signal == 0:
                    upstream.add(reading.codes, here, np.ones(len(here)))
    return Counts(words, true_sites, decoys, shape.before, grammar.spliced, *upstream.found())


def count_expected(
    contigs: Iterable[tuple[Codes, npt.NDArray[np.float32]]],
    grammar: Grammar,
    shape: TableShape,
) -> Counts:
    """Count what is expected of words and sites, by the posteriors of their states.

    This is the counting step of Baum and Welch (1970). Unlike counts of the best path it leaves in
    what is uncertain by as much as it is likely: rounds of counting the best path lose the introns
    that they are unsure of, more of them in every round.

    Parameters
    ----------
    contigs
        Bases ``(T,)`` and posteriors of all channels ``(T, 20)``.
    grammar
        Has the words that look like sites.
    shape
        Of the statistics.
    """
    words = np.zeros((5, 4**shape.word))
    true_sites = np.zeros((4, N, N, shape.columns))
    decoys = np.zeros_like(true_sites)
    upstream = _Upstream(grammar)
    for codes, posterior in contigs:
        strands = posterior[:, :STRAND_CHANNELS], posterior[:, STRAND_CHANNELS:]
        intergenic = 1.0 - _summed(strands[0][:, :START]) - _summed(strands[1][:, :START])
        for reading, own, outside in (
            (codes, strands[0], intergenic),
            (reverse_complement(codes), strands[1][::-1], intergenic[::-1]),
        ):
            index, known = index_words(reading, shape.word)
            exon, intron = _summed(own[:, EXON:INTRON]), _summed(own[:, INTRON:START])
            for row, weights in enumerate((outside, own[:, 0], own[:, 1], own[:, 2], intron)):
                likely = known & (weights > _NEGLIGIBLE)
                words[row] += np.bincount(index[likely], weights[likely], minlength=len(words[0]))
            # The last base of an exon or an intron that a site ends is still labelled so.
            ended = (outside, exon, exon, intron)
            inside = (False, True, False, True)
            for number, (signal, state, within, alike) in enumerate(
                zip(_SIGNALS, ended, inside, grammar.candidate_sites(reading), strict=True)
            ):
                positions = np.flatnonzero(alike)
                site = own[positions, signal].astype(np.float64)
                decoy = state[positions] - site if within else state[positions].astype(np.float64)
                for counts, share in ((true_sites, site), (decoys, decoy)):
                    likely = share > _NEGLIGIBLE
                    counts[number] += _count_around(
                        reading, positions[likely], shape, share[likely]
                    )
                if number == 0:
                    likely = site > _NEGLIGIBLE
                    upstream.add(reading, positions[likely], site[likely])
    return Counts(words, true_sites, decoys, shape.before, grammar.spliced, *upstream.found())


def _summed(columns: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Add up a few columns; NumPy takes ten times as long to add up short rows."""
    total = columns[:, 0].copy()
    for column in columns.T[1:]:
        total += column
    return total


class _Upstream:
    """Collects what stands before starts of genes without introns."""

    def __init__(self, grammar: Grammar) -> None:
        self._wanted = not grammar.spliced
        self._windows = [np.empty((0, REACH), dtype=np.uint8)]
        self._weights = [np.empty(0)]

    def add(
        self, codes: Codes, places: npt.NDArray[np.int64], weights: npt.NDArray[np.float64]
    ) -> None:
        """Take in starts of a strand that have all of their bases on it, and how sure they are."""
        if not self._wanted:
            return
        whole = places >= REACH
        self._windows.append(codes[places[whole][:, None] + np.arange(-REACH, 0)])
        self._weights.append(weights[whole])

    def found(self) -> tuple[Codes, npt.NDArray[np.float64]]:
        """Return the bases, shape ``(starts, 40)``, and the weights."""
        return np.concatenate(self._windows), np.concatenate(self._weights)


def penalize_intron_length(
    tables: CountedTables, median: float = USUAL_INTRON, gap: float = USUAL_GAP
) -> CountedTables:
    """Make each base of an intron cost what geometric lengths make of it.

    Parameters
    ----------
    tables
        As counted; unknown words stay without a score.
    median, gap
        Median lengths of introns and of what lies between genes.
    """
    words = tables.words.copy()
    words[:-1, 3] -= math.log(2) * (1 / max(median, 1.0) - 1 / max(gap, 1.0))
    return replace(tables, words=words)


def _count_words(reading: LabelledContig, length: int) -> npt.NDArray[np.float64]:
    """Count words by the state of their last base: background, codon positions, intron."""
    index, known = index_words(reading.codes, length)
    # Own-strand states only: a gene on the other strand is neither coding nor background.
    state_of_label = np.array([_BACKGROUND, 1, 2, 3, *[_INTRON] * 3, *[-1] * 6])
    state = state_of_label[reading.labels]
    known &= (state >= 0) & ~reading.masked
    flat = state[known] * 4**length + index[known]
    return np.bincount(flat, minlength=5 * 4**length).reshape(5, -1).astype(np.float64)


def _word_log_odds(counts: npt.NDArray[np.float64]) -> npt.NDArray[np.float32]:
    """Turn counts ``(5, 4 ** (order + 1))`` into log-odds against background."""
    order = round(math.log(counts.shape[1], 4)) - 1
    levels = [counts.reshape(5, *[4] * (order + 1))]
    for _ in range(order):
        levels.append(levels[-1].sum(1))
    chance: npt.NDArray[np.float64] = np.full((4,), 0.25)
    for level in reversed(levels):
        total = level.sum(-1, keepdims=True)
        # The shorter context's distribution serves every base that may come before it.
        chance = (level + _SHRINKAGE * np.expand_dims(chance, min(1, chance.ndim - 1))) / (
            total + _SHRINKAGE
        )
    log_odds = np.log(chance[_CODON:] / chance[_BACKGROUND]).reshape(4, -1)
    return np.concatenate([log_odds.T, np.zeros((1, 4))]).astype(np.float32)


def _sites(
    reading: LabelledContig, grammar: Grammar
) -> Iterator[tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]]:
    """Yield the own-strand positions of each signal and of its decoys.

    A decoy looks like the site and stands in the state that the site would end.
    """
    labels = reading.labels
    intergenic = labels == INTERGENIC
    exon = (labels > EXON) & (labels <= INTRON)
    intron = (labels > INTRON) & (labels <= START)
    ended = (intergenic, exon, exon, intron)
    candidates = grammar.candidate_sites(reading.codes)
    for signal, state, allowed in zip(_SIGNALS, ended, candidates, strict=True):
        here = reading.positions[reading.channels == signal]
        here = here[~reading.masked[here]]
        decoys = allowed & state & ~reading.masked
        decoys[here] = False
        yield here, np.flatnonzero(decoys)


def _count_around(
    codes: Codes,
    positions: npt.NDArray[np.int64],
    shape: TableShape,
    weights: npt.NDArray[np.float64] | None = None,
) -> npt.NDArray[np.float64]:
    """Count bases, and those before them, by offset: ``(4, 4, shape.columns)``."""
    inside = (positions > shape.before) & (positions < len(codes) - shape.after)
    positions = positions[inside]
    weights = None if weights is None else weights[inside]
    counts = np.zeros((N, N, shape.columns))
    previous = codes[positions - shape.before - 1].astype(np.int64)
    for column in range(shape.columns):
        bases = codes[positions + column - shape.before].astype(np.int64)
        pairs = np.bincount(previous * (N + 1) + bases, weights, minlength=(N + 1) ** 2)
        counts[:, :, column] = pairs.reshape(N + 1, N + 1)[:N, :N]
        previous = bases
    return counts


def _weight_log_odds(
    true_sites: npt.NDArray[np.float64],
    decoys: npt.NDArray[np.float64],
    before: int,
    spliced: bool,
) -> npt.NDArray[np.float32]:
    """Log-odds of bases by offset, ``(4, 4, 4, offsets)``; zero outside the spans of the sites.

    The base before matters where genes have introns.
    """
    pairs, alone = (
        np.log(present) - np.log(absent)
        for present, absent in zip(_base_shares(true_sites), _base_shares(decoys), strict=True)
    )
    offsets = np.arange(pairs.shape[3]) - before
    for signal, (left, right) in enumerate(_SPANS if spliced else _UNSPLICED_SPANS):
        # What comes before the span says nothing.
        first = offsets == -left if spliced else offsets >= -left
        pairs[signal][..., first] = alone[signal][..., first]
        pairs[signal][..., (offsets < -left) | (offsets > right)] = 0.0
    return pairs.astype(np.float32)


def _base_shares(
    counts: npt.NDArray[np.float64],
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Return the shares of bases, given those before them and whatever these are.

    Parameters
    ----------
    counts
        Signal, base before, base, offset.

    Returns
    -------
    tuple of ndarray
        Both of the shape of the counts.
    """
    alone = counts.sum(1, keepdims=True) + _PSEUDOCOUNT
    alone /= alone.sum(2, keepdims=True)
    pairs = counts + _PAIR_SHRINKAGE * alone
    return pairs / pairs.sum(2, keepdims=True), np.broadcast_to(alone, counts.shape)


def _site_log_priors(
    true_sites: npt.NDArray[np.float64], decoys: npt.NDArray[np.float64]
) -> npt.NDArray[np.float32]:
    """Log chance that a candidate is true (stop codons: 0), less the site penalty."""
    candidates = true_sites + decoys + 2 * _PSEUDOCOUNT
    prior: npt.NDArray[np.float64] = np.log((true_sites + _PSEUDOCOUNT) / candidates)
    prior[_SIGNALS.index(STOP)] = 0.0
    return (prior - SITE_PENALTY).astype(np.float32)
