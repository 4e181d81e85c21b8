"""From the rows of one transcript to its exons, its coding sequence and its phase."""

from bisect import bisect
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise

from genefinder.genes import Interval, Strand, Transcript
from genefinder.io.rows import EXON, STOP, UTR, Row


class BrokenTranscriptError(Exception):
    """A transcript cannot be used; the message says why."""


def put_together(
    name: str, contig: str, coding: Sequence[Row], parts: Mapping[str, Sequence[Row]]
) -> tuple[Transcript, str]:
    """Make a transcript of its rows.

    Parameters
    ----------
    name, contig
        Of the transcript.
    coding
        Its CDS rows, in any order.
    parts
        Its exon, UTR and stop codon rows, by type.

    Returns
    -------
    tuple of Transcript and str
        What had to be repaired, or an empty string.

    Raises
    ------
    BrokenTranscriptError
        The rows contradict one another.
    """
    strand = _strand_of(coding)
    rows = sorted(coding, key=lambda row: (row.start, row.end))
    for before, after in pairwise(rows):
        if after.start < before.end:
            raise BrokenTranscriptError(
                f"coding segments overlap (lines {before.line} and {after.line})"
            )
    if rows[0].dialect == "gtf":
        _check_locus(rows, strand, parts)
    cds = _with_stop(_intervals(rows), sorted(set(_intervals(parts[STOP]))), strand)
    exons = sorted(set(_intervals(parts[EXON])))
    if not exons:
        exons = _merge([*cds, *_intervals(parts[UTR])])
    elif overlap(exons) or not _contained(cds, exons):
        exons = _merge([*exons, *cds])
    partial_low, partial_high = _open_ends(rows, strand)
    whole = sum(end - start for start, end in cds) % 3 == 0
    phase, repaired = _first_phase(
        rows, whole, strand, partial_low if strand == "+" else partial_high
    )
    if phase:
        partial_low, partial_high = partial_low or strand == "+", partial_high or strand == "-"
    return (
        Transcript(
            name, contig, strand, tuple(exons), tuple(cds), phase, partial_low, partial_high
        ),
        repaired,
    )


def overlap(intervals: Iterable[Interval]) -> bool:
    """Tell whether any two intervals share a base."""
    return any(after[0] < before[1] for before, after in pairwise(sorted(intervals)))


def _intervals(rows: Iterable[Row]) -> list[Interval]:
    return [(row.start, row.end) for row in rows]


def _strand_of(rows: Sequence[Row]) -> Strand:
    strands = {row.strand for row in rows}
    if len(strands) > 1:
        raise BrokenTranscriptError("coding sequence on two strands")
    if strands == {"+"}:
        return "+"
    if strands == {"-"}:
        return "-"
    raise BrokenTranscriptError(f"strand {rows[0].strand!r} where + or - belongs")


def _check_locus(rows: Sequence[Row], strand: Strand, parts: Mapping[str, Sequence[Row]]) -> None:
    """Refuse the rows of two loci, which some programs write under one transcript_id.

    Parameters
    ----------
    rows
        CDS rows in ascending order.
    strand, parts
        Of the transcript; see :func:`put_together`.

    Raises
    ------
    BrokenTranscriptError
        There are two stop codons, the exons are counted twice, phases begin anew, or CDS rows
        stand in several groups between those of exons.
    """
    ordered = rows if strand == "+" else rows[::-1]
    first, last = min(row.line for row in rows), max(row.line for row in rows)
    numbers = [number for row in rows if (number := row.attribute("exon_number"))]
    stops = set(_intervals(parts[STOP]))
    twice = (
        (len(stops) > 1 and sum(end - start for start, end in stops) > 3)
        or len(set(numbers)) < len(numbers)
        or _phases_begin_anew(ordered)
        or _in_groups(rows, parts[EXON])
    )
    if twice:
        raise BrokenTranscriptError(
            f"its transcript_id stands for two coding sequences (lines {first} to {last})"
        )


def _phases_begin_anew(rows: Sequence[Row]) -> bool:
    """Tell whether phases are those of two chains of segments, in the order given.

    Each must have a phase other than 0, for some programs write 0 everywhere.
    """
    starts = [0]
    for index, (before, after) in enumerate(pairwise(rows), start=1):
        if not _phases_follow((before, after)):
            starts.append(index)
    chains = [rows[start:end] for start, end in pairwise([*starts, len(rows)])]
    return len(chains) > 1 and all(
        chain[0].phase == 0 and any(row.phase > 0 for row in chain) for chain in chains
    )


