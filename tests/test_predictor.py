from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise

import numpy as np
import pytest
import torch

from genefinder.dna import N, decode
from genefinder.errors import DeviceError, InputError
from genefinder.io.fasta import Contig, open_genome
from genefinder.models.calibration import Calibration
from genefinder.models.model import Model
from genefinder.network.scorer import WindowScorer
from genefinder.prediction import Prediction
from genefinder.predictor import Predictor, find_genes

CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def model(planted) -> Model:
    return Model.load(planted.model)


def bases(length: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 4, length).astype(np.uint8)


def structures(prediction: Prediction) -> list[tuple[str, str, tuple[tuple[int, int], ...]]]:
    return [(gene.contig, gene.strand, gene.exons) for gene in prediction.genes()]


@pytest.mark.parametrize(("threads", "batch_size"), [(1, 1), (1, 8), (2, 1), (3, 2)])
def test_finds_what_was_planted(planted, model, device, threads, batch_size):
    predictor = Predictor(model, threads=threads, batch_size=batch_size, device=device)
    prediction = predictor.predict(open_genome(planted.genome))
    assert structures(prediction) == list(planted.genes)
    assert [contig.name for contig in prediction] == ["one", "two", "none"]
    assert all(gene.posterior > 0.99 for gene in prediction.genes())


def test_the_model_stays_where_it_is(planted, model, device):
    Predictor(model, device=device).find_genes("ACGT" * 100)
    assert {parameter.device for parameter in model.network.parameters()} == {CPU}


def test_open_ends_of_planted_genes(planted, model):
    (contig,) = [contig for contig in open_genome(planted.genome) if contig.name == "two"]
    head, tail = Predictor(model, device="cpu").predict([contig]).genes()
    assert (head.partial_low, head.partial_high) == (True, False)
    assert (tail.partial_low, tail.partial_high) == (False, True)
    assert [gene.record.transcripts[0].phase for gene in (head, tail)] == [1, 1]
    # From the first complete codon on.
    assert len(head.cds()) == head.end - head.start - 1
    assert head.cds().endswith("TAA")
    assert len(tail.cds()) == tail.end - tail.start - 1


def test_why_contigs_are_skipped(model):
    contigs = [
        Contig("empty", np.empty(0, dtype=np.uint8)),
        Contig("short", bases(49)),
        Contig("unknown", np.full(99, N, dtype=np.uint8)),
        Contig("read", bases(50)),
    ]
    prediction = Predictor(model, min_contig=50, device="cpu").predict(contigs)
    assert [contig.skipped for contig in prediction] == [
        "empty record",
        "shorter than --min-contig 50",
        "only N",
        None,
    ]
    assert [len(contig) for contig in prediction] == [0, 49, 99, 50]


def test_min_posterior_leaves_genes_out(planted, model):
    """Sites that are planted have genes of almost 1, and no gene has more than that."""
    genome = open_genome(planted.genome)
    found = {
        threshold: Predictor(model, min_posterior=threshold, device="cpu").predict(genome)
        for threshold in (0.0, 1.0)
    }
    posteriors = [gene.posterior for gene in found[0.0].genes()]
    kept = [gene.posterior for gene in found[1.0].genes()]
    assert kept == [posterior for posterior in posteriors if posterior >= 1.0]
    assert len(kept) < len(posteriors)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"min_posterior": 1.5}, r"min_posterior is 1\.5"),
        ({"min_contig": -1}, "min_contig is -1"),
        ({"threads": 0}, "threads is 0"),
        ({"batch_size": 0}, "batch_size is 0"),
    ],
)
def test_numbers_out_of_range(model, settings, message):
    with pytest.raises(InputError, match=message):
        Predictor(model, **settings)


def test_absent_devices(model):
    with pytest.raises(DeviceError, match="abacus"):
        Predictor(model, device="abacus")


