"""Two genes that share bases, as in bacteria, and what labels these bases have.

Every base has one label, so the path goes over from one gene to the other somewhere in the bases
that they share: on one strand at the end of the gene that begins first in strand direction, else in
the middle. Both genes have their signals where their start and stop codons stand.
"""

from genefinder.grammar.compiled import ENDS, SAME_STRAND, STARTS
from genefinder.grammar.jit import compiled


@compiled
def kind_of_overlap(left: int, right: int) -> int:
    """Return the kind of an overlap by the strands (0 forward) of its left and right gene."""
    if left == right:
        return SAME_STRAND
    return STARTS if left else ENDS


@compiled
def switch_of_labels(left: int, right: int, begin: int, end: int) -> int:
    """Return the first base that has the right gene's label.

    Parameters
    ----------
    left, right
        Strands of the left and the right gene, 0 forward.
    begin, end
        Bases that they share: where the right gene begins and the left one ends.
    """
    if left != right:
        return (begin + end) // 2
    return begin if left else end
