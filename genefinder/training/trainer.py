"""The one training loop: draw, update, validate, log, save, stop, go on, keep the best.

A :class:`Task` says what is learnt. A :class:`Validation` judges the weights on the way, and
:class:`RunFiles` keep a run; a short training, as of an encoder before genes are learnt, does
without.
"""

import copy
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Generic, NoReturn, Protocol, TypeVar

import torch
from torch import Tensor, nn

from genefinder.data.sampling import Sampler
from genefinder.dna import Codes
from genefinder.errors import InputError
from genefinder.network.scorer import prepare_thread
from genefinder.training.distributed import Group
from genefinder.training.interruption import Interruption
from genefinder.training.optim import AveragedWeights, Optimizers, Schedule, replace_bases
from genefinder.training.recipe import Recipe
from genefinder.training.run_files import Log, random_state, restore_random, save_checkpoint

_LOG_ROWS = 200
"""Rows of the log over the budget, besides the validations."""

Report = Callable[[str], None]
Progress = Callable[[float], None]


def ignore(_: object) -> None:
    """Take something and do nothing with it."""


def part_of(progress: Progress, begin: float, end: float) -> Progress:
    """Return what takes the share of a part of a budget: ``begin`` to ``end`` of the whole."""
    return lambda share: progress(begin + (end - begin) * share)


class HasCodes(Protocol):
    """What the network reads."""

    @property
    def codes(self) -> Codes:
        """Bases of a window."""


Network = TypeVar("Network", bound=nn.Module)
Drawn = TypeVar("Drawn", bound=HasCodes)
Found = TypeVar("Found")
"""What a validation finds."""


class Task(ABC, Generic[Network, Drawn]):
    """What is learnt.

    Attributes
    ----------
    sampler
        Draws the windows.
    """

    sampler: Sampler[Drawn]

    def forward(self, network: Network, codes: Tensor, windows: Sequence[Drawn]) -> Tensor:
        """Return the network's output on the bases ``(B, T)`` of ``B`` windows."""
        output: Tensor = network(codes)
        return output

    @abstractmethod
    def loss(self, output: Tensor, windows: Sequence[Drawn]) -> Tensor:
        """Return the loss of the network's output on windows."""


class Validation(ABC, Generic[Network, Found]):
    """Judges averaged weights on held-out sequence."""

    columns: ClassVar[tuple[str, ...]]
    """Columns of the log that a validation fills."""

    @abstractmethod
    def evaluate(self, network: Network) -> Found:
        """Evaluate a network on what is held out, or on a part of it."""

    @abstractmethod
    def score(self, found: Found) -> float:
        """Return what the run improves."""

    @abstractmethod
    def figures(self, found: Found) -> dict[str, float]:
        """Return the figures to log, by column."""

    @abstractmethod
    def format(self, found: Found) -> str:
        """Return the figures for the user."""

    @abstractmethod
    def pack(self, found: Found) -> Any:
        """Return the figures as plain values, for a checkpoint."""

    @abstractmethod
    def unpack(self, packed: Any) -> Found:
        """Return figures from what :meth:`pack` gave."""


@dataclass(frozen=True, slots=True)
class RunFiles:
    """Where a run is kept.

    Attributes
    ----------
    folder
        Receives the log and checkpoints.
    kind
        Tells the checkpoints of different kinds of run apart.
    facts
        What a checkpoint holds besides the state of the training.
    write_model
        Takes the best weights so far, and the update that they are from.
    seconds
        Between two checkpoints, besides those of validations.
    """

    folder: Path
    kind: str
    facts: Mapping[str, Any]
    write_model: Callable[[Mapping[str, Tensor], int], None]
    seconds: float = 180.0


