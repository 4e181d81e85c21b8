"""The pretraining of an encoder: predict the next base of raw genomes, in both directions."""

import copy
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any, ClassVar

import torch
from torch import Tensor

from genefinder.data.markov import Bits
from genefinder.data.sampling import Sampler
from genefinder.data.windows import RawWindow
from genefinder.models.model import PretrainedModel
from genefinder.network.next_base import NextBase
from genefinder.training.beginning import begin_next_base
from genefinder.training.cards import write_pretraining_card
from genefinder.training.distributed import Group, joined
from genefinder.training.markov_comparison import compare, network_bits
from genefinder.training.raw_corpus import RawCorpus, load_raw_corpus
from genefinder.training.results import PretrainingResult
from genefinder.training.run_files import load_checkpoint
from genefinder.training.settings import PretrainSettings
from genefinder.training.tasks import NextBaseTask
from genefinder.training.trainer import Progress, Report, RunFiles, Trainer, Validation, ignore

KIND = "next-base"


def pretrain(
    settings: PretrainSettings, report: Report = ignore, progress: Progress = ignore
) -> PretrainingResult:
    """Pretrain an encoder and write its directory.

    Parameters
    ----------
    settings
        The run.
    report, progress
        See :func:`genefinder.training.train.train`; the comparison with Markov models is reported.

    Raises
    ------
    GenefinderError, KeyboardInterrupt
        Likewise.
    """
    with joined(settings.device, settings.threads) as (device, group):
        settings.check_output()
        torch.manual_seed(settings.recipe.seed)
        saved = load_checkpoint(settings.output, KIND) if settings.resume else None
        network = begin_next_base(settings, saved)
        corpus = load_raw_corpus(
            settings.genomes,
            settings.validation,
            settings.exclude,
            skip_soft_masked=settings.skip_soft_masked,
        )
        group.seed_apart(settings.recipe.seed)
        trainer = next_base_trainer(
            network.to(device), corpus, settings, group=group, report=report, progress=progress
        )
        if saved is not None:
            trainer.restore(saved)
        return _finish(trainer, corpus, settings)


def next_base_trainer(
    network: NextBase,
    corpus: RawCorpus,
    settings: PretrainSettings,
    *,
    group: Group,
    report: Report = ignore,
    progress: Progress = ignore,
) -> Trainer[NextBase, RawWindow, Bits]:
    """Return what trains a network on a corpus, one process of it.

    Parameters
    ----------
    network
        Trained in place, on its device.
    corpus, settings
        What to learn from, and the run.
    group
        The processes of the run; each draws windows of its own.
    report, progress
        See :func:`pretrain`.
    """
    recipe = settings.recipe

    def write_model(weights: Mapping[str, Tensor], step: int) -> None:
        best = copy.deepcopy(network)
        best.load_state_dict(weights)
        _write_model(settings, best, step)

    return Trainer(
        network,
        NextBaseTask(
            Sampler(corpus.groups, corpus.weights, recipe.window, (recipe.seed, group.rank))
        ),
        recipe,
        validation=BitsPerBase(corpus, recipe.validation_bases),
        files=RunFiles(settings.output, KIND, {"config": network.config.to_dict()}, write_model),
        group=group,
        report=report,
        progress=progress,
    )


class BitsPerBase(Validation[NextBase, Bits]):
    """Judges a network by the bits that a held-out base takes.

    Parameters
    ----------
    corpus
        What is held out.
    bases
        Bases of it that are read, at most.
    """

    columns: ClassVar = ("forward_bits", "reverse_bits")

    def __init__(self, corpus: RawCorpus, bases: int) -> None:
        self._corpus = corpus
        self._bases = bases

    def evaluate(self, network: NextBase) -> Bits:
        """Return the bits a base."""
        device = next(network.parameters()).device
        return network_bits(network, self._corpus.held_out, device, self._bases)

    def score(self, found: Bits) -> float:
        """Return the mean of both readings, negative."""
        return -found.mean

    def figures(self, found: Bits) -> dict[str, float]:
        """Return the bits of either reading."""
        return {"forward_bits": found.forward, "reverse_bits": found.reverse}

    def format(self, found: Bits) -> str:
        """Return the bits of either reading for the user."""
        return f"bits per base: forward {found.forward:.4f}  reverse {found.reverse:.4f}"

    def pack(self, found: Bits) -> dict[str, float]:
        """Return the bits as plain values."""
        return asdict(found)

    def unpack(self, packed: Any) -> Bits:
        """Return the bits from plain values."""
        return Bits(**packed)


def _finish(
    trainer: Trainer[NextBase, RawWindow, Bits], corpus: RawCorpus, settings: PretrainSettings
) -> PretrainingResult:
    """Train, compare the best weights with Markov models, and write the model."""
    network = trainer.train()
    comparison = trainer.group.once(lambda: compare(network, corpus, trainer.device))
    result = PretrainingResult(
        comparison=comparison,
        best_step=trainer.best_step,
        steps=trainer.schedule.step,
        bases=trainer.bases,
        seconds=trainer.schedule.seconds,
        corpus=corpus,
        history=trainer.history,
    )
    if trainer.group.leads:
        _write_model(settings, network, result.best_step)
        comparison.write(settings.output)
        write_pretraining_card(settings, result, network.config)
    trainer.report(
        f"{settings.output}: weights of step {result.best_step}; bits per base on "
        f"{comparison.scored:,} held-out bases of both directions "
        f"({comparison.skipped:,} more follow N or the beginning too closely):\n"
        f"{comparison.format()}"
    )
    return result


def _write_model(settings: PretrainSettings, network: NextBase, step: int) -> None:
    """Write the model directory with the weights of an update."""
    PretrainedModel(
        name=settings.output.name,
        network=network.eval(),
        provenance=settings.to_dict() | {"step": step},
    ).save(settings.output)
