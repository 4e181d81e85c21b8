"""Which of several models suits a genome, and whether any does.

Models find genes in the same small sample of the genome (:mod:`genefinder.race`), and that model is
the best whose genes shorten the description of the sample most
(:mod:`genefinder.data.description_length`), when codons are described by their usage in the nearest
species that the model was trained on. Posteriors would not do: a model is sure of itself on strange
sequence too.

What the best model sees is then compared with its profiles, which are the same figures of held-out
sequence of the species that it was trained on.
"""

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np

from genefinder.compute import Compute
from genefinder.data.description_length import codon_usage_divergence, divergence
from genefinder.data.genome_sample import SHORT_BASES, GenomeSample
from genefinder.errors import ModelError
from genefinder.models.model import Model
from genefinder.models.profile import SpeciesProfile
from genefinder.race import FIRST_BASES, Contender, race

_FEWEST_BASES = 50_000
_FEWEST_CODONS = 3_000
"""Less than this tells nothing."""
_NO_GENES = "it finds no gene in the sample"
_NO_BITS = "its genes save no bits: the sample is too small to tell, or none are there"
_CLEARLY = 0.2
"""Share by which a figure must be inside its range, or outside, to be believed after the first
bases; after more it is less, by the root of their number."""
_FIT = 0.3
"""Share of the work that comes after the models were compared."""
_FAR = 0.01
"""Divergence of codon usage, in bits, that is beyond near relatives: Brassicaceae are within 0.004
of A. thaliana, while Saccharomyces and Schizosaccharomyces are 0.014 apart."""
_RANGES = {
    "genes_per_mb": ("genes per Mb", 0.2, 1.5),
    "coding": ("coding share", 0.2, 1.5),
    "saved_per_kb": ("bits saved per kb", 0.2, 1.6),
    "posterior": ("mean posterior", 0.6, 2.0),
}
"""How far below the least and above the greatest of its species a model's figure may be, as
factors. Gene-poor genomes are wider spread than gene-rich ones."""


@dataclass(frozen=True, slots=True)
class Assessment:
    """What a model makes of a sample.

    Attributes
    ----------
    model
        Its name.
    profile
        What it sees.
    codon_usage_divergence
        Bits per 1,000 bases that are lost when the codon usage of the model's nearest species
        describes the codons; ``None`` where the model knows none.
    mismatch_warnings
        In what the sample is unlike everything that the model was trained on; empty where it is
        like it, or where nobody knows.
    species
        Names of the species that the model was trained on, the most relevant first.
    """

    model: str
    profile: SpeciesProfile
    codon_usage_divergence: float | None = None
    mismatch_warnings: tuple[str, ...] = ()
    species: tuple[str, ...] = ()

    @property
    def score(self) -> float:
        """What models are compared by: bits saved per 1,000 bases, higher is better."""
        return self.profile.saved_per_kb - (self.codon_usage_divergence or 0.0)

    @property
    def finds_genes(self) -> bool:
        """Whether it finds any gene; none at all saves exactly nothing, but says nothing either."""
        return self.profile.genes_per_mb > 0

    @property
    def fits(self) -> bool:
        """Whether nothing is unlike the model's species; too small a sample does not tell."""
        return all(warning == _NO_BITS for warning in self.mismatch_warnings)

    def to_dict(self) -> dict[str, Any]:
        """Return everything but the codons as JSON has it."""
        seen = {
            name: round(value, 4)
            for name, value in asdict(self.profile).items()
            if name != "codons"
        }
        return {
            "model": self.model,
            "score": round(self.score, 4),
            "codon_usage_divergence": None
            if self.codon_usage_divergence is None
            else round(self.codon_usage_divergence, 4),
            **seen,
            "mismatch_warnings": list(self.mismatch_warnings),
        }


