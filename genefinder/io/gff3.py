"""Genes into GFF3, by the letter of the specification (version 1.26) and of its referees.

The file begins with the version, then a ``##sequence-region`` for every contig in the order of
the genome, then comments, then the features: gene, mRNA, exon and CDS, parents first. A CDS
includes its stop codon, and each of its segments carries a phase and the ID of the whole. The score
of genes, transcripts and exons is their posterior probability; exons also carry those of their
ends, as ``start_posterior``, ``stop_posterior``, ``donor_posterior`` or ``acceptor_posterior``. An
open end is marked as NCBI does, with
``partial=true`` and ``start_range=.,START`` or ``end_range=END,.``.
"""

import re
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import replace
from types import TracebackType
from typing import Self, TextIO

from genefinder.genes import Gene, Interval, Transcript

SOURCE = "genefinder"
"""Second column of every row."""

_SEQID_ESCAPED = re.compile(r"[\x00-\x20\x7f%]|^[>#]")
"""Other programs compare the first column with the genome's names letter by letter, so only what
would break the table is escaped; the specification would escape more."""
_VALUE_ESCAPED = re.compile(r"[\x00-\x1f\x7f%;=&,]")
_CONTROLS = re.compile(r"[\x00-\x1f\x7f]+")


def assign_ids(genes: Iterable[Gene], prefix: str = "g", first: int = 1) -> Iterator[Gene]:
    """Give genes and transcripts running names: ``g000001``, its isoform ``g000001.t1``.

    Parameters
    ----------
    genes
        In the order of the output.
    prefix
        Begins every name.
    first
        Number of the first gene.

    Yields
    ------
    Gene
        The same genes under names that are unique over all of them.
    """
    for number, gene in enumerate(genes, start=first):
        name = f"{prefix}{number:06d}"
        transcripts = tuple(
            replace(transcript, id=f"{name}.t{isoform}")
            for isoform, transcript in enumerate(gene.transcripts, start=1)
        )
        yield replace(gene, id=name, transcripts=transcripts)


def format_header(
    contigs: Iterable[tuple[str, int]], comments: Iterable[tuple[str, str]] = ()
) -> str:
    """Return the lines before the first feature.

    Parameters
    ----------
    contigs
        Name and length of each contig, in the order of the genome. Empty contigs have no region.
    comments
        Keys and values, each pair a line.
    """
    lines = ["##gff-version 3"]
    lines += [
        f"##sequence-region {_seqid(name)} 1 {length}" for name, length in contigs if length > 0
    ]
    lines += [_CONTROLS.sub(" ", f"# {key}: {value}") for key, value in comments]
    return "\n".join(lines) + "\n"


def format_gene(gene: Gene) -> str:
    """Return the rows of a gene: the gene, then each mRNA with its exons and its CDS."""
    rows = [
        _row(
            gene.contig,
            "gene",
            (gene.start, gene.end),
            gene.strand,
            _open_ends(gene),
            [("ID", gene.id)],
            posterior=gene.posterior,
        )
    ]
    for transcript in gene.transcripts:
        rows += _transcript_rows(gene, transcript)
    return "\n".join(rows) + "\n"


def write_gff3(
    stream: TextIO,
    genes: Iterable[Gene],
    contigs: Iterable[tuple[str, int]],
    comments: Iterable[tuple[str, str]] = (),
) -> int:
    """Write a GFF3 file whose contigs are known beforehand.

    Parameters
    ----------
    stream
        Where to.
    genes
        In the order of the output, with unique IDs (:func:`assign_ids`).
    contigs, comments
        See :func:`format_header`.

    Returns
    -------
    int
        Number of genes.

    Raises
    ------
    ValueError
        An ID occurs twice, or a gene does not lie on the contigs.
    """
    lengths = dict(contigs)
    stream.write(format_header(lengths.items(), comments))
    check = _Check()
    for gene in genes:
        check.add(gene)
        check.lies_on(lengths)
        stream.write(format_gene(gene))
    return check.genes


class Gff3Writer:
    """Writes a GFF3 file whose contigs are known only after the last gene.

    Features wait in a temporary file until :meth:`finish`. A writer that is left without that has
    written nothing to the stream.

    Parameters
    ----------
    stream
        Where to.
    """

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._spool = tempfile.TemporaryFile(  # noqa: SIM115 (closed on exit)
            "w+", encoding="utf-8", newline="\n"
        )
        self._check = _Check()

    def __enter__(self) -> Self:
        """Return the writer."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Remove the temporary file."""
        self._spool.close()

    def write(self, gene: Gene) -> None:
        """Take in the next gene.

        Raises
        ------
        ValueError
            An ID occurs twice.
        """
        self._check.add(gene)
        self._spool.write(format_gene(gene))

    def finish(
        self, contigs: Iterable[tuple[str, int]], comments: Iterable[tuple[str, str]] = ()
    ) -> int:
        """Write the header, then all features.

        Parameters
        ----------
        contigs, comments
            See :func:`format_header`.

        Returns
        -------
        int
            Number of genes.

        Raises
        ------
        ValueError
            A gene does not lie on the contigs.
        """
        lengths = dict(contigs)
        self._check.lies_on(lengths)
        self._stream.write(format_header(lengths.items(), comments))
        self._spool.seek(0)
        shutil.copyfileobj(self._spool, self._stream)
        return self._check.genes


