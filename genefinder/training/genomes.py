"""The genomes of a run in memory: what of them is learnt from, and what is held out."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from genefinder.data.regions import RegionSequence
from genefinder.dna import Codes
from genefinder.errors import InputError
from genefinder.genes import Gene, Interval, Region
from genefinder.intervals import as_intervals, enclosing, merge, outside
from genefinder.io.annotation import Annotation, read_annotation
from genefinder.io.bed import read_bed, read_bed_rows
from genefinder.io.fasta import open_genome
from genefinder.io.regions import format_region
from genefinder.training.settings import GivenRegions, LabelledGenome, RawGenome

_HELD_OUT_SHARE = 0.1
_HELD_OUT_BASES = 2_000_000
"""Share and number of bases held out for validation where nobody says what to hold out."""


Lengths = Mapping[str, int]
"""Of the contigs of a genome, by name."""


@dataclass(frozen=True, slots=True)
class Split:
    """How the genomes of a run are divided into what is held out and what is learnt from.

    Attributes
    ----------
    held_out
        Number of the genome, and the region with its end, of each region to validate on.
    excluded
        Regions of each genome that are not learnt from: those to validate on, and those that are
        excluded.
    """

    held_out: tuple[tuple[int, Region], ...]
    excluded: tuple[tuple[Region, ...], ...]

    def train_regions(self, genome: int, contigs: Lengths) -> Iterator[tuple[str, int, int]]:
        """Yield what may be learnt from of the genome of a number: contig, start and end."""
        for contig, length in contigs.items():
            for start, end in _left(contig, length, self.excluded[genome]):
                yield contig, start, end

    def is_excluded(self, genome: int, contig: str, start: int, end: int) -> bool:
        """Tell whether any of ``[start, end)`` of a contig of a genome is not learnt from."""
        return any(
            region.contig == contig and region.overlaps(start, end)
            for region in self.excluded[genome]
        )


def split_genomes(
    genomes: Sequence[tuple[LabelledGenome | RawGenome, Lengths]],
    validation: GivenRegions,
    exclude: GivenRegions,
    adjust: Callable[[Region], Region] = lambda region: region,
) -> Split:
    """Divide the genomes of a run.

    Parameters
    ----------
    genomes
        Each, with the lengths of its contigs and regions of its own.
    validation
        Further regions to validate on; of several genomes with such a contig, the first is meant.
        If a run has none at all, the end of the longest contig of the first genome, or of what
        else is left of it, is held out.
    exclude
        Further regions that are not read. These, and those to validate on, are left out of every
        genome with such a contig.
    adjust
        Moves that end to where it is better cut.

    Raises
    ------
    InputError
        If a region is on a contig that its genome, or no genome, has, or one to validate on lies
        beyond its contig's end; if everything is excluded, and no region to validate on is given.
    """
    longest: dict[str, int] = {}
    for _, lengths in genomes:
        for name, length in lengths.items():
            longest[name] = max(length, longest.get(name, 0))
    validated = _read(validation, longest)
    held_out = [_locate(genomes, region) for region in validated]
    shared = [*validated, *_read(exclude, longest)]
    excluded = []
    for number, (genome, lengths) in enumerate(genomes):
        own = _read(genome.validation, lengths, genome.genome)
        held_out += [_with_end(number, genomes[number], region) for region in own]
        excluded.append([*shared, *own, *_read(genome.exclude, lengths, genome.genome)])
    if not held_out:
        end = adjust(_longest_end(genomes[0][1], excluded[0]))
        held_out = [(0, end)]
        excluded = [[end, *regions] for regions in excluded]
    return Split(tuple(held_out), tuple(map(tuple, excluded)))


def weigh(weights: Iterable[float | None], bases: Iterable[int]) -> tuple[float, ...]:
    """Return the shares of genomes in the windows: where none is given, their megabases."""
    return tuple(
        count / 1e6 if weight is None else weight
        for weight, count in zip(weights, bases, strict=True)
    )


def _read(regions: GivenRegions, contigs: Lengths, genome: Path | None = None) -> Sequence[Region]:
    """Return regions, from their file where they have one.

    Parameters
    ----------
    regions
        What to read.
    contigs
        Lengths of those that they may be on.
    genome
        Whose contigs these are, if they are of one.

    Raises
    ------
    InputError
        If there is another contig, or the file cannot be read.
    """
    if isinstance(regions, Path):
        rows = read_bed_rows(regions, contigs)
        return [Region(row.contig, row.start, row.end) for row in rows if row.start < row.end]
    for region in regions:
        if region.contig not in contigs:
            where = f"{genome} has no" if genome else "no genome given has a"
            raise InputError(f"region {format_region(region)}: {where} contig {region.contig!r}")
    return regions


def _locate(
    genomes: Sequence[tuple[LabelledGenome | RawGenome, Lengths]], region: Region
) -> tuple[int, Region]:
    """Find the genome that a validation region is of: the first with such a contig."""
    number = next(n for n, (_, lengths) in enumerate(genomes) if region.contig in lengths)
    return _with_end(number, genomes[number], region)


def _with_end(
    number: int, genome: tuple[LabelledGenome | RawGenome, Lengths], region: Region
) -> tuple[int, Region]:
    """Return the number of a genome, and a region to validate on of it with its end.

    Raises
    ------
    InputError
        If the region lies beyond its contig's end.
    """
    source, lengths = genome
    length = lengths[region.contig]
    end = length if region.end is None else min(length, region.end)
    if region.start >= end:
        raise InputError(
            f"validation region {format_region(region)} begins beyond the end of "
            f"{region.contig} ({length:,} bases) in {source.genome}"
        )
    return number, Region(region.contig, region.start, end)


def _longest_end(lengths: Lengths, exclude: Sequence[Region]) -> Region:
    """Choose what is held out where nobody says: the end of the longest stretch of a contig.

    Raises
    ------
    InputError
        If everything is excluded.
    """
    left = [
        Region(name, start, end)
        for name, length in lengths.items()
        for start, end in _left(name, length, exclude)
    ]
    if not left:
        raise InputError(
            "everything is excluded, so nothing can be held out for validation or learnt from"
        )
    size, longest = max(((_size(region), region) for region in left), key=lambda found: found[0])
    share = _HELD_OUT_SHARE * sum(map(_size, left))
    end = longest.start + size
    return Region(longest.contig, end - int(min(_HELD_OUT_BASES, share, size / 2)), end)


def _size(region: Region) -> int:
    """Return the number of bases of a region whose end is known."""
    assert region.end is not None
    return region.end - region.start


def _left(contig: str, length: int, excluded: Iterable[Region]) -> Iterator[Interval]:
    """Yield what regions leave of a contig, ascending."""
    holes = as_intervals(
        (region.start, length if region.end is None else region.end)
        for region in excluded
        if region.contig == contig
    )
    yield from outside(merge(holes), 0, length).tolist()


@dataclass(frozen=True, slots=True)
class AnnotatedGenome:
    """A genome in memory with its genes.

    Attributes
    ----------
    source
        Where it came from.
    contigs
        Bases by name.
    annotation
        Its annotation, checked against the contigs.
    mask
        Regions to leave out of the loss, by contig.
    sha256
        Hash of the FASTA file.
    """

    source: LabelledGenome
    contigs: dict[str, Codes]
    annotation: Annotation
    mask: dict[str, list[Interval]]
    sha256: str

    def lengths(self) -> dict[str, int]:
        """Return the length of every contig."""
        return {name: len(codes) for name, codes in self.contigs.items()}

    def genes_by_contig(self) -> dict[str, list[Gene]]:
        """Group the genes."""
        groups: dict[str, list[Gene]] = {name: [] for name in self.contigs}
        for gene in self.annotation.genes:
            groups[gene.contig].append(gene)
        return groups


def load_genome(source: LabelledGenome) -> AnnotatedGenome:
    """Read one genome and its annotation.

    Raises
    ------
    InputError
        If a file cannot be read or they do not belong together.
    """
    genome = open_genome(source.genome)
    contigs = {contig.name: contig.codes for contig in genome}
    lengths = {name: len(codes) for name, codes in contigs.items()}
    annotation = read_annotation(source.annotation).check_against(lengths, str(source.genome))
    mask = read_bed(source.mask, lengths) if source.mask else {}
    return AnnotatedGenome(source, contigs, annotation, mask, genome.sha256)


def split_annotated(
    loaded: Sequence[AnnotatedGenome], validation: GivenRegions, exclude: GivenRegions
) -> Split:
    """Divide genomes as :func:`genefinder.training.genomes.split_genomes` does, and cut no gene.

    Raises
    ------
    InputError
        If a region is not on the genomes, or nothing can be held out.
    """

    def past_genes(end: Region) -> Region:
        genes = loaded[0].annotation.genes
        spans = ((gene.start, gene.end) for gene in genes if gene.contig == end.contig)
        broken = enclosing(end.start, merge(as_intervals(spans)))
        inside = broken is not None and end.end is not None and broken[1] < end.end
        return replace(end, start=broken[1]) if broken and inside else end

    genomes = [(genome.source, genome.lengths()) for genome in loaded]
    return split_genomes(genomes, validation, exclude, past_genes)


def cut_held_out(loaded: Sequence[AnnotatedGenome], split: Split) -> Iterator[RegionSequence]:
    """Cut what is held out out of genomes."""
    for number, place in split.held_out:
        genome = loaded[number]
        codes = genome.contigs[place.contig][place.start : place.end]
        end = place.start + len(codes)
        genes = tuple(
            gene
            for gene in genome.annotation.genes
            if gene.contig == place.contig and place.start <= gene.start and gene.end <= end
        )
        yield RegionSequence(place.contig, place.start, codes, number, genes)
