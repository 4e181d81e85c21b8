"""The statistics of which species a model reads in a genome.

They are those of a species that it knows, or of the genome itself, learnt from its sequence alone.
Of these it reads what saves most bits in describing the same sample of the genome.
"""

import copy
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from genefinder.compute import Compute
from genefinder.data.genome_sample import MOST_BASES, GenomeSample
from genefinder.data.open_frames import first_tables
from genefinder.dna import Codes, N
from genefinder.errors import InputError, ModelError
from genefinder.grammar import Grammar
from genefinder.learning import Learnt, learn_statistics
from genefinder.models.model import Model, installed_gene_models
from genefinder.prokaryotes import SAMPLE_BASES as PROKARYOTIC_SAMPLE
from genefinder.prokaryotes import compare_known, learn_prokaryote
from genefinder.race import Contender, race
from genefinder.species.genetic_code import CodeChoice, find_code
from genefinder.species.statistics import Statistics

AUTO, KNOWN, SELF = "auto", "known", "self"
"""What may be asked for instead of a species: the best of what is there, the best of the species
that the model knows, and the statistics of the genome itself."""
LEAST_BASES = 1_000_000
"""Known bases that tell the statistics of a genome; fewer do not."""
LIKEST = 8
"""Known species that are compared by the genes found with them, of many. For each of six genomes,
with networks that had not seen their clades, the best of about twenty was among the seven
likest."""
_SHOWN = 4
"""Species that a line names."""
_COMPARED_BASES = 200_000
"""Bases on which the known species are compared, at most: each costs as much time as finding genes
there."""

_BEHIND = 4.0
"""Bits a kilobase by which a species may be behind the best in the first of these bases, and be
compared on the others too. One network reads them all, so chance makes less of a difference than
between models: in P. knowlesi its own statistics, the best, were at most 2.7 behind."""


@dataclass(frozen=True, slots=True)
class SpeciesAssessment:
    """What the statistics of one species are worth in a sample.

    Attributes
    ----------
    statistics
        What the model read.
    score
        What statistics are compared by: bits saved per 1,000 bases, higher is better.
    finds_genes
        Whether any gene is found with them.
    """

    statistics: Statistics
    score: float
    finds_genes: bool = True


@dataclass(frozen=True, slots=True)
class SpeciesChoice:
    """The statistics that a model reads in a genome, and how others compare.

    Attributes
    ----------
    model
        It reads them.
    reason
        Why these, without a full stop.
    assessments
        Of all that were compared, the best first; empty where nothing was.
    """

    model: Model
    reason: str
    assessments: tuple[SpeciesAssessment, ...] = ()

    @property
    def statistics(self) -> Statistics:
        """What the model reads."""
        assert self.model.reads is not None
        return self.model.reads

    def describe(self) -> str:
        """Return one line, or two where species were compared."""
        statistics = self.statistics
        text = f"species {statistics.name} ({statistics.origin_text}): {self.reason}"
        return f"{text}\n  {self.scores()}" if self.assessments else text

    def scores(self) -> str:
        """Return the best scores as text."""
        scores = [
            f"{assessment.statistics.name} {assessment.score:.2f}"
            for assessment in self.assessments[:_SHOWN]
        ]
        more = len(self.assessments) - _SHOWN
        return "bits saved per kb: " + "; ".join([*scores, *([f"{more} more"] if more > 0 else [])])

    def comments(self) -> list[tuple[str, str]]:
        """Return what the header of a GFF3 tells about it."""
        scores = f"; {self.scores()}" if self.assessments else ""
        return [("species choice", f"{self.reason}{scores}")]

    def to_dict(self) -> dict[str, Any]:
        """Return everything as JSON has it."""
        return {
            **self.statistics.identity(),
            "reason": self.reason,
            "compared": [
                {**assessment.statistics.identity(), "score": round(assessment.score, 4)}
                for assessment in self.assessments
            ],
        }


