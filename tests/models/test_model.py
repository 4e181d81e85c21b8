import json
import os
import shutil
from pathlib import Path

import pytest
import torch

from genefinder.errors import ModelError
from genefinder.models.model import (
    find_model,
    installed_models,
    is_pretrained,
    load_model,
    load_pretrained,
    save_model,
    save_pretrained,
)
from genefinder.network.config import NetworkConfig
from genefinder.network.next_base import NextBase

GRAMMAR = {"min_intron": 20, "starts": ["ATG"]}


@pytest.fixture
def saved(tmp_path: Path, tiny: NetworkConfig, lively) -> Path:
    folder = tmp_path / "models" / "toy"
    save_model(folder, tiny, lively(tiny).state_dict(), GRAMMAR, 0.25, {"step": 3})
    return folder


def test_what_is_saved_is_loaded(saved: Path, tiny: NetworkConfig, lively) -> None:
    model = load_model(saved)
    assert model.name == "toy"
    assert model.grammar == GRAMMAR
    assert model.min_posterior == 0.25
    assert model.about == {"step": 3}
    assert model.network.config == tiny
    assert not model.network.training
    for name, value in lively(tiny).state_dict().items():
        assert torch.equal(model.network.state_dict()[name], value)


def test_leaves_nothing_else_behind(saved: Path) -> None:
    assert sorted(os.listdir(saved)) == ["config.json", "model.safetensors"]
    assert saved.joinpath("model.safetensors").stat().st_mode == (
        saved.joinpath("config.json").stat().st_mode
    )


def test_hash_tells_models_apart(saved: Path, tmp_path: Path, tiny: NetworkConfig, lively) -> None:
    again, other = tmp_path / "again", tmp_path / "other"
    weights = lively(tiny).state_dict()
    save_model(again, tiny, weights, GRAMMAR, 0.25, {"step": 3})
    weights["tables.bias"] = weights["tables.bias"] + 1
    save_model(other, tiny, weights, GRAMMAR, 0.25, {"step": 3})
    assert load_model(again).sha256 == load_model(saved).sha256
    assert load_model(other).sha256 != load_model(saved).sha256


def test_overwrites_an_earlier_model(saved: Path, tiny: NetworkConfig, lively) -> None:
    save_model(saved, tiny, lively(tiny).state_dict(), GRAMMAR, 0.5, {})
    assert load_model(saved).min_posterior == 0.5


def test_unwritable_folder(tmp_path: Path, tiny: NetworkConfig, lively) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ModelError, match="file"):
        save_model(tmp_path / "file" / "toy", tiny, lively(tiny).state_dict(), {}, 0.0, {})


def damage_config(folder: Path, **changes: object) -> None:
    path = folder / "config.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda folder: (folder / "model.safetensors").unlink(), "safetensors"),
        (lambda folder: (folder / "model.safetensors").write_bytes(b"garbage"), "toy"),
        (lambda folder: (folder / "config.json").write_text("{"), "toy"),
        (lambda folder: (folder / "config.json").write_text("[]"), "toy"),
        (lambda folder: (folder / "config.json").write_bytes(b"\xff\xfe"), "toy"),
        (lambda folder: (folder / "config.json").write_text("{}"), "has no 'format'"),
        (lambda folder: damage_config(folder, format=99), "format 99.* reads 1"),
        (lambda folder: damage_config(folder, network={"hidden": 16}), "toy.*size mismatch"),
        (lambda folder: damage_config(folder, network={"depth": 4}), "toy.*depth"),
        (lambda folder: damage_config(folder, network={"hidden": "x"}), "toy.*hidden"),
        (lambda folder: damage_config(folder, network=3), "toy"),
        (lambda folder: damage_config(folder, min_posterior=None), "toy"),
    ],
)
def test_damaged_models_are_named(saved: Path, damage, message: str) -> None:
    damage(saved)
    with pytest.raises(ModelError, match=f"(?s){message}"):
        load_model(saved)


def test_truncated_weights(saved: Path) -> None:
    path = saved / "model.safetensors"
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(ModelError, match="toy"):
        load_model(saved)


@pytest.fixture
def pretrained(tmp_path: Path, tiny: NetworkConfig) -> Path:
    torch.manual_seed(3)
    folder = tmp_path / "models" / "raw"
    save_pretrained(folder, tiny, NextBase(tiny).state_dict(), {"step": 4})
    return folder


def test_pretrained_encoders_are_loaded_as_such(
    saved: Path, pretrained: Path, tiny: NetworkConfig
) -> None:
    model = load_pretrained(pretrained)
    torch.manual_seed(3)
    for name, value in NextBase(tiny).state_dict().items():
        assert torch.equal(model.network.state_dict()[name], value)
    assert (model.name, model.about, model.network.config) == ("raw", {"step": 4}, tiny)
    assert not model.network.training
    assert model.sha256 != load_model(saved).sha256
    assert is_pretrained(pretrained)
    assert not is_pretrained(saved)


def test_kinds_are_not_mixed_up(saved: Path, pretrained: Path) -> None:
    message = f"raw: .*raw sequence only.*`genefinder train --init {pretrained}`"
    with pytest.raises(ModelError, match=message):
        load_model(pretrained)
    with pytest.raises(ModelError, match=r"toy: .*a gene model"):
        load_pretrained(saved)
    damage_config(pretrained, format=99)
    for load in (load_model, load_pretrained, is_pretrained):
        with pytest.raises(ModelError, match=r"raw: .*format 99"):
            load(pretrained)


def test_missing_model_lists_what_there_is(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"nowhere.*installed models"):
        find_model(tmp_path / "nowhere")
    with pytest.raises(ModelError, match=r"config\.json"):
        find_model(tmp_path)


def test_installed_models_are_found_by_name(saved: Path, monkeypatch, tmp_path: Path) -> None:
    package = tmp_path / "site" / "genefinder"
    shutil.copytree(saved, package / "pretrained" / "toy")
    (package / "pretrained" / "no model").mkdir()
    monkeypatch.setattr("genefinder.models.model.resources.files", lambda _: package)
    assert installed_models() == {"toy": package / "pretrained" / "toy"}
    assert load_model("toy").min_posterior == 0.25
    shutil.rmtree(package / "pretrained")
    assert installed_models() == {}
    # In a source checkout they lie beside the package.
    shutil.copytree(saved, package.parent / "models" / "toy")
    assert list(installed_models()) == ["toy"]


def test_plant_is_installed() -> None:
    assert "plant" in installed_models()
