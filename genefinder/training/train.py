"""The training of a gene model: count, predict the next base, then improve through the grammar."""

import copy
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, replace
from typing import Any, ClassVar

import torch
from torch import Tensor

from genefinder.data.report import AnnotationReport
from genefinder.data.sampling import Sampler
from genefinder.data.windows import RawRegion, RawWindow, Window
from genefinder.evaluation import LEVELS, Evaluation, Level
from genefinder.models.model import Model
from genefinder.network.network import GeneNetwork
from genefinder.network.next_base import NextBase
from genefinder.network.scorer import WindowScorer
from genefinder.training.beginning import begin
from genefinder.training.cards import write_training_card
from genefinder.training.corpus import Corpus
from genefinder.training.distributed import Group, joined
from genefinder.training.final_validation import FinalValidation, validate_finally
from genefinder.training.recipe import Recipe
from genefinder.training.results import TrainingResult
from genefinder.training.run_files import load_checkpoint
from genefinder.training.settings import PRETRAINING, LabelledGenome, TrainSettings
from genefinder.training.start_bias import choose_start_score_bias
from genefinder.training.tasks import GeneTask, GrammarLoss, NextBaseTask, WindowStatistics
from genefinder.training.trainer import (
    Progress,
    Report,
    RunFiles,
    Trainer,
    Validation,
    fit,
    ignore,
    part_of,
)
from genefinder.training.validation import score, share_out, validate


def learn_next_base(
    network: GeneNetwork,
    sampler: Sampler[RawWindow],
    recipe: Recipe,
    *,
    device: torch.device,
    threads: int = 1,
    progress: Progress = ignore,
) -> dict[str, Tensor]:
    """Let the encoder of a gene network learn to predict the bases of raw sequence.

    Parameters
    ----------
    network
        Where to start; it is not changed.
    sampler
        Draws the windows to learn.
    recipe
        How; its budget is for all of this. The learning rate, the largest gradient and the noise
        are those of :data:`~genefinder.training.settings.PRETRAINING`.
    device
        Where to train.
    threads
        Of torch.
    progress
        Takes the share of the budget that is used up, 0 to 1.

    Returns
    -------
    dict
        The encoder's weights, averaged over the updates, on the CPU.
    """
    torch.manual_seed(recipe.seed)
    predictor = NextBase(network.config)
    predictor.encoder.load_state_dict(network.encoder.state_dict())
    learnt = fit(
        predictor.to(device),
        NextBaseTask(sampler),
        replace(recipe, rate=PRETRAINING.rate, clip=PRETRAINING.clip, noise=PRETRAINING.noise),
        threads=threads,
        progress=progress,
    )
    return {name: values.cpu() for name, values in learnt.encoder.state_dict().items()}


