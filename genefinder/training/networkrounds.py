"""Rounds of training a network on predicted genes, and of predicting with it."""

import copy
from collections.abc import Sequence
from dataclasses import dataclass

import torch

from genefinder.network.model import GeneNetwork
from genefinder.training.candidates import Candidate, Report, judge_network
from genefinder.training.crossfit import CrossFit
from genefinder.training.descent import Progress, part_of
from genefinder.training.pieces import Piece
from genefinder.training.refine import refine, stretches_of
from genefinder.training.schedule import Schedule
from genefinder.training.settings import Recipe
from genefinder.training.start import rules_of

CERTAINTY = 0.9
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

    def schedule(self) -> Schedule:
        """Return the budget of one round."""
        return Schedule.of(self.recipe.scaled(1 / self.rounds))


def train_rounds(
    network: GeneNetwork,
    teacher: Candidate,
    pieces: tuple[Sequence[Piece], Sequence[Piece]],
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
    pieces
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
    learnt, held = pieces
    grammar = teacher.grammar
    found: list[Candidate] = []
    for number in range(budget.rounds):
        stretches = list(stretches_of(teacher.learnt, rules_of(grammar), CERTAINTY))
        if not stretches:
            break
        begun = copy.deepcopy(network).requires_grad_(True).to(budget.device)
        network = refine(
            begun,
            stretches,
            grammar,
            budget.recipe,
            budget.schedule(),
            budget.threads,
            part_of(progress, number / budget.rounds, (number + 1) / budget.rounds),
            cross_fit,
        )
        name = f"network, round {number + 1}"
        found.append(
            judge_network(name, network, grammar, learnt, held, budget.device, budget.threads)
        )
        report(found[-1].describe())
        if not found[-1].acceptable_after(teacher):
            break
        teacher = found[-1]
    return found
