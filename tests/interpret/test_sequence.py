from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from genefinder.genes import Region
from genefinder.interpret.sequence import distance_to_nearest, read_sequences


def test_a_part_is_the_whole_cut(sequences) -> None:
    whole = sequences[0]
    first, *_, last = sorted(whole.transcripts, key=lambda transcript: transcript.start)
    start, end = first.start + 10, last.end
    part = whole.cut(start, end)
    assert len(part) == end - start
    np.testing.assert_array_equal(part.codes, whole.codes[start:end])
    np.testing.assert_array_equal(part.labels, whole.labels[start:end])
    inside = (whole.positions >= start) & (whole.positions < end)
    np.testing.assert_array_equal(part.positions + start, whole.positions[inside])
    # The first gene begins outside: its bases are seen, but it is no transcript to look at.
    assert first not in part.transcripts
    assert set(part.transcripts) == set(whole.transcripts) - {first}
    assert len(part.genes) == len(whole.genes)
    beyond = whole.cut(first.end, last.start)
    assert len(beyond.genes) == len(whole.genes) - 2
    again = part.cut(100, 200)
    assert (again.contig, again.start) == (whole.contig, start + 100)
    assert again.in_reading(again.start + 30, reverse=False) == 30
    assert again.in_reading(again.start + 30, reverse=True) == 69


def test_masked_bases_are_not_intergenic(sequences) -> None:
    whole = sequences[0]
    regions = whole.intergenic()
    genes = sorted(whole.transcripts, key=lambda transcript: transcript.start)
    assert regions[0].tolist() == [0, genes[0].start]
    assert regions[-1].tolist() == [genes[-1].end, len(whole)]
    masked = whole.masked.copy()
    masked[100:130] = True
    some = replace(whole, masked=masked)
    assert some.intergenic()[:2].tolist() == [[0, 100], [130, genes[0].start]]


def test_short_contigs_are_passed_over_unless_named(tmp_path: Path) -> None:
    path = tmp_path / "genome.fa"
    path.write_text(f">long\n{'ACGT' * 60}\n>short\nACGT\n")
    sequences, notes = read_sequences(path)
    assert [sequence.contig for sequence in sequences] == ["long"]
    assert sequences[0].masked.all()
    assert notes == [f"{path}: 1 contigs below 200 bases are left out"]
    sequences, notes = read_sequences(path, regions=[Region("short"), Region("long", 8, 20)])
    assert [(sequence.contig, len(sequence)) for sequence in sequences] == [
        ("short", 4),
        ("long", 12),
    ]
    assert notes == []


def test_transcripts_that_cannot_be_used_are_told(tmp_path: Path) -> None:
    genome, annotation = tmp_path / "genome.fa", tmp_path / "genes.gff3"
    genome.write_text(f">c\n{'ACGT' * 60}\n")
    rows = ("gene\t10\t300", "mRNA\t10\t300", "CDS\t10\t300")
    names = ("ID=g", "ID=t;Parent=g", "ID=p;Parent=t")
    annotation.write_text(
        "##gff-version 3\n"
        + "".join(
            f"c\t.\t{row}\t.\t+\t{0 if row[0] == 'C' else '.'}\t{name}\n"
            for row, name in zip(rows, names, strict=True)
        )
    )
    ((sequence,), (note,)) = read_sequences(genome, annotation)
    assert not sequence.transcripts
    assert note.startswith(f"{annotation}: 1 transcripts are left out; the first, line 3 (t): ")


@pytest.mark.parametrize("seed", range(3))
def test_distance_to_the_nearest(seed: int) -> None:
    rng = np.random.default_rng(seed)
    positions, others = rng.integers(0, 99, 20), np.sort(rng.integers(0, 99, 1 + 4 * seed))
    expected = np.abs(positions[:, None] - others).min(1)
    np.testing.assert_array_equal(distance_to_nearest(positions, others), expected)
