from collections.abc import Iterable
from dataclasses import replace

import numpy as np
import pytest

from genefinder.data.repeats import Repeats
from genefinder.data.transposons import BLOCKS
from genefinder.dna import encode, reverse_complement
from genefinder.errors import InputError
from genefinder.genes import Gene, Interval, Transcript
from genefinder.io.contigs import Contig, contig_of
from genefinder.io.fasta import Genome, open_genome
from genefinder.models.model import Model
from genefinder.predictor import FoundGenes, Predictor, flag_transposons
from genefinder.repeats import WEIGHTS, learn_repeats

CODONS = {
    residue: "GCTTGTGATGAATTTGGTCATATTAAACTTATGAATCCTCAACGTTCTACTGTTTGGTAT"[3 * number :][:3]
    for number, residue in enumerate("ACDEFGHIKLMNPQRSTVWY")
}
COPIES = 6


@pytest.fixture(scope="module")
def model(planted) -> Model:
    return Model.load(planted.model)


@pytest.fixture(scope="module")
def contigs(planted) -> list[Contig]:
    """Contigs of eight genes with twenty exons each, too few copies of each to be repeats."""
    (one,) = [contig for contig in open_genome(planted.genome) if contig.name == "one"]
    return [Contig(f"one{copy}", one.codes) for copy in range(COPIES)]


def lower(contigs: Iterable[Contig], spans: Iterable[tuple[int, int]]) -> list[Contig]:
    """Put spans of every contig into lower case."""
    marked = []
    for contig in contigs:
        mask = np.zeros(len(contig), dtype=bool)
        for start, end in spans:
            mask[start:end] = True
        marked.append(replace(contig, soft_masked=mask))
    return marked


def found(model: Model, contigs: list[Contig], **options) -> list[tuple[str, tuple[Interval, ...]]]:
    predictor = Predictor(model, device="cpu", **options)
    return [(gene.contig, gene.exons) for gene in predictor.predict(contigs).genes()]


def learnt(contigs: Genome | list[Contig], model: Model, **options) -> Repeats:
    repeats = learn_repeats(contigs, model, **{"marks": "auto", **options})
    assert repeats is not None
    return repeats


def exons(planted) -> list[tuple[int, int]]:
    return [exon for contig, _, cds in planted.genes if contig == "one" for exon in cds]


def test_lower_case_between_genes_costs_most(planted, model, contigs):
    edges = [0, *(place for exon in exons(planted) for place in exon), len(contigs[0])]
    marked = lower(contigs, zip(edges[::2], edges[1::2], strict=True))
    repeats = learnt(marked, model)
    assert (repeats.source, repeats.weight) == ("lower case", WEIGHTS[-1])
    assert repeats.kept == repeats.reliable == COPIES * len(exons(planted))
    assert found(model, marked, repeats=repeats) == found(model, contigs)


def test_lower_case_in_all_genes_costs_them_nothing(planted, model, contigs):
    marked = lower(contigs, exons(planted))
    repeats = learnt(marked, model, weights=(0.5, 32.0))
    assert repeats.weight == 0.5
    assert found(model, marked, repeats=repeats) == found(model, contigs)


def test_one_exon_in_two_hundred_may_be_lost(planted, model, contigs):
    """The first gene has one exon; that of the first contig alone is in lower case."""
    (start, end), *_ = exons(planted)
    marked = lower(contigs[:1], [(start - 100, end + 100)]) + lower(contigs[1:], [])
    assert learnt(marked, model, weights=(0.5, 32.0)).weight == 0.5
    many = [*marked, *(replace(contig, name=f"{contig.name}b") for contig in lower(contigs, []))]
    repeats = learnt(many, model, weights=(0.5, 32.0))
    assert (repeats.weight, repeats.reliable - repeats.kept) == (32.0, 1)
    gone = set(found(model, many)) - set(found(model, many, repeats=repeats))
    assert gone == {("one0", ((start, end),))}


def test_what_is_learnt_depends_on_no_thread(planted, model, contigs):
    from genefinder.compute import Compute

    marked = lower(contigs, exons(planted))
    found_by = [
        learnt(marked, model, compute=Compute(threads, batch_size, "cpu"))
        for threads, batch_size in ((1, 8), (2, 1))
    ]
    assert len({(repeats.weight, repeats.kept, repeats.reliable) for repeats in found_by}) == 1


def test_few_exons_tell_no_penalty(planted, model, contigs):
    marked = lower(contigs[:2], [(0, 3_000)])
    assert learnt(marked, model).weight == 0


def test_nothing_repeated_costs_nothing(planted, model):
    repeats = learnt(open_genome(planted.genome), model)
    assert (repeats.weight, repeats.source) == (0, "frequent words")


def test_marks_that_are_asked_for(planted, model, contigs):
    marked = lower(contigs, [(0, 3_000)])
    assert learn_repeats(marked, model, marks="none") is None
    assert learnt(marked, model, marks="words").source == "frequent words"
    assert learnt(contigs, model, marks="case").source == "lower case"
    with pytest.raises(InputError, match="repeats 'all': give one of words, case, auto, none"):
        learn_repeats(marked, model, marks="all")  # type: ignore[arg-type]


def test_sequences_in_memory_have_lower_case(model):
    contig = contig_of("one", "ACgtNnA")
    assert contig.soft_masked is not None
    assert contig.soft_masked.tolist() == [False, False, True, True, False, True, False]


@pytest.mark.parametrize("strand", ["+", "-"])
def test_genes_of_transposons_are_flagged(strand):
    protein = "M" + BLOCKS["copia integrase"] + "A" * 20
    coding = encode("".join(CODONS[residue] for residue in protein) + "TAA")
    codes = coding if strand == "+" else reverse_complement(coding)
    cds = ((0, len(codes)),)
    gene = Gene("g", "one", strand, (Transcript("t", "one", strand, cds, cds),))
    (flagged,) = flag_transposons([gene], FoundGenes(Contig("one", codes), (gene,)), 1)
    assert flagged == replace(gene, transposon_like=True)
    other = Contig("one", codes[::-1].copy())
    assert flag_transposons([gene], FoundGenes(other, (gene,)), 1) == [gene]
    half = np.arange(len(codes)) < len(codes) / 2
    repeated = FoundGenes(other, (gene,), repeated=half)
    assert flag_transposons([gene], repeated, 1) == [replace(gene, transposon_like=True)]


def test_transposons_are_dropped(planted, model, contigs):
    """Those whose coding sequence is in lower case, with a penalty that leaves them there."""
    (start, end), *_ = exons(planted)
    marked = lower(contigs, [(start, end)])
    repeats = replace(learnt(marked, model), weight=0.0)
    kept = Predictor(model, device="cpu", repeats=repeats).predict(marked)
    assert [gene.exons[0] for gene in kept.genes() if gene.transposon_like] == (
        [(start, end)] * COPIES
    )
    assert [contig.transposon_like for contig in kept.contigs] == [1] * COPIES
    left = Predictor(model, device="cpu", repeats=repeats, drop_transposons=True).predict(marked)
    assert [gene.exons for gene in left.genes()] == [
        gene.exons for gene in kept.genes() if not gene.transposon_like
    ]
    assert [contig.dropped for contig in left.contigs] == [1] * COPIES
    assert [gene.id for gene in left.genes()][:2] == ["g000001", "g000002"]
