from dataclasses import replace
from pathlib import Path

import pytest

from genefinder.dna import decode
from genefinder.errors import InputError
from genefinder.genes import Region
from genefinder.training.raw_corpus import RawCorpus, load_raw_corpus
from genefinder.training.settings import RawGenome

LONG = "ACGTTGCA" * 25


def write(folder: Path, name: str = "a.fa", **contigs: str) -> RawGenome:
    path = folder / name
    path.write_text("".join(f">{contig}\n{letters}\n" for contig, letters in contigs.items()))
    return RawGenome(path)


def spans(corpus: RawCorpus) -> list[list[tuple[int, int]]]:
    return [[(region.start, region.end) for region in group] for group in corpus.groups]


def test_regions_are_held_out_and_excluded(tmp_path: Path) -> None:
    genome = write(tmp_path, one=LONG, two=LONG, three="NNNN")
    corpus = load_raw_corpus(
        [genome], [Region("one", 50, 100)], [Region("one", 150), Region("x")][:1]
    )
    assert spans(corpus) == [[(0, 50), (100, 150), (0, 200)]]
    (held_out,) = corpus.held_out
    assert (held_out.start, held_out.end) == (50, 100)
    assert [held.region for held in corpus.held_out] == [Region("one", 50, 100)]
    assert corpus.bases == (300,)
    assert list(corpus.training_regions()) == list(corpus.groups[0])


def test_the_end_of_the_longest_contig_is_held_out(tmp_path: Path) -> None:
    genomes = [write(tmp_path, one=LONG, two=LONG * 2), write(tmp_path, "b.fa", other=LONG * 9)]
    corpus = load_raw_corpus(genomes, [], [])
    assert [held.region for held in corpus.held_out] == [Region("two", 340, 400)]
    assert corpus.weights == (540 / 1e6, 1800 / 1e6)
    weighted = [RawGenome(genomes[0].genome, 3.0), genomes[1]]
    assert load_raw_corpus(weighted, [], []).weights == (3.0, 1800 / 1e6)
    corpus = load_raw_corpus(genomes[:1], [], [Region("two", 0, 1)])
    assert [held.region for held in corpus.held_out] == [Region("two", 341, 400)]
    corpus = load_raw_corpus(genomes[:1], [], [Region("two", 100, 390)])
    assert [held.region for held in corpus.held_out] == [Region("one", 169, 200)]


def test_soft_masked_bases_are_context_alone(tmp_path: Path) -> None:
    genome = write(tmp_path, one="ACGTacgtNN" * 20, two=LONG, three=LONG.lower())
    corpus = load_raw_corpus([genome], [Region("two")], [], skip_soft_masked=True)
    (region,) = corpus.groups[0]
    assert decode(region.codes) == "ACGTACGTNN" * 20
    assert decode(region.readings()[0][1]) == "ACGTNNNNNN" * 20
    assert corpus.bases == (80,)
    corpus = load_raw_corpus([genome], [Region("two")], [])
    assert spans(corpus) == [[(0, 200), (0, 200)]]
    assert corpus.bases == (360,)


@pytest.mark.parametrize(
    ("validation", "exclude", "message"),
    [
        ([Region("x")], [], "region x: no genome given has a contig 'x'"),
        ([], [Region("x", 0, 5)], "region x:1-5: no genome given"),
        ([Region("one", 300)], [], r"one:301- begins beyond the end of one \(200 bases\)"),
        ([Region("two")], [], r"two:1-40 holds no base to predict.*--validation"),
        ([Region("one", 0, 9)], [], "one:1-9 holds no base to predict"),
        ([Region("one")], [], r"a\.fa: nothing is left to learn from"),
        ([], [Region("one"), Region("two")], "everything is excluded"),
    ],
)
def test_mistakes_are_named(tmp_path: Path, validation, exclude, message: str) -> None:
    genome = write(tmp_path, one=LONG, two="N" * 40)
    with pytest.raises(InputError, match=message):
        load_raw_corpus([genome], validation, exclude)


def test_genomes_have_regions_of_their_own(tmp_path: Path) -> None:
    (tmp_path / "held.bed").write_text("one\t0\t50\n")
    genomes = [
        replace(write(tmp_path, one=LONG, two=LONG), exclude=(Region("two", 150),)),
        replace(write(tmp_path, "b.fa", one=LONG), validation=tmp_path / "held.bed"),
    ]
    corpus = load_raw_corpus(genomes, (), [Region("one", 180)])
    assert [(held.genome, held.region) for held in corpus.held_out] == [(1, Region("one", 0, 50))]
    assert spans(corpus) == [[(0, 180), (0, 150)], [(50, 180)]]
    genomes[1] = replace(genomes[1], exclude=(Region("two", 5),))
    with pytest.raises(InputError, match=r"region two:6-: .*b\.fa has no contig 'two'"):
        load_raw_corpus(genomes, (), [])


def test_contigs_of_one_name(tmp_path: Path) -> None:
    genomes = [write(tmp_path, one=LONG, three=LONG), write(tmp_path, "b.fa", one=LONG, two=LONG)]
    corpus = load_raw_corpus(genomes, [Region("one")], [])
    assert len(corpus.held_out) == 1
    assert spans(corpus) == [[(0, 200)], [(0, 200)]]
    with pytest.raises(InputError, match="no genome to learn from"):
        load_raw_corpus([], [], [])
