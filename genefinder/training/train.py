"""The training of a gene model: count, then improve through the grammar."""

import copy
from collections.abc import Sequence
from dataclasses import asdict, replace
from typing import Any, ClassVar

from torch import Tensor

from genefinder.data.raw_windows import RawRegion, RawSampler
from genefinder.data.windows import Window, WindowSampler
from genefinder.evaluation import LEVELS, Evaluation, Level
from genefinder.models.model import Model
from genefinder.network.network import GeneNetwork
from genefinder.network.scorer import WindowScorer
from genefinder.training.card import write_card
from genefinder.training.corpus import count_folds
from genefinder.training.cross_fit import CrossFit
from genefinder.training.descent import part_of
from genefinder.training.distillation import Teachers
from genefinder.training.distributed import joined
from genefinder.training.final_validation import FinalValidation, validate_finally
from genefinder.training.losses import GrammarLoss
from genefinder.training.next_base_first import continue_next_base
from genefinder.training.recipe import Recipe
from genefinder.training.result import TrainingResult
from genefinder.training.run import Progress, Report, Run, ignore
from genefinder.training.sanity import write_reports
from genefinder.training.settings import TrainSettings
from genefinder.training.start import begins_with_counts, start
from genefinder.training.start_bias import choose_start_score_bias
from genefinder.training.validation import score, validate


