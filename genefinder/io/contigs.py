"""Contigs, read from the text of a FASTA file, and where they stand in it."""

import bisect
import os
import re
from array import array
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial
from itertools import chain
from typing import NoReturn, SupportsBytes

import numpy as np
import numpy.typing as npt

from genefinder.dna import Codes, N, encode
from genefinder.errors import InputError
from genefinder.io.source import Source

NUCLEOTIDES = b"ACGTUNRYSWKMBDHVXacgtunryswkmbdhvx-"
"""IUPAC letters, X (masked) and - (gap); all but A, C, G, T and U count as N."""

Letters = str | bytes | SupportsBytes
"""Nucleotides in memory: text, bytes, or what turns into them, as sequences of Biopython do."""

_BLANKS = b" \t\v\f\r\n"
_AMINO_ACIDS = b"EFIJLOPQZefijlopqz*"
_ILLEGAL = N + 1
_TABLE = bytes(
    int(encode(bytes([byte]))[0]) if byte in NUCLEOTIDES else _ILLEGAL for byte in range(256)
)
_LOWER = 8
_FIRST_LOWER = ord("a")
_CASE_TABLE = bytes(
    code | _LOWER if code != _ILLEGAL and chr(byte).islower() else code
    for byte, code in enumerate(_TABLE)
)
_LETTERS = bytes(
    byte if code != _ILLEGAL else _ILLEGAL
    for byte, code in zip(
        bytes(range(256)).upper().translate(bytes.maketrans(b"UX-", b"TNN")), _TABLE, strict=True
    )
)
"""What becomes of a nucleotide where its letter is kept: upper case, T for U, N for X and gaps."""
_LONGEST_HEADER = 1 << 20
_CIRCULAR = re.compile(rb"[ \t]\[?(?:topology=circular|circular=(?:true|yes))\b", re.IGNORECASE)
"""As NCBI (``[topology=circular]``) and assemblers (``circular=true``) write it."""
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


@dataclass(frozen=True, slots=True, eq=False)
class Contig:
    """One sequence of a genome.

    Attributes
    ----------
    name
        First word of the header.
    codes
        Shape ``(length,)``; writable. Empty where the record holds no sequence.
    soft_masked
        ``bool`` of shape ``(length,)``: lower-case letters, by which repeats are marked; ``None``
        where nobody asked.
    circular
        Whether its last base is followed by its first, as the header says:
        ``[topology=circular]`` or ``circular=true``.
    """

    name: str
    codes: Codes
    soft_masked: npt.NDArray[np.bool_] | None = None
    circular: bool = False

    def __len__(self) -> int:
        """Bases."""
        return len(self.codes)

    def codes_to(self, end: int) -> Codes:
        """Return all bases, and on a circle those beyond the origin up to an end."""
        beyond = end - len(self)
        if not self.circular or beyond <= 0:
            return self.codes
        return np.concatenate([self.codes, self.codes[:beyond]])

    def bases(self, start: int, end: int) -> Codes:
        """Return the bases of an interval; around the origin where there is one.

        Elsewhere it is cut off at the ends of the contig.
        """
        if self.circular:
            return self.codes.take(np.arange(start, end), mode="wrap")
        return self.codes[max(0, start) : end]


@dataclass(slots=True)
class ContigIndex:
    """Where the contigs stand in the text.

    `records` maps a name to its length and to start and end of its sequence lines; `offsets` are
    the starts of chunks inside contigs, and `bases` counts the contig's bases before each.
    `circular` are the names of those whose headers say so. An index that is `complete` is not
    written again when the text is read once more.
    """

    records: dict[str, tuple[int, int, int]] = field(default_factory=dict)
    offsets: "array[int]" = field(default_factory=lambda: array("q"))
    bases: "array[int]" = field(default_factory=lambda: array("q"))
    circular: set[str] = field(default_factory=set)
    complete: bool = False

    def nearest(self, contig: str, base: int) -> tuple[int, int]:
        """Return the last indexed base at or before a base, and its offset in the text."""
        _, start, end = self.records[contig]
        first = bisect.bisect_left(self.offsets, start)
        last = bisect.bisect_left(self.offsets, end)
        entry = bisect.bisect_right(self.bases, base, first, last) - 1
        return (self.bases[entry], self.offsets[entry]) if entry >= first else (0, start)


