"""What a prediction finds: genes by contig, which write themselves in many formats.

Coordinates are 0-based and half-open on the forward strand, as everywhere in Python; the files say
1-based and closed, as GFF3 does.
"""

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, nullcontext
from dataclasses import dataclass, replace
from itertools import count
from threading import RLock
from typing import TextIO, get_args

from genefinder import __version__
from genefinder.data.start_motifs import REACH, WIDTH, StartMotifs
from genefinder.dna import Codes, decode, reverse_complement
from genefinder.errors import InputError
from genefinder.genes import Gene, Interval, Strand, Transcript
from genefinder.grammar.labels import CODON
from genefinder.io.contigs import Contig
from genefinder.io.fasta import Genome
from genefinder.io.fasta_headers import FastaHeaders, prodigal_header
from genefinder.io.formats import Format, check_format, format_of, needs_sequence, open_writer
from genefinder.io.identifiers import Identifiers
from genefinder.io.index import write_index
from genefinder.io.output import open_output
from genefinder.io.qualifiers import Qualifiers
from genefinder.io.sequences import coding_codes, translate, write_record
from genefinder.io.summary import ContigSummary, Setting
from genefinder.models.model import Model

Target = str | os.PathLike[str] | TextIO
"""Where to write: a file, ``-`` for standard output, or an open text stream."""


@dataclass(frozen=True, slots=True, eq=False)
class PredictedGene:
    """A gene that was found, with the bases that code for it.

    Examples
    --------
    >>> gene.id, gene.strand, gene.start, gene.end
    ('g000001', '+', 4000, 4600)
    >>> gene.protein()[:4]
    'MAAV'

    Attributes
    ----------
    record
        The gene as files hold it (:class:`genefinder.genes.Gene`), with one transcript.
    coding
        Spliced bases in strand direction from the first complete codon on, stop codon included.
    genetic_code
        NCBI translation table.
    """

    record: Gene
    coding: Codes
    genetic_code: int

    @property
    def id(self) -> str:
        """Name, unique in its prediction."""
        return self.record.id

    @property
    def contig(self) -> str:
        """Name of its contig."""
        return self.record.contig

    @property
    def strand(self) -> Strand:
        """``+`` or ``-``."""
        return self.record.strand

    @property
    def start(self) -> int:
        """Lowest coordinate, 0-based."""
        return self.record.start

    @property
    def end(self) -> int:
        """End of the highest coordinate, exclusive."""
        return self.record.end

    @property
    def exons(self) -> tuple[Interval, ...]:
        """Coding exons ``[start, end)``, ascending on either strand, stop codon included."""
        return self.record.transcripts[0].cds

    @property
    def posterior(self) -> float:
        """Probability of exactly this chain of coding exons."""
        return self.record.posterior or 0.0

    @property
    def exon_posteriors(self) -> tuple[float, ...]:
        """Probability of each exon with both of its ends, in the order of :attr:`exons`."""
        parts = self.record.transcripts[0].part_posteriors
        return () if parts is None else parts.exons

    @property
    def partial_low(self) -> bool:
        """Whether it goes on below its lowest coordinate, beyond the contig's end or a gap."""
        return self.record.transcripts[0].partial_low

    @property
    def partial_high(self) -> bool:
        """Whether it goes on above its highest coordinate, beyond the contig's end or a gap."""
        return self.record.transcripts[0].partial_high

    @property
    def transposon_like(self) -> bool:
        """Whether it looks like a gene of a transposon, not of the host."""
        return self.record.transposon_like

    @property
    def start_codon(self) -> str | None:
        """The start codon; ``None`` where its start is beyond the contig's end or a gap."""
        cut = self.partial_low if self.strand == "+" else self.partial_high
        return None if cut else decode(self.coding[:CODON])

    def cds(self) -> str:
        """Return the spliced coding sequence in strand direction, stop codon included."""
        return decode(self.coding)

    def protein(self) -> str:
        """Return its translation, without the stop; a codon that cannot be read is X.

        Every start codon is methionine.
        """
        residues = translate(self.coding, self.genetic_code).removesuffix("*")
        return residues if self.start_codon is None else f"M{residues[1:]}"


