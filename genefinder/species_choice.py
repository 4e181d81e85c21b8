"""The statistics of which species a model reads in a genome.

They are those of a species that it knows, or of the genome itself, learnt from its sequence alone.
Of these it reads what saves most bits in describing the same sample of the genome.
"""

import copy
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch

from genefinder.data.open_frames import first_tables
from genefinder.data.stop_codons import find_stop_codons
from genefinder.dna import Codes, N
from genefinder.errors import InputError, ModelError
from genefinder.grammar import Grammar
from genefinder.grammar.grammar import CONTEXT_DEPENDENT, STANDARD_CODE, stop_codons
from genefinder.io.fasta import Contig, Genome
from genefinder.learning import Learnt, learn_statistics
from genefinder.models.model import Model, installed_gene_models
from genefinder.network.device import choose_device
from genefinder.prediction import genome_name
from genefinder.predictor import Predictor
from genefinder.prokaryotes import SAMPLE_BASES as PROKARYOTIC_SAMPLE
from genefinder.prokaryotes import compare_known, learn_prokaryote
from genefinder.selection import profile_of, sample
from genefinder.species.statistics import Statistics

AUTO, KNOWN, SELF = "auto", "known", "self"
"""What may be asked for instead of a species: the best of what is there, the best of the species
that the model knows, and the statistics of the genome itself."""
SAMPLE_BASES = 2_000_000
"""Bases of a genome that statistics are learnt from, about."""
LEAST_BASES = 1_000_000
"""Fewer do not tell them."""
LIKEST = 8
"""Known species that are compared by the genes found with them, of many. For each of six genomes,
with networks that had not seen their clades, the best of about twenty was among the seven
likest."""
_SHOWN = 4
"""Species that a line names."""
_COMPARED_BASES = 200_000
"""Bases on which the known species are compared: each costs as much time as finding genes there."""
_TILE = 200_000
"""Bases of a chunk of the sample that statistics are learnt from: long introns fit."""


@dataclass(frozen=True, slots=True)
class Compute:
    """What to compute with, which changes no choice.

    Attributes
    ----------
    threads, batch_size
        Windows at the same time on the CPU, and windows in flight for each.
    device
        ``auto``, ``cpu``, ``cuda``, ``cuda:N``, or a device of PyTorch.
    """

    threads: int = 1
    batch_size: int = 8
    device: str | torch.device = "auto"

    @property
    def where(self) -> torch.device:
        """The device of PyTorch."""
        return choose_device(self.device)

    def predictor(self, model: Model) -> Predictor:
        """Return a predictor that computes with it."""
        return Predictor(model, threads=self.threads, batch_size=self.batch_size, device=self.where)


@dataclass(frozen=True, slots=True)
class CodeChoice:
    """The genetic code of a genome.

    Attributes
    ----------
    number
        NCBI translation table; ``None`` where that of the nearest known species is to be taken.
    reason
        Why, without a full stop.
    given
        Somebody asked for it; otherwise only its stop codons are certain.
    """

    number: int | None
    reason: str
    given: bool = False

    def fits(self, genetic_code: int) -> bool:
        """Tell whether another code has its stop codons."""
        stops = stop_codons()
        return self.number is None or stops[genetic_code] == stops[self.number]

    def of(self, species: Iterable[Statistics]) -> list[Statistics]:
        """Return statistics of codes with its stop codons, under the code that was asked for."""
        return [
            self.given_to(statistics)
            for statistics in species
            if self.fits(statistics.genetic_code)
        ]

    def given_to(self, statistics: Statistics) -> Statistics:
        """Return the statistics under the code, where somebody asked for it."""
        if self.number is None or not self.given:
            return statistics
        return replace(statistics, genetic_code=self.number)

    def describe(self, genetic_code: int) -> str:
        """Say why a genome has the code that was taken in the end."""
        if self.given or genetic_code == self.number:
            return f"{genetic_code}: {self.reason}"
        nearest = "as of the nearest known species; the sequence does not tell"
        if self.number is None:
            return f"{genetic_code}: {nearest}, for {self.reason}"
        return f"{genetic_code}: {self.reason}; amino acids {nearest}"


