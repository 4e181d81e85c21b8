"""Training a network on genes that were predicted, not annotated."""

from collections.abc import Iterable, Iterator

from genefinder.dataset.labels import label_contig
from genefinder.dataset.spelling import SpellingRules
from genefinder.dataset.windows import Stretch, WindowSampler
from genefinder.decoding import Grammar
from genefinder.network.model import GeneNetwork
from genefinder.training.descent import Progress, descend
from genefinder.training.objective import GrammarLoss
from genefinder.training.parses import Parse
from genefinder.training.recipe import Recipe
from genefinder.training.schedule import Schedule


def stretches_of(
    parses: Iterable[Parse], rules: SpellingRules, certainty: float
) -> Iterator[Stretch]:
    """Turn parses into what windows are drawn from.

    Bases whose label is less probable than ``certainty`` are masked, in genes as between them, so
    that what is in doubt is neither taken for a gene nor for intergenic sequence.
    """
    for one in parses:
        doubtful = [(int(start), int(end)) for start, end in one.doubtful(certainty)]
        targets = label_contig(one.piece.codes, one.genes, rules, doubtful)
        if len(targets.segments(0, len(targets))):
            yield Stretch(one.piece.codes, targets, 0, len(targets))


def refine(
    network: GeneNetwork,
    stretches: Iterable[Stretch],
    grammar: Grammar,
    recipe: Recipe,
    schedule: Schedule,
    threads: int = 1,
    progress: Progress = lambda share: None,
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

    Returns
    -------
    GeneNetwork
        A copy with averaged weights, in evaluation mode.
    """
    sampler = WindowSampler([list(stretches)], [1.0], recipe.window, recipe.seed)
    loss = GrammarLoss(grammar, threads)
    return descend(network, sampler, loss, recipe, schedule, threads, progress)
