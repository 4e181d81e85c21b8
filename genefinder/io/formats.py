"""The formats that genes are written in, and what each can and must be told."""

import os
from collections.abc import Callable, Iterator
from typing import Literal, TextIO, get_args

from genefinder.errors import InputError
from genefinder.io.embl import EmblWriter
from genefinder.io.feature_table import FeatureTableWriter
from genefinder.io.genbank import GenbankWriter
from genefinder.io.gene_writer import GeneWriter
from genefinder.io.gff3 import Gff3Writer
from genefinder.io.gtf import GtfWriter
from genefinder.io.qualifiers import Qualifiers

Format = Literal["gff3", "gtf", "genbank", "embl", "tbl"]
FORMATS: tuple[Format, ...] = get_args(Format)

_TABLES = ("gff3", "gtf")
_WITH_SEQUENCE = ("genbank", "embl")
_SUFFIXES: dict[str, Format] = {
    ".gtf": "gtf",
    ".gb": "genbank",
    ".gbk": "genbank",
    ".gbff": "genbank",
    ".genbank": "genbank",
    ".embl": "embl",
    ".tbl": "tbl",
}


def format_of(path: str | os.PathLike[str]) -> Format:
    """Return the format that a file's suffix names, before ``.gz``; GFF3 where it names none."""
    suffix = os.path.splitext(os.fspath(path).lower().removesuffix(".gz"))[1]
    return _SUFFIXES.get(suffix, "gff3")


def check_format(
    format: Format,
    path: str | os.PathLike[str] | None,
    *,
    qualifiers: Qualifiers,
    index: bool = False,
    locus_tags: bool = True,
) -> None:
    """Refuse what a format has no place for, and the lack of what it needs.

    Parameters
    ----------
    format
        To write.
    path
        Where to; ``-`` is standard output and ``None`` an open stream.
    qualifiers
        What is to be told.
    index
        Whether an index for tabix is to be written, too.
    locus_tags
        Whether the genes have locus tags.

    Raises
    ------
    InputError
        The combination makes no sense; the message says what would.
    """
    if format not in FORMATS:
        raise InputError(f"there is no format {format!r}; give one of {', '.join(FORMATS)}")
    if qualifiers.organism is not None and format not in _WITH_SEQUENCE:
        raise InputError(
            f"{format} has no place for the organism; leave it out, or write genbank or embl"
        )
    if qualifiers.id_database is not None and format in ("gtf", "embl"):
        raise InputError(
            f"{format} has no place for NCBI's IDs of transcripts and proteins; leave the database "
            "of IDs out, or write gff3, tbl or genbank"
        )
    if format == "tbl" and not locus_tags:
        raise InputError(
            "NCBI's feature table needs locus tags; give the prefix that NCBI registered for the "
            "project (--locus-tag-prefix, in Python locus_tag_prefix)"
        )
    if index and format not in _TABLES:
        raise InputError(f"tabix indexes gff3 and gtf, not {format}; leave the index out")
    if index and (path is None or not os.fspath(path).endswith(".gz")):
        raise InputError(
            "an index needs a compressed file beside it; name an output that ends in .gz"
        )


def needs_sequence(format: Format) -> bool:
    """Tell whether a format repeats the bases of the contigs."""
    return format in _WITH_SEQUENCE


def open_writer(
    format: Format,
    stream: TextIO,
    qualifiers: Qualifiers,
    letters: Callable[[], Iterator[tuple[str, bytearray]]],
) -> GeneWriter:
    """Return a writer of genes.

    Parameters
    ----------
    format
        To write.
    stream
        Where to; it stays open.
    qualifiers
        What is told of the genes.
    letters
        Returns name and letters of every contig, in the order of the genome; called only where
        :func:`needs_sequence`.
    """
    match format:
        case "gff3":
            return Gff3Writer(stream, qualifiers)
        case "gtf":
            return GtfWriter(stream)
        case "tbl":
            return FeatureTableWriter(stream, qualifiers)
        case "genbank":
            return GenbankWriter(stream, qualifiers, letters())
        case "embl":
            return EmblWriter(stream, qualifiers, letters())
