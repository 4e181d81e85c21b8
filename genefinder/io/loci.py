"""From the rows of an annotation to genes: the tree of features, dialect by dialect.

A *node* is anything that has a name: gene, transcript, protein. Rows of coding sequence, exons,
stop codons and UTRs hang on nodes. Names count per contig: some programs use them again on each.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from genefinder.genes import Gene, PartPosteriors, Transcript
from genefinder.io.rows import CDS, EXON, PARTS, Row
from genefinder.io.segments import BrokenTranscriptError, overlap, put_together

_GTF_GENE = "\0"
"""Begins the key of a GTF gene, whose name may be that of its transcript too."""
_PROTEINS = frozenset({"protein", "polypeptide"})


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with one transcript of an annotation.

    Attributes
    ----------
    line
        Line of the file.
    id
        Name of the transcript, or of the gene where no transcript is known; may be empty.
    reason
        What is wrong, in words.
    contig, start, end
        Where: 0-based, half-open.
    kept
        The transcript was repaired and is among the genes; otherwise it is not.
    """

    line: int
    id: str
    reason: str
    contig: str
    start: int
    end: int
    kept: bool = False


@dataclass(slots=True)
class _Node:
    """A named feature and the parts that hang on it."""

    name: str
    type: str = ""
    """Empty as long as only its parts were seen."""
    row: Row | None = None
    """Where it is defined; GTF implies genes and transcripts without."""
    again: int = 0
    """Line of a second feature of the same name."""
    parents: list[str] = field(default_factory=list)
    start: int = -1
    end: int = -1
    parts: dict[str, list[Row]] = field(default_factory=lambda: {part: [] for part in PARTS})

    @property
    def is_gene(self) -> bool:
        return self.type.lower().endswith("gene")


