from dataclasses import replace

import numpy as np
import pytest
import torch

from genefinder.dna import N
from genefinder.errors import InputError
from genefinder.interpret.activations import Tracer
from genefinder.interpret.features import (
    collect_features,
    count_words,
    sample_bases,
    states,
    words_around,
)
from genefinder.interpret.linear import Probes, Scored
from genefinder.interpret.probe import (
    ProbeScore,
    inspect_states,
    score_features,
    untrained_network,
)
from genefinder.interpret.properties import GC_SPAN, look_up
from genefinder.models.model import Model


def samples(n: int = 3_000) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(1)
    features = rng.normal(size=(n, 8)).astype(np.float32)
    return features, np.arange(n) * 5 // n, np.arange(n) * 30 // n


def test_what_is_linear_is_decoded() -> None:
    features, folds, blocks = samples()
    probes = Probes(features, folds, blocks)
    every = np.ones(len(features), dtype=bool)
    classes = (features[:, 2] > 0).astype(np.int64) + (features[:, 2] > 1)
    assert probes.classify("all", every, classes, 3).score()[0] > 0.9
    quantity = 3 * features[:, 1].astype(float) - features[:, 4] + 7
    assert probes.regress("all", every, quantity).score()[0] > 0.999


def test_what_is_not_there_is_not_decoded() -> None:
    features, folds, blocks = samples()
    rng = np.random.default_rng(2)
    probes = Probes(features, folds, blocks)
    every = np.ones(len(features), dtype=bool)
    score = probes.classify("all", every, rng.integers(0, 3, len(features)), 3).score()[0]
    assert score == pytest.approx(1 / 3, abs=0.04)
    assert abs(probes.regress("all", every, rng.normal(size=len(features))).score()[0]) < 0.02


def test_a_fold_is_scored_by_a_probe_that_did_not_see_it() -> None:
    # In each fold another feature tells the classes, so nothing learnt elsewhere helps.
    features, folds, blocks = samples()
    truth = (features[np.arange(len(features)), folds] > 0).astype(np.int64)
    every = np.ones(len(features), dtype=bool)
    score = Probes(features, folds, blocks).classify("all", every, truth, 2).score()[0]
    assert score < 0.56


def test_subsets_of_samples_are_scored_alone() -> None:
    features, folds, blocks = samples()
    chosen = np.arange(len(features)) % 3 == 0
    truth = (features[:, 0] > 0).astype(np.int64)
    truth[~chosen] = 1 - truth[~chosen]
    scored = Probes(features, folds, blocks).classify("third", chosen, truth, 2)
    assert scored.sums.sum() == chosen.sum()
    assert scored.score()[0] > 0.9


def test_scores_by_hand() -> None:
    table = np.zeros((2, 2, 2))
    table[0] = [[8, 2], [1, 3]]
    table[1] = [[0, 0], [4, 0]]
    assert Scored(table).score()[0] == pytest.approx((8 / 10 + 3 / 8) / 2)
    assert Scored(table).score(np.array([[2.0, 0.0]]))[0] == pytest.approx((0.8 + 0.75) / 2)
    truth, error = np.array([1.0, 2.0, 6.0]), np.array([0.0, 1.0, 4.0])
    sums = np.array([[[3.0, truth.sum(), (truth**2).sum(), error.sum()]]])
    expected = 1 - error.sum() / ((truth - truth.mean()) ** 2).sum()
    assert Scored(sums).score()[0] == pytest.approx(expected)


def test_words_are_counted_by_frame() -> None:
    rng = np.random.default_rng(1)
    codes = rng.integers(0, 5, 400).astype(np.uint8)
    positions = np.array([0, 1, 57, 399])
    found = count_words(codes, positions)
    assert found.shape == (4, 48 + 2 * 192)
    for row, position in enumerate(positions):
        recent = found[row, :48].reshape(12, 4)
        for back in range(12):
            base = codes[position - back] if position >= back else N
            assert recent[back].tolist() == [float(base == letter) for letter in range(4)]
        counts = np.zeros((3, 64))
        for back in range(99):
            end = position - back
            if end >= 2 and (word := codes[end - 2 : end + 1]).max() < N:
                counts[back % 3, word[0] * 16 + word[1] * 4 + word[2]] += 1 / 99
        np.testing.assert_allclose(found[row, 48 : 48 + 192].reshape(3, 64), counts, atol=1e-6)


