from dataclasses import replace

from genefinder.data.transcripts import choose_transcript
from genefinder.grammar import Grammar, Reason

GRAMMAR = Grammar(min_intron=20, min_exon=6)


def test_the_longest_spellable_transcript_is_chosen(toy, gene_of):
    long = toy.plant("c", [(30, 60), (100, 130)])
    twin = replace(long, id="b")
    short = replace(long, id="a", cds=((30, 60), (106, 130)))
    toy.write(104, "AG")
    broken = replace(long, id="d", cds=((30, 60), (99, 130)))
    noncoding = replace(long, id="e", cds=())
    partial = replace(long, id="0", partial_low=True)
    gene = gene_of(broken, short, long, twin, partial, noncoding)
    choice = choose_transcript(gene, toy.codes, GRAMMAR)
    assert choice.transcript == twin
    assert choice.rejected == {
        "0": Reason.PARTIAL,
        "a": Reason.OTHER_ISOFORM,
        "c": Reason.OTHER_ISOFORM,
        "d": Reason.FRAME,
        "e": Reason.NO_CDS,
    }
    assert not choice.unusable


def test_genes_without_a_choice(toy, gene_of):
    long = toy.plant("t", [(30, 60), (100, 130)])
    noncoding = replace(long, cds=())
    broken = choose_transcript(gene_of(replace(long, phase=2)), toy.codes, GRAMMAR)
    silent = choose_transcript(gene_of(noncoding), toy.codes, GRAMMAR)
    assert broken.transcript is None
    assert broken.unusable
    assert silent.transcript is None
    assert not silent.unusable