@dataclass(slots=True)
class Loci:
    """The features of an annotation, taken in row by row.

    Attributes
    ----------
    problems
        Transcripts that were left out or repaired; complete once :meth:`genes` has returned.
    noncoding
        Number of transcripts without coding sequence.
    lines
        Line of each transcript of :meth:`genes`, by its ID.
    """

    problems: list[Problem] = field(default_factory=list)
    noncoding: int = 0
    lines: dict[str, int] = field(default_factory=dict)
    _nodes: dict[tuple[str, str], _Node] = field(default_factory=dict)

    def add(self, row: Row) -> None:
        """Take in a row."""
        if row.type in PARTS:
            if row.dialect == "gff3":
                self._add_part(row)
            else:
                self._add_gtf_part(row)
        elif row.dialect == "gff3":
            self._define(row, row.id, row.parents)
        elif row.type.lower() == "gene":
            self._define(row, _GTF_GENE + row.id, ())
        else:
            key = self._gtf_key(row, row.id)
            self._define(row, key, ())
            self._imply_gene(row, self._node(row.contig, key))

    def genes(self) -> list[Gene]:
        """Put the transcripts together, once all rows are in.

        Returns
        -------
        list of Gene
            By contig, in the order in which the file first names them, then by start.
        """
        isoforms: dict[tuple[str, str], list[Transcript]] = defaultdict(list)
        contigs: dict[str, int] = {}
        defined = {key for (_, key), node in self._nodes.items() if node.type}
        for (contig, key), node in self._nodes.items():
            contigs.setdefault(contig, len(contigs))
            rows = node.parts[CDS]
            if not rows:
                self.noncoding += bool(node.parts[EXON] and node.type and not node.is_gene)
                continue
            if node.type.lower() in _PROTEINS and all(len(row.parents) > 1 for row in rows):
                continue  # TAIR lists the protein beside the transcript
            try:
                gene_key = self._gene_of(contig, key, defined)
                _check(node, self._nodes[contig, gene_key])
            except BrokenTranscriptError as broken:
                self._report(rows, node.name, str(broken))
                continue
            for name, coding in _coding_sequences(node):
                try:
                    transcript = self._transcript(name, contig, node, coding)
                except BrokenTranscriptError as broken:
                    self._report(coding, name, str(broken))
                else:
                    isoforms[contig, gene_key].append(transcript)
        genes = list(self._loci(isoforms))
        genes.sort(key=lambda gene: (contigs[gene.contig], gene.start, gene.end))
        self.problems.sort(key=lambda problem: problem.line)
        return genes

    def _node(self, contig: str, key: str) -> _Node:
        node = self._nodes.get((contig, key))
        if node is None:
            node = self._nodes[contig, key] = _Node(key.removeprefix(_GTF_GENE).split("\0")[0])
        return node

    def _define(self, row: Row, key: str, parents: tuple[str, ...]) -> None:
        node = self._node(row.contig, key)
        if node.row is None:
            node.row, node.type = row, row.type
        else:
            node.again = row.line
        node.parents += [parent for parent in parents if parent not in node.parents]
        node.start = row.start if node.start < 0 else min(node.start, row.start)
        node.end = max(node.end, row.end)

    def _add_part(self, row: Row) -> None:
        for parent in row.parents:
            self._node(row.contig, parent).parts[row.type].append(row)
        if row.parents or row.type != CDS:
            return
        if row.id:  # Prodigal: the CDS is all there is
            node = self._node(row.contig, f"{CDS}\0{row.id}")
            node.name, node.type = row.id, CDS
            node.parts[CDS].append(row)
        else:
            self._report([row], "", "CDS with neither Parent nor ID")

    def _add_gtf_part(self, row: Row) -> None:
        if not row.parents:
            if row.type == CDS:
                self._report([row], row.gene, "CDS without transcript_id")
            return
        for parent in row.parents:
            node = self._node(row.contig, self._gtf_key(row, parent))
            node.type = node.type or "transcript"
            node.parts[row.type].append(row)
            self._imply_gene(row, node)

    def _gtf_key(self, row: Row, transcript: str) -> str:
        """Return the key of a transcript of GTF: with its gene, where two genes have such a one."""
        node = self._nodes.get((row.contig, transcript))
        if not row.gene or node is None or node.parents in ([], [_GTF_GENE + row.gene]):
            return transcript
        return f"{transcript}\0{row.gene}"

    def _imply_gene(self, row: Row, node: _Node) -> None:
        """Take the gene that a row of GTF names for its transcript's, with or without own row."""
        if row.gene and not node.parents:
            key = _GTF_GENE + row.gene
            node.parents.append(key)
            gene = self._node(row.contig, key)
            gene.type = gene.type or "gene"

    def _gene_of(self, contig: str, key: str, defined: set[str]) -> str:
        """Walk up from a transcript to the key of its gene; the topmost node where it has none."""
        path: list[str] = []
        while True:
            node = self._nodes.get((contig, key))
            if node is None or not node.type:
                where = "on another contig" if key in defined else "not in the file"
                raise BrokenTranscriptError(f"its parent {key!r} is {where}")
            path.append(key)
            if node.is_gene or not node.parents:
                return key
            key = node.parents[0]
            if key in path:
                raise BrokenTranscriptError(f"cyclic parents: {' > '.join([*path, key])}")

    def _transcript(self, name: str, contig: str, node: _Node, coding: Sequence[Row]) -> Transcript:
        transcript, repaired = put_together(name, contig, coding, node.parts)
        line = coding[0].line
        if node.row is not None:
            strand = node.row.strand
            if strand in ("+", "-") and strand != transcript.strand:
                raise BrokenTranscriptError(
                    f"coding sequence on strand {transcript.strand}, its parent on {strand}"
                )
            if not node.is_gene:
                line = node.row.line
            if posterior := node.row.attribute("posterior"):
                transcript = replace(transcript, posterior=_number(posterior))
                parts = node.parts[EXON] or node.parts[CDS]
                transcript = replace(
                    transcript, part_posteriors=_part_posteriors(transcript, parts)
                )
        for row in (node.row, coding[0]):
            product = None if row is None or row.type == "gene" else row.attribute("product")
            if product:
                transcript = replace(transcript, product=product)
                break
        if name in self.lines:
            transcript = replace(transcript, id=self._other_name(transcript))
        self.lines[transcript.id] = line
        if repaired:
            self._report(coding, transcript.id, repaired, kept=True)
        return transcript

    def _other_name(self, transcript: Transcript) -> str:
        """Name a transcript apart from others of its name."""
        name = f"{transcript.id}@{transcript.contig}"
        return name if name not in self.lines else f"{name}:{transcript.start + 1}"

    def _loci(self, isoforms: dict[tuple[str, str], list[Transcript]]) -> Iterator[Gene]:
        names: set[str] = set()
        for (contig, key), transcripts in isoforms.items():
            node = self._nodes[contig, key]
            start = min(transcript.start for transcript in transcripts)
            end = max(transcript.end for transcript in transcripts)
            if node.is_gene and node.start >= 0:
                start, end = min(start, node.start), max(end, node.end)
            name = f"{node.name}@{contig}" if node.name in names else node.name
            names.add(name)
            tag = None if node.row is None else node.row.attribute("locus_tag")
            like = node.row is not None and node.row.attribute("transposon_like") == "true"
            strand = transcripts[0].strand
            yield Gene(name, contig, strand, tuple(transcripts), start, end, tag, like)

    def _report(self, rows: Sequence[Row], name: str, reason: str, *, kept: bool = False) -> None:
        self.problems.append(
            Problem(
                min(row.line for row in rows),
                name,
                reason,
                rows[0].contig,
                min(row.start for row in rows),
                max(row.end for row in rows),
                kept,
            )
        )


