"""Annotations as others write them: GFF3 and GTF of any dialect into genes."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from os import PathLike, fspath

from genefinder.errors import InputError
from genefinder.genes import Gene
from genefinder.io.loci import Loci, Problem
from genefinder.io.rows import read_rows

__all__ = ["Annotation", "Problem", "read_annotation"]


@dataclass(frozen=True, slots=True)
class Annotation:
    """The coding genes of a GFF3 or GTF file and what could not be used.

    Attributes
    ----------
    path
        The file.
    genes
        By contig, in the order in which the file names them, then by start. Each transcript has a
        coding sequence, stop codon included.
    problems
        Transcripts that were repaired (``kept``) or left out, by line.
    noncoding
        Number of transcripts without coding sequence, which are not among the genes.
    lines
        Line of each transcript, by its ID.
    """

    path: str
    genes: tuple[Gene, ...]
    problems: tuple[Problem, ...]
    noncoding: int
    lines: Mapping[str, int]

    def check_coding(self) -> None:
        """Refuse transcripts none of which has a coding sequence.

        Raises
        ------
        InputError
            If there are transcripts, but no genes.
        """
        if self.noncoding and not self.genes:
            raise InputError(
                f"no coding sequence in {self.path}; {self.noncoding:,} transcripts without CDS: "
                "give an annotation with rows of type CDS"
            )

    def check_against(self, contigs: Mapping[str, int], genome: str = "the genome") -> "Annotation":
        """Leave out what does not lie on a genome.

        Parameters
        ----------
        contigs
            Length of each contig, by name.
        genome
            Name of the genome's file, for messages.

        Returns
        -------
        Annotation
            Without the transcripts whose contig is missing or too short; each is a problem.

        Raises
        ------
        InputError
            None of the annotation's contigs is in the genome, or there is no coding sequence.
        """
        self.check_coding()
        named = dict.fromkeys(gene.contig for gene in self.genes)
        if named and not any(name in contigs for name in named):
            raise InputError(
                f"{self.path}: none of its contigs ({_some(named)}) is in {genome} "
                f"({_some(contigs)}); give the annotation of this very assembly"
            )
        genes: list[Gene] = []
        problems = list(self.problems)
        for gene in self.genes:
            length = contigs.get(gene.contig)
            fitting = tuple(t for t in gene.transcripts if length is not None and t.end <= length)
            for transcript in gene.transcripts:
                if transcript not in fitting:
                    reason = (
                        f"contig {gene.contig} is not in {genome}"
                        if length is None
                        else f"ends at {transcript.end}, beyond the end of {gene.contig} ({length})"
                    )
                    problems.append(
                        Problem(
                            self.lines[transcript.id],
                            transcript.id,
                            reason,
                            gene.contig,
                            transcript.start,
                            transcript.end,
                        )
                    )
            if len(fitting) == len(gene.transcripts):
                genes.append(gene)
            elif fitting:
                genes.append(replace(gene, transcripts=fitting, start=-1, end=-1))
        problems.sort(key=lambda problem: problem.line)
        return replace(self, genes=tuple(genes), problems=tuple(problems))


def read_annotation(path: str | PathLike[str]) -> Annotation:
    """Read the coding genes of a GFF3 or GTF file.

    The dialects of NCBI, Ensembl, PomBase, WormBase, TAIR, AUGUSTUS, GlimmerHMM, Prodigal and SNAP
    are understood, rows in any order. A stop codon that stands outside the coding sequence (GTF)
    is added to it.

    Parameters
    ----------
    path
        Plain, gzip or bgzip (recognised by the first bytes, not the name); ``-`` is standard input.

    Returns
    -------
    Annotation
        Genes, and the transcripts that cannot be used, each with its line and reason.

    Raises
    ------
    InputError
        The file cannot be read or is no annotation, a row is malformed, or of all coding
        sequences none can be used.
    """
    name = fspath(path)
    loci = Loci()
    for row in read_rows(name):
        loci.add(row)
    genes = loci.genes()
    if not genes and loci.problems:
        first = loci.problems[0]
        raise InputError(
            f"{name}: none of its {len(loci.problems)} coding sequences can be used; the first, "
            f"line {first.line} ({first.id or 'without a name'}): {first.reason}"
        )
    return Annotation(name, tuple(genes), tuple(loci.problems), loci.noncoding, loci.lines)


def _some(names: Mapping[str, object]) -> str:
    """Name the first few."""
    shown = list(names)[:3]
    return ", ".join(shown) + (", ..." if len(names) > len(shown) else "")
