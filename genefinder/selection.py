"""Which of several models suits a genome, and whether any does.

Every model finds genes in the same small sample of the genome, and that model is the best whose
genes shorten the description of the sample most (:mod:`genefinder.data.description_length`), when
codons are described by their usage in the nearest species that the model was trained on. Posteriors
would not do: a model is sure of itself on strange sequence too.

What the best model sees is then compared with its profiles, which are the same figures of held-out
sequence of the species that it was trained on.
"""

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np

from genefinder.compute import Compute
from genefinder.data.description_length import codon_usage_divergence, divergence
from genefinder.data.genome_sample import GenomeSample
from genefinder.errors import ModelError
from genefinder.genes import Gene
from genefinder.grammar import Grammar
from genefinder.io.fasta import Contig
from genefinder.models.calibration import Calibration
from genefinder.models.model import Model
from genefinder.models.profile import SpeciesProfile
from genefinder.network.scorer import WindowScorer
from genefinder.predictor import Predictor, find_genes

_FEWEST_BASES = 50_000
_FEWEST_CODONS = 3_000
"""Less than this tells nothing."""
_NO_GENES = "it finds no gene in the sample"
_NO_BITS = "its genes save no bits: the sample is too small to tell, or none are there"
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
            if name not in ("bases", "codons")
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
        Of all models, the best first.
    seconds
        Processor time that the choice took.
    """

    model: Model
    assessments: tuple[Assessment, ...]
    seconds: float

    @property
    def bases(self) -> int:
        """Known bases of the sample."""
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


def find(
    chunks: Iterable[Contig], scorer: WindowScorer, grammar: Grammar, calibration: Calibration
) -> list[tuple[Contig, tuple[Gene, ...]]]:
    """Find genes in a sample, none of which lies inside another, and tell in which chunk.

    A description of the sequence tells every base once, so genes must not overlap. Coordinates are
    those of the chunk.
    """
    found = find_genes(chunks, scorer, grammar, calibration, nested=False)
    return [(chunk.contig, chunk.genes) for chunk in found]


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
    """Let every model assess a sample of a genome, and take the best.

    Parameters
    ----------
    sample
        Of the genome.
    models
        To choose from, of one species each; :mod:`genefinder.choice` brings in the others.
    compute
        What to compute with.
    progress
        Takes the share of the models that have been assessed, 0 to 1.

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
    by_name: dict[str, Model] = {}
    assessments = []
    for model in models:
        profile = profile_of(compute.predictor(model), sample.short())
        assessments.append(assessment(model, profile))
        by_name[model.name] = model
        progress(len(assessments) / len(models))
    first = best(assessments)
    ordered = sorted(
        assessments,
        key=lambda candidate: (candidate is not first, -candidate.score, candidate.model),
    )
    seconds = time.process_time() - begin
    return Selection(by_name[first.model], tuple(ordered), seconds)


def profile_of(predictor: Predictor, chunks: Sequence[Contig]) -> SpeciesProfile:
    """Return what a predictor's model sees in a sample."""
    model = predictor.model
    with predictor.scorer() as scorer:
        return SpeciesProfile.from_genes(find(chunks, scorer, model.grammar, model.own_calibration))


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