def _check(node: _Node, gene: _Node) -> None:
    """Refuse a transcript that its own row or its gene's rules out."""
    if node.again and not node.is_gene and node.row is not None:
        raise BrokenTranscriptError(
            f"its ID stands for two features (lines {node.row.line} and {node.again})"
        )
    rows = [row for row in (gene.row, node.row, node.parts[CDS][0]) if row is not None]
    if any(
        row.type.lower().startswith("pseudogen") or row.attribute("pseudo") == "true"
        for row in rows
    ):
        raise BrokenTranscriptError("pseudogene")
    if gene.row is not None and node.row is not None:
        strands = {gene.row.strand, node.row.strand}
        if strands == {"+", "-"}:
            raise BrokenTranscriptError("transcript and gene on different strands")


def _coding_sequences(node: _Node) -> Iterator[tuple[str, list[Row]]]:
    """Part the coding rows of a node where they are several coding sequences.

    Below a gene (bacteria, organelles) each CDS ID is one. Below a transcript they are the segments
    of one, unless they overlap, and then each ID is one.
    """
    rows = node.parts[CDS]
    by_id: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        by_id[row.id].append(row)
    several = len(by_id) > 1 and overlap([(row.start, row.end) for row in rows])
    if several or (node.is_gene and "" not in by_id):
        yield from by_id.items()
    else:
        yield node.name, rows


def _part_posteriors(transcript: Transcript, rows: Sequence[Row]) -> PartPosteriors | None:
    """Read the posteriors of coding segments and their ends from the rows of their exons, or CDS.

    ``None`` unless every segment has one.
    """
    by_interval = {(row.start, row.end): row for row in rows}
    exons: list[float] = []
    ends = []
    for segment, sites in zip(transcript.cds, transcript.sites(), strict=True):
        row = by_interval.get(segment)
        share = None if row is None else _number(row.attribute("posterior"))
        if row is None or share is None:
            return None
        exons.append(share)
        low, high = (_number(row.attribute(f"{site}_posterior")) for site in sites)
        ends.append((low, high))
    return PartPosteriors(tuple(exons), tuple(ends))


def _number(text: str | None) -> float | None:
    """Read a posterior; another program's attribute of that name may be anything."""
    try:
        return None if text is None else float(text)
    except ValueError:
        return None
