"""The training run: count, then improve through the grammar, and keep what validates best."""

import copy
import time
from collections.abc import Callable
from dataclasses import asdict
from typing import Any, NoReturn

import torch
from torch import Tensor

from genefinder.annotate import EvidenceReader, choose_device, prepare_thread
from genefinder.dataset.windows import WindowSampler
from genefinder.errors import InputError
from genefinder.evaluate import LEVELS, Evaluation, Level
from genefinder.network.store import save_model
from genefinder.training.averaging import AveragedWeights
from genefinder.training.card import write_card
from genefinder.training.checkpoint import load_checkpoint, save_checkpoint
from genefinder.training.distributed import Group, own_device
from genefinder.training.interruption import Interruption
from genefinder.training.log import Log
from genefinder.training.noise import replace_bases
from genefinder.training.objective import GrammarLoss
from genefinder.training.optimizers import Optimizers
from genefinder.training.result import TrainingResult
from genefinder.training.sanity import write_reports
from genefinder.training.schedule import Schedule
from genefinder.training.settings import TrainSettings
from genefinder.training.start import grammar_of, start
from genefinder.training.validation import choose_threshold, score, validate

_REPORTS = 200
"""Rows of the log over the budget, besides the validations."""
_CHECKPOINT_SECONDS = 180.0
_SEED_STEP = 1_000_003
"""Between the seeds of the processes of a run."""

Report = Callable[[str], None]
Progress = Callable[[float], None]


def _ignore(_: object) -> None:
    """Take something and do nothing with it."""


def train(
    settings: TrainSettings, report: Report = _ignore, progress: Progress = _ignore
) -> TrainingResult:
    """Train a model and write its directory.

    Parameters
    ----------
    settings
        The run.
    report
        Takes a line for the user at every validation and at the end.
    progress
        Takes the share of the budget that is used up, 0 to 1, after every update.

    Raises
    ------
    GenefinderError
        If the data, the model to start from, the device or the output cannot be used.
    KeyboardInterrupt
        After Ctrl-C, as soon as the update under way is complete and a checkpoint written.
    """
    device = own_device(choose_device(settings.device))
    prepare_thread()
    torch.set_num_threads(settings.threads)
    group = Group.join(device)
    if not group.leads:
        report = progress = _ignore
    try:
        return _Run(settings, device, group, report, progress).go()
    finally:
        group.leave()


