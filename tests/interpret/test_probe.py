import numpy as np
import pytest

from genefinder.dna import N
from genefinder.errors import InputError
from genefinder.interpret import probe as module
from genefinder.interpret.linear import Probes, Scored
from genefinder.interpret.probe import probe
from genefinder.interpret.targets import GC_SPAN, answer
from genefinder.interpret.windows import Tracer
from genefinder.interpret.words import count_words, words_around


def samples(n: int = 3_000) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(1)
    features = rng.normal(size=(n, 8)).astype(np.float32)
    return features, np.arange(n) * 5 // n, np.arange(n) * 30 // n


def test_what_is_linear_is_decoded() -> None:
    features, folds, blocks = samples()
    probes = Probes(features, folds, blocks)
    every = np.ones(len(features), dtype=bool)
    classes = (features[:, 2] > 0).astype(np.int64) + (features[:, 2] > 1)
    assert probes.classify("all", every, classes, 3).score()[0] > 0.9
    quantity = 3 * features[:, 1].astype(float) - features[:, 4] + 7
    assert probes.regress("all", every, quantity).score()[0] > 0.999


def test_what_is_not_there_is_not_decoded() -> None:
    features, folds, blocks = samples()
    rng = np.random.default_rng(2)
    probes = Probes(features, folds, blocks)
    every = np.ones(len(features), dtype=bool)
    score = probes.classify("all", every, rng.integers(0, 3, len(features)), 3).score()[0]
    assert score == pytest.approx(1 / 3, abs=0.04)
    assert abs(probes.regress("all", every, rng.normal(size=len(features))).score()[0]) < 0.02


def test_a_fold_is_scored_by_a_probe_that_did_not_see_it() -> None:
    # In each fold another feature tells the classes, so nothing learnt elsewhere helps.
    features, folds, blocks = samples()
    truth = (features[np.arange(len(features)), folds] > 0).astype(np.int64)
    every = np.ones(len(features), dtype=bool)
    score = Probes(features, folds, blocks).classify("all", every, truth, 2).score()[0]
    assert score < 0.56


def test_subsets_of_samples_are_scored_alone() -> None:
    features, folds, blocks = samples()
    chosen = np.arange(len(features)) % 3 == 0
    truth = (features[:, 0] > 0).astype(np.int64)
    truth[~chosen] = 1 - truth[~chosen]
    scored = Probes(features, folds, blocks).classify("third", chosen, truth, 2)
    assert scored.sums.sum() == chosen.sum()
    assert scored.score()[0] > 0.9


def test_scores_by_hand() -> None:
    table = np.zeros((2, 2, 2))
    table[0] = [[8, 2], [1, 3]]
    table[1] = [[0, 0], [4, 0]]
    assert Scored(table).score()[0] == pytest.approx((8 / 10 + 3 / 8) / 2)
    assert Scored(table).score(np.array([[2.0, 0.0]]))[0] == pytest.approx((0.8 + 0.75) / 2)
    truth, error = np.array([1.0, 2.0, 6.0]), np.array([0.0, 1.0, 4.0])
    sums = np.array([[[3.0, truth.sum(), (truth**2).sum(), error.sum()]]])
    expected = 1 - error.sum() / ((truth - truth.mean()) ** 2).sum()
    assert Scored(sums).score()[0] == pytest.approx(expected)


def test_words_are_counted_by_frame() -> None:
    rng = np.random.default_rng(1)
    codes = rng.integers(0, 5, 400).astype(np.uint8)
    places = np.array([0, 1, 57, 399])
    found = count_words(codes, places)
    assert found.shape == (4, 48 + 2 * 192)
    for row, place in enumerate(places):
        recent = found[row, :48].reshape(12, 4)
        for back in range(12):
            base = codes[place - back] if place >= back else N
            assert recent[back].tolist() == [float(base == one) for one in range(4)]
        counts = np.zeros((3, 64))
        for back in range(99):
            end = place - back
            if end >= 2 and (word := codes[end - 2 : end + 1]).max() < N:
                counts[back % 3, word[0] * 16 + word[1] * 4 + word[2]] += 1 / 99
        np.testing.assert_allclose(found[row, 48 : 48 + 192].reshape(3, 64), counts, atol=1e-6)


def test_words_are_the_sum_over_frames(pieces) -> None:
    places = np.array([5, 500, 2_000])
    numbers = np.zeros(3, int)
    for side in (0, 1):
        found = words_around(pieces, numbers, np.full(3, side), places)
        for view, recent in (("forward", 1), ("backward", 1), ("both", 2)):
            framed, joined = found["frames", view], found["words", view]
            assert framed.shape == (3, recent * (48 + 2 * 192))
            assert joined.shape == (3, recent * (48 + 2 * 64))
            framed = framed.reshape(3 * recent, 48 + 2 * 192)
            joined = joined.reshape(3 * recent, 48 + 2 * 64)
            np.testing.assert_array_equal(framed[:, :48], joined[:, :48])
            shares = framed[:, 48:].reshape(3 * recent, 2, 3, 64).sum(2)
            np.testing.assert_allclose(shares.reshape(3 * recent, -1), joined[:, 48:], atol=1e-6)


