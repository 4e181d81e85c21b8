import pytest

from genefinder.dna import encode
from genefinder.genes import Gene, Transcript
from genefinder.io.fasta_headers import prodigal_header

CODING = encode("ATGGCCTAA")


def gene(strand="+", **values):
    chain = ((336, 345),)
    transcript = Transcript("g1.t1", "c", strand, chain, chain, **values)
    return Gene("g1", "NC_1", strand, (transcript,))


@pytest.mark.parametrize(
    ("record", "wanted"),
    [
        (
            gene(start_codon="ATG", start_motif="AGGAGG", spacer=7),
            "NC_1_5 # 337 # 345 # 1 # ID=2_5;partial=00;start_type=ATG;rbs_motif=AGGAGG;"
            "rbs_spacer=7bp;gc_cont=0.444",
        ),
        (
            gene("-", start_codon="GTG", partial_low=True),
            "NC_1_5 # 337 # 345 # -1 # ID=2_5;partial=10;start_type=GTG;rbs_motif=None;"
            "rbs_spacer=None;gc_cont=0.444",
        ),
        (
            gene("-", partial_high=True),
            "NC_1_5 # 337 # 345 # -1 # ID=2_5;partial=01;start_type=Edge;rbs_motif=None;"
            "rbs_spacer=None;gc_cont=0.444",
        ),
    ],
)
def test_as_prodigal_writes_them(record, wanted):
    assert prodigal_header(record, CODING, 2, 5) == wanted