KIND = "genes"
ANNOTATION_REPORT = "annotation_report.txt"


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
        If the data, the model to start from, the device or the output cannot be used, or the
        output holds a model.
    KeyboardInterrupt
        After Ctrl-C, as soon as the update under way is complete and a checkpoint written.
    """
    with joined(settings.device, settings.threads) as (device, group):
        settings.check_output()
        torch.manual_seed(settings.recipe.seed)
        saved = load_checkpoint(settings.output, KIND) if settings.resume else None
        begun = begin(settings, saved, device)
        network, corpus = begun.network, begun.corpus
        if share := settings.next_base_share:
            if saved is None and settings.recipe.max_steps != 0:
                first = part_of(progress, 0, share)
                _predict_bases_first(network, corpus, settings, group, device, report, first)
            progress = part_of(progress, share, 1)
        group.seed_apart(settings.recipe.seed)
        trainer = gene_trainer(
            network.to(device),
            corpus,
            settings,
            statistics=begun.statistics,
            group=group,
            report=report,
            progress=progress,
        )
        if saved is not None:
            trainer.restore(saved)
        if group.leads:
            _write_reports(settings, corpus.reports)
        return _finish(trainer, corpus, settings)


def _predict_bases_first(
    network: GeneNetwork,
    corpus: Corpus,
    settings: TrainSettings,
    group: Group,
    device: torch.device,
    report: Report,
    progress: Progress,
) -> None:
    """Let a new encoder predict the next base of what is learnt from, on the leader alone."""
    share = settings.next_base_share
    recipe = settings.recipe.scaled(share)
    regions = [
        [RawRegion(region.contig, region.start, region.codes, region.genome) for region in group]
        for group in corpus.groups
    ]

    def learn() -> dict[str, Tensor]:
        report(f"the encoder learns to predict the next base ({share:.0%} of the budget)")
        return learn_next_base(
            network,
            Sampler(regions, corpus.weights, recipe.window, recipe.seed),
            recipe,
            device=device,
            threads=settings.threads,
            progress=progress,
        )

    network.encoder.load_state_dict(group.once(learn))


def gene_trainer(
    network: GeneNetwork,
    corpus: Corpus,
    settings: TrainSettings,
    *,
    group: Group,
    statistics: WindowStatistics,
    report: Report = ignore,
    progress: Progress = ignore,
) -> Trainer[GeneNetwork, Window, Evaluation]:
    """Return what trains a network on a corpus, one process of it.

    Parameters
    ----------
    network
        Trained in place, on its device.
    corpus, settings
        What to learn from, and the run.
    group
        The processes of the run; each draws windows of its own.
    statistics
        What the network is given beside the windows.
    report, progress
        See :func:`train`.
    """
    recipe = settings.recipe.scaled(1 - settings.next_base_share)
    facts = {"config": network.config.to_dict(), "grammar": corpus.grammar.to_dict()}

    def write_model(weights: Mapping[str, Tensor], step: int) -> None:
        best = copy.deepcopy(network)
        best.load_state_dict(weights)
        _write_model(settings, corpus, best, step)

    return Trainer(
        network,
        GeneTask(
            Sampler(corpus.groups, corpus.weights, recipe.window, (recipe.seed, group.rank)),
            GrammarLoss(corpus.grammars, settings.threads),
            statistics,
            settings.hidden_words,
        ),
        recipe,
        validation=HeldOutGenes(corpus, recipe.validation_bases, settings.threads),
        files=RunFiles(settings.output, KIND, facts, write_model),
        group=group,
        report=report,
        progress=progress,
    )


class HeldOutGenes(Validation[GeneNetwork, Evaluation]):
    """Judges a network by the genes that it finds; each genome has the same share of the bases.

    Parameters
    ----------
    corpus
        What is held out.
    bases
        Bases of it that are read, at most.
    threads
        Of the reader.
    """

    columns: ClassVar = tuple(f"{level}_f1" for level in LEVELS)

    def __init__(self, corpus: Corpus, bases: int, threads: int) -> None:
        self._corpus = corpus
        self._bases = bases
        self._threads = threads

    def evaluate(self, network: GeneNetwork) -> Evaluation:
        """Find the genes of what is held out, or of the beginning of it."""
        corpus = self._corpus
        held_out = share_out(corpus.held_out, self._bases)
        device = next(network.parameters()).device
        with readers(network, corpus, device, self._threads) as reader:
            return validate(held_out, reader, corpus.grammars, self._bases)

    def score(self, found: Evaluation) -> float:
        """Return the mean of gene and exon F1."""
        return score(found)

    def figures(self, found: Evaluation) -> dict[str, float]:
        """Return the F1 of each level, in percent."""
        return {f"{name}_f1": 100 * level.f1 for name, level in found.levels().items()}

    def format(self, found: Evaluation) -> str:
        """Return the F1 of each level for the user."""
        levels = found.levels().items()
        return "F1: " + "  ".join(f"{name} {100 * level.f1:.1f}" for name, level in levels)

    def pack(self, found: Evaluation) -> dict[str, dict[str, int]]:
        """Return the counts of each level."""
        return {name: asdict(level) for name, level in found.levels().items()}

    def unpack(self, packed: Any) -> Evaluation:
        """Return an evaluation from the counts of each level."""
        base, exon, transcript, gene = (Level(**packed[name]) for name in LEVELS)
        return Evaluation(base, exon, transcript, gene)


@contextmanager
def readers(
    network: GeneNetwork, corpus: Corpus, device: torch.device, threads: int
) -> Iterator[Mapping[int, WindowScorer]]:
    """Read each genome, by its number, with a network that reads the genome's statistics.

    Parameters
    ----------
    network
        In evaluation mode; what is done to it later is not seen.
    corpus
        Has the statistics and grammars of the genomes.
    device, threads
        Of the readers.
    """
    with ExitStack() as stack:
        by_genome = {}
        for number, statistics in corpus.statistics.items():
            own = network.reading(statistics)
            own.candidates.look_for(corpus.grammars[number])
            by_genome[number] = stack.enter_context(WindowScorer(own, device, threads))
        yield by_genome


def _finish(
    trainer: Trainer[GeneNetwork, Window, Evaluation], corpus: Corpus, settings: TrainSettings
) -> TrainingResult:
    """Train, put the best weights through the final validation, and write the model."""
    network, group = trainer.train(), trainer.group

    def validate_best() -> tuple[float, FinalValidation]:
        with readers(network, corpus, trainer.device, settings.threads) as reader:
            chosen = choose_start_score_bias(corpus.held_out, network, reader, corpus.grammars)
        with readers(network, corpus, trainer.device, settings.threads) as reader:
            found = validate_finally(
                corpus.held_out, chosen.genes, reader, corpus.grammars, corpus.apart
            )
        return chosen.bias, found

    bias, final_validation = group.once(validate_best)
    result = TrainingResult(
        final_validation=final_validation,
        start_score_bias=bias,
        best_step=trainer.best_step,
        steps=trainer.schedule.step,
        bases=trainer.bases,
        seconds=trainer.schedule.seconds,
        corpus=corpus,
        grammar=corpus.grammar,
        history=trainer.history,
    )
    if group.leads:
        _write_model(settings, corpus, network, result.best_step, final_validation)
        write_training_card(settings, result, network.config)
    trainer.report(
        f"{settings.output}: weights of step {result.best_step}, posterior threshold "
        f"{result.min_posterior:g}, on held-out sequence:\n{result.best.format()}"
    )
    return result


def _write_model(
    settings: TrainSettings,
    corpus: Corpus,
    network: GeneNetwork,
    step: int,
    final_validation: FinalValidation | None = None,
) -> None:
    """Write the model directory; what the weights were put through is known at the end."""
    provenance = settings.to_dict() | {"step": step}
    model = Model(
        name=settings.output.name,
        network=network.eval(),
        grammar=corpus.grammar,
        provenance=provenance,
        statistics=tuple(corpus.statistics.values()),
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
    model.save(settings.output)


def _write_reports(settings: TrainSettings, reports: Sequence[AnnotationReport]) -> None:
    """Write what training uses of each annotation, and every transcript that it does not use.

    The folder receives ``annotation_report.txt``, and ``unused_transcripts.N.tsv`` for the N-th
    genome, from 1.
    """
    folder = settings.output
    folder.mkdir(parents=True, exist_ok=True)
    texts = []
    genomes: Sequence[LabelledGenome] = settings.genomes
    for number, (genome, report) in enumerate(zip(genomes, reports, strict=True), start=1):
        texts.append(f"# {genome.annotation.name} on {genome.genome.name}\n{report.to_text()}")
        report.write_tsv(folder / f"unused_transcripts.{number}.tsv")
    (folder / ANNOTATION_REPORT).write_text("\n".join(texts), encoding="utf-8")
