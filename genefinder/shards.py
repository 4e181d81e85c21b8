"""A genome in shards, for many machines: whole contigs, and parts of large ones between long gaps.

What is found in a shard has the bytes that it has in the whole genome. A long gap of N ends what is
decoded together, so nothing that is found on one side depends on the other; and a part begins so
many bases before its gap's end, and ends so many after the next gap's start, that the network
reads the bases in between in the same windows, in the same calls. What is found in this surplus is
left out again (:mod:`genefinder.merging`). Where there are no long gaps a contig is kept whole:
sums over all paths are carried through it from end to end, and to begin them anew would change
their last digits.

Lower case marks what is repeated in the whole genome, also where frequent words told it.
"""

import hashlib
import json
import os
from collections.abc import Callable, Iterator
from dataclasses import astuple, dataclass
from pathlib import Path
from typing import Any, Self, TextIO

import numpy as np

from genefinder.data.repeats import Mask, Repeats
from genefinder.dna import BASES, Codes, N
from genefinder.errors import InputError
from genefinder.genes import Interval
from genefinder.grammar.stream import LONG_GAP
from genefinder.io.contigs import Contig
from genefinder.io.fasta import Genome
from genefinder.io.output import check_folder, open_output
from genefinder.network.scorer import MARGIN, PER_CALL, WINDOW
from genefinder.prediction import genome_name

CHOICE, INDEX = "choice.json", "shards.json"
"""Files beside the shards: what was decided for all, and what each of them holds."""

_FORMAT = "genefinder shards 1"
_STEP = PER_CALL * (WINDOW - 2 * MARGIN)
"""Bases that one call of the network answers for."""
_WIDTH = 80
_LINES = 20_000
"""Lines that are made at a time."""
_LETTERS = np.frombuffer(BASES.encode(), dtype=np.uint8)
_TO_LOWER = np.uint8(ord("a") - ord("A"))


@dataclass(frozen=True, slots=True)
class Piece:
    """A contig, or the part of one, in a shard.

    Attributes
    ----------
    contig, length
        Its name, and the bases of the whole contig.
    start, end
        What the shard holds of it.
    own_start, own_end
        Where genes count: no gene crosses these, and what is outside belongs to the neighbours.
    circular
        Whether the contig is; then it is whole.
    """

    contig: str
    length: int
    start: int
    end: int
    own_start: int
    own_end: int
    circular: bool = False

    @property
    def is_part(self) -> bool:
        """Whether others have parts of the same contig."""
        return self.own_end - self.own_start < self.length

    @property
    def bases(self) -> int:
        """Bases that count."""
        return self.own_end - self.own_start


@dataclass(frozen=True, slots=True)
class Shard:
    """A file with pieces of a genome.

    Attributes
    ----------
    file
        Its name, a FASTA file.
    sha256
        Of its bytes, hexadecimal.
    pieces
        In its order.
    """

    file: str
    sha256: str
    pieces: tuple[Piece, ...]

    @property
    def bases(self) -> int:
        """Bases that count."""
        return sum(piece.bases for piece in self.pieces)


