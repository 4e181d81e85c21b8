"""The model to look into, of either kind."""

from dataclasses import dataclass
from pathlib import Path

import torch

from genefinder.grammar import Grammar
from genefinder.interpret.windows import Network
from genefinder.models.model import PretrainedModel, load_any
from genefinder.network.network import GeneNetwork
from genefinder.network.next_base import NextBase


@dataclass(frozen=True, slots=True)
class Subject:
    """A network and what is known of it.

    Attributes
    ----------
    name
        Of its directory.
    network
        In evaluation mode.
    grammar
        What genes it was trained for; a standard one where it saw none.
    """

    name: str
    network: Network
    grammar: Grammar

    def untrained(self, seed: int) -> Network:
        """Return a network of the same shape with random weights."""
        state = torch.random.get_rng_state()
        try:
            torch.manual_seed(seed)
            if isinstance(self.network, GeneNetwork):
                return GeneNetwork(self.network.config, self.grammar).eval()
            return NextBase(self.network.config).eval()
        finally:
            torch.random.set_rng_state(state)


def load_subject(name: str | Path) -> Subject:
    """Load a gene model or a pretrained one, by name or by path.

    Raises
    ------
    ModelError
        If it is missing or not usable.
    """
    model = load_any(name)
    if isinstance(model, PretrainedModel):
        return Subject(model.name, model.network, Grammar())
    return Subject(model.name, model.network, model.grammar)
