"""Made-up genomes whose genes are known, for any test."""

import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import torch

from genefinder.data.counts import CountedTables, LabelledContig, count_tables
from genefinder.data.targets import label_contig
from genefinder.dna import BASES, Codes, N, encode, reverse_complement
from genefinder.genes import Gene, Interval, Strand, Transcript
from genefinder.grammar import Grammar
from genefinder.io.contigs import Contig
from genefinder.io.gff3 import write_gff3
from genefinder.models.model import Model
from genefinder.network.config import NetworkConfig
from genefinder.network.network import GeneNetwork
from genefinder.species.statistics import Statistics
from genefinder.training.corpus import Corpus
from genefinder.training.folds import count_parts
from genefinder.training.recipe import Recipe
from genefinder.training.settings import LabelledGenome, TrainSettings

TINY = NetworkConfig(
    word=3,
    filters=8,
    convolutions=((3, 1),),
    hidden=8,
    head=8,
    site_hidden=4,
    site_reach=6,
    table_order=3,
)
"""A network that is trained in no time."""

_CODONS = (
    *("GCC", "CTG", "GAG", "AAG", "GGC", "ACC", "GTG", "CAG", "CGC", "TCC", "GAC", "CCG"),
    *("TAC", "GAA", "AAC", "ATG", "TTC", "GAT", "CTA", "CAA"),
)
_BACTERIAL_CODONS = (
    *("GCG", "CTG", "GAA", "AAA", "GGC", "ACC", "GTG", "CAG", "CGC", "AGC", "GAT", "CCG"),
    *("TAT", "AAC", "ATG", "TTC", "ATT", "CTG", "GCG", "GAA", "AAA", "TTA", "TCA", "CTA", "TTG"),
    *("GGT", "GCA", "CAT", "TGC", "ACA", "CGT", "GTT"),
)


class ToyContig:
    """A contig of C, into which well-formed genes can be planted on either strand."""

    def __init__(self, length: int) -> None:
        self.codes: Codes = encode("C" * length)

    def write(self, position: int, letters: str, strand: Strand = "+") -> None:
        """Write letters from a position; on strand "-" to the left of it, reverse complement."""
        codes = encode(letters)
        if strand == "+":
            self.codes[position : position + len(codes)] = codes
        else:
            self.codes[position - len(codes) : position] = reverse_complement(codes)

    def plant(self, name: str, cds: Iterable[Interval], strand: Strand = "+") -> Transcript:
        """Write start, stop and splice sites of a coding chain, and return its transcript."""
        chain = tuple(cds)
        transcript = Transcript(name, "toy", strand, chain, chain)
        for start, end in transcript.introns():
            five, three = (start, end - 2) if strand == "+" else (end, start + 2)
            self.write(five, "GT", strand)
            self.write(three, "AG", strand)
        first, last = (
            (chain[0][0], chain[-1][1] - 3)
            if strand == "+"
            else (
                chain[-1][1],
                chain[0][0] + 3,
            )
        )
        self.write(first, "ATG", strand)
        self.write(last, "TAA", strand)
        return transcript


@dataclass(frozen=True)
class Planted:
    """A made-up genome, the genes that stand in it, and a model that can tell.

    Genes are as clear-cut as no real ones are, so every processor finds the same.
    """

    genome: Path
    annotation: Path
    """The eight complete genes, four on either strand."""
    model: Path
    genes: tuple[tuple[str, Strand, tuple[Interval, ...]], ...]
    """Contig, strand and coding segments of each."""
    letters: dict[str, str]
    """Bases of each contig."""


