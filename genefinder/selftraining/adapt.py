"""A model fitted to a genome without annotation, and left alone where that does not help.

The model parses the genome. Tables counted on its genes, and on what these tables find themselves,
are a gene finder of the genome's own; the better of the two teaches the model what is certain.
Before that, the encoder may go on learning to predict the next base of the genome. Whether an
adapted model is better is told from its genes (:mod:`genefinder.selftraining.criteria`); unless
they are clearly better, the model stays as it is.
"""

import copy
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import torch

from genefinder.data.counts import CountedTables
from genefinder.data.regions import RegionSequence
from genefinder.errors import InputError, ModelError
from genefinder.genes import Region
from genefinder.io.fasta import Genome
from genefinder.models.model import Model
from genefinder.network.config import NetworkConfig
from genefinder.network.network import GeneNetwork
from genefinder.network.scorer import prepare_thread
from genefinder.network.table_scorer import TableScorer
from genefinder.selftraining.card import write_unannotated_card
from genefinder.selftraining.chunks import cut_chunks, hold_out
from genefinder.selftraining.criteria import Candidate, Report, score_candidate, score_network
from genefinder.selftraining.parses import parse_all
from genefinder.selftraining.pseudo_labels import Budget, train_rounds
from genefinder.selftraining.selftrain import MIN_EXON, MIN_INTRON
from genefinder.selftraining.viterbi_training import count_parses, count_without_folds, learn_tables
from genefinder.training.cross_fit import CrossFit
from genefinder.training.next_base_first import continue_next_base, sample_whole
from genefinder.training.recipe import Recipe
from genefinder.training.settings import SELF_TRAINING
from genefinder.training.start import fill_tables
from genefinder.training.trainer import Progress, part_of

STEPS_PER_MINUTE = 240
"""Updates that take about a minute of one core. Minutes are turned into updates, so that the same
input gives the same genes on every machine."""
NEXT_BASE = 0.0
"""Share of the updates in which the encoder predicts the next base first; off, until a gain has
been measured."""
_ROUNDS = 2
_SAMPLE = 6_000_000
_FEW = 20
"""Genes, without which nothing can be learnt."""


@dataclass(frozen=True, slots=True)
class Adaptation:
    """What came out of an adaptation.

    Attributes
    ----------
    model
        The model to predict with: the adapted one, with the calibration and the profiles of the one
        it began with, or that very one where nothing is better.
    best
        The candidate to predict with.
    candidates
        All of them, the model as it was first.
    held
        Where held-out log-likelihood gain and splice signal were compared.
    next_base
        Share of the updates that predicted the next base.
    provenance
        What a model file tells of it.
    """

    model: Model
    best: Candidate
    candidates: tuple[Candidate, ...]
    held: tuple[Region, ...]
    next_base: float
    provenance: Mapping[str, Any]

    @property
    def reverted(self) -> bool:
        """The model is best as it was."""
        return self.best is self.candidates[0]

    def save(self, folder: Path) -> Model:
        """Write the model and its card; a model left as it was also tells that it was tried.

        Raises
        ------
        ModelError
            If the folder cannot be written.
        """
        told = self.provenance
        model = self.model
        if self.reverted:
            model = replace(model, provenance={**model.provenance, **told}, sha256="")
        saved = model.save(folder)
        write_unannotated_card(
            folder,
            f"Started from the model {told['adapted_from']} (SHA-256 "
            f"{told['adapted_from_sha256'][:12]}) and fitted to {told['adapted_to']} "
            f"(SHA-256 {told['genome_sha256'][:12]}) without annotation.",
            self.candidates,
            self.best,
            self.held,
        )
        return saved