def encode_lines(text: bytes, table: bytes = _TABLE) -> bytes:
    """Turn sequence lines into codes, without their line ends; what is no nucleotide is above N."""
    return text.translate(table, _BLANKS)


def contig_of(name: str, sequence: Letters) -> Contig:
    """Return a contig of letters in memory.

    Parameters
    ----------
    name
        Of the contig.
    sequence
        Nucleotides of either case, without blanks; ambiguities count as N. Text, bytes, or what
        turns into them, as sequences of Biopython do.

    Raises
    ------
    InputError
        A letter is no nucleotide, there are no letters, or files could not hold the name.
    """
    if not isinstance(name, str) or not name.strip() or not name.isprintable():
        raise InputError(
            f"sequence {name!r}: the name of a contig is text, neither empty nor with control "
            "characters; give another"
        )
    if isinstance(sequence, str):
        letters = sequence.encode("ascii", "replace")
    elif isinstance(sequence, bytes | bytearray | SupportsBytes) and not isinstance(
        sequence, os.PathLike
    ):
        letters = bytes(sequence)
    else:
        raise InputError(
            f"sequence {name!r}: give its nucleotides as text or bytes, not as "
            f"{type(sequence).__name__}"
        )
    codes = np.frombuffer(bytearray(letters.translate(_TABLE)), dtype=np.uint8)
    illegal = np.flatnonzero(codes > N)
    if illegal.size:
        base = int(illegal[0])
        letter = sequence[base] if isinstance(sequence, str) else chr(letters[base])
        raise InputError(f"sequence {name!r}: {letter!r} at base {base + 1} is no nucleotide")
    return Contig(name, codes, np.frombuffer(letters, dtype=np.uint8) >= _FIRST_LOWER)


def parse_contigs(
    source: Source, index: ContigIndex, *, soft_masks: bool = False
) -> Iterator[Contig]:
    """Yield the contigs of a text and enter them into the index, unless it has them already.

    Parameters
    ----------
    source
        The text.
    index
        Receives where the contigs stand.
    soft_masks
        Record which letters are in lower case.

    Raises
    ------
    InputError
        The text is not FASTA of nucleotides, or a name comes twice.
    """
    table = _CASE_TABLE if soft_masks else _TABLE
    # Mapped, so that no record stays in memory while the next is read.
    made = partial(_contig, soft_masks=soft_masks, circular=index.circular)
    return map(made, _parse_records(source, index, table))


def parse_letters(source: Source) -> Iterator[tuple[str, bytearray]]:
    """Yield the name and the letters of every contig, IUPAC ambiguities kept.

    Letters are of upper case; U is T, and masked bases and gaps (X and -) are N.

    Raises
    ------
    InputError
        As for :func:`parse_contigs`.
    """
    return _parse_records(source, ContigIndex(), _LETTERS)


def _parse_records(
    source: Source, index: ContigIndex, table: bytes
) -> Iterator[tuple[str, bytearray]]:
    """Yield the name and the translated bases of every contig; see :func:`parse_contigs`."""
    name: str | None = None
    codes = bytearray()
    line = 1  # number of the line that the next byte belongs to
    offset = 0  # of `text` from the beginning
    start = 0  # of the contig's first sequence line
    line_ended = True
    header = b""  # so far, where a chunk ends inside a header line
    for chunk in chain(source.chunks(), [b"\n"]):
        text = header + chunk
        header = b""
        position = 0
        if offset == 0 and text.startswith(_BYTE_ORDER_MARK):
            position = len(_BYTE_ORDER_MARK)
        elif name is not None and not index.complete:
            index.offsets.append(offset)
            index.bases.append(len(codes))
        while position < len(text):
            if line_ended and text[position] == ord(">"):
                end = text.find(b"\n", position)
                if end < 0:
                    header = text[position:]
                    break
                if name is not None:
                    if not index.complete:
                        index.records[name] = (len(codes), start, offset + position)
                    yield name, codes
                    codes = bytearray()
                name = _name(text[position + 1 : end], f"{source.name}: line {line}")
                if name in index.records and not index.complete:
                    raise InputError(
                        f"{source.name}: line {line}: contig name {name!r} was used before; "
                        "give every contig its own name"
                    )
                if not index.complete and _CIRCULAR.search(text, position + 1, end):
                    index.circular.add(name)
                line += 1
                position = end + 1
                start = offset + position
                continue
            end = text.find(b"\n>", position) + 1 or len(text)
            lines = text[position:end]
            if name is None:
                _check_preamble(lines, source.name, line)
            found = len(codes)
            codes += encode_lines(lines, table)
            if codes.find(_ILLEGAL, found) >= 0:
                _reject_letter(lines, source.name, line, name)
            line += lines.count(b"\n")
            line_ended = lines.endswith(b"\n")
            position = end
        if len(header) > _LONGEST_HEADER:
            _name(header[1:], f"{source.name}: line {line}")
            raise InputError(
                f"{source.name}: line {line}: the header line never ends; is this FASTA?"
            )
        offset += len(text) - len(header)
    if name is None:
        raise InputError(f"{source.name}: is empty; give a FASTA file of nucleotides")
    if not index.complete:
        index.records[name] = (len(codes), start, offset)
    if not any(length for length, _, _ in index.records.values()):
        raise InputError(
            f"{source.name}: has headers but no sequence; give a FASTA file of nucleotides"
        )
    yield name, codes


