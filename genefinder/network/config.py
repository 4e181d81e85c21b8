"""The shape of a network, as plain frozen values."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any, Literal, Self, get_args

from genefinder.data.counts import TableShape
from genefinder.errors import ModelError

Recurrent = Literal["lstm", "gru"]

_POSITIVE = ("word", "filters", "stride", "hidden", "layers", "head", "table_order")
_NOT_NEGATIVE = ("memory", "site_hidden", "site_reach", "weights_before", "weights_after")


@dataclass(frozen=True, slots=True)
class NetworkConfig:
    """What it takes to build a :class:`genefinder.network.network.GeneNetwork`.

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
        Initial bias of the LSTM's forget gate (of the GRU's update gate), where ``memory`` is 0.
    memory
        Longest memory, in recurrent steps, that units start with, where it is not 0; see
        :func:`genefinder.network.layers.recurrent_layer`. With one forget bias for all, units keep
        what they saw for a few steps only, and do not learn to keep it longer in the time there is:
        states of an encoder pretrained for six minutes then told exons, introns and intergenic
        sequence of A. thaliana apart with a balanced accuracy of 0.68, with memories up to 100
        steps with 0.77 (``genefinder inspect probe``).
    head
        Hidden units a base between features and channels.
    slope
        Slope of these units below zero. With 0 they may die out, all of them: where statistics
        explain most of the genes, the quickest way to less noise is to switch the network off.
    site_hidden
        Hidden units of the scorer of candidate sites; 0 leaves it out.
    site_reach
        Bases that the scorer of candidate sites sees on either side.
    dropout
        Share of the features before and after the recurrent layers that training hides.
    statistics
        Whether the network itself reads what the statistics of the species at hand
        (:class:`genefinder.species.statistics.Statistics`) say of every base. They are added to its
        output in any case.
    table_order
        Order of the Markov models of these statistics (5 counts words of 6).
    weights_before, weights_after
        Bases before and after a site that their weights span.
    """

    word: int = 6
    filters: int = 32
    convolutions: tuple[tuple[int, int], ...] = ((9, 1), (5, 3), (5, 9))
    stride: int = 9
    hidden: int = 96
    layers: int = 2
    recurrent: Recurrent = "lstm"
    forget_bias: float = 1.0
    memory: int = 100
    head: int = 48
    slope: float = 0.1
    site_hidden: int = 48
    site_reach: int = 30
    dropout: float = 0.1
    statistics: bool = True
    table_order: int = 5
    weights_before: int = 24
    weights_after: int = 12

    def __post_init__(self) -> None:
        """Reject shapes that cannot be built.

        Raises
        ------
        ModelError
            If a value is of the wrong type or out of range.
        """
        for names, least in ((_POSITIVE, 1), (_NOT_NEGATIVE, 0)):
            for name in names:
                value = getattr(self, name)
                if not _is_whole(value) or value < least:
                    raise ModelError(
                        f"network setting {name} must be a whole number of at least {least}, "
                        f"not {value!r}"
                    )
        if self.memory == 1:
            raise ModelError("network setting memory must be 0 or at least 2 steps, not 1")
        if self.stride % 3:
            raise ModelError(
                f"network setting stride must be a multiple of 3 to keep the reading frame, "
                f"not {self.stride}"
            )
        for layer in self.convolutions:
            if len(layer) != 2 or not all(_is_whole(value) and value > 0 for value in layer):
                raise ModelError(
                    "network setting convolutions must be pairs of a kernel and a dilation, both "
                    f"at least 1, not {list(layer)}"
                )
        if self.recurrent not in get_args(Recurrent):
            raise ModelError(
                f"network setting recurrent must be {' or '.join(get_args(Recurrent))}, "
                f"not {self.recurrent!r}"
            )
        if not isinstance(self.dropout, int | float) or not 0 <= self.dropout < 1:
            raise ModelError(
                f"network setting dropout must be a number from 0 to below 1, not {self.dropout!r}"
            )
        if not isinstance(self.slope, int | float) or not 0 <= self.slope < 1:
            raise ModelError(
                f"network setting slope must be a number from 0 to below 1, not {self.slope!r}"
            )
        if not isinstance(self.statistics, bool):
            raise ModelError(
                f"network setting statistics must be true or false, not {self.statistics!r}"
            )
        if not isinstance(self.forget_bias, int | float):
            raise ModelError(
                f"network setting forget_bias must be a number, not {self.forget_bias!r}"
            )

    @property
    def table_shape(self) -> TableShape:
        """The shape of the statistics that the network reads."""
        return TableShape(self.table_order, self.weights_before, self.weights_after)

    def to_dict(self) -> dict[str, Any]:
        """Return the values as JSON types."""
        values = asdict(self)
        values["convolutions"] = [list(layer) for layer in self.convolutions]
        return values

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        """Build from the values of :meth:`to_dict`.

        Raises
        ------
        ModelError
            If a value has an unknown name, is of the wrong type or out of range.
        """
        known = [field.name for field in fields(cls)]
        if unknown := sorted(str(name) for name in values if name not in known):
            raise ModelError(
                f"unknown network setting {', '.join(unknown)}; known are {', '.join(known)}"
            )
        values = dict(values)
        if "convolutions" in values:
            layers = values["convolutions"]
            if not isinstance(layers, list) or not all(isinstance(layer, list) for layer in layers):
                raise ModelError(
                    "network setting convolutions must be a list of [kernel, dilation], "
                    f"not {layers!r}"
                )
            values["convolutions"] = tuple(tuple(layer) for layer in layers)
        return cls(**values)


def _is_whole(value: object) -> bool:
    """Tell whether a value is an integer, and not a truth value."""
    return isinstance(value, int) and not isinstance(value, bool)