class Trainer(Generic[Network, Drawn, Found]):
    """Trains a network for the budget of a recipe.

    Nothing is drawn, read or written before :meth:`train`.

    Parameters
    ----------
    network
        Trained in place, on the device that it lies on; parameters that ask for no gradient stay
        as they are.
    task
        What is learnt.
    recipe
        How. ``validations``, ``patience`` and ``validation_bases`` are those of a validation.
    validation
        Judges the weights; without it the last ones are kept.
    files
        Where the run is kept; without them, nothing is written and a signal ends it at once.
    group
        The processes of the run.
    report, progress
        Take a line for the user at every validation, and the share of the budget that is used up
        after every update.

    Attributes
    ----------
    average
        The averaged weights; after :meth:`train` the best of them.
    schedule
        How far the run is.
    best_step
        Update that the best weights are from.
    bases
        Bases read.
    history
        ``(step, seconds, figures)`` of every validation.
    """

    def __init__(
        self,
        network: Network,
        task: Task[Network, Drawn],
        recipe: Recipe,
        *,
        validation: Validation[Network, Found] | None = None,
        files: RunFiles | None = None,
        group: Group | None = None,
        report: Report = ignore,
        progress: Progress = ignore,
    ) -> None:
        self.network = network
        self.task = task
        self.recipe = recipe
        self.validation = validation
        self.files = files
        self.group = group or Group()
        self.report: Report = report if self.group.leads else ignore
        self.progress: Progress = progress if self.group.leads else ignore
        self.device = next(network.parameters()).device
        self.average = AveragedWeights(network, recipe.averaging)
        self.optimizers = Optimizers(network, recipe.rate, recipe.weight_decay)
        self.schedule = Schedule.of(recipe)
        self.bases = 0
        self.best_step = 0
        self.history: list[tuple[int, float, Found]] = []
        self._best: dict[str, Tensor] = {}
        self._best_score = -float("inf")
        self._validated = 0
        self._stale = 0
        self._log: Log | None = None
        self._last_loss: float | None = None
        self._cpu_start = time.process_time()
        self._past_cpu_seconds = 0.0

    def train(self) -> Network:
        """Train until the budget or the patience ends; return the best averaged network.

        Raises
        ------
        KeyboardInterrupt
            After Ctrl-C, if the run has files: as soon as the update under way is complete and a
            checkpoint written.
        """
        recipe, schedule, files = self.recipe, self.schedule, self.files
        self.network.train()
        if files is not None and self.group.leads:
            files.folder.mkdir(parents=True, exist_ok=True)
            columns = self.validation.columns if self.validation else ()
            self._log = Log(files.folder, columns, schedule.step if self._validated else None)
        saved_at = schedule.seconds
        logged = int(schedule.progress * _LOG_ROWS)
        losses: list[float] = []
        schedule.tick()
        interruption = Interruption()
        with nullcontext() if files is None else interruption:
            while True:
                if self.validation and schedule.progress * recipe.validations >= self._validated:
                    self._validate(self.validation, losses)
                    self._save()
                    saved_at = schedule.seconds
                if schedule.progress >= 1 or self._stale > recipe.patience:
                    break
                loss, stopped = self._step(interruption)
                losses.append(loss)
                self.progress(schedule.progress)
                if schedule.progress * _LOG_ROWS >= logged + 1:
                    logged = int(schedule.progress * _LOG_ROWS)
                    self._write_log(losses)
                if files is None:
                    continue
                if stopped:
                    self._stop(files, interruption)
                if schedule.seconds - saved_at > files.seconds:
                    self._save()
                    saved_at = schedule.seconds
        if self._best:
            self.average.load_state_dict(self._best)
        return self.average.network

    def _stop(self, files: RunFiles, interruption: Interruption) -> NoReturn:
        """Save everything and end as Ctrl-C does."""
        self._save()
        if self.group.leads:
            files.write_model(self._best, self.best_step)
        self.report(f"step {self.schedule.step}: stopped and saved; go on with --resume")
        interruption.stop()

    def _step(self, interruption: Interruption) -> tuple[float, bool]:
        """Make one update; return its loss, and whether any process is to stop."""
        recipe = self.recipe
        windows = [self.task.sampler.draw() for _ in range(recipe.batch)]
        codes = torch.stack([torch.from_numpy(window.codes) for window in windows])
        codes = replace_bases(codes, recipe.noise)
        with torch.autocast(self.device.type, torch.bfloat16, enabled=self.device.type == "cuda"):
            output = self.task.forward(self.network, codes.to(self.device), windows)
        loss = self.task.loss(output.float(), windows)
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

    def _validate(self, validation: Validation[Network, Found], losses: list[float]) -> None:
        """Evaluate the averaged weights on held-out sequence and remember the best."""
        schedule = self.schedule
        found = self.group.once(lambda: validation.evaluate(self.average.network))
        schedule.tick()
        schedule.seconds = self.group.once(lambda: schedule.seconds)
        self.history.append((schedule.step, schedule.seconds, found))
        self._write_log(losses, found)
        score = validation.score(found)
        if score > self._best_score:
            self._best_score = score
            self.best_step = schedule.step
            self._best = copy.deepcopy(self.average.state_dict())
            self._stale = 0
        else:
            self._stale += 1
        if self.files and self.group.leads and schedule.step:
            self.files.write_model(self._best, self.best_step)
        self._validated = int(schedule.progress * self.recipe.validations) + 1

    def _write_log(self, losses: list[float], found: Found | None = None) -> None:
        """Write a row of the log, and a line for the user at a validation."""
        values: dict[str, float | int] = {
            "step": self.schedule.step,
            "seconds": self.schedule.seconds,
            "cpu_seconds": self._cpu_seconds,
            "bases": self.bases,
            "rate": self.recipe.rate * self.schedule.factor,
        }
        if losses:
            self._last_loss = values["loss"] = sum(losses) / len(losses)
        losses.clear()
        if found is not None and self.validation:
            values |= self.validation.figures(found)
            loss = "" if self._last_loss is None else f"  loss {self._last_loss:.4g}"
            self.report(
                f"step {self.schedule.step:>6}  {self.schedule.seconds / 60:6.1f} min  "
                f"{self.bases / 1e6:7.1f} Mb{loss}  held-out {self.validation.format(found)}"
            )
        if self._log is not None:
            self._log.write(**values)

    @property
    def _cpu_seconds(self) -> float:
        """Processor time of the whole run."""
        return self._past_cpu_seconds + time.process_time() - self._cpu_start

    def _save(self) -> None:
        """Write a checkpoint."""
        if self.files is None:
            return
        sampler, *others = self.group.gather(self.task.sampler.state())
        random = self.group.gather(random_state(self.device))
        if not self.group.leads:
            return
        pack = self.validation.pack if self.validation else ignore
        save_checkpoint(
            self.files.folder,
            self.files.kind,
            {
                **self.files.facts,
                "network": self.network.state_dict(),
                "average": self.average.state_dict(),
                "best": self._best,
                "optimizers": self.optimizers.state_dict(),
                "sampler": sampler,
                "other_samplers": others,
                "random": random,
                "step": self.schedule.step,
                "seconds": self.schedule.seconds,
                "cpu_seconds": self._cpu_seconds,
                "bases": self.bases,
                "validated": self._validated,
                "stale": self._stale,
                "best_score": self._best_score,
                "best_step": self.best_step,
                "history": [(step, seconds, pack(found)) for step, seconds, found in self.history],
            },
        )

    def restore(self, saved: Mapping[str, Any]) -> None:
        """Take up the state of a checkpoint.

        Raises
        ------
        InputError
            If the checkpoint is of another number of processes.
        """
        samplers = [saved["sampler"], *saved["other_samplers"]]
        if len(samplers) != self.group.size:
            raise InputError(
                f"the checkpoint is of a run of {len(samplers)} processes and cannot go on with "
                f"{self.group.size}"
            )
        self.network.load_state_dict(saved["network"])
        self.average.load_state_dict(saved["average"])
        self._best = saved["best"]
        self.optimizers.load_state_dict(saved["optimizers"])
        self.task.sampler.restore(samplers[self.group.rank])
        restore_random(saved["random"][self.group.rank], self.device)
        self.schedule.step = saved["step"]
        self.schedule.seconds = saved["seconds"]
        self._past_cpu_seconds = saved["cpu_seconds"]
        self.bases = saved["bases"]
        self._validated = saved["validated"]
        self._stale = saved["stale"]
        self._best_score = saved["best_score"]
        self.best_step = saved["best_step"]
        if self.validation:
            self.history = [
                (step, seconds, self.validation.unpack(packed))
                for step, seconds, packed in saved["history"]
            ]


def fit(
    network: Network,
    task: Task[Network, Drawn],
    recipe: Recipe,
    *,
    threads: int = 1,
    progress: Progress = ignore,
) -> Network:
    """Train a network for a whole budget, without validation and without files.

    Parameters
    ----------
    network
        Trained in place.
    task
        What is learnt.
    recipe
        How; with a budget of updates, the same input gives the same weights.
    threads
        Of torch.
    progress
        Takes the share of the budget that is used up.

    Returns
    -------
    nn.Module
        A copy with averaged weights, in evaluation mode.
    """
    prepare_thread()
    torch.set_num_threads(threads)
    torch.manual_seed(recipe.seed)
    trainer: Trainer[Network, Drawn, None] = Trainer(network, task, recipe, progress=progress)
    return trainer.train()
