"""Rounds of training a network on genes that were predicted, not annotated, and of predicting."""

import copy
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch

from genefinder.data.regions import RegionSequence
from genefinder.data.sampling import Sampler
from genefinder.data.targets import label_contig
from genefinder.data.windows import TrainingRegion
from genefinder.grammar import Grammar
from genefinder.network.network import GeneNetwork
from genefinder.selftraining.criteria import Candidate, Report, score_network
from genefinder.selftraining.parses import Parse
from genefinder.selftraining.viterbi_training import fold_parses
from genefinder.training.cross_fit import FOLDS, CrossFit
from genefinder.training.losses import GrammarLoss
from genefinder.training.recipe import Recipe
from genefinder.training.tasks import GeneTask
from genefinder.training.trainer import Progress, fit, ignore, part_of

MIN_LABEL_POSTERIOR = 0.9
"""Posterior of a base's label from which on a network learns it."""


@dataclass(frozen=True, slots=True)
class Budget:
    """How long the rounds may take together.

    Attributes
    ----------
    recipe
        Its ``max_steps``, ``max_minutes`` or ``max_cpu_minutes`` is for all rounds together.
    rounds
        Rounds, at most.
    threads, device
        What to compute with.
    """

    recipe: Recipe
    rounds: int
    threads: int
    device: torch.device

    def of_round(self) -> Recipe:
        """Return the recipe with the budget of one round."""
        return self.recipe.scaled(1 / self.rounds)


def train_rounds(
    network: GeneNetwork,
    teacher: Candidate,
    chunks: tuple[Sequence[RegionSequence], Sequence[RegionSequence]],
    budget: Budget,
    report: Report = lambda line: None,
    progress: Progress = lambda share: None,
    cross_fit: CrossFit | None = None,
) -> list[Candidate]:
    """Train a network on what a teacher finds, then on what it finds itself.

    Parameters
    ----------
    network
        Where to start; it is not changed.
    teacher
        Its parses are learnt in the first round.
    chunks
        Those to learn from, and those held out.
    budget
        Of all rounds.
    report
        Takes a line after every round.
    progress
        Takes the share of the budget that is used up, 0 to 1.
    cross_fit
        What to add to the tables' scores, where these were counted on what is learnt.

    Returns
    -------
    list of Candidate
        One for each round. They end early after a network that explains held-out sequence much
        worse than its teacher.
    """
    learnt, held = chunks
    grammar = teacher.grammar
    found: list[Candidate] = []
    for number in range(budget.rounds):
        regions = list(training_regions(teacher.learnt, grammar, MIN_LABEL_POSTERIOR))
        if not regions:
            break
        begun = copy.deepcopy(network).requires_grad_(True).to(budget.device)
        network = refine(
            begun,
            regions,
            grammar,
            budget.of_round(),
            budget.threads,
            part_of(progress, number / budget.rounds, (number + 1) / budget.rounds),
            cross_fit,
        )
        name = f"network, round {number + 1}"
        found.append(
            score_network(name, network, grammar, learnt, held, budget.device, budget.threads)
        )
        report(found[-1].describe())
        if not found[-1].no_worse_than(teacher):
            break
        teacher = found[-1]
    return found


def training_regions(
    parses: Sequence[Parse], grammar: Grammar, threshold: float
) -> Iterator[TrainingRegion]:
    """Turn parses into what windows are drawn from.

    Bases whose label is less probable than ``threshold`` are masked, in genes as between them, so
    that what is in doubt is neither taken for a gene nor for intergenic sequence. Each parse is in
    one fold, as :func:`genefinder.selftraining.viterbi_training.fold_parses` has it.
    """
    for parse, fold in zip(parses, fold_parses(parses), strict=True):
        low_confidence = [(int(start), int(end)) for start, end in parse.low_confidence(threshold)]
        targets = label_contig(parse.chunk.codes, parse.genes, grammar, low_confidence)
        if len(targets.segments(0, len(targets))):
            # The chunk is a contig of its own here, in whose coordinates its targets are.
            borders = np.where(np.arange(FOLDS - 1) < fold, 0, len(targets))
            yield TrainingRegion(
                parse.chunk.contig, 0, parse.chunk.codes, targets=targets, borders=borders
            )


def refine(
    network: GeneNetwork,
    regions: Iterable[TrainingRegion],
    grammar: Grammar,
    recipe: Recipe,
    threads: int = 1,
    progress: Progress = ignore,
    cross_fit: CrossFit | None = None,
) -> GeneNetwork:
    """Train a network through the grammar for a whole budget.

    Parameters
    ----------
    network
        Trained in place.
    regions
        What to learn.
    grammar
        The gene grammar.
    recipe
        How, and how long; with a budget of updates, the same input gives the same weights.
    threads
        Windows whose loss is computed at the same time.
    progress
        Takes the share of the budget that is used up.
    cross_fit
        What to add to the tables' scores, where these were counted on the regions themselves.

    Returns
    -------
    GeneNetwork
        A copy with averaged weights, in evaluation mode.
    """
    sampler = Sampler([list(regions)], [1.0], recipe.window, recipe.seed)
    task = GeneTask(sampler, GrammarLoss(grammar, threads), cross_fit)
    return fit(network, task, recipe, threads=threads, progress=progress)