@dataclass(frozen=True, slots=True, eq=False)
class PredictedContig:
    """A contig and what was found on it.

    Attributes
    ----------
    name, length
        As in the genome; the length in bases.
    genes
        By ascending start.
    skipped
        Why no genes were looked for, or ``None`` where they were.
    dropped
        Number of genes that look like transposons and were left out.
    circular
        Whether its last base is followed by its first; genes over the origin end beyond its length.
    """

    name: str
    length: int
    genes: tuple[PredictedGene, ...]
    skipped: str | None = None
    dropped: int = 0
    circular: bool = False

    @classmethod
    def of(
        cls,
        contig: Contig,
        genes: Iterable[Gene],
        genetic_code: int,
        skipped: str | None = None,
        *,
        spliced: bool = True,
        motifs: StartMotifs | None = None,
        dropped: int = 0,
    ) -> "PredictedContig":
        """Take from a contig what its genes need, so that its other bases can be forgotten.

        Parameters
        ----------
        contig, genes
            The contig, and the genes on it.
        genetic_code
            NCBI translation table.
        skipped, dropped
            As in the class.
        spliced
            Whether genes have introns; the records of others know their start codons.
        motifs
            What stands before start codons, which these records know as well.
        """
        predicted = []
        genes = tuple(genes)
        codes = contig.codes_to(max((gene.end for gene in genes), default=0))
        for gene in genes:
            coding = coding_codes(gene.transcripts[0], codes)
            found = PredictedGene(gene, coding, genetic_code)
            if not spliced:
                transcript = replace(gene.transcripts[0], start_codon=found.start_codon)
                if motifs is not None and found.start_codon is not None:
                    transcript = _with_motif(transcript, contig, motifs)
                found = replace(found, record=replace(gene, transcripts=(transcript,)))
            predicted.append(found)
        genes_found = tuple(predicted)
        return cls(contig.name, len(contig), genes_found, skipped, dropped, contig.circular)

    def __len__(self) -> int:
        """Return the number of bases."""
        return self.length


