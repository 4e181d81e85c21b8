"""Training a network on genes that were predicted, not annotated."""

from collections.abc import Iterable, Iterator, Sequence

import numpy as np

from genefinder.dataset.labels import label_contig
from genefinder.dataset.spelling import SpellingRules
from genefinder.dataset.windows import Stretch, WindowSampler
from genefinder.decoding import Grammar
from genefinder.network.model import GeneNetwork
from genefinder.training.corpus import FOLDS
from genefinder.training.crossfit import CrossFit
from genefinder.training.descent import Progress, descend
from genefinder.training.objective import GrammarLoss
from genefinder.training.parses import Parse
from genefinder.training.recipe import Recipe
from genefinder.training.schedule import Schedule
from genefinder.training.tablerounds import fold_parses


def stretches_of(
    parses: Sequence[Parse], rules: SpellingRules, certainty: float
) -> Iterator[Stretch]:
    """Turn parses into what windows are drawn from.

    Bases whose label is less probable than ``certainty`` are masked, in genes as between them, so
    that what is in doubt is neither taken for a gene nor for intergenic sequence. Each parse is in
    one fold, as :func:`genefinder.training.tablerounds.fold_parses` has it.
    """
    for one, fold in zip(parses, fold_parses(parses), strict=True):
        doubtful = [(int(start), int(end)) for start, end in one.doubtful(certainty)]
        targets = label_contig(one.piece.codes, one.genes, rules, doubtful)
        if len(targets.segments(0, len(targets))):
            borders = np.where(np.arange(FOLDS - 1) < fold, 0, len(targets))
            yield Stretch(one.piece.codes, targets, 0, len(targets), borders=borders)


def refine(
    network: GeneNetwork,
    stretches: Iterable[Stretch],
    grammar: Grammar,
    recipe: Recipe,
    schedule: Schedule,
    threads: int = 1,
    progress: Progress = lambda share: None,
    cross_fit: CrossFit | None = None,
) -> GeneNetwork:
    """Train a network through the grammar for a whole budget.

    Parameters
    ----------
    network
        Trained in place.
    stretches
        What to learn.
    grammar
        The gene grammar.
    recipe
        Window, batch, rates and seed are used; the budget is the schedule's.
    schedule
        Budget; with steps alone, the same input gives the same weights.
    threads
        Windows whose loss is computed at the same time.
    progress
        Takes the share of the budget that is used up.
    cross_fit
        What to add to the tables' scores, where these were counted on the stretches themselves.

    Returns
    -------
    GeneNetwork
        A copy with averaged weights, in evaluation mode.
    """
    sampler = WindowSampler([list(stretches)], [1.0], recipe.window, recipe.seed)
    loss = GrammarLoss(grammar, threads)
    return descend(network, sampler, loss, recipe, schedule, threads, progress, cross_fit)
