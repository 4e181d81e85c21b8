"""Which model finds the genes of a genome, and the statistics of which species it reads."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

import genefinder
from genefinder import species_choice
from genefinder.choice import choose
from genefinder.data.stop_codons import StopCodons
from genefinder.errors import InputError, ModelError
from genefinder.grammar import Grammar
from genefinder.io.fasta import open_genome
from genefinder.learning import Candidate, Learnt
from genefinder.models.model import Model
from genefinder.predictor import Predictor
from genefinder.selection import profile_of, sample
from genefinder.species.statistics import Statistics
from genefinder.species_choice import Compute, learn, likest_species, named

from .toy_genomes import TINY, count_genes, made_up_statistics

CPU = Compute(device="cpu")
GRAMMAR = Grammar(min_intron=30, min_exon=9)
Teach = Callable[[Statistics, float], None]


@pytest.fixture
def model(planted_species: Path) -> Model:
    return Model.load(planted_species)


@pytest.fixture
def clear(model: Model) -> Statistics:
    return model.species_statistics("Planta clara")


@pytest.fixture
def obscure(model: Model) -> Statistics:
    return model.species_statistics("Planta obscura")


@pytest.fixture
def teach(monkeypatch) -> Teach:
    """From now on, these statistics are learnt from any genome, and save so many bits per kb.

    The nearest known ones save 5.
    """

    def teach(statistics: Statistics, saved: float) -> None:
        def learn_statistics(contigs, network, grammar, name, known, *, device, threads, progress):
            assert (device, threads) == (torch.device("cpu"), 1)
            assert network.candidates.site_words.tolist() == grammar.site_words.tolist()
            progress(1.0)
            learnt = replace(
                statistics, name=name, genetic_code=grammar.genetic_code, origin="genome"
            )
            candidates = [
                Candidate("learnt", learnt, saved, 9, 9),
                *(Candidate(nearest.name, nearest, 5.0, 9, 9) for nearest in known),
            ]
            candidates.sort(key=lambda candidate: -candidate.saved_per_kb)
            return Learnt(tuple(candidates), sum(map(len, contigs)))

        monkeypatch.setattr(species_choice, "learn_statistics", learn_statistics)
        monkeypatch.setattr(species_choice, "LEAST_BASES", 10_000)

    return teach


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


def test_what_is_learnt_is_taken_where_it_is_better(planted, model, clear, teach) -> None:
    genome = open_genome(planted.genome)
    teach(clear, 6.0)
    better = choose(genome, model, compute=CPU)
    assert better.reads is not None
    assert better.reads.describe().splitlines() == [
        "species genome.fa (learnt from a genome alone): learnt from the genome, it describes it "
        "best",
        "  bits saved per kb: genome.fa 6.00; Planta clara 5.00",
    ]
    teach(clear, 4.0)
    worse = choose(genome, model, compute=CPU)
    assert worse.reads is not None
    assert worse.reads.statistics is clear
    assert worse.reads.reason == "it describes the genome better than what is learnt from it"
    asked_for = choose(genome, model, "self", compute=CPU)
    assert asked_for.reads is not None
    assert asked_for.reads.statistics.origin == "genome"
    unknowing = choose(genome, replace(model, statistics=()), compute=CPU)
    assert unknowing.reads is not None
    assert unknowing.reads.statistics.origin == "genome"


def test_the_genetic_code_is_that_of_the_nearest_species(planted, model, clear, teach) -> None:
    teach(clear, 6.0)
    other = replace(clear, name="Planta ciliata", genetic_code=12)
    ciliates = replace(model, statistics=(other, replace(other, name="Planta alia")))
    chosen = choose(open_genome(planted.genome), ciliates, compute=CPU)
    assert chosen.model.grammar.genetic_code == 12
    learnt = learn(ciliates, open_genome(planted.genome), genetic_code=6, compute=CPU)
    assert [candidate.name for candidate in learnt.candidates] == ["learnt"]
    assert learnt.statistics.genetic_code == 6


def test_a_code_that_is_asked_for_is_that_of_what_is_read(planted, model, clear, teach) -> None:
    genome = open_genome(planted.genome)
    one = choose(genome, Model.load(planted.model), genetic_code=12, compute=CPU)
    assert (one.model.grammar.genetic_code, one.species) == (12, None)
    assert one.comments() == [("genetic code", "12: as asked for")]
    by_name = choose(genome, model, "Planta clara", genetic_code=6, compute=CPU)
    assert by_name.model.grammar.genetic_code == 6
    # Known species are compared under it, if their codes have its stop codons.
    for code, names in ((26, {"Planta clara", "Planta obscura"}), (6, set())):
        teach(clear, 6.0)
        chosen = choose(genome, model, genetic_code=code, compute=CPU)
        assert chosen.model.grammar.genetic_code == code
        assert chosen.reads is not None
        compared = {assessed.statistics.name for assessed in chosen.reads.assessments}
        assert compared - {"genome.fa"} <= names
        assert bool(compared - {"genome.fa"}) == bool(names)
    with pytest.raises(ModelError, match="knows no species with the stop codons of genetic code 6"):
        choose(genome, model, "known", genetic_code=6, compute=CPU)
    for code in (27, 28, 31):
        with pytest.raises(InputError, match=f"code {code} stop codons stand for amino acids as"):
            choose(genome, model, genetic_code=code, compute=CPU)


def found(**changes: Any) -> Callable[[Any], StopCodons]:
    return lambda sequences: StopCodons(**changes)


def test_a_code_that_the_genome_tells(planted, model, teach, clear, monkeypatch) -> None:
    genome = open_genome(planted.genome)
    teach(clear, 6.0)
    ciliate = found(sense=("TAA", "TAG"), inside={"TAA": 1234, "TAG": 56})
    monkeypatch.setattr(species_choice, "find_stop_codons", ciliate)
    chosen = choose(genome, model, compute=CPU)
    assert chosen.model.grammar.genetic_code == 6
    (told,) = [text for key, text in chosen.comments() if key == "genetic code"]
    assert told == (
        "6: TAA (1,234 times) and TAG (56 times) inside coding sequence, in a sample; the same "
        "stop codons, but other amino acids: 29, 30"
    )
    known = replace(model, statistics=(replace(clear, genetic_code=29),), reads=None)
    near = choose(genome, replace(known, reads=None), "known", compute=CPU)
    assert near.model.grammar.genetic_code == 29
    assert near.comments()[0][1].startswith("29: TAA (1,234 times)")
    assert "amino acids as of the nearest known species" in near.comments()[0][1]
    every = found(sense=("TAA", "TAG", "TGA"), inside={"TAA": 9, "TAG": 8, "TGA": 7})
    monkeypatch.setattr(species_choice, "find_stop_codons", every)
    with pytest.raises(
        InputError, match=r"tables 27, 28, 31 depend on their context.*--genetic-code"
    ):
        choose(genome, model, compute=CPU)
    monkeypatch.setattr(species_choice, "find_stop_codons", found(known=False))
    unknown = choose(genome, model, "known", compute=CPU)
    assert unknown.comments()[0] == (
        "genetic code",
        "1: as of the nearest known species; the sequence does not tell, for there are too few "
        "long open reading frames",
    )


def test_models_of_one_species_need_the_stop_codons(
    planted, planted_species, install, monkeypatch
) -> None:
    genome = open_genome(planted.genome)
    install(planted.model)
    same = choose(genome, genetic_code=12, compute=CPU)
    assert (same.model.name, same.model.grammar.genetic_code) == ("model", 12)
    with pytest.raises(
        InputError, match="no installed model has the stop codons of genetic code 6"
    ):
        choose(genome, genetic_code=6, compute=CPU)


def test_learning(planted, model, clear, teach) -> None:
    teach(clear, 4.0)
    shares: list[float] = []
    letters = {"one": "ACGT" * 5000}
    statistics = genefinder.learn(
        letters, model, genetic_code=6, device="cpu", progress=shares.append
    )
    assert (statistics.name, statistics.genetic_code, statistics.origin) == (
        "the genome",
        6,
        "genome",
    )
    assert shares == [1.0]
    own = genefinder.learn(planted.genome, model, name="Mine", device="cpu")
    assert own.name == "Mine"
    with pytest.raises(InputError, match="genetic code 99"):
        genefinder.learn(planted.genome, model, genetic_code=99)


def test_a_model_of_one_species_reads_it_unless_told(planted, obscure, teach) -> None:
    genome, own = open_genome(planted.genome), Model.load(planted.model)
    assert choose(genome, own, compute=CPU).model is own
    assert choose(genome, own, "known", compute=CPU).model.reads is own.reads
    assert choose(genome, own, obscure, compute=CPU).model.reads is obscure
    teach(obscure, 6.0)
    learnt = choose(genome, own, "self", compute=CPU).model.reads
    assert learnt is not None
    assert learnt.origin == "genome"


@pytest.fixture
def clade(planted, tmp_path: Path) -> Path:
    """The planted model with what it sees in its own genome."""
    model = Model.load(planted.model)
    seen = profile_of(Predictor(model, device="cpu"), sample(open_genome(planted.genome)))
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
