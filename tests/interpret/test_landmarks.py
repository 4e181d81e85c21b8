from itertools import pairwise

import numpy as np

from genefinder.dna import decode
from genefinder.interpret.landmarks import KINDS, consensus, find_landmarks

WORDS = {"start": (0, 3), "stop": (0, 3), "donor": (0, 2), "acceptor": (-1, 1)}


def test_planted_sites_are_found_on_both_strands(planted, pieces) -> None:
    found = find_landmarks(pieces, 1_000, 1)
    assert tuple(found) == KINDS
    expected: dict[str, set[tuple[int, int]]] = {kind: set() for kind in KINDS}
    length = len(pieces[0])
    for contig, strand, cds in planted.genes:
        if contig != "one":
            continue
        side = "+-".index(strand)
        if side:
            cds = [(length - end, length - start) for start, end in cds[::-1]]
        expected["start"].add((side, cds[0][0]))
        expected["stop"].add((side, cds[-1][1] - 3))
        for (_, end), (start, _) in pairwise(cds):
            expected["donor"].add((side, end))
            expected["acceptor"].add((side, start - 1))
    for kind in ("start", "stop", "donor", "acceptor"):
        one = found[kind]
        here = zip(one.readings[one.real], one.places[one.real], strict=True)
        assert {(int(side), int(place)) for side, place in here} == expected[kind]


def test_decoys_share_the_word_and_are_no_sites(pieces) -> None:
    for kind, (first, end) in WORDS.items():
        one = find_landmarks(pieces, 1_000, 1)[kind]
        assert (~one.real).sum() > len(one)
        real = {
            tuple(row) for row in zip(one.readings[one.real], one.places[one.real], strict=True)
        }
        words = {}
        for index in range(len(one.real)):
            reading = pieces[one.pieces[index]].readings()[one.readings[index]]
            place = one.places[index]
            word = decode(reading.codes[place + first : place + end])
            if one.real[index]:
                words[one.landmark[index]] = word, place
            else:
                assert words[one.landmark[index]][0] == word
                assert 15 <= abs(words[one.landmark[index]][1] - place) <= 1_500
                assert (one.readings[index], place) not in real


def test_branch_points_lie_before_acceptors(pieces) -> None:
    found = find_landmarks(pieces, 1_000, 1)
    acceptors, branch = found["acceptor"], found["branch"]
    real = zip(branch.readings[branch.real], branch.places[branch.real], strict=True)
    ends = set(
        zip(acceptors.readings[acceptors.real], acceptors.places[acceptors.real], strict=True)
    )
    for side, place in real:
        assert any((side, place + back) in ends for back in range(17, 46))


def test_a_limit_draws_the_same_sites_each_time(pieces) -> None:
    once, again = (find_landmarks(pieces, 5, 3)["start"] for _ in range(2))
    assert len(once) == 5
    np.testing.assert_array_equal(once.places, again.places)


def test_genes_are_numbered_apart(pieces) -> None:
    donors = find_landmarks(pieces, 1_000, 1)["donor"]
    assert sorted(np.bincount(donors.genes).tolist()) == [2, 2, 3, 3]


def test_differences_are_paired(pieces) -> None:
    one = find_landmarks(pieces, 1_000, 1)["start"]
    values = np.random.default_rng(1).normal(size=(len(one.real), 2))
    by_hand = [
        values[one.real & (one.landmark == k)][0] - values[~one.real & (one.landmark == k)].mean(0)
        for k in range(len(one))
    ]
    np.testing.assert_allclose(one.differences(values), by_hand)


def test_consensus_of_planted_donors(pieces) -> None:
    shares, centre = consensus(pieces, find_landmarks(pieces, 1_000, 1)["donor"])
    letters = "".join("ACGT"[one] for one in shares.argmax(1))
    assert letters[centre : centre + 6] == "GTAAGT"
    np.testing.assert_allclose(shares.sum(1), 1)
