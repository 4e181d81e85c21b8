"""Linear probes: what can be read off a network's hidden states, against what needs no network.

What a linear probe decodes is there, which does not say that the network uses it: *decodable is not
causal*. Hence the comparison with the same network before any training, whose states are a random
function of the same bases (and of the same statistics, where it reads those of a species), and with
the words (k-mers) of those bases themselves. Words counted by frame are codon usage, which needs no
network either, but somebody who knows of codons.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch

from genefinder.errors import InputError
from genefinder.interpret.activations import Network, Tracer
from genefinder.interpret.features import (
    Features,
    Floats,
    SampledBases,
    collect_features,
    sample_bases,
)
from genefinder.interpret.linear import RIDGES, Probes, Scored
from genefinder.interpret.properties import PROPERTIES, Property
from genefinder.interpret.sequence import AnnotatedSequence
from genefinder.io.tsv import write_tsv
from genefinder.models.model import Model, PretrainedModel
from genefinder.network.network import GeneNetwork
from genefinder.network.next_base import NextBase

KINDS = ("network", "untrained", "words", "frames")
"""Features: states of the network, of an untrained one, words of the sequence, words by frame."""
CAUTION = (
    "Decodable is not causal: a probe shows that a property can be read off the states, not that "
    "the network uses it."
)
_LEAST_BASES = 100_000
LEAST_SAMPLES = 200
"""Sampled bases that must have each property."""


@dataclass(frozen=True, slots=True)
class ProbeScore:
    """A property decoded from one set of features.

    Attributes
    ----------
    property
        What was asked.
    features
        One of :data:`KINDS`.
    view
        ``forward`` (the base and what precedes it in its reading), ``backward`` (the base and what
        follows it), ``both``, or ``joint`` (the last recurrent layer of a gene model, which has
        read both).
    samples
        Bases scored.
    score, low, high
        Balanced accuracy of classes, R² of quantities, on held-out sequence, and its 95 % interval
        (blocks of sequence resampled).
    gain, gain_low, gain_high
        Score less that of the better one of ``untrained`` and ``words`` at the same view, with its
        95 % interval; NaN for these themselves.
    """

    property: Property
    features: str
    view: str
    samples: int
    score: float
    low: float
    high: float
    gain: float = float("nan")
    gain_low: float = float("nan")
    gain_high: float = float("nan")


def untrained_network(model: Model | PretrainedModel, seed: int) -> Network:
    """Return a network like that of a model, with random weights; it reads the same statistics."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        if not isinstance(model, Model):
            return NextBase(model.network.config).eval()
        network = GeneNetwork(model.network.config, model.grammar).eval()
        return network if model.reads is None else network.reading(model.reads)


