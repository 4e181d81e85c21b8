from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from genefinder.data.counts import CountedTables, LabelledContig
from genefinder.data.start_motifs import SPACERS, WIDTH, StartMotifs
from genefinder.dna import encode
from genefinder.errors import InputError, ModelError
from genefinder.grammar import Grammar
from genefinder.grammar.labels import DONOR, START, STRAND_CHANNELS
from genefinder.species.adjustment import Adjustment
from genefinder.species.statistics import Statistics
from genefinder.species.structure import Structure


def made_up(seed: int = 1, order: int = 2) -> Statistics:
    random = np.random.default_rng(seed)
    words = random.normal(size=(4 ** (order + 1) + 1, 4)).astype(np.float32)
    words[-1] = 0
    return Statistics(
        name="Somewhat elegans",
        tables=CountedTables(
            words=words,
            weights=random.normal(size=(4, 4, 4, 9)).astype(np.float32),
            bias=random.normal(size=4).astype(np.float32),
            before=5,
        ),
        genetic_code=6,
        origin="genome",
        structure=Structure(1_000, 0.4, 300.0, 0.5, 1.5, 80.0),
        min_intron=35,
        min_coding=90,
        adjustment=Adjustment(donor=-2.0),
    )


def test_comes_back_from_a_file(tmp_path) -> None:
    statistics = made_up()
    path = tmp_path / "somewhat.safetensors"
    path.write_bytes(statistics.to_bytes())
    again = Statistics.load(path)
    for name in ("words", "weights", "bias"):
        kept, found = getattr(statistics.tables, name), getattr(again.tables, name)
        np.testing.assert_array_equal(kept, found)
    assert again.tables.before == 5
    assert (again.name, again.genetic_code, again.origin) == ("Somewhat elegans", 6, "genome")
    assert (again.structure, again.min_intron) == (statistics.structure, 35)
    assert again.min_coding == 90
    assert again.adjustment == Adjustment(donor=-2.0)
    assert again.order == 2
    assert again.to_bytes() == path.read_bytes()


def with_motifs(**changes: Any) -> Statistics:
    random = np.random.default_rng(4)
    values = {
        "weights": random.normal(size=(2, 4, WIDTH)).astype(np.float32),
        "spacers": np.full((2, SPACERS), 0.01, dtype=np.float32),
    }
    statistics = made_up()
    motifs = StartMotifs(**{**values, **changes})
    return replace(statistics, tables=replace(statistics.tables, motifs=motifs))


def test_motifs_come_back_from_a_file(tmp_path) -> None:
    statistics = with_motifs()
    path = tmp_path / "somewhat.safetensors"
    statistics.save(path)
    again = Statistics.load(path)
    kept, found = statistics.tables.motifs, again.tables.motifs
    assert kept is not None
    assert found is not None
    np.testing.assert_array_equal(kept.weights, found.weights)
    np.testing.assert_array_equal(kept.spacers, found.spacers)
    assert again.sha256 == statistics.sha256 != made_up().sha256


@pytest.mark.parametrize(
    "changes",
    [
        {"weights": np.zeros((2, 4, 5), np.float32)},
        {"spacers": np.zeros((1, SPACERS), np.float32)},
        {"spacers": np.full((2, SPACERS), 0.02, np.float32)},
        {"spacers": np.full((2, SPACERS), -0.01, np.float32)},
        {"weights": np.full((2, 4, WIDTH), np.nan, np.float32)},
    ],
)
def test_motifs_that_cannot_be_are_refused(changes) -> None:
    with pytest.raises(InputError, match=r"motifs have shapes|no numbers"):
        with_motifs(**changes)


def test_figures_by_hand() -> None:
    contig = LabelledContig(
        codes=encode("ACGTN" * 4),
        labels=np.array([0] * 4 + [1, 2, 3, 4, 4, 4, 4, 1, 2, 3] + [7, 8, 9] + [0] * 3, np.uint8),
        positions=np.array([4, 7, 16]),
        channels=np.array([START, DONOR, STRAND_CHANNELS + START]),
        masked=np.zeros(20, dtype=np.bool_),
    )
    figures = Structure.of([contig])
    assert figures == Structure(20, 0.5, 2e6 / 20, 9 / 20, 0.5, 4.0)
    masked = replace(contig, masked=np.arange(20) >= 14)
    assert Structure.of([masked]) == Structure(14, 0.5, 1e6 / 14, 6 / 14, 1.0, 4.0)
    assert Structure.of([masked, contig]).bases == 34


