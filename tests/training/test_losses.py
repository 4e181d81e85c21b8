import math

import numpy as np
import pytest
import torch

from genefinder.data.targets import label_contig
from genefinder.data.windows import IsoformPath, RawWindow, TrainingRegion, Window
from genefinder.dna import encode
from genefinder.genes import Gene, Transcript
from genefinder.grammar import Grammar
from genefinder.grammar.labels import N_CHANNELS
from genefinder.training.tasks import PER, GrammarLoss, next_base_loss

GRAMMAR = Grammar(min_intron=10)


@pytest.fixture(scope="module")
def region(toy) -> TrainingRegion:
    from genefinder.training.corpus import load_corpus

    return load_corpus([toy.labelled], [], []).groups[0][0]


def windows_of(region: TrainingRegion) -> list[Window]:
    """Intergenic, genes of both strands, a window that cuts genes, one with N at its end."""
    start = region.end - 200
    found = [region.cut(place, 600) for place in (0, 200, 1_111, start)]
    return [window for window in found if window is not None]


def random_scores(count: int, span: int, seed: int = 1) -> torch.Tensor:
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(count, span, N_CHANNELS, generator=generator)


def test_no_scores_likes_the_annotated_path_better_than_all(region: TrainingRegion) -> None:
    windows = windows_of(region)
    for seed in range(5):
        scores = random_scores(len(windows), 600, seed)
        assert float(GrammarLoss(GRAMMAR)(scores, windows)) > 0


def test_perfect_scores_costs_nothing(region: TrainingRegion) -> None:
    windows = windows_of(region)
    scores = torch.from_numpy(np.stack([window.path for window in windows])) * 24 - 12
    loss = float(GrammarLoss(GRAMMAR)(scores, windows))
    assert loss == pytest.approx(0, abs=1e-2)
    assert loss < 1e-3 * float(GrammarLoss(GRAMMAR)(-scores, windows))


def test_is_a_mean_over_bases(region: TrainingRegion) -> None:
    windows = windows_of(region)
    scores = random_scores(len(windows), 600)
    loss = GrammarLoss(GRAMMAR)
    alone = [
        float(loss(score[None], [window])) * window.bases / PER
        for score, window in zip(scores, windows, strict=True)
    ]
    bases = sum(window.bases for window in windows)
    assert float(loss(scores, windows)) == pytest.approx(PER * sum(alone) / bases, rel=1e-5)


def test_gradient_matches_finite_differences(region: TrainingRegion) -> None:
    window = region.cut(280, 90)
    assert window is not None
    assert window.path.any()
    loss = GrammarLoss(GRAMMAR)
    scores = random_scores(1, 90).requires_grad_()
    loss(scores, [window]).backward()
    assert scores.grad is not None
    random, step = np.random.default_rng(3), 2.0**-5
    scale = PER / window.bases
    used = np.argwhere(window.path)
    others = np.stack([random.integers(0, 90, 60), random.integers(0, 20, 60)], axis=1)
    for place, channel in (*random.choice(used, 25), *others):
        values = []
        for sign in (1, -1):
            moved = scores.detach().clone()
            moved[0, place, channel] += sign * step
            values.append(float(loss(moved, [window])))
        slope = (values[0] - values[1]) / (2 * step)
        assert slope / scale == pytest.approx(
            float(scores.grad[0, place, channel]) / scale, abs=2e-3
        )


@pytest.fixture(scope="module")
def spliced() -> Window:
    """A window whose gene has one isoform with an intron and one without."""
    codes = encode("CC" + "ATGGCC" + "GTCCCCCCCCCCCAG" + "GCCTAA" + "CC")
    exons = ((2, 29),), ((2, 8), (23, 29))
    isoforms = tuple(
        Transcript(f"t{number}", "c", "+", chain, chain) for number, chain in enumerate(exons)
    )
    targets = label_contig(codes, [Gene("g", "c", "+", isoforms)], Grammar(min_intron=10))
    window = TrainingRegion("c", 0, codes, targets=targets).cut(0, len(codes))
    assert window is not None
    return window


def with_form(window: Window, isoform: IsoformPath) -> Window:
    """The same window with one isoform alone."""
    path = window.path.copy()
    first = window.isoforms[0][0]
    path[first.bases, first.channels] = 0
    path[isoform.bases, isoform.channels] = 1
    return Window(window.codes, window.segments, path)