def inspect_states(
    tracer: Tracer,
    untrained: Tracer,
    sequences: Sequence[AnnotatedSequence],
    samples: int = 20_000,
    rounds: int = 1_000,
    seed: int = 1,
    genetic_code: int = 1,
) -> list[ProbeScore]:
    """Probe a network's hidden states.

    Bases are sampled evenly, in both readings, where a block ends. The sequence is cut into five
    parts, each scored by probes fitted to the other four; a kilobase on either side of a cut is
    left out.

    Parameters
    ----------
    tracer, untrained
        The network, and one of the same shape with random weights.
    sequences
        Annotated sequence.
    samples
        Bases, about.
    rounds
        Resamples for the intervals.
    seed
        Of these.
    genetic_code
        NCBI translation table.

    Returns
    -------
    list of ProbeScore
        By property, view and features.

    Raises
    ------
    InputError
        If there is too little sequence, or a property is nowhere defined.
    """
    bases = sum(len(sequence) for sequence in sequences)
    if bases < _LEAST_BASES:
        raise InputError(
            f"{bases:,} bases are too few to hold out parts of them: probes need "
            f"{_LEAST_BASES:,} or more"
        )
    step = max(1, 2 * bases // (tracer.stride * samples))
    sampled = sample_bases(sequences, tracer.stride, step, genetic_code)
    features = collect_features(tracer, untrained, sequences, sampled)
    return score_features(features, sampled, rounds, seed)


def score_features(
    features: Mapping[tuple[str, str], Features],
    sampled: "SampledBases",
    rounds: int,
    seed: int,
    least_samples: int = LEAST_SAMPLES,
    ridges: Sequence[float] = RIDGES,
) -> list[ProbeScore]:
    """Fit probes to features of sampled bases, and score them.

    Parameters
    ----------
    features
        By kind and view, ``(n, features)``: ``network``, ``untrained`` and ``words`` must be there.
    sampled
        The bases.
    rounds, seed
        Resamples for the intervals, and their seed.
    least_samples
        Bases that must have each property.
    ridges
        Ridges to choose from, as :class:`genefinder.interpret.linear.Probes` does.

    Returns
    -------
    list of ProbeScore
        By property, view and features.

    Raises
    ------
    InputError
        If too few of the bases have a property.
    """
    used = {prop.name: sampled.usable & sampled.subsets[prop.subset] for prop in PROPERTIES}
    for prop in PROPERTIES:
        if used[prop.name].sum() < least_samples:
            raise InputError(
                f"only {used[prop.name].sum()} sampled bases have the property {prop.name}: give a "
                "larger region, or one with more genes"
            )
    scored: dict[tuple[str, str, str], Scored] = {}
    for (kind, view), values in features.items():
        probes = Probes(values, sampled.folds, sampled.blocks, ridges)
        for prop in PROPERTIES:
            given = sampled.values[prop.name]
            chosen = used[prop.name]
            scored[prop.name, kind, view] = (
                probes.classify(prop.subset, chosen, given.astype(np.int64), len(prop.classes))
                if prop.classes
                else probes.regress(prop.subset, chosen, given)
            )
    rng = np.random.default_rng(seed)
    blocks = int(sampled.blocks.max()) + 1
    weights = rng.multinomial(blocks, np.full(blocks, 1 / blocks), rounds).astype(np.float64)
    return list(_results(scored, used, weights))


def _results(
    scored: dict[tuple[str, str, str], Scored],
    used: dict[str, npt.NDArray[np.bool_]],
    weights: Floats,
) -> Iterator[ProbeScore]:
    """Turn sums into scores with intervals, and compare each view with what needs no training."""
    for prop in PROPERTIES:
        for features, view in sorted({key[1:] for key in scored}, key=_order):
            sums = scored[prop.name, features, view]
            draws = sums.score(weights)
            low, high = np.nanquantile(draws, (0.025, 0.975))
            result = ProbeScore(
                prop,
                features,
                view,
                int(used[prop.name].sum()),
                float(sums.score()[0]),
                float(low),
                float(high),
            )
            if features == "network":
                rivals = [("untrained", view), ("words", "both" if view == "joint" else view)]
                rival = max(
                    (scored[(prop.name, *key)] for key in rivals), key=lambda x: float(x.score()[0])
                )
                apart = draws - rival.score(weights)
                low, high = np.nanquantile(apart, (0.025, 0.975))
                gain = result.score - float(rival.score()[0])
                result = replace(result, gain=gain, gain_low=float(low), gain_high=float(high))
            yield result


def _order(key: tuple[str, str]) -> tuple[int, int]:
    """Order views as the report has them, the network first in each."""
    features, view = key
    return (
        ("forward", "backward", "both", "joint").index(view),
        KINDS.index(features),
    )


def write_probe(folder: Path, scores: Sequence[ProbeScore]) -> None:
    """Write ``probe.tsv``.

    Raises
    ------
    InputError
        The file cannot be written.
    """
    write_tsv(
        folder / "probe.tsv",
        (
            *("property", "measure", "view", "features", "samples", "score", "low", "high"),
            *("gain", "gain_low", "gain_high"),
        ),
        (
            (
                *(score.property.name, score.property.measure, score.view, score.features),
                *(score.samples, score.score, score.low, score.high),
                *(score.gain, score.gain_low, score.gain_high),
            )
            for score in scores
        ),
    )