def test_what_is_not_adjusted_has_no_word_of_it(tmp_path) -> None:
    statistics = replace(made_up(), adjustment=Adjustment())
    assert b"adjustment" not in statistics.to_bytes()
    path = tmp_path / "somewhat.safetensors"
    path.write_bytes(statistics.to_bytes())
    assert Statistics.load(path).adjustment == Adjustment()


def test_without_minima_those_of_the_model_hold(tmp_path) -> None:
    statistics = replace(made_up(), min_intron=None, min_coding=None)
    path = tmp_path / "somewhat.safetensors"
    path.write_bytes(statistics.to_bytes())
    assert b"min_" not in path.read_bytes()  # as in files of earlier versions
    again = Statistics.load(path)
    assert again.min_intron is None
    usual = Grammar(min_intron=24, min_exon=6, min_coding=30)
    assert again.grammar(usual) == replace(usual, genetic_code=6)
    own = replace(usual, genetic_code=6, min_intron=35, min_coding=90)
    assert made_up().grammar(usual) == own


def test_impossible_minima_are_refused() -> None:
    with pytest.raises(InputError, match="introns of 3 bases"):
        replace(made_up(), min_intron=3)
    with pytest.raises(InputError, match="genes of 0 bases"):
        replace(made_up(), min_coding=0)


def test_another_file_is_refused_by_name(tmp_path) -> None:
    path = tmp_path / "model.safetensors"
    with pytest.raises(ModelError, match=r"model\.safetensors: cannot be read: No such file"):
        Statistics.load(path)
    path.write_bytes(b"ACGT" * 10)
    with pytest.raises(ModelError, match="genefinder learn"):
        Statistics.load(path)
    text = made_up().to_bytes().replace(b"statistics 2", b"statistics 9")
    path.write_bytes(text)
    with pytest.raises(ModelError, match="genefinder statistics 9"):
        Statistics.load(path)


@pytest.mark.parametrize(
    ("name", "shape"),
    [("words", (65, 3)), ("words", (60, 4)), ("weights", (4, 4, 3, 9)), ("bias", (3,))],
)
def test_wrong_shapes_are_refused(name, shape) -> None:
    statistics = made_up()
    arrays: dict[str, Any] = {name: np.zeros(shape, dtype=np.float32)}
    tables = replace(statistics.tables, **arrays)
    with pytest.raises(InputError, match="Somewhat elegans"):
        replace(statistics, tables=tables)


def test_likeness() -> None:
    statistics = made_up()
    assert statistics.likeness(statistics) == pytest.approx(
        {"coding": 1.0, "introns": 1.0, "sites": 1.0}
    )
    words = -statistics.tables.words
    words[:, 3] = 0
    opposite = replace(statistics, tables=replace(statistics.tables, words=words))
    likeness = statistics.likeness(opposite)
    assert likeness["coding"] == pytest.approx(-1.0)
    assert likeness["introns"] == 0.0
    with pytest.raises(InputError, match="other shapes"):
        statistics.likeness(made_up(order=3))


def test_values_that_are_no_numbers_are_refused(tmp_path) -> None:
    statistics = made_up()
    words = statistics.tables.words.copy()
    words[3] = np.nan
    with pytest.raises(InputError, match="no numbers"):
        replace(statistics, tables=replace(statistics.tables, words=words))
    path = tmp_path / "damaged.safetensors"
    whole = statistics.to_bytes()
    row = statistics.tables.words[3].tobytes()
    assert row in whole
    path.write_bytes(whole.replace(row, words[3].tobytes()))
    with pytest.raises(ModelError, match=r"damaged\.safetensors.*no numbers"):
        Statistics.load(path)
