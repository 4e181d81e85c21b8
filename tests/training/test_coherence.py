from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from genefinder.dataset.labels import label_contig
from genefinder.dataset.spelling import SpellingRules, unspellable
from genefinder.decoding import Grammar
from genefinder.dna import Codes
from genefinder.genes import Gene
from genefinder.io.fasta import open_genome
from genefinder.training.coherence import coherence, splice_signal
from genefinder.training.parses import Parse
from genefinder.training.pieces import Piece
from genefinder.training.validation import shift_gene

RULES = SpellingRules(min_intron=30, min_exon=9)
GRAMMAR = Grammar(min_intron=30, min_exon=9)
Choose = Callable[[list[Gene]], list[Gene]]


@pytest.fixture(scope="session")
def contigs(bare) -> dict[str, Codes]:
    return {contig.name: contig.codes for contig in open_genome(bare.genome)}


@pytest.fixture(scope="session")
def scored(bare, contigs):
    def score(choose: Choose, by: Callable[..., Any] = coherence) -> Any:
        parses = []
        for name, codes in contigs.items():
            genes = choose([gene for gene in bare.genes if gene.contig == name])
            targets = label_contig(codes, genes, RULES)
            parses.append(
                Parse(
                    Piece(name, 0, codes),
                    targets.labels,
                    targets.signal_positions,
                    targets.signal_channels,
                    np.ones(len(codes), dtype=np.float32),
                    tuple(genes),
                )
            )
        return by(parses[:1], parses[1:], GRAMMAR)

    return score


def test_no_genes_explain_nothing(scored) -> None:
    assert scored(lambda genes: []) == 0.0


def test_all_genes_explain_more_than_some(scored) -> None:
    everything = scored(lambda genes: genes)
    half = scored(lambda genes: genes[::2])
    assert everything > 1.5 * half > 0


def test_introns_taken_for_exons_cost(scored) -> None:
    def without_introns(genes: list[Gene]) -> list[Gene]:
        return [gene for gene in genes if len(gene.transcripts[0].cds) == 1]

    assert scored(lambda genes: genes) > scored(without_introns)


def test_genes_in_the_wrong_place_explain_little(scored) -> None:
    def spelled_elsewhere(genes: list[Gene]) -> list[Gene]:
        """Shift genes where the sequence does not follow; they are then masked, not labelled."""
        return [shift_gene(gene, gene.contig, 300) for gene in genes[:-1]]

    assert scored(spelled_elsewhere) < 0.1 * scored(lambda genes: genes)


def test_doubtful_bases_are_not_counted(bare) -> None:
    contig = next(iter(open_genome(bare.genome)))
    genes = [gene for gene in bare.genes if gene.contig == contig.name]
    targets = label_contig(contig.codes, genes, RULES)
    sure = Parse(
        Piece(contig.name, 0, contig.codes),
        targets.labels,
        targets.signal_positions,
        targets.signal_channels,
        np.ones(len(contig), dtype=np.float32),
        tuple(genes),
    )
    unsure = replace(sure, certainty=np.zeros(len(contig), dtype=np.float32))
    assert coherence([sure], [sure], GRAMMAR) > 2 * coherence([unsure], [sure], GRAMMAR)


def test_made_up_introns_blur_the_splice_signal(scored, contigs) -> None:
    def made_up(genes: list[Gene]) -> list[Gene]:
        """Begin introns at other places of the same gene, as far as the grammar can spell them."""
        moved = []
        for gene in genes:
            (one,) = gene.transcripts
            if len(one.cds) == 2:
                (start, first), (second, end) = one.cds
                for offset in range(3, 200, 3):
                    cds = ((start, first - offset), (second, end))
                    other = replace(one, cds=cds, exons=cds)
                    if unspellable(other, contigs[gene.contig], RULES) is None:
                        one = other
                        break
            moved.append(replace(gene, transcripts=(one,), start=-1, end=-1))
        return moved

    true, error = scored(lambda genes: genes, splice_signal)
    false, _ = scored(made_up, splice_signal)
    assert true > false + 2 * error
    assert error > 0
    assert scored(lambda genes: [], splice_signal) == (0.0, 0.0)
