from dataclasses import replace

import numpy as np
import pytest

from genefinder.errors import InputError
from genefinder.interpret.activations import Tracer
from genefinder.interpret.novelty import (
    Track,
    call_peaks,
    score_peaks,
    trace_gc_change,
    trace_novelty,
    write_tracks,
)
from genefinder.interpret.sequence import AnnotatedSequence, read_sequences


def test_change_of_states_by_hand(base_tracer: Tracer, sequences) -> None:
    sequence = sequences[0]
    window, activations = next(iter(base_tracer.trace(sequence.codes)))
    states = activations.recurrences[0].states.numpy()
    for span in (1, 3):
        track = trace_novelty(base_tracer, sequence, span)
        for position in (30, 300, 999):
            block = (position - window.first) // 3
            far = [
                np.linalg.norm(
                    row[block : block + span].mean(0) - row[block - span : block].mean(0)
                )
                for row in (states[0], states[1, ::-1])
            ]
            value = track.values[list(track.positions).index(position)]
            assert value == pytest.approx(np.mean(far), abs=1e-6)


def test_no_seams_between_windows(base_tracer: Tracer, sequences) -> None:
    whole = trace_novelty(base_tracer, sequences[0], 3)
    short = Tracer(base_tracer.network, base_tracer.device, core=3_000)
    parts = trace_novelty(short, sequences[0], 3)
    np.testing.assert_array_equal(whole.positions, parts.positions)
    np.testing.assert_allclose(whole.values, parts.values, atol=1e-4)


def test_either_strand_tells_the_same(base_tracer: Tracer, sequences) -> None:
    end = len(sequences[0]) // 3 * 3
    ours, theirs = (
        trace_novelty(
            base_tracer,
            AnnotatedSequence(
                "x",
                0,
                reading.codes,
                labels=reading.labels,
                masked=reading.masked,
                positions=reading.positions,
                channels=reading.channels,
            ),
            2,
        )
        for reading in sequences[0].cut(0, end).readings()
    )
    np.testing.assert_array_equal(ours.positions, end - theirs.positions[::-1])
    np.testing.assert_allclose(ours.values, theirs.values[::-1], atol=1e-4)


def test_unknown_bases_have_no_novelty(base_tracer: Tracer, tmp_path) -> None:
    rng = np.random.default_rng(1)
    letters = "".join(rng.choice(list("ACGT"), 600))
    path = tmp_path / "genome.fa"
    path.write_text(f">x\n{letters[:300]}{'N' * 30}{letters[300:]}\n")
    ((sequence,), _) = read_sequences(path)
    positions = trace_novelty(base_tracer, sequence, 2).positions
    assert not ((positions > 294) & (positions < 336)).any()
    assert {294, 336} <= set(positions.tolist())


def test_gc_change_by_hand(sequences) -> None:
    codes = sequences[0].codes
    track = trace_gc_change(sequences[0], np.array([500, 4_001]))
    for position, value in zip(track.positions, track.values, strict=True):
        strong = np.isin(codes, (1, 2))
        far = strong[position : position + 99].mean() - strong[position - 99 : position].mean()
        assert value == pytest.approx(abs(far))


def test_peaks_stand_out_and_apart() -> None:
    values = np.ones(200) + 0.01 * np.random.default_rng(1).normal(size=200)
    values[[20, 22, 100]] = [5.0, 6.0, 4.0]
    track = Track(np.arange(200) * 9, values)
    assert call_peaks([track], 90, 5)[0].tolist() == [22, 100]
    assert call_peaks([track], 10, 5)[0].tolist() == [20, 22, 100]


def test_deviations_are_robust_ones() -> None:
    # A median absolute deviation of 1 is a standard deviation of 1.48.
    for peak, called in ((2.95, []), (2.98, [202])):
        values = np.array([*np.tile([-1.0, 1.0], 100), 0.0, 0.0, peak])
        track = Track(np.arange(len(values)) * 9, values)
        assert call_peaks([track], 90, 2)[0].tolist() == called


