from genefinder.data import transcripts
from genefinder.genes import Transcript
from genefinder.grammar.grammar import EXON_FLOOR, INTRON_FLOOR


def estimate_minimum_lengths(given):
    """The shortest intron and exon alone."""
    return transcripts.estimate_minimum_lengths(given)[:2]


def transcript(exons, introns):
    cds, position = [], 0
    for exon, intron in zip(exons, [*introns, 0], strict=True):
        cds.append((position, position + exon))
        position += exon + intron
    return Transcript("t", "toy", "+", tuple(cds), tuple(cds))


def test_few_observations_leave_the_floors():
    assert estimate_minimum_lengths([]) == (INTRON_FLOOR, EXON_FLOOR)
    assert estimate_minimum_lengths([transcript([60, 70], [80])] * 49) == (INTRON_FLOOR, EXON_FLOOR)


def test_a_handful_of_outliers_is_passed_over():
    normal = [transcript([60, 70], [80])] * 298
    assert estimate_minimum_lengths(normal) == (80, 60)
    assert estimate_minimum_lengths([*normal, *[transcript([9, 70], [30])] * 2]) == (80, 60)
    assert estimate_minimum_lengths([*normal, *[transcript([9, 70], [30])] * 3]) == (30, 9)


def test_no_more_than_a_hundredth_is_passed_over():
    normal = [transcript([60, 70], [80])] * 148
    assert estimate_minimum_lengths([*normal, transcript([60, 70], [30])]) == (80, 60)
    assert estimate_minimum_lengths([*normal, *[transcript([60, 70], [30])] * 2]) == (30, 60)


def test_a_share_of_introns_and_exons_may_be_shorter():
    lengths = range(1_000, 11_000)
    many = [transcript([length, 60_000], [length]) for length in lengths]
    # 50 of 10,000 introns, 20 of 20,000 exons.
    assert estimate_minimum_lengths(many) == (1_050, 1_020)


def test_never_below_the_floors():
    tiny = [transcript([1, 8], [4])] * 1_000
    assert estimate_minimum_lengths(tiny) == (INTRON_FLOOR, EXON_FLOOR)


def test_genes_of_one_exon_do_not_count():
    split = [transcript([60, 70], [80])] * 200
    assert estimate_minimum_lengths([*split, *[transcript([30], [])] * 1_000]) == (80, 60)


def test_the_shortest_coding_sequence():
    def estimate(given):
        return transcripts.estimate_minimum_lengths(given)[2]

    normal = [transcript([60, 70], [80])] * 1_000 + [transcript([150], [])] * 100
    assert estimate(normal[:999]) == 0
    assert estimate(normal) == 130
    assert estimate([*normal, *[transcript([9, 3], [80])] * 2]) == 130
    assert estimate([*normal, *[transcript([9, 3], [80])] * 3]) == 12
    assert estimate([transcript([length], []) for length in range(1_000, 11_000)]) == 1_010
