"""Rows of an annotation table (GFF3, GTF or GFF2) as they stand in the file, with line numbers.

The table is read as a stream of lines: rows that no gene needs (alignments, repeats) cost no
memory, and every message can name the line. That takes about a second for 300,000 rows.
"""

import re
from collections.abc import Generator, Iterator
from contextlib import closing
from typing import Literal, NamedTuple
from urllib.parse import unquote

from genefinder.errors import InputError
from genefinder.io.source import Source

Dialect = Literal["gff3", "gtf", "group"]

CDS, EXON, STOP, UTR = "CDS", "exon", "stop_codon", "UTR"
PARTS = frozenset({CDS, EXON, STOP, UTR})
"""Feature types that make up a transcript; every other type is a node of the gene's tree."""

_PART_OF = {
    "cds": CDS,
    "exon": EXON,
    "stop_codon": STOP,
    "stop_codon_predicted": STOP,
    "utr": UTR,
    "5utr": UTR,
    "3utr": UTR,
    "five_prime_utr": UTR,
    "three_prime_utr": UTR,
    "5'-utr": UTR,
    "3'-utr": UTR,
}
_GTF_NODES = frozenset({"gene", "transcript", "mrna"})
_SNAP_EXONS = frozenset({"Einit", "Exon", "Eterm", "Esngl"})
_UNUSED = re.compile(
    r"match|similarity|repeat|hit|intron|start_codon|region$|chromosome|variant|site$",
    re.IGNORECASE,
)

_ID = re.compile(r"(?:^|;)\s*ID=([^;]*)")
_PARENT = re.compile(r"(?:^|;)\s*Parent=([^;]*)")
_QUOTED = re.compile(r'([=,])\s*"([^"]*)"\s*(?=[;,]|$)')
_IS_GFF3 = re.compile(r"""\s*[^\s=;"']+=""")
_GTF_TRANSCRIPT = re.compile(r"""(?:^|;)\s*transcript_id\s+"?([^";]*)""")
_GTF_GENE = re.compile(r"""(?:^|;)\s*gene_id\s+"?([^";]*)""")


class Row(NamedTuple):
    """One feature of the table.

    Attributes
    ----------
    line
        Line number in the file, from 1.
    type
        Third column; the parts of a transcript under one name each (:data:`PARTS`).
    start, end
        0-based, half-open.
    phase
        0, 1 or 2, or -1 where the file has none.
    id
        The feature's own name, or an empty string. In GTF the name of a gene or transcript row.
    parents
        Names of the features that it is part of. In GTF the transcript of a part.
    gene
        GTF only: name of the gene, or an empty string.
    attributes
        The ninth column, in which separators inside quoted values are percent-encoded.
    """

    line: int
    contig: str
    type: str
    start: int
    end: int
    strand: str
    phase: int
    dialect: Dialect
    id: str
    parents: tuple[str, ...]
    gene: str
    attributes: str

    def attribute(self, key: str) -> str | None:
        """Return the value of one more attribute, or ``None``."""
        if key not in self.attributes:
            return None
        value = "=([^;]*)" if self.dialect == "gff3" else r'\s+"?([^;"]*)'
        found = re.search(rf"(?:^|;)\s*{re.escape(key)}{value}", self.attributes)
        return _plain(found.group(1).strip()) if found else None


def read_rows(path: str) -> Iterator[Row]:
    """Read the rows of an annotation that can belong to a gene.

    Parameters
    ----------
    path
        Plain, gzip or bgzip (recognised by their first bytes); ``-`` is standard input.

    Yields
    ------
    Row
        In file order. A ``##FASTA`` section ends the table.

    Raises
    ------
    InputError
        The file cannot be read, is no annotation, or has a malformed row.
    """
    source = Source(path)
    number = 0
    with closing(read_lines(source)) as lines:
        for number, text in enumerate(lines, start=1):
            if number == 1:
                text = text.removeprefix("\ufeff")  # byte order mark
            if text.startswith(("##FASTA", ">")):
                if number == 1:
                    raise InputError(
                        f"{source.name}: is a FASTA file where an annotation (GFF3 or GTF) belongs"
                    )
                return
            if text and text[0] != "#":
                row = _parse(source.name, number, text)
                if row is not None:
                    yield row
    if number == 0:
        raise InputError(f"{source.name}: is empty; give a GFF3 or GTF file")


