"""The shape of a network, as plain frozen values."""

from dataclasses import asdict, dataclass, fields
from typing import Any, Literal, Self

from genefinder.errors import ModelError

Recurrent = Literal["lstm", "gru"]


@dataclass(frozen=True, slots=True)
class NetworkConfig:
    """What it takes to build a :class:`genefinder.network.model.GeneNetwork`.

    Attributes
    ----------
    word
        Length of the nucleotide words that are embedded at every base.
    filters
        Width of the embedding and of every convolution.
    convolutions
        ``(kernel, dilation)`` of each causal convolution, first to last.
    stride
        Bases pooled into one recurrent step; a multiple of 3 keeps the reading frame.
    hidden
        Recurrent state of one direction.
    layers
        Recurrent layers. The first reads one direction; the others read both directions' states.
    recurrent
        Cell type.
    forget_bias
        Initial bias of the LSTM's forget gate (of the GRU's update gate).
    head
        Hidden units a base between features and channels.
    site_hidden
        Hidden units of the scorer of candidate sites; 0 leaves it out.
    site_reach
        Bases that the scorer of candidate sites sees on either side.
    tables
        Add the counted tables to the network's output.
    table_order
        Order of the counted Markov tables (5 counts words of 6).
    weights_before, weights_after
        Bases before and after a site that its counted weight matrix spans.
    """

    word: int = 6
    filters: int = 32
    convolutions: tuple[tuple[int, int], ...] = ((9, 1), (5, 3), (5, 9))
    stride: int = 9
    hidden: int = 96
    layers: int = 2
    recurrent: Recurrent = "lstm"
    forget_bias: float = 1.0
    head: int = 48
    site_hidden: int = 48
    site_reach: int = 30
    tables: bool = True
    table_order: int = 5
    weights_before: int = 24
    weights_after: int = 12

    def __post_init__(self) -> None:
        """Reject shapes that cannot be built.

        Raises
        ------
        ModelError
            If a value is out of range.
        """
        if self.stride % 3:
            raise ModelError(f"stride {self.stride} is not a multiple of 3 and loses the frame")
        for name in ("word", "filters", "hidden", "layers", "head", "stride", "table_order"):
            if getattr(self, name) < 1:
                raise ModelError(f"network setting {name} must be at least 1")
        if self.recurrent not in ("lstm", "gru"):
            raise ModelError(f"unknown recurrent cell {self.recurrent!r}: choose lstm or gru")

    def to_dict(self) -> dict[str, Any]:
        """Return the values as JSON types."""
        values = asdict(self)
        values["convolutions"] = [list(layer) for layer in self.convolutions]
        return values

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Self:
        """Build from the values of :meth:`to_dict`.

        Raises
        ------
        ModelError
            If a value has an unknown name or is out of range.
        """
        known = {field.name for field in fields(cls)}
        if unknown := sorted(set(values) - known):
            raise ModelError(f"unknown network settings: {', '.join(unknown)}")
        values = dict(values)
        if "convolutions" in values:
            values["convolutions"] = tuple(
                (int(kernel), int(dilation)) for kernel, dilation in values["convolutions"]
            )
        return cls(**values)