def write_planted(folder: Path) -> Planted:
    """A genome with planted genes: eight in three windows, then one cut off at either end."""
    rng = random.Random(1)
    contigs: list[tuple[str, str]] = []
    genes: list[tuple[str, Strand, tuple[Interval, ...]]] = []
    shapes = [(600,), (301, 200, 399), (100, 151, 49, 300), (900,)] * 2
    sequence = ""
    for number, exons in enumerate(shapes):
        sequence += _spacer(rng, 4000)
        gene, segments = _gene(rng, exons)
        strand: Strand = "-" if number // 2 % 2 else "+"
        gene, segments = _on_strand(strand, gene, segments)
        moved = tuple((start + len(sequence), end + len(sequence)) for start, end in segments)
        genes.append(("one", strand, moved))
        sequence += gene
    contigs.append(("one", sequence + _spacer(rng, 4000)))
    head, tail = _gene(rng, (900,))[0], _reversed(_gene(rng, (900,))[0])
    contigs.append(("two", head[299:] + _spacer(rng, 2000) + tail[:400]))
    genes += [("two", "+", ((0, 601),)), ("two", "-", ((2601, 3001),))]
    contigs.append(("none", _spacer(rng, 5000)))
    genome = folder / "genome.fa"
    genome.write_text("".join(f">{name} made up\n{letters}\n" for name, letters in contigs))
    complete = []
    for number, (contig, strand, cds) in enumerate(genes[: len(shapes)]):
        transcript = Transcript(f"g{number}.t", contig, strand, cds, cds)
        complete.append(Gene(f"g{number}", contig, strand, (transcript,)))
    annotation = folder / "genes.gff3"
    with annotation.open("w") as stream:
        write_gff3(stream, complete, [(name, len(letters)) for name, letters in contigs])
    _write_planted_model(folder / "model")
    return Planted(genome, annotation, folder / "model", tuple(genes), dict(contigs))


def write_reader(planted: Planted, folder: Path) -> Path:
    """A model of several species, which finds the planted genes as Planta clara.

    It also knows Planta obscura, whose statistics say nothing.
    """
    own = Model.load(planted.model)
    (clear,) = own.statistics
    tables = clear.tables
    nothing = replace(
        tables, words=tables.words * 0, weights=tables.weights * 0, bias=tables.bias * 0 - 4
    )
    known = clear, Statistics("Planta obscura", nothing)
    network = GeneNetwork(own.network.config, own.grammar)
    for parameter in network.parameters():
        torch.nn.init.zeros_(parameter)
    Model("reader", network.eval(), own.grammar, min_posterior=0.5, statistics=known).save(folder)
    return folder


@dataclass(frozen=True)
class BareGenome:
    """A genome without annotation, and what it holds: genes long enough to be told by their open
    frames, every third or more with an intron, every other one on the reverse strand."""

    genome: Path
    genes: tuple[Gene, ...]


def write_bare(
    folder: Path, genes: int = 30, spliced: int = 3, introns: tuple[int, int] = (50, 80)
) -> BareGenome:
    """Write so many genes on either of two contigs; every so many have an intron, of about so many
    bases, 13 more."""
    rng = np.random.default_rng(1)

    def letters(count: int, alphabet: str = "AAATTTCG") -> str:
        return "".join(rng.choice(list(alphabet), count))

    contigs, truth = [], []
    for contig in ("one", "two"):
        sequence = letters(800)
        for number in range(genes):
            coding = "ATG" + "".join(rng.choice(_CODONS, 250)) + "TAA"
            parts = [coding]
            if number % spliced == 0:
                cut = int(rng.integers(250, 500))
                intron = "GTAAGT" + letters(int(rng.integers(*introns)), "TTTTTTACG") + "TTTTCAG"
                parts = [coding[:cut], intron, coding[cut:]]
            text = "".join(parts)
            strand: Strand = "-" if number % 2 else "+"
            ends = np.cumsum([0, *map(len, parts)]).tolist()
            cds = [(ends[place], ends[place + 1]) for place in range(0, len(parts), 2)]
            text, cds = _on_strand(strand, text, cds)
            exons = tuple((start + len(sequence), end + len(sequence)) for start, end in cds)
            transcript = Transcript(f"{contig}{number}.t", contig, strand, exons, exons)
            truth.append(Gene(f"{contig}{number}", contig, strand, (transcript,)))
            sequence += text + letters(int(rng.integers(600, 1000)))
        contigs.append(f">{contig}\n{sequence}\n")
    (folder / "bare.fa").write_text("".join(contigs))
    return BareGenome(folder / "bare.fa", tuple(truth))


