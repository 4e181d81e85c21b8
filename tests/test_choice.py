"""Which model finds the genes of a genome, and the statistics of which species it reads."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import genefinder
from genefinder.choice import choose
from genefinder.compute import Compute
from genefinder.data.genome_sample import GenomeSample
from genefinder.errors import InputError, ModelError
from genefinder.grammar import Grammar
from genefinder.io.fasta import Contig, open_genome
from genefinder.learning import Candidate, Learnt
from genefinder.models.model import Model
from genefinder.race import Contender
from genefinder.saved_bits import GenesFound
from genefinder.species.statistics import Statistics
from genefinder.species_choice import (
    choose_learnt,
    compare,
    learn,
    likest_species,
    named,
    own_statistics,
)

from .toy_genomes import TINY, coding_genome, count_genes, made_up_statistics

CPU = Compute(device="cpu")
GRAMMAR = Grammar(min_intron=30, min_exon=9)


@pytest.fixture
def model(planted_species: Path) -> Model:
    return Model.load(planted_species)


@pytest.fixture
def clear(model: Model) -> Statistics:
    return model.species_statistics("Planta clara")


@pytest.fixture
def obscure(model: Model) -> Statistics:
    return model.species_statistics("Planta obscura")


def test_a_species_is_asked_for_by_name_or_by_file(planted, model, clear, tmp_path) -> None:
    clear.save(tmp_path / "file")
    for species in ("planta clara", tmp_path / "file", str(tmp_path / "file"), clear):
        chosen = choose(open_genome(planted.genome), model, species, compute=CPU)
        assert chosen.reads is not None
        assert chosen.reads.assessments == ()
        assert chosen.reads.statistics.sha256 == clear.sha256
        assert chosen.model.reads is chosen.reads.statistics
        assert chosen.to_dict() is None
        assert "\n" not in chosen.reads.describe()


def test_what_is_no_species_and_no_file(planted, model) -> None:
    message = "reader knows no species oak; it knows Planta clara, Planta obscura; there is no file"
    with pytest.raises(ModelError, match=message):
        choose(open_genome(planted.genome), model, "oak", compute=CPU)
    with pytest.raises(ModelError, match="no installed model knows several"):
        named("oak", [])


def test_the_best_known_species(planted, model, clear) -> None:
    chosen = choose(open_genome(planted.genome), model, "known", compute=CPU)
    assert chosen.reads is not None
    assert chosen.reads.statistics is clear
    first, second = chosen.reads.assessments
    assert first.score > second.score
    assert chosen.reads.describe().splitlines() == [
        "species Planta clara (counted on an annotation): the best of the known species",
        f"  bits saved per kb: Planta clara {first.score:.2f}; Planta obscura {second.score:.2f}",
    ]
    assert chosen.comments() == [
        ("genetic code", "1: no stop codon stands inside coding sequence"),
        ("species choice", f"the best of the known species; {chosen.reads.scores()}"),
    ]
    told = chosen.reads.to_dict()
    assert (told["name"], told["sha256"]) == ("Planta clara", clear.sha256)
    assert [assessed["name"] for assessed in told["compared"]] == ["Planta clara", "Planta obscura"]
    assert chosen.seconds > 0
    unknowing = replace(model, statistics=())
    with pytest.raises(ModelError, match="knows no species by name"):
        choose(open_genome(planted.genome), unknowing, "known", compute=CPU)


def test_small_genomes_take_known_species(planted, model, clear) -> None:
    chosen = choose(open_genome(planted.genome), model, compute=CPU)
    assert chosen.reads is not None
    assert chosen.reads.statistics is clear
    assert "genome.fa has 0.05 Mb, and statistics are learnt from 1 Mb" in chosen.reads.reason
    with pytest.raises(InputError, match="learnt from 1 Mb at least"):
        choose(open_genome(planted.genome), model, "self", compute=CPU)
    with pytest.raises(InputError, match="learnt from 1 Mb at least"):
        choose(open_genome(planted.genome), replace(model, statistics=()), compute=CPU)


def learnt(statistics: Statistics, saved: float, *known: Statistics) -> Learnt:
    """What saves so many bits per kb, beside known species that save 5."""
    own = replace(statistics, name="Mine", origin="genome")
    candidates = [
        Candidate("learnt", own, GenesFound(9, 9, saved)),
        *(Candidate(nearest.name, nearest, GenesFound(9, 9, 5.0)) for nearest in known),
    ]
    candidates.sort(key=lambda candidate: -candidate.saved_per_kb)
    return Learnt(tuple(candidates), 1_000_000)


def test_what_is_learnt_is_taken_where_it_is_better(model, clear) -> None:
    better = choose_learnt(model, learnt(clear, 6.0, clear))
    assert better.describe().splitlines() == [
        "species Mine (learnt from a genome alone): learnt from the genome, it describes it best",
        "  bits saved per kb: Mine 6.00; Planta clara 5.00",
    ]
    assert better.model.reads is better.statistics
    worse = choose_learnt(model, learnt(clear, 4.0, clear))
    assert worse.statistics is clear
    assert worse.reason == "it describes the genome better than what is learnt from it"
    asked_for = choose_learnt(model, learnt(clear, 4.0, clear), asked_for=True)
    assert asked_for.describe() == (
        "species Mine (learnt from a genome alone): learnt as asked for"
    )
    nothing_else = choose_learnt(model, learnt(clear, -1.0))
    assert nothing_else.statistics.origin == "genome"


def test_the_genetic_code_is_that_of_the_nearest_species(planted, model, clear) -> None:
    other = replace(clear, name="Planta ciliata", genetic_code=12)
    others = replace(model, statistics=(other, replace(other, name="Planta alia")))
    sample = GenomeSample(open_genome(planted.genome))
    shares: list[float] = []
    found = learn(others, sample, compute=CPU, progress=shares.append, least_bases=10_000)
    assert {candidate.statistics.genetic_code for candidate in found.candidates} == {12}
    assert {candidate.name for candidate in found.candidates} == {
        "Planta alia",
        "learnt from Planta alia",
        "learnt from long open frames",
    }
    assert own_statistics(found).name == "genome.fa"
    assert shares[-1] == 1.0
    asked_for = learn(model, sample, name="Mine", genetic_code=26, compute=CPU, least_bases=10_000)
    assert {candidate.statistics.genetic_code for candidate in asked_for.candidates} == {26}
    assert own_statistics(asked_for).name == "Mine"


def test_species_of_other_stop_codons_are_no_start(model) -> None:
    codes = coding_genome(("TGA",), genes=20)
    sample = GenomeSample(Contig(f"{number}", part) for number, part in enumerate(codes))
    found = learn(model, sample, compute=CPU, least_bases=10_000)
    assert {candidate.statistics.genetic_code for candidate in found.candidates} == {6}
    assert {candidate.name for candidate in found.candidates} == {"learnt from long open frames"}


def test_a_code_that_is_asked_for_is_that_of_what_is_read(planted, model) -> None:
    genome = open_genome(planted.genome)
    one = choose(genome, Model.load(planted.model), genetic_code=12, compute=CPU)
    assert (one.model.grammar.genetic_code, one.species) == (12, None)
    assert one.comments() == [("genetic code", "12: as asked for")]
    by_name = choose(genome, model, "Planta clara", genetic_code=6, compute=CPU)
    assert by_name.model.grammar.genetic_code == 6
    # Known species are compared under it, if their codes have its stop codons.
    chosen = choose(genome, model, genetic_code=26, compute=CPU)
    assert chosen.model.grammar.genetic_code == 26
    assert chosen.reads is not None
    compared = [assessed.statistics.name for assessed in chosen.reads.assessments]
    assert compared == ["Planta clara", "Planta obscura"]
    with pytest.raises(InputError, match="learnt from 1 Mb at least"):
        choose(genome, model, genetic_code=6, compute=CPU)
    with pytest.raises(ModelError, match="knows no species with the stop codons of genetic code 6"):
        choose(genome, model, "known", genetic_code=6, compute=CPU)
    for code in (27, 28, 31):
        with pytest.raises(InputError, match=f"code {code} stop codons stand for amino acids as"):
            choose(genome, model, genetic_code=code, compute=CPU)


def test_a_code_that_the_genome_tells(model, clear) -> None:
    codes = coding_genome(("TGA",), genes=20)
    genome = [Contig(f"{number}", part) for number, part in enumerate(codes)]
    others = replace(clear, genetic_code=29), replace(clear, name="Planta vulgaris")
    known = replace(model, statistics=others, reads=None)
    chosen = choose(genome, known, "known", compute=CPU)
    assert chosen.reads is not None
    assert len(chosen.reads.assessments) == 1
    assert chosen.model.grammar.genetic_code == 29
    key, told = chosen.comments()[0]
    assert key == "genetic code"
    assert told.startswith("29: TAA (")
    assert "amino acids as of the nearest known species" in told


def test_models_of_one_species_need_the_stop_codons(planted, install) -> None:
    genome = open_genome(planted.genome)
    install(planted.model)
    same = choose(genome, genetic_code=12, compute=CPU)
    assert (same.model.name, same.model.grammar.genetic_code) == ("model", 12)
    with pytest.raises(
        InputError, match="no installed model has the stop codons of genetic code 6"
    ):
        choose(genome, genetic_code=6, compute=CPU)


def test_learning_from_what_cannot_be_learnt_from(planted, model) -> None:
    with pytest.raises(
        InputError, match=r"genome\.fa has 0\.05 Mb, and statistics are learnt from 1"
    ):
        genefinder.learn(planted.genome, model)
    with pytest.raises(InputError, match=r"the genome has 0\.02 Mb"):
        genefinder.learn({"one": "ACGT" * 5000}, model, genetic_code=6)
    with pytest.raises(InputError, match="genetic code 99"):
        genefinder.learn(planted.genome, model, genetic_code=99)


def test_a_model_of_one_species_reads_it_unless_told(planted, obscure) -> None:
    genome, own = open_genome(planted.genome), Model.load(planted.model)
    assert choose(genome, own, compute=CPU).model is own
    assert choose(genome, own, "known", compute=CPU).model.reads is own.reads
    assert choose(genome, own, obscure, compute=CPU).model.reads is obscure
    with pytest.raises(InputError, match="learnt from 1 Mb at least"):
        choose(genome, own, "self", compute=CPU)


def test_species_with_which_no_gene_is_found_come_last(planted, model, clear, obscure) -> None:
    # Codons say nothing, and starts, stops and splice sites are everywhere: it saves less than no
    # bits, which is what finding nothing saves.
    tables = replace(
        clear.tables,
        words=0 * clear.tables.words,
        weights=0 * clear.tables.weights,
        bias=0 * clear.tables.bias + 4,
    )
    wrong = replace(clear, name="Planta falsa", tables=tables)
    sample = GenomeSample(open_genome(planted.genome))
    compared = compare(model, sample, [obscure, wrong, clear], CPU)
    assert [found.statistics for found in compared] == [clear, wrong, obscure]
    assert [found.finds_genes for found in compared] == [True, True, False]
    assert compared[0].score > 0 == compared[2].score > compared[1].score


@pytest.fixture
def clade(planted, tmp_path: Path) -> Path:
    """The planted model with what it sees in its own genome."""
    model = Model.load(planted.model)
    contender = Contender(model, Compute(device="cpu"))
    contender.read(GenomeSample(open_genome(planted.genome)).short())
    seen = contender.profile
    replace(model, profiles=(seen,), sha256="").save(tmp_path / "clade")
    return tmp_path / "clade"


def changed(folder: Path, name: str, **values: Any) -> Path:
    model = Model.load(folder)
    profiles = tuple(replace(profile, **values) for profile in model.profiles)
    replace(model, profiles=profiles, sha256="").save(folder.parent / name)
    return folder.parent / name


def test_a_clade_that_fits_is_taken(planted, planted_species, clade, install) -> None:
    install(clade, planted_species)
    chosen = choose(open_genome(planted.genome), compute=CPU)
    assert (chosen.model.name, chosen.species, chosen.reason) == ("clade", None, "")
    assert chosen.selection is not None
    assert [assessed.model for assessed in chosen.selection.assessments] == ["clade"]


def test_where_no_clade_fits_more_bits_decide(planted, planted_species, clade, install) -> None:
    # By the same genes it saves as much, and no more.
    install(changed(clade, "dense", genes_per_mb=1e6), planted_species)
    kept = choose(open_genome(planted.genome), compute=CPU)
    assert (kept.model.name, kept.reads) == ("dense", None)
    assert "no more than its" in kept.reason
    assert [key for key, _ in kept.comments()] == [
        "genetic code",
        "model choice",
        "warning",
        "model choice",
    ]
    # Its species are far from the codon usage here, which costs the model of the clade bits.
    other = changed(clade, "other", genes_per_mb=1e6, codons=tuple(range(64)))
    install(other, planted_species)
    taken = choose(open_genome(planted.genome), compute=CPU)
    assert taken.model.reads is not None
    assert (taken.model.name, taken.model.reads.name) == ("reader", "Planta clara")
    assert "is taken" in taken.reason
    assert [key for key, _ in taken.comments()] == [
        "genetic code",
        "model choice",
        "model choice",
        "species choice",
    ]
    told = taken.to_dict()
    assert told is not None
    assert told["chosen"] == "reader"
    assert told["statistics_model"]["name"] == "Planta clara"


def test_a_species_asked_for_decides_the_model(planted, planted_species, clade, install) -> None:
    install(clade, planted_species)
    chosen = choose(open_genome(planted.genome), None, "Planta clara", compute=CPU)
    assert (chosen.model.name, chosen.selection) == ("reader", None)
    install(clade)
    with pytest.raises(InputError, match="no installed model knows several"):
        choose(open_genome(planted.genome), None, "Planta clara", compute=CPU)


def test_without_models_of_clades_the_reader_is_taken(planted, planted_species, install) -> None:
    install(planted_species)
    found = genefinder.predict(planted.genome, device="cpu")
    assert found.model.name == "reader"
    genes = [(gene.contig, gene.strand, gene.exons) for gene in found.genes()]
    assert genes == list(planted.genes)
    letters = {"one": "ACGT" * 500}
    in_memory = genefinder.predict(letters, species="Planta obscura", device="cpu")
    assert in_memory.model.reads is not None
    assert in_memory.model.reads.name == "Planta obscura"


def test_a_model_that_reads_something_goes_on_reading_it(planted, model, obscure) -> None:
    chosen = choose(open_genome(planted.genome), model.reading(obscure), compute=CPU)
    assert chosen.model.reads is obscure
    assert chosen.species is None


def test_the_likest_are_compared(bare) -> None:
    contigs = list(open_genome(bare.genome))
    own = count_genes(contigs, bare.genes, GRAMMAR, TINY)
    others = [made_up_statistics(TINY, seed) for seed in range(3)]
    sequences = [contig.codes for contig in contigs]
    species = [*others[:2], own, others[2]]
    assert likest_species(species, sequences, GRAMMAR, most=4) == species
    first, _ = likest_species(species, sequences, GRAMMAR, most=2)
    assert first is own
    noise = [np.random.default_rng(1).integers(0, 4, 30_000, dtype=np.uint8)]
    assert likest_species(species, noise, GRAMMAR, most=2) == species
