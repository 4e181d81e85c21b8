"""What a run begins with: new weights and counted tables, another model, or a checkpoint."""

from typing import Any

import torch

from genefinder.data.counts import CountedTables
from genefinder.grammar import Grammar
from genefinder.models.model import Model, PretrainedModel, load_any
from genefinder.network.config import NetworkConfig
from genefinder.network.network import GeneNetwork
from genefinder.training.corpus import Corpus, count_corpus, load_corpus
from genefinder.training.settings import TrainSettings


def start(settings: TrainSettings, saved: dict[str, Any] | None) -> tuple[GeneNetwork, Corpus]:
    """Build the network to train and read what it is trained on.

    A new network gets the tables that are counted on the corpus, and a grammar with the usual
    start codons and splice sites; so does one that starts from an encoder pretrained on raw
    sequence, whose shape and encoder it takes. One that starts from a gene model keeps the
    weights, tables among them, the start codons and the splice sites of that model. In all cases
    the minimum lengths are estimated from the new annotation and the genetic code is that of
    the new genomes, since these belong to the species. A run that goes on keeps everything.

    Parameters
    ----------
    settings
        The run.
    saved
        The checkpoint to go on from, or ``None``.

    Returns
    -------
    tuple
        The network, with the weights of the checkpoint still to be filled in, and the corpus.

    Raises
    ------
    GenefinderError
        If the model to start from or the data cannot be used.
    """
    if saved is not None:
        grammar = Grammar.from_dict(saved["rules"])
        network = GeneNetwork(NetworkConfig.from_dict(saved["config"]), grammar)
    elif settings.init is not None and not begins_with_counts(settings):
        model = Model.load(settings.init)
        network = model.network.train()
        grammar = model.grammar
    else:
        grammar = Grammar()
        network = _new_network(settings, grammar)
    settings.check_windows(network.config.stride)
    corpus = load_corpus(
        settings.genomes,
        settings.validation,
        settings.exclude,
        grammar,
        settings.taught,
        estimate=saved is None,
    )
    # The genetic code is that of the new genomes.
    network.candidates.look_for(corpus.grammar)
    if saved is None and begins_with_counts(settings):
        fill_tables(network, count_corpus(corpus, network.config))
    return network, corpus


def begins_with_counts(settings: TrainSettings) -> bool:
    """Tell whether a run begins with tables that are counted, not with those of a model."""
    return settings.init is None or isinstance(load_any(settings.init), PretrainedModel)


def _new_network(settings: TrainSettings, grammar: Grammar) -> GeneNetwork:
    """Build a network with random weights, save for a pretrained encoder where there is one."""
    if settings.init is None:
        return GeneNetwork(settings.network, grammar)
    pretrained = PretrainedModel.load(settings.init).network
    network = GeneNetwork(pretrained.config, grammar)
    network.encoder.load_state_dict(pretrained.encoder.state_dict())
    return network


def fill_tables(network: GeneNetwork, counted: CountedTables) -> None:
    """Copy counted tables into a network that has tables."""
    if network.tables is None:
        return
    with torch.no_grad():
        network.tables.words.copy_(torch.from_numpy(counted.words))
        network.tables.weights.copy_(torch.from_numpy(counted.weights))
        network.tables.bias.copy_(torch.from_numpy(counted.bias))