@dataclass(frozen=True, slots=True)
class Selection:
    """The model that suits a genome best, and how all of them compare.

    Attributes
    ----------
    model
        The best model.
    assessments
        Of all models, the best first; of those far behind on a part of the sample.
    seconds
        Processor time that the choice took.
    leader
        The best model with what it has read.
    leader_bases
        Bases of the sample, about, that it has read.
    """

    model: Model
    assessments: tuple[Assessment, ...]
    seconds: float
    leader: Contender
    leader_bases: int

    @property
    def bases(self) -> int:
        """Known bases of the sample that the best model has read."""
        return self.assessments[0].profile.bases

    @property
    def mismatch_warnings(self) -> tuple[str, ...]:
        """In what the genome is unlike the best model's species."""
        return self.assessments[0].mismatch_warnings

    def comments(self) -> list[tuple[str, str]]:
        """Return what the header of a GFF3 tells about the choice."""
        scores = " ".join(
            f"{assessment.model}={assessment.score:.2f}" for assessment in self.assessments
        )
        warnings = [
            ("warning", f"the genome looks like none of the models: {warning}")
            for warning in self.mismatch_warnings
        ]
        return [("model choice", f"auto, bits saved per kb: {scores}"), *warnings]

    def to_dict(self) -> dict[str, Any]:
        """Return everything as JSON has it."""
        return {
            "chosen": self.model.name,
            "criterion": "bits saved in describing 1 kb, codons by usage in the nearest species",
            "sample_bases": self.bases,
            "fits": not self.mismatch_warnings,
            "models": [assessment.to_dict() for assessment in self.assessments],
        }


def mismatch_warnings(seen: SpeciesProfile, known: Sequence[SpeciesProfile]) -> tuple[str, ...]:
    """Tell in what a sample is unlike the species that a model was trained on.

    Parameters
    ----------
    seen
        What the model sees in the sample.
    known
        What it sees in held-out sequence of its own species.

    Returns
    -------
    tuple
        Sentences without a full stop; empty where all is alike, nothing is known, or the sample is
        too small to tell.
    """
    if not known or seen.bases < _FEWEST_BASES:
        return ()
    found = []
    for name, (words, below, above) in _RANGES.items():
        values = [getattr(known_profile, name) for known_profile in known]
        value = getattr(seen, name)
        if not below * min(values) <= value <= above * max(values):
            found.append(f"{words} {value:.3g}, its own species {_span(values)}")
    usage = np.array(seen.codons)
    if usage.sum() >= _FEWEST_CODONS:
        far = min(divergence(usage, np.array(known_profile.codons)) for known_profile in known)
        if far > _FAR:
            found.append(
                f"codon usage {far:.3f} bits from that of its nearest species (usual: below {_FAR})"
            )
    return tuple(found)


def choose_model(
    sample: GenomeSample,
    models: Sequence[Model],
    compute: Compute,
    *,
    progress: Callable[[float], None] = lambda share: None,
) -> Selection:
    """Let models assess a sample of a genome, and take the best.

    Those that are far behind on a small part of the sample read no more of it, and the best reads
    on until it is clear whether the genome is like its species.

    Parameters
    ----------
    sample
        Of the genome.
    models
        To choose from, of one species each; :mod:`genefinder.choice` brings in the others.
    compute
        What to compute with.
    progress
        Takes the share of the work that is done, 0 to 1.

    Raises
    ------
    GenefinderError
        If there is no model, or the genome cannot be read.
    """
    begin = time.process_time()
    if not models:
        raise ModelError(
            "no model is installed to choose from; give a model directory with --model"
        )
    contenders = [Contender(model, compute, _score) for model in models]
    known = [contender for contender in contenders if contender.model.profiles] or contenders
    bases = race(known, sample, progress=lambda share: progress(share * (1 - _FIT)))
    for contender in contenders:
        if contender not in known:  # which are taken only where nobody else finds genes
            contender.read(sample.short(bases))
    by_name = {contender.model.name: contender for contender in contenders}
    assessments = {name: assess(contender) for name, contender in by_name.items()}
    most = max(contender.profile.bases for contender in contenders)
    first = best([seen for seen in assessments.values() if seen.profile.bases == most])
    leader = by_name[first.model]
    while bases < SHORT_BASES and not is_clear(leader):
        bases = min(2 * bases, SHORT_BASES)
        leader.read(sample.short(bases))
    others = [other for name, other in assessments.items() if name != first.model]
    others.sort(key=lambda candidate: (-candidate.score, candidate.model))
    progress(1.0)
    seconds = time.process_time() - begin
    return Selection(leader.model, (assess(leader), *others), seconds, leader, bases)


