"""From scores of every base to genes: the gene grammar, its best path and its posteriors."""

from genefinder.grammar.grammar import Grammar, Reason
from genefinder.grammar.graph import Graph, build_graph
from genefinder.grammar.paths import Path, viterbi
from genefinder.grammar.posteriors import forward_backward, segment_posteriors
from genefinder.grammar.stream import decode_contig

__all__ = [
    "Grammar",
    "Graph",
    "Path",
    "Reason",
    "build_graph",
    "decode_contig",
    "forward_backward",
    "segment_posteriors",
    "viterbi",
]
