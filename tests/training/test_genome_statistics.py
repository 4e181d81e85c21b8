import re
from collections.abc import Sequence
from dataclasses import dataclass, field, fields, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
import torch

from genefinder.data.open_frames import first_tables
from genefinder.data.sampling import Sampler
from genefinder.data.targets import ContigTargets
from genefinder.data.windows import TrainingRegion, Window
from genefinder.dna import encode
from genefinder.errors import InputError
from genefinder.genes import Region
from genefinder.grammar import Grammar
from genefinder.grammar.grammar import INTRON_FLOOR
from genefinder.models.model import Model, PretrainedModel
from genefinder.network.config import NetworkConfig
from genefinder.network.layers import both_readings
from genefinder.network.network import GeneNetwork
from genefinder.network.next_base import NextBase
from genefinder.network.statistics import StatisticsScorer
from genefinder.training.beginning import begin
from genefinder.training.calibrate import calibrate
from genefinder.training.corpus import Corpus, load_corpus
from genefinder.training.folds import FOLDS
from genefinder.training.genome_statistics import (
    GenomeStatistics,
    OwnStatistics,
    count_statistics,
)
from genefinder.training.settings import LabelledGenome, TrainSettings
from genefinder.training.tasks import GrammarLoss
from genefinder.training.train import train

from ..toy_genomes import ToySpecies

CPU = torch.device("cpu")
MANY = 330
"""Genes that tell minimum lengths."""
VALIDATION = (Region("short", 0, 3_000), Region("shortb", 0, 3_000))


@pytest.fixture(scope="module")
def reading(tiny: NetworkConfig) -> NetworkConfig:
    return tiny


@pytest.fixture(scope="module")
def genomes(species, tmp_path_factory) -> tuple[LabelledGenome, LabelledGenome]:
    """One of the standard code; one of code 4, a part of whose genes has TGA inside."""
    folder = tmp_path_factory.mktemp("two")
    first = species(folder / "first").labelled
    other = species(folder / "second", seed=2, introns=(31, 40), genes=MANY).labelled
    for path in (other.genome, other.annotation):
        path.write_text(re.sub(r"\b(long|short)\b", r"\1b", path.read_text()))
    text = re.sub("ATG(GCC|CTG|GAG)", "ATGTGA", other.genome.read_text())
    other.genome.write_text(text)
    return replace(first, species="A. toy"), replace(other, genetic_code=4)


@pytest.fixture(scope="module")
def corpus(genomes) -> Corpus:
    return load_corpus(genomes, VALIDATION, ())


@pytest.fixture(scope="module")
def found(genomes, corpus: Corpus, reading: NetworkConfig) -> dict[int, GenomeStatistics]:
    return count_statistics(genomes, corpus, reading)


def settings_of(
    genomes: Sequence[LabelledGenome],
    output: Path,
    network: NetworkConfig,
    toy: ToySpecies,
    **recipe: object,
) -> TrainSettings:
    return replace(
        toy.settings(output, **recipe),
        genomes=tuple(genomes),
        validation=VALIDATION,
        network=network,
        imperfect=0.2,
    )


@dataclass(frozen=True, slots=True, eq=False)
class SeenTargets(ContigTargets):
    """Targets that know how many of their bases were read."""

    seen: list[int] = field(default_factory=list)

    def signals(self, start: int, end: int) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.uint8]]:
        self.seen.append(end - start)
        return ContigTargets.signals(self, start, end)


def test_a_genome_is_counted_once(genomes, corpus: Corpus, reading: NetworkConfig) -> None:
    """All of it, and each fold for what is counted without it; then its figures are taken."""
    seen: list[int] = []
    regions = []
    for region in corpus.groups[0]:
        parts = {part.name: getattr(region.targets, part.name) for part in fields(ContigTargets)}
        regions.append(replace(region, targets=SeenTargets(**parts, seen=seen)))
    count_statistics(genomes, replace(corpus, groups=(tuple(regions),), held_out=()), reading)
    assert sum(seen) == 3 * sum(map(len, regions))


def test_the_shortest_intron_is_that_of_training(corpus: Corpus, found) -> None:
    # The first genome has too few introns to tell.
    assert corpus.grammars[0].min_intron == INTRON_FLOOR
    assert found[0].whole.min_intron is None
    assert found[1].whole.min_intron == corpus.grammars[1].min_intron > INTRON_FLOOR


def test_each_genome_has_its_own_grammar(corpus: Corpus) -> None:
    assert {number: grammar.genetic_code for number, grammar in corpus.grammars.items()} == {
        0: 1,
        1: 4,
    }
    first, second = (grammar.min_intron for grammar in corpus.grammars.values())
    assert corpus.grammar.genetic_code == 1
    # The first has too few introns to tell, and does not decide.
    assert corpus.grammar.min_intron == second > first == INTRON_FLOOR
    # Genes with TGA inside can be spelled where it stands for an amino acid.
    assert corpus.reports[1].used_genes == MANY + 12


def test_where_all_genomes_have_few_introns_the_floor_stands(genomes) -> None:
    corpus = load_corpus((genomes[0],), VALIDATION[:1], ())
    assert corpus.grammar.min_intron == INTRON_FLOOR


