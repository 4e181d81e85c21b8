"""The data of a pretraining: regions of raw genomes to learn, and others to be judged on."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from genefinder.data.markov import MAX_ORDER, scorable
from genefinder.data.windows import RawRegion
from genefinder.dna import Codes, N
from genefinder.errors import InputError
from genefinder.io.fasta import open_genome
from genefinder.io.regions import format_region
from genefinder.training.genomes import split_genomes, weigh
from genefinder.training.settings import GivenRegions, RawGenome


@dataclass(frozen=True, slots=True)
class RawCorpus:
    """Everything a run learns from.

    Attributes
    ----------
    groups, weights
        Regions of each genome and its share of the windows.
    held_out
        Regions to validate on.
    bases
        Bases to predict of each genome, in its regions.
    hashes
        SHA-256 of each genome.
    """

    groups: tuple[tuple[RawRegion, ...], ...]
    weights: tuple[float, ...]
    held_out: tuple[RawRegion, ...]
    bases: tuple[int, ...]
    hashes: tuple[str, ...]

    def training_regions(self) -> Iterator[RawRegion]:
        """Yield the regions to learn from of all genomes."""
        for group in self.groups:
            yield from group


@dataclass(frozen=True, slots=True)
class _Loaded:
    """A genome in memory: codes and targets of every contig."""

    source: RawGenome
    contigs: dict[str, tuple[Codes, Codes]]
    sha256: str

    def lengths(self) -> dict[str, int]:
        return {name: len(codes) for name, (codes, _) in self.contigs.items()}


def load_raw_corpus(
    genomes: Sequence[RawGenome],
    validation: GivenRegions,
    exclude: GivenRegions,
    *,
    skip_soft_masked: bool = False,
) -> RawCorpus:
    """Read genomes and prepare them for pretraining.

    Parameters
    ----------
    genomes
        What to read.
    validation, exclude
        Regions to validate on, and those that are neither trained nor validated on, besides those
        of the genomes themselves; see :func:`genefinder.training.genomes.split_genomes`.
    skip_soft_masked
        Do not predict lower-case bases.

    Raises
    ------
    InputError
        If the genomes cannot be read, do not contain a region, or leave nothing to train or
        validate on.
    """
    if not genomes:
        raise InputError("no genome to learn from: give GENOME or list them in the YAML")
    loaded = [_load(genome, skip_soft_masked) for genome in genomes]
    split = split_genomes(
        [(genome.source, genome.lengths()) for genome in loaded], validation, exclude
    )
    held_out = []
    for number, place in split.held_out:
        region = _region(loaded[number], number, place.contig, place.start, place.end)
        if not all(scorable(*reading).any() for reading in region.readings()):
            raise InputError(
                f"validation region {format_region(place)} holds no base to predict after "
                f"{MAX_ORDER} known ones, only N"
                f"{', lower-case letters' if skip_soft_masked else ''} or next to nothing; name "
                "another region with --validation"
            )
        held_out.append(region)
    groups = [
        tuple(
            region
            for place in split.train_regions(number, genome.lengths())
            if _targets(region := _region(genome, number, *place))
        )
        for number, genome in enumerate(loaded)
    ]
    bases = [sum(map(_targets, group)) for group in groups]
    for genome, count in zip(loaded, bases, strict=True):
        if not count:
            raise InputError(
                f"{genome.source.genome}: nothing is left to learn from beside N, the validation "
                "regions and what is excluded or soft-masked"
            )
    return RawCorpus(
        groups=tuple(groups),
        weights=weigh((genome.weight for genome in genomes), bases),
        held_out=tuple(held_out),
        bases=tuple(bases),
        hashes=tuple(genome.sha256 for genome in loaded),
    )


def _load(source: RawGenome, skip_soft_masked: bool) -> _Loaded:
    """Read one genome."""
    genome = open_genome(source.genome, soft_masks=skip_soft_masked)
    contigs = {}
    for contig in genome:
        targets = contig.codes
        if contig.soft_masked is not None:
            targets = np.where(contig.soft_masked, np.uint8(N), contig.codes)
        contigs[contig.name] = (contig.codes, targets)
    return _Loaded(source, contigs, genome.sha256)


def _region(genome: _Loaded, number: int, contig: str, start: int, end: int | None) -> RawRegion:
    """Return a part of a contig."""
    codes, targets = (sequence[start:end] for sequence in genome.contigs[contig])
    return RawRegion(contig, start, codes, number, targets=targets)


def _targets(region: RawRegion) -> int:
    """Return how many bases of a region are to be predicted."""
    (_, targets), _ = region.readings()
    return int(np.count_nonzero(targets < N))