def write_large(folder: Path) -> BareGenome:
    """As many bases as statistics are learnt from, with genes of one exon on the first contig.

    All the rest is of A and T alone, without sites, so that it takes little time.
    """
    rng = random.Random(2)
    sequence, genes = "", []
    for number in range(40):
        sequence += "".join(rng.choices("AT", k=1000))
        letters, cds = _gene(rng, (900,))
        strand: Strand = "-" if number % 2 else "+"
        letters, cds = _on_strand(strand, letters, cds)
        exons = tuple((start + len(sequence), end + len(sequence)) for start, end in cds)
        transcript = Transcript(f"{number}.t", "genes", strand, exons, exons)
        genes.append(Gene(f"{number}", "genes", strand, (transcript,)))
        sequence += letters
    filler = "".join(rng.choices("AT", k=930_000))
    (folder / "large.fa").write_text(f">genes\n{sequence}\n>filler\n{filler}\n")
    return BareGenome(folder / "large.fa", tuple(genes))


def coding_genome(
    stops: Sequence[str], genes: int = 60, seed: int = 3, share: float = 0.03
) -> list[Codes]:
    """Genes of 600 codons of a usage of their own, on either strand, and chance between them.

    They end with some stop codons, and what would be another in the standard code has a share of
    all codons.
    """
    rng = np.random.default_rng(seed)
    codons = ["".join(word) for word in product(BASES[:N], repeat=3)]
    sense = [codon for codon in codons if codon not in stops]
    usage = rng.dirichlet(np.full(len(sense), 0.8))
    usage[[sense.index(codon) for codon in ("TAA", "TAG", "TGA") if codon in sense]] = share
    usage /= usage.sum()
    parts = []
    for number in range(genes):
        parts.append(rng.integers(0, 4, 1500).astype(np.uint8))
        gene = encode("ATG" + "".join(rng.choice(sense, 600, p=usage)) + rng.choice(list(stops)))
        parts.append(reverse_complement(gene) if number % 2 else gene)
    return [np.concatenate(parts[start : start + 20]) for start in range(0, len(parts), 20)]


def make_operons(
    bases: int, seed: int = 1, tga_is_codon: bool = False, usual: int = 3
) -> tuple[str, list[Gene]]:
    """The letters of a bacterial contig ``toy`` of so many bases, or a few more, and its genes.

    It is dense, with operons of two to five genes on a random strand: a gene begins 10 bases behind
    the one before, or with the A of its stop codon, which so overlaps by four bases: ATGA.
    With ``tga_is_codon``, one codon in a hundred is TGA (more for a smaller ``usual``), and all
    genes end with TAA.
    """
    rng = random.Random(seed)
    codons = (*_BACTERIAL_CODONS * usual, "TGA") if tga_is_codon else _BACTERIAL_CODONS
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
            operon = _reversed(operon)
            spans = [(len(operon) - end, len(operon) - begin) for begin, end in spans]
        letters += gap + operon
        for begin, end in sorted(spans):
            chain = ((start + begin, start + end),)
            name = f"g{len(genes)}"
            transcript = Transcript(f"{name}.t", "toy", "-" if strand == "-" else "+", chain, chain)
            genes.append(Gene(name, "toy", transcript.strand, (transcript,)))
    return letters, genes