class Prediction:
    """The genes of a genome, found while somebody asks for them.

    Iteration yields contig after contig as they are predicted; what was found is kept, so a second
    iteration starts at the first contig again at no cost, and files can be written at any time.
    Several threads may iterate and write at once.

    Made by :func:`genefinder.predict`.

    Examples
    --------
    >>> result = genefinder.predict("genome.fa", model="plant")
    >>> for contig in result:
    ...     print(contig.name, len(contig.genes))
    >>> result.write_gff3("genes.gff3")
    >>> result.write_proteins("proteins.fa")

    Parameters
    ----------
    contigs
        What is found, in the order of the genome, with ids that are unique over all.
    model
        What finds it.
    settings
        Everything that the genes depend on besides, by name.
    genome
        Where the contigs come from: a file, or contigs in memory; ``None`` where they are gone.
    identifiers
        How the genes are named.
    remarks
        More keys and values for the header of the GFF3.
    seconds
        Processor time by stage, filled in at the end.
    keep
        Keep what was found. Without, memory stays bounded by a contig, and one iteration or one
        :meth:`write` is all there is.
    origin
        What the header says of the genome, where that is not at hand.
    """

    def __init__(
        self,
        contigs: Iterator[PredictedContig],
        model: Model,
        settings: Mapping[str, Setting],
        genome: Genome | Sequence[Contig] | None = None,
        identifiers: Identifiers | None = None,
        remarks: Sequence[tuple[str, str]] = (),
        seconds: Mapping[str, float] | None = None,
        keep: bool = True,
        origin: str | None = None,
    ) -> None:
        self.model = model
        self.settings = dict(settings)
        self.seconds: Mapping[str, float] = {} if seconds is None else seconds
        self._stream = contigs
        self._genome = genome
        self._identifiers = identifiers or Identifiers()
        self._remarks = tuple(remarks)
        self._keep = keep
        self._origin = origin
        self._kept: list[PredictedContig] = []
        self._summaries: list[ContigSummary] = []
        self._begun = False
        self._error: Exception | None = None
        self._lock = RLock()

    def __iter__(self) -> Iterator[PredictedContig]:
        """Yield contigs in the order of the genome.

        Raises
        ------
        GenefinderError
            The genome cannot be read, or the prediction does not keep what it found and was begun.
        """
        if not self._keep:
            with self._lock:
                if self._begun:
                    raise InputError("this prediction was not kept; predict again, or keep it")
                self._begun = True
            yield from iter(self._advance, None)
            return
        number = 0
        while True:
            with self._lock:
                if number == len(self._kept):
                    contig = self._advance()
                    if contig is None:
                        return
                    self._kept.append(contig)
                contig = self._kept[number]
            yield contig
            number += 1

    @property
    def contigs(self) -> Sequence[ContigSummary]:
        """Name, bases, number of genes of each contig so far, and why it was skipped if it was."""
        return tuple(self._summaries)

    def genes(self) -> Iterator[PredictedGene]:
        """Yield the genes of all contigs."""
        for contig in self:
            yield from contig.genes

    def comments(self) -> list[tuple[str, str]]:
        """Return what the header of the GFF3 tells: tool, model, species, genome, settings.

        Raises
        ------
        InputError
            The genome can be read only once and has not been read to its end.
        """
        model, genome = self.model, self._genome
        lines = [
            ("tool", f"genefinder {__version__}"),
            ("model", f"{model.name} sha256:{model.sha256}"),
        ]
        if model.reads is not None:
            lines.append(("species", model.reads.describe()))
        if isinstance(genome, Genome):
            lines.append(("genome", f"{genome_name(genome)} sha256:{genome.sha256}"))
        elif self._origin is not None:
            lines.append(("genome", self._origin))
        values = " ".join(f"{name}={value}" for name, value in self.settings.items())
        return [*lines, ("settings", values), *self._remarks]

    def write_gff3(self, target: Target) -> None:
        """Predict what is left, and write all genes as GFF3; see :meth:`write`."""
        self.write(target, format="gff3")

    def write_proteins(self, target: Target) -> None:
        """Predict what is left, and write all proteins as FASTA; see :meth:`write`."""
        self.write(proteins=target)

    def write_cds(self, target: Target) -> None:
        """Predict what is left, and write all coding sequences as FASTA; see :meth:`write`."""
        self.write(cds=target)

    def write(
        self,
        genes: Target | None = None,
        *,
        format: Format | None = None,
        organism: str | None = None,
        id_database: str | None = None,
        index: bool = False,
        proteins: Target | None = None,
        cds: Target | None = None,
        fasta_headers: FastaHeaders = "id",
        progress: Callable[[PredictedContig], None] = lambda contig: None,
    ) -> None:
        """Predict what is left, and write it to several files in one pass.

        Parameters
        ----------
        genes, proteins, cds
            Where to write genes, translations and coding sequences: a file, ``.gz`` for bgzip,
            which appears when it is complete, or an open text stream; ``None`` leaves it out. GFF3
            and GTF wait in an unnamed temporary file, because their headers tell what is known
            only at the end.
        format
            Of the genes: ``gff3``, ``gtf``, ``genbank``, ``embl`` or ``tbl``, NCBI's feature
            table; ``None`` takes that of the file's suffix, and GFF3 where it says nothing.
            ``genbank`` and ``embl`` read the genome once more, contig by contig.
        organism
            Scientific name, for ``genbank`` and ``embl``.
        id_database
            Name of the laboratory in the IDs that NCBI wants for transcripts and proteins,
            ``gnl|NAME|ID``, for ``gff3``, ``genbank`` and ``tbl``.
        index
            Write an index for tabix beside a GFF3 or GTF file, ``.tbi``, or ``.csi`` where a contig
            is longer than 512 Mb.
        fasta_headers
            Of proteins and coding sequences: ``id``, the IDs of the transcripts, or ``prodigal``,
            lines as Prodigal writes them.
        progress
            Takes every contig when its genes are written.

        Raises
        ------
        GenefinderError
            The genome cannot be read, a file not be written, or the format lacks something or has
            no place for what is given.
        """
        if fasta_headers not in get_args(FastaHeaders):
            raise InputError(f"there are no FASTA headers {fasta_headers!r}; take id or prodigal")
        path = genes if isinstance(genes, str | os.PathLike) else None
        form = format or ("gff3" if path is None else format_of(path))
        qualifiers = Qualifiers(
            organism,
            id_database,
            self.model.grammar.genetic_code,
            ("genefinder", __version__),
            spliced=self.model.grammar.spliced,
        )
        tagged = self._identifiers.locus_tag_prefix is not None
        check_format(form, path, qualifiers=qualifiers, index=index, locus_tags=tagged)
        if genes is not None and needs_sequence(form):
            self._keep_sequence()
        with ExitStack() as stack:
            gene_stream, protein_stream, cds_stream = (
                None if target is None else stack.enter_context(_opened(target))
                for target in (genes, proteins, cds)
            )
            writer = None
            contigs = count(1)
            if gene_stream is not None:
                writer = open_writer(form, gene_stream, qualifiers, self._letters)
                stack.enter_context(writer)

            def write(contig: PredictedContig) -> PredictedContig:
                if writer is not None:
                    records = [gene.record for gene in contig.genes]
                    writer.write(contig.name, contig.length, records, circular=contig.circular)
                contig_number = next(contigs)
                for number, gene in enumerate(contig.genes, start=1):
                    name = gene.record.transcripts[0].id
                    if fasta_headers == "prodigal":
                        name = prodigal_header(gene.record, gene.coding, contig_number, number)
                    if protein_stream is not None:
                        write_record(protein_stream, name, gene.protein())
                    if cds_stream is not None:
                        write_record(cds_stream, name, gene.cds())
                return contig

            # Mapped, so that no contig stays in memory while the next is found.
            for _ in map(progress, map(write, self)):
                pass
            if writer is not None:
                writer.finish(self.comments())
        if index and path is not None:
            longest = max((contig.bases for contig in self._summaries), default=0)
            write_index(path, longest)

    def _keep_sequence(self) -> None:
        """See to it that the genome can be read once more, beside its prediction."""
        if isinstance(self._genome, Genome):
            self._genome.spool()
        elif self._genome is None:
            raise InputError(
                "this prediction does not have its sequences any more, which genbank and embl "
                "repeat; predict from a file or from sequences by name, or write another format"
            )

    def _letters(self) -> Iterator[tuple[str, bytearray]]:
        """Yield the name and the letters of every contig."""
        if isinstance(self._genome, Genome):
            return self._genome.letters()
        return (
            (contig.name, bytearray(decode(contig.codes), "ascii")) for contig in self._genome or ()
        )

    def _advance(self) -> PredictedContig | None:
        """Find the genes of the next contig; ``None`` after the last."""
        with self._lock:
            if self._error is not None:
                raise self._error
            try:
                contig = next(self._stream, None)
            except BaseException as error:
                # A stream that failed looks like one that ended, and half a genome like all of it.
                interrupted = InputError("this prediction was interrupted; predict again")
                self._error = error if isinstance(error, Exception) else interrupted
                raise
            if contig is not None:
                self._summaries.append(_summary(contig))
            return contig


