import re
from dataclasses import replace

import numpy as np
import pytest

from genefinder.data.counts import CountedTables
from genefinder.dna import N
from genefinder.errors import InputError
from genefinder.genes import Gene, Region, Transcript
from genefinder.grammar import Grammar
from genefinder.grammar.grammar import EXON_FLOOR, INTRON_FLOOR
from genefinder.network.config import NetworkConfig
from genefinder.training.corpus import Corpus, load_corpus
from genefinder.training.genomes import load_genome, split_annotated

from ..toy_genomes import counted_statistics


def counted(corpus: Corpus, config: NetworkConfig) -> CountedTables:
    return counted_statistics(corpus, config).tables


def trained_on(corpus, contig: str, group: int = 0) -> set[int]:
    bases: set[int] = set()
    for region in corpus.groups[group]:
        if region.contig == contig:
            bases |= set(range(region.start, region.end))
    return bases


def test_holds_out_the_end_of_the_longest_contig(toy) -> None:
    corpus = load_corpus([toy.labelled], [], [])
    (held_out,) = corpus.held_out
    length = toy.lengths["long"]
    region = held_out.region
    total = sum(toy.lengths.values())
    assert region.contig == "long"
    assert region.end == length
    assert 0.8 * total / 10 < length - region.start <= total / 10
    assert len(held_out.codes) == length - region.start
    assert len(held_out.genes) > 2
    assert trained_on(corpus, "long") == set(range(region.start))
    assert trained_on(corpus, "short") == set(range(toy.lengths["short"]))
    assert corpus.bases == region.start + toy.lengths["short"]
    # No gene is cut, so that all of it is seen on one side.
    (report,) = corpus.reports
    assert report.used_genes == 52
    genes = {gene.id for gene in held_out.genes}
    ends = {
        choice.gene.id
        for choice in corpus.groups[0][0].targets.choices
        if choice.gene.end <= region.start
    }
    assert genes | ends == {f"long{number}" for number in range(40)}


def test_held_out_genes_are_those_of_the_contig(toy) -> None:
    held = load_corpus([toy.labelled], [Region("short"), Region("long", 0, 5_000)], []).held_out
    for region in held:
        assert region.genes
        assert {gene.contig for gene in region.genes} == {region.contig}


def test_given_regions_are_kept_apart(toy) -> None:
    validation, exclude = [Region("long", 3_000, 6_000)], [Region("long", 9_000), Region("short")]
    corpus = load_corpus([toy.labelled], validation, exclude)
    assert trained_on(corpus, "long") == {*range(3_000), *range(6_000, 9_000)}
    assert not trained_on(corpus, "short")
    (held_out,) = corpus.held_out
    assert held_out.region == Region("long", 3_000, 6_000)
    assert all(gene.start >= 3_000 and gene.end <= 6_000 for gene in held_out.genes)


def test_the_default_cuts_no_gene(toy) -> None:
    loaded = load_genome(toy.labelled)

    def held_out(*spans: tuple[int, int]) -> Region:
        genes = tuple(
            Gene("g", "long", "+", (Transcript("t", "long", "+", (span,), (span,)),))
            for span in spans
        )
        annotated = replace(loaded, annotation=replace(loaded.annotation, genes=genes))
        ((_, region),) = split_annotated([annotated], (), ()).held_out
        return region

    start = held_out().start
    assert held_out((start - 30, start)).start == start
    assert held_out((start - 30, start + 60), (start + 30, start + 90)).start == start + 90


def test_default_avoids_what_is_excluded(toy) -> None:
    whole = load_corpus([toy.labelled], [], []).held_out[0].region
    for exclude in (Region("long", 0, 10), Region("long", whole.start)):
        corpus = load_corpus([toy.labelled], [], [exclude])
        (held_out,) = corpus.held_out
        end = held_out.region.start + len(held_out.codes)
        assert (held_out.region.contig, end) == ("long", exclude.start or whole.end)
        assert held_out.genes
        assert not trained_on(corpus, "long") & {*range(held_out.region.start, end)}
        assert trained_on(corpus, "short")
    with pytest.raises(InputError, match="everything is excluded"):
        load_corpus([toy.labelled], [], [Region("long"), Region("short")])


def test_excluded_bases_change_no_table(toy, tiny: NetworkConfig, tmp_path) -> None:
    exclude = [Region("short")]
    tables = counted(load_corpus([toy.labelled], [], exclude), tiny)
    name, sequence, *rest = toy.genome.read_text().split("\n")
    altered = tmp_path / "toy.fa"
    altered.write_text("\n".join([name, sequence, rest[0], "G" * toy.lengths["short"], ""]))
    genome = replace(toy.labelled, genome=altered)
    others = counted(load_corpus([genome], [], exclude), tiny)
    assert np.array_equal(tables.words, others.words)
    assert np.array_equal(tables.weights, others.weights)
    included = counted(load_corpus([genome], [], []), tiny)
    assert not np.array_equal(tables.words, included.words)


