"""What a network holds inside while it reads a sequence, window by window."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from genefinder.data.read_windows import ReadWindow, cut_windows
from genefinder.dna import Codes
from genefinder.errors import ModelError
from genefinder.network.layers import mirror
from genefinder.network.network import Encoder, GeneNetwork
from genefinder.network.next_base import NextBase
from genefinder.network.scorer import prepare_thread

Network = GeneNetwork | NextBase

CORE = 9_000
"""Bases that a window answers for, about."""
MARGIN = 1_998
"""Bases that a window sees on either side of those, about."""


@dataclass(frozen=True, slots=True)
class Recurrence:
    """What went into and came out of one recurrent layer.

    Attributes
    ----------
    layer
        The layer.
    inputs, states
        ``(2, S, inputs)`` and ``(2, S, hidden)``: row 0 is the forward reading, row 1 the reverse
        one, each in its own 5'-to-3' direction.
    """

    layer: nn.LSTM | nn.GRU
    inputs: Tensor
    states: Tensor


@dataclass(frozen=True, slots=True)
class Activations:
    """What a network holds inside while it reads one window.

    Attributes
    ----------
    motifs
        ``(2, T, filters)``: what the first convolution adds to its input (never negative), if
        there is one.
    bases
        ``(2, T, filters)``: features of the bases up to and including each base.
    recurrences
        The recurrent layers, the one that reads its own direction alone first.
    output
        What the network answers.

    Row 0 is always the forward reading, row 1 the reverse one in its own direction.
    """

    motifs: Tensor | None
    bases: Tensor
    recurrences: tuple[Recurrence, ...]
    output: Tensor

    def features(self, stride: int) -> tuple[Tensor, Tensor]:
        """Return what either direction knows at the last base of each block.

        Parameters
        ----------
        stride
            Bases a block.

        Returns
        -------
        tuple of Tensor
            ``upstream`` and ``downstream``, each ``(2, S - 1, filters + hidden)``, in the own
            direction of each reading: features of the base and the state of the last block that
            ends at or before it (upstream), or begins after it (downstream, from the other
            reading). Entry ``k`` is about base ``(k + 1) * stride - 1``; upstream holds nothing
            from beyond that base, downstream nothing from before it, except what the statistics
            of a species say of the base, whose weight matrices reach a few bases further.
        """
        states = self.recurrences[0].states
        last = slice(stride - 1, -1, stride)
        upstream = torch.cat([self.bases[:, last], states[:, :-1]], 2)
        downstream = torch.cat([mirror(self.bases)[:, last], mirror(states)[:, 1:]], 2)
        return upstream, downstream


class Tracer:
    """Run a network on windows and keep what passes through its layers.

    Parameters
    ----------
    network
        Either kind; it is put into evaluation mode.
    device
        Where it runs.
    core, margin
        Bases that a window answers for, and that it sees on either side of them; rounded to whole
        blocks, the core down and the margin up.

    Raises
    ------
    ModelError
        If the network reads the statistics of a species, and none were given to it.
    """

    def __init__(
        self, network: Network, device: torch.device, core: int = CORE, margin: int = MARGIN
    ) -> None:
        if _lacks_statistics(network):
            raise ModelError(
                "the model reads the statistics of a species, and its layers show nothing without: "
                "give it those of one that it knows, or learnt from the genome (Model.reading)"
            )
        prepare_thread()
        self._core, self._margin = core, margin
        self.network = network.to(device).eval()
        self.device = device

    @property
    def encoder(self) -> Encoder:
        """The layers that every network has."""
        return self.network.encoder

    @property
    def recurrent_layers(self) -> list[nn.LSTM | nn.GRU]:
        """The recurrent layers, that of the encoder first."""
        return [module for module in self.network.modules() if isinstance(module, nn.LSTM | nn.GRU)]

    @property
    def stride(self) -> int:
        """Bases a block."""
        return self.encoder.stride

    def trace(self, codes: Codes) -> Iterator[tuple[ReadWindow, Activations]]:
        """Yield the windows of a sequence, each with what the network holds in it."""
        stride = self.stride
        core, margin = self._core // stride * stride, -(-self._margin // stride) * stride
        for window in cut_windows(len(codes), core, margin, block=stride):
            yield window, self._run(window.read(codes))

    def _run(self, codes: Codes) -> Activations:
        """Run the network on one window."""
        kept: dict[nn.Module, tuple[Tensor, Tensor]] = {}

        def keep(module: nn.Module, inputs: tuple[Tensor, ...], output: Any) -> None:
            kept[module] = inputs[0], output[0] if isinstance(output, tuple) else output

        layers = self.recurrent_layers
        first = next(iter(self.encoder.convolutions), None)
        watched = [*([] if first is None else [first]), self.encoder.convolutions, *layers]
        hooks = [module.register_forward_hook(keep) for module in watched]
        try:
            with torch.inference_mode():
                output = self.network(torch.from_numpy(codes).unsqueeze(0).to(self.device))
        finally:
            for hook in hooks:
                hook.remove()
        motifs = None if first is None else (kept[first][1] - kept[first][0]).cpu()
        return Activations(
            motifs=motifs,
            bases=kept[self.encoder.convolutions][1].cpu(),
            recurrences=tuple(
                Recurrence(layer, kept[layer][0].cpu(), kept[layer][1].cpu()) for layer in layers
            ),
            output=output.cpu(),
        )


def _lacks_statistics(network: Network) -> bool:
    """Tell whether a network reads the statistics of a species, and none were given to it."""
    return (
        isinstance(network, GeneNetwork) and network.config.statistics and network.species is None
    )
