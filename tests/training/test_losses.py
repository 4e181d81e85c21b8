import math

import numpy as np
import pytest
import torch

from genefinder.data.raw_windows import RawWindow
from genefinder.data.spelling import SpellingRules
from genefinder.data.targets import label_contig
from genefinder.data.windows import Form, Stretch, Window, cut_window
from genefinder.dna import encode
from genefinder.genes import Gene, Transcript
from genefinder.grammar import Grammar
from genefinder.grammar.labels import N_CHANNELS
from genefinder.training.losses import PER, GrammarLoss, next_base_loss

GRAMMAR = Grammar(min_intron=10)


@pytest.fixture(scope="module")
def stretch(toy) -> Stretch:
    from genefinder.training.corpus import load_corpus

    return load_corpus([toy.labelled], [], []).groups[0][0]


def windows_of(stretch: Stretch) -> list[Window]:
    """Intergenic, genes of both strands, a window that cuts genes, one with N at its end."""
    start = stretch.end - 200
    return [cut_window(stretch, place, 600) for place in (0, 200, 1_111, start)]


def random_evidence(count: int, span: int, seed: int = 1) -> torch.Tensor:
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(count, span, N_CHANNELS, generator=generator)


def test_no_evidence_likes_the_annotated_path_better_than_all(stretch: Stretch) -> None:
    windows = windows_of(stretch)
    for seed in range(5):
        evidence = random_evidence(len(windows), 600, seed)
        assert float(GrammarLoss(GRAMMAR)(evidence, windows)) > 0


def test_perfect_evidence_costs_nothing(stretch: Stretch) -> None:
    windows = windows_of(stretch)
    evidence = torch.from_numpy(np.stack([window.path for window in windows])) * 24 - 12
    loss = float(GrammarLoss(GRAMMAR)(evidence, windows))
    assert loss == pytest.approx(0, abs=1e-2)
    assert loss < 1e-3 * float(GrammarLoss(GRAMMAR)(-evidence, windows))


def test_is_a_mean_over_bases(stretch: Stretch) -> None:
    windows = windows_of(stretch)
    evidence = random_evidence(len(windows), 600)
    loss = GrammarLoss(GRAMMAR)
    alone = [
        float(loss(one[None], [window])) * window.bases / PER
        for one, window in zip(evidence, windows, strict=True)
    ]
    bases = sum(window.bases for window in windows)
    assert float(loss(evidence, windows)) == pytest.approx(PER * sum(alone) / bases, rel=1e-5)


def test_gradient_matches_finite_differences(stretch: Stretch) -> None:
    window = cut_window(stretch, 280, 90)
    assert window.path.any()
    loss = GrammarLoss(GRAMMAR)
    evidence = random_evidence(1, 90).requires_grad_()
    loss(evidence, [window]).backward()
    assert evidence.grad is not None
    random, step = np.random.default_rng(3), 2.0**-5
    scale = PER / window.bases
    used = np.argwhere(window.path)
    others = np.stack([random.integers(0, 90, 60), random.integers(0, 20, 60)], axis=1)
    for place, channel in (*random.choice(used, 25), *others):
        values = []
        for sign in (1, -1):
            moved = evidence.detach().clone()
            moved[0, place, channel] += sign * step
            values.append(float(loss(moved, [window])))
        slope = (values[0] - values[1]) / (2 * step)
        assert slope / scale == pytest.approx(
            float(evidence.grad[0, place, channel]) / scale, abs=2e-3
        )


@pytest.fixture(scope="module")
def spliced() -> Window:
    """A window whose gene has one form with an intron and one without."""
    codes = encode("CC" + "ATGGCC" + "GTCCCCCCCCCCCAG" + "GCCTAA" + "CC")
    exons = ((2, 29),), ((2, 8), (23, 29))
    forms = tuple(
        Transcript(f"t{number}", "c", "+", chain, chain) for number, chain in enumerate(exons)
    )
    targets = label_contig(codes, [Gene("g", "c", "+", forms)], SpellingRules(min_intron=10))
    return cut_window(Stretch(codes, targets, 0, len(codes)), 0, len(codes))


def with_form(window: Window, form: Form) -> Window:
    """The same window with one form alone."""
    path = window.path.copy()
    first = window.forms[0][0]
    path[first.bases, first.channels] = 0
    path[form.bases, form.channels] = 1
    return Window(window.codes, window.segments, path)


@pytest.mark.parametrize("seed", range(5))
def test_any_form_of_a_gene_is_right(spliced: Window, seed: int) -> None:
    assert len(spliced.forms) == 1
    evidence = random_evidence(1, len(spliced.codes), seed).requires_grad_()
    loss, scale = GrammarLoss(GRAMMAR), PER / spliced.bases
    each = [with_form(spliced, form) for form in spliced.forms[0]]
    alone = torch.stack([loss(evidence, [window]) for window in each])
    expected = -scale * torch.logsumexp(-alone / scale, 0)
    together = loss(evidence, [spliced])
    torch.testing.assert_close(together, expected)
    (slope,) = torch.autograd.grad(together, evidence)
    (reference,) = torch.autograd.grad(expected, evidence)
    torch.testing.assert_close(slope, reference, rtol=1e-4, atol=1e-4)


def test_gradient_is_zero_where_nothing_is_to_be_learnt(stretch: Stretch) -> None:
    windows = windows_of(stretch)
    windows[1] = Window(windows[1].codes, np.array([[50, 200], [400, 420]]), windows[1].path.copy())
    windows[1].path[:50] = windows[1].path[200:400] = windows[1].path[420:] = 0
    evidence = random_evidence(len(windows), 600).requires_grad_()
    GrammarLoss(GRAMMAR)(evidence, windows).backward()
    assert evidence.grad is not None
    for slope, window in zip(evidence.grad, windows, strict=True):
        learnt = np.zeros(600, dtype=bool)
        for low, high in window.segments:
            learnt[low:high] = True
        assert not slope[~learnt].any()
        assert slope[learnt].any()


def test_gradient_is_scaled_by_what_comes_after(stretch: Stretch) -> None:
    windows = windows_of(stretch)
    evidence = random_evidence(len(windows), 600).requires_grad_()
    loss = GrammarLoss(GRAMMAR)
    (once,) = torch.autograd.grad(loss(evidence, windows), evidence)
    (thrice,) = torch.autograd.grad(3 * loss(evidence, windows), evidence)
    torch.testing.assert_close(thrice, 3 * once)


def test_threads_change_nothing(stretch: Stretch) -> None:
    windows = windows_of(stretch)
    evidence = random_evidence(len(windows), 600).requires_grad_()
    one, two = GrammarLoss(GRAMMAR), GrammarLoss(GRAMMAR, threads=2)
    assert torch.equal(one(evidence, windows), two(evidence, windows))
    (slope,) = torch.autograd.grad(one(evidence, windows), evidence)
    (other,) = torch.autograd.grad(two(evidence, windows), evidence)
    assert torch.equal(slope, other)


def test_confident_evidence_stays_finite(stretch: Stretch) -> None:
    windows = windows_of(stretch)
    evidence = (random_evidence(len(windows), 600).sign() * 16).requires_grad_()
    loss = GrammarLoss(GRAMMAR)(evidence, windows)
    loss.backward()
    assert torch.isfinite(loss)
    assert evidence.grad is not None
    assert bool(torch.isfinite(evidence.grad).all())


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
