import gzip

import numpy as np

from benches import prokaryotes
from benches.measure import Cost
from benches.prokaryotes import cut, in_pieces, shuffle_upstream
from genefinder.dna import decode
from genefinder.genes import Gene, Transcript
from genefinder.io.contigs import Contig
from genefinder.io.fasta import open_genome


def gene(start: int, end: int, strand) -> Gene:
    chain = ((start, end),)
    return Gene("g", "c", strand, (Transcript("g", "c", strand, chain, chain),))


def test_the_bases_before_starts_alone_are_shuffled():
    codes = np.random.default_rng(2).integers(0, 4, 400).astype(np.uint8)
    genes = [gene(12, 90, "+"), gene(150, 240, "+"), gene(250, 340, "-"), gene(345, 395, "-")]
    (shuffled,) = shuffle_upstream([Contig("c", codes)], genes)
    upstream = [(0, 12), (130, 150), (340, 360), (395, 400)]
    elsewhere = np.ones(400, dtype=bool)
    for start, end in upstream:
        elsewhere[start:end] = False
        before, after = codes[start:end], shuffled.codes[start:end]
        assert sorted(before) == sorted(after)
    assert (shuffled.codes[elsewhere] == codes[elsewhere]).all()
    assert (shuffled.codes[130:150] != codes[130:150]).any()
    (again,) = shuffle_upstream([Contig("c", codes)], genes)
    assert (again.codes == shuffled.codes).all()


def test_genes_that_pieces_cut_do_not_count(tmp_path, monkeypatch):
    codes = np.random.default_rng(3).integers(0, 4, 60_000).astype(np.uint8)
    spans = [(start, start + 900) for start in range(100, 59_000, 1_000)]

    def rows(name: str, genes: list[tuple[int, int]]) -> str:
        """GFF3 of genes on the forward strand."""
        return "".join(
            f"{name}\tx\t{kind}\t{start + 1}\t{end}\t.\t+\t{phase}\t{names}{name}{start}\n"
            for start, end in genes
            for kind, phase, names in (("gene", ".", "ID="), ("CDS", "0", "Parent="))
        )

    with gzip.open(tmp_path / "genome.fa.gz", "wt") as stream:
        stream.write(f">c\n{decode(codes)}\n")
    with gzip.open(tmp_path / "genes.gff3.gz", "wt") as stream:
        stream.write("##gff-version 3\n" + rows("c", spans))
    (contig,) = open_genome(tmp_path / "genome.fa.gz")
    pieces = cut([contig], 5)

    def find(command: list[str], work, out) -> Cost:
        """Find every gene, the cut ones as far as the piece goes, or from a start inside."""
        text = "##gff-version 3\n"
        for _, low, piece in pieces:
            inside = [
                (max(0, start - low), min(len(piece), end - low))
                for start, end in spans
                if start < low + len(piece) - 60 and end > low + 60
            ]
            if inside[0][0] == 0:
                inside[0] = (inside[0][1] - 30, inside[0][1])
            text += rows(piece.name, inside)
        out.write_text(text)
        return Cost(1.0, 2.0, 3.0)

    monkeypatch.setattr(prokaryotes, "run", find)
    row = in_pieces(tmp_path, [], tmp_path, 5)
    assert (row["ends_sn"], row["ends_pr"], row["genes_f1"]) == (100.0, 100.0, 100.0)
    assert row["kb_per_cpu_second"] == round(sum(len(piece) for *_, piece in pieces) / 2_000, 1)