def test_words_are_the_sum_over_frames(sequences) -> None:
    positions = np.array([5, 500, 2_000])
    numbers = np.zeros(3, int)
    for side in (0, 1):
        found = words_around(sequences, numbers, np.full(3, side), positions)
        for view, recent in (("forward", 1), ("backward", 1), ("both", 2)):
            framed, joined = found["frames", view], found["words", view]
            assert framed.shape == (3, recent * (48 + 2 * 192))
            assert joined.shape == (3, recent * (48 + 2 * 64))
            framed = framed.reshape(3 * recent, 48 + 2 * 192)
            joined = joined.reshape(3 * recent, 48 + 2 * 64)
            np.testing.assert_array_equal(framed[:, :48], joined[:, :48])
            shares = framed[:, 48:].reshape(3 * recent, 2, 3, 64).sum(2)
            np.testing.assert_allclose(shares.reshape(3 * recent, -1), joined[:, 48:], atol=1e-6)


def test_properties_of_planted_genes(planted, sequences) -> None:
    sequence = sequences[0]
    length = len(sequence)
    for side in (0, 1):
        reading = sequence.readings()[side]
        positions = np.arange(length)
        found = look_up(sequence, side, positions)
        charge = np.full(length, np.nan)
        codon_position = np.full(length, -1)
        for contig, strand, cds in planted.genes:
            if contig != "one" or "+-".index(strand) != side:
                continue
            if side:
                cds = [(length - end, length - start) for start, end in cds[::-1]]
            where = [base for start, end in cds for base in range(start, end)]
            letters = "".join("ACGTN"[reading.codes[position]] for position in where)
            total = 0
            for index, position in enumerate(where):
                if index % 3 == 2:
                    codon = letters[index - 2 : index + 1]
                    total += codon in ("AAA", "AAG") or codon[:2] == "CG" or codon in ("AGA", "AGG")
                    total -= codon[:2] == "GA"
                charge[position], codon_position[position] = total, index % 3
        coding = found.subsets["coding"]
        np.testing.assert_array_equal(coding, ~np.isnan(charge))
        np.testing.assert_array_equal(found.values["protein_charge"][coding], charge[coding])
        np.testing.assert_array_equal(
            found.values["codon_position"][coding], codon_position[coding]
        )
        assert (found.values["strand"][coding] == 0).all()
        for position in (999, 1_500, length - 1):
            window = reading.codes[position + 1 - GC_SPAN : position + 1]
            share = np.isin(window, (1, 2)).mean()
            assert found.values["gc_1kb"][position] == pytest.approx(share)
        assert not found.subsets["kilobase"][:999].any()
        sites = reading.positions[np.isin(reading.channels % 10, (8, 9))]
        far = np.abs(positions[:, None] - sites).min(1)
        inside = found.subsets["splice"]
        np.testing.assert_allclose(
            10 ** found.values["splice_distance"][inside] - 1, far[inside], atol=1e-6
        )
        assert (far[inside] <= 1_000).all()


def test_masked_bases_have_no_properties(sequences) -> None:
    sequence = sequences[0]
    masked = sequence.masked.copy()
    low, high = sequence.transcripts[0].start, sequence.transcripts[0].end
    masked[low:high] = True
    some = replace(sequence, masked=masked)
    for side in (0, 1):
        found = look_up(some, side, np.arange(len(sequence)))
        inside = slice(len(sequence) - high, len(sequence) - low) if side else slice(low, high)
        for name in ("all", "genes", "coding", "splice"):
            assert not found.subsets[name][inside].any()
            assert found.subsets[name].any()


def test_the_ridge_that_does_best_is_taken() -> None:
    rng = np.random.default_rng(1)
    _, folds, blocks = samples()
    truth = rng.integers(0, 2, len(folds))
    noise = rng.normal(size=len(folds))
    # The classes differ by a little in one feature, and the other one holds its noise.
    features = np.stack([0.4 * truth + noise, noise], 1).astype(np.float32)
    every = np.ones(len(folds), dtype=bool)
    for ridges in ((1e-4, 1e3), (1e3, 1e-4)):
        probes = Probes(features, folds, blocks, ridges)
        assert probes.classify("all", every, truth, 2).score()[0] > 0.95
        assert probes.regress("all", every, truth.astype(float)).score()[0] > 0.9
    poor = Probes(features, folds, blocks, (1e3,))
    assert poor.classify("all", every, truth, 2).score()[0] < 0.7