def adapt(
    model: Model,
    genome: Genome,
    recipe: Recipe,
    *,
    threads: int = 1,
    device: torch.device | None = None,
    sample: int = _SAMPLE,
    exclude: Sequence[Region] = (),
    next_base: float = NEXT_BASE,
    report: Report = lambda line: None,
    progress: Progress = lambda share: None,
) -> Adaptation:
    """Fit a model to a genome without annotation.

    Parameters
    ----------
    model
        Where to start; it is not changed.
    genome
        A file.
    recipe
        How to train; its budget is for all rounds together. See :func:`adaptation_recipe`.
    threads, device
        What to compute with.
    sample
        Bases of the genome that are read, at most.
    exclude
        Regions that are not read.
    next_base
        Share of the budget, from 0 to less than 1, in which the encoder predicts the next base of
        the genome, before genes are learnt.
    report
        Takes a line for the user after every round.
    progress
        Takes the share of the budget that is used up, 0 to 1.

    Returns
    -------
    Adaptation
        Where the genome is too small to learn from, or has too few genes, the model as it was is
        the only candidate.

    Raises
    ------
    InputError
        If the genome cannot be read twice or is no FASTA.
    ModelError
        If the model reads the statistics of species, which are learnt instead.
    """
    if model.reads_statistics:
        raise ModelError(
            f"model {model.name} is not adapted: it reads statistics, which are learnt from the "
            "genome (`genefinder learn`, `predict --species self`)"
        )
    device = device or torch.device("cpu")
    prepare_thread()
    made = partial(_adaptation, model, genome, recipe)
    grammar = model.grammar
    chunks = cut_chunks(genome, sample, exclude)
    try:
        learnt, held = hold_out(chunks)
    except InputError as error:
        report(f"not adapted: {error}")
        original = score_network(model.name, model.network, grammar, chunks, [], device, threads)
        return made(original, (original,), (), next_base)
    places = tuple(chunk.region for chunk in held)
    original = score_network(model.name, model.network, grammar, learnt, held, device, threads)
    report(original.describe())
    if sum(len(parse.genes) for parse in original.learnt) < _FEW:
        report("not adapted: too few genes were found to learn from")
        return made(original, (original,), places, next_base)
    teacher, network = original, model.network
    own, tables = own_tables(original, network.config, learnt, held, report)
    cross_fit = None
    if own.clearly_better_than(original):
        teacher, network = own, transferred(network, tables)
        counted = count_without_folds(own.learnt, own.grammar, network.config)
        cross_fit = CrossFit(*counted, network.config, device)
    # Lengths belong to the species. What a teacher finds must be spellable.
    looser = replace(
        grammar,
        min_intron=min(grammar.min_intron, MIN_INTRON),
        min_exon=min(grammar.min_exon, MIN_EXON),
    )
    if next_base:
        network = continue_next_base(
            copy.deepcopy(network).to(device),
            sample_whole(learnt, recipe),
            recipe.scaled(next_base),
            threads,
            part_of(progress, 0, next_base),
        )
    found = train_rounds(
        network,
        replace(teacher, grammar=looser),
        (learnt, held),
        Budget(recipe.scaled(1 - next_base), _ROUNDS, threads, device),
        report,
        part_of(progress, next_base, 1),
        cross_fit,
    )
    candidates = (original, *found)
    better = [candidate for candidate in found if candidate.clearly_better_than(original)]
    best = better[-1] if better else original
    if not better:
        report(f"kept {model.name} as it is: no candidate is clearly better")
    return made(best, candidates, places, next_base)


def transferred(network: GeneNetwork, tables: CountedTables) -> GeneNetwork:
    """Return a copy with other tables that says only what they say, until it is trained.

    What the network's output layers have learnt corrects its own tables, and would spoil others.
    What the layers before them see in sequence serves any species.
    """
    copied = copy.deepcopy(network)
    outputs = [copied.channels, *([] if copied.sites is None else copied.sites.score)]
    with torch.no_grad():
        for layer in outputs:
            for parameter in layer.parameters():
                parameter.zero_()
    fill_tables(copied, tables)
    return copied


def adaptation_recipe(minutes: float, seed: int = 1) -> Recipe:
    """Return the recipe for about so many minutes of one core."""
    return replace(
        SELF_TRAINING,
        rate=1e-3,
        averaging=0.99,
        max_steps=max(1, round(minutes * STEPS_PER_MINUTE)),
        seed=seed,
    )


def _adaptation(
    model: Model,
    genome: Genome,
    recipe: Recipe,
    best: Candidate,
    candidates: tuple[Candidate, ...],
    held: tuple[Region, ...],
    next_base: float,
) -> Adaptation:
    """Put together what came out, and the model that it makes."""
    provenance = {
        "adapted_from": model.name,
        "adapted_from_sha256": model.sha256,
        "adapted_to": Path(genome.path).name,
        "genome_sha256": genome.sha256,
        "max_steps": recipe.max_steps,
        "seed": recipe.seed,
        "next_base": next_base,
        "candidates": {candidate.name: round(candidate.saved, 4) for candidate in candidates},
        "kept": best.name,
    }
    if best is not candidates[0]:
        model = replace(
            model,
            name=f"{model.name}-adapted",
            network=(best.network or model.network).eval(),
            grammar=best.grammar,
            provenance=provenance,
            sha256="",
        )
    return Adaptation(model, best, candidates, held, next_base, provenance)


def own_tables(
    original: Candidate,
    config: NetworkConfig,
    learnt: Sequence[RegionSequence],
    held: Sequence[RegionSequence],
    report: Report,
) -> tuple[Candidate, CountedTables]:
    """Make a gene finder of tables that start from a model's genes.

    Parameters
    ----------
    original
        What the model finds.
    config
        Shape of the tables.
    learnt, held
        Chunks of the genome to count on, and the others.
    report
        Takes a line for each round.

    Returns
    -------
    tuple
        What the tables find, and the tables.
    """
    grammar = replace(original.grammar, min_intron=MIN_INTRON, min_exon=MIN_EXON)
    counted = count_parses(original.learnt, grammar, config)
    rounds = learn_tables(learnt, counted, grammar, config, report)
    read = TableScorer(rounds.tables, grammar)
    own = score_candidate("tables", grammar, rounds.parses, parse_all(held, read, grammar))
    report(own.describe())
    return own, rounds.tables
