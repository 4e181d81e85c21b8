from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from genefinder.errors import InputError
from genefinder.evaluation import evaluate
from genefinder.genes import Region
from genefinder.io.fasta import open_genome
from genefinder.models.model import Model
from genefinder.predictor import Predictor
from genefinder.selftraining.selftrain import train_self
from genefinder.training.recipe import Recipe
from genefinder.training.settings import SelfSettings

RECIPE = Recipe(window=297, batch=2, max_steps=4, noise=0.0)


def settings(bare, tiny, output: Path) -> SelfSettings:
    return SelfSettings(
        genome=bare.genome, output=output, network=tiny, recipe=RECIPE, device="cpu"
    )


@pytest.fixture(scope="module")
def made(bare, tiny, tmp_path_factory):
    folder = tmp_path_factory.mktemp("self") / "model"
    messages: list[str] = []
    shares: list[float] = []
    result = train_self(settings(bare, tiny, folder), messages.append, shares.append)
    return folder, result, messages, shares


def test_the_model_finds_the_genes(bare, made) -> None:
    model = Model.load(made[0])
    found = Predictor(model, min_posterior=0.0, device="cpu").predict(open_genome(bare.genome))
    score = evaluate(bare.genes, [gene.record for gene in found.genes()])
    assert score.base.f1 > 0.95
    assert score.exon.f1 > 0.7


def test_what_the_directory_tells(bare, made) -> None:
    folder, result, messages, shares = made
    about = Model.load(folder).provenance
    assert about["self_trained_on"] == "bare.fa"
    assert about["sha256"] == open_genome(bare.genome).sha256
    assert about["kept"] == result.best.name
    assert list(about["candidates"]) == [candidate.name for candidate in result.candidates]
    card = (folder / "MODEL_CARD.md").read_text()
    assert "without any annotation" in card
    assert f"| {result.best.held_out_gain:.2f} | {result.best.splice:.2f} | yes |" in card
    assert messages[-1] == f"{folder}: {result.best.describe()}"
    assert shares
    assert max(shares) <= 1


def test_the_same_seed_gives_the_same_bytes(bare, tiny, made, tmp_path) -> None:
    train_self(settings(bare, tiny, tmp_path / "again"))
    for name in ("model.safetensors", "config.json"):
        assert (tmp_path / "again" / name).read_bytes() == (made[0] / name).read_bytes()


def test_excluded_sequence_is_not_read(bare, tiny, tmp_path) -> None:
    changed = tmp_path / "changed.fa"
    first, second = bare.genome.read_text().split(">two\n")
    changed.write_text(f"{first}>two\n{second[:20_000]}{'N' * (len(second) - 20_001)}\n")
    results = []
    for genome in (bare.genome, changed):
        given = settings(bare, tiny, tmp_path / genome.stem)
        given = replace(
            given,
            genome=genome,
            exclude=(Region("two", 20_000),),
            recipe=replace(RECIPE, max_steps=0),
        )
        train_self(given)
        results.append((tmp_path / genome.stem / "model.safetensors").read_bytes())
    assert results[0] == results[1]


def test_a_genome_without_genes(bare, tiny, tmp_path) -> None:
    letters = np.random.default_rng(1).choice([*"ACGT"], 100_000)
    (tmp_path / "random.fa").write_text(">a\n" + "".join(letters) + "\n")
    given = replace(settings(bare, tiny, tmp_path / "model"), genome=tmp_path / "random.fa")
    with pytest.raises(InputError, match="no more long open reading frames than chance"):
        train_self(given)
    assert not (tmp_path / "model").exists()


def test_window_must_fit_the_stride(bare, tiny, tmp_path) -> None:
    given = replace(settings(bare, tiny, tmp_path / "model"), recipe=replace(RECIPE, window=100))
    with pytest.raises(InputError, match="not a multiple of the network's stride"):
        train_self(given)
