import numpy as np
import pytest
import torch

from genefinder.errors import InputError
from genefinder.interpret.activations import Tracer
from genefinder.interpret.features import (
    collect_features,
    sample_bases,
    states,
)
from genefinder.interpret.probe import (
    ProbeScore,
    inspect_states,
    score_features,
    untrained_network,
)
from genefinder.models.model import Model


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
                at = window.length - 1 - at if side else at
                assert at % 3 == 2
                block = at // 3
                first, *_, last = (layer.states.numpy() for layer in activations.recurrences)
                bases = activations.bases.numpy()
                # What the other reading knows of the bases that follow.
                other, end = 1 - side, first.shape[1] - 1
                before = np.concatenate([bases[side, at], first[side, block]])
                after = np.concatenate(
                    [bases[other, window.length - 1 - at], first[other, end - block - 1]]
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


def test_properties_that_too_few_bases_have(gene_tracer: Tracer, sequences) -> None:
    sampled = sample_bases(sequences, 3, 400, 1)
    with pytest.raises(InputError, match="sampled bases have the property"):
        score_features({}, sampled, 10, 1)


def test_too_little_sequence(gene_tracer: Tracer, sequences) -> None:
    with pytest.raises(InputError, match="too few to hold out"):
        inspect_states(gene_tracer, gene_tracer, sequences)
