"""The model to look into, of either kind."""

from dataclasses import dataclass
from pathlib import Path

import torch

from genefinder.grammar.grammar import STANDARD_CODE
from genefinder.interpret.windows import Network
from genefinder.models.model import PretrainedModel, load_any


@dataclass(frozen=True, slots=True)
class Subject:
    """A network and what is known of it.

    Attributes
    ----------
    name
        Of its directory.
    network
        In evaluation mode.
    genetic_code
        NCBI translation table that it was trained for; the standard one where it saw no genes.
    """

    name: str
    network: Network
    genetic_code: int

    def untrained(self, seed: int) -> Network:
        """Return a network of the same shape with random weights."""
        state = torch.random.get_rng_state()
        try:
            torch.manual_seed(seed)
            return type(self.network)(self.network.config).eval()
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
        return Subject(model.name, model.network, STANDARD_CODE)
    return Subject(model.name, model.network, model.grammar.genetic_code)
