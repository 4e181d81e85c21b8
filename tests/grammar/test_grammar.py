import json
from dataclasses import replace

import numpy as np
import pytest

from genefinder.dna import encode
from genefinder.errors import InputError
from genefinder.grammar import Grammar, Reason
from genefinder.grammar.compiled import GENE_IN, GENE_OUT, INTRON_IN, INTRON_OUT, STRAND_BITS
from genefinder.grammar.grammar import splice_sites

GRAMMAR = Grammar(min_intron=20, min_exon=6)
# Both chains are (0, 30), (70, 100), (130, 160) from their first coding base in strand direction.
CHAINS = {"+": [(30, 60), (100, 130), (160, 190)], "-": [(210, 240), (270, 300), (340, 370)]}


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


@pytest.mark.parametrize("code", [1, 2, 4, 6, 22, 23])
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


@pytest.fixture
def toy(toy_contig):
    return toy_contig(400)


@pytest.fixture(params="+-")
def strand(request):
    return request.param


@pytest.fixture
def planted(toy, strand):
    """A well-formed transcript, and a writer of letters at an offset from its first coding base."""
    transcript = toy.plant("t", CHAINS[strand], strand)

    def write(offset, letters):
        start = transcript.start + offset if strand == "+" else transcript.end - offset
        toy.write(start, letters, strand)

    return transcript, write


def reshaped(transcript, chain):
    """Give a transcript segments counted from its first coding base in strand direction."""
    if transcript.strand == "+":
        cds = tuple((transcript.start + start, transcript.start + end) for start, end in chain)
    else:
        cds = tuple((transcript.end - end, transcript.end - start) for start, end in chain[::-1])
    return replace(transcript, cds=cds)


def test_a_well_formed_gene_can_be_spelled(toy, planted):
    transcript, _ = planted
    assert GRAMMAR.rejects(transcript, toy.codes) is None


@pytest.mark.parametrize(
    ("offset", "letters", "reason"),
    [
        (0, "CTG", Reason.NO_START),
        (6, "TGA", Reason.INNER_STOP),
        (154, "TAG", Reason.INNER_STOP),
        (9, "N", Reason.AMBIGUOUS),
        (157, "TAC", Reason.NO_STOP),
    ],
)
def test_reasons_of_coding_bases(toy, planted, strand, offset, letters, reason):
    transcript, write = planted
    write(offset, letters)
    assert GRAMMAR.rejects(transcript, toy.codes) is reason


def test_a_stop_codon_across_an_intron_is_found(toy, planted):
    transcript, write = planted
    split = reshaped(transcript, [(0, 29), (69, 100), (130, 160)])
    write(29, "GT")
    write(67, "AG")
    write(69, "C")
    assert GRAMMAR.rejects(split, toy.codes) is None
    write(27, "TG")
    write(69, "A")
    assert GRAMMAR.rejects(split, toy.codes) is Reason.INNER_STOP


@pytest.mark.parametrize(
    ("site", "letters", "reason"),
    [
        ("donor", "GC", None),
        ("donor", "AT", Reason.SPLICE_SITE),
        ("donor", "NT", Reason.SPLICE_SITE),
        ("acceptor", "AC", Reason.SPLICE_SITE),
    ],
)
def test_splice_sites(toy, planted, site, letters, reason):
    transcript, write = planted
    write(30 if site == "donor" else 68, letters)
    assert GRAMMAR.rejects(transcript, toy.codes) is reason


def test_splice_sites_are_read_in_strand_direction(toy):
    toy.write(10, "GTCCCAG")
    toy.write(37, "GTCCCAG", "-")
    assert splice_sites(10, 17, False, toy.codes) == ("GT", "AG")
    assert splice_sites(30, 37, True, toy.codes) == ("GT", "AG")


@pytest.mark.parametrize(
    ("chain", "reason"),
    [
        ([(0, 31), (70, 100), (130, 160)], Reason.FRAME),
        ([(0, 30), (20, 50), (130, 160)], Reason.OVERLAP),
        ([(0, 90), (109, 109 + 51)], Reason.SHORT_INTRON),
        ([(0, 2), (60, 61), (130, 160)], Reason.SPLIT_START),
        ([(0, 31), (70, 100), (158, 160)], Reason.SPLIT_STOP),
        ([], Reason.NO_CDS),
    ],
)
def test_reasons_of_shape(toy, planted, chain, reason):
    transcript, write = planted
    if reason is Reason.SPLIT_START:
        write(60, "G")
    if reason is Reason.SPLIT_STOP:
        write(30, "C")
        write(99, "T")
        write(158, "AA")
    assert GRAMMAR.rejects(reshaped(transcript, chain), toy.codes) is reason


def test_minima_are_inclusive(toy, planted):
    transcript, _ = planted
    assert replace(GRAMMAR, min_intron=30, min_exon=30).rejects(transcript, toy.codes) is None
    too_long = replace(GRAMMAR, min_intron=41)
    assert too_long.rejects(transcript, toy.codes) is Reason.SHORT_INTRON
    assert replace(GRAMMAR, min_exon=31).rejects(transcript, toy.codes) is Reason.SHORT_EXON


def test_a_single_exon_holds_both_codons_and_the_minimum(toy):
    transcript = toy.plant("t", [(30, 39)])
    assert GRAMMAR.rejects(transcript, toy.codes) is None
    assert replace(GRAMMAR, min_exon=7).rejects(transcript, toy.codes) is Reason.SHORT_EXON


@pytest.mark.parametrize("open_end", [{"partial_low": True}, {"partial_high": True}, {"phase": 1}])
def test_partial_genes(toy, planted, open_end):
    assert GRAMMAR.rejects(replace(planted[0], **open_end), toy.codes) is Reason.PARTIAL


def test_coding_sequence_beyond_the_contig(toy, planted):
    transcript = planted[0]
    assert GRAMMAR.rejects(transcript, toy.codes[: transcript.end - 1]) is Reason.OUTSIDE


def test_the_genetic_code_decides_what_stops(toy, planted):
    transcript, write = planted
    write(6, "TGA")
    assert replace(GRAMMAR, genetic_code=4).rejects(transcript, toy.codes) is None
    write(157, "TGA")
    assert replace(GRAMMAR, genetic_code=4).rejects(transcript, toy.codes) is Reason.NO_STOP


def test_other_start_codons_on_request(toy, planted):
    transcript, write = planted
    write(0, "GTG")
    rules = replace(GRAMMAR, starts=("ATG", "GTG"))
    assert rules.rejects(transcript, toy.codes) is None
