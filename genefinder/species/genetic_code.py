"""The genetic code of a genome: asked for, or told by the stop codons in its long open frames."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from genefinder.data.genome_sample import GenomeSample
from genefinder.data.stop_codons import find_stop_codons
from genefinder.errors import InputError
from genefinder.grammar import Grammar
from genefinder.grammar.grammar import CONTEXT_DEPENDENT, STANDARD_CODE, stop_codons
from genefinder.species.statistics import Statistics


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


def find_code(sample: GenomeSample, genetic_code: int | None = None) -> CodeChoice:
    """Find the genetic code of a genome.

    Parameters
    ----------
    sample
        Of the genome.
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
    found = find_stop_codons([chunk.codes for chunk in sample.long()])
    if not found.known:
        return CodeChoice(None, "there are too few long open reading frames")
    if not found.sense:
        return CodeChoice(STANDARD_CODE, "no stop codon stands inside coding sequence")
    counts = [f"{stop} ({number:,} times)" for stop, number in found.inside.items()]
    inside = f"{' and '.join(counts)} inside coding sequence, in a sample"
    if found.genetic_code is None:
        dependent = ", ".join(map(str, CONTEXT_DEPENDENT))
        raise InputError(
            f"{sample.name}: has {inside}, which fits no nuclear genetic code with fixed stop "
            f"codons; those of tables {dependent} depend on their context, and genes cannot be "
            "told by them. If the genome has another code, name it with --genetic-code"
        )
    code = CodeChoice(found.genetic_code, inside)
    others = [str(number) for number in stop_codons() if code.fits(number)]
    others.remove(str(found.genetic_code))
    return replace(
        code, reason=f"{inside}; the same stop codons, but other amino acids: {', '.join(others)}"
    )