def _with_motif(transcript: Transcript, contig: Contig, motifs: StartMotifs) -> Transcript:
    """Return a transcript that knows the motif before its start, if there is one."""
    if transcript.strand == "+":
        upstream = contig.bases(transcript.start - REACH, transcript.start)
    else:
        upstream = reverse_complement(contig.bases(transcript.end, transcript.end + REACH))
    found = motifs.find(upstream)
    if found is None:
        return transcript
    end = len(upstream) - found.spacer
    return replace(transcript, start_motif=decode(upstream[end - WIDTH : end]), spacer=found.spacer)


def genome_name(genome: Genome) -> str:
    """Return what outputs call a genome: the file's name, ``-`` for standard input."""
    return os.path.basename(genome.path)


def _summary(contig: PredictedContig) -> ContigSummary:
    return ContigSummary(
        contig.name,
        contig.length,
        genes=len(contig.genes),
        expected_right=sum(gene.posterior for gene in contig.genes),
        skipped=contig.skipped,
        transposon_like=sum(gene.transposon_like for gene in contig.genes),
        dropped=contig.dropped,
        coding_bases=sum(gene.record.transcripts[0].cds_length for gene in contig.genes),
    )


def _opened(target: Target) -> AbstractContextManager[TextIO]:
    """Open a file to write; a stream stays open afterwards."""
    if isinstance(target, str | os.PathLike):
        return open_output(target)
    if not hasattr(target, "write"):
        raise InputError(
            f"give a file to write or an open text stream, not {type(target).__name__}"
        )
    return nullcontext(target)
