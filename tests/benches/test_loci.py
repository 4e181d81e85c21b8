import pytest

from benches.loci import CAUSES, Loci, cause, chains, shares
from genefinder.genes import Gene, Transcript

CHAIN = ((100, 200), (300, 400), (500, 600))


@pytest.mark.parametrize(
    ("predicted", "expected"),
    [
        (((109, 200), *CHAIN[1:]), ("start only", 9)),
        ((*CHAIN[:2], (500, 594)), ("stop only", -6)),
        (((97, 200), CHAIN[1], (500, 603)), ("start and stop", 0)),
        ((CHAIN[0], (303, 400), CHAIN[2]), ("one splice site moved", 3)),
        ((CHAIN[0], (300, 600)), ("intron missing", 0)),
        (((100, 130), (160, 200), *CHAIN[1:]), ("intron extra", 0)),
        ((CHAIN[0], CHAIN[2]), ("exon missing", 0)),
        ((CHAIN[0], (220, 250), *CHAIN[1:]), ("exon extra", 0)),
        (((97, 200), (300, 600)), ("several differences", 0)),
    ],
)
def test_by_what_a_prediction_differs(gene, predicted, expected) -> None:
    (transcript,) = gene("p", predicted).transcripts
    assert cause(transcript, gene("r", CHAIN)) == expected
    assert expected[0] in CAUSES


def test_moves_are_counted_in_the_direction_of_the_strand(gene) -> None:
    (transcript,) = gene("p", ((100, 200), (300, 400), (500, 606)), strand="-").transcripts
    assert cause(transcript, gene("r", CHAIN, strand="-")) == ("start only", -6)
    (transcript,) = gene("p", ((100, 203), *CHAIN[1:]), strand="-").transcripts
    assert cause(transcript, gene("r", CHAIN, strand="-")) == ("one splice site moved", -3)


def test_the_nearest_isoform_counts(gene) -> None:
    (transcript,) = gene("p", ((109, 200), *CHAIN[1:])).transcripts
    reference = gene("r", ((100, 200), (330, 350), (500, 600)), CHAIN)
    assert cause(transcript, reference) == ("start only", 9)


def test_genes_share_coding_bases_and_not_introns(gene) -> None:
    outer, inner = gene("outer", CHAIN), gene("inner", ((210, 290),))
    touching = gene("touching", ((190, 230),), strand="-")
    assert not shares(outer, inner)
    assert shares(outer, touching)
    loci = Loci([outer, inner, touching])
    first = loci.all[0]
    assert (first.start, first.end) == (100, 600)
    assert [locus.gene.id for locus in loci.sharing(first)] == ["outer"]
    assert [locus.gene.id for locus in loci.sharing(first, same_strand=False)] == ["touching"]
    elsewhere = Loci([gene("other", CHAIN)])
    assert [locus.gene.id for locus in elsewhere.sharing(first)] == ["other"]


def test_the_longest_isoform_stands_for_a_gene(gene) -> None:
    both = gene("g", CHAIN[:1], CHAIN)
    noncoding = Gene("n", "c", "+", (Transcript("n.0", "c", "+", ((1, 9),), ()),))
    (locus,) = Loci([both, noncoding]).all
    assert locus.transcript.cds == CHAIN
    assert chains(both) == {CHAIN, CHAIN[:1]}
