import csv
import json
import os
import signal
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from genefinder.dna import decode
from genefinder.errors import GenefinderError, InputError, ModelError
from genefinder.genes import Region
from genefinder.models.model import Model, PretrainedModel
from genefinder.network.config import NetworkConfig
from genefinder.network.next_base import NextBase
from genefinder.training.distributed import Group
from genefinder.training.markov_comparison import network_bits
from genefinder.training.pretrain import KIND, next_base_trainer, pretrain
from genefinder.training.raw_corpus import load_raw_corpus
from genefinder.training.recipe import update_recipe
from genefinder.training.run_files import load_checkpoint
from genefinder.training.settings import PRETRAINING, PretrainSettings, RawGenome
from genefinder.training.train import train

FILES = [
    "MODEL_CARD.md",
    "bits_per_base.csv",
    "bits_per_base.json",
    "checkpoint.pt",
    "config.json",
    "log.csv",
    "model.safetensors",
]


@pytest.fixture(scope="module")
def genome(tmp_path_factory) -> Path:
    """A genome in which the base eight places back says much: more than a word of three sees."""
    random = np.random.default_rng(4)
    codes = random.integers(0, 4, 9_000).astype(np.uint8)
    for place in range(8, len(codes)):
        if random.random() < 0.8:
            codes[place] = codes[place - 8]
    path: Path = tmp_path_factory.mktemp("raw") / "raw.fa"
    path.write_text(f">one\n{decode(codes[:6000])}\n>two\n{decode(codes[6000:])}\n")
    return path


@pytest.fixture
def settings(genome: Path, tmp_path: Path, tiny):
    return settings_of(genome, tmp_path / "model", tiny)


def settings_of(genome: Path, output: Path, tiny, **recipe: object) -> PretrainSettings:
    values = {"window": 297, "batch": 2, "validations": 2, "max_steps": 4, **recipe}
    return PretrainSettings(
        genomes=(RawGenome(genome),),
        output=output,
        network=replace(tiny, filters=16, hidden=16, convolutions=((9, 1),)),
        recipe=update_recipe(PRETRAINING, values, "test"),
        device="cpu",
    )