def train(
    settings: TrainSettings, report: Report = ignore, progress: Progress = ignore
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
    with joined(settings.device, settings.threads) as (device, group):
        return _Run(settings, device, group, report, progress).go()


class _Run(Run[GeneNetwork, Window, Evaluation]):
    """A run that is judged by the genes that it finds."""

    kind = "genes"
    figures: ClassVar = tuple(f"{level}_f1" for level in LEVELS)
    settings: TrainSettings

    def go(self) -> TrainingResult:
        """Train, evaluate the best weights on all that is held out, and write the model."""
        self._improve()
        start_score_bias = self.group.once(self._choose_start_score_bias)
        final_validation = self.group.once(self._validate_finally)
        best, min_posterior = final_validation.best, final_validation.min_posterior
        result = TrainingResult(
            final_validation=final_validation,
            start_score_bias=start_score_bias,
            best_step=self.best_step,
            steps=self.schedule.step,
            bases=self.bases,
            seconds=self.schedule.seconds,
            corpus=self.corpus,
            grammar=self.grammar,
            history=self.history,
        )
        if self.group.leads:
            self._write_model(final_validation)
            write_card(self.settings, result, self.network.config)
        self.report(
            f"{self.settings.output}: weights of step {self.best_step}, posterior threshold "
            f"{min_posterior:g}, on held-out sequence:\n{best.format()}"
        )
        return result

    def _begin(self, saved: dict[str, Any] | None) -> GeneNetwork:
        network, self.corpus = start(self.settings, saved)
        self.grammar = self.corpus.grammar
        self._grammar_loss = GrammarLoss(self.grammar, self.settings.threads)
        self._counted = (
            begins_with_counts(self.settings) if saved is None else saved.get("counted", False)
        )
        self._cross_fit = (
            CrossFit(*count_folds(self.corpus, network.config), network.config, self.device)
            if self._counted and network.config.tables
            else None
        )
        networks = [Model.load(name).network for name in self.settings.teachers]
        self._teachers = Teachers(networks, self.grammar, self.device)
        if share := self.settings.next_base:
            shown = self.progress
            if saved is None and self.settings.recipe.max_steps != 0:
                self._predict_bases(network, part_of(shown, 0, share))
            self.progress = part_of(shown, share, 1)
        return network

    def _predict_bases(self, network: GeneNetwork, progress: Progress) -> None:
        """Let a new encoder predict the next base of what is learnt from, on the leader alone."""
        settings = self.settings
        recipe = settings.recipe.scaled(settings.next_base)
        regions = [
            [RawRegion(one.codes, one.codes, one.start, one.end) for one in group]
            for group in self.corpus.groups
        ]
        sampler = RawSampler(regions, self.corpus.weights, recipe.window, recipe.seed)
        self.report(
            f"the encoder learns to predict the next base ({settings.next_base:.0%} of the budget)"
        )

        def learn() -> dict[str, Tensor]:
            learnt = continue_next_base(
                copy.deepcopy(network).to(self.device),
                sampler,
                recipe,
                settings.threads,
                progress,
                fresh=True,
            )
            return {name: values.cpu() for name, values in learnt.encoder.state_dict().items()}

        network.encoder.load_state_dict(self.group.once(learn))

    def _budgeted(self) -> Recipe:
        return self.settings.recipe.scaled(1 - self.settings.next_base)

    def _sampler(self, seed: tuple[int, int]) -> WindowSampler:
        corpus = self.corpus
        return WindowSampler(corpus.groups, corpus.weights, self.settings.recipe.window, seed)

    def _describe_data(self) -> None:
        write_reports(self.settings.output, self.settings.genomes, self.corpus.reports)

    def _forward(self, codes: Tensor, windows: Sequence[Window]) -> Tensor:
        unseen = self._cross_fit(codes, windows) if self._cross_fit else None
        output: Tensor = self.network(codes, unseen)
        return output

    def _loss(self, output: Tensor, windows: Sequence[Window]) -> Tensor:
        return self._grammar_loss(output, self._teachers.teach(windows))

    def _evaluate(self) -> Evaluation:
        """Find the genes of what is held out, or of the beginning of it."""
        most = self.settings.recipe.validation_bases
        with self._reader() as reader:
            return validate(self.corpus.held_out, reader, self.grammar, most)

    def _choose_start_score_bias(self) -> float:
        """Set how readily the averaged network calls a gene."""
        network = self.average.network
        step = choose_start_score_bias(
            self.corpus.held_out, network, self.device, self.settings.threads, self.grammar
        )
        self.best = copy.deepcopy(network.state_dict())
        return step

    def _validate_finally(self) -> FinalValidation:
        """Calibrate the averaged network on all that is held out."""
        with self._reader() as reader:
            return validate_finally(self.corpus.held_out, reader, self.grammar, self.corpus.apart)

    def _reader(self) -> WindowScorer:
        """Return a reader of the averaged network."""
        return WindowScorer(self.average.network, self.device, self.settings.threads)

    def _score(self, found: Evaluation) -> float:
        return score(found)

    def _figures(self, found: Evaluation) -> dict[str, float]:
        return {f"{name}_f1": 100 * level.f1 for name, level in found.levels().items()}

    def _say(self, found: Evaluation) -> str:
        levels = found.levels().items()
        return "F1: " + "  ".join(f"{name} {100 * level.f1:.1f}" for name, level in levels)

    def _write_model(self, final_validation: FinalValidation | None = None) -> None:
        """Write the best weights so far; what they were put through is known at the end."""
        network = copy.deepcopy(self.average.network)
        network.load_state_dict(self.best)
        model = Model(
            name=self.settings.output.name,
            network=network.eval(),
            grammar=self.grammar,
            provenance=self.settings.to_dict() | {"step": self.best_step},
        )
        if final_validation:
            model = replace(
                model,
                calibration=final_validation.calibration,
                profiles=final_validation.profiles,
                min_posterior=final_validation.min_posterior,
                provenance={**model.provenance, "held_out_f1": final_validation.figures()},
                sha256="",
            )
        model.save(self.settings.output)

    def _more_state(self) -> dict[str, Any]:
        return {
            "config": self.network.config.to_dict(),
            "rules": self.grammar.to_dict(),
            "counted": self._counted,
            "history": [
                (step, seconds, {name: asdict(level) for name, level in found.levels().items()})
                for step, seconds, found in self.history
            ],
        }

    def _history(self, saved: Sequence[Any]) -> list[tuple[int, float, Evaluation]]:
        return [(step, seconds, _evaluation(levels)) for step, seconds, levels in saved]


def _evaluation(levels: dict[str, dict[str, int]]) -> Evaluation:
    """Return an evaluation from the counts of its levels."""
    base, exon, transcript, gene = (Level(**levels[name]) for name in LEVELS)
    return Evaluation(base, exon, transcript, gene)