@dataclass(frozen=True, slots=True)
class Shards:
    """All shards of a genome, in its order.

    Attributes
    ----------
    genome, genome_sha256
        Name of its file, and checksum of its bytes as stored.
    shards
        All of them.
    """

    genome: str
    genome_sha256: str
    shards: tuple[Shard, ...]

    def save(self, folder: str | os.PathLike[str]) -> None:
        """Write the index into the folder of the shards.

        Raises
        ------
        InputError
            It cannot be written.
        """
        content = {
            "format": _FORMAT,
            "genome": {"name": self.genome, "sha256": self.genome_sha256},
            "shards": [
                {
                    "file": shard.file,
                    "sha256": shard.sha256,
                    "pieces": [astuple(piece) for piece in shard.pieces],
                }
                for shard in self.shards
            ],
        }
        with open_output(Path(folder) / INDEX) as stream:
            json.dump(content, stream)
            stream.write("\n")

    @classmethod
    def load(cls, folder: str | os.PathLike[str]) -> Self:
        """Read the index in a folder.

        Raises
        ------
        InputError
            There is none, or it is damaged or of another version.
        """
        path = Path(folder) / INDEX
        try:
            content: dict[str, Any] = json.loads(path.read_bytes())
            if content["format"] != _FORMAT:
                raise InputError(
                    f"{path}: shards of format {content['format']!r}, but this version reads "
                    f"{_FORMAT!r}; cut the genome again"
                )
            return cls(
                content["genome"]["name"],
                content["genome"]["sha256"],
                tuple(
                    Shard(shard["file"], shard["sha256"], tuple(Piece(*p) for p in shard["pieces"]))
                    for shard in content["shards"]
                ),
            )
        except OSError as error:
            raise InputError(
                f"{path}: cannot be read ({error.strerror or error}); give the folder that "
                "genefinder shard wrote, complete"
            ) from error
        except (KeyError, TypeError, ValueError) as error:
            raise InputError(
                f"{path}: is damaged or not of genefinder shard; cut the genome again"
            ) from error


def check_shards_folder(path: str | os.PathLike[str]) -> None:
    """Refuse a folder that shards could not be written to, before time is spent on them.

    Raises
    ------
    InputError
        It is a file, holds something, or may not be written to.
    """
    check_folder(path, "the shards")
    folder = Path(path)
    if folder.exists() and any(folder.iterdir()):
        raise InputError(f"{folder}: is not empty; give a new folder, or empty this one")


def cut(name: str, codes: Codes, bases: int) -> list[Piece]:
    """Cut a contig at long gaps.

    Parameters
    ----------
    name
        Of the contig.
    codes
        Its bases.
    bases
        A piece has no more, as far as there are gaps.

    Returns
    -------
    list
        One piece where the contig is no longer than that, or has no long gap.
    """
    length = len(codes)
    if length <= bases:
        return [Piece(name, length, 0, length, 0, length)]
    gaps = [(start, end) for start, end in long_gaps(codes) if start > 0 and end < length]
    owned = []
    own_start = 0
    for number, (start, end) in enumerate(gaps):
        following = gaps[number + 1][0] if number + 1 < len(gaps) else length
        if following - own_start > bases:
            owned.append((own_start, start))
            own_start = end
    owned.append((own_start, length))
    return [
        Piece(name, length, *_around(own_start, own_end, length), own_start, own_end)
        for own_start, own_end in owned
    ]


def long_gaps(codes: Codes) -> Iterator[Interval]:
    """Yield the runs of N at which a contig can be cut, ascending."""
    end = 0
    for number in np.flatnonzero(codes[::LONG_GAP] == N).tolist():
        # So long a run holds a base whose number is a multiple.
        position = number * LONG_GAP
        if position < end:
            continue
        known = np.flatnonzero(codes[max(0, position - LONG_GAP) : position] != N)
        start = max(0, position - LONG_GAP) + (int(known[-1]) + 1 if known.size else 0)
        end = position
        while end < len(codes):
            known = np.flatnonzero(codes[end : end + LONG_GAP] != N)
            if known.size:
                end += int(known[0])
                break
            end = min(end + LONG_GAP, len(codes))
        if end - start >= LONG_GAP:
            yield start, end