def test_properties_of_planted_genes(planted, pieces) -> None:
    piece = pieces[0]
    length = len(piece)
    for side in (0, 1):
        reading = piece.readings()[side]
        places = np.arange(length)
        found = answer(piece, side, places)
        charge = np.full(length, np.nan)
        position = np.full(length, -1)
        for contig, strand, cds in planted.genes:
            if contig != "one" or "+-".index(strand) != side:
                continue
            if side:
                cds = [(length - end, length - start) for start, end in cds[::-1]]
            where = [place for start, end in cds for place in range(start, end)]
            letters = "".join("ACGTN"[reading.codes[place]] for place in where)
            total = 0
            for index, place in enumerate(where):
                if index % 3 == 2:
                    codon = letters[index - 2 : index + 1]
                    total += codon in ("AAA", "AAG") or codon[:2] == "CG" or codon in ("AGA", "AGG")
                    total -= codon[:2] == "GA"
                charge[place], position[place] = total, index % 3
        coding = found.subsets["coding"]
        np.testing.assert_array_equal(coding, ~np.isnan(charge))
        np.testing.assert_array_equal(found.values["protein_charge"][coding], charge[coding])
        np.testing.assert_array_equal(found.values["codon_position"][coding], position[coding])
        assert (found.values["strand"][coding] == 0).all()
        for place in (999, 1_500, length - 1):
            window = reading.codes[place + 1 - GC_SPAN : place + 1]
            share = np.isin(window, (1, 2)).mean()
            assert found.values["gc_1kb"][place] == pytest.approx(share)
        assert not found.subsets["kilobase"][:999].any()
        sites = reading.positions[np.isin(reading.channels % 10, (8, 9))]
        far = np.abs(places[:, None] - sites).min(1)
        inside = found.subsets["splice"]
        np.testing.assert_allclose(
            10 ** found.values["splice_distance"][inside] - 1, far[inside], atol=1e-6
        )
        assert (far[inside] <= 1_000).all()


def test_probes_of_a_network(gene_tracer: Tracer, base_tracer: Tracer, pieces, monkeypatch) -> None:
    monkeypatch.setattr(module, "_LEAST_BASES", 10_000)
    monkeypatch.setattr(module, "_LEAST_SAMPLES", 20)
    monkeypatch.setattr("genefinder.interpret.words._SPANS", (999,))
    monkeypatch.setattr("genefinder.interpret.linear.RIDGES", (1e-3, 1e-1))
    results = probe(gene_tracer, gene_tracer, pieces, samples=2_000, rounds=50)
    keys = [(one.property.name, one.view, one.features) for one in results]
    assert len(set(keys)) == len(keys) == 6 * (3 * 4 + 2)
    for result in results:
        assert result.low <= result.high
        if result.features == "network":
            twin = next(
                two
                for two in results
                if (two.property, two.view, two.features)
                == (result.property, result.view, "untrained")
            )
            assert result.score == twin.score
            assert result.gain <= 0
    # The last kilobase's words hold its GC content.
    words = next(
        one
        for one in results
        if (one.property.name, one.view, one.features) == ("gc_1kb", "forward", "words")
    )
    assert words.score > 0.99
    views = {one.view for one in probe(base_tracer, base_tracer, pieces, 1_500, 20)}
    assert views == {"forward", "backward", "both"}


def test_states_belong_to_their_bases(gene_tracer: Tracer, pieces) -> None:
    taken = module._take(pieces, 3, 7, 1)
    states = module._states(gene_tracer, pieces, taken)
    rng = np.random.default_rng(1)
    for row in rng.integers(0, len(taken.places), 12):
        piece = pieces[taken.pieces[row]]
        for window, trace in gene_tracer.trace(piece.forward.codes):
            if window.start <= taken.places[row] < window.end:
                side = int(taken.sides[row])
                at = int(taken.places[row]) - window.first
                at = len(window.codes) - 1 - at if side else at
                assert at % 3 == 2
                bases = trace.bases[side, at].numpy()
                state = trace.recurrences[0].states[side, at // 3].numpy()
                expected = np.concatenate([bases, state])
                np.testing.assert_array_equal(states["forward"][row], expected)


def test_too_little_sequence(gene_tracer: Tracer, pieces) -> None:
    with pytest.raises(InputError, match="too few to hold out"):
        probe(gene_tracer, gene_tracer, pieces)