def _in_groups(rows: Sequence[Row], exons: Sequence[Row]) -> bool:
    """Tell whether CDS rows stand in the file in groups, one of several rows, between exons.

    Those of one transcript stand together, or each beside its exon.
    """
    lines = sorted(row.line for row in exons)
    groups = Counter(bisect(lines, row.line) for row in rows)
    return len(groups) > 1 and max(groups.values()) > 1


def _with_stop(cds: list[Interval], stops: list[Interval], strand: Strand) -> list[Interval]:
    """Add the stop codon where the file keeps it outside the coding sequence, as GTF does.

    An intron may part a stop codon, or lie right before it.
    """
    for start, end in stops if strand == "+" else reversed(stops):
        if _contained([(start, end)], cds):
            continue
        low, high = cds[-1] if strand == "+" else cds[0]
        if strand == "+" and low <= start <= high < end:
            cds[-1] = low, end
        elif strand == "-" and start < low <= end <= high:
            cds[0] = start, high
        elif strand == "+" and start > high:
            cds.append((start, end))
        elif strand == "-" and end < low:
            cds.insert(0, (start, end))
        else:
            raise BrokenTranscriptError("stop codon before the end of the coding sequence")
    return cds


def _merge(intervals: Iterable[Interval]) -> list[Interval]:
    """Join intervals that overlap or touch."""
    merged: list[Interval] = []
    for start, end in sorted(intervals):
        if merged and start <= merged[-1][1]:
            merged[-1] = merged[-1][0], max(end, merged[-1][1])
        else:
            merged.append((start, end))
    return merged


def _contained(inner: Iterable[Interval], outer: Sequence[Interval]) -> bool:
    """Tell whether every inner interval lies inside one of the outer."""
    return all(any(low <= start and end <= high for low, high in outer) for start, end in inner)


def _open_ends(rows: Sequence[Row], strand: Strand) -> tuple[bool, bool]:
    """Tell which ends of a coding sequence are open, by the marks of NCBI, Ensembl and Prodigal.

    The marks must stand on the CDS rows: NCBI calls an mRNA partial, too, where only its UTRs are
    unknown.
    """
    low, high = rows[0], rows[-1]
    partial_low = low.attribute("start_range") is not None
    partial_high = high.attribute("end_range") is not None
    partial = low.attribute("partial")
    if partial in ("10", "01", "11"):
        partial_low, partial_high = partial[0] == "1", partial[1] == "1"
    if low.dialect == "gtf":
        five, three = (f'"cds_{end}_NF"' in low.attributes for end in ("start", "end"))
        partial_low |= five if strand == "+" else three
        partial_high |= three if strand == "+" else five
    return partial_low, partial_high


def _first_phase(rows: Sequence[Row], whole: bool, strand: Strand, marked: bool) -> tuple[int, str]:
    """Choose the phase of the first segment, and say so if the file's phases are wrong.

    Parameters
    ----------
    rows
        CDS rows in ascending order.
    whole
        The coding sequence consists of whole codons. Where the file's phases contradict the
        segments, it then starts in phase 0, and otherwise as the file says.
    strand
        Of the transcript.
    marked
        The file calls the 5' end open.
    """
    if all(row.phase < 0 for row in rows):
        return 0, ""
    ordered = rows if strand == "+" else rows[::-1]
    first = max(ordered[0].phase, 0)
    if not _phases_follow(ordered):
        return 0 if whole else first, "phases contradict the segments; computed anew"
    if first and whole and not marked and len(rows) > 1 and strand == "-" and _phases_follow(rows):
        # Two segments counted from the wrong end agree with one another.
        return 0, "phases counted against the strand; computed anew"
    return first, ""


def _phases_follow(rows: Sequence[Row]) -> bool:
    """Tell whether each phase is given and follows from the one before, in the order given."""
    return rows[0].phase >= 0 and all(
        after.phase == (before.phase - (before.end - before.start)) % 3
        for before, after in pairwise(rows)
    )
