"""Made-up genomes of bacteria: dense, in operons, with genes that overlap."""

import random

from genefinder.dna import decode, encode, reverse_complement
from genefinder.genes import Gene, Transcript

_CODONS = (
    *("GCG", "CTG", "GAA", "AAA", "GGC", "ACC", "GTG", "CAG", "CGC", "AGC", "GAT", "CCG"),
    *("TAT", "AAC", "ATG", "TTC", "ATT", "CTG", "GCG", "GAA", "AAA", "TTA", "TCA", "CTA", "TTG"),
    *("GGT", "GCA", "CAT", "TGC", "ACA", "CGT", "GTT"),
)
TRYPTOPHAN = "TGA"


def make(
    bases: int, seed: int = 1, tga_is_codon: bool = False, usual: int = 3
) -> tuple[str, list[Gene]]:
    """Return the letters of a contig ``toy`` of so many bases, or a few more, and its genes.

    Operons of two to five genes on a random strand: a gene begins 10 bases behind the one before,
    or with the A of its stop codon, which so overlaps by four bases: ATGA. With ``tga_is_codon``,
    one codon in a hundred is TGA (more for a smaller ``usual``), and all genes end with TAA.
    """
    rng = random.Random(seed)
    codons = (*_CODONS * usual, TRYPTOPHAN) if tga_is_codon else _CODONS
    letters = ""
    genes: list[Gene] = []
    while len(letters) < bases:
        operon, spans = "", []
        for _ in range(rng.randint(2, 5)):
            inner = "".join(rng.choice(codons) for _ in range(rng.randint(80, 300)))
            if not tga_is_codon and operon and rng.random() < 0.5:
                begin = len(operon) - 4  # ATGA: a start codon and a stop codon
                operon += "AA" + inner
            else:
                operon += "AGGAGG" + "".join(rng.choice("ACTA") for _ in range(6))
                begin = len(operon)
                operon += rng.choice(("ATG", "ATG", "GTG")) + inner
            operon += "TAA" if tga_is_codon else "GCATGA"
            spans.append((begin, len(operon)))
        gap = "".join(rng.choice("ACGTTA") for _ in range(rng.randint(60, 200)))
        strand = rng.choice("+-")
        start = len(letters) + len(gap)
        if strand == "-":
            operon = decode(reverse_complement(encode(operon)))
            spans = [(len(operon) - end, len(operon) - begin) for begin, end in spans]
        letters += gap + operon
        for begin, end in sorted(spans):
            chain = ((start + begin, start + end),)
            name = f"g{len(genes)}"
            transcript = Transcript(f"{name}.t", "toy", "-" if strand == "-" else "+", chain, chain)
            genes.append(Gene(name, "toy", transcript.strand, (transcript,)))
    return letters, genes
