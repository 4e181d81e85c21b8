import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.optim.optimizer import register_optimizer_step_pre_hook

from genefinder.data.sampling import Sampler
from genefinder.data.windows import RawRegion, RawWindow
from genefinder.training.distributed import Group
from genefinder.training.recipe import Recipe
from genefinder.training.run_files import load_checkpoint
from genefinder.training.trainer import RunFiles, Task, Trainer, Validation, fit

BASES = 300


class Mean(nn.Module):
    """Says one number of every base, whatever it is, by a matrix and a bias."""

    def __init__(self) -> None:
        super().__init__()
        self.layer = nn.Linear(1, 1)
        nn.init.zeros_(self.layer.weight)
        nn.init.zeros_(self.layer.bias)

    def forward(self, codes: Tensor) -> Tensor:
        output: Tensor = self.layer(codes.float()[..., None])
        return output


class Constant(Task[Mean, RawWindow]):
    """Every base is to be worth the same."""

    def __init__(self, target: float = 1.0, steepness: float = 1.0) -> None:
        codes = np.random.default_rng(1).integers(0, 4, BASES).astype(np.uint8)
        self.sampler = Sampler([[RawRegion("a", 0, codes)]], [1.0], 9, 1)
        self.target = target
        self.steepness = steepness
        self.seen: list[Tensor] = []
        self.drawn: list[list[int]] = []

    def forward(self, network: Mean, codes: Tensor, windows: Sequence[RawWindow]) -> Tensor:
        self.seen.append(codes)
        self.drawn += [window.codes.tolist() for window in windows]
        return super().forward(network, codes, windows)

    def loss(self, output: Tensor, windows: Sequence[RawWindow]) -> Tensor:
        return self.steepness * (output - self.target).abs().mean()


@dataclass
class Scripted(Validation[Mean, float]):
    """Finds what the test says, one score after the other; at last always the same."""

    scores: list[float] = field(default_factory=list)
    last: float = 0.5
    weights: list[Tensor] = field(default_factory=list)
    columns: ClassVar = ("score",)

    def evaluate(self, network: Mean) -> float:
        assert not network.training
        self.weights.append(network.layer.bias.clone())
        return self.scores.pop(0) if self.scores else self.last

    def score(self, found: float) -> float:
        return found

    def figures(self, found: float) -> dict[str, float]:
        return {"score": found}

    def format(self, found: float) -> str:
        return f"score {found}"

    def pack(self, found: float) -> float:
        return found

    def unpack(self, packed: float) -> float:
        return packed


def recipe(**values: object) -> Recipe:
    return Recipe(**{"window": 9, "batch": 2, "max_steps": 4, "noise": 0.0, **values})  # type: ignore[arg-type]


@dataclass
class Written:
    models: list[tuple[Mapping[str, Tensor], int]] = field(default_factory=list)

    def files(self, folder: Path, seconds: float = 1e9) -> RunFiles:
        return RunFiles(
            folder, "toy", {"fact": 7}, lambda *model: self.models.append(model), seconds
        )


def test_learns() -> None:
    network = fit(Mean(), Constant(), recipe(max_steps=400, rate=3e-2, averaging=0.9))
    assert not network.training
    assert float(network.layer.bias + network.layer.weight) == pytest.approx(1, abs=0.05)


def test_the_same_seed_gives_the_same_weights() -> None:
    noisy = recipe(noise=0.5, rate=1e-2)
    first, second = (fit(Mean(), Constant(), noisy).state_dict() for _ in range(2))
    assert all(torch.equal(first[name], second[name]) for name in first)


@pytest.mark.parametrize("share", [0.0, 0.9])
def test_noise_changes_what_the_network_sees(share: float) -> None:
    """Also in a training without files and validation."""
    task = Constant()
    fit(Mean(), task, recipe(noise=share))
    seen = [row for codes in task.seen for row in codes.tolist()]
    assert (seen == task.drawn) == (share == 0)


def test_gradients_are_clipped() -> None:
    norms = []

    def look(optimizer: torch.optim.Optimizer, *_: object) -> None:
        gradients = [p.grad for group in optimizer.param_groups for p in group["params"]]
        norms.append(float(torch.cat([each.flatten() for each in gradients]).norm()))

    hook = register_optimizer_step_pre_hook(look)
    try:
        fit(Mean(), Constant(steepness=1e6), recipe(clip=0.5))
        assert max(norms) <= 0.5 + 1e-5
        assert max(norms) > 0.2
        norms.clear()
        fit(Mean(), Constant(steepness=1e6), recipe(clip=1e9))
        assert max(norms) > 1e5
    finally:
        hook.remove()


