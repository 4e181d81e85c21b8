"""Figures of a genome's genes: how many there are, and how large."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Self

import numpy as np

from genefinder.data.counts import LabelledContig
from genefinder.dna import C, G, N
from genefinder.grammar.labels import DONOR, INTERGENIC, INTRON, START, STRAND_CHANNELS


@dataclass(frozen=True, slots=True)
class Structure:
    """Figures of a genome's genes, for people and for comparisons; 0 where they are not known.

    Attributes
    ----------
    bases
        Bases that were counted.
    gc
        Share of G and C.
    genes_per_mb
        Genes per million bases.
    coding
        Share of the bases that is coding.
    introns_per_gene
        Mean number of introns in the coding sequence of a gene.
    intron
        Mean length of an intron, in bases.
    """

    bases: int = 0
    gc: float = 0.0
    genes_per_mb: float = 0.0
    coding: float = 0.0
    introns_per_gene: float = 0.0
    intron: float = 0.0

    @classmethod
    def of(cls, contigs: Iterable[LabelledContig]) -> Self:
        """Return the figures of what was counted on contigs; masked bases do not count.

        Introns and genes are told by their donors and start codons.
        """
        bases = known = strong = coding = intronic = genes = introns = 0
        for contig in contigs:
            kept = ~contig.masked
            codes, labels = contig.codes[kept], contig.labels[kept]
            bases += len(codes)
            known += int(np.count_nonzero(codes != N))
            strong += int(np.count_nonzero((codes == C) | (codes == G)))
            inside = labels[labels != INTERGENIC]
            # Labels of one strand are numbered as their channels are, from 1.
            exonic = int(np.count_nonzero((inside - 1) % START < INTRON))
            coding += exonic
            intronic += len(inside) - exonic
            sites = contig.channels[kept[contig.positions]] % STRAND_CHANNELS
            genes += int(np.count_nonzero(sites == START))
            introns += int(np.count_nonzero(sites == DONOR))
        return cls(
            bases=bases,
            gc=strong / max(1, known),
            genes_per_mb=1e6 * genes / max(1, bases),
            coding=coding / max(1, bases),
            introns_per_gene=introns / max(1, genes),
            intron=intronic / max(1, introns),
        )