def _contig(record: tuple[str, bytearray], soft_masks: bool, circular: set[str]) -> Contig:
    """Make a contig of codes, in which lower case has a bit of its own where that was asked for."""
    name, letters = record
    found = np.frombuffer(letters, dtype=np.uint8)
    if not soft_masks:
        return Contig(name, found, circular=name in circular)
    soft_masked = found >= _LOWER
    found &= np.uint8(_LOWER - 1)  # in place: a chromosome need not be there twice
    return Contig(name, found, soft_masked, name in circular)


def _name(header: bytes, where: str) -> str:
    """First word of a header line, without its >."""
    if b"\r" in header.rstrip(b"\r"):
        raise InputError(
            f"{where}: carriage returns alone end the lines; convert them to newlines "
            "(tr '\\r' '\\n')"
        )
    name = header.split(maxsplit=1)[0] if header[:1].strip() else b""
    if not name:
        raise InputError(f"{where}: the header has no name; write it directly behind the >")
    try:
        decoded = name.decode("utf-8")
    except UnicodeDecodeError as error:
        raise InputError(f"{where}: the contig's name is not UTF-8 text; rename it") from error
    if not decoded.isprintable():
        raise InputError(f"{where}: the contig's name holds control characters; rename it")
    return decoded


def _check_preamble(lines: bytes, source: str, line: int) -> None:
    """Refuse text before the first header; blank lines may stand there."""
    text = lines.lstrip()
    if not text:
        return
    line += lines[: len(lines) - len(text)].count(b"\n")
    where = f"{source}: line {line}"
    if _is_binary(text):
        raise InputError(f"{where}: binary data; give a FASTA file of nucleotides")
    if text.startswith(b"@"):
        raise InputError(f"{where}: this is FASTQ (reads), not FASTA; give an assembled genome")
    if text.startswith(b"##gff"):
        raise InputError(f"{where}: this is GFF, not FASTA; give the genome's sequence")
    raise InputError(
        f"{where}: the file does not start with a FASTA header; the first line must be >NAME"
    )


def _reject_letter(lines: bytes, source: str, line: int, contig: str | None) -> NoReturn:
    """Explain the first byte of some sequence lines that no nucleotide is written with."""
    position = next(index for index, byte in enumerate(lines) if byte not in NUCLEOTIDES + _BLANKS)
    line += lines.count(b"\n", 0, position)
    where = f"{source}: line {line}, contig {contig!r}"
    if _is_binary(lines[position:]):
        raise InputError(f"{where}: binary data; give a FASTA file of nucleotides")
    shown = repr(chr(lines[position]))
    if lines[position] in _AMINO_ACIDS:
        raise InputError(
            f"{where}: {shown} is an amino acid, not a nucleotide; give the genome's DNA, not its "
            "proteins"
        )
    raise InputError(f"{where}: {shown} is no nucleotide letter (IUPAC); repair or remove it")


def _is_binary(text: bytes) -> bool:
    """Tell whether the text's beginning holds bytes that no FASTA has."""
    return bool(text[:1024].translate(None, bytes(range(32, 127)) + _BLANKS))