MANY = 330
"""Genes, of which every third has an intron, that tell the minimum lengths of a species."""


def test_minimum_lengths_come_from_the_training_genes(species, tmp_path) -> None:
    genome = species(tmp_path, introns=(31, 40), genes=MANY).labelled
    grammar = load_corpus([genome], [], []).grammar
    assert 31 <= grammar.min_intron < 40
    assert grammar.min_exon > EXON_FLOOR
    # They belong to the species: what a model brings along does not matter.
    brought = Grammar(min_intron=500, min_exon=400, donors=("GT",), starts=("ATG", "CTG"))
    adapted = load_corpus([genome], [], [], brought).grammar
    assert (adapted.min_intron, adapted.min_exon) == (grammar.min_intron, grammar.min_exon)
    assert (adapted.donors, adapted.starts) == (("GT",), ("ATG", "CTG"))


def test_the_model_has_the_lowest_minimum_lengths(species, tmp_path) -> None:
    first = species(tmp_path / "first", genes=MANY).labelled
    genome = species(tmp_path, introns=(31, 40), genes=MANY).labelled
    for name in ("genome", "annotation"):
        path = tmp_path / f"other.{name}"
        path.write_text(re.sub(r"\b(long|short)\b", r"\1b", getattr(genome, name).read_text()))
    other = replace(
        genome, genome=tmp_path / "other.genome", annotation=tmp_path / "other.annotation"
    )
    both = [first, other]
    alone = [
        load_corpus([labelled], [Region(name)], []).grammar.min_intron
        for labelled, name in ((first, "short"), (other, "shortb"))
    ]
    assert alone[0] != alone[1]
    together = load_corpus(both, [Region("short"), Region("shortb")], [])
    assert [own.min_intron for own in together.grammars.values()] == alone
    assert together.grammar.min_intron == min(alone)


def test_few_genes_leave_the_floors(toy) -> None:
    grammar = load_corpus([toy.labelled], [], []).grammar
    assert (grammar.min_intron, grammar.min_exon) == (INTRON_FLOOR, EXON_FLOOR)


def test_the_genetic_code_is_that_of_the_genomes(toy) -> None:
    # Under table 6 only TGA stops, so that the genes, which end with TAA, cannot be spelled.
    with pytest.raises(InputError, match="complete coding sequence"):
        load_corpus([replace(toy.labelled, genetic_code=6)], [], [])
    corpus = load_corpus([toy.labelled], [], [], Grammar(genetic_code=6))
    assert corpus.grammar.genetic_code == 1


def test_genomes_weigh_by_their_bases_unless_told(toy, species, tmp_path) -> None:
    text = toy.genome.read_text().replace(">", ">b")
    (tmp_path / "b.fa").write_text(text)
    rows = toy.annotation.read_text().replace("long\ttoy", "blong\ttoy")
    (tmp_path / "b.gff3").write_text(rows.replace("short\ttoy", "bshort\ttoy"))
    other = replace(
        toy.labelled, genome=tmp_path / "b.fa", annotation=tmp_path / "b.gff3", weight=2.5
    )
    corpus = load_corpus([toy.labelled, other], [Region("long", 0, 3_000)], [Region("bshort")])
    total = sum(toy.lengths.values())
    assert corpus.weights == pytest.approx(((total - 3_000) / 1e6, 2.5))
    assert len(corpus.groups) == len(corpus.reports) == len(corpus.hashes) == 2
    with pytest.raises(InputError, match="no gene beside the validation regions"):
        load_corpus([toy.labelled, other], [Region("long"), Region("short")], [])


def test_masked_bases_are_not_learnt(toy, tmp_path) -> None:
    bed = tmp_path / "mask.bed"
    bed.write_text("long\t1000\t2000\n")
    corpus = load_corpus([replace(toy.labelled, mask=bed)], [], [])
    (region,) = (region for region in corpus.groups[0] if region.contig == "long")
    assert region.targets.masked_bases()[1_000:2_000].all()
    bed.write_text(f"long\t0\t{toy.lengths['long']}\n")
    corpus = load_corpus([replace(toy.labelled, mask=bed)], [], [])
    assert {region.contig for region in corpus.groups[0]} == {"short"}
    bed.write_text("".join(f"{name}\t0\t{length}\n" for name, length in toy.lengths.items()))
    with pytest.raises(InputError, match="nothing is left to train on"):
        load_corpus([replace(toy.labelled, mask=bed)], [], [])


