"""Statistics of the genomes of a run, as a network that reads them is given them while it learns.

A network that saw the statistics of whole genomes would trust them too much, for they know the very
genes that it is asked for: each window is given those of its own genome without its own tenth, as
in :mod:`genefinder.training.folds`. A genome that nobody annotated will have worse ones, so in
a share of the windows it is given such.
"""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from itertools import count

import torch
from torch import Tensor

from genefinder.data.counts import CountedTables
from genefinder.data.open_frames import first_tables
from genefinder.data.windows import TrainingRegion, Window
from genefinder.dna import Codes
from genefinder.errors import InputError
from genefinder.grammar import Grammar
from genefinder.grammar.grammar import INTRON_FLOOR
from genefinder.network.config import NetworkConfig
from genefinder.network.layers import both_readings
from genefinder.network.statistics import SpeciesScores, StatisticsScorer
from genefinder.species.statistics import Statistics, slug
from genefinder.species.structure import Structure
from genefinder.training.corpus import Corpus
from genefinder.training.folds import FOLDS, count_parts, labelled_contigs
from genefinder.training.settings import LabelledGenome

_ALONE = (1, 6)
"""Folds whose statistics alone are imperfect ones."""
_FRAME_BASES, _FRAME_REGION = 15_000_000, 5_000_000
"""Bases that open reading frames are looked for in, and those of one region, at most."""


@dataclass(frozen=True, slots=True, eq=False)
class GenomeStatistics:
    """Statistics of one genome, good and bad.

    Attributes
    ----------
    whole
        Counted on all that is trained on.
    without
        Tables counted without each of the folds.
    imperfect
        Tables counted on one fold alone, with its number, or on long open reading frames with usual
        sites, with ``None``.
    """

    whole: Statistics
    without: tuple[CountedTables, ...]
    imperfect: tuple[tuple[int | None, CountedTables], ...]


def count_statistics(
    genomes: Sequence[LabelledGenome], corpus: Corpus, config: NetworkConfig
) -> dict[int, GenomeStatistics]:
    """Count the statistics of each genome that is trained on.

    Parameters
    ----------
    genomes
        Where they come from.
    corpus
        Their regions, in folds.
    config
        Shape of the statistics.

    Returns
    -------
    dict
        By number of the genome.

    Raises
    ------
    InputError
        If two genomes are of one species, or nothing is left to count on of one that is validated
        on.
    """
    names = _names(genomes)
    found: dict[int, GenomeStatistics] = {}
    for regions in corpus.groups:
        number = regions[0].genome
        found[number] = _count(names[number], regions, corpus.grammars[number], config)
    for held in corpus.held_out:
        if held.genome not in found:
            raise InputError(
                f"nothing of {genomes[held.genome].genome} is left beside the validation regions, "
                "so that its statistics cannot be counted"
            )
    return found


def _names(genomes: Sequence[LabelledGenome]) -> list[str]:
    """Name the species: as the run is told, or after the genomes' files."""
    names: list[str] = []
    for genome in genomes:
        name = genome.species or genome.genome.name.removesuffix(".gz").rpartition(".")[0]
        taken = {slug(other) for other in names}
        if slug(name) in taken:
            if genome.species:
                raise InputError(f"two genomes are of one species, {name!r}; name them apart")
            name = next(
                numbered for number in count(2) if slug(numbered := f"{name} {number}") not in taken
            )
        names.append(name)
    return names


def _count(
    name: str, regions: Sequence[TrainingRegion], grammar: Grammar, config: NetworkConfig
) -> GenomeStatistics:
    """Count the statistics of one genome."""
    whole, parts = count_parts(regions, grammar, config)
    # Of a large genome the first folds alone are counted.
    counted = [number for number in range(FOLDS) if parts[number].words.any()]
    alone = sorted({counted[place * len(counted) // FOLDS] for place in _ALONE if counted})
    imperfect: list[tuple[int | None, CountedTables]] = [
        (number, parts[number].tables()) for number in alone
    ]
    with suppress(InputError):  # Not every genome has long open reading frames.
        imperfect.append((None, first_tables(_sample(regions), grammar, config.table_shape)))
    return GenomeStatistics(
        whole=Statistics(
            name=name,
            tables=whole.tables(),
            genetic_code=grammar.genetic_code,
            structure=Structure.of(labelled_contigs(regions)),
            # Of a genome of few introns it is the lowest of all, which tells nothing of introns.
            min_intron=grammar.min_intron if grammar.min_intron > INTRON_FLOOR else None,
            min_coding=grammar.min_coding or None,
        ),
        without=tuple(whole.without(part).tables() for part in parts),
        imperfect=tuple(imperfect),
    )


def _sample(regions: Sequence[TrainingRegion]) -> list[Codes]:
    """Return the beginnings of regions, up to a number of bases."""
    sample: list[Codes] = []
    left = _FRAME_BASES
    for region in regions:
        codes = region.codes[: min(left, _FRAME_REGION)]
        left -= len(codes)
        sample.append(codes)
        if left <= 0:
            break
    return sample


class OwnStatistics:
    """What a network is given beside each window: statistics of its genome without its own fold.

    Parameters
    ----------
    genomes
        By number of the genome.
    imperfect
        Share of the windows that are given imperfect ones instead, drawn with torch's generator.
    device
        Where the network is.
    """

    def __init__(
        self, genomes: Mapping[int, GenomeStatistics], imperfect: float, device: torch.device
    ) -> None:
        self._share = imperfect
        variants: list[Statistics] = []
        self._own: dict[tuple[int, int | None], int] = {}
        self._imperfect: dict[int, list[tuple[int | None, int]]] = {}
        for genome, found in genomes.items():
            for fold, tables in [(None, found.whole.tables), *enumerate(found.without)]:
                self._own[genome, fold] = len(variants)
                variants.append(replace(found.whole, tables=tables))
            self._imperfect[genome] = []
            for fold, tables in found.imperfect:
                self._imperfect[genome].append((fold, len(variants)))
                variants.append(replace(found.whole, tables=tables))
        self._scorer = StatisticsScorer(variants).to(device)

    def __call__(self, codes: Tensor, windows: Sequence[Window]) -> SpeciesScores:
        """Return what the statistics make of both readings.

        Parameters
        ----------
        codes
            Bases as the network reads them, ``(B, T)``, on its device.
        windows
            The ``B`` windows.
        """
        chosen = self.choose(windows)
        scores: SpeciesScores = self._scorer(both_readings(codes), chosen)
        return scores

    def choose(self, windows: Sequence[Window]) -> list[int]:
        """Draw the number of the statistics that each window is given.

        Those of its genome are numbered in the order of :class:`GenomeStatistics`: all of it, then
        without each fold, then the imperfect ones, of which that of its own fold is never drawn.
        """
        drawn = torch.rand(len(windows)).tolist()
        chosen = []
        for window, chance in zip(windows, drawn, strict=True):
            worse = [
                number
                for fold, number in self._imperfect[window.genome]
                if fold is None or fold != window.fold
            ]
            if chance < self._share and worse:
                chosen.append(worse[int(torch.randint(len(worse), ()))])
            else:
                chosen.append(self._own[window.genome, window.fold])
        return chosen
