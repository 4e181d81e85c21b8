import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from genefinder.data.open_frames import FrameLengths, frame_lengths, label_frames, open_frames
from genefinder.dna import encode, reverse_complement
from genefinder.errors import InputError
from genefinder.grammar import Grammar

STOPS = ("TAA", "TAG", "TGA")


def naive_frames(letters: str) -> set[tuple[int, int]]:
    found = set()
    for offset in range(3):
        start = offset
        for place in range(offset, len(letters) - 2, 3):
            codon = letters[place : place + 3]
            if codon in STOPS or "N" in codon:
                if place > start:
                    found.add((start, place))
                start = place + 3
        end = offset + (len(letters) - offset) // 3 * 3
        if end > start:
            found.add((start, end))
    return found


@given(st.text("ACGTTAN", max_size=80))
def test_frames_are_those_between_stops(letters: str) -> None:
    frames = open_frames(encode(letters), STOPS)
    assert {(start, end) for start, end in frames.tolist()} == naive_frames(letters)
    assert len(frames) == len(naive_frames(letters))


def random_codes(count: int, seed: int = 1) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 4, count).astype(np.uint8)


CYCLE = ("CTA", "ATG", "ATT", "AGC", "GTT", "CAC", "GAT", "TTA", "AAC")
FLANK = "TTAATTAATTAA" * 4
"""Stop codons in all six frames."""


def coding(codons: int, first: int = 0) -> str:
    """Codons without a stop in their own frame, and with one every 27 bases in all others."""
    return "".join(CYCLE[(first + number) % len(CYCLE)] for number in range(codons))


def with_frames(count: int, codons: int) -> np.ndarray:
    parts = []
    for number in range(count):
        parts.append(random_codes(2000, number))
        frame = encode("TAA" + coding(codons, number) + "TAA")
        parts.append(reverse_complement(frame) if number % 2 else frame)
    return np.concatenate([*parts, random_codes(2000, count)])


def test_chance_has_no_long_frames() -> None:
    with pytest.raises(InputError, match="no more long open reading frames than chance"):
        frame_lengths([random_codes(300_000)], Grammar())


def test_lengths_that_chance_does_not_explain() -> None:
    lengths = frame_lengths([with_frames(60, 300)], Grammar())
    # 3 of 64 codons are stops: frames run on by 21 codons, and 1 in 250 random ones has over 115.
    assert 100 < lengths.coding <= 300
    assert lengths.low_confidence < lengths.coding
    assert 18 <= lengths.run_on <= 24


def test_few_frames_are_an_accident() -> None:
    with pytest.raises(InputError):
        frame_lengths([with_frames(5, 300)], Grammar())


def test_another_genetic_code_has_fewer_stops() -> None:
    codes = with_frames(60, 300)
    # In the ciliates' code only TGA is a stop codon.
    assert (
        frame_lengths([codes], Grammar(genetic_code=6)).run_on
        > 2 * frame_lengths([codes], Grammar()).run_on
    )


@pytest.mark.parametrize("reverse", [False, True])
def test_the_inner_part_of_a_long_frame_is_coding(reverse: bool) -> None:
    frame = encode("TAA" + coding(100, 1) + "TAA")
    codes = np.concatenate([encode(FLANK), frame, encode(FLANK)])
    if reverse:
        codes = reverse_complement(codes)
    labelled = label_frames(codes, FrameLengths(coding=90, low_confidence=60, run_on=10), Grammar())
    labels, masked = labelled.labels, labelled.masked
    if reverse:
        labels, masked = labels[::-1], masked[::-1]
    begin = len(FLANK) + 3
    inner = slice(begin + 30, begin + 270)
    first = 7 if reverse else 1
    assert labels[inner].tolist() == [first, first + 1, first + 2] * 80
    assert not labels[: inner.start].any()
    stop = slice(begin + 300, begin + 303)
    assert labels[stop].tolist() == [first, first + 1, first + 2]
    assert not labels[inner.stop : stop.start].any()
    assert not labels[stop.stop :].any()
    assert not masked[inner].any()
    assert not masked[stop].any()
    assert masked[begin : inner.start].all()
    assert masked[inner.stop : begin + 300].all()
    assert not masked[:40].any()
    assert not len(labelled.positions)


def test_of_overlapping_frames_the_longest_counts() -> None:
    codes = encode("TAA" + "GCC" * 100 + "TAA")
    both = [open_frames(reading, STOPS) for reading in (codes, reverse_complement(codes))]
    assert sum(int(((f[:, 1] - f[:, 0]) >= 90 * 3).sum()) for f in both) > 1
    labelled = label_frames(codes, FrameLengths(coding=90, low_confidence=60, run_on=0), Grammar())
    assert len(set(labelled.labels[np.flatnonzero(labelled.labels)].tolist())) == 3


def test_frames_of_low_confidence_length_are_masked() -> None:
    codes = encode("TAA" + coding(70, 1) + "TAA")
    labelled = label_frames(codes, FrameLengths(coding=90, low_confidence=60, run_on=5), Grammar())
    assert not labelled.labels.any()
    assert labelled.masked[3:213].all()
