"""From scores of every base to genes: the gene grammar, its best path and its posteriors."""

from genefinder.grammar.forward_backward import forward_backward, segment_posteriors
from genefinder.grammar.grammar import Grammar, Reason
from genefinder.grammar.stream import decode_contig
from genefinder.grammar.viterbi import Path, viterbi

__all__ = [
    "Grammar",
    "Path",
    "Reason",
    "decode_contig",
    "forward_backward",
    "segment_posteriors",
    "viterbi",
]
