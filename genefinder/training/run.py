"""What every training run does: draw, update, validate, log, stop, resume, keep the best."""

import copy
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from typing import Any, ClassVar, Generic, NoReturn, Protocol, TypeVar

import torch
from torch import Tensor, nn

from genefinder.data.sampling import Sampler
from genefinder.dna import Codes
from genefinder.errors import InputError
from genefinder.training.averaging import AveragedWeights
from genefinder.training.checkpoint import (
    load_checkpoint,
    random_state,
    restore_random,
    save_checkpoint,
)
from genefinder.training.distributed import Group
from genefinder.training.interruption import Interruption
from genefinder.training.log import Log
from genefinder.training.noise import replace_bases
from genefinder.training.optimizers import Optimizers
from genefinder.training.recipe import Recipe
from genefinder.training.run_settings import RunSettings
from genefinder.training.schedule import Schedule

_REPORTS = 200
"""Rows of the log over the budget, besides the validations."""
_CHECKPOINT_SECONDS = 180.0
_SEED_STEP = 1_000_003
"""Between the seeds of the processes of a run."""

Report = Callable[[str], None]
Progress = Callable[[float], None]


def ignore(_: object) -> None:
    """Take something and do nothing with it."""


class HasCodes(Protocol):
    """What the network reads."""

    @property
    def codes(self) -> Codes:
        """Bases of a window."""


Network = TypeVar("Network", bound=nn.Module)
Window = TypeVar("Window", bound=HasCodes)
Found = TypeVar("Found")
"""What a validation finds."""


