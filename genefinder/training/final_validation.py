"""What the final weights are put through: calibration, the choice of a threshold, a profile."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from genefinder.data.genome_sample import GenomeSample
from genefinder.data.regions import RegionSequence, of_genome
from genefinder.dna import Codes
from genefinder.evaluation import Evaluation
from genefinder.genes import Gene, Region
from genefinder.grammar import Grammar
from genefinder.io.fasta import Contig
from genefinder.models.calibration import Calibration, fit_curve
from genefinder.models.profile import SpeciesProfile
from genefinder.network.scorer import WindowScorer
from genefinder.race import find
from genefinder.reliability import Outcomes, Reliability, collect_outcomes, reliability, trade_off
from genefinder.training.validation import choose_threshold

_FOLDS = 5


@dataclass(frozen=True, slots=True)
class FinalValidation:
    """What the held-out regions tell about the final weights.

    Attributes
    ----------
    calibration
        Curves that turn raw posteriors into shares of right predictions.
    reliability
        Reliability of calibrated posteriors, by kind; each fifth of the genes was calibrated by
        the other four.
    min_posterior
        Threshold of calibrated posteriors that validated best.
    best
        Evaluation at that threshold.
    trade_off
        Threshold and evaluation of the genes that reach it.
    profiles
        What the model sees in the held-out regions of each genome, or in a sample of what it was
        trained on where nothing is held out.
    """

    calibration: Calibration
    reliability: Mapping[str, Reliability]
    min_posterior: float
    best: Evaluation
    trade_off: Sequence[tuple[float, Evaluation]]
    profiles: tuple[SpeciesProfile, ...]

    def figures(self) -> dict[str, float]:
        """Return the F1 of bases, exons and genes at the threshold, as ``about`` keeps them."""
        levels = self.best.levels()
        return {name: round(levels[name].f1, 4) for name in ("base", "exon", "gene")}


def validate_finally(
    held_out: Sequence[RegionSequence],
    predicted: Sequence[Gene],
    reader: WindowScorer | Mapping[int, WindowScorer],
    grammar: Grammar | Mapping[int, Grammar],
    apart: Sequence[Sequence[RegionSequence]] = (),
) -> FinalValidation:
    """Learn from the genes of all that is held out what can be learnt from them.

    Parameters
    ----------
    held_out
        The regions.
    predicted
        The network's genes in them.
    reader
        The network, or as it reads each genome, by its number; it reads a sample of the regions
        for the profiles.
    grammar
        What a gene may look like, in all genomes or in each.
    apart
        Training regions of each genome of which nothing is held out. They serve as profiles
        alone, which tell what a species is like, and not how well its genes are found.
    """
    reference = [gene for held in held_out for gene in held.genes]
    regions = [held.region for held in held_out]
    calibration, curves = fit_calibration(reference, predicted, regions)
    calibrated = [calibration.apply(gene) for gene in predicted]
    min_posterior, best = choose_threshold(reference, calibrated, regions)
    return FinalValidation(
        calibration=calibration,
        reliability=curves,
        min_posterior=min_posterior,
        best=best,
        trade_off=trade_off(reference, calibrated, regions),
        profiles=tuple(
            SpeciesProfile.from_genes(
                find(
                    _tiles(region.codes for region in regions_of),
                    of_genome(reader, number),
                    of_genome(grammar, number),
                    calibration,
                )
            )
            for number, regions_of in (
                *(
                    (number, [held for held in held_out if held.genome == number])
                    for number in sorted({held.genome for held in held_out})
                ),
                *((group[0].genome, group) for group in apart),
            )
        ),
    )


def fit_calibration(
    reference: Sequence[Gene], predicted: Sequence[Gene], regions: Sequence[Region]
) -> tuple[Calibration, dict[str, Reliability]]:
    """Fit the curves, and measure by cross-validation how reliable they are.

    Parameters
    ----------
    reference, predicted, regions
        Genes, those predicted with raw posteriors, and where they are compared.

    Returns
    -------
    calibration : Calibration
        Of all kinds of prediction that there are.
    curves : dict
        Reliability by kind, of posteriors calibrated without the fifth that they are from.
    """
    outcomes = collect_outcomes(reference, predicted, regions)
    curves = {
        kind: fit_curve(outcome.posteriors, outcome.right) for kind, outcome in outcomes.items()
    }
    crossed = {kind: reliability(_crossed(outcome)) for kind, outcome in outcomes.items()}
    return Calibration(curves), crossed


def _crossed(outcomes: Outcomes) -> Outcomes:
    """Calibrate each fifth, of neighbours, by a curve of the others."""
    fold = np.arange(len(outcomes.right)) * _FOLDS // max(1, len(outcomes.right))
    calibrated = np.empty_like(outcomes.posteriors)
    for number in range(_FOLDS):
        own = fold == number
        curve = fit_curve(outcomes.posteriors[~own], outcomes.right[~own])
        calibrated[own] = [curve(float(posterior)) for posterior in outcomes.posteriors[own]]
    return Outcomes(calibrated, outcomes.right)


def _tiles(regions: Iterable[Codes]) -> list[Contig]:
    """Draw a sample of regions of one genome."""
    contigs = (Contig(f"{number}", codes) for number, codes in enumerate(regions))
    return GenomeSample(contigs).short()