@pytest.mark.parametrize(
    ("validation", "exclude", "message"),
    [
        ([Region("chr9")], [], "region chr9: no genome given has a contig 'chr9'"),
        ([], [Region("chr9", 4)], "region chr9:5-: no genome given"),
        ([Region("short", 10**6)], [], "begins beyond the end of short"),
        ([Region("short", 0, 200)], [], r"no gene lies wholly inside.*short:1-200.*--validation"),
        (
            [Region("long")],
            [Region("short")],
            "no gene beside the validation regions has a",
        ),
    ],
)
def test_regions_that_cannot_be(toy, validation, exclude, message: str) -> None:
    with pytest.raises(InputError, match=message):
        load_corpus([toy.labelled], validation, exclude)


def test_no_genomes() -> None:
    with pytest.raises(InputError, match="no genome to train on"):
        load_corpus([], [], [])


def test_validation_contigs_of_the_same_name(toy, species, tmp_path) -> None:
    other = species(tmp_path / "other", seed=2).labelled
    place = Region("long", 0, 3_000)
    corpus = load_corpus([toy.labelled, other], [place], [])
    (held_out,) = corpus.held_out
    assert held_out.genes == load_corpus([toy.labelled], [place], []).held_out[0].genes
    # Neither genome is trained on there.
    assert [region.start for group in corpus.groups for region in group if region.start] == [
        3_000,
        3_000,
    ]


def test_genomes_have_regions_of_their_own(toy, species, tmp_path) -> None:
    other = species(tmp_path / "other", seed=2).labelled
    (tmp_path / "held.bed").write_text("long\t0\t3000\n")
    (tmp_path / "away.bed").write_text("long\t9000\t9500\nshort\t7\t7\n")
    genomes = [
        replace(toy.labelled, exclude=tmp_path / "away.bed"),
        replace(other, validation=tmp_path / "held.bed"),
    ]
    corpus = load_corpus(genomes, [Region("long", 3_000, 6_000)], [])
    assert [(held.genome, held.region) for held in corpus.held_out] == [
        (0, Region("long", 3_000, 6_000)),
        (1, Region("long", 0, 3_000)),
    ]
    ends = toy.lengths["long"]
    assert trained_on(corpus, "long") == {*range(3_000), *range(6_000, 9_000), *range(9_500, ends)}
    assert trained_on(corpus, "short") == set(range(toy.lengths["short"]))
    assert min(trained_on(corpus, "long", group=1)) == 6_000
    # Minimum lengths and statistics are of what is learnt from.
    away = replace(toy.labelled, exclude=tuple(map(Region, toy.lengths)))
    with pytest.raises(InputError, match="no gene beside the validation regions"):
        load_corpus([other, away], [Region("long", 0, 3_000)], [])


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("long\t0\tend\n", "own.bed: line 2: start '0' and end 'end' must be whole numbers"),
        ("chr9\t0\t5\n", "own.bed: line 2: there is no contig 'chr9'"),
        ("long\t0\t999999\n", "own.bed: line 2: ends at 999999"),
    ],
)
@pytest.mark.parametrize("of_the_run", [False, True])
def test_mistakes_in_bed_files_are_named(toy, tmp_path, row, message, of_the_run) -> None:
    bed = tmp_path / "own.bed"
    bed.write_text(f"short\t0\t5\n{row}")
    own = () if of_the_run else bed
    with pytest.raises(InputError, match=message):
        load_corpus([replace(toy.labelled, exclude=own)], (), bed if of_the_run else ())


def test_annotation_of_another_genome(toy, tmp_path) -> None:
    wrong = tmp_path / "wrong.fa"
    wrong.write_text("".join(f">{name}\n{'A' * size}\n" for name, size in toy.lengths.items()))
    with pytest.raises(InputError, match="check that they belong together"):
        load_corpus([replace(toy.labelled, genome=wrong)], [], [])


def test_unknown_bases_are_kept_as_such(toy, tmp_path) -> None:
    text = toy.genome.read_text()
    (tmp_path / "toy.fa").write_text(text.replace("\n", "\n" + "N" * 50, 1))
    rows = toy.annotation.read_text()
    (tmp_path / "toy.gff3").write_text(rows.replace("long\ttoy", "none\ttoy"))
    genome = replace(toy.labelled, genome=tmp_path / "toy.fa", annotation=tmp_path / "toy.gff3")
    corpus = load_corpus([genome], [Region("short", 0, 3_000)], [])
    assert (corpus.groups[0][0].codes[:50] == N).all()
    # Genes on contigs that are not there are problems, not errors.
    assert (
        sum("none is not in" in transcript.detail for transcript in corpus.reports[0].unused) == 40
    )