def test_sequences_from_strings(planted, model):
    (contig,) = [contig for contig in open_genome(planted.genome) if contig.name == "one"]
    letters = "".join("ACGTN"[code] for code in contig.codes)
    predictor = Predictor(model, device="cpu")
    expected = [exons for name, _, exons in planted.genes if name == "one"]
    for sequence in (letters, letters.lower(), letters.encode()):
        found = predictor.find_genes(sequence, "mine")
        assert (found.name, found.length, found.skipped) == ("mine", len(letters), None)
        assert [gene.exons for gene in found.genes] == expected
        assert {gene.contig for gene in found.genes} == {"mine"}
    for gene in found.genes:
        spliced = "".join(letters[start:end] for start, end in gene.exons)
        assert len(gene.cds()) == len(spliced)
        if gene.strand == "+":
            assert gene.cds() == spliced
        assert gene.cds()[:3] == "ATG"
        assert gene.cds()[-3:] == "TAA"
        assert gene.protein()[0] == "M"
        assert 3 * (len(gene.protein()) + 1) == len(gene.cds())
        assert len(gene.exon_posteriors) == len(gene.exons)
        assert all(0.9 < posterior <= 1.0 for posterior in gene.exon_posteriors)


def test_letters_that_are_no_nucleotides(model):
    with pytest.raises(InputError, match=r"sequence 'protein': 'E' at base 3 is no nucleotide"):
        Predictor(model, device="cpu").find_genes("ACEGT", "protein")
    assert Predictor(model, device="cpu").find_genes("").skipped == "empty record"


def test_threads_share_a_predictor(planted, model):
    predictor = Predictor(model, device="cpu")
    genome = open_genome(planted.genome)
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda _: structures(predictor.predict(genome)), range(4)))
    assert found == [list(planted.genes)] * 4


@pytest.mark.parametrize("size", [100, 400_000, 3_000_000])
def test_contigs_are_not_hoarded(model, size):
    taken = 0

    def contigs() -> Iterator[Contig]:
        nonlocal taken
        for number in range(100_000):
            taken += 1
            yield Contig(str(number), np.full(size, N, dtype=np.uint8))

    with WindowScorer(model.network, CPU, threads=8) as scorer:
        first = next(find_genes(contigs(), scorer, model.grammar, Calibration()))
    assert first.contig.name == "0"
    assert taken == 1 or taken * size <= 2_000_000


def test_predictions_begin_when_somebody_asks(model):
    taken = []

    def contigs() -> Iterator[Contig]:
        for number in range(40):
            taken.append(number)
            yield Contig(str(number), np.full(300_000, N, dtype=np.uint8))

    prediction = Predictor(model, device="cpu").predict(contigs())
    assert taken == []
    next(iter(prediction))
    assert len(taken) < 5


@pytest.mark.parametrize("threads", [1, 2])
def test_short_contigs_have_the_genes_that_they_have_alone(planted, model, threads):
    """They share calls of the network, which is to change nothing."""
    whole = next(iter(open_genome(planted.genome))).codes
    ends = [0]
    while ends[-1] < len(whole):
        ends.append(ends[-1] + 300 + 37 * len(ends) % 2700)
    contigs = [Contig(f"c{start}", whole[start:end]) for start, end in pairwise(ends)]
    predictor = Predictor(model, threads=threads, device="cpu")
    calls = []
    hook = predictor.model.network.register_forward_pre_hook(lambda *_: calls.append(1))
    together = list(predictor.predict(contigs))
    shared = len(calls)
    alone = [predictor.find_genes(decode(contig.codes), contig.name) for contig in contigs]
    hook.remove()
    assert shared < len(calls) - shared == len(contigs)
    assert sum(len(contig.genes) for contig in together) > 5
    for ours, single in zip(together, alone, strict=True):
        assert [(gene.strand, gene.exons) for gene in ours.genes] == [
            (gene.strand, gene.exons) for gene in single.genes
        ]
        assert [gene.posterior for gene in ours.genes] == pytest.approx(
            [gene.posterior for gene in single.genes], abs=1e-5
        )
