"""What stands before the starts of a genome without introns, by name."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from genefinder.data.start_motifs import NEAREST, StartMotifs
from genefinder.io.tsv import write_tsv

SHINE_DALGARNO = "Shine-Dalgarno"
_PAIRS_WITH_RIBOSOMES = "AAGGAGGTGATC"
"""What the 3' end of 16S rRNA, GATCACCTCCTT, pairs with."""
_LEAST_PAIRS = 4
"""Neighbouring bases of a motif that pair with it."""
_WIDEST = 15
"""Bases between such a motif and its start, at most."""
_USED = 0.05
"""Share of a motif's starts at which a distance is one of its own."""


@dataclass(frozen=True, slots=True)
class StartMotif:
    """A motif before starts.

    Attributes
    ----------
    word
        Its most probable bases.
    name
        ``Shine-Dalgarno`` where it pairs with ribosomes; empty otherwise.
    share
        Of the starts that have it.
    spacer
        Most usual number of bases between it and the start codon.
    nearest, farthest
        Between which that number lies at most of these starts.
    """

    word: str
    name: str
    share: float
    spacer: int
    nearest: int
    farthest: int


def describe_start_motifs(motifs: StartMotifs) -> Iterator[StartMotif]:
    """Yield the motifs, the one of most starts first."""
    for number in sorted(range(len(motifs)), key=lambda motif: -motifs.share(motif)):
        word, spacer = motifs.word(number), motifs.spacer(number)
        usual = (motifs.spacers[number] >= _USED * motifs.share(number)).nonzero()[0] + NEAREST
        name = SHINE_DALGARNO if spacer <= _WIDEST and _pairs(word) else ""
        nearest, farthest = int(usual.min()), int(usual.max())
        yield StartMotif(word, name, motifs.share(number), spacer, nearest, farthest)


def _pairs(word: str) -> bool:
    """Tell whether enough neighbouring bases of a word pair with the end of 16S rRNA."""
    parts = (word[i : i + _LEAST_PAIRS] for i in range(len(word) - _LEAST_PAIRS + 1))
    return any(part in _PAIRS_WITH_RIBOSOMES for part in parts)


def write_start_motifs(path: Path, motifs: list[StartMotif]) -> None:
    """Write a table of motifs before starts.

    Raises
    ------
    InputError
        The file cannot be written.
    """
    write_tsv(
        path,
        ("motif", "name", "share", "spacer", "nearest", "farthest"),
        (
            (
                *(motif.word, motif.name or None, motif.share),
                *(motif.spacer, motif.nearest, motif.farthest),
            )
            for motif in motifs
        ),
    )