def read_lines(source: Source) -> Generator[str, None, None]:
    """Yield the lines of an input, without their line feeds."""
    rest = b""
    for chunk in source.chunks():
        *lines, rest = (rest + chunk).split(b"\n")
        for line in lines:
            yield line.decode("utf-8", "backslashreplace")
    if rest:
        yield rest.decode("utf-8", "backslashreplace")


def _parse(path: str, number: int, text: str) -> Row | None:
    """Turn one line into a row, or ``None`` where no gene needs it."""
    columns = text.split("\t")
    if len(columns) != 9:
        if not text.strip() or text.startswith(("track ", "browser ")):
            return None
        if "\0" in text:
            raise InputError(f"{path}: line {number}: binary data; give a GFF3 or GTF file")
        if "\r" in text.rstrip("\r"):
            raise InputError(
                f"{path}: line {number}: carriage returns alone end the lines; convert them to "
                "newlines (tr '\\r' '\\n')"
            )
        raise InputError(
            f"{path}: line {number}: {len(columns)} tab-separated columns where GFF3 and GTF have 9"
        )
    contig, _, kind, start, end, _, strand, phase, attributes = columns
    part = _PART_OF.get(kind.lower())
    dialect: Dialect
    gene = ""
    parents: tuple[str, ...] = ()
    if _IS_GFF3.match(attributes):
        dialect = "gff3"
        if part is None and _UNUSED.search(kind):
            return None
        attributes = _QUOTED.sub(_unquoted, attributes)
        name = _first(_ID, attributes)
        parents = tuple(
            _plain(parent)
            for found in _PARENT.finditer(attributes)
            for parent in found.group(1).strip().split(",")
            if parent
        )
        if part is None and not name:
            return None
    else:
        dialect = "gtf"
        if part is None and kind.lower() not in _GTF_NODES and kind not in _SNAP_EXONS:
            return None
        attributes = _shielded(attributes)
        name = _first(_GTF_TRANSCRIPT, attributes)
        gene = _first(_GTF_GENE, attributes)
        if not name and not gene:
            dialect = "group"
            name = attributes.strip().strip('";')
            if kind in _SNAP_EXONS:
                part = CDS
        if kind.lower() == "gene":
            name = gene or name
        elif part is not None:
            found = [name, *map(_plain, _GTF_TRANSCRIPT.findall(attributes)[1:])]
            name, parents = "", tuple(parent for parent in found if parent)
    try:
        first, last = int(start), int(end)
    except ValueError:
        raise InputError(
            f"{path}: line {number}: start {start!r} and end {end!r} must be whole numbers"
        ) from None
    if not 1 <= first <= last:
        raise InputError(
            f"{path}: line {number}: start {first} and end {last} are no interval; "
            "rows count from 1 and start must not exceed end"
        )
    return Row(
        number,
        _plain(contig),
        part or kind,
        first - 1,
        last,
        strand,
        int(phase) if phase in ("0", "1", "2") else -1,
        dialect,
        name,
        parents,
        gene,
        attributes,
    )


def _first(pattern: re.Pattern[str], text: str) -> str:
    """Return the first group of a pattern, decoded, or an empty string."""
    found = pattern.search(text)
    return _plain(found.group(1).strip()) if found else ""


def _shielded(attributes: str) -> str:
    """Percent-encode what would end a value, where it stands in the quotes of GTF."""
    pieces = attributes.replace('\\"', "%22").split('"')
    if not any(";" in piece for piece in pieces[1::2]):
        return attributes
    pieces[1::2] = [piece.replace(";", "%3B") for piece in pieces[1::2]]
    return '"'.join(pieces)


def _unquoted(value: re.Match[str]) -> str:
    """Take away the quotes of a value of GFF3, which knows none; what they hold is whole."""
    return value.group(1) + value.group(2).replace(";", "%3B")


def _plain(text: str) -> str:
    """Undo the percent-encoding of GFF3."""
    return unquote(text) if "%" in text else text
