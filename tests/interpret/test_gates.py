from typing import Any

import numpy as np
import pytest
import torch

from genefinder.errors import InputError
from genefinder.interpret.activations import Recurrence, Tracer
from genefinder.interpret.gates import (
    RegionSet,
    collect_contexts,
    collect_rows,
    inspect_gates,
    open_gates,
)
from genefinder.interpret.landmarks import find_landmarks
from genefinder.interpret.statistics import flip_signs
from genefinder.io.bed import BedRow
from genefinder.network.config import Recurrent
from genefinder.network.layers import recurrent_layer


def run(kind: Recurrent) -> tuple[Recurrence, Any]:
    torch.manual_seed(1)
    layer = recurrent_layer(kind, 4, 3, 1.0)
    for parameter in layer.parameters():
        torch.nn.init.normal_(parameter)
    inputs = torch.randn(2, 11, 4)
    with torch.no_grad():
        states, _ = layer(inputs)
    return Recurrence(layer, inputs, states), layer


def test_gates_of_an_lstm_make_its_states_step_by_step() -> None:
    recurrence, layer = run("lstm")
    gates = open_gates(recurrence)
    assert list(gates) == ["input", "forget", "output"]
    for row in range(2):
        hidden, cell = torch.zeros(3), torch.zeros(3)
        for step in range(11):
            with torch.no_grad():
                sums = (
                    layer.weight_ih_l0 @ recurrence.inputs[row, step]
                    + layer.bias_ih_l0
                    + layer.weight_hh_l0 @ hidden
                    + layer.bias_hh_l0
                )
            into, forget, new, out = sums.chunk(4)
            for name, value in (("input", into), ("forget", forget), ("output", out)):
                torch.testing.assert_close(gates[name][row, step], value.sigmoid())
            cell = forget.sigmoid() * cell + into.sigmoid() * new.tanh()
            hidden = out.sigmoid() * cell.tanh()
            torch.testing.assert_close(hidden, recurrence.states[row, step])


def test_gates_of_a_gru_make_its_states_step_by_step() -> None:
    recurrence, layer = run("gru")
    gates = open_gates(recurrence)
    assert list(gates) == ["reset", "update"]
    for row in range(2):
        hidden = torch.zeros(3)
        for step in range(11):
            with torch.no_grad():
                own = layer.weight_ih_l0 @ recurrence.inputs[row, step] + layer.bias_ih_l0
                back = layer.weight_hh_l0 @ hidden + layer.bias_hh_l0
            reset = (own[:3] + back[:3]).sigmoid()
            update = (own[3:6] + back[3:6]).sigmoid()
            torch.testing.assert_close(gates["reset"][row, step], reset)
            torch.testing.assert_close(gates["update"][row, step], update)
            hidden = (1 - update) * (own[6:] + reset * back[6:]).tanh() + update * hidden
            torch.testing.assert_close(hidden, recurrence.states[row, step])


