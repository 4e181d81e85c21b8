"""What a run begins with: a new network, one of another model, or that of a checkpoint."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import torch

from genefinder.data.counts import CountedTables
from genefinder.errors import InputError
from genefinder.grammar import Grammar
from genefinder.models.model import Model, PretrainedModel, load_any
from genefinder.network.config import NetworkConfig
from genefinder.network.network import GeneNetwork
from genefinder.network.next_base import NextBase
from genefinder.training.corpus import Corpus, load_corpus
from genefinder.training.cross_fit import CrossFit, count_folds
from genefinder.training.genome_statistics import OwnStatistics, count_statistics
from genefinder.training.settings import PretrainSettings, TrainSettings
from genefinder.training.tasks import Added


@dataclass(frozen=True, slots=True)
class Beginning:
    """What the training of a gene model begins with.

    Attributes
    ----------
    network
        The network, on the CPU; the weights of a checkpoint are still to be filled in.
    corpus
        What it is trained on, with the grammar, and the statistics where the network reads them.
    cross_fit
        What to add to the tables' scores, where these are counted on the corpus, or what the
        statistics of the windows' genomes say.
    """

    network: GeneNetwork
    corpus: Corpus
    cross_fit: Added | None


def begin(
    settings: TrainSettings, saved: Mapping[str, Any] | None, device: torch.device
) -> Beginning:
    """Build the network to train and read what it is trained on.

    A new network gets the tables that are counted on the corpus, and a grammar with the usual
    start codons and splice sites; so does one that starts from an encoder pretrained on raw
    sequence, whose shape and encoder it takes. One that starts from a gene model keeps the
    weights, tables among them, the start codons and the splice sites of that model. In all cases
    the minimum lengths are estimated from the new annotation and the genetic code is that of
    the new genomes, since these belong to the species. A run that goes on keeps everything.
    Where the network reads statistics, those of each genome are counted in all cases.

    Parameters
    ----------
    settings
        The run.
    saved
        The checkpoint to go on from, or ``None``.
    device
        Where the network will be trained.

    Raises
    ------
    GenefinderError
        If the model to start from or the data cannot be used, the windows do not fit the network,
        or it reads statistics and is to learn from teachers.
    """
    network, grammar, counted = _network(settings, saved)
    config = network.config
    settings.check_windows(config.stride)
    if config.statistics and settings.teachers:
        raise InputError(
            "a network that reads statistics cannot learn from teachers, since genomes without "
            "annotation have no statistics"
        )
    corpus = load_corpus(
        settings.genomes,
        settings.validation,
        settings.exclude,
        grammar,
        settings.unlabelled,
        estimate=saved is None,
        each_its_own=config.statistics,
    )
    # The genetic code is that of the new genomes.
    network.candidates.look_for(corpus.grammar)
    cross_fit: Added | None = None
    if config.statistics:
        found = count_statistics(settings.genomes, corpus, config)
        statistics = {number: genome.whole for number, genome in found.items()}
        corpus = replace(corpus, statistics=statistics)
        cross_fit = OwnStatistics(found, settings.imperfect, device)
    elif counted and config.tables:
        whole, folds = count_folds(corpus.groups[0], corpus.grammar, config)
        cross_fit = CrossFit(whole, folds, config, device)
        if saved is None:
            fill_tables(network, whole)
    return Beginning(network, corpus, cross_fit)


def _network(
    settings: TrainSettings, saved: Mapping[str, Any] | None
) -> tuple[GeneNetwork, Grammar, bool]:
    """Build the network; return its grammar, too, and whether its tables are to be counted."""
    if saved is not None:
        grammar = Grammar.from_dict(saved["grammar"])
        network = GeneNetwork(NetworkConfig.from_dict(saved["config"]), grammar)
        return network, grammar, saved["counted"]
    if settings.init is None:
        grammar = Grammar()
        return GeneNetwork(settings.network, grammar), grammar, True
    init = load_any(settings.init)
    if isinstance(init, Model):
        return init.network.train(), init.grammar, False
    grammar = Grammar()
    network = GeneNetwork(init.network.config, grammar)
    network.encoder.load_state_dict(init.network.encoder.state_dict())
    return network, grammar, True


def fill_tables(network: GeneNetwork, counted: CountedTables) -> None:
    """Copy counted tables into a network that has tables."""
    if network.tables is None:
        return
    with torch.no_grad():
        network.tables.words.copy_(torch.from_numpy(counted.words))
        network.tables.weights.copy_(torch.from_numpy(counted.weights))
        network.tables.bias.copy_(torch.from_numpy(counted.bias))


def begin_next_base(settings: PretrainSettings, saved: Mapping[str, Any] | None) -> NextBase:
    """Build the network to pretrain.

    Parameters
    ----------
    settings
        The run. A pretrained model to start from is taken as it is; of a gene model the encoder is
        taken, and the head is new.
    saved
        The checkpoint to go on from, whose weights are still to be filled in, or ``None``.

    Raises
    ------
    GenefinderError
        If the model to start from cannot be used, or the windows do not fit the network.
    """
    if saved is not None:
        network = NextBase(NetworkConfig.from_dict(saved["config"]))
    elif settings.init is None:
        network = NextBase(settings.network)
    else:
        init = load_any(settings.init)
        if isinstance(init, PretrainedModel):
            network = init.network.train()
        else:
            network = NextBase(init.network.config)
            network.encoder.load_state_dict(init.network.encoder.state_dict())
    settings.check_windows(network.config.stride)
    return network