class _Run:
    """State of one run."""

    def __init__(
        self,
        settings: TrainSettings,
        device: torch.device,
        group: Group,
        report: Report,
        progress: Progress,
    ) -> None:
        self.settings = settings
        self.device = device
        self.group = group
        self.report = report
        self.progress = progress
        recipe = settings.recipe
        torch.manual_seed(recipe.seed)
        saved = load_checkpoint(settings.output) if settings.resume else None
        network, self.corpus = start(settings, saved)
        if group.rank:
            # The same weights everywhere, but other windows and other features hidden by dropout.
            torch.manual_seed(recipe.seed + _SEED_STEP * group.rank)
        self.grammar = grammar_of(self.corpus.rules)
        self.network = network.to(device)
        self.average = AveragedWeights(self.network, recipe.averaging)
        self.optimizers = Optimizers(self.network, recipe.rate, recipe.weight_decay)
        by_cpu = recipe.max_cpu_minutes is not None
        minutes = recipe.max_cpu_minutes if by_cpu else recipe.max_minutes
        self.schedule = Schedule(
            max_steps=recipe.max_steps,
            max_seconds=None if minutes is None else 60 * minutes,
            constant=recipe.constant,
            clock=time.process_time if by_cpu else time.monotonic,
        )
        self.sampler = WindowSampler(
            self.corpus.groups, self.corpus.weights, recipe.window, (recipe.seed, group.rank)
        )
        self.loss = GrammarLoss(self.grammar, settings.threads)
        self.bases = 0
        self.last_loss: float | None = None
        self._cpu_start = time.process_time()
        self._past_cpu_seconds = 0.0
        self.validated = 0
        self.stale = 0
        self.best_score = -1.0
        self.best_step = 0
        self.best: dict[str, Tensor] = copy.deepcopy(self.average.state_dict())
        self.history: list[tuple[int, float, Evaluation]] = []
        if saved is not None:
            self._restore(saved)
        self.log: Log | None = None
        if group.leads:
            settings.output.mkdir(parents=True, exist_ok=True)
            write_reports(settings.output, settings.genomes, self.corpus.reports)
            self.log = Log(settings.output, self.schedule.step if saved else None)

    def go(self) -> TrainingResult:
        """Train until the budget or the patience ends."""
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
        return self._finish()

    def _finish(self) -> TrainingResult:
        """Evaluate the best weights on all that is held out, and write the model."""
        self.average.load_state_dict(self.best)
        min_posterior, best = self.group.once(self._choose_threshold)
        result = TrainingResult(
            best=best,
            best_step=self.best_step,
            steps=self.schedule.step,
            bases=self.bases,
            seconds=self.schedule.seconds,
            corpus=self.corpus,
            grammar=self.grammar,
            min_posterior=min_posterior,
            history=self.history,
        )
        if self.group.leads:
            self._write_model(min_posterior)
            write_card(self.settings, result, self.network.config)
        self.report(
            f"{self.settings.output}: weights of step {self.best_step}, posterior threshold "
            f"{min_posterior:g}, on held-out sequence:\n{best.format()}"
        )
        return result

    def _stop(self, interruption: Interruption) -> NoReturn:
        """Save everything and end as Ctrl-C does."""
        self._save()
        if self.group.leads:
            self._write_model(0.0)
        self.report(f"step {self.schedule.step}: stopped and saved; go on with --resume")
        interruption.stop()

    def _step(self, interruption: Interruption) -> tuple[float, bool]:
        """Make one update; return its loss, and whether any process is to stop."""
        recipe = self.settings.recipe
        windows = [self.sampler.draw() for _ in range(recipe.batch)]
        codes = torch.stack([torch.from_numpy(window.codes) for window in windows])
        codes = replace_bases(codes, recipe.noise)
        with torch.autocast(self.device.type, torch.bfloat16, enabled=self.device.type == "cuda"):
            evidence = self.network(codes.to(self.device))
        loss = self.loss(evidence.float(), windows)
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
        """Decode held-out genes with the averaged weights and remember the best."""
        schedule = self.schedule
        evaluation = self.group.once(self._evaluate)
        schedule.tick()
        schedule.seconds = self.group.once(lambda: schedule.seconds)
        self.history.append((schedule.step, schedule.seconds, evaluation))
        self._write_log(losses, evaluation)
        if score(evaluation) > self.best_score:
            self.best_score = score(evaluation)
            self.best_step = schedule.step
            self.best = copy.deepcopy(self.average.state_dict())
            self.stale = 0
        else:
            self.stale += 1
        if self.group.leads and schedule.step:
            self._write_model(0.0)
        self.validated = int(schedule.progress * self.settings.recipe.validations) + 1

    def _evaluate(self) -> Evaluation:
        """Evaluate the averaged network on what is held out, or on the beginning of it."""
        most = self.settings.recipe.validation_bases
        with self._reader() as reader:
            return validate(self.corpus.held_out, reader, self.grammar, most)

    def _choose_threshold(self) -> tuple[float, Evaluation]:
        """Evaluate the averaged network on all that is held out."""
        with self._reader() as reader:
            return choose_threshold(self.corpus.held_out, reader, self.grammar)

    def _reader(self) -> EvidenceReader:
        """Return a reader of the averaged network."""
        return EvidenceReader(self.average.network, self.device, self.settings.threads)

    def _write_log(self, losses: list[float], evaluation: Evaluation | None = None) -> None:
        """Write a row of the log, and a line for the user where genes were evaluated."""
        if self.log is None:
            losses.clear()
            return
        values: dict[str, float | int] = {
            "step": self.schedule.step,
            "seconds": self.schedule.seconds,
            "cpu_seconds": self._past_cpu_seconds + time.process_time() - self._cpu_start,
            "bases": self.bases,
            "rate": self.settings.recipe.rate * self.schedule.factor,
        }
        if losses:
            self.last_loss = values["loss"] = sum(losses) / len(losses)
        losses.clear()
        if evaluation is not None:
            levels = evaluation.levels()
            values |= {f"{name}_f1": 100 * level.f1 for name, level in levels.items()}
            loss = "" if self.last_loss is None else f"  loss {self.last_loss:.2f}"
            self.report(
                f"step {self.schedule.step:>6}  {self.schedule.seconds / 60:6.1f} min  "
                f"{self.bases / 1e6:7.1f} Mb{loss}  held-out F1: "
                + "  ".join(f"{name} {100 * level.f1:.1f}" for name, level in levels.items())
            )
        self.log.write(**values)

    def _write_model(self, min_posterior: float) -> None:
        """Write the best weights so far."""
        save_model(
            self.settings.output,
            self.network.config,
            self.best,
            self.grammar.to_dict(),
            min_posterior,
            self.settings.to_dict() | {"step": self.best_step},
        )

    def _save(self) -> None:
        """Write a checkpoint."""
        sampler, *others = self.group.gather(self.sampler.state())
        random = self.group.gather(_random_state(self.device))
        if not self.group.leads:
            return
        save_checkpoint(
            self.settings.output,
            {
                "network": self.network.state_dict(),
                "config": self.network.config.to_dict(),
                "rules": asdict(self.corpus.rules),
                "average": self.average.state_dict(),
                "best": self.best,
                "optimizers": self.optimizers.state_dict(),
                "sampler": sampler,
                "other_samplers": others,
                "random": random,
                "step": self.schedule.step,
                "seconds": self.schedule.seconds,
                "cpu_seconds": self._past_cpu_seconds + time.process_time() - self._cpu_start,
                "bases": self.bases,
                "validated": self.validated,
                "stale": self.stale,
                "best_score": self.best_score,
                "best_step": self.best_step,
                "history": [
                    (step, seconds, {name: asdict(one) for name, one in found.levels().items()})
                    for step, seconds, found in self.history
                ],
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
            _restore_random(saved["random"][self.group.rank], self.device)
        self.schedule.step = saved["step"]
        self.schedule.seconds = saved["seconds"]
        self._past_cpu_seconds = saved["cpu_seconds"]
        self.bases = saved["bases"]
        self.validated = saved["validated"]
        self.stale = saved["stale"]
        self.best_score = saved["best_score"]
        self.best_step = saved["best_step"]
        self.history = [
            (step, seconds, _evaluation(levels))
            for step, seconds, levels in saved.get("history", ())
        ]


def _random_state(device: torch.device) -> list[Tensor]:
    """Return the state of the random numbers that dropout draws, on the CPU and on a GPU."""
    states = [torch.get_rng_state()]
    if device.type == "cuda":
        states.append(torch.cuda.get_rng_state(device))
    return states


def _restore_random(states: list[Tensor], device: torch.device) -> None:
    """Go on from a state returned by :func:`_random_state`."""
    torch.set_rng_state(states[0])
    if device.type == "cuda" and len(states) > 1:
        torch.cuda.set_rng_state(states[1], device)


def _evaluation(levels: dict[str, dict[str, int]]) -> Evaluation:
    """Return an evaluation from the counts of its levels."""
    base, exon, transcript, gene = (Level(**levels[name]) for name in LEVELS)
    return Evaluation(base, exon, transcript, gene)
