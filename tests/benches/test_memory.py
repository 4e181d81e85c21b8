import json
from pathlib import Path

import numpy as np
import pytest
import torch

from benches.memory import count_parameters, cut_scores, main, match_gru
from benches.recall import CELLS, SOLVED, build, draw, gradient_norms, solve
from genefinder.grammar import Grammar
from genefinder.network.config import NetworkConfig
from genefinder.network.network import GeneNetwork


def test_answers_of_the_tasks() -> None:
    generator = torch.Generator().manual_seed(1)
    sequence, sums = draw("adding", 40, 5, generator)
    marked = [(row[:, 0] * row[:, 1]).sum() for row in sequence]
    torch.testing.assert_close(torch.stack(marked), sums)
    assert (sequence[:, :, 1].sum(1) == 2).all()
    sequence, symbols = draw("copy", 40, 5, generator)
    assert (sequence[:, :10].argmax(2) == symbols).all()
    assert (sequence[:, 10:].argmax(2) == 8).all()


@pytest.mark.parametrize("cell", CELLS)
def test_every_cell_reads_any_length(cell: str) -> None:
    reader = build(cell, "copy", 6)
    assert reader(torch.zeros(2, 31, 9)).shape == (2, 80)
    assert reader.states(torch.zeros(2, 31, 9)).shape[1] == (4 if "pooled" in cell else 31)


def test_an_lstm_learns_a_short_sum() -> None:
    row = solve("lstm_forget_1", "adding", 8, hidden=16, seconds=60, batch=32, seed=1)
    assert row["solved"]
    assert row["score"] <= SOLVED
    untrained = solve("lstm_forget_1", "adding", 8, hidden=16, seconds=0, batch=32, seed=1)
    assert not untrained["solved"]
    assert untrained["steps"] == 0
    assert untrained["score"] > 0.8


def test_an_open_forget_gate_keeps_gradients() -> None:
    opened = gradient_norms("lstm_forget_1", 120, hidden=16, seed=1)
    closed = gradient_norms("lstm_forget_0", 120, hidden=16, seed=1)
    assert list(opened) == ["10", "18", "32", "56", "100"]
    assert opened["100"] > closed["100"] + 5
    spread = gradient_norms("lstm_spread", 120, hidden=16, seed=1)
    assert spread["100"] > opened["100"] + 2


def test_cut_context_is_exact_and_complete() -> None:
    torch.manual_seed(1)
    config = NetworkConfig(word=2, filters=4, convolutions=((3, 1),), hidden=4, head=4)
    network = GeneNetwork(config, Grammar()).eval()
    with torch.no_grad():
        network.channels.weight.normal_()
    codes = np.random.default_rng(1).integers(0, 4, 12_000).astype(np.uint8)
    short, far = (cut_scores(network, codes, 900, reach) for reach in (0, 999))
    assert short.shape == far.shape == (1, 9_990, 20)
    with torch.inference_mode():
        alone = network(torch.from_numpy(codes[None, 900 + 243 : 900 + 486]))
        whole = network(torch.from_numpy(codes[None, : len(codes) // 9 * 9]))[:, 900:10_890]
    torch.testing.assert_close(short[:, 243:486], alone)
    assert (far - whole).abs().max() < (short - whole).abs().max() / 10


def test_gru_of_the_same_size() -> None:
    base = NetworkConfig(hidden=24, filters=8, head=8)
    gru = match_gru(base)
    assert gru.recurrent == "gru"
    assert abs(count_parameters(gru) / count_parameters(base) - 1) < 0.02


def test_rows_are_kept_and_not_computed_again(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "memory.json"
    words = ["toys", "--lengths", "30", "--seconds", "0.1", "--hidden", "4", "--batch", "2"]
    words += ["-o", str(path), "--cells"]
    main([*words, "rnn"])
    assert "what" in capsys.readouterr().err
    first = json.loads(path.read_text())
    assert [row["what"] for row in first["rows"]] == ["adding", "copy", "gradient"]
    main([*words, "rnn"])
    assert "what" not in capsys.readouterr().err
    main([*words, "pooled"])
    rows = json.loads(path.read_text())["rows"]
    assert rows[:3] == first["rows"]
    assert [row["cell"] for row in rows[3:]] == ["pooled"] * 3
