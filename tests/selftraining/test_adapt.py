import copy
from dataclasses import replace

import pytest
import torch

from genefinder.data.counts import CountedTables
from genefinder.evaluation import evaluate
from genefinder.genes import shift_gene
from genefinder.grammar import Grammar
from genefinder.io.fasta import open_genome
from genefinder.models.calibration import Calibration, Curve
from genefinder.models.model import Model
from genefinder.models.profile import SpeciesProfile
from genefinder.network.config import NetworkConfig
from genefinder.network.network import GeneNetwork
from genefinder.selftraining import adapt as adapting
from genefinder.selftraining.adapt import adapt, adaptation_recipe, own_tables, transferred
from genefinder.selftraining.chunks import cut_chunks, hold_out
from genefinder.selftraining.criteria import Candidate, score_network
from genefinder.selftraining.selftrain import MIN_EXON, MIN_INTRON, train_self
from genefinder.training.recipe import Recipe
from genefinder.training.settings import SelfSettings
from genefinder.training.start import fill_tables

CPU = torch.device("cpu")
RECIPE = Recipe(window=297, batch=2, max_steps=4, noise=0.0)


@pytest.fixture(scope="module")
def model(bare, tiny, tmp_path_factory) -> Model:
    """A model of the genome's own."""
    folder = tmp_path_factory.mktemp("own") / "own"
    train_self(
        SelfSettings(
            genome=bare.genome,
            output=folder,
            network=tiny,
            recipe=replace(RECIPE, max_steps=0),
            device="cpu",
        )
    )
    return Model.load(folder)


@pytest.fixture(scope="module")
def blunt(model: Model) -> Model:
    """The same model, to which coding sequence says less, and which looks for the wrong sites."""
    network = copy.deepcopy(model.network)
    assert network.tables is not None
    with torch.no_grad():
        network.tables.words.mul_(0.4)
        network.tables.weights.mul_(-1.0)
    return replace(model, name="blunt", network=network)


def weights(candidate: Candidate) -> dict[str, torch.Tensor]:
    assert candidate.network is not None
    return candidate.network.state_dict()


def genes_of(candidate):
    parses = [*candidate.learnt, *candidate.held]
    genes = [
        shift_gene(gene, parse.chunk.contig, parse.chunk.start)
        for parse in parses
        for gene in parse.genes
    ]
    return genes, [parse.chunk.region for parse in parses]


def test_a_poor_model_gets_better(bare, blunt) -> None:
    messages: list[str] = []
    found = adapt(blunt, open_genome(bare.genome), RECIPE, report=messages.append)
    assert not found.reverted
    before, after = (
        evaluate(bare.genes, *genes_of(candidate))
        for candidate in (found.candidates[0], found.best)
    )
    assert after.base.f1 > before.base.f1
    assert after.exon.f1 > before.exon.f1
    assert messages[0] == found.candidates[0].describe()


def test_a_good_model_stays_as_it_is(bare, model) -> None:
    before = {name: value.clone() for name, value in model.network.state_dict().items()}
    messages: list[str] = []
    found = adapt(model, open_genome(bare.genome), RECIPE, report=messages.append)
    assert found.reverted
    assert found.best is found.candidates[0]
    assert "kept own as it is" in messages[-1]
    assert all(
        torch.equal(before[name], value) for name, value in model.network.state_dict().items()
    )


def test_the_same_seed_gives_the_same_weights(bare, blunt) -> None:
    states = [weights(adapt(blunt, open_genome(bare.genome), RECIPE).best) for _ in range(2)]
    assert all(torch.equal(states[0][name], value) for name, value in states[1].items())


def test_the_next_base_may_be_learnt_first(bare, blunt) -> None:
    genome = open_genome(bare.genome)
    before = {name: value.clone() for name, value in blunt.network.state_dict().items()}
    shares: list[float] = []
    plain = adapt(blunt, genome, RECIPE).candidates[-1]
    found = [
        adapt(blunt, genome, RECIPE, next_base=0.5, progress=shares.append).candidates[-1]
        for _ in range(2)
    ]
    assert all(
        torch.equal(weights(found[0])[name], weight) for name, weight in weights(found[1]).items()
    )
    embedding = "encoder.embedding.weight"
    assert not torch.equal(weights(found[0])[embedding], weights(plain)[embedding])
    assert all(
        torch.equal(before[name], value) for name, value in blunt.network.state_dict().items()
    )
    # Two updates of four for the next base, then two rounds of one.
    assert shares[:4] == pytest.approx([0.25, 0.5, 0.75, 1.0])


def test_too_few_genes(bare, blunt) -> None:
    network = GeneNetwork(blunt.network.config, Grammar()).eval()
    assert network.tables is not None
    with torch.no_grad():
        network.tables.words.sub_(1.0)
    messages: list[str] = []
    found = adapt(
        replace(blunt, network=network), open_genome(bare.genome), RECIPE, report=messages.append
    )
    assert found.reverted
    assert messages[-1] == "not adapted: too few genes were found to learn from"


def test_too_little_sequence(blunt, tmp_path) -> None:
    (tmp_path / "short.fa").write_text(">a\n" + "ACGGT" * 1000 + "\n")
    messages: list[str] = []
    found = adapt(blunt, open_genome(tmp_path / "short.fa"), RECIPE, report=messages.append)
    assert found.reverted
    assert messages == [
        "not adapted: the genome has 5,000 bases in one chunk, which is too little to learn from "
        "one part and to check on another"
    ]


