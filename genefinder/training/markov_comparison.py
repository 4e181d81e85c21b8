"""The network beside Markov models, on the same held-out bases."""

import csv
import io
import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

from genefinder.data.markov import Bits, MarkovBits, markov_bits, scorable
from genefinder.data.windows import RawRegion
from genefinder.dna import N
from genefinder.network.next_base import NextBase, bits_per_base
from genefinder.training.raw_corpus import RawCorpus

NAME = "bits_per_base"
_COLUMNS = ("predictor", "forward", "reverse", "mean", "perplexity")


@dataclass(frozen=True, slots=True)
class Comparison:
    """Bits a base of the network and of Markov models.

    Attributes
    ----------
    network
        Of the network.
    markov
        Of the Markov models, by ascending order, counted on the same training sequence.
    scored
        Bases scored, of both directions together.
    skipped
        Bases left out, since they stand within the longest context after N or after the beginning.
    """

    network: Bits
    markov: tuple[MarkovBits, ...]
    scored: int
    skipped: int

    @property
    def best_markov(self) -> MarkovBits:
        """The Markov model that predicts best."""
        return min(self.markov, key=lambda model: model.bits.mean)

    @property
    def gain(self) -> float:
        """Bits a base that the network is better than the best Markov model."""
        return self.best_markov.bits.mean - self.network.mean

    def rows(self) -> Iterator[tuple[str, Bits]]:
        """Yield the name of each predictor and its bits, the network first."""
        yield "network", self.network
        for model in self.markov:
            yield f"Markov, order {model.order}", model.bits

    def format(self) -> str:
        """Return a table for reading, which is Markdown too."""
        lines = [
            "| predictor         | forward | reverse | mean   | perplexity |",
            "|-------------------|---------|---------|--------|------------|",
        ]
        lines += [
            f"| {name:17} | {bits.forward:.4f}  | {bits.reverse:.4f}  | {bits.mean:.4f} "
            f"| {bits.perplexity:.4f}     |"
            for name, bits in self.rows()
        ]
        return "\n".join(lines)

    def to_dict(self) -> dict[str, Any]:
        """Return the values as JSON types."""
        return asdict(self)

    def write(self, folder: Path) -> None:
        """Write ``bits_per_base.csv`` and ``bits_per_base.json``."""
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(_COLUMNS)
        for name, bits in self.rows():
            figures = (bits.forward, bits.reverse, bits.mean, bits.perplexity)
            writer.writerow([name, *(f"{figure:.6f}" for figure in figures)])
        (folder / f"{NAME}.csv").write_text(text.getvalue(), encoding="utf-8")
        document = json.dumps(self.to_dict(), indent=2) + "\n"
        (folder / f"{NAME}.json").write_text(document, encoding="utf-8")


def compare(network: NextBase, corpus: RawCorpus, device: torch.device) -> Comparison:
    """Evaluate a network and Markov models of orders 0 to 11 on all that is held out.

    Parameters
    ----------
    network
        In evaluation mode.
    corpus
        The data.
    device
        Where the network is.
    """
    scored = targets = 0
    for region in corpus.held_out:
        for codes, wanted in region.readings():
            scored += int(np.count_nonzero(scorable(codes, wanted)))
            targets += int(np.count_nonzero(wanted < N))
    return Comparison(
        network=network_bits(network, corpus.held_out, device),
        markov=tuple(markov_bits(corpus.training_regions(), corpus.held_out)),
        scored=scored,
        skipped=targets - scored,
    )


def network_bits(
    network: NextBase,
    regions: Sequence[RawRegion],
    device: torch.device,
    most: int | None = None,
) -> Bits:
    """Return the bits a base of a network, on the bases that Markov models are scored on.

    Parameters
    ----------
    network
        In evaluation mode.
    regions
        What to predict; nothing beside them is read.
    device
        Where the network is.
    most
        Bases of the regions to read, at most; ``None`` reads all.
    """
    sums, bases = np.zeros(2), np.zeros(2, dtype=np.int64)
    left = most
    for region in regions:
        part = region
        if left is not None:
            part = region.beginning(left)
            left -= len(part)
        (codes, targets), (other, others) = part.readings()
        if not len(codes):
            break
        found = bits_per_base(network, codes, device)
        masks = (scorable(codes, targets), scorable(other, others)[::-1])
        for direction, mask in enumerate(masks):
            sums[direction] += found[direction, mask].sum(dtype=np.float64)
            bases[direction] += np.count_nonzero(mask)
    # Where nothing could be scored, nothing is known either.
    forward, reverse = sums / np.maximum(bases, 1) if bases.all() else (2.0, 2.0)
    return Bits(float(forward), float(reverse))
