from collections import Counter
from pathlib import Path

import pytest

from benches.budget import SeparateGenes, separate
from benches.spelling import PAIRS, relation, relations, table
from genefinder.genes import Region
from genefinder.io.annotation import read_annotation
from genefinder.io.bed import read_bed
from genefinder.io.fasta import open_genome

OUTER = ((100, 200), (400, 500))


@pytest.mark.parametrize(
    ("other", "strand", "expected"),
    [
        (((501, 600),), "+", None),
        (((500, 600),), "-", "abutting"),
        (((450, 600),), "+", "coding bases shared, same strand"),
        (((150, 160),), "-", "coding bases shared, opposite strand"),
        (((250, 300),), "-", "nested in an intron, opposite strand"),
        (((250, 300), (600, 700)), "+", "interleaved, same strand"),
    ],
)
def test_what_two_genes_are_to_each_other(gene, other, strand, expected) -> None:
    first, second = gene("a", OUTER).transcripts[0], gene("b", other, strand=strand).transcripts[0]
    assert relation(first, second) == relation(second, first) == expected
    assert expected is None or expected in PAIRS
    counts, members = relations([second, first])
    assert counts == Counter([expected] if expected else [])
    assert dict(members) == ({expected: {"a.0", "b.0"}} if expected else {})


def test_table_of_what_cannot_be_spelled() -> None:
    species = {
        "genes": 1_000,
        "spelled": 990,
        "not spelled": {"no stop codon": 10},
        "genes in pairs": dict.fromkeys(PAIRS, 0) | {"abutting": 4},
        "introns": 200,
        "splice sites": {"GT-AG": 190, "GC-AG": 6},
    }
    lines = table({"toy": species}).splitlines()
    assert lines[0] == "| | toy |"
    for row in (
        "| genes | 1,000 |",
        "| no isoform can be spelled | 10 (10.0) |",
        "| - no stop codon | 10 (10.0) |",
        "| genes abutting | 4 (4.0) |",
        "| - GT-AG | 190 (950.0) |",
        "| - AT-AC | 0 |",
        "| - other | 4 (20.0) |",
    ):
        assert row in lines


def test_loci_end_half_way_to_the_neighbour(gene) -> None:
    genes = [gene("a", ((700, 1_000),)), gene("b", ((1_100, 1_400),)), gene("c", ((1_300, 1_500),))]
    (first,) = separate(genes, 5_000)
    assert (first.gene.id, first.start, first.end) == ("a", 200, 1_050)
    (last,) = separate(genes[:1], 1_200)
    assert last.end == 1_100


def test_larger_parts_hold_smaller_ones(example: Path, tmp_path: Path) -> None:
    genome, annotation = example / "genome.fa.gz", example / "genes.gff3.gz"
    contig, length = next(iter(open_genome(genome).contigs))
    held_out = Region(contig, 250_000, length)
    loci = SeparateGenes(genome, annotation, [held_out])
    found = []
    for count in (3, 9):
        part = loci.part(count, 1, tmp_path)
        genes = read_annotation(part.annotation).genes
        assert part.mask is not None
        masked = read_bed(part.mask, {contig: length})[contig]
        ours = [gene for gene in genes if not held_out.overlaps(gene.start, gene.end)]
        assert len(ours) == count
        assert len(genes) > count
        assert not any(low < our.end and our.start < high for our in ours for low, high in masked)
        found.append({our.id for our in ours})
    assert found[0] < found[1]
    with pytest.raises(ValueError, match="there are only"):
        loci.part(10_000, 1, tmp_path)
