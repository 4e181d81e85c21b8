"""The pretraining of an encoder: predict the next base of raw genomes, in both directions."""

import copy
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any, ClassVar

from torch import Tensor

from genefinder.data.raw_windows import Bits, RawSampler, RawWindow
from genefinder.models.model import PretrainedModel
from genefinder.network.next_base import NextBase
from genefinder.training.distributed import joined
from genefinder.training.losses import next_base_loss
from genefinder.training.markov_comparison import Comparison, compare, network_bits
from genefinder.training.pretrain_card import write_card
from genefinder.training.pretrain_corpus import load_raw_corpus
from genefinder.training.pretrain_result import PretrainingResult
from genefinder.training.pretrain_settings import PretrainSettings
from genefinder.training.pretrain_start import start
from genefinder.training.run import Progress, Report, Run, ignore


def pretrain(
    settings: PretrainSettings, report: Report = ignore, progress: Progress = ignore
) -> PretrainingResult:
    """Pretrain an encoder and write its directory.

    Parameters
    ----------
    settings
        The run.
    report
        Takes a line for the user at every validation, and the comparison at the end.
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


class _Run(Run[NextBase, RawWindow, Bits]):
    """A run that is judged by the bits that a held-out base takes."""

    kind = "next-base"
    figures: ClassVar = ("forward_bits", "reverse_bits")
    settings: PretrainSettings

    def go(self) -> PretrainingResult:
        """Train, compare the best weights with Markov models, and write the model."""
        self._improve()
        comparison = self.group.once(self._compare)
        result = PretrainingResult(
            comparison=comparison,
            best_step=self.best_step,
            steps=self.schedule.step,
            bases=self.bases,
            seconds=self.schedule.seconds,
            corpus=self.corpus,
            history=self.history,
        )
        if self.group.leads:
            self._write_model()
            comparison.write(self.settings.output)
            write_card(self.settings, result, self.network.config)
        self.report(
            f"{self.settings.output}: weights of step {self.best_step}; bits per base on "
            f"{comparison.scored:,} held-out bases of both directions "
            f"({comparison.skipped:,} more follow N or the beginning too closely):\n"
            f"{comparison.format()}"
        )
        return result

    def _begin(self, saved: dict[str, Any] | None) -> NextBase:
        settings = self.settings
        network = start(settings, saved)
        self.corpus = load_raw_corpus(
            settings.genomes,
            settings.validation,
            settings.exclude,
            skip_soft_masked=settings.skip_soft_masked,
        )
        return network

    def _sampler(self, seed: tuple[int, int]) -> RawSampler:
        corpus = self.corpus
        return RawSampler(corpus.groups, corpus.weights, self.settings.recipe.window, seed)

    def _describe_data(self) -> None:
        """Leave the data to the model card."""

    def _loss(self, output: Tensor, windows: Sequence[RawWindow]) -> Tensor:
        return next_base_loss(output, windows)

    def _evaluate(self) -> Bits:
        most = self.settings.recipe.validation_bases
        return network_bits(self.average.network, self.corpus.held_out, self.device, most)

    def _compare(self) -> Comparison:
        return compare(self.average.network, self.corpus, self.device)

    def _score(self, found: Bits) -> float:
        return -found.mean

    def _figures(self, found: Bits) -> dict[str, float]:
        return {"forward_bits": found.forward, "reverse_bits": found.reverse}

    def _say(self, found: Bits) -> str:
        return f"bits per base: forward {found.forward:.4f}  reverse {found.reverse:.4f}"

    def _write_model(self) -> None:
        network = copy.deepcopy(self.average.network)
        network.load_state_dict(self.best)
        PretrainedModel(
            name=self.settings.output.name,
            network=network.eval(),
            provenance=self.settings.to_dict() | {"step": self.best_step},
        ).save(self.settings.output)

    def _more_state(self) -> dict[str, Any]:
        return {
            "config": self.network.config.to_dict(),
            "history": [(step, seconds, asdict(bits)) for step, seconds, bits in self.history],
        }

    def _history(self, saved: Sequence[Any]) -> list[tuple[int, float, Bits]]:
        return [(step, seconds, Bits(**bits)) for step, seconds, bits in saved]