@pytest.mark.parametrize("seed", range(5))
def test_any_form_of_a_gene_is_right(spliced: Window, seed: int) -> None:
    assert len(spliced.isoforms) == 1
    scores = random_scores(1, len(spliced.codes), seed).requires_grad_()
    loss, scale = GrammarLoss(GRAMMAR), PER / spliced.bases
    each = [with_form(spliced, isoform) for isoform in spliced.isoforms[0]]
    alone = torch.stack([loss(scores, [window]) for window in each])
    expected = -scale * torch.logsumexp(-alone / scale, 0)
    together = loss(scores, [spliced])
    torch.testing.assert_close(together, expected)
    (slope,) = torch.autograd.grad(together, scores)
    (reference,) = torch.autograd.grad(expected, scores)
    torch.testing.assert_close(slope, reference, rtol=1e-4, atol=1e-4)


def test_gradient_is_zero_where_nothing_is_to_be_learnt(region: TrainingRegion) -> None:
    windows = windows_of(region)
    windows[1] = Window(windows[1].codes, np.array([[50, 200], [400, 420]]), windows[1].path.copy())
    windows[1].path[:50] = windows[1].path[200:400] = windows[1].path[420:] = 0
    scores = random_scores(len(windows), 600).requires_grad_()
    GrammarLoss(GRAMMAR)(scores, windows).backward()
    assert scores.grad is not None
    for slope, window in zip(scores.grad, windows, strict=True):
        learnt = np.zeros(600, dtype=bool)
        for low, high in window.segments:
            learnt[low:high] = True
        assert not slope[~learnt].any()
        assert slope[learnt].any()


def test_gradient_is_scaled_by_what_comes_after(region: TrainingRegion) -> None:
    windows = windows_of(region)
    scores = random_scores(len(windows), 600).requires_grad_()
    loss = GrammarLoss(GRAMMAR)
    (once,) = torch.autograd.grad(loss(scores, windows), scores)
    (thrice,) = torch.autograd.grad(3 * loss(scores, windows), scores)
    torch.testing.assert_close(thrice, 3 * once)


def test_threads_change_nothing(region: TrainingRegion) -> None:
    windows = windows_of(region)
    scores = random_scores(len(windows), 600).requires_grad_()
    single, threaded = GrammarLoss(GRAMMAR), GrammarLoss(GRAMMAR, threads=2)
    assert torch.equal(single(scores, windows), threaded(scores, windows))
    (slope,) = torch.autograd.grad(single(scores, windows), scores)
    (other,) = torch.autograd.grad(threaded(scores, windows), scores)
    assert torch.equal(slope, other)


def test_confident_scores_stays_finite(region: TrainingRegion) -> None:
    windows = windows_of(region)
    scores = (random_scores(len(windows), 600).sign() * 16).requires_grad_()
    loss = GrammarLoss(GRAMMAR)(scores, windows)
    loss.backward()
    assert torch.isfinite(loss)
    assert scores.grad is not None
    assert bool(torch.isfinite(scores.grad).all())


def window(letters: str) -> RawWindow:
    return RawWindow(encode(letters), encode(letters))


def test_bits_of_both_readings() -> None:
    torch.manual_seed(1)
    windows = [window("ACGN"), window("NTTA")]
    chances = torch.log_softmax(torch.randn(4, 4, 4), 2)
    picked = [
        *((0, 0, 0), (0, 1, 1), (0, 2, 2)),  # ACG.
        *((1, 1, 3), (1, 2, 3), (1, 3, 0)),  # .TTA
        *((2, 1, 1), (2, 2, 2), (2, 3, 3)),  # .CGT, the reverse complement of the first
        *((3, 0, 3), (3, 1, 0), (3, 2, 0)),  # TAA.
    ]
    expected = -sum(float(chances[place]) for place in picked) / len(picked) / math.log(2)
    assert float(next_base_loss(chances, windows)) == pytest.approx(expected, rel=1e-5)


def test_knowing_nothing_costs_two_bits() -> None:
    chances = torch.full((2, 5, 4), -math.log(4))
    assert float(next_base_loss(chances, [window("ACNGT")])) == pytest.approx(2)
