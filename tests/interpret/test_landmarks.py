from itertools import pairwise

import numpy as np

from genefinder.dna import decode
from genefinder.genes import Gene, Transcript
from genefinder.interpret.landmarks import KINDS, consensus, find_landmarks
from genefinder.interpret.sequence import AnnotatedSequence

WORDS = {"start": (0, 3), "stop": (0, 3), "donor": (0, 2), "acceptor": (-1, 1)}


def test_planted_sites_are_found_on_both_strands(planted, sequences) -> None:
    found = find_landmarks(sequences, 1_000, 1)
    assert tuple(found) == KINDS
    expected: dict[str, set[tuple[int, int]]] = {kind: set() for kind in KINDS}
    length = len(sequences[0])
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
        sites = found[kind]
        here = zip(sites.readings[sites.real], sites.positions[sites.real], strict=True)
        assert {(int(side), int(position)) for side, position in here} == expected[kind]


def test_decoys_share_the_word_and_are_no_sites(sequences) -> None:
    for kind, (first, end) in WORDS.items():
        sites = find_landmarks(sequences, 1_000, 1)[kind]
        assert (~sites.real).sum() > len(sites)
        real = {
            tuple(row)
            for row in zip(sites.readings[sites.real], sites.positions[sites.real], strict=True)
        }
        words = {}
        for index in range(len(sites.real)):
            reading = sequences[sites.sequences[index]].readings()[sites.readings[index]]
            position = sites.positions[index]
            word = decode(reading.codes[position + first : position + end])
            if sites.real[index]:
                words[sites.landmark[index]] = word, position
            else:
                assert words[sites.landmark[index]][0] == word
                assert 15 <= abs(words[sites.landmark[index]][1] - position) <= 1_500
                assert (sites.readings[index], position) not in real


def test_branch_points_lie_before_acceptors(sequences) -> None:
    found = find_landmarks(sequences, 1_000, 1)
    acceptors, branch = found["acceptor"], found["branch"]
    real = zip(branch.readings[branch.real], branch.positions[branch.real], strict=True)
    ends = set(
        zip(acceptors.readings[acceptors.real], acceptors.positions[acceptors.real], strict=True)
    )
    for side, position in real:
        assert any((side, position + back) in ends for back in range(17, 46))


def test_a_limit_draws_the_same_sites_each_time(sequences) -> None:
    once, again = (find_landmarks(sequences, 5, 3)["start"] for _ in range(2))
    assert len(once) == 5
    np.testing.assert_array_equal(once.positions, again.positions)


def test_genes_are_numbered_apart(sequences) -> None:
    donors = find_landmarks(sequences, 1_000, 1)["donor"]
    assert sorted(np.bincount(donors.genes).tolist()) == [2, 2, 3, 3]


def test_differences_are_paired(sequences) -> None:
    sites = find_landmarks(sequences, 1_000, 1)["start"]
    values = np.random.default_rng(1).normal(size=(len(sites.real), 2))
    by_hand = [
        values[sites.real & (sites.landmark == k)][0]
        - values[~sites.real & (sites.landmark == k)].mean(0)
        for k in range(len(sites))
    ]
    np.testing.assert_allclose(sites.differences(values), by_hand)


def test_consensus_of_planted_donors(sequences) -> None:
    shares, centre = consensus(sequences, find_landmarks(sequences, 1_000, 1)["donor"])
    letters = "".join("ACGT"[base] for base in shares.argmax(1))
    assert letters[centre : centre + 6] == "GTAAGT"
    np.testing.assert_allclose(shares.sum(1), 1)


def two_donors() -> AnnotatedSequence:
    """Isoforms with donors at 100 and 200, and a GT at 300 that is none."""
    codes = np.zeros(500, dtype=np.uint8)
    for site in (100, 200, 300):
        codes[site : site + 2] = 2, 3
    chains = (((10, 100), (400, 450)), ((10, 200), (400, 450)))
    isoforms = tuple(
        Transcript(f"t{number}", "c", "+", cds, cds) for number, cds in enumerate(chains)
    )
    return AnnotatedSequence(
        "c",
        0,
        codes,
        genes=(Gene("g", "c", "+", isoforms),),
        labels=np.zeros(500, dtype=np.uint8),
        masked=np.zeros(500, dtype=np.bool_),
        positions=np.zeros(0, dtype=np.int64),
        channels=np.zeros(0, dtype=np.uint8),
        transcripts=isoforms[:1],
    )


def test_sites_of_other_isoforms_and_masked_bases_are_no_decoys() -> None:
    sequence = two_donors()
    donors = find_landmarks([sequence], 10, 1)["donor"]
    assert donors.positions[donors.real].tolist() == [100]
    assert donors.positions[~donors.real].tolist() == [300]
    sequence.masked[300] = True
    assert len(find_landmarks([sequence], 10, 1)["donor"]) == 0
