import os
from pathlib import Path

import numpy as np
import pytest
import torch

from genefinder.errors import InputError, ModelError
from genefinder.training.run_files import FORMAT, NAME, load_checkpoint, save_checkpoint


def test_what_is_saved_is_loaded(tmp_path: Path) -> None:
    state = {
        "weights": {"a": torch.arange(3.0)},
        "random": dict(np.random.default_rng(1).bit_generator.state),
        "rules": {"starts": ("ATG",)},
        "history": [(1, 2.5, {"gene": {"found": 3}})],
        "step": 7,
    }
    save_checkpoint(tmp_path, "genes", state)
    loaded = load_checkpoint(tmp_path, "genes")
    assert torch.equal(loaded.pop("weights")["a"], torch.arange(3.0))
    state.pop("weights")
    assert loaded == {"format": FORMAT, "kind": "genes", **state}
    assert os.listdir(tmp_path) == [NAME]


def test_an_interrupted_write_leaves_the_last_one(tmp_path: Path, monkeypatch) -> None:
    save_checkpoint(tmp_path, "genes", {"step": 1})

    def full(state: object, path: Path) -> None:
        path.write_bytes(b"half")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("torch.save", full)
    with pytest.raises(ModelError, match=r"cannot write the checkpoint.*No space"):
        save_checkpoint(tmp_path, "genes", {"step": 2})
    assert load_checkpoint(tmp_path, "genes")["step"] == 1
    assert os.listdir(tmp_path) == [NAME]


def test_missing(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="without --resume"):
        load_checkpoint(tmp_path, "genes")


def test_damaged(tmp_path: Path) -> None:
    (tmp_path / NAME).write_bytes(b"not a checkpoint")
    with pytest.raises(InputError, match=NAME):
        load_checkpoint(tmp_path, "genes")


class Dangerous:
    def __reduce__(self) -> tuple[object, tuple[str]]:
        return print, ("this must never run",)


def test_code_in_a_checkpoint_is_refused(tmp_path: Path, capsys) -> None:
    torch.save({"step": Dangerous()}, tmp_path / NAME)
    with pytest.raises(InputError, match=NAME):
        load_checkpoint(tmp_path, "genes")
    assert capsys.readouterr().out == ""


def test_kinds_of_runs_are_not_mixed_up(tmp_path: Path) -> None:
    save_checkpoint(tmp_path, "genes", {"step": 1})
    assert load_checkpoint(tmp_path, "genes")["step"] == 1
    with pytest.raises(InputError, match="a run that learns genes, not bases"):
        load_checkpoint(tmp_path, "bases")


@pytest.mark.parametrize("state", [{"kind": "genes", "step": 2}, {"format": FORMAT + 1}])
def test_checkpoints_of_other_versions_are_refused(
    tmp_path: Path, state: dict[str, object]
) -> None:
    """Those of genefinder 0.1.0 bear no number of a format."""
    torch.save(state, tmp_path / NAME)
    with pytest.raises(InputError, match=r"another version of genefinder.*without --resume"):
        load_checkpoint(tmp_path, "genes")
