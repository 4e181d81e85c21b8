"""The tables to begin with for a genome of which nothing is known but its sequence.

Long open reading frames give the words of coding sequence, and sites look as in nearly every
eukaryote. Donors follow the consensus AG|GTRAGT and acceptors a pyrimidine tract and YAG|G (Mount
1982, doi:10.1093/nar/10.2.459; Shapiro and Senapathy 1987, doi:10.1093/nar/15.17.7155), starts have
a purine three bases before them (Kozak 1987, doi:10.1093/nar/15.20.8125). The shares below are
those of such tables in round numbers. They are halved towards even shares, because lineages differ:
these are good enough to find the first introns, from which the lineage's own are counted.
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from genefinder.data.counts import CountedTables, count_tables, penalize_intron_length
from genefinder.data.open_frames import frame_lengths, label_frames
from genefinder.dna import Codes
from genefinder.grammar import Grammar

_Shares = dict[int, tuple[float, float, float, float]]

_START: _Shares = {-3: (0.52, 0.10, 0.30, 0.08), 3: (0.24, 0.16, 0.42, 0.18)}
_DONOR: _Shares = {
    -2: (0.60, 0.13, 0.13, 0.14),
    -1: (0.10, 0.04, 0.78, 0.08),
    2: (0.57, 0.03, 0.36, 0.04),
    3: (0.70, 0.08, 0.12, 0.10),
    4: (0.07, 0.06, 0.80, 0.07),
    5: (0.17, 0.16, 0.18, 0.49),
}
_ACCEPTOR: _Shares = {
    **dict.fromkeys(range(-15, -4), (0.14, 0.28, 0.12, 0.46)),
    -2: (0.06, 0.60, 0.01, 0.33),
    1: (0.25, 0.14, 0.48, 0.13),
}
_LOG_PRIORS = (-4.0, -2.0, -6.0, -5.0)
"""Of start, stop, donor, acceptor: about one candidate in ten, one, one in fifty, one in twenty,
each with the same penalty as counted ones."""
_TRUST = 0.5
"""Weight of the shares against even ones."""


def first_tables(
    sequences: Sequence[Codes], grammar: Grammar, order: int, before: int, after: int
) -> CountedTables:
    """Make tables of long open reading frames and of what sites look like in most eukaryotes.

    Parameters
    ----------
    sequences
        The genome or a sample of it.
    grammar
        Has the stop codons.
    order, before, after
        Shape of the tables, as in :func:`genefinder.data.counts.count`.

    Raises
    ------
    InputError
        If there are no more long open reading frames than chance gives.
    """
    lengths = frame_lengths(sequences, grammar)
    counted = count_tables(
        (label_frames(codes, lengths, grammar) for codes in sequences),
        grammar,
        order,
        before,
        after,
    )
    return penalize_intron_length(universal_tables(counted, before))


def universal_tables(coding: CountedTables, before: int) -> CountedTables:
    """Return the tables to begin with where only coding sequence was counted.

    Introns score as background does (as in GeneMark-ES; Lomsadze et al. 2005,
    doi:10.1093/nar/gki937), and sites as in most eukaryotes.

    Parameters
    ----------
    coding
        Tables counted on open reading frames: only the words of coding states are used.
    before
        Bases before a site that its weight matrix spans.
    """
    words = coding.words.copy()
    words[:, 3] = 0.0
    weights = np.zeros_like(coding.weights)
    for signal, shares in ((0, _START), (2, _DONOR), (3, _ACCEPTOR)):
        for offset, share in shares.items():
            if 0 <= before + offset < weights.shape[2]:
                weights[signal, :, before + offset] = _log_odds(share)
    return replace(
        coding, words=words, weights=weights, bias=np.array(_LOG_PRIORS, dtype=np.float32)
    )


def _log_odds(share: tuple[float, float, float, float]) -> npt.NDArray[np.float32]:
    """Return log-odds against even shares, of shares halved towards them."""
    flattened = _TRUST * np.array(share) + (1 - _TRUST) * 0.25
    return np.log(flattened / 0.25).astype(np.float32)
