import json

import numpy as np
import pytest

from genefinder.dna import encode
from genefinder.errors import InputError
from genefinder.grammar import Grammar
from genefinder.grammar.compiled import GENE_IN, GENE_OUT, INTRON_IN, INTRON_OUT, STRAND_BITS


def number(word):
    return int(np.polyval(encode(word).astype(int), 5))


def test_survives_json():
    grammar = Grammar(min_intron=53, min_exon=4, genetic_code=6, donors=("GT",), partial=-2.5)
    assert Grammar.from_dict(json.loads(json.dumps(grammar.to_dict()))) == grammar


def test_unknown_setting_is_refused():
    with pytest.raises(InputError, match="max_intron"):
        Grammar.from_dict({"max_intron": 9})


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"min_intron": 3}, "min_intron is 3"),
        ({"min_exon": 2}, "min_exon is 2"),
        ({"donors": ("GTA",)}, "donors"),
        ({"acceptors": ()}, "acceptors"),
        ({"starts": ("TAG",)}, "also a stop codon"),
        ({"genetic_code": 7}, "genetic code 7"),
    ],
)
def test_values_out_of_range_are_refused(values, message):
    with pytest.raises(InputError, match=message):
        Grammar(**values)


@pytest.mark.parametrize(
    ("code", "stops"),
    [(1, ("TAA", "TAG", "TGA")), (2, ("AGA", "AGG", "TAA", "TAG")), (6, ("TGA",))],
)
def test_stops_follow_the_genetic_code(code, stops):
    assert Grammar(genetic_code=code).stops == stops


def test_standard_code_needs_six_introns_a_strand():
    tables = Grammar().tables
    assert tables.intron_first.tolist() == [0, 6, 12]
    assert tables.states == 19


@pytest.mark.parametrize("code", [1, 2, 4, 6, 22, 23, 27])
def test_introns_remember_exactly_what_makes_a_stop(code):
    """Following any two bases, an intron anywhere in a codon keeps the codon's fate."""
    tables = Grammar(genetic_code=code).tables
    for strand in range(2):
        for word in range(125):
            first, second, third = word // 25, word // 5 % 5, word % 5
            after_one = tables.after_one[strand, first]
            straight = tables.after_two[strand, first, second]
            assert tables.intron_phase[after_one] == 1
            assert tables.intron_phase[straight] == 2
            assert tables.extended[after_one, second] == straight
            assert tables.completes_stop[straight, third] == tables.stop[strand, word]


def test_ambiguous_codon_is_a_stop_where_some_letter_makes_it_one():
    forward, reverse = Grammar().tables.stop
    assert [forward[number(w)] for w in ("TAN", "TNA", "NAA", "TGN", "NNN")] == [1, 1, 0, 0, 0]
    assert [reverse[number(w)] for w in ("NTA", "TNA", "TTN", "NCA")] == [1, 1, 0, 0]


def test_sites_of_both_strands():
    tables = Grammar().tables
    reverse = 1 << STRAND_BITS
    assert tables.triplet[number("ATG")] == GENE_IN
    assert tables.triplet[number("TGA")] == GENE_OUT
    assert tables.triplet[number("CAT")] == GENE_OUT * reverse
    assert tables.triplet[number("TTA")] == GENE_IN * reverse
    assert tables.pair_in[number("GC")] == INTRON_IN
    assert tables.pair_in[number("CT")] == INTRON_IN * reverse
    assert tables.pair_out[number("AG")] == INTRON_OUT
    assert tables.pair_out[number("GC")] == INTRON_OUT * reverse
    assert not tables.triplet[number("ATN")]