def test_a_genome_without_usable_genes_is_named(genomes) -> None:
    wrong = replace(genomes[1], genetic_code=6)
    with pytest.raises(InputError, match=r"no gene beside .* fits .*second.toy\.fa"):
        load_corpus([genomes[0], wrong], VALIDATION, ())


def test_statistics_are_named_and_described(found: dict[int, GenomeStatistics]) -> None:
    first, second = found[0].whole, found[1].whole
    assert (first.name, second.name) == ("A. toy", "toy")
    assert (first.genetic_code, second.genetic_code) == (1, 4)
    structure = second.structure
    assert structure.introns_per_gene == pytest.approx(1 / 3, abs=0.02)
    assert 31 <= structure.intron < 40
    assert 0.2 < structure.coding < 0.5
    assert 0.2 < structure.gc < 0.6
    assert structure.genes_per_mb * structure.bases / 1e6 == pytest.approx(MANY + 6, abs=3)


def window_in(region: TrainingRegion, fold: int) -> Window:
    """Cut a window well inside a fold."""
    borders = region.borders
    assert borders is not None
    window = region.cut(int(borders[fold - 1] + borders[fold]) // 2 - 150, 297)
    assert window is not None
    assert window.fold == fold
    return window


def scores(given: OwnStatistics, windows: Sequence[Window]) -> torch.Tensor:
    codes = torch.from_numpy(np.stack([window.codes for window in windows]))
    return torch.cat(given(codes, windows)[:2], 2)


@pytest.mark.parametrize("genome", [0, 1])
def test_the_own_fold_says_nothing(
    genome: int, genomes, corpus: Corpus, found, reading: NetworkConfig
) -> None:
    """Where its bases are others, the statistics of all other windows change, and not its own."""
    fold, beyond = 3, 5
    groups = list(corpus.groups)
    region = groups[genome][0]
    assert region.borders is not None
    codes = region.codes.copy()
    codes[slice(*(region.borders[fold - 1 : fold + 1] - region.start))] = 2
    groups[genome] = (replace(region, codes=codes), *groups[genome][1:])
    altered = count_statistics(genomes, replace(corpus, groups=tuple(groups)), reading)
    windows = [window_in(region, fold), window_in(region, beyond)]
    before, after = (scores(OwnStatistics(each, 0.0, CPU), windows) for each in (found, altered))
    own, other = (after - before).abs().view(2, 2, -1).mean((0, 2))
    # Words across the border of the fold are of both sides.
    assert own < 0.1 * other


def test_windows_of_several_genomes_in_one_batch(corpus: Corpus, found) -> None:
    windows = [window_in(corpus.groups[genome][0], 4) for genome in (1, 0)]
    given = scores(OwnStatistics(found, 0.0, CPU), windows)
    for row, window in enumerate(windows):
        statistics = found[window.genome]
        own = replace(statistics.whole, tables=statistics.without[4])
        reading = both_readings(torch.from_numpy(window.codes)[None])
        wanted = torch.cat(StatisticsScorer([own])(reading)[:2], 2)
        torch.testing.assert_close(given[row::2], wanted)


def test_a_share_of_the_windows_is_given_imperfect_statistics(corpus: Corpus, found) -> None:
    sampler = Sampler(corpus.groups, corpus.weights, 297, 1)
    windows = [sampler.draw() for _ in range(1_500)]
    torch.manual_seed(1)
    assert [fold for fold, _ in found[0].imperfect] == [1, 6]
    # Genes of the toys are too short to be told from chance by their open reading frames.
    frames = (None, found[1].whole.tables)
    found = {0: found[0], 1: replace(found[1], imperfect=(*found[1].imperfect, frames))}
    kinds = [
        (genome, kind)
        for genome in found
        for kind in (None, *range(FOLDS), *(("alone", fold) for fold, _ in found[genome].imperfect))
    ]
    for share in (0.0, 0.3, 1.0):
        numbers = OwnStatistics(found, share, CPU).choose(windows)
        imperfect = []
        for window, number in zip(windows, numbers, strict=True):
            genome, kind = kinds[number]
            assert genome == window.genome
            assert window.fold is not None
            if isinstance(kind, tuple):
                imperfect.append(kinds[number])
                assert kind[1] != window.fold
            else:
                assert kind == window.fold
        assert len(imperfect) / len(windows) == pytest.approx(share, abs=0.04)
        assert len(set(imperfect)) == (5 if share else 0)


def test_long_open_frames_give_imperfect_statistics(
    genomes, corpus: Corpus, reading: NetworkConfig
) -> None:
    region = corpus.groups[0][0]
    random = np.random.default_rng(1)
    gene = "".join([*random.choice(["GCC", "CTG", "GAG", "AAG"], 400), "TAA"])
    parts = [gene + "".join(random.choice(list("AT"), 300)) for _ in range(20)]
    codes = encode("".join(parts))[: len(region)]
    changed = replace(corpus, groups=((replace(region, codes=codes),),))
    statistics = count_statistics(genomes, replace(changed, held_out=()), reading)[0]
    fold, tables = statistics.imperfect[-1]
    assert fold is None
    frames = first_tables([codes], corpus.grammars[0], reading.table_shape)
    assert np.array_equal(tables.words, frames.words)
    assert tables.words[:, 0].any()


def test_the_loss_of_a_window_is_that_of_its_own_grammar(corpus: Corpus) -> None:
    windows = [window_in(group[0], 4) for group in corpus.groups]
    output = torch.randn(2, 297, 20, generator=torch.Generator().manual_seed(1))
    loss = GrammarLoss(corpus.grammars)
    both = loss(output, windows) * sum(window.bases for window in windows)
    parts = 0.0
    for row, window in enumerate(windows):
        alone = output[row : row + 1], [window]
        own, other = corpus.grammars[row], corpus.grammars[1 - row]
        assert loss(*alone) == GrammarLoss(own)(*alone) != GrammarLoss(other)(*alone)
        parts += float(loss(*alone)) * window.bases
    assert float(both) == pytest.approx(parts)


def test_two_codes_in_one_run(genomes, toy, reading: NetworkConfig, tmp_path) -> None:
    recipe = {"max_steps": 40, "batch": 4, "rate": 1e-2}
    result = train(settings_of(genomes, tmp_path / "model", reading, toy, **recipe))
    first, *_, last = (evaluation.exon.f1 for _, _, evaluation in result.history)
    assert last >= first > 0.5
    assert result.best.exon.f1 > 0.8
    model = Model.load(tmp_path / "model")
    assert model.grammar == result.corpus.grammar
    assert model.provenance["imperfect"] == 0.2
    assert len(model.profiles) == 2
    known = {statistics.name: statistics for statistics in model.statistics}
    assert {name: own.genetic_code for name, own in known.items()} == {"A. toy": 1, "toy": 4}
    for own in result.corpus.statistics.values():
        assert known[own.name].to_bytes() == own.to_bytes()


def test_a_seed_gives_the_same_weights(genomes, toy, reading: NetworkConfig, tmp_path) -> None:
    weights = []
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        settings = settings_of(genomes, tmp_path / name, reading, toy, max_steps=2, seed=seed)
        train(replace(settings, imperfect=0.5))
        weights.append((tmp_path / name / "model.safetensors").read_bytes())
    assert weights[0] == weights[1] != weights[2]


def test_trains_on_every_device(
    genomes, toy, reading: NetworkConfig, tmp_path, device: str
) -> None:
    settings = settings_of(genomes, tmp_path / "model", reading, toy, max_steps=2)
    assert train(replace(settings, device=device)).steps == 2


def test_from_a_model_or_an_encoder_that_reads_statistics(
    genomes, corpus: Corpus, toy, reading: NetworkConfig, tmp_path
) -> None:
    torch.manual_seed(9)
    network = GeneNetwork(reading, corpus.grammar)
    Model("genes", network, corpus.grammar).save(tmp_path / "genes")
    encoder = NextBase(reading)
    PretrainedModel("raw", encoder).save(tmp_path / "raw")
    for name, old in (("genes", network), ("raw", encoder)):
        settings = settings_of(genomes, tmp_path / "model", reading, toy)
        begun = begin(replace(settings, init=str(tmp_path / name)), None, CPU)
        assert isinstance(begun.statistics, OwnStatistics)
        assert set(begun.corpus.statistics) == {0, 1}
        weights = begun.network.state_dict()
        part = old if name == "genes" else encoder.encoder
        prefix = "" if name == "genes" else "encoder."
        for key, values in part.state_dict().items():
            assert torch.equal(weights[prefix + key], values)


def test_genomes_of_one_name(genomes, corpus: Corpus, reading: NetworkConfig) -> None:
    twins = [genomes[0], replace(genomes[1], species="a_toy")]
    with pytest.raises(InputError, match="two genomes are of one species, 'a_toy'"):
        count_statistics(twins, corpus, reading)


def test_a_genome_that_is_all_held_out(genomes, corpus: Corpus, reading: NetworkConfig) -> None:
    with pytest.raises(InputError, match=r"second.toy\.fa is left beside the validation regions"):
        count_statistics(genomes, replace(corpus, groups=corpus.groups[:1]), reading)


def test_a_model_of_several_species_is_not_calibrated_on_one(
    genomes, corpus: Corpus, found, tiny: NetworkConfig, tmp_path
) -> None:
    known = tuple(genome.whole for genome in found.values())
    network = GeneNetwork(tiny, Grammar())
    Model("genes", network, Grammar(), statistics=known).save(tmp_path / "genes")
    with pytest.raises(InputError, match="calibrated on all of them"):
        calibrate(str(tmp_path / "genes"), genomes[:1])


@pytest.mark.parametrize("name", ["imperfect", "hidden_words"])
@pytest.mark.parametrize("share", [-0.1, 1.5, "much"])
def test_share_out_of_range(genomes, toy, reading: NetworkConfig, tmp_path, name, share) -> None:
    with pytest.raises(InputError, match=f"{name} must be a number from 0 to 1"):
        replace(settings_of(genomes, tmp_path, reading, toy), **{name: share})