class _Check:
    """What holds over a whole file: unique IDs, and features that lie on their contigs."""

    def __init__(self) -> None:
        self.genes = 0
        self._ids: set[str] = set()
        self._ends: dict[str, int] = {}

    def add(self, gene: Gene) -> None:
        """Take in a gene."""
        self.genes += 1
        for name in (gene.id, *(transcript.id for transcript in gene.transcripts)):
            if name in self._ids:
                raise ValueError(f"ID {name!r} occurs twice")
            self._ids.add(name)
        self._ends[gene.contig] = max(self._ends.get(gene.contig, 0), gene.end)

    def lies_on(self, lengths: dict[str, int]) -> None:
        """Compare the genes so far with the lengths of the contigs."""
        for contig, end in self._ends.items():
            if end > lengths.get(contig, 0):
                raise ValueError(
                    f"a gene ends at {end} on {contig!r} of length {lengths.get(contig, 0)}"
                )


def _open_ends(gene: Gene) -> tuple[bool, bool]:
    """Tell whether the gene goes on beyond its lowest and its highest coordinate."""
    return (
        any(t.partial_low and t.start == gene.start for t in gene.transcripts),
        any(t.partial_high and t.end == gene.end for t in gene.transcripts),
    )


def _transcript_rows(gene: Gene, transcript: Transcript) -> Iterator[str]:
    """Yield the rows of a transcript."""
    contig, strand = transcript.contig, transcript.strand
    ends = transcript.partial_low, transcript.partial_high
    yield _row(
        contig,
        "mRNA",
        (transcript.start, transcript.end),
        strand,
        ends,
        [("ID", transcript.id), ("Parent", gene.id)],
        posterior=transcript.posterior,
    )
    parent = ("Parent", transcript.id)
    parts = _exon_posteriors(transcript)
    for exon in transcript.exons or transcript.cds:
        posterior, end_posteriors = parts.get(exon, (None, []))
        yield _row(
            contig,
            "exon",
            exon,
            strand,
            (False, False),
            [parent],
            posterior=posterior,
            end_posteriors=end_posteriors,
        )
    last = len(transcript.cds) - 1
    for index, (segment, phase) in enumerate(zip(transcript.cds, transcript.phases(), strict=True)):
        yield _row(
            contig,
            "CDS",
            segment,
            strand,
            (ends[0] and index == 0, ends[1] and index == last),
            [("ID", f"{transcript.id}.cds"), parent],
            phase=phase,
        )


def _exon_posteriors(
    transcript: Transcript,
) -> dict[Interval, tuple[float, list[tuple[str, float]]]]:
    """Return the posteriors of coding segments and, by the sites' names, of their ends.

    They stand on the rows of exons: those of a CDS are one feature, which has one set of
    attributes.
    """
    part_posteriors = transcript.part_posteriors
    if part_posteriors is None:
        return {}
    parts = zip(
        transcript.cds, transcript.sites(), part_posteriors.exons, part_posteriors.ends, strict=True
    )
    return {
        segment: (
            posterior,
            [(name, end) for name, end in zip(sites, ends, strict=True) if end is not None],
        )
        for segment, sites, posterior, ends in parts
    }


def _row(
    contig: str,
    kind: str,
    interval: Interval,
    strand: str,
    open_ends: tuple[bool, bool],
    attributes: list[tuple[str, str]],
    *,
    phase: int | None = None,
    posterior: float | None = None,
    end_posteriors: Iterable[tuple[str, float]] = (),
) -> str:
    """Return one row, without the line end."""
    start, end = interval[0] + 1, interval[1]
    score = "." if posterior is None else f"{posterior:.4f}"
    fields = [f"{key}={_VALUE_ESCAPED.sub(_percent, value)}" for key, value in attributes]
    if posterior is not None:
        fields.append(f"posterior={score}")
    fields += [f"{name}_posterior={value:.4f}" for name, value in end_posteriors]
    if any(open_ends):
        fields.append("partial=true")
    if open_ends[0]:
        fields.append(f"start_range=.,{start}")
    if open_ends[1]:
        fields.append(f"end_range={end},.")
    return (
        f"{_seqid(contig)}\t{SOURCE}\t{kind}\t{start}\t{end}\t{score}\t{strand}\t"
        f"{'.' if phase is None else phase}\t{';'.join(fields)}"
    )


def _seqid(name: str) -> str:
    """Escape a contig's name as the first column needs it."""
    return _SEQID_ESCAPED.sub(_percent, name)


def _percent(match: re.Match[str]) -> str:
    """Percent-encode one character, byte by byte."""
    return "".join(f"%{byte:02X}" for byte in match.group().encode())