def _around(own_start: int, own_end: int, length: int) -> Interval:
    """Return what the network and the decoder must see for the genes of a part."""
    start, end = 0, length
    if own_start > 0:
        # One call before the one in which the gap ends: its first window lacks what is before.
        start = max(0, (own_start - _STEP) // _STEP * _STEP)
    if own_end < length:
        calls_end = -(-own_end // _STEP) * _STEP
        end = min(length, max(calls_end + MARGIN, own_end + LONG_GAP))
    return start, end


def write_shards(
    genome: Genome,
    repeats: Repeats | None,
    folder: str | os.PathLike[str],
    bases: int,
    progress: Callable[[int], object] = lambda bases: None,
) -> Shards:
    """Cut a genome and write the shards.

    Parameters
    ----------
    genome
        It is read once, with its lower case.
    repeats
        What is repeated; its frequent words are put into lower case.
    folder
        Where to; it is made where there is none.
    bases
        Of a shard, at most, as far as contigs have long gaps.
    progress
        Takes the bases of every piece that is written.

    Returns
    -------
    Shards
        Also written, at last, as the index of the folder.

    Raises
    ------
    InputError
        The genome cannot be read, or a file not be written.
    """
    place = Path(folder)
    try:
        place.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"{place}: cannot be made: {error.strerror or error}") from error
    shards: list[Shard] = []
    pieces = _pieces(genome, repeats, bases)
    waiting = next(pieces, None)
    while waiting is not None:
        name = f"{len(shards) + 1:04d}.fa"
        written: list[Piece] = []
        sum_of_bases = 0
        with open_output(place / name) as stream:
            checked = _Checked(stream)
            # What has no bases joins any shard: alone it would be no genome.
            while waiting is not None:
                piece, codes, lower = waiting
                if sum_of_bases and piece.bases and sum_of_bases + piece.bases > bases:
                    break
                _write(checked, piece, codes, lower)
                written.append(piece)
                sum_of_bases += piece.bases
                progress(piece.bases)
                del codes, lower
                waiting = None
                waiting = next(pieces, None)
        shards.append(Shard(name, checked.sha256.hexdigest(), tuple(written)))
    result = Shards(genome_name(genome), genome.sha256, tuple(shards))
    result.save(place)
    return result


def _pieces(
    genome: Genome, repeats: Repeats | None, bases: int
) -> Iterator[tuple[Piece, Codes, Mask | None]]:
    """Yield every piece with its bases, and which of them are to be in lower case."""
    for contig in genome:
        lower = _lower(contig, repeats)
        length = len(contig)
        whole = Piece(contig.name, length, 0, length, 0, length, contig.circular)
        for piece in [whole] if contig.circular else cut(contig.name, contig.codes, bases):
            own = slice(piece.start, piece.end)
            yield piece, contig.codes[own], None if lower is None else lower[own]


def _lower(contig: Contig, repeats: Repeats | None) -> Mask | None:
    """Return which letters of a contig are to be in lower case."""
    by_words = repeats is not None and repeats.counts is not None
    return repeats.mask(contig) if repeats is not None and by_words else contig.soft_masked


class _Checked:
    """Writes text to a stream, and knows the checksum of its bytes."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self.sha256 = hashlib.sha256()

    def write(self, text: str) -> None:
        self.sha256.update(text.encode())
        self._stream.write(text)


def _write(stream: _Checked, piece: Piece, codes: Codes, lower: Mask | None) -> None:
    """Write a piece as a record of FASTA."""
    about = f" {piece.start + 1}-{piece.end} of {piece.length}" if piece.is_part else ""
    about += " [topology=circular]" if piece.circular else ""
    stream.write(f">{piece.contig}{about}\n")
    for start in range(0, len(codes), _LINES * _WIDTH):
        chunk = slice(start, start + _LINES * _WIDTH)
        letters = _LETTERS[codes[chunk]]
        if lower is not None:
            letters += _TO_LOWER * lower[chunk]
        stream.write(_lines(letters))


def _lines(letters: Codes) -> str:
    """Return letters in lines."""
    whole = len(letters) // _WIDTH * _WIDTH
    lines = np.full((whole // _WIDTH, _WIDTH + 1), ord("\n"), dtype=np.uint8)
    lines[:, :_WIDTH] = letters[:whole].reshape(-1, _WIDTH)
    rest = letters[whole:].tobytes()
    return (lines.tobytes() + (rest + b"\n" if rest else b"")).decode("ascii")