def choose_species(
    model: Model,
    sample: GenomeSample,
    species: str | Path | Statistics = AUTO,
    *,
    code: CodeChoice | None = None,
    compute: Compute,
    progress: Callable[[float], None] = lambda share: None,
) -> SpeciesChoice:
    """Choose what a model reads in a genome.

    Parameters
    ----------
    model
        It is to read them.
    sample
        Of the genome.
    species, compute, progress
        See :func:`genefinder.choice.choose`.
    code
        Of the genome; ``None`` where that of the species asked for holds, or it is to be found.

    Raises
    ------
    GenefinderError
        If there is no such species, the genome is too small to learn from where that is asked for,
        or it cannot be read.
    """
    if isinstance(species, Statistics) or species not in (KNOWN, AUTO, SELF):
        given = isinstance(species, Statistics)
        taken = species if isinstance(species, Statistics) else named(species, [model])
        taken = code.given_to(taken) if code is not None else taken
        return SpeciesChoice(model.reading(taken), "as given" if given else "as asked for")
    if not model.usual_grammar.spliced:
        return _choose_unspliced(model, sample, str(species), code, compute)
    code = code or find_code(sample)
    fitting = code.of(model.statistics)
    if species == KNOWN:
        known = compare(model, sample, fitting, compute)
        if not known:
            raise ModelError(
                f"model {model.name} knows no species by name"
                if not model.statistics
                else f"model {model.name} knows no species with the stop codons of genetic code "
                f"{code.number} ({code.reason}); learn the genome's own with --species self"
            )
        return _chosen(model, known, "the best of the known species")
    try:
        learnt = learn(model, sample, genetic_code=code, compute=compute, progress=progress)
    except InputError as error:
        if species == SELF or not fitting:
            raise
        sequences = [chunk.codes for chunk in sample.long()]
        likest = likest_species(fitting, sequences, model.usual_grammar)
        known = compare(model, sample, likest, compute)
        return _chosen(model, known, f"the best of the known species, without its own: {error}")
    return choose_learnt(model, learnt, asked_for=species == SELF)


def choose_learnt(model: Model, learnt: Learnt, *, asked_for: bool = False) -> SpeciesChoice:
    """Choose between what was learnt from a genome and the species that it was compared with.

    Parameters
    ----------
    model
        It is to read them.
    learnt
        Of the genome.
    asked_for
        The genome's own statistics were asked for.
    """
    own = own_statistics(learnt)
    if asked_for:
        return SpeciesChoice(model.reading(own), "learnt as asked for")
    reason = (
        "learnt from the genome, it describes it best"
        if learnt.statistics is own
        else "it describes the genome better than what is learnt from it"
    )
    compared = [
        SpeciesAssessment(candidate.statistics, candidate.saved_per_kb)
        for candidate in learnt.candidates
        if candidate.statistics is own or candidate.statistics.origin != "genome"
    ]
    return _chosen(model, compared, reason)


def learn(
    model: Model,
    sample: GenomeSample,
    *,
    name: str | None = None,
    genetic_code: int | CodeChoice | None = None,
    compute: Compute,
    progress: Callable[[float], None] = lambda share: None,
    least_bases: int = LEAST_BASES,
) -> Learnt:
    """Learn the statistics of a genome from its sequence alone.

    Of the species that the model knows, the one whose statistics describe a sample of the genome
    best is a start, and beside what is learnt among the candidates.

    Parameters
    ----------
    model
        Finds the genes that are counted.
    sample
        Of the genome.
    name
        Of the statistics; the name of the genome's file where that is ``None``.
    genetic_code
        NCBI translation table; where that is ``None``, it is found by :func:`find_code`.
    compute
        What to compute with.
    progress
        Takes the share of the learning that is done, 0 to 1.
    least_bases
        Known bases that the sample must have, where genes have introns.

    Raises
    ------
    InputError
        If the genome cannot be read or is too small to learn from, or the genetic code is unknown.
    """
    grammar = model.usual_grammar
    if not grammar.spliced:
        return _learn_unspliced(model, sample, name, genetic_code)
    code = genetic_code if isinstance(genetic_code, CodeChoice) else find_code(sample, genetic_code)
    known = code.of(model.statistics)
    if code.number is not None:
        grammar = replace(grammar, genetic_code=code.number)
    contigs = sample.long()
    bases = sum(int((contig.codes != N).sum()) for contig in contigs)
    if bases < least_bases:
        raise InputError(
            f"{sample.name} has {bases / 1e6:.2f} Mb, and statistics are learnt from "
            f"{least_bases / 1e6:g} Mb at least; give more sequence, or name a known species"
        )
    likest = likest_species(known, [contig.codes for contig in contigs], grammar)
    nearest = [assessed.statistics for assessed in compare(model, sample, likest, compute)[:1]]
    for statistics in nearest:
        grammar = replace(grammar, genetic_code=statistics.genetic_code)
    network = copy.deepcopy(model.network)
    network.candidates.look_for(grammar)
    return learn_statistics(
        contigs,
        network,
        grammar,
        name or sample.name,
        nearest,
        more=sample.long(MOST_BASES),
        device=compute.where,
        threads=compute.threads,
        progress=progress,
    )


