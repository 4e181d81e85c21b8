"""The training run: count, then improve through the grammar, and keep what validates best."""

import copy
import time
from collections.abc import Callable
from dataclasses import asdict
from typing import Any

import torch
from torch import Tensor

from genefinder.annotate import EvidenceReader, choose_device, prepare_thread
from genefinder.dataset.counts import CountedTables
from genefinder.dataset.spelling import SpellingRules
from genefinder.dataset.windows import WindowSampler
from genefinder.decoding import Grammar
from genefinder.errors import InputError
from genefinder.evaluate import Evaluation
from genefinder.network.config import NetworkConfig
from genefinder.network.model import GeneNetwork
from genefinder.network.store import load_model, save_model
from genefinder.training.averaging import AveragedWeights
from genefinder.training.card import write_card
from genefinder.training.checkpoint import load_checkpoint, save_checkpoint
from genefinder.training.corpus import Corpus, count_corpus, load_corpus
from genefinder.training.distributed import Group
from genefinder.training.log import Log
from genefinder.training.objective import GrammarLoss
from genefinder.training.optimizers import Optimizers
from genefinder.training.result import TrainingResult
from genefinder.training.schedule import Schedule
from genefinder.training.settings import TrainSettings
from genefinder.training.validation import choose_threshold, score, validate

_REPORTS = 200
"""Rows of the log over the budget, besides the validations."""
_CHECKPOINT_SECONDS = 180.0

Report = Callable[[str], None]


def train(settings: TrainSettings, report: Report = lambda _: None) -> TrainingResult:
    """Train a model and write its directory.

    Parameters
    ----------
    settings
        The run.
    report
        Takes a line for the user at every validation.

    Raises
    ------
    GenefinderError
        If the data, the model to start from, the device or the output cannot be used.
    """
    device = choose_device(settings.device)
    prepare_thread()
    torch.set_num_threads(settings.threads)
    group = Group.join(device)
    try:
        run = _Run(settings, device, group, report if group.leads else lambda _: None)
        return run.go()
    finally:
        group.leave()


