"""How well predicted genes explain held-out sequence: scores that need no annotation.

Right genes have one codon usage, one kind of splice site and one composition of introns. So tables
that are counted on the predictions for one part of a genome predict the bases of another part,
parsed by the same model, the better the more of both predictions is right: what is missed is not
explained, and what is false blurs the tables and does not follow them. The score is the
log-likelihood of a held-out parse under tables of the others, against that of no gene at all. It
cannot be raised by being sure of oneself, as posteriors can.

But it can be raised by transposons, which are coding sequence and no genes: on A. thaliana tables
alone score higher than a trained network that is far more accurate. Splice sites betray that: what
is told of them by the matrices counted elsewhere falls as soon as introns are made up.
"""

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from genefinder.dataset.counts import SITE_PRICE, count_tables
from genefinder.decoding import Grammar
from genefinder.labels import ACCEPTOR, DONOR, EXON, INTRON, LABEL_CHANNEL, START, STRAND_CHANNELS
from genefinder.training.parses import Parse
from genefinder.training.tablereader import TableReader

_ORDER, _BEFORE, _AFTER = 5, 24, 12
_CERTAINTY = 0.5
_CHANNEL = np.array(LABEL_CHANNEL)
PER = 1000.0


def coherence(learnt: Sequence[Parse], held: Sequence[Parse], grammar: Grammar) -> float:
    """Score the parses of one model.

    Parameters
    ----------
    learnt
        Parses that the tables are counted on.
    held
        Parses of other pieces of the genome, by the same model.
    grammar
        Grammar of the model.

    Returns
    -------
    float
        Nats per 1,000 bases of the held-out pieces; 0 is the score of no gene.
    """
    tables = count_tables([one.labelled(_CERTAINTY) for one in learnt], _ORDER, _BEFORE, _AFTER)
    read = TableReader(tables, grammar, _BEFORE)
    intergenic, exon, intron = _rates(learnt)
    score = 0.0
    for one in held:
        evidence = read(one.piece.codes)
        channel = _CHANNEL[one.labels]
        inside = np.flatnonzero(channel >= 0)
        score += float(evidence[inside, channel[inside]].sum())
        score += float((evidence[one.positions, one.channels] + SITE_PRICE).sum())
        state = channel[inside] % STRAND_CHANNELS
        score -= (exon - intergenic) * int((state < INTRON).sum())
        score -= (intron - intergenic) * int((state >= INTRON).sum())
    return PER * score / max(1, sum(len(one.labels) for one in held))


def splice_signal(
    learnt: Sequence[Parse], held: Sequence[Parse], grammar: Grammar
) -> tuple[float, float]:
    """Tell how much alike splice sites are.

    Returns
    -------
    tuple of float
        Mean log-odds of the donor and the acceptor of an intron on the held-out pieces against
        look-alikes, under weight matrices counted on the others, in nats; and its standard error.
        Both are 0 where there is no intron.
    """
    tables = count_tables([one.labelled(_CERTAINTY) for one in learnt], _ORDER, _BEFORE, _AFTER)
    read = TableReader(replace(tables, bias=np.zeros_like(tables.bias)), grammar, _BEFORE)
    mean = variance = 0.0
    evidence = [read(one.piece.codes)[one.positions, one.channels] for one in held]
    channels = [one.channels % STRAND_CHANNELS for one in held]
    for site in (DONOR, ACCEPTOR):
        scores = np.concatenate(
            [
                values[which == site].astype(np.float64)
                for values, which in zip(evidence, channels, strict=True)
            ]
            or [np.empty(0)]
        )
        if len(scores):
            mean += float(scores.mean())
            variance += float(scores.var(ddof=1)) / len(scores) if len(scores) > 1 else np.inf
    return mean, math.sqrt(variance)


def _rates(parses: Sequence[Parse]) -> tuple[float, float, float]:
    """Return how often intergenic sequence, exons and introns end at a site, a base.

    A path that goes on passes sites by; what that costs is the rate at which they are taken.
    """
    labels = np.concatenate([_CHANNEL[one.labels] for one in parses])
    state = np.where(labels < 0, -1, labels % STRAND_CHANNELS)
    sites = np.concatenate([one.channels for one in parses]) % STRAND_CHANNELS
    among = ((state < EXON), (state >= EXON) & (state < INTRON), (state >= INTRON))
    taken = (START, DONOR, ACCEPTOR)
    intergenic, exon, intron = (
        int((sites == site).sum()) / max(1, int(here.sum()))
        for site, here in zip(taken, among, strict=True)
    )
    return intergenic, exon, intron
