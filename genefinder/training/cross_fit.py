"""Tables that were not counted on the genes they are trained beside.

Counted tables know the genes that they were counted on too well: with few of those they explain
them almost without the network, which then learns to trust them rather than to repair them. So a
window is trained with tables that were counted without its own tenth of the genome (cross-fitting;
Wolpert 1992 on stacked generalization), as differences from the trainable tables, which are of all
genes and are what the finished model has. On the validation region of S. pombe, after 200 updates
on 200 genes (one seed), exon F1 was 79.5 rather than 74.3, and the loss 0.47 rather than 0.78 nats
a kilobase; the tables alone had 72.1 and 0.75.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np
import torch
from torch import Tensor, nn

from genefinder.data.counts import CountedTables, Counts, LabelledContig, count
from genefinder.data.windows import TrainingRegion, Window
from genefinder.grammar import Grammar
from genefinder.network.config import NetworkConfig
from genefinder.network.layers import both_readings
from genefinder.network.tables import Tables

FOLDS = 10
"""Parts of a genome, each of which can be left out of the counts."""
_COUNTED_BASES = 30_000_000
"""Bases of a genome that the tables are counted on, at most."""


def fold(regions: Sequence[TrainingRegion]) -> Iterator[TrainingRegion]:
    """Divide regions into folds of as many bases each."""
    total = sum(map(len, regions))
    ends = total * np.arange(1, FOLDS) // FOLDS
    before = 0
    for region in regions:
        yield replace(region, borders=region.start + ends - before)
        before += len(region)


def count_folds(
    regions: Sequence[TrainingRegion], grammar: Grammar, config: NetworkConfig
) -> tuple[CountedTables, tuple[CountedTables, ...]]:
    """Count the tables of a genome.

    Parameters
    ----------
    regions
        What to count on, divided by :func:`fold`.
    grammar
        Has the words that look like sites.
    config
        Shape of the tables.

    Returns
    -------
    tuple
        The tables of all regions, and those without each of the folds.
    """
    whole, parts = count_parts(regions, grammar, config)
    return whole.tables(), tuple(whole.without(part).tables() for part in parts)


def count_parts(
    regions: Sequence[TrainingRegion], grammar: Grammar, config: NetworkConfig
) -> tuple[Counts, tuple[Counts, ...]]:
    """Count all regions of a genome, and what each fold has of them; see :func:`count_folds`."""
    return _count(regions, grammar, config), tuple(
        _count(regions, grammar, config, number) for number in range(FOLDS)
    )


def _count(
    regions: Sequence[TrainingRegion],
    grammar: Grammar,
    config: NetworkConfig,
    number: int | None = None,
) -> Counts:
    """Count on regions, or on what one fold has of them."""
    return count(
        labelled_contigs(regions, number),
        grammar,
        config.table_order,
        config.weights_before,
        config.weights_after,
    )


def labelled_contigs(
    regions: Sequence[TrainingRegion], number: int | None = None
) -> Iterator[LabelledContig]:
    """Yield what of regions is counted, all of it or what lies in one fold."""
    left = _COUNTED_BASES
    for region in regions:
        if left <= 0:
            return
        start, end = region.start, min(region.end, region.start + left)
        left -= end - start
        if number is not None and region.borders is not None:
            ends = np.concatenate([[start], region.borders, [end]]).clip(start, end)
            start, end = int(ends[number]), int(ends[number + 1])
            if start == end:
                continue
        masked = np.ones(end - start, dtype=np.bool_)
        for low, high in region.targets.segments(start, end):
            masked[low - start : high - start] = False
        positions, channels = region.targets.signals(start, end)
        yield LabelledContig(
            codes=region.codes[start - region.start : end - region.start],
            labels=region.targets.labels[start:end],
            positions=positions - start,
            channels=channels,
            masked=masked,
        )


class CrossFit:
    """What to add to the tables' scores of each window.

    Parameters
    ----------
    everything
        The tables that the network began with.
    without
        Tables counted without each of the folds.
    config
        Shape of the network.
    device
        Where it is.
    """

    def __init__(
        self,
        everything: CountedTables,
        without: Sequence[CountedTables],
        config: NetworkConfig,
        device: torch.device,
    ) -> None:
        """Keep the differences."""
        self._differences = nn.ModuleList()
        for part in without:
            tables = Tables(config).requires_grad_(False)
            tables.words.copy_(torch.from_numpy(part.words - everything.words))
            tables.weights.copy_(torch.from_numpy(part.weights - everything.weights))
            tables.bias.copy_(torch.from_numpy(part.bias - everything.bias))
            self._differences.append(tables)
        self._differences.to(device)

    def __call__(self, codes: Tensor, windows: Sequence[Window]) -> tuple[Tensor, Tensor]:
        """Return what states and signals of both readings score more without the own fold.

        Parameters
        ----------
        codes
            Bases as the network reads them, ``(B, T)``, on its device.
        windows
            The ``B`` windows; those of no fold get zeros.

        Returns
        -------
        tuple of Tensor
            Two of shape ``(2 B, T, 4)``, as :class:`genefinder.network.tables.Tables` gives them.
        """
        states = torch.zeros(2 * codes.shape[0], codes.shape[1], 4, device=codes.device)
        signals = torch.zeros_like(states)
        rows = len(windows)
        for number, window in enumerate(windows):
            if window.fold is None:
                continue
            own = [number, rows + number]
            states[own], signals[own] = self._differences[window.fold](
                both_readings(codes[number : number + 1])
            )
        return states, signals