class _Run:
    """State of one run."""

    def __init__(
        self, settings: TrainSettings, device: torch.device, group: Group, report: Report
    ) -> None:
        self.settings = settings
        self.device = device
        self.group = group
        self.report = report
        recipe = settings.recipe
        settings.output.mkdir(parents=True, exist_ok=True)
        torch.manual_seed(recipe.seed)
        saved = load_checkpoint(settings.output) if settings.resume else None
        rules, network = _start(settings, saved)
        self.corpus = load_corpus(settings.genomes, settings.validation, settings.exclude, rules)
        self.grammar = _grammar(self.corpus.rules)
        if group.leads:
            self._write_reports()
        if recipe.window % network.config.stride:
            raise InputError(
                f"recipe: window {recipe.window} is not a multiple of the network's stride "
                f"{network.config.stride}"
            )
        if saved is None and settings.init is None and network.tables is not None:
            _fill_tables(network, count_corpus(self.corpus, network.config))
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
        self.log = Log(settings.output, self.schedule.step if saved else None)

    def go(self) -> TrainingResult:
        """Train until the budget or the patience ends."""
        recipe = self.settings.recipe
        saved_at = time.monotonic()
        logged = 0
        losses: list[float] = []
        self.schedule.tick()
        while True:
            if self.schedule.progress * recipe.validations >= self.validated:
                self._validate(losses)
                if self.schedule.progress >= 1 or self.stale > recipe.patience:
                    return self.finish()
            losses.append(self._step())
            if self.schedule.progress * _REPORTS >= logged + 1:
                logged = int(self.schedule.progress * _REPORTS)
                self._write_log(losses)
            if self.group.leads and time.monotonic() - saved_at > _CHECKPOINT_SECONDS:
                self._save()
                saved_at = time.monotonic()

    def finish(self) -> TrainingResult:
        """Evaluate the best weights on all that is held out, and write the model."""
        self.average.load_state_dict(self.best)
        result = TrainingResult(
            best=self.history[-1][2],
            best_step=self.best_step,
            steps=self.schedule.step,
            bases=self.bases,
            seconds=self.schedule.seconds,
            corpus=self.corpus,
            grammar=self.grammar,
            min_posterior=0.0,
            history=self.history,
        )
        if self.group.leads:
            with self._reader() as reader:
                result.min_posterior, result.best = choose_threshold(
                    self.corpus.held_out, reader, self.grammar
                )
            self._save()
            self._write_model(result.min_posterior)
            write_card(self.settings, result, self.network.config)
        return result

    def _step(self) -> float:
        """Make one update and return its loss."""
        recipe = self.settings.recipe
        windows = [self.sampler.draw() for _ in range(recipe.batch)]
        codes = torch.stack([torch.from_numpy(window.codes) for window in windows])
        with torch.autocast(self.device.type, torch.bfloat16, enabled=self.device.type == "cuda"):
            evidence = self.network(codes.to(self.device))
        loss = self.loss(evidence.float(), windows)
        loss.backward()  # type: ignore[no-untyped-call]
        gradients = [p.grad for p in self.network.parameters() if p.grad is not None]
        self.schedule.tick()
        clock = torch.tensor([self.schedule.seconds], device=self.device)
        self.group.average([*gradients, clock])
        if self.group.size > 1:
            # Every process must see the same clock, or they would stop at different steps.
            self.schedule.seconds = float(clock)
        torch.nn.utils.clip_grad_norm_(self.network.parameters(), recipe.clip)
        self.optimizers.step(self.schedule.factor)
        self.schedule.step += 1
        self.average.update(self.network, self.schedule.step)
        self.bases += recipe.window * recipe.batch * self.group.size
        return float(loss.detach())

    def _validate(self, losses: list[float]) -> None:
        """Decode held-out genes with the averaged weights and remember the best."""
        recipe = self.settings.recipe
        verdict = [0.0, 0.0, 0.0]
        if self.group.leads:
            with self._reader() as reader:
                evaluation = validate(
                    self.corpus.held_out, reader, self.grammar, recipe.validation_bases
                )
            self.schedule.tick()
            self.history.append((self.schedule.step, self.schedule.seconds, evaluation))
            self._write_log(losses, evaluation)
            if score(evaluation) > self.best_score:
                self.best_score = score(evaluation)
                self.best_step = self.schedule.step
                self.best = copy.deepcopy(self.average.state_dict())
                self.stale = 0
            else:
                self.stale += 1
            verdict = [self.schedule.seconds, float(self.stale), 0.0]
            if self.schedule.step:
                self._write_model(0.0)
        self.validated = int(self.schedule.progress * recipe.validations) + 1
        seconds, stale, _ = self.group.share(verdict)
        self.schedule.seconds, self.stale = seconds, int(stale)

    def _reader(self) -> EvidenceReader:
        """Return a reader of the averaged network."""
        return EvidenceReader(self.average.network, self.device, self.settings.threads)

    def _write_log(self, losses: list[float], evaluation: Evaluation | None = None) -> None:
        """Write a row of the log, and a line for the user where genes were evaluated."""
        if not self.group.leads:
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
            values["loss"] = sum(losses) / len(losses)
            self.last_loss = values["loss"]
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

    def _write_reports(self) -> None:
        """Write what training uses of each annotation."""
        texts = []
        for number, (one, summary) in enumerate(
            zip(self.settings.genomes, self.corpus.reports, strict=True), start=1
        ):
            texts.append(f"# {one.annotation.name} on {one.genome.name}\n{summary.to_text()}")
            summary.write_tsv(self.settings.output / f"unused_transcripts.{number}.tsv")
        text = "\n".join(texts)
        (self.settings.output / "annotation_report.txt").write_text(text, encoding="utf-8")

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
        save_checkpoint(
            self.settings.output,
            {
                "network": self.network.state_dict(),
                "config": self.network.config.to_dict(),
                "rules": asdict(self.corpus.rules),
                "average": self.average.state_dict(),
                "best": self.best,
                "optimizers": self.optimizers.state_dict(),
                "sampler": self.sampler.state(),
                "step": self.schedule.step,
                "seconds": self.schedule.seconds,
                "cpu_seconds": self._past_cpu_seconds + time.process_time() - self._cpu_start,
                "bases": self.bases,
                "validated": self.validated,
                "stale": self.stale,
                "best_score": self.best_score,
                "best_step": self.best_step,
            },
        )

    def _restore(self, saved: dict[str, Any]) -> None:
        """Take up the state of a checkpoint."""
        self.network.load_state_dict(saved["network"])
        self.average.load_state_dict(saved["average"])
        self.best = saved["best"]
        self.optimizers.load_state_dict(saved["optimizers"])
        self.sampler.restore(saved["sampler"])
        self.schedule.step = saved["step"]
        self.schedule.seconds = saved["seconds"]
        self._past_cpu_seconds = saved["cpu_seconds"]
        self.bases = saved["bases"]
        self.validated = saved["validated"]
        self.stale = saved["stale"]
        self.best_score = saved["best_score"]
        self.best_step = saved["best_step"]


def _start(
    settings: TrainSettings, saved: dict[str, Any] | None
) -> tuple[SpellingRules | None, GeneNetwork]:
    """Return the network to begin with, and the grammar limits that come with it."""
    if saved is not None:
        return SpellingRules(**saved["rules"]), GeneNetwork(
            NetworkConfig.from_dict(saved["config"])
        )
    if settings.init is not None:
        model = load_model(settings.init)
        return None, model.network.train()
    return None, GeneNetwork(settings.network)


def _grammar(rules: SpellingRules) -> Grammar:
    """Return the grammar that spells what the rules allow."""
    return Grammar(
        min_intron=rules.min_intron,
        min_exon=rules.min_exon,
        genetic_code=rules.genetic_code,
        donors=rules.donors,
        acceptors=rules.acceptors,
    )


def _fill_tables(network: GeneNetwork, counted: CountedTables) -> None:
    """Copy counted tables into a network."""
    if network.tables is None:
        return
    with torch.no_grad():
        network.tables.words.copy_(torch.from_numpy(counted.words))
        network.tables.weights.copy_(torch.from_numpy(counted.weights))
        network.tables.bias.copy_(torch.from_numpy(counted.bias))