class Run(ABC, Generic[Network, Window, Found]):
    """State of one run; a subclass says what is learnt and how it is judged.

    Parameters
    ----------
    settings
        The run.
    device
        Where this process computes.
    group
        The processes of the run.
    report, progress
        Take a line for the user, and the share of the budget that is used up.
    """

    kind: ClassVar[str]
    """Tells the checkpoints of different runs apart."""
    figures: ClassVar[tuple[str, ...]]
    """Columns of the log that a validation fills."""

    def __init__(
        self,
        settings: RunSettings,
        device: torch.device,
        group: Group,
        report: Report,
        progress: Progress,
    ) -> None:
        self.settings = settings
        self.device = device
        self.group = group
        self.report: Report = report if group.leads else ignore
        self.progress: Progress = progress if group.leads else ignore
        recipe = settings.recipe
        torch.manual_seed(recipe.seed)
        saved = load_checkpoint(settings.output, self.kind) if settings.resume else None
        network = self._begin(saved)
        if group.rank:
            # The same weights everywhere, but other windows and other features hidden by dropout.
            torch.manual_seed(recipe.seed + _SEED_STEP * group.rank)
        self.network = network.to(device)
        self.average = AveragedWeights(self.network, recipe.averaging)
        self.optimizers = Optimizers(self.network, recipe.rate, recipe.weight_decay)
        self.schedule = Schedule.of(self._budgeted())
        self.sampler = self._sampler((recipe.seed, group.rank))
        self.bases = 0
        self.last_loss: float | None = None
        self._cpu_start = time.process_time()
        self._past_cpu_seconds = 0.0
        self.validated = 0
        self.stale = 0
        self.best_score = -float("inf")
        self.best_step = 0
        self.best: dict[str, Tensor] = copy.deepcopy(self.average.state_dict())
        self.history: list[tuple[int, float, Found]] = []
        if saved is not None:
            self._restore(saved)
        self.log: Log | None = None
        if group.leads:
            settings.output.mkdir(parents=True, exist_ok=True)
            self._describe_data()
            self.log = Log(settings.output, self.figures, self.schedule.step if saved else None)

    @abstractmethod
    def _begin(self, saved: dict[str, Any] | None) -> Network:
        """Read the data and build the network; a checkpoint's weights are filled in later."""

    def _budgeted(self) -> Recipe:
        """Return the recipe with the budget of the updates to come."""
        return self.settings.recipe

    @abstractmethod
    def _sampler(self, seed: tuple[int, int]) -> Sampler[Any, Window]:
        """Return what draws the windows of this process."""

    @abstractmethod
    def _describe_data(self) -> None:
        """Write what is to be said of the data into the output directory."""

    def _forward(self, codes: Tensor, windows: Sequence[Window]) -> Tensor:
        """Return the network's output on the bases of windows."""
        output: Tensor = self.network(codes)
        return output

    @abstractmethod
    def _loss(self, output: Tensor, windows: Sequence[Window]) -> Tensor:
        """Return the loss of the network's output on windows."""

    @abstractmethod
    def _evaluate(self) -> Found:
        """Judge the averaged network on what is held out, or on a part of it."""

    @abstractmethod
    def _score(self, found: Found) -> float:
        """Return what the run improves."""

    @abstractmethod
    def _figures(self, found: Found) -> dict[str, float]:
        """Return the figures of a validation that are logged."""

    @abstractmethod
    def _say(self, found: Found) -> str:
        """Return the figures of a validation for the user."""

    @abstractmethod
    def _write_model(self) -> None:
        """Write the best weights so far."""

    @abstractmethod
    def _more_state(self) -> dict[str, Any]:
        """Return what a checkpoint holds besides the state of this class, ``history`` included."""

    @abstractmethod
    def _history(self, saved: Sequence[Any]) -> list[tuple[int, float, Found]]:
        """Return the history from what a checkpoint holds of it."""

    def _improve(self) -> None:
        """Train until the budget or the patience ends; leave the best averaged weights."""
        recipe, schedule = self.settings.recipe, self.schedule
        saved_at = schedule.seconds
        logged = int(schedule.progress * _REPORTS)
        losses: list[float] = []
        schedule.tick()
        with Interruption() as interruption:
            while True:
                if schedule.progress * recipe.validations >= self.validated:
                    self._validate(losses)
                    self._save()
                    saved_at = schedule.seconds
                if schedule.progress >= 1 or self.stale > recipe.patience:
                    break
                loss, stopped = self._step(interruption)
                losses.append(loss)
                self.progress(schedule.progress)
                if schedule.progress * _REPORTS >= logged + 1:
                    logged = int(schedule.progress * _REPORTS)
                    self._write_log(losses)
                if stopped:
                    self._stop(interruption)
                if schedule.seconds - saved_at > _CHECKPOINT_SECONDS:
                    self._save()
                    saved_at = schedule.seconds
        self.average.load_state_dict(self.best)

    def _stop(self, interruption: Interruption) -> NoReturn:
        """Save everything and end as Ctrl-C does."""
        self._save()
        if self.group.leads:
            self._write_model()
        self.report(f"step {self.schedule.step}: stopped and saved; go on with --resume")
        interruption.stop()

    def _step(self, interruption: Interruption) -> tuple[float, bool]:
        """Make one update; return its loss, and whether any process is to stop."""
        recipe = self.settings.recipe
        windows = [self.sampler.draw() for _ in range(recipe.batch)]
        codes = torch.stack([torch.from_numpy(window.codes) for window in windows])
        codes = replace_bases(codes, recipe.noise)
        with torch.autocast(self.device.type, torch.bfloat16, enabled=self.device.type == "cuda"):
            output = self._forward(codes.to(self.device), windows)
        loss = self._loss(output.float(), windows)
        loss.backward()  # type: ignore[no-untyped-call]
        gradients = [p.grad for p in self.network.parameters() if p.grad is not None]
        self.schedule.tick()
        # Every process must see the same clock and signals, or they would stop at different steps.
        clock = torch.tensor([self.schedule.seconds], device=self.device)
        stop = torch.tensor([float(interruption.received is not None)], device=self.device)
        self.group.average([*gradients, clock, stop])
        if self.group.size > 1:
            self.schedule.seconds = clock.item()
        torch.nn.utils.clip_grad_norm_(self.network.parameters(), recipe.clip)
        self.optimizers.step(self.schedule.factor)
        self.schedule.step += 1
        self.average.update(self.network, self.schedule.step)
        self.bases += recipe.window * recipe.batch * self.group.size
        return float(loss.detach()), stop.item() > 0

    def _validate(self, losses: list[float]) -> None:
        """Judge the averaged weights on held-out sequence and remember the best."""
        schedule = self.schedule
        found = self.group.once(self._evaluate)
        schedule.tick()
        schedule.seconds = self.group.once(lambda: schedule.seconds)
        self.history.append((schedule.step, schedule.seconds, found))
        self._write_log(losses, found)
        score = self._score(found)
        if score > self.best_score:
            self.best_score = score
            self.best_step = schedule.step
            self.best = copy.deepcopy(self.average.state_dict())
            self.stale = 0
        else:
            self.stale += 1
        if self.group.leads and schedule.step:
            self._write_model()
        self.validated = int(schedule.progress * self.settings.recipe.validations) + 1

    def _write_log(self, losses: list[float], found: Found | None = None) -> None:
        """Write a row of the log, and a line for the user at a validation."""
        if self.log is None:
            losses.clear()
            return
        values: dict[str, float | int] = {
            "step": self.schedule.step,
            "seconds": self.schedule.seconds,
            "cpu_seconds": self._cpu_seconds,
            "bases": self.bases,
            "rate": self.settings.recipe.rate * self.schedule.factor,
        }
        if losses:
            self.last_loss = values["loss"] = sum(losses) / len(losses)
        losses.clear()
        if found is not None:
            values |= self._figures(found)
            loss = "" if self.last_loss is None else f"  loss {self.last_loss:.4g}"
            self.report(
                f"step {self.schedule.step:>6}  {self.schedule.seconds / 60:6.1f} min  "
                f"{self.bases / 1e6:7.1f} Mb{loss}  held-out {self._say(found)}"
            )
        self.log.write(**values)

    @property
    def _cpu_seconds(self) -> float:
        """Processor time of the whole run."""
        return self._past_cpu_seconds + time.process_time() - self._cpu_start

    def _save(self) -> None:
        """Write a checkpoint."""
        sampler, *others = self.group.gather(self.sampler.state())
        random = self.group.gather(random_state(self.device))
        if not self.group.leads:
            return
        save_checkpoint(
            self.settings.output,
            {
                "kind": self.kind,
                "network": self.network.state_dict(),
                "average": self.average.state_dict(),
                "best": self.best,
                "optimizers": self.optimizers.state_dict(),
                "sampler": sampler,
                "other_samplers": others,
                "random": random,
                "step": self.schedule.step,
                "seconds": self.schedule.seconds,
                "cpu_seconds": self._cpu_seconds,
                "bases": self.bases,
                "validated": self.validated,
                "stale": self.stale,
                "best_score": self.best_score,
                "best_step": self.best_step,
                **self._more_state(),
            },
        )

    def _restore(self, saved: dict[str, Any]) -> None:
        """Take up the state of a checkpoint."""
        self.network.load_state_dict(saved["network"])
        self.average.load_state_dict(saved["average"])
        self.best = saved["best"]
        self.optimizers.load_state_dict(saved["optimizers"])
        samplers = [saved["sampler"], *saved.get("other_samplers", ())]
        if len(samplers) != self.group.size:
            raise InputError(
                f"{self.settings.output}: the checkpoint is of a run of {len(samplers)} processes "
                f"and cannot go on with {self.group.size}"
            )
        self.sampler.restore(samplers[self.group.rank])
        if "random" in saved:
            restore_random(saved["random"][self.group.rank], self.device)
        self.schedule.step = saved["step"]
        self.schedule.seconds = saved["seconds"]
        self._past_cpu_seconds = saved["cpu_seconds"]
        self.bases = saved["bases"]
        self.validated = saved["validated"]
        self.stale = saved["stale"]
        self.best_score = saved["best_score"]
        self.best_step = saved["best_step"]
        self.history = self._history(saved.get("history", ()))