def test_transferred_networks_say_what_tables_say(model, tiny: NetworkConfig) -> None:
    network = copy.deepcopy(model.network)
    with torch.no_grad():
        for parameter in network.parameters():
            parameter += 0.1
    assert model.network.tables is not None
    words, weights, bias = (
        getattr(model.network.tables, name).detach().numpy().copy()
        for name in ("words", "weights", "bias")
    )
    tables = CountedTables(words, weights, bias, before=model.network.config.weights_before)
    fresh = GeneNetwork(tiny, Grammar()).eval()
    fill_tables(fresh, tables)
    codes = torch.randint(0, 4, (1, 297), generator=torch.Generator().manual_seed(1))
    with torch.inference_mode():
        assert torch.allclose(transferred(network, tables)(codes), fresh(codes), atol=1e-5)
        assert not torch.allclose(network(codes), fresh(codes), atol=1e-2)


def test_minutes_are_turned_into_updates() -> None:
    recipe = adaptation_recipe(2.5, seed=7)
    assert recipe.max_steps == 2.5 * adapting.STEPS_PER_MINUTE
    assert (recipe.max_minutes, recipe.max_cpu_minutes, recipe.seed) == (None, None, 7)
    assert adaptation_recipe(1e-9).max_steps == 1


def test_saved_models_can_be_loaded(bare, blunt, tmp_path) -> None:
    genome = open_genome(bare.genome)
    found = adapt(blunt, genome, RECIPE, next_base=0.25)
    assert found.model.name == "blunt-adapted"
    found.save(tmp_path / "kept")
    loaded = Model.load(tmp_path / "kept")
    assert loaded.name == "kept"
    assert loaded.min_posterior == blunt.min_posterior
    assert loaded.grammar == found.best.grammar
    for name, value in weights(found.best).items():
        assert torch.equal(loaded.network.state_dict()[name], value)
    assert loaded.provenance["adapted_from"] == "blunt"
    assert loaded.provenance["genome_sha256"] == genome.sha256
    assert loaded.provenance["next_base"] == 0.25
    assert "fitted to bare.fa" in (tmp_path / "kept" / "MODEL_CARD.md").read_text()


CALIBRATION = Calibration({"gene": Curve(0.5, 0.5, 0.0)})


@pytest.fixture(scope="module")
def known(blunt: Model, model: Model) -> list[Model]:
    """A poor and a good model whose posteriors and species are known."""
    profile = SpeciesProfile(1, 2.0, 0.3, 0.4, 5.0, 0.6, 0.7, 0.8, (1,) * 64)
    return [
        replace(
            unknown,
            calibration=CALIBRATION,
            profiles=(profile,),
            min_posterior=0.3,
            provenance={"step": 7},
            sha256="",
        )
        for unknown in (blunt, model)
    ]


def test_adapted_models_keep_calibration_and_profiles(bare, known, tmp_path) -> None:
    poor, _ = known
    found = adapt(poor, open_genome(bare.genome), RECIPE)
    assert not found.reverted
    for adapted in (found.model, found.save(tmp_path / "kept"), Model.load(tmp_path / "kept")):
        assert adapted.calibration == CALIBRATION
        assert adapted.profiles == poor.profiles
        assert adapted.min_posterior == 0.3
        assert adapted.provenance["adapted_from_sha256"] == poor.sha256
        assert "step" not in adapted.provenance
        assert adapted.sha256 != poor.sha256
        assert not adapted.network.training


def test_models_left_as_they_were_keep_all(bare, known, tmp_path) -> None:
    _, good = known
    found = adapt(good, open_genome(bare.genome), RECIPE)
    assert found.model is good
    found.save(tmp_path / "kept")
    kept = Model.load(tmp_path / "kept")
    assert kept.calibration == CALIBRATION
    assert (kept.profiles, kept.min_posterior) == (good.profiles, 0.3)
    assert (kept.provenance["step"], kept.provenance["kept"]) == (7, "own")
    assert (kept.grammar, kept.network.config) == (good.grammar, good.network.config)


def test_shorter_introns_than_the_model_knew_are_found_by_tables(bare, blunt) -> None:
    """A model of a species with long introns meets one with introns of 63 to 93 bases."""
    strict = replace(blunt.grammar, min_intron=200, min_exon=90)
    learnt, held = hold_out(cut_chunks(open_genome(bare.genome), 10**9))
    original = score_network("strict", blunt.network, strict, learnt, held, CPU, 1)
    assert min(introns_of(original), default=200) >= 200
    config = blunt.network.config
    own, _ = own_tables(original, config, learnt, held, lambda line: None)
    assert own.grammar == replace(strict, min_intron=MIN_INTRON, min_exon=MIN_EXON)
    assert sum(length < 200 for length in introns_of(own)) > 5


def test_shorter_introns_than_the_model_knew_are_learnt(bare, model) -> None:
    """Also where the model itself is the teacher."""
    strict = replace(model, grammar=replace(model.grammar, min_intron=60, min_exon=12), sha256="")
    found = adapt(strict, open_genome(bare.genome), RECIPE)
    original, *others = found.candidates
    assert found.reverted
    assert original.grammar == strict.grammar
    assert others
    for candidate in others:
        assert candidate.grammar == replace(
            strict.grammar, min_intron=MIN_INTRON, min_exon=MIN_EXON
        )


def introns_of(candidate: Candidate) -> list[int]:
    genes, _ = genes_of(candidate)
    introns = (intron for gene in genes for intron in gene.transcripts[0].introns())
    return [end - start for start, end in introns]
