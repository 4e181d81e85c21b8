"""The model to look into, of either kind."""

from dataclasses import dataclass
from pathlib import Path

import torch

from genefinder.interpret.windows import Network
from genefinder.models.model import is_pretrained, load_model, load_pretrained

_STANDARD_CODE = 1


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
    if is_pretrained(name):
        pretrained = load_pretrained(name)
        return Subject(pretrained.name, pretrained.network, _STANDARD_CODE)
    model = load_model(name)
    code = int(model.grammar.get("genetic_code", _STANDARD_CODE))
    return Subject(model.name, model.network, code)
