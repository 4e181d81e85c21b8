"""The per-base classes of the gene grammar and the channels that score them.

Labels are what a base *is*: intergenic, or on either strand a coding base at codon position 0, 1
or 2, or an intron of phase 0, 1 or 2 (the number of bases of the interrupted codon that precede
the intron in strand direction).

Score channels are what the network *emits*: for either strand six label scores and four site
scores (signals). Intergenic scores 0 by definition, so it has no channel. A signal is added once,
at the base where its site stands:

========  ==================================================
start     first base of the start codon (A of ATG)
stop      first base of the stop codon (T)
donor     first base of an intron (G of GT)
acceptor  last base of an intron (G of AG)
========  ==================================================

"First" and "last" are in strand direction. Reverse-strand channels are the forward ones of the
reverse complement, mirrored.
"""

CODON = 3
"""Bases of a codon."""

INTERGENIC = 0
LABELS = (
    "intergenic",
    "exon0+",
    "exon1+",
    "exon2+",
    "intron0+",
    "intron1+",
    "intron2+",
    "exon0-",
    "exon1-",
    "exon2-",
    "intron0-",
    "intron1-",
    "intron2-",
)
N_LABELS = len(LABELS)

# Channels of one strand, in order; channel of strand "-" = STRAND_CHANNELS + channel of "+".
EXON, INTRON, START, STOP, DONOR, ACCEPTOR = 0, 3, 6, 7, 8, 9
STRAND_CHANNELS = 10
N_CHANNELS = 2 * STRAND_CHANNELS
CHANNELS = tuple(
    f"{name}{strand}"
    for strand in "+-"
    for name in (
        *("exon0", "exon1", "exon2", "intron0", "intron1", "intron2"),
        *("start", "stop", "donor", "acceptor"),
    )
)

# The channel that scores each label other than intergenic: label l has channel LABEL_CHANNEL[l].
LABEL_CHANNEL = (-1, 0, 1, 2, 3, 4, 5, 10, 11, 12, 13, 14, 15)
