from dataclasses import replace
from itertools import islice

import numpy as np
import pytest

from genefinder.data.sampling import Sampler
from genefinder.data.targets import ContigTargets, label_contig
from genefinder.data.windows import TrainingRegion, Window
from genefinder.dna import Codes, N
from genefinder.grammar import Grammar
from genefinder.grammar.labels import CHANNELS, LABEL_CHANNEL, START

GRAMMAR = Grammar(min_intron=10)
LENGTH = 90


@pytest.fixture
def labelled(toy_contig, gene_of) -> tuple[Codes, ContigTargets]:
    toy = toy_contig(600)
    genes = [
        gene_of(toy.plant("a", ((60, 101), (130, 180), (200, 229)), "+")),
        gene_of(toy.plant("b", ((300, 352), (370, 411)), "-")),
    ]
    toy.codes[500:] = np.random.default_rng(1).integers(0, 4, 100)
    return toy.codes, label_contig(toy.codes, genes, GRAMMAR, mask=[(240, 250), (520, 540)])


def region_of(codes: Codes, targets: ContigTargets, start: int, end: int) -> TrainingRegion:
    """Part of a contig."""
    return TrainingRegion("toy", start, codes[start:end], targets=targets)


def cut(region: TrainingRegion, start: int, length: int) -> Window:
    window = region.cut(start, length)
    assert window is not None
    return window


def signals_of(targets: ContigTargets) -> set[tuple[int, int]]:
    pairs = zip(targets.signal_positions, targets.signal_channels, strict=True)
    return {(int(position), int(channel)) for position, channel in pairs}


@pytest.mark.parametrize("start", range(-60, 590, 7))
def test_window_says_what_the_targets_say(labelled, start: int) -> None:
    codes, targets = labelled
    window = cut(region_of(codes, targets, 0, len(codes)), start, LENGTH)
    learnt = np.zeros(LENGTH, dtype=bool)
    for low, high in window.segments:
        assert 0 <= low < high <= LENGTH
        learnt[low:high] = True
    assert window.bases == learnt.sum()
    signals = signals_of(targets)
    assert len(signals) == 10
    for offset in range(LENGTH):
        position = start + offset
        inside = 0 <= position < len(codes)
        assert window.codes[offset] == (codes[position] if inside else N)
        on = set(np.flatnonzero(window.path[offset]).tolist())
        if not learnt[offset]:
            assert not on
            continue
        assert inside
        assert not targets.masked_bases()[position]
        label = LABEL_CHANNEL[targets.labels[position]]
        expected = {label} - {-1} | {channel for at, channel in signals if at == position}
        assert on == expected
    assert set(np.unique(window.path)) <= {0.0, 1.0}


def test_every_channel_is_learnt(labelled) -> None:
    codes, targets = labelled
    window = cut(region_of(codes, targets, 0, len(codes)), 0, len(codes))
    used = {CHANNELS[channel] for channel in np.flatnonzero(window.path.any(0))}
    assert {"start+", "stop+", "donor+", "acceptor+"} <= used
    assert {"start-", "stop-", "donor-", "acceptor-"} <= used
    assert {"exon0+", "exon1+", "exon2+", "exon0-", "exon1-", "exon2-"} <= used
    assert window.path[60, START] == 1


def test_nothing_beyond_the_region_is_seen(labelled) -> None:
    codes, targets = labelled
    low, high = 110, 330
    region = region_of(codes, targets, low, high)
    sampler = Sampler([[region]], [1.0], LENGTH, seed=5)
    altered = codes.copy()
    altered[:low] = altered[high:] = 0
    other = region_of(altered, targets, low, high)
    again = Sampler([[other]], [1.0], LENGTH, seed=5)
    cut = 0
    for _ in range(300):
        window, same = sampler.draw(), again.draw()
        assert np.array_equal(window.codes, same.codes)
        outside = window.codes == N
        for first, last in window.segments:
            assert not outside[first:last].any()
        assert not window.path[outside].any()
        cut += outside.any()
    assert 0 < cut < 300