def compare_with(
    selection: Selection, model: Model, sample: GenomeSample, compute: Compute
) -> tuple[Selection, SpeciesProfile]:
    """Compare the best model with one that took no part, on the same sequence.

    Returns
    -------
    Selection
        With what the best model sees now; where the two are close, both read more.
    SpeciesProfile
        What the other model sees.
    """
    other = Contender(model, compute)
    bases = race([selection.leader, other], sample, first=selection.leader_bases)
    assessments = (assess(selection.leader), *selection.assessments[1:])
    return replace(selection, assessments=assessments, leader_bases=bases), other.profile


def assess(contender: Contender) -> Assessment:
    """Compare what a contender sees with the profiles that its model keeps."""
    return assessment(contender.model, contender.profile)


def is_clear(contender: Contender) -> bool:
    """Tell whether more of a sample would hardly change in what it is unlike a model's species."""
    seen, known = contender.profile, contender.model.profiles
    if not known or not contender.finds_genes or contender.score <= 0:
        return False
    factor = 1 + _CLEARLY * math.sqrt(FIRST_BASES / seen.bases)
    inside = []
    for name, (_, below, above) in _RANGES.items():
        values = [getattr(profile, name) for profile in known]
        low, high, value = below * min(values), above * max(values), getattr(seen, name)
        if value * factor < low or value > factor * high:
            return True
        inside.append(low * factor <= value <= high / factor)
    usage = np.array(seen.codons)
    if usage.sum() < _FEWEST_CODONS:
        return False
    far = min(divergence(usage, np.array(profile.codons)) for profile in known)
    return far > factor * _FAR or (all(inside) and far * factor <= _FAR)


def _score(model: Model, seen: SpeciesProfile) -> float:
    """Return what models are compared by."""
    return assessment(model, seen).score


def assessment(model: Model, profile: SpeciesProfile) -> Assessment:
    """Compare what a model sees with the profiles that it keeps of its own species."""
    known = model.profiles
    usage = np.array(profile.codons)
    bits = min(
        (codon_usage_divergence(usage, np.array(known_profile.codons)) for known_profile in known),
        default=None,
    )
    lost = None if bits is None else 1000.0 * bits / max(1, profile.bases)
    warnings = mismatch_warnings(profile, known)
    found = Assessment(model.name, profile, lost, warnings, model.species)
    if not found.finds_genes:
        return replace(found, mismatch_warnings=(_NO_GENES,))
    return found if found.score > 0 else replace(found, mismatch_warnings=(*warnings, _NO_BITS))


def best(assessments: Sequence[Assessment]) -> Assessment:
    """Return the assessment of the highest score; of equals, the first by name.

    Models that find no gene are taken only where all find none, and those that know no species only
    where all are so, since their scores lack a part.
    """

    def rank(assessment: Assessment) -> tuple[bool, bool, float, str]:
        unknown = assessment.codon_usage_divergence is None
        return not assessment.finds_genes, unknown, -assessment.score, assessment.model

    return min(assessments, key=rank)


def _span(values: Sequence[float]) -> str:
    low, high = min(values), max(values)
    return f"{low:.3g}" if low == high else f"{low:.3g} to {high:.3g}"