@dataclass(frozen=True)
class ToySpecies:
    """A small genome with genes that are easy to tell: GC-rich exons in AT-rich surroundings.

    Contig "long" has 40 genes, contig "short" 12; every third has an intron, every other one is on
    the reverse strand.
    """

    genome: Path
    annotation: Path
    lengths: dict[str, int]

    @property
    def labelled(self) -> LabelledGenome:
        return LabelledGenome(self.genome, self.annotation)

    def settings(self, output: Path, **recipe: object) -> TrainSettings:
        values: dict[str, Any] = {"window": 297, "batch": 2, "validations": 2, **recipe}
        return TrainSettings(
            genomes=(self.labelled,),
            output=output,
            network=TINY,
            recipe=Recipe(**values),
            device="cpu",
            next_base=0.0,
            imperfect=0.0,
        )


def write_species(
    folder: Path, seed: int = 1, introns: tuple[int, int] = (40, 60), genes: int = 40
) -> ToySpecies:
    rng = np.random.default_rng(seed)
    fasta, rows, lengths = [], ["##gff-version 3"], {}

    def letters(count: int, alphabet: str = "AAATTTCG") -> str:
        return "".join(rng.choice(list(alphabet), count))

    for contig, count in (("long", genes), ("short", 12)):
        sequence = letters(300)
        for number in range(count):
            parts = ["ATG" + "".join(rng.choice(_CODONS[:12], 40)), ""]
            if number % 3 == 0:
                size = int(rng.integers(*introns))
                parts[1] = "GTAAGT" + letters(size - 9, "TTTTA") + "CAG"
                parts.append("".join(rng.choice(_CODONS[:12], 30)) + "TAA")
            else:
                parts[0] += "TAA"
            text = "".join(parts)
            ends = np.cumsum([0, *map(len, parts)])
            exons = [(ends[0], ends[1]), *([(ends[2], ends[3])] if len(parts) == 3 else [])]
            strand = "+-"[number % 2]
            if strand == "-":
                text = _reversed(text)
                exons = [(len(text) - end, len(text) - start) for start, end in exons]
            offset, name = len(sequence), f"{contig}{number}"
            where = f"{contig}\ttoy\t{{}}\t{{}}\t{{}}\t.\t{strand}\t{{}}\t{{}}"
            span = (offset + 1, offset + len(text))
            rows.append(where.format("gene", *span, ".", f"ID={name}"))
            rows.append(where.format("mRNA", *span, ".", f"ID={name}.t;Parent={name}"))
            done = 0
            for start, end in exons:
                phase = -done % 3
                done += end - start
                rows.append(
                    where.format(
                        "CDS",
                        offset + start + 1,
                        offset + end,
                        phase,
                        f"ID={name}.c;Parent={name}.t",
                    )
                )
            sequence += text + letters(300)
        fasta.append(f">{contig}\n{sequence}\n")
        lengths[contig] = len(sequence)
    folder.mkdir(parents=True, exist_ok=True)
    species = ToySpecies(folder / "toy.fa", folder / "toy.gff3", lengths)
    species.genome.write_text("".join(fasta))
    species.annotation.write_text("\n".join(rows) + "\n")
    return species


def _reversed(letters: str) -> str:
    """The opposite strand."""
    return letters[::-1].translate(str.maketrans("ACGT", "TGCA"))


def _on_strand(strand: str, gene: str, segments: list[Interval]) -> tuple[str, list[Interval]]:
    """A forward gene and its segments, as the forward strand has them where it is on another."""
    if strand == "+":
        return gene, segments
    size = len(gene)
    return _reversed(gene), [(size - end, size - start) for start, end in segments[::-1]]


def _spacer(rng: random.Random, length: int) -> str:
    """Bases between genes: A and T mostly."""
    return "".join(rng.choices("ACGT", (4, 1, 1, 4), k=length))


