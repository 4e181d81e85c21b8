"""Which model finds the genes of a genome, and the statistics of which species it reads.

Models of a clade are compared by :mod:`genefinder.selection`. A model that reads statistics is for
the genomes that none of them fits; :mod:`genefinder.species_choice` chooses what it reads.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from genefinder.compute import Compute
from genefinder.data.genome_sample import GenomeSample
from genefinder.errors import InputError, ModelError
from genefinder.io.fasta import Contig, Genome
from genefinder.models.model import Model, installed_gene_models
from genefinder.prokaryotes import Signs, see_signs
from genefinder.selection import Selection, choose_model, compare_with
from genefinder.species.genetic_code import CodeChoice, find_code
from genefinder.species.statistics import Statistics
from genefinder.species_choice import (
    AUTO,
    KNOWN,
    SELF,
    SpeciesChoice,
    choose_species,
    named,
)

_FIRST_SIGNS = 200_000
"""Bases that are looked at first for the signs of bacteria and archaea."""
_LEARNING = 0.9
"""Share of the time that learning a genome takes, where it follows a comparison of models."""


@dataclass(frozen=True, slots=True)
class Choice:
    """The model for a genome, and why.

    Attributes
    ----------
    model
        To predict with.
    selection
        How the models of clades compare; ``None`` where the model was named, or there are none.
    species
        What the model of several species reads; also where it was tried and not taken.
    score
        Bits that it saves per 1,000 bases, where it was tried beside the models of clades.
    seconds
        Processor time that the choice took.
    code
        The genetic code of the genome; ``None`` where that of the species that was asked for holds.
    signs
        What tells bacteria and archaea from eukaryotes; ``None`` where nobody looked.
    """

    model: Model
    selection: Selection | None = None
    species: SpeciesChoice | None = None
    score: float | None = None
    seconds: float = 0.0
    code: CodeChoice | None = None
    signs: Signs | None = None

    @property
    def is_prokaryotic(self) -> bool:
        """Whether the model is one of bacteria and archaea."""
        return not self.model.grammar.spliced

    @property
    def signs_text(self) -> str:
        """What the signs say; empty where nobody looked, or where they say nothing new."""
        if self.signs is None or not (self.is_prokaryotic or self.signs.prokaryotic):
            return ""
        if self.signs.prokaryotic:
            return f"bacterium or archaeon: {self.signs.describe()}"
        return (
            "warning: the genome does not look like one of a bacterium or archaeon: "
            f"{self.signs.describe()}; expect poor genes"
        )

    @property
    def reads(self) -> SpeciesChoice | None:
        """What was chosen for the model that was taken to read; ``None`` where nothing was."""
        taken = self.species is not None and self.species.model is self.model
        return self.species if taken else None

    @property
    def reason(self) -> str:
        """Why the model of several species was taken or not; empty where none was tried."""
        if self.selection is None or self.species is None or self.score is None:
            return ""
        best, other = self.selection.assessments[0], self.species
        verdict = "more" if self.reads else "no more"
        return (
            f"model {best.model} does not fit the genome; {other.model.name}, by the statistics of "
            f"{other.statistics.name}, saves {self.score:.2f} bits per kb, {verdict} than its "
            f"{best.score:.2f}, and is {'taken' if self.reads else 'not taken'}"
        )

    def comments(self) -> list[tuple[str, str]]:
        """Return what the header of a GFF3 tells about the choice."""
        lines = []
        if self.code is not None:
            lines.append(("genetic code", self.code.describe(self.model.grammar.genetic_code)))
        if self.signs_text:
            lines.append(("signs", self.signs_text))
        if self.selection is not None:
            lines += self.selection.comments()
        if self.reason:
            lines.append(("model choice", self.reason))
        if self.reads is not None:
            # A warning is about the models of clades, none of which was taken.
            lines = [line for line in lines if line[0] != "warning"] + self.reads.comments()
        return lines

    def to_dict(self) -> dict[str, Any] | None:
        """Return the choice of the model as JSON has it; ``None`` where there was none."""
        if self.selection is None:
            return None
        told = {**self.selection.to_dict(), "chosen": self.model.name}
        if self.species is not None and self.score is not None:
            told["statistics_model"] = {
                "model": self.species.model.name,
                "taken": self.reads is not None,
                "score": round(self.score, 4),
                **self.species.to_dict(),
            }
        return told


def choose(
    genome: Genome | Sequence[Contig],
    model: Model | None = None,
    species: str | Path | Statistics = AUTO,
    *,
    genetic_code: int | None = None,
    compute: Compute | None = None,
    progress: Callable[[float], None] = lambda share: None,
) -> Choice:
    """Choose the model for a genome, and what it reads.

    Parameters
    ----------
    genome
        It is read for a sample; a pipe is kept in a temporary file, to be read again.
    model
        Where it is given, only what it reads is chosen, unless it reads something already.
        Otherwise the installed models of one clade, which know one species alone, are compared, and
        where none of them fits, the installed model of all species is taken if its genes save more
        bits; where a species is asked for, it is taken at once. A genome with the signs of a
        bacterium or archaeon gets the installed model of these instead.
    species
        ``auto``, ``known``, ``self``, the name of a species that the model knows, a file of
        statistics, or statistics.
    genetic_code
        NCBI translation table. Where that is ``None``, a species or a model of one species that is
        asked for brings its own; otherwise it is found by the stop codons in long open frames.
    compute
        What to compute with; it does not change the choice.
    progress
        Takes the share of the work that is done, 0 to 1.

    Raises
    ------
    GenefinderError
        If there is no such model, species or genetic code, or the genome cannot be read.
    """
    begin = time.process_time()
    compute = compute or Compute()
    sample = GenomeSample(genome)
    code = None if genetic_code is None else find_code(sample, genetic_code)
    if model is not None and model.reads is not None and species == AUTO:
        return Choice(model if code is None else _under(code, model), code=code)

    begun = 0.0

    def of_species(reader: Model) -> SpeciesChoice:
        return choose_species(
            reader,
            sample,
            species,
            code=code,
            compute=compute,
            progress=lambda share: progress(begun + (1 - begun) * share),
        )

    installed = [model] if model is not None else installed_gene_models()
    readers = [reader for reader in installed if model is not None or reader.reads is None]
    for prokaryotic in [reader for reader in readers if not reader.usual_grammar.spliced]:
        readers.remove(prokaryotic)
        signs = _signs(sample, prokaryotic)
        if model is not None or _is_for(prokaryotic, species, signs):
            chosen = of_species(prokaryotic)
            seconds = time.process_time() - begin
            return Choice(chosen.model, species=chosen, seconds=seconds, code=code, signs=signs)
    if code is None and species in (AUTO, KNOWN, SELF):
        code = find_code(sample)
    if model is not None:
        chosen = of_species(model)
        seconds = time.process_time() - begin
        return Choice(chosen.model, species=chosen, seconds=seconds, code=code)
    if species != AUTO and not readers:
        raise InputError("no installed model knows several species; give one with --model")
    of_clades = [
        model if code is None else _under(code, model)
        for model in installed
        if model.reads is not None and (code is None or code.fits(model.reads.genetic_code))
    ]
    if readers and (species != AUTO or not of_clades):
        chosen = of_species(readers[0])
        seconds = time.process_time() - begin
        return Choice(chosen.model, species=chosen, seconds=seconds, code=code)
    if code is not None and installed and not of_clades:
        raise InputError(
            f"no installed model has the stop codons of genetic code {code.number} "
            f"({code.reason}); give one that reads statistics with --model"
        )
    selection = choose_model(
        sample,
        of_clades,
        compute,
        progress=lambda share: progress(share * (1 - _LEARNING if readers else 1)),
    )
    if not readers or selection.assessments[0].fits:
        seconds = time.process_time() - begin
        return Choice(selection.model, selection, seconds=seconds, code=code)
    begun = 1 - _LEARNING
    chosen = of_species(readers[0])
    selection, seen = compare_with(selection, chosen.model, sample, compute)
    first, score = selection.assessments[0], seen.saved_per_kb
    better = seen.genes_per_mb > 0 and (score > first.score or not first.finds_genes)
    return Choice(
        chosen.model if better else selection.model,
        selection,
        chosen,
        score,
        time.process_time() - begin,
        code,
    )


def _under(code: CodeChoice, model: Model) -> Model:
    """Return a model of one species as it reads its statistics under the code asked for."""
    assert model.reads is not None
    return model.reading(code.given_to(model.reads)) if code.given else model


def _signs(sample: GenomeSample, model: Model) -> Signs:
    """Look for the signs of bacteria and archaea, in a part of a sample if that is clear."""

    def seen(chunks: Sequence[Contig]) -> Signs:
        sequences = [chunk.codes for chunk in chunks]
        return see_signs(sequences, model.network, model.statistics, model.usual_grammar)

    few = sample.short(_FIRST_SIGNS)
    signs = seen(few)
    if signs.clearly_not_prokaryotic or len(few) == len(sample.short()):
        return signs
    return seen(sample.short())


def _is_for(model: Model, species: str | Path | Statistics, signs: Signs) -> bool:
    """Tell whether a model of bacteria and archaea is to read what is asked for."""
    if isinstance(species, Statistics):
        return species.is_prokaryotic
    if species in (AUTO, KNOWN, SELF):
        return signs.prokaryotic
    try:
        return named(species, [model]).is_prokaryotic
    except ModelError:
        return False  # another model may know it