def test_masked_peaks_and_boundaries_do_not_count(sequences) -> None:
    whole = sequences[0]
    gene = min(whole.transcripts, key=lambda transcript: transcript.start)
    masked = whole.masked.copy()
    masked[gene.start - 20 : gene.end + 20] = True
    some = replace(whole, masked=masked)
    positions = np.arange(3, len(whole) - 3, 3)
    values = np.full(len(positions), 0.1)
    edges = [
        edge for transcript in whole.transcripts for edge in (transcript.start, transcript.end)
    ]
    values[[np.abs(positions - edge).argmin() for edge in edges]] = 5.0
    track = Track(positions, values)
    peaks = call_peaks([track], 30, 3)
    found = [score_peaks([sequence], [track], peaks, 30, 10, 9)[0][0] for sequence in (whole, some)]
    assert [(score.boundary, score.method) for score in found] == [("gene", "novelty")] * 2
    assert [(score.peaks, score.boundaries) for score in found] == [(16, 16), (14, 14)]


def test_perfect_and_useless_peaks(sequences) -> None:
    edges = sorted(
        {
            edge
            for transcript in sequences[0].transcripts
            for span in transcript.cds
            for edge in span
        }
    )
    positions = np.arange(3, len(sequences[0]) - 3, 3)
    values = np.full(len(positions), 0.1) + 0.001 * (positions % 7)
    for edge in edges:
        values[np.abs(positions - edge).argmin()] = 5.0
    flat = [
        Track(np.arange(3, len(sequence) - 3, 3), np.full(len(range(3, len(sequence) - 3, 3)), 0.1))
        for sequence in sequences[1:]
    ]
    tracks = [Track(positions, values), *flat]
    peaks = call_peaks(tracks, 30, 3)
    scores, curves = score_peaks(sequences, tracks, peaks, 30, 10, rounds=99)
    by_key = {(score.boundary, score.method): score for score in scores}
    exact = by_key["exon", "novelty"]
    assert (exact.precision, exact.recall, exact.f1) == (1.0, 1.0, 1.0)
    assert exact.peaks == exact.boundaries == len(edges)
    assert exact.p == pytest.approx(0.01)
    genes = by_key["gene", "novelty"]
    assert genes.recall == 1.0
    assert genes.precision == pytest.approx(16 / len(edges))
    random = by_key["exon", "random"]
    assert random.f1 < 0.2
    assert np.isnan(random.p)
    curve = next(points for kind, name, points in curves if (kind, name) == ("exon", "novelty"))
    assert curve[0].tolist() == [1.0, pytest.approx(10 / len(edges), abs=0.02)]


def test_nothing_to_compare(sequences) -> None:
    tracks = [Track(np.arange(3, 300, 3), np.ones(99)) for _ in sequences]
    none = [np.zeros(0, dtype=np.int64) for _ in sequences]
    with pytest.raises(InputError, match="no peak stands out"):
        score_peaks(sequences, tracks, none, 90, 50)


def test_tracks_do_not_overlap(base_tracer: Tracer, sequences, tmp_path) -> None:
    tracks = [trace_novelty(base_tracer, sequence, 1) for sequence in sequences]
    peaks = call_peaks(tracks, 90, 1)
    write_tracks(tmp_path, sequences, tracks, peaks, 3)
    ends: dict[str, int] = {}
    for line in (tmp_path / "novelty.bedgraph").read_text().splitlines()[1:]:
        contig, start, end, value = line.split("\t")
        assert int(start) >= ends.get(contig, 0)
        assert int(end) - int(start) <= 3
        assert float(value) >= 0
        ends[contig] = int(end)
    rows = [line.split("\t") for line in (tmp_path / "peaks.bed").read_text().splitlines()]
    assert len(rows) == sum(map(len, peaks))
    assert max(int(row[4]) for row in rows) == 1000
