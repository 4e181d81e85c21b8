import io

import numpy as np
import pytest
import torch

from genefinder.dna import decode
from genefinder.interpret.activations import Tracer
from genefinder.interpret.figures import choose_motifs
from genefinder.interpret.filters import Bank, list_banks, respond
from genefinder.interpret.landmarks import Landmarks, find_landmarks
from genefinder.interpret.motifs import (
    Enrichment,
    Motif,
    enrich,
    find_motifs,
    match_consensus,
    write_meme,
)
from genefinder.models.model import Model
from genefinder.network.layers import both_readings


@pytest.fixture(scope="module")
def planted_tracer(planted) -> Tracer:
    return Tracer(Model.load(planted.model).network, torch.device("cpu"))


@pytest.fixture(scope="module")
def species_tracer(planted_species) -> Tracer:
    model = Model.load(planted_species)
    clear = model.reading(model.species_statistics("Planta clara"))
    return Tracer(clear.network, torch.device("cpu"))


@pytest.mark.parametrize("tracer", ["planted_tracer", "species_tracer"])
def test_planted_filters_are_named(tracer: str, sequences, request: pytest.FixtureRequest) -> None:
    network = request.getfixturevalue(tracer)
    found = find_motifs(network, sequences, find_landmarks(sequences, 500, 1), 20, 200)
    named = {motif.id: motif for motif in found}
    donor = named["matrix.donor"]
    assert donor.name == "donor"
    assert "GTAAGT" in donor.letters.upper()
    assert donor.peaks == 20
    assert named["matrix.acceptor"].best == "acceptor"  # seven bases of a consensus of twenty
    assert [motif.similarity for motif in found] == sorted(
        (motif.similarity for motif in found), reverse=True
    )
    # Eight planted genes suffice to test starts, four genes with introns do not for donors.
    assert {test.kind for test in named["matrix.start"].enrichments} == {"start"}
    assert named["matrix.donor"].enrichments == ()


@pytest.mark.parametrize(("layer", "kind"), [("site", "donor"), ("convolution", "")])
def test_peaks_are_the_highest_responses(
    gene_tracer: Tracer, sequences, layer: str, kind: str
) -> None:
    found = find_motifs(gene_tracer, sequences, find_landmarks(sequences, 500, 1), 400, 99)
    (motif,) = (
        motif
        for motif in found
        if (motif.bank.layer, motif.bank.kind, motif.unit) == (layer, kind, 1)
    )
    heights, bases = [], []
    banks = list_banks(gene_tracer)
    number, bank = next(
        (number, bank)
        for number, bank in enumerate(banks)
        if (bank.layer, bank.kind) == (layer, kind)
    )
    for sequence in sequences:
        for window, activations in gene_tracer.trace(sequence.codes):
            readings = both_readings(torch.from_numpy(window.read(sequence.codes))[None])
            for index, track in enumerate(respond(gene_tracer, readings, activations)):
                if index != number:
                    continue
                for side in (0, 1):
                    values = track[side, :, 1]
                    for position in np.flatnonzero(np.isfinite(values)):
                        at = window.length - 1 - position if side else position
                        if not window.start <= at + window.first < window.end:
                            continue
                        low = max(0, position - bank.columns)
                        near = values[low : position + bank.columns + 1]
                        if layer == "convolution" and not 0 < near.max() == values[position]:
                            continue
                        heights.append(values[position])
                        columns = slice(position - bank.before, position + bank.after + 1)
                        bases.append(readings[side, columns].numpy())
    best = np.argsort(-np.array(heights), kind="stable")[:400]
    assert motif.peaks == len(best)
    counts = np.stack([(np.array(bases)[best] == base).sum(0) for base in range(4)], 1)
    # What is added to the counts is the background: the same in every column.
    added = motif.shares * (counts.sum(1, keepdims=True) + 1) - counts
    np.testing.assert_allclose(added, np.tile(added[0], (len(added), 1)), atol=1e-9)
    np.testing.assert_allclose(added.sum(1), 1)


def test_the_background_is_that_of_either_strand(planted_tracer: Tracer, sequences) -> None:
    found = find_motifs(planted_tracer, sequences, find_landmarks(sequences, 500, 1), 20, 99)
    silent = next(motif for motif in found if motif.peaks == 0)
    known = [sequence.codes[sequence.codes < 4] for sequence in sequences]
    strong = np.isin(np.concatenate(known), (1, 2)).mean()
    expected = [(1 - strong) / 2, strong / 2, strong / 2, (1 - strong) / 2]
    np.testing.assert_allclose(silent.shares[0], expected, atol=1e-4)
    np.testing.assert_allclose(silent.information, 0, atol=1e-12)


def responses_of(genes: int) -> tuple[np.ndarray, Landmarks]:
    """One landmark and one decoy of each gene, two filters, and offsets of one base either way.

    Filter 0 answers one base after every landmark, filter 1 before those of even genes alone.
    """
    count = np.arange(genes)
    where = np.zeros(2 * genes, dtype=np.int64)
    landmarks = Landmarks(
        kind="start",
        sequences=where,
        readings=where,
        positions=np.repeat(count, 2),
        landmark=np.repeat(count, 2),
        real=np.tile([True, False], genes),
        genes=count,
    )
    values = np.random.default_rng(1).normal(0, 0.1, (2 * genes, 3, 2)).astype(np.float32)
    values[landmarks.real, 2, 0] += 1
    values[landmarks.real & (landmarks.landmark % 2 == 0), 0, 1] += 1
    return values, landmarks