def test_regions_are_averaged_over_their_blocks(gene_tracer: Tracer, sequences) -> None:
    rng = np.random.default_rng(1)
    starts = np.sort(rng.integers(0, len(sequences[0]) - 400, 12))
    lengths = rng.integers(1, 300, 12)
    sides = rng.choice([-1, 0, 1], 12)
    zeros = np.zeros(6, dtype=np.int64)
    sets = [
        RegionSet(name, zeros, starts[part], starts[part] + lengths[part], sides[part])
        for name, part in (("a", slice(0, 6)), ("b", slice(6, 12)))
    ]
    contrasts, profiles = inspect_gates(gene_tracer, sequences[:1], sets, {}, rounds=99)
    assert profiles == []
    # By hand, block after block.
    tracks = np.zeros((2, -(-len(sequences[0]) // 3), 3, 5))
    for window, activations in gene_tracer.trace(sequences[0].codes):
        gates = np.stack(
            [open_gate.numpy() for open_gate in open_gates(activations.recurrences[0]).values()], 2
        )
        low, high = window.start // 3, -(-window.end // 3)
        shift = window.first // 3
        tracks[0, low:high] = gates[0, low - shift : high - shift]
        tracks[1, low:high] = gates[1, ::-1][low - shift : high - shift]
    means = []
    for regions in sets:
        rows = []
        for start, end, side in zip(regions.starts, regions.ends, regions.sides, strict=True):
            blocks = [b for b in range(tracks.shape[1]) if start <= 3 * b + 1 < end]
            blocks = blocks or [(start + end) // 2 // 3]
            both = tracks[:, blocks].mean(1)
            rows.append(both.mean(0) if side < 0 else both[side])
        means.append(np.mean(rows, 0))
    for contrast in contrasts:
        gate = ("input", "forget", "output").index(contrast.gate)
        for mean, value in ((means[0], contrast.mean_first), (means[1], contrast.mean_second)):
            expected = mean[gate].mean() if contrast.unit < 0 else mean[gate, contrast.unit]
            assert value == pytest.approx(expected, abs=1e-6)
    assert len(contrasts) == 3 + 15


def test_same_regions_do_not_differ(gene_tracer: Tracer, sequences) -> None:
    exons = collect_contexts(sequences)[0]
    contrasts, _ = inspect_gates(gene_tracer, sequences, [exons, exons], {}, rounds=99)
    assert all(abs(contrast.effect) < 1e-9 and contrast.p == 1 for contrast in contrasts)


def test_profiles_follow_the_own_strand(gene_tracer: Tracer, sequences) -> None:
    landmarks = find_landmarks(sequences, 100, 1)
    contrasts, profiles = inspect_gates(
        gene_tracer, sequences, collect_contexts(sequences), landmarks, rounds=99
    )
    assert {(contrast.first, contrast.second) for contrast in contrasts} == {
        ("exon", "intron"),
        ("exon", "intergenic"),
        ("intron", "intergenic"),
    }
    kinds = {profile.kind for profile in profiles}
    assert {"start", "stop", "donor", "acceptor"} <= kinds
    donor = next(
        profile for profile in profiles if (profile.kind, profile.gate) == ("donor", "forget")
    )
    donors = landmarks["donor"]
    values = np.zeros((len(donors.real), len(donor.offsets)))
    traced = [list(gene_tracer.trace(sequence.codes)) for sequence in sequences]
    for index in range(len(donors.real)):
        side, position = int(donors.readings[index]), int(donors.positions[index])
        number = int(donors.sequences[index])
        sequence = sequences[number]
        for window, activations in traced[number]:
            forward = len(sequence) - 1 - position if side else position
            if window.start <= forward < window.end:
                gates = open_gates(activations.recurrences[0])["forget"][side].mean(1).numpy()
                at = forward - window.first
                at = window.length - 1 - at if side else at
                values[index] = gates[(at + donor.offsets) // 3]
    assert donor.landmarks == len(donors) == 10
    np.testing.assert_allclose(donor.mean, values[donors.real].mean(0), atol=1e-6)
    np.testing.assert_allclose(donor.decoys, values[~donors.real].mean(0), atol=1e-6)
    # The effect is that of the 27 bases from the site on.
    after = (donor.offsets >= 0) & (donor.offsets < 27)
    differences = donors.differences(values[:, after].mean(1, keepdims=True))
    effect, p = flip_signs(differences, donors.genes, 99, 1)
    assert donor.effect == pytest.approx(effect[0], abs=1e-4)
    assert donor.p == p[0]


def test_bed_rows_are_cut_to_the_pieces(sequences) -> None:
    length = len(sequences[0])
    rows = [BedRow("one", start, start + 10, "-") for start in range(0, 50, 10)]
    rows += [BedRow("one", length - 5, length + 0, None), BedRow("elsewhere", 0, 5, "+")]
    found = collect_rows("some", rows, sequences)
    assert len(found) == 6
    assert found.sides.tolist() == [1, 1, 1, 1, 1, -1]
    with pytest.raises(InputError, match="few: only 2 regions"):
        collect_rows("few", rows[:2], sequences)


def test_a_layer_that_is_not_there(gene_tracer: Tracer, base_tracer: Tracer, sequences) -> None:
    sets = collect_contexts(sequences)
    inspect_gates(gene_tracer, sequences, sets[:2], {}, layer=1, rounds=99)
    with pytest.raises(InputError, match=r"layer 1: this network has 1"):
        inspect_gates(base_tracer, sequences, sets, {}, layer=1, rounds=99)