def probe_quickly(tracer: Tracer, sequences, step: int, rounds: int) -> list[ProbeScore]:
    """Probe a network beside itself on little sequence, one span of words and two ridges."""
    sampled = sample_bases(sequences, tracer.stride, step, 1)
    features = collect_features(tracer, tracer, sequences, sampled, spans=(999,))
    return score_features(features, sampled, rounds, 1, least_samples=20, ridges=(1e-3, 1e-1))


def test_probes_of_a_network(gene_tracer: Tracer, base_tracer: Tracer, sequences) -> None:
    scores = {
        (score.property.name, score.view, score.features): score
        for score in probe_quickly(gene_tracer, sequences, 13, 50)
    }
    assert len(scores) == 6 * (3 * 4 + 2)
    for (name, view, features), score in scores.items():
        assert score.low <= score.high
        if features == "network":
            assert score.score == scores[name, view, "untrained"].score
            assert score.gain <= 0
            words = scores[name, "both" if view == "joint" else view, "words"]
            assert score.gain == pytest.approx(score.score - max(score.score, words.score))
        else:
            assert np.isnan(score.gain)
    # The last kilobase's words hold its GC content.
    assert scores["gc_1kb", "forward", "words"].score > 0.99
    views = {score.view for score in probe_quickly(base_tracer, sequences, 17, 20)}
    assert views == {"forward", "backward", "both"}


def test_states_belong_to_their_bases(gene_tracer: Tracer, sequences) -> None:
    sampled = sample_bases(sequences, 3, 7, 1)
    found = states(gene_tracer, sequences, sampled)
    rng = np.random.default_rng(1)
    for row in rng.integers(0, len(sampled.positions), 12):
        sequence = sequences[sampled.sequences[row]]
        for window, activations in gene_tracer.trace(sequence.codes):
            if window.start <= sampled.positions[row] < window.end:
                side = int(sampled.sides[row])
                at = int(sampled.positions[row]) - window.first
                at = len(window.codes) - 1 - at if side else at
                assert at % 3 == 2
                block = at // 3
                first, *_, last = (layer.states.numpy() for layer in activations.recurrences)
                bases = activations.bases.numpy()
                # What the other reading knows of the bases that follow.
                other, end = 1 - side, first.shape[1] - 1
                before = np.concatenate([bases[side, at], first[side, block]])
                after = np.concatenate(
                    [bases[other, len(window.codes) - 1 - at], first[other, end - block - 1]]
                )
                np.testing.assert_array_equal(found["forward"][row], before)
                np.testing.assert_array_equal(found["backward"][row], after)
                np.testing.assert_array_equal(found["both"][row], np.concatenate([before, after]))
                joint = np.concatenate([last[side, block], last[other, end - block - 1]])
                np.testing.assert_array_equal(found["joint"][row], joint)


def test_untrained_networks_are_the_same_each_time_and_draw_from_nobody(planted) -> None:
    model = Model.load(planted.model)
    before = torch.random.get_rng_state()
    first, again, other = (untrained_network(model, seed) for seed in (3, 3, 4))
    assert torch.equal(torch.random.get_rng_state(), before)
    assert first.config == model.network.config
    weights = [next(network.parameters()) for network in (first, again, other)]
    assert torch.equal(weights[0], weights[1])
    assert not torch.equal(weights[0], weights[2])
    assert not first.training


def test_untrained_networks_read_the_same_statistics(planted_species) -> None:
    model = Model.load(planted_species)
    codes = torch.zeros(1, 27, dtype=torch.uint8)
    first, second = (
        untrained_network(model.reading(known), 3)(codes) for known in model.statistics
    )
    assert not torch.equal(first, second)


def test_what_lies_at_a_cut_is_not_used(sequences) -> None:
    sampled = sample_bases(sequences, 3, 1, 1)
    total = sum(map(len, sequences))
    begins = np.cumsum([0, *map(len, sequences)])
    along = begins[sampled.sequences] + sampled.positions
    into = along % -(-total // 5)
    assert sampled.usable.any()
    assert into[sampled.usable].min() >= GC_SPAN
    assert into[sampled.usable].max() < -(-total // 5) - GC_SPAN


def test_properties_that_too_few_bases_have(gene_tracer: Tracer, sequences) -> None:
    sampled = sample_bases(sequences, 3, 400, 1)
    with pytest.raises(InputError, match="sampled bases have the property"):
        score_features({}, sampled, 10, 1)


def test_too_little_sequence(gene_tracer: Tracer, sequences) -> None:
    with pytest.raises(InputError, match="too few to hold out"):
        inspect_states(gene_tracer, gene_tracer, sequences)
