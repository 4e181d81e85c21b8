import numpy as np
import pytest

from genefinder.data.description_length import (
    CODONS,
    codon_usage_divergence,
    description_of,
    divergence,
)
from genefinder.dna import encode, reverse_complement
from genefinder.genes import Gene, Transcript
from genefinder.io.annotation import read_annotation
from genefinder.io.fasta import open_genome


def gene(cds, strand="+"):
    return Gene("g", "c", strand, (Transcript("t", "c", strand, cds, cds),))


def species(seed=1, genes=30, kinds=(("GAA", "CTG", "AAC"),)):
    """Genes of few codons in random sequence: bases and the genes."""
    random = np.random.default_rng(seed)
    parts, found, length = [], [], 0
    for number in range(genes):
        codons = list(kinds[number % len(kinds)])
        parts.append("".join(random.choice(list("ACGT"), 400)))
        length += 400
        parts.append("ATG" + "".join(random.choice(codons, 60)) + "TAA")
        found.append(gene(((length, length + 186),)))
        length += 186
    return encode("".join(parts) + "ACGT"), found


def mirrored(codes, genes):
    size = len(codes)
    flipped = [gene(((size - e, size - s),), "-") for g in genes for s, e in g.transcripts[0].cds]
    return reverse_complement(codes), flipped[::-1]


def test_real_genes_shorten_the_description(example):
    genome = example / "genome.fa.gz"
    annotation = read_annotation(example / "genes.gff3.gz")
    saved = description_of(
        [
            (c.codes, [g for g in annotation.genes if g.contig == c.name])
            for c in open_genome(genome)
        ]
    )
    assert saved.saved_per_kb > 3
    assert saved.bases > 250_000


def test_right_genes_save_most():
    codes, genes = species()
    right = description_of([(codes, genes)]).saved
    moved = [gene(tuple((s + 1, e + 1) for s, e in g.transcripts[0].cds)) for g in genes]
    shifted = description_of([(codes, moved)]).saved
    some = description_of([(codes, genes[::3])]).saved
    wrong = [gene(((s - 200, s - 14),)) for g in genes for s, _ in g.transcripts[0].cds]
    assert right > some > 0
    assert right > shifted
    assert description_of([(codes, wrong)]).saved < 0


def test_no_genes_save_nothing():
    codes, _ = species(genes=3)
    found = description_of([(codes, [])])
    assert (found.saved, found.saved_per_kb, found.codons.sum()) == (0.0, 0.0, 0)
    assert description_of([]).saved_per_kb == 0.0


def test_strands_are_alike():
    codes, genes = species()
    forward = description_of([(codes, genes)])
    reverse = description_of([mirrored(codes, genes)])
    np.testing.assert_array_equal(reverse.codons, forward.codons)
    # The halves and the first gap differ, as the order of the genes does.
    assert reverse.saved == pytest.approx(forward.saved, rel=0.02)


def test_kinds_of_genes_in_turn_are_in_both_halves():
    kinds = (("GAA", "CTG", "AAC"), ("TTT", "GGG", "CAT"))
    turn = description_of([species(kinds=kinds)]).saved
    pairs = description_of([species(kinds=(kinds[0], kinds[0], kinds[1], kinds[1]))]).saved
    assert turn == pytest.approx(pairs, rel=0.1)
    # Short sequences are whole in a half, in turn.
    codes, genes = species(genes=8)
    assert description_of([(codes, genes)] * 2).saved > 3 * description_of([(codes, genes)]).saved


def test_codons_are_counted_in_frame():
    codes = encode("TTATGGAANNNTAACCCC")
    (first,) = gene(((2, 14),)).transcripts
    counted = description_of([(codes, [Gene("g", "c", "+", (first,))])]).codons
    names = [
        "ACGT".index(a) * 16 + "ACGT".index(b) * 4 + "ACGT".index(c)
        for a, b, c in ("ATG", "GAA", "TAA")
    ]
    assert [counted[n] for n in names] == [1, 1, 1]
    assert counted.sum() == 3


def test_introns_that_decoys_save_more():
    random = np.random.default_rng(2)
    codes, genes = "", []
    for _ in range(40):
        codes += "".join(random.choice(list("ACGT"), 300))
        left = len(codes)
        codes += "ATG" + "GAACTG" * 20
        donor = len(codes)
        codes += "GTAAGT" + "T" * 40 + "TTTTTTTTTTTACAG"
        acceptor = len(codes)
        codes += "GAACTG" * 20 + "TAA"
        genes.append(gene(((left, donor), (acceptor, len(codes)))))
    with_introns = description_of([(encode(codes), genes)]).saved
    merged = [gene(((g.start, g.end),)) for g in genes]
    without = description_of([(encode(codes), merged)]).saved
    assert with_introns > without


def spliced(donor, acceptor, length):
    """Genes in random sequence, each with an intron: a function of its number for each part."""
    random = np.random.default_rng(2)
    codes, genes = "", []
    for number in range(60):
        codes += "".join(random.choice(list("ACGT"), 300))
        left = len(codes)
        codes += "ATG" + "".join(random.choice(["GAA", "CTG"], 40))
        start = len(codes)
        codes += donor(number) + "T" * length(number) + acceptor(number)
        end = len(codes)
        codes += "".join(random.choice(["GAA", "CTG"], 40)) + "TAA"
        genes.append(gene(((left, start), (end, len(codes)))))
    return description_of([(encode(codes), genes)]).saved


def varied(*texts):
    return lambda number: texts[number % len(texts)]


def test_introns_that_are_alike_save_more():
    donors = ("GTAAGT", "GTCCGA", "GTGTCC", "GTTGAG")
    acceptors = ("TTTTTTTACAG", "GCATCGAGTAG", "ACGGATCACAG", "CGACTGGCTAG")
    alike = spliced(varied(donors[0]), varied(acceptors[0]), varied(60))
    assert alike > spliced(varied(*donors), varied(acceptors[0]), varied(60)) + 100
    assert alike > spliced(varied(donors[0]), varied(*acceptors), varied(60)) + 100
    # As many bases in all.
    lengths = varied(10, 20, 35, 50, 70, 100, 135)
    assert alike > spliced(varied(donors[0]), varied(acceptors[0]), lengths) + 100


def test_divergence_of_codon_usage():
    random = np.random.default_rng(1)
    usage = random.dirichlet(np.ones(CODONS))
    first, second = random.multinomial(20_000, usage), random.multinomial(20_000, usage)
    assert divergence(first, second) < 0.001
    strange = random.multinomial(20_000, random.dirichlet(np.ones(CODONS)))
    assert divergence(first, strange) > 0.1
    assert divergence(first, strange) == pytest.approx(divergence(strange, first))
    assert divergence(first, np.zeros(CODONS, dtype=np.int64)) == 1.0


def test_divergence_is_what_another_usage_costs():
    codons, home = np.zeros((2, CODONS), dtype=np.int64)
    codons[:2] = 50_000, 50_000
    home[:4] = 50_000
    assert codon_usage_divergence(codons, home) == pytest.approx(100_000, rel=0.01)
    assert codon_usage_divergence(codons, codons) == 0.0
