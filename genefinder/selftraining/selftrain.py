"""A model of a genome without annotation and without another model to begin with.

Long open reading frames give codon statistics, most eukaryotes' splice sites the first introns
(:mod:`genefinder.data.open_frames`, :mod:`genefinder.data.first_tables`); rounds of parsing and
counting make tables of the genome's own (:mod:`genefinder.selftraining.viterbi_training`). A
network first learns to predict the next base, then the genes that the tables are sure of; it parses
the genome better, and learns from that again. The last network that still explains held-out
sequence becomes the model.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch

from genefinder.data.first_tables import first_tables
from genefinder.data.regions import RegionSequence
from genefinder.genes import Region
from genefinder.grammar import Grammar
from genefinder.io.fasta import open_genome
from genefinder.io.regions import format_region
from genefinder.models.model import Model
from genefinder.network.device import choose_device
from genefinder.network.network import GeneNetwork
from genefinder.network.scorer import prepare_thread
from genefinder.network.table_scorer import TableScorer
from genefinder.selftraining.card import write_unannotated_card
from genefinder.selftraining.chunks import cut_chunks, hold_out
from genefinder.selftraining.criteria import Candidate, Report, score_candidate
from genefinder.selftraining.parses import parse_all
from genefinder.selftraining.pseudo_labels import Budget, train_rounds
from genefinder.selftraining.viterbi_training import (
    count_without_folds,
    learn_tables,
)
from genefinder.training.cross_fit import CrossFit
from genefinder.training.next_base_first import continue_next_base, sample_whole
from genefinder.training.settings import SelfSettings
from genefinder.training.start import fill_tables
from genefinder.training.trainer import Progress, part_of

MIN_INTRON, MIN_EXON = 30, 9
"""Of the grammar. A genome's own limits cannot be told from predictions, which use what they are
allowed; few species have many introns shorter than this."""
_ROUNDS = 2
STEPS = 3_000
"""Updates of the network where nobody says how many."""


@dataclass(frozen=True, slots=True)
class SelfResult:
    """What came out of a run.

    Attributes
    ----------
    best
        The candidate that became the model.
    candidates
        All of them, in order of their making.
    agreement
        Exon F1 between the genes of successive rounds of the tables.
    """

    best: Candidate
    candidates: tuple[Candidate, ...]
    agreement: tuple[float, ...]


def train_self(
    settings: SelfSettings,
    report: Report = lambda line: None,
    progress: Progress = lambda share: None,
) -> SelfResult:
    """Make a model of a genome alone, and write its directory.

    Parameters
    ----------
    settings
        The run.
    report
        Takes a line for the user after every round.
    progress
        Takes the share of the network's budget that is used up, 0 to 1.

    Raises
    ------
    GenefinderError
        If the genome, the device or the output cannot be used, or nothing in the genome looks like
        coding sequence.
    """
    device = choose_device(settings.device)
    prepare_thread()
    torch.set_num_threads(settings.threads)
    recipe, config = settings.recipe, settings.network
    settings.check_windows(config.stride)
    genome = open_genome(settings.genome)
    learnt, held = hold_out(cut_chunks(genome, settings.sample, settings.exclude))
    grammar = Grammar(min_intron=MIN_INTRON, min_exon=MIN_EXON, genetic_code=settings.genetic_code)
    first = first_tables(
        [chunk.codes for chunk in learnt],
        grammar,
        config.table_order,
        config.weights_before,
        config.weights_after,
    )
    settings.output.mkdir(parents=True, exist_ok=True)
    rounds = learn_tables(learnt, first, grammar, config, report)
    read = TableScorer(rounds.tables, grammar)
    torch.manual_seed(recipe.seed)
    network = GeneNetwork(config, grammar)
    fill_tables(network, rounds.tables)
    tables = score_candidate(
        "tables", grammar, rounds.parses, parse_all(held, read, grammar), network.eval()
    )
    report(tables.describe())
    candidates = [tables]
    if recipe.max_steps != 0:
        candidates += _train(settings, network, tables, (learnt, held), device, report, progress)
    best = tables
    for candidate in candidates[1:]:
        if candidate.no_worse_than(best):
            best = candidate
    result = SelfResult(best, tuple(candidates), rounds.agreement)
    _write(settings, result, genome.sha256, [chunk.region for chunk in held])
    report(f"{settings.output}: {best.describe()}")
    return result


def _train(
    settings: SelfSettings,
    network: GeneNetwork,
    tables: Candidate,
    chunks: tuple[Sequence[RegionSequence], Sequence[RegionSequence]],
    device: torch.device,
    report: Report,
    progress: Progress,
) -> list[Candidate]:
    """Teach a new network the sequence itself, then what the tables find."""
    recipe, config, share = settings.recipe, settings.network, settings.next_base
    network.to(device)
    if share:
        network = continue_next_base(
            network,
            sample_whole(chunks[0], recipe),
            recipe.scaled(share),
            settings.threads,
            part_of(progress, 0, share),
            fresh=True,
        )
    return train_rounds(
        network,
        tables,
        chunks,
        Budget(recipe.scaled(1 - share), _ROUNDS, settings.threads, device),
        report,
        part_of(progress, share, 1),
        CrossFit(*count_without_folds(tables.learnt, tables.grammar, config), config, device),
    )


def _write(settings: SelfSettings, result: SelfResult, sha256: str, held: Sequence[Region]) -> None:
    """Write the model directory."""
    best = result.best
    if best.network is None:
        raise ValueError("a candidate without a network cannot become a model")
    about = {
        "self_trained_on": settings.genome.name,
        "sha256": sha256,
        "exclude": [format_region(region) for region in settings.exclude],
        "recipe": settings.recipe_used(),
        "next_base": settings.next_base,
        "agreement": [round(value, 4) for value in result.agreement],
        "candidates": {
            candidate.name: round(candidate.held_out_gain, 4) for candidate in result.candidates
        },
        "kept": best.name,
    }
    Model(
        name=settings.output.name, network=best.network, grammar=best.grammar, provenance=about
    ).save(settings.output)
    write_unannotated_card(
        settings.output,
        f"Made of {settings.genome.name} alone (SHA-256 {sha256[:12]}), without any annotation and "
        "without another model.",
        result.candidates,
        best,
        held,
    )
