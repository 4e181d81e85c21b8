"""What a run begins with: a new network, one of another model, or that of a checkpoint."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import torch

from genefinder.grammar import Grammar
from genefinder.grammar.grammar import PROKARYOTIC
from genefinder.models.model import Model, PretrainedModel, load_any
from genefinder.network.config import NetworkConfig
from genefinder.network.network import GeneNetwork
from genefinder.network.next_base import NextBase
from genefinder.training.corpus import Corpus, load_corpus
from genefinder.training.genome_statistics import OwnStatistics, count_statistics
from genefinder.training.settings import PretrainSettings, TrainSettings


@dataclass(frozen=True, slots=True)
class Beginning:
    """What the training of a gene model begins with.

    Attributes
    ----------
    network
        The network, on the CPU; the weights of a checkpoint are still to be filled in.
    corpus
        What it is trained on, with the grammar and the statistics of each genome.
    statistics
        What the network is given beside each window.
    """

    network: GeneNetwork
    corpus: Corpus
    statistics: OwnStatistics


def begin(
    settings: TrainSettings, saved: Mapping[str, Any] | None, device: torch.device
) -> Beginning:
    """Build the network to train and read what it is trained on.

    A new network gets a grammar with the usual start codons and splice sites; so does one that
    starts from an encoder pretrained on raw sequence, whose shape and encoder it takes. One that
    starts from a gene model keeps the weights, the start codons and the splice sites of that model.
    A run that goes on keeps everything. In all cases the statistics and the minimum lengths of each
    genome are counted on its annotation, and the genetic code is that of the genomes, since these
    belong to the species.

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
        If the model to start from or the data cannot be used, or the windows do not fit the
        network.
    """
    network, grammar = _network(settings, saved)
    config = network.config
    settings.check_windows(config.stride)
    corpus = load_corpus(settings.genomes, settings.validation, settings.exclude, grammar)
    # The genetic code is that of the new genomes.
    network.candidates.look_for(corpus.grammar)
    found = count_statistics(settings.genomes, corpus, config)
    statistics = {number: genome.whole for number, genome in found.items()}
    return Beginning(
        network,
        replace(corpus, statistics=statistics),
        OwnStatistics(found, settings.imperfect, device),
    )


def _network(
    settings: TrainSettings, saved: Mapping[str, Any] | None
) -> tuple[GeneNetwork, Grammar]:
    """Build the network, and return its grammar, too."""
    if saved is not None:
        grammar = Grammar.from_dict(saved["grammar"])
        return GeneNetwork(NetworkConfig.from_dict(saved["config"]), grammar), grammar
    usual = PROKARYOTIC if settings.prokaryotic else Grammar()
    if settings.init is None:
        return GeneNetwork(settings.network, usual), usual
    init = load_any(settings.init)
    if isinstance(init, Model):
        return init.network.train(), init.grammar
    network = GeneNetwork(init.network.config, usual)
    network.encoder.load_state_dict(init.network.encoder.state_dict())
    return network, usual


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