def test_draws_in_proportion_to_bases_and_weights() -> None:
    plain = ContigTargets(
        labels=np.zeros(3_000, dtype=np.uint8),
        signal_positions=np.zeros(0, dtype=np.int64),
        signal_channels=np.zeros(0, dtype=np.uint8),
        masked=np.zeros((0, 2), dtype=np.int64),
        blocked=np.zeros((0, 2), dtype=np.int64),
        choices=(),
        overlapped=(),
    )
    groups = [
        [
            region_of(np.full(3_000, 0, dtype=np.uint8), plain, 0, 1_000),
            region_of(np.full(3_000, 1, dtype=np.uint8), plain, 0, 3_000),
        ],
        [region_of(np.full(3_000, 2, dtype=np.uint8), plain, 500, 1_000)],
    ]
    sampler = Sampler(groups, [3.0, 1.0], 30, seed=2)
    assert sampler.bases == 4_500
    drawn = np.array([sampler.draw().codes[15] for _ in range(4_000)])
    shares = np.bincount(drawn, minlength=3) / len(drawn)
    assert shares == pytest.approx([0.1875, 0.5625, 0.25], abs=0.03)


def test_windows_without_anything_to_learn_are_passed_over(labelled) -> None:
    codes, targets = labelled
    sampler = Sampler([[region_of(codes, targets, 515, 545)]], [1.0], 9, seed=1)
    windows = [sampler.draw() for _ in range(50)]
    assert all(window.bases for window in windows)


def same(one: Window, other: Window) -> bool:
    return all(
        np.array_equal(getattr(one, name), getattr(other, name))
        for name in ("codes", "segments", "path")
    )


def test_draw_goes_on_from_a_state(labelled) -> None:
    codes, targets = labelled

    def sampler(seed: int) -> Sampler[Window]:
        return Sampler([[region_of(codes, targets, 0, 600)]], [1.0], LENGTH, (seed, 0))

    first, second = sampler(1), sampler(2)
    for _ in range(7):
        first.draw()
    state = first.state()
    ahead = [first.draw() for _ in range(20)]
    second.restore(state)
    assert all(same(window, second.draw()) for window in ahead)
    fresh = sampler(1)
    assert not all(same(window, fresh.draw()) for window in islice(ahead, 5))


@pytest.fixture
def spliced(toy_contig, gene_of) -> TrainingRegion:
    """A gene of three exons on each strand, the second of which may be skipped."""
    toy = toy_contig(400)
    genes = []
    for offset, strand in ((0, "+"), (200, "-")):
        chain = [
            (30 + offset, 60 + offset),
            (90 + offset, 105 + offset),
            (130 + offset, 160 + offset),
        ]
        whole = toy.plant(f"whole{strand}", chain, strand)
        short = replace(whole, id=f"short{strand}", cds=(whole.cds[0], whole.cds[2]))
        genes.append(gene_of(whole, short))
    return region_of(toy.codes, label_contig(toy.codes, genes, GRAMMAR), 0, 400)


@pytest.mark.parametrize(("start", "genes"), [(0, 2), (61, 2), (115, 1), (310, 0), (-10, 2)])
def test_forms_of_the_genes_that_differ_in_the_window(
    spliced: TrainingRegion, start: int, genes: int
):
    window = cut(spliced, start, 330)
    assert len(window.isoforms) == genes
    for first, second in window.isoforms:
        used = np.zeros_like(window.path)
        used[first.bases, first.channels] = 1
        assert used.sum() == len(first.bases)
        assert not (used > window.path).any()
        skipped = np.zeros_like(used)
        skipped[second.bases, second.channels] = 1
        # The exon, with a site on either side, lies in an intron of the other isoform.
        differing = np.flatnonzero((used != skipped).any(1))
        exon = differing[[used[place, :3].any() or used[place, 10:13].any() for place in differing]]
        assert len(exon) == 15
        assert used.sum() == skipped.sum() + 2
