"""Peers trained on a training split."""

from pathlib import Path

from benches.retrain import usable, zff
from genefinder.genes import Gene, Region, Transcript


def gene(strand: str, *cds: tuple[int, int]) -> Gene:
    transcript = Transcript("t", "c", strand, cds, cds)  # type: ignore[arg-type]
    return Gene("g", "c", transcript.strand, (transcript,))


def test_exons_are_named_in_reading_direction() -> None:
    segments = ((0, 9), (20, 30), (40, 46))
    forward = ["Einit\t1\t9\tg", "Exon\t21\t30\tg", "Eterm\t41\t46\tg"]
    reverse = ["Eterm\t9\t1\tg", "Exon\t30\t21\tg", "Einit\t46\t41\tg"]
    assert zff(gene("+", *segments)) == forward
    assert zff(gene("-", *segments)) == reverse
    assert zff(gene("-", (3, 12))) == ["Esngl\t12\t4\tg"]


def test_excluded_genes_are_not_learnt(example: Path) -> None:
    genome, annotation = example / "genome.fa.gz", example / "genes.gff3.gz"
    every, letters = usable(genome, annotation, ())
    (name,) = letters
    region = Region(name, 100_000, 200_000)
    rest, _ = usable(genome, annotation, (region,))
    left = {gene.id for gene in every} - {gene.id for gene in rest}
    assert left == {gene.id for gene in every if region.overlaps(gene.start, gene.end)}
    assert left
    assert all(len(gene.transcripts) == 1 for gene in every)