def likest_species(
    species: Sequence[Statistics],
    sequences: Sequence[Codes],
    grammar: Grammar,
    most: int = LIKEST,
) -> list[Statistics]:
    """Return the species whose coding words are most like those of a genome's long open frames.

    Parameters
    ----------
    species
        All of one shape.
    sequences
        A sample of the genome.
    grammar
        Has the stop codons.
    most
        Return so many at most; all where the genome has no long open frames.
    """
    if len(species) <= most:
        return list(species)
    try:
        tables = first_tables(sequences, grammar, species[0].shape)
    except InputError:
        return list(species)
    frames = Statistics("long open frames", tables, grammar.genetic_code)
    alike = {known: frames.likeness(known)["coding"] for known in species}
    return sorted(species, key=lambda known: -alike[known])[:most]


def _choose_unspliced(
    model: Model,
    sample: GenomeSample,
    species: str,
    code: CodeChoice | None,
    compute: Compute,
) -> SpeciesChoice:
    """Choose what a model of genes without introns reads: the genome's own statistics, if it can.

    See :func:`choose_species`; ``code`` holds where it is given.
    """
    given = code if code is not None and code.given else None
    fitting = model.statistics if given is None else given.of(model.statistics)
    reason = "the best of the known species"
    if species != KNOWN:
        try:
            own = own_statistics(_learn_unspliced(model, sample, None, given))
        except InputError as error:
            if species == SELF or not fitting:
                raise
            reason = f"{reason}, without its own: {error}"
        else:
            learnt = f"learnt from the genome, genetic code {own.genetic_code}"
            return SpeciesChoice(model.reading(own), learnt)
    known = compare(model, sample, fitting, compute)
    if not known:
        raise ModelError(f"model {model.name} knows no species by name")
    return _chosen(model, known, reason)


def _learn_unspliced(
    model: Model,
    sample: GenomeSample,
    name: str | None,
    genetic_code: int | CodeChoice | None,
) -> Learnt:
    """Learn the statistics of a genome without introns; see :func:`learn`."""
    number = genetic_code.number if isinstance(genetic_code, CodeChoice) else genetic_code
    sequences = [contig.codes for contig in sample.long(PROKARYOTIC_SAMPLE)]
    called = name or sample.name
    grammar = model.usual_grammar
    return learn_prokaryote(sequences, model.network, grammar, called, number, model.statistics)


def own_statistics(learnt: Learnt) -> Statistics:
    """Return the best statistics that were learnt from the genome, whatever else was compared."""
    candidates = (candidate.statistics for candidate in learnt.candidates)
    return next(statistics for statistics in candidates if statistics.origin == "genome")


def compare(
    model: Model,
    sample: GenomeSample,
    species: Sequence[Statistics],
    compute: Compute,
) -> list[SpeciesAssessment]:
    """Tell what the statistics of some species are worth in a sample of a genome.

    Returns
    -------
    list
        The best first; of equals, in the order given; those that find no gene last.
    """
    if not species:
        return []
    if not model.usual_grammar.spliced:
        sequences = [chunk.codes for chunk in sample.short(_COMPARED_BASES)]
        return [
            SpeciesAssessment(statistics, bits)
            for statistics, bits in compare_known(sequences, species, model.usual_grammar)
        ]
    contenders = [Contender(model.reading(statistics), compute) for statistics in species]
    race(contenders, sample, behind=_BEHIND, most=_COMPARED_BASES)
    assessments = [
        SpeciesAssessment(statistics, contender.score, contender.finds_genes)
        for statistics, contender in zip(species, contenders, strict=True)
    ]
    # What finds nothing saves exactly nothing, which is no reason to take it.
    return sorted(assessments, key=lambda found: (not found.finds_genes, -found.score))


def named(species: str | Path, models: Sequence[Model]) -> Statistics:
    """Return statistics given by the name of a species that a model knows, or by their file.

    Raises
    ------
    ModelError
        If no model knows the name, and no file has it, or not of statistics.
    """
    error = ModelError("no installed model knows several species")
    for model in models:
        try:
            return model.species_statistics(str(species))
        except ModelError as unknown:
            error = unknown
    if Path(species).exists():
        return Statistics.load(species)
    raise ModelError(f"{error}; there is no file {species} either")


def readers(model: str | Path | None = None) -> list[Model]:
    """Return a model, or all installed ones that know several species.

    Raises
    ------
    ModelError
        If the model is missing.
    """
    if model is None:
        return [model for model in installed_gene_models() if model.reads is None]
    return [Model.load(model)]


def _chosen(model: Model, assessments: Sequence[SpeciesAssessment], reason: str) -> SpeciesChoice:
    """Return the model as it reads the best statistics."""
    return SpeciesChoice(model.reading(assessments[0].statistics), reason, tuple(assessments))
