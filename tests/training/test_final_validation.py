import numpy as np
import pytest
import torch

from genefinder.genes import Gene, Transcript
from genefinder.network.network import GeneNetwork
from genefinder.network.scorer import WindowScorer
from genefinder.training.corpus import load_corpus
from genefinder.training.final_validation import fit_calibration, validate_finally
from genefinder.training.start_bias import choose_start_score_bias

from ..toy_genomes import counted_statistics


def gene(number, right=True, posterior=None):
    start = 1000 * number + (0 if right else 3)
    cds = ((start, 1000 * number + 300),)
    transcript = Transcript("t", "c", "+", cds, cds, posterior=posterior)
    return Gene(f"g{number}", "c", "+", (transcript,))


def drawn(count, rate):
    """Predictions whose posteriors promise more, or less, than the rate at which they are right."""
    random = np.random.default_rng(1)
    raw = random.beta(2, 1, count)
    right = random.random(count) < rate(raw)
    return [gene(n, r, float(p)) for n, (p, r) in enumerate(zip(raw, right, strict=True))]


def test_calibration_holds_on_genes_that_it_was_not_fitted_on():
    reference = [gene(number) for number in range(2000)]
    predicted = drawn(2000, lambda raw: raw**2)
    calibration, curves = fit_calibration(reference, predicted, [])
    assert curves["gene"].ece < 0.03
    assert curves["gene"].n == 2000
    raw = [found.posterior for found in predicted]
    assert np.mean([p - p**2 for p in raw]) > 0.1  # what the error was before
    assert calibration("gene", 0.5) == pytest.approx(0.25, abs=0.05)


def test_reliability_is_measured_without_the_own_fold():
    """The first fifth is all wrong, which only a curve that has seen it can know."""
    reference = [gene(number) for number in range(100)]
    predicted = [gene(number, right=number >= 20, posterior=0.5) for number in range(100)]
    _, curves = fit_calibration(reference, predicted, [])
    *_, last = curves["gene"].bins
    assert (last.n, last.right) == (20, 0)
    assert curves["gene"].ece > 0.15


def test_order_is_kept():
    reference = [gene(number) for number in range(100)]
    predicted = drawn(100, lambda raw: 1 - raw)
    calibration, _ = fit_calibration(reference, predicted, [])
    raw = [found.posterior or 0.0 for found in predicted]
    calibrated = [calibration.apply(found).posterior or 0.0 for found in predicted]
    assert np.argsort(raw).tolist() == np.argsort(calibrated).tolist()


@pytest.mark.parametrize("count", [0, 1, 3])
def test_few_genes_do_no_harm(count):
    reference = [gene(number) for number in range(5)]
    predicted = [gene(number, posterior=0.9) for number in range(count)]
    calibration, curves = fit_calibration(reference, predicted, [])
    assert 0.85 < calibration("gene", 0.9) < 0.99
    assert sum(curve.n for curve in curves.values()) == count


def test_held_out_regions_are_read_once(toy, tiny):
    """And a sample of them for the profile, piece by piece, as a genome of no name is read."""
    corpus = load_corpus([toy.labelled], [], [])
    statistics = counted_statistics(corpus, tiny)
    network = GeneNetwork(tiny, corpus.grammar).eval().reading(statistics)
    read = []
    network.register_forward_hook(lambda _, arguments, __: read.append(arguments[0].numel()))
    (held_out,) = corpus.held_out
    with WindowScorer(network, torch.device("cpu")) as reader:
        for _ in reader.read(held_out.codes):
            pass
        (once,) = [sum(read)]
        read.clear()
        chosen = choose_start_score_bias(corpus.held_out, network, reader, corpus.grammar)
        assert sum(read) == once
        read.clear()
        validate_finally(corpus.held_out, chosen.genes, reader, corpus.grammar)
    assert sum(read) <= once