def log_of(folder: Path) -> list[dict[str, str]]:
    with (folder / "log.csv").open(newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def finished(genome: Path, tmp_path_factory, tiny_module):
    """A whole run: settings, result, lines and progress it reported."""
    folder = tmp_path_factory.mktemp("run") / "model"
    settings = settings_of(genome, folder, tiny_module, max_steps=150, rate=2e-2, averaging=0.9)
    lines: list[str] = []
    shares: list[float] = []
    return settings, pretrain(settings, lines.append, shares.append), lines, shares


@pytest.fixture(scope="module")
def tiny_module():
    return NetworkConfig(word=3, head=8, site_hidden=4, site_reach=6, table_order=3, dropout=0.1)


def test_learns_what_markov_models_do_not_know(finished) -> None:
    settings, result, *_ = finished
    assert sorted(os.listdir(settings.output)) == FILES
    assert result.steps == 150
    assert result.bases == 150 * 2 * 297
    comparison = result.comparison
    assert len(comparison.markov) == 12
    assert comparison.best_markov.bits.mean > 1.7
    assert comparison.gain > 0.2
    assert comparison.scored == 2 * (900 - 11)
    assert comparison.skipped == 22


def test_the_model_is_the_best_one(finished) -> None:
    settings, result, *_ = finished
    model = PretrainedModel.load(settings.output)
    assert model.provenance["step"] == result.best_step
    best = min(bits.mean for _, _, bits in result.history)
    held_out = result.corpus.held_out
    again = network_bits(model.network, held_out, torch.device("cpu"))
    assert again.mean == pytest.approx(result.comparison.network.mean, abs=1e-6)
    assert again.mean == pytest.approx(best, abs=1e-6)
    assert [held.region for held in result.corpus.held_out] == [Region("one", 5100, 6000)]


def test_log_and_lines(finished) -> None:
    settings, result, lines, shares = finished
    rows = log_of(settings.output)
    assert tuple(rows[0])[-3:] == ("loss", "forward_bits", "reverse_bits")
    validations = [row for row in rows if row["forward_bits"]]
    assert [int(row["step"]) for row in validations] == [0, 75, 150]
    assert float(validations[0]["reverse_bits"]) == 2
    losses = [float(row["loss"]) for row in rows if row["loss"]]
    assert losses[0] == pytest.approx(2, abs=0.01)
    assert losses[-1] < losses[0] - 0.2
    assert len(shares) == 150
    assert shares[-1] == 1.0
    assert all(earlier < later for earlier, later in pairwise(shares))
    assert "held-out bits per base: forward 2.0000" in lines[0]
    assert str(settings.output) in lines[-1]
    assert result.comparison.format() in lines[-1]


def test_the_comparison_is_written(finished) -> None:
    settings, result, *_ = finished
    with (settings.output / "bits_per_base.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["predictor"] for row in rows] == [
        "network",
        *(f"Markov, order {order}" for order in range(12)),
    ]
    network = result.comparison.network
    assert float(rows[0]["mean"]) == pytest.approx(network.mean, abs=1e-5)
    assert float(rows[0]["perplexity"]) == pytest.approx(2**network.mean, abs=1e-5)
    document = json.loads((settings.output / "bits_per_base.json").read_text())
    assert document["network"] == {"forward": network.forward, "reverse": network.reverse}
    assert [chain["order"] for chain in document["markov"]] == list(range(12))
    assert document["skipped"] == 22


def test_card_tells_the_run(finished) -> None:
    settings, result, *_ = finished
    card = (settings.output / "MODEL_CARD.md").read_text()
    for text in (
        "# model\n",
        f"| raw.fa | {result.corpus.hashes[0][:12]} | 0.0 | 100 |",
        "150 updates of 2 windows of 297 bases",
        result.comparison.format(),
        "- one:5101-6000",
        "altogether: none",
    ):
        assert text in card
    assert str(settings.output.parent) not in card
    assert str(settings.output.parent) not in (settings.output / "config.json").read_text()
    assert max(map(len, card.splitlines())) <= 100


def test_same_seed_same_model(settings, tmp_path) -> None:
    weights = []
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        pretrain(
            replace(settings, output=tmp_path / name, recipe=replace(settings.recipe, seed=seed))
        )
        weights.append((tmp_path / name / "model.safetensors").read_bytes())
    assert weights[0] == weights[1]
    assert weights[0] != weights[2]


@pytest.mark.parametrize("stop_at", [4, 6])
def test_a_resumed_run_is_the_same_run(genome, tmp_path, tiny, stop_at: int) -> None:
    recipe = {"max_steps": 12, "validations": 3, "averaging": 0.8, "rate": 1e-2}
    whole = settings_of(genome, tmp_path / "whole", tiny, **recipe)
    parts = settings_of(genome, tmp_path / "parts", tiny, **recipe)
    expected = pretrain(whole)

    def interrupt(share: float) -> None:
        if round(12 * share) == stop_at:
            signal.raise_signal(signal.SIGINT)

    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        with pytest.raises(KeyboardInterrupt):
            pretrain(parts, progress=interrupt)
    finally:
        signal.signal(signal.SIGINT, before)
    assert load_checkpoint(parts.output, KIND)["step"] == stop_at + 1
    PretrainedModel.load(parts.output)
    assert not (parts.output / "bits_per_base.csv").exists()
    result = pretrain(replace(parts, resume=True))
    unbroken, resumed = (load_checkpoint(folder.output, KIND) for folder in (whole, parts))
    for name in ("network", "average", "best"):
        for key, value in unbroken[name].items():
            assert torch.equal(value, resumed[name][key]), (name, key)
    assert unbroken["sampler"] == resumed["sampler"]
    assert result.comparison == expected.comparison
    assert [row["loss"] for row in log_of(whole.output)] == [
        row["loss"] for row in log_of(parts.output)
    ]
    assert [(step, bits) for step, _, bits in result.history] == [
        (step, bits) for step, _, bits in expected.history
    ]
    for name in ("model.safetensors", "bits_per_base.json"):
        assert (whole.output / name).read_bytes() == (parts.output / name).read_bytes()


def test_runs_of_other_kinds_are_not_resumed(settings, toy) -> None:
    pretrain(settings)
    with pytest.raises(InputError, match="a run that learns next-base, not genes"):
        train(replace(toy.settings(settings.output), resume=True))


def test_a_gene_model_learns_from_it_and_gives_its_encoder_back(finished, toy, settings) -> None:
    raw = finished[0].output
    genes = settings.output.parent / "genes"
    train(replace(toy.settings(genes, max_steps=0), init=str(raw)))
    encoder = {
        name: value
        for name, value in load_file(raw / "model.safetensors").items()
        if name.startswith("encoder.")
    }
    assert len(encoder) > 5
    for name, value in encoder.items():
        assert torch.equal(Model.load(genes).network.state_dict()[name], value)
    none = replace(settings.recipe, max_steps=0)
    pretrain(replace(settings, recipe=none, init=str(genes)))
    again = load_file(settings.output / "model.safetensors")
    for name, value in encoder.items():
        assert torch.equal(again[name], value)
    # The head is new; that of a pretrained model stays.
    assert not again["score.weight"].any()
    pretrain(replace(settings, recipe=none, init=str(raw), overwrite=True))
    assert torch.equal(
        load_file(settings.output / "model.safetensors")["score.weight"],
        load_file(raw / "model.safetensors")["score.weight"],
    )
    assert "started from model" in (settings.output / "MODEL_CARD.md").read_text()


def test_errors_leave_no_model(settings, tmp_path) -> None:
    for broken in (
        replace(settings, genomes=(RawGenome(tmp_path / "none.fa"),)),
        replace(settings, genomes=()),
        replace(settings, resume=True),
        replace(settings, recipe=replace(settings.recipe, window=298)),
        replace(settings, init="nowhere"),
    ):
        with pytest.raises(GenefinderError):
            pretrain(broken)
        assert not settings.output.exists()
    with pytest.raises(ModelError, match="no model nowhere"):
        pretrain(replace(settings, init="nowhere"))


def test_processes_draw_windows_of_their_own(settings) -> None:
    corpus = load_raw_corpus(settings.genomes, (), ())
    ranks = [
        next_base_trainer(NextBase(settings.network), corpus, settings, group=Group(rank, 1))
        for rank in range(2)
    ]
    first, second = (rank.task.sampler.draw() for rank in ranks)
    assert first.codes.tolist() != second.codes.tolist()


def test_pretrains_on_every_device(settings, device: str) -> None:
    assert pretrain(replace(settings, device=device)).steps == 4