def test_progress_is_reported() -> None:
    shares: list[float] = []
    fit(Mean(), Constant(), recipe(), progress=shares.append)
    assert shares == [0.25, 0.5, 0.75, 1.0]


def test_nothing_happens_before_it_trains(tmp_path: Path) -> None:
    network, written, task, validation = Mean(), Written(), Constant(), Scripted()
    state = task.sampler.state()
    random = torch.get_rng_state()
    files = written.files(tmp_path / "model")
    Trainer(network, task, recipe(), validation=validation, files=files)
    assert not (tmp_path / "model").exists()
    assert not validation.weights
    assert task.sampler.state() == state
    assert torch.equal(torch.get_rng_state(), random)


def test_stops_early_without_improvement() -> None:
    patient = recipe(max_steps=20, validations=20, patience=3)
    trainer = Trainer(Mean(), Constant(), patient, validation=Scripted())
    trainer.train()
    # The first validation is the best; three more are put up with, and the fourth ends the run.
    assert (trainer.best_step, trainer.schedule.step) == (0, 4)


def test_patience_begins_anew_with_each_improvement() -> None:
    patient = recipe(max_steps=20, validations=20, patience=1)
    validation = Scripted([0.1, 0.05, 0.2, 0.1, 0.3, 0.1, 0.1], last=0.9)
    trainer = Trainer(Mean(), Constant(), patient, validation=validation)
    trainer.train()
    assert (trainer.best_step, trainer.schedule.step) == (4, 6)


def test_keeps_the_best_and_not_the_last(tmp_path: Path) -> None:
    written = Written()
    validation = Scripted([0.1, 0.3, 0.2, 0.1])
    lines: list[str] = []
    trainer = Trainer(
        Mean(),
        Constant(),
        recipe(max_steps=3, validations=3, rate=1.0, averaging=0.0),
        validation=validation,
        files=written.files(tmp_path),
        report=lines.append,
    )
    best = trainer.train()
    assert (trainer.best_step, trainer.schedule.step) == (1, 3)
    assert [(step, found) for step, _, found in trainer.history] == [
        (0, 0.1),
        (1, 0.3),
        (2, 0.2),
        (3, 0.1),
    ]
    assert torch.equal(best.layer.bias, validation.weights[1])
    assert not torch.equal(best.layer.bias, trainer.network.layer.bias)
    assert [step for _, step in written.models] == [1, 1, 1]
    assert all(torch.equal(model["layer.bias"], best.layer.bias) for model, _ in written.models)
    assert len(lines) == 4
    assert "held-out score 0.3" in lines[1]
    with (tmp_path / "log.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["score"] for row in rows if row["score"]] == ["0.1", "0.3", "0.2", "0.1"]


def test_minutes_are_a_budget() -> None:
    trainer: Trainer[Mean, RawWindow, None] = Trainer(
        Mean(), Constant(), recipe(max_steps=None, max_minutes=0.5)
    )
    times = iter(range(10_000))
    trainer.schedule.clock = lambda: float(next(times))
    trainer.train()
    assert trainer.schedule.seconds == 30
    assert trainer.schedule.step == 30


def test_checkpoints_are_written_between_validations(tmp_path: Path) -> None:
    steps = []

    def look(_: float) -> None:
        steps.append(load_checkpoint(tmp_path, "toy")["step"])

    Trainer(
        Mean(),
        Constant(),
        recipe(max_steps=5, validations=1),
        validation=Scripted(),
        files=Written().files(tmp_path, seconds=0.0),
        progress=look,
    ).train()
    assert steps == [0, 1, 2, 3, 4]
    assert load_checkpoint(tmp_path, "toy")["fact"] == 7


def test_each_process_goes_on_with_its_own_draw(tmp_path: Path) -> None:
    Trainer(
        Mean(), Constant(), recipe(), validation=Scripted(), files=Written().files(tmp_path)
    ).train()
    saved = load_checkpoint(tmp_path, "toy")
    other = Constant().sampler
    for _ in range(5):
        other.draw()
    of_two = {**saved, "other_samplers": [other.state()], "random": 2 * saved["random"]}
    for rank, state in enumerate([saved["sampler"], other.state()]):
        trainer: Trainer[Mean, RawWindow, float] = Trainer(
            Mean(), Constant(), recipe(), group=Group(rank, 2)
        )
        trainer.restore(of_two)
        assert trainer.task.sampler.state() == state
        assert trainer.schedule.step == 4