def find_code(genome: Genome | Sequence[Contig], genetic_code: int | None = None) -> CodeChoice:
    """Find the genetic code of a genome.

    Parameters
    ----------
    genome
        It is read for a sample; a pipe is kept in a temporary file.
    genetic_code
        NCBI translation table that was asked for.

    Raises
    ------
    InputError
        If there is no such table, its stop codons depend on their context, or those of the genome
        seem to.
    """
    if genetic_code is not None:
        return CodeChoice(Grammar(genetic_code=genetic_code).genetic_code, "as asked for", True)
    if isinstance(genome, Genome):
        genome.spool()
    chunks = sample(genome, _TILE, SAMPLE_BASES)
    found = find_stop_codons([chunk.codes for chunk in chunks])
    if not found.known:
        return CodeChoice(None, "there are too few long open reading frames")
    if not found.sense:
        return CodeChoice(STANDARD_CODE, "no stop codon stands inside coding sequence")
    counts = [f"{stop} ({number:,} times)" for stop, number in found.inside.items()]
    inside = f"{' and '.join(counts)} inside coding sequence, in a sample"
    if found.genetic_code is None:
        dependent = ", ".join(map(str, CONTEXT_DEPENDENT))
        raise InputError(
            f"{_name(genome)}: has {inside}, which fits no nuclear genetic code with fixed stop "
            f"codons; those of tables {dependent} depend on their context, and genes cannot be "
            "told by them. If the genome has another code, name it with --genetic-code"
        )
    code = CodeChoice(found.genetic_code, inside)
    others = [str(number) for number in stop_codons() if code.fits(number)]
    others.remove(str(found.genetic_code))
    return replace(
        code, reason=f"{inside}; the same stop codons, but other amino acids: {', '.join(others)}"
    )


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
    genome: Genome | Sequence[Contig],
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
    genome, species, compute, progress
        See :func:`choose`.
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
        return _choose_unspliced(model, genome, str(species), code, compute)
    code = code or find_code(genome)
    fitting = code.of(model.statistics)
    if species == KNOWN:
        known = compare(model, genome, fitting, compute)
        if not known:
            raise ModelError(
                f"model {model.name} knows no species by name"
                if not model.statistics
                else f"model {model.name} knows no species with the stop codons of genetic code "
                f"{code.number} ({code.reason}); learn the genome's own with --species self"
            )
        return _chosen(model, known, "the best of the known species")
    try:
        learnt = learn(model, genome, genetic_code=code, compute=compute, progress=progress)
    except InputError as error:
        if species == SELF or not fitting:
            raise
        known = compare(model, genome, fitting, compute)
        return _chosen(model, known, f"the best of the known species, without its own: {error}")
    own = own_statistics(learnt)
    if species == SELF:
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
    genome: Genome | Sequence[Contig],
    *,
    name: str | None = None,
    genetic_code: int | CodeChoice | None = None,
    compute: Compute,
    progress: Callable[[float], None] = lambda share: None,
) -> Learnt:
    """Learn the statistics of a genome from its sequence alone.

    Of the species that the model knows, the one whose statistics describe a sample of the genome
    best is a start, and beside what is learnt among the candidates.

    Parameters
    ----------
    model
        Finds the genes that are counted.
    genome
        It is read for a sample; a pipe is kept in a temporary file.
    name
        Of the statistics; the name of the genome's file where that is ``None``.
    genetic_code
        NCBI translation table; where that is ``None``, it is found by :func:`find_code`.
    compute
        What to compute with.
    progress
        Takes the share of the learning that is done, 0 to 1.

    Raises
    ------
    InputError
        If the genome cannot be read or is too small to learn from, or the genetic code is unknown.
    """
    grammar = model.usual_grammar
    if not grammar.spliced:
        return _learn_unspliced(model, genome, name, genetic_code)
    code = genetic_code if isinstance(genetic_code, CodeChoice) else find_code(genome, genetic_code)
    known = code.of(model.statistics)
    if code.number is not None:
        grammar = replace(grammar, genetic_code=code.number)
    if isinstance(genome, Genome):
        genome.spool()
    contigs = sample(genome, _TILE, SAMPLE_BASES)
    bases = sum(int((contig.codes != N).sum()) for contig in contigs)
    if bases < LEAST_BASES:
        raise InputError(
            f"{_name(genome)} has {bases / 1e6:.2f} Mb, and statistics are learnt from "
            f"{LEAST_BASES / 1e6:g} Mb at least; give more sequence, or name a known species"
        )
    likest = likest_species(known, [contig.codes for contig in contigs], grammar)
    nearest = [assessed.statistics for assessed in compare(model, genome, likest, compute)[:1]]
    for statistics in nearest:
        grammar = replace(grammar, genetic_code=statistics.genetic_code)
    network = copy.deepcopy(model.network)
    network.candidates.look_for(grammar)
    return learn_statistics(
        contigs,
        network,
        grammar,
        name or _name(genome),
        nearest,
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
    genome: Genome | Sequence[Contig],
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
            own = own_statistics(_learn_unspliced(model, genome, None, given))
        except InputError as error:
            if species == SELF or not fitting:
                raise
            reason = f"{reason}, without its own: {error}"
        else:
            learnt = f"learnt from the genome, genetic code {own.genetic_code}"
            return SpeciesChoice(model.reading(own), learnt)
    known = compare(model, genome, fitting, compute)
    if not known:
        raise ModelError(f"model {model.name} knows no species by name")
    return _chosen(model, known, reason)


def _learn_unspliced(
    model: Model,
    genome: Genome | Sequence[Contig],
    name: str | None,
    genetic_code: int | CodeChoice | None,
) -> Learnt:
    """Learn the statistics of a genome without introns; see :func:`learn`."""
    if isinstance(genome, Genome):
        genome.spool()
    number = genetic_code.number if isinstance(genetic_code, CodeChoice) else genetic_code
    contigs = sample(genome, _TILE, PROKARYOTIC_SAMPLE)
    sequences = [contig.codes for contig in contigs]
    called = name or _name(genome)
    grammar = model.usual_grammar
    return learn_prokaryote(sequences, model.network, grammar, called, number, model.statistics)


def own_statistics(learnt: Learnt) -> Statistics:
    """Return the best statistics that were learnt from the genome, whatever else was compared."""
    candidates = (candidate.statistics for candidate in learnt.candidates)
    return next(statistics for statistics in candidates if statistics.origin == "genome")


def compare(
    model: Model,
    genome: Genome | Sequence[Contig],
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
    chunks = sample(genome, most=_COMPARED_BASES)
    if not model.usual_grammar.spliced:
        sequences = [chunk.codes for chunk in chunks]
        return [
            SpeciesAssessment(statistics, bits)
            for statistics, bits in compare_known(sequences, species, model.usual_grammar)
        ]
    assessments = []
    for statistics in species:
        seen = profile_of(compute.predictor(model.reading(statistics)), chunks)
        assessments.append(SpeciesAssessment(statistics, seen.saved_per_kb, seen.genes_per_mb > 0))
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


def _name(genome: Genome | Sequence[Contig]) -> str:
    """Return what statistics that were learnt from a genome are called."""
    name = genome_name(genome) if isinstance(genome, Genome) else "-"
    return "the genome" if name == "-" else name
