"""How well predicted genes explain held-out sequence: a score that needs no annotation.

Right genes have one codon usage, one kind of splice site and one composition of introns. So tables
that are counted on the predictions for one part of a genome predict the bases of another part,
parsed by the same model, the better the more of both predictions is right: what is missed is not
explained, and what is false blurs the tables and does not follow them. The score is the
log-likelihood of a held-out parse under tables of the others, against that of no gene at all. It
cannot be raised by being sure of oneself, as posteriors can.
"""

from collections.abc import Sequence

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