def _gene(rng: random.Random, exons: tuple[int, ...]) -> tuple[str, list[Interval]]:
    """A forward gene of G, C, then A or T in each codon, with introns of T, and its segments."""
    codons = sum(exons) // 3 - 2
    inner = (rng.choice(first) for _ in range(codons) for first in ("GGGC", "CCCG", "AT"))
    coding = f"ATG{''.join(inner)}TAA"
    gene, segments = "", []
    for number, length in enumerate(exons):
        if number:
            gene += f"GTAAGT{''.join(rng.choices('ACGT', (1, 1, 1, 17), k=80))}TTTTTTTTCAG"
        segments.append((len(gene), len(gene) + length))
        gene += coding[:length]
        coding = coding[length:]
    return gene, segments


def _write_planted_model(folder: Path) -> None:
    """A model of statistics filled in by hand, Planta clara, whose network says nothing."""

    config = NetworkConfig(
        word=2,
        filters=4,
        convolutions=((3, 1),),
        hidden=4,
        head=4,
        site_hidden=0,
        table_order=1,
        weights_before=6,
        weights_after=6,
    )
    grammar = Grammar(min_intron=40, min_exon=9)
    network = GeneNetwork(config, grammar)
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.zero_()
    # Of A, C, G, T; by the three positions of a codon and intron.
    scores = [(-4, -4, 0, -2), (1, 2, -3, -1), (2, 1, -3, -1), (-4, -4, 0, 1)]
    words = np.zeros((17, 4), dtype=np.float32)
    words[:16] = np.tile(scores, (4, 1))
    weights = np.zeros((4, 4, 4, 13), dtype=np.float32)
    for signal, offset, motif in ((2, 0, "GTAAGT"), (3, -5, "TTTCAG")):
        for place, base in enumerate(motif, start=6 + offset):
            weights[signal, :, :, place] = -2.0
            weights[signal, :, "ACGT".index(base), place] = 1.5
    bias = np.array([-3, -3, -4, -4], dtype=np.float32)
    statistics = Statistics("Planta clara", CountedTables(words, weights, bias, before=6))
    Model(folder.name, network.eval(), grammar, min_posterior=0.5, statistics=(statistics,)).save(
        folder
    )


def count_genes(
    contigs: Iterable[Contig], genes: Iterable[Gene], grammar: Grammar, config: NetworkConfig
) -> Statistics:
    """Statistics that are counted on genes."""
    genes = tuple(genes)
    labelled = []
    for contig in contigs:
        own = [gene for gene in genes if gene.contig == contig.name]
        targets = label_contig(contig.codes, own, grammar)
        labelled.append(
            LabelledContig(
                contig.codes,
                targets.labels,
                targets.signal_positions,
                targets.signal_channels,
                targets.masked_bases(),
            )
        )
    return Statistics("annotated", count_tables(labelled, grammar, config.table_shape))


def doubtful_tables(
    tables: CountedTables, share: float, donor: float, acceptor: float
) -> CountedTables:
    """Tables that say less of everything, but call introns more readily, or less."""
    return replace(
        tables,
        words=share * tables.words,
        weights=share * tables.weights,
        bias=tables.bias + np.array([0, 0, donor, acceptor], dtype=np.float32),
    )


def made_up_statistics(config: NetworkConfig, seed: int) -> Statistics:
    """Statistics of a species that there is not."""
    random = np.random.default_rng(seed)
    shape = config.table_shape
    words = random.normal(size=(4**shape.word + 1, 4)).astype(np.float32)
    words[-1] = 0
    return Statistics(
        name=f"species {seed}",
        tables=CountedTables(
            words=words,
            weights=random.normal(size=(4, 4, 4, shape.columns)).astype(np.float32),
            bias=random.normal(size=4).astype(np.float32),
            before=shape.before,
        ),
    )


def counted_statistics(corpus: Corpus, config: NetworkConfig) -> Statistics:
    """The statistics of a corpus of one genome."""
    counts, _ = count_parts(corpus.groups[0], corpus.grammar, config)
    return Statistics("toy", counts.tables(), corpus.grammar.genetic_code)
