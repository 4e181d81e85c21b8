"""From evidence a base to genes: the gene grammar, its best path and its posteriors."""

from genefinder.decoding.forward_backward import forward_backward, segment_posteriors
from genefinder.decoding.grammar import Grammar
from genefinder.decoding.stream import decode_contig
from genefinder.decoding.viterbi import Path, viterbi

__all__ = [
    "Grammar",
    "Path",
    "decode_contig",
    "forward_backward",
    "segment_posteriors",
    "viterbi",
]
