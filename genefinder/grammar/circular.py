"""Genes of circular sequences: the circle is decoded as a line that runs on beyond both ends.

What lies at the origin is so seen twice, each time with what surrounds it. The genes of one turn
are those from one gene to its own copy.
"""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from genefinder.dna import Codes
from genefinder.genes import Gene, shift_gene

Item = TypeVar("Item", bound=np.generic)
Block = tuple[Codes, npt.NDArray[np.float32]]

_FLANK = 20_000
"""Bases that the line runs on for, on either side; at most two turns."""


def wind(turn: npt.NDArray[Item]) -> npt.NDArray[Item]:
    """Return a circle as the line to look for genes on.

    Parameters
    ----------
    turn
        What one turn has at every base, shape ``(T,)``, of a base or more.
    """
    flank = _flank(len(turn))
    return turn.take(np.arange(-flank, len(turn) + flank), mode="wrap")


def tap_turn(
    blocks: Iterable[Block], length: int, tap: Callable[[Iterator[Block]], Iterator[Block]]
) -> Iterator[Block]:
    """Pass on the blocks of a line, and let something see those of one turn on their way.

    Parameters
    ----------
    blocks
        Codes and scores of :func:`wind`'s line.
    length
        Bases of the circle.
    tap
        Takes blocks and passes them on.
    """
    source, held = iter(blocks), deque[Block]()

    def part(size: int) -> Iterator[Block]:
        while size:
            codes, scores = held.pop() if held else next(source)
            if len(codes) > size:
                held.append((codes[size:], scores[size:]))
                codes, scores = codes[:size], scores[:size]
            size -= len(codes)
            yield codes, scores

    yield from part(_flank(length))
    yield from tap(part(length))
    yield from part(_flank(length))


def unwind(genes: Iterable[Gene], length: int) -> list[Gene]:
    """Return the genes of one turn.

    Parameters
    ----------
    genes
        Of :func:`wind`'s line, by ascending start.
    length
        Bases of the circle.

    Returns
    -------
    list of Gene
        By ascending start, all of which lie on the circle; genes over the origin end beyond it, as
        in GFF3. None is longer than the circle.
    """
    flank = _flank(length)
    found = [gene for gene in genes if gene.end - gene.start <= length]
    places = {(gene.start, gene.end, gene.strand): number for number, gene in enumerate(found)}
    turns = [
        (number, places[copy])
        for number, gene in enumerate(found)
        if (copy := (gene.start + length, gene.end + length, gene.strand)) in places
    ]
    if turns:
        first, last = min(turns, key=lambda turn: abs(found[turn[0]].start - flank))
        own = found[first:last]
    else:
        own = [gene for gene in found if flank <= gene.start < flank + length]
    moved = [
        shift_gene(gene, gene.contig, (gene.start - flank) % length - gene.start) for gene in own
    ]
    return sorted(moved, key=lambda gene: gene.start)


def _flank(length: int) -> int:
    return min(_FLANK, 2 * length)
