from collections.abc import Mapping
from itertools import pairwise
from pathlib import Path

import pytest

from benches.budget import SeparateGenes
from benches.pretraining import ALL, bits_table, labels_table
from genefinder.genes import Region
from genefinder.io.annotation import read_annotation
from genefinder.io.bed import read_bed
from genefinder.io.fasta import open_genome

EXAMPLE = Path(__file__).resolve().parents[2] / "data" / "example"
GENOME, ANNOTATION = EXAMPLE / "genome.fa.gz", EXAMPLE / "genes.gff3.gz"


def test_a_larger_part_holds_every_smaller(tmp_path: Path) -> None:
    first = read_annotation(ANNOTATION).genes[0]
    held_out = Region(first.contig, first.start, first.end)
    (contig,) = open_genome(GENOME)
    loci = SeparateGenes(GENOME, ANNOTATION, [held_out])
    known = {locus.gene.id: locus for locus in loci.loci}
    assert first.id not in known
    parts = []
    for count in (3, 6):
        part = loci.part(count, seed=1, folder=tmp_path)
        genes = {gene.id for gene in read_annotation(part.annotation).genes}
        assert first.id in genes
        chosen = genes & set(known)
        assert len(chosen) == count
        assert part.mask is not None
        learnt = [(known[name].start, known[name].end) for name in chosen]
        masked = read_bed(part.mask)[contig.name]
        spans = sorted((*learnt, *masked))
        assert spans[0][0] == 0
        assert spans[-1][1] == len(contig)
        assert all(left[1] == right[0] for left, right in pairwise(spans))
        parts.append(chosen)
    assert parts[0] < parts[1]
    with pytest.raises(ValueError, match="there are only"):
        loci.part(len(known) + 1, seed=1, folder=tmp_path)


def _figures(gene: float, exon: float) -> Mapping[str, object]:
    return {"levels": {"gene": {"f1": gene}, "exon": {"f1": exon}}}


def test_tables_give_means_and_spread() -> None:
    rows = [
        {
            "genes": genes,
            "start": "scratch",
            "seed": seed,
            "validation": _figures(0.5, 0.6),
            "test": _figures(0.4 + 0.02 * seed, 0.7),
        }
        for genes in (200, ALL)
        for seed in (1, 2)
    ]
    lines = labels_table(rows).splitlines()
    assert lines[2] == "| 200 | scratch | 50.0 ± 0.0 | 60.0 ± 0.0 | 43.0 ± 1.4 | 70.0 ± 0.0 |"
    assert lines[3].startswith("| 200 | pretrained |  |")
    assert lines[4].startswith("| all | scratch |")
    markov = [
        {"order": 0, "bits": {"forward": 2.0, "reverse": 2.0}},
        {"order": 6, "bits": {"forward": 1.9, "reverse": 1.9}},
    ]
    runs = [
        {"name": "a", "network": {"forward": bits, "reverse": bits}, "markov": markov}
        for bits in (1.86, 1.88)
    ]
    assert bits_table(runs).splitlines()[2] == (
        "| a | 2 | 1.8700 | 1.8600, 1.8800 | 1.9000 (6) | 0.0300 |"
    )
