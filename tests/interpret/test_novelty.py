import numpy as np
import pytest

from genefinder.errors import InputError
from genefinder.interpret import windows
from genefinder.interpret.boundaries import score_peaks, trace_gc_change
from genefinder.interpret.novelty import Track, call_peaks, trace_novelty, write_tracks
from genefinder.interpret.pieces import Piece, read_pieces
from genefinder.interpret.windows import Tracer


def test_change_of_states_by_hand(base_tracer: Tracer, pieces) -> None:
    piece = pieces[0]
    window, trace = next(iter(base_tracer.trace(piece.forward.codes)))
    states = trace.recurrences[0].states.numpy()
    for span in (1, 3):
        track = trace_novelty(base_tracer, piece, span)
        for place in (30, 300, 999):
            block = (place - window.first) // 3
            far = [
                np.linalg.norm(
                    row[block : block + span].mean(0) - row[block - span : block].mean(0)
                )
                for row in (states[0], states[1, ::-1])
            ]
            value = track.values[list(track.places).index(place)]
            assert value == pytest.approx(np.mean(far), abs=1e-6)


def test_no_seams_between_windows(base_tracer: Tracer, pieces, monkeypatch) -> None:
    whole = trace_novelty(base_tracer, pieces[0], 3)
    monkeypatch.setattr(windows, "_CORE", 3_000)
    parts = trace_novelty(base_tracer, pieces[0], 3)
    np.testing.assert_array_equal(whole.places, parts.places)
    np.testing.assert_allclose(whole.values, parts.values, atol=1e-4)


def test_either_strand_tells_the_same(base_tracer: Tracer, pieces) -> None:
    piece = pieces[0]
    end = len(piece) // 3 * 3
    forward = piece.forward
    cut = type(forward)(
        forward.codes[:end],
        forward.labels[:end],
        forward.positions,
        forward.channels,
        forward.masked[:end],
    )
    one = trace_novelty(base_tracer, Piece("x", 0, cut), 2)
    two = trace_novelty(base_tracer, Piece("x", 0, cut.reversed()), 2)
    np.testing.assert_array_equal(one.places, end - two.places[::-1])
    np.testing.assert_allclose(one.values, two.values[::-1], atol=1e-4)


def test_unknown_bases_have_no_novelty(base_tracer: Tracer, tmp_path) -> None:
    rng = np.random.default_rng(1)
    letters = "".join(rng.choice(list("ACGT"), 600))
    path = tmp_path / "genome.fa"
    path.write_text(f">x\n{letters[:300]}{'N' * 30}{letters[300:]}\n")
    ((piece,), _) = read_pieces(path)
    places = trace_novelty(base_tracer, piece, 2).places
    assert not ((places > 294) & (places < 336)).any()
    assert {294, 336} <= set(places.tolist())


def test_gc_change_by_hand(pieces) -> None:
    codes = pieces[0].forward.codes
    track = trace_gc_change(pieces[0], np.array([500, 4_001]))
    for place, value in zip(track.places, track.values, strict=True):
        strong = np.isin(codes, (1, 2))
        far = strong[place : place + 99].mean() - strong[place - 99 : place].mean()
        assert value == pytest.approx(abs(far))


def test_peaks_stand_out_and_apart() -> None:
    values = np.ones(200) + 0.01 * np.random.default_rng(1).normal(size=200)
    values[[20, 22, 100]] = [5.0, 6.0, 4.0]
    track = Track(np.arange(200) * 9, values)
    assert call_peaks([track], 90, 5)[0].tolist() == [22, 100]
    assert call_peaks([track], 10, 5)[0].tolist() == [20, 22, 100]


def test_perfect_and_useless_peaks(pieces) -> None:
    edges = sorted(
        {edge for transcript in pieces[0].transcripts for span in transcript.cds for edge in span}
    )
    places = np.arange(3, len(pieces[0]) - 3, 3)
    values = np.full(len(places), 0.1) + 0.001 * (places % 7)
    for edge in edges:
        values[np.abs(places - edge).argmin()] = 5.0
    flat = [
        Track(np.arange(3, len(piece) - 3, 3), np.full(len(range(3, len(piece) - 3, 3)), 0.1))
        for piece in pieces[1:]
    ]
    tracks = [Track(places, values), *flat]
    peaks = call_peaks(tracks, 30, 3)
    scores, curves = score_peaks(pieces, tracks, peaks, 30, 10, rounds=99)
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


def test_nothing_to_compare(pieces) -> None:
    tracks = [Track(np.arange(3, 300, 3), np.ones(99)) for _ in pieces]
    none = [np.zeros(0, dtype=np.int64) for _ in pieces]
    with pytest.raises(InputError, match="no peak stands out"):
        score_peaks(pieces, tracks, none, 90, 50)


def test_tracks_do_not_overlap(base_tracer: Tracer, pieces, tmp_path) -> None:
    tracks = [trace_novelty(base_tracer, piece, 1) for piece in pieces]
    peaks = call_peaks(tracks, 90, 1)
    write_tracks(tmp_path, pieces, tracks, peaks, 3)
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
