"""The tables to begin with for a genome of which nothing is known but its sequence."""

from collections.abc import Sequence

from genefinder.data.consensus_sites import universal_tables
from genefinder.data.counts import CountedTables, count_tables, penalize_intron_length
from genefinder.data.open_frames import frame_lengths, label_frames
from genefinder.dna import Codes
from genefinder.grammar import Grammar


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