def test_responses_are_compared_on_other_genes_than_they_were_chosen_on() -> None:
    values, landmarks = responses_of(60)
    (found,) = enrich({"start": values}, {"start": landmarks}, 999, 1)
    assert found.offsets.tolist() == [1, -1]
    assert found.areas[0] == 1
    assert found.areas[1] == pytest.approx(0.5, abs=0.15)
    assert found.p_values[0] == 0.001
    assert found.p_values[1] > 0.05
    assert enrich({"start": values[:14]}, {"start": responses_of(7)[1]}, 999, 1) == []


@pytest.mark.parametrize(
    ("kind", "prescribed"),
    [("start", [4, 5, 6]), ("stop", [4, 5, 6]), ("donor", [4, 5]), ("acceptor", [3, 4]), ("", [])],
)
def test_the_word_of_a_site_is_prescribed(kind: str, prescribed: list[int]) -> None:
    learnt = Bank("matrix", kind, 4, 3, np.ones(1)).learnt
    assert np.flatnonzero(~learnt).tolist() == prescribed


@pytest.mark.parametrize("reads", [False, True])
def test_filters_see_what_their_banks_say(
    gene_tracer: Tracer, reading_tracer: Tracer, sequences, reads: bool
) -> None:
    """A base outside of the columns changes nothing, the outermost inside does."""
    tracer = reading_tracer if reads else gene_tracer
    codes = sequences[0].codes[:600].copy()

    def answers(changed: int | None) -> list[np.ndarray]:
        bases = codes.copy()
        if changed is not None:
            bases[changed] = (bases[changed] + 1) % 4
        window, activations = next(iter(tracer.trace(bases)))
        readings = both_readings(torch.from_numpy(window.read(bases))[None])
        return [track[0, -window.first :][:600] for track in respond(tracer, readings, activations)]

    plain = answers(None)
    banks = list_banks(tracer)
    layers = {bank.layer for bank in banks}
    assert layers == {"convolution", "site", *(["matrix"] if reads else [])}
    for number, bank in enumerate(banks):
        asked = np.flatnonzero(np.isfinite(plain[number][:, 0]) & (np.arange(600) > 100))
        position = int(asked[0])
        for outside in (position - bank.before - 1, position + bank.after + 1):
            np.testing.assert_array_equal(
                answers(outside)[number][position], plain[number][position]
            )
        inside = answers(position - bank.before)[number][position]
        if bank.layer != "convolution":  # its rectifier may be silent at this position
            assert not np.array_equal(inside, plain[number][position])


def test_prescribed_bases_name_nothing() -> None:
    background = np.full(4, 0.25)
    known = {"donor": np.eye(4)[[0, 2, 3, 0, 0, 2]]}
    only = np.full((6, 4), 0.25)
    only[1:3] = np.eye(4)[[2, 3]]
    learnt = np.array([True, False, False, True, True, True])
    assert match_consensus(only - background, learnt, known, background)[1] == 0.0
    assert match_consensus(only - background, np.ones(6, dtype=bool), known, background)[1] > 0.5
    name, similarity = match_consensus(known["donor"] - background, learnt, known, background)
    assert name == "donor"
    assert similarity == pytest.approx(1.0)


def test_meme_file(planted_tracer: Tracer, sequences) -> None:
    found = find_motifs(planted_tracer, sequences, find_landmarks(sequences, 500, 1), 20, 99)
    stream = io.StringIO()
    write_meme(found, stream)
    text = stream.getvalue()
    assert text.startswith("MEME version 4\n")
    assert text.count("MOTIF ") == len(found)
    matrix = text.split("MOTIF matrix.donor donor\n")[1].split("\n")
    assert matrix[0] == "letter-probability matrix: alength= 4 w= 14 nsites= 20"
    rows = [[float(cell) for cell in row.split()] for row in matrix[1:15]]
    np.testing.assert_allclose(np.sum(rows, 1), 1, atol=1e-5)
    assert decode(np.argmax(rows, 1).astype(np.uint8))[7:13] == "GTAAGT"


def test_named_filters_are_shown_first(planted_tracer: Tracer, sequences) -> None:
    found = find_motifs(planted_tracer, sequences, find_landmarks(sequences, 500, 1), 20, 99)
    shown = choose_motifs(found)
    names = [motif.name for motif in shown]
    assert names[:2] != ["", ""]
    assert names == sorted(names, key=lambda name: name == "")


def test_unnamed_filters_are_shown_by_how_much_they_tell() -> None:
    bank = Bank("site", "start", 2, 2, np.ones(20))

    def motif(unit: int, area: float, similarity: float) -> Motif:
        tested = (Enrichment("start", 0, area, 0.0, 1.0, 1.0),)
        flat = np.full((5, 4), 0.25)
        return Motif(bank, unit, 9, flat, np.zeros(5), tested, "start", similarity)

    areas = [0.5, 0.9, 0.05, 0.6, *np.full(12, 0.52)]
    motifs = [motif(unit, area, 0.8 if unit == 3 else 0.1) for unit, area in enumerate(areas)]
    shown = [motif.unit for motif in choose_motifs(motifs)]
    assert shown == [3, 2, 1, *range(4, 13)]
