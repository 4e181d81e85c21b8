"""A piece of sequence as the windows that a network reads, and what it holds inside meanwhile."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor, nn

from genefinder.dna import Codes, N
from genefinder.network.layers import mirror
from genefinder.network.network import Encoder, GeneNetwork
from genefinder.network.next_base import NextBase
from genefinder.network.scorer import prepare_thread

Network = GeneNetwork | NextBase

_CORE = 9_000
_MARGIN = 1_998
"""Bases that a window answers for, and that it sees on either side of them, about."""


class Window(NamedTuple):
    """Bases to read, and those among them to answer for.

    Attributes
    ----------
    codes
        Whole blocks, N beyond the piece's ends, shape ``(span,)``.
    first
        Where base 0 of the window lies in the piece; negative before its start.
    start, end
        The bases to answer for, in coordinates of the piece. ``start`` is a multiple of the
        stride, counted from the piece's start, and so are all blocks.
    """

    codes: Codes
    first: int
    start: int
    end: int

    @property
    def core(self) -> slice:
        """The bases to answer for, in the window."""
        return slice(self.start - self.first, self.end - self.first)


def cut_windows(codes: Codes, stride: int) -> Iterator[Window]:
    """Cut a piece into windows whose cores cover it without an overlap.

    Parameters
    ----------
    codes
        Shape ``(T,)``.
    stride
        Bases a block.
    """
    core, margin = _CORE // stride * stride, -(-_MARGIN // stride) * stride
    for start in range(0, len(codes), core):
        end = min(start + core, len(codes))
        span = margin + -(-(end - start) // stride) * stride + margin
        first = start - margin
        window = np.full(span, N, dtype=np.uint8)
        low, high = max(0, first), min(len(codes), first + span)
        window[low - first : high - first] = codes[low:high]
        yield Window(window, first, start, end)


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
class Trace:
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
            from beyond that base, downstream nothing from before it.
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
    """

    def __init__(self, network: Network, device: torch.device) -> None:
        prepare_thread()
        self.network = network.to(device).eval()
        self.device = device

    @property
    def encoder(self) -> Encoder:
        """The layers that every network has."""
        return self.network.encoder

    @property
    def stride(self) -> int:
        """Bases a block."""
        return self.encoder.stride

    def trace(self, codes: Codes) -> Iterator[tuple[Window, Trace]]:
        """Yield the windows of a piece, each with what the network holds in it."""
        for window in cut_windows(codes, self.stride):
            yield window, self._run(window.codes)

    def _run(self, codes: Codes) -> Trace:
        """Run the network on one window."""
        kept: dict[nn.Module, tuple[Tensor, Tensor]] = {}

        def keep(module: nn.Module, inputs: tuple[Tensor, ...], output: Any) -> None:
            kept[module] = inputs[0], output[0] if isinstance(output, tuple) else output

        layers = [one for one in self.network.modules() if isinstance(one, nn.LSTM | nn.GRU)]
        first = next(iter(self.encoder.convolutions), None)
        watched = [*([] if first is None else [first]), self.encoder.convolutions, *layers]
        hooks = [one.register_forward_hook(keep) for one in watched]
        try:
            with torch.inference_mode():
                output = self.network(torch.from_numpy(codes).unsqueeze(0).to(self.device))
        finally:
            for hook in hooks:
                hook.remove()
        motifs = None if first is None else (kept[first][1] - kept[first][0]).cpu()
        return Trace(
            motifs=motifs,
            bases=kept[self.encoder.convolutions][1].cpu(),
            recurrences=tuple(
                Recurrence(layer, kept[layer][0].cpu(), kept[layer][1].cpu()) for layer in layers
            ),
            output=output.cpu(),
        )
