from dataclasses import replace

import pytest

from genefinder.compute import Compute
from genefinder.data.genome_sample import GenomeSample
from genefinder.errors import ModelError
from genefinder.io.fasta import open_genome
from genefinder.models.model import Model
from genefinder.models.profile import SpeciesProfile
from genefinder.race import Contender
from genefinder.selection import (
    Assessment,
    assessment,
    best,
    choose_model,
    is_clear,
    mismatch_warnings,
)

CODONS = tuple(20 * n for n in range(10, 74))
PROFILE = SpeciesProfile(
    bases=500_000,
    genes_per_mb=200.0,
    coding=0.3,
    posterior=0.7,
    exons=3.0,
    gc=0.4,
    gc3=0.4,
    saved_per_kb=10.0,
    codons=CODONS,
)


def test_all_that_is_alike_raises_no_doubt():
    assert mismatch_warnings(PROFILE, [PROFILE]) == ()
    assert mismatch_warnings(replace(PROFILE, genes_per_mb=120.0, coding=0.2), [PROFILE]) == ()


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"genes_per_mb": 900.0}, "genes per Mb 900, its own species 200"),
        ({"genes_per_mb": 1.0}, "genes per Mb"),
        ({"coding": 0.9}, "coding share 0.9"),
        ({"saved_per_kb": -0.5}, "bits saved per kb -0.5"),
        ({"posterior": 0.1}, "mean posterior"),
        ({"codons": CODONS[::-1]}, "codon usage"),
    ],
)
def test_what_is_out_of_range_raises_a_doubt(changed, words):
    (warning,) = mismatch_warnings(replace(PROFILE, **changed), [PROFILE])
    assert words in warning


def test_ranges_span_all_species():
    rich = replace(PROFILE, genes_per_mb=800.0, codons=CODONS[::-1])
    assert mismatch_warnings(rich, [PROFILE]) != ()
    assert mismatch_warnings(rich, [PROFILE, rich]) == ()


def test_nothing_known_or_too_little_seen_raises_no_doubt():
    strange = replace(PROFILE, coding=0.9)
    assert mismatch_warnings(strange, []) == ()
    assert mismatch_warnings(replace(strange, bases=10_000), [PROFILE]) == ()
    few = replace(PROFILE, codons=(0,) * 63 + (50,))
    assert mismatch_warnings(few, [PROFILE]) == ()


def test_profiles_survive_json():
    assert SpeciesProfile.from_dict(PROFILE.to_dict()) == PROFILE


def test_the_best_saves_most_and_of_equals_comes_first_by_name():
    low, high = replace(PROFILE, saved_per_kb=1.0), replace(PROFILE, saved_per_kb=2.0)
    assessments = [
        Assessment("a", low, 0.0),
        Assessment("c", high, 0.0),
        Assessment("b", high, 0.0),
    ]
    assert best(assessments).model == "b"
    assert best([*assessments, Assessment("d", high, 1.5)]).model == "b"
    # Without a profile a part of the score is unknown.
    assert best([*assessments, Assessment("d", replace(high, saved_per_kb=9.0))]).model == "b"
    assert best([Assessment("d", low), Assessment("e", high)]).model == "e"


def test_the_choice_does_not_depend_on_threads(planted):
    model = Model.load(planted.model)
    seen: list[float] = []
    sample = GenomeSample(open_genome(planted.genome))
    chosen = choose_model(sample, [model], Compute(device="cpu"), progress=seen.append)
    other = choose_model(sample, [model], Compute(threads=2, batch_size=3, device="cpu"))
    (assessment,) = chosen.assessments
    assert seen == sorted(seen)
    assert seen[-1] == 1.0
    assert chosen.model is other.model is model
    assert chosen.assessments == other.assessments
    assert chosen.bases == assessment.profile.bases > 50_000
    assert assessment.profile.genes_per_mb > 100
    assert assessment.profile.posterior > 0.9
    assert assessment.profile.exons > 1.5
    assert assessment.score > 0


def test_without_models_nothing_can_be_chosen(planted):
    with pytest.raises(ModelError, match="no model is installed"):
        choose_model(GenomeSample(open_genome(planted.genome)), [], Compute(device="cpu"))


def test_a_model_that_finds_nothing_never_wins():
    nothing = replace(PROFILE, saved_per_kb=0.0, genes_per_mb=0.0)
    little = replace(PROFILE, saved_per_kb=-3.0)
    assessments = [Assessment("nematode", nothing, 0.0), Assessment("plant", little, 0.5)]
    assert best(assessments).model == "plant"
    assert best([Assessment("plant", little), assessments[0]]).model == "plant"
    assert best([assessments[0], Assessment("insect", nothing, 0.0)]).model == "insect"


def test_genes_that_save_no_bits_are_warned_of(planted):
    model = Model.load(planted.model)
    seen = replace(PROFILE, bases=60_000, genes_per_mb=200.0)
    for saved in (-1.0, 0.0):
        seen = replace(seen, saved_per_kb=saved)
        assert "save no bits" in assessment(model, seen).mismatch_warnings[-1]
        assert assessment(model, seen).fits
    nothing = replace(PROFILE, saved_per_kb=0.0, bases=60_000, genes_per_mb=0.0)
    assert assessment(model, nothing).mismatch_warnings == ("it finds no gene in the sample",)
    assert not assessment(model, nothing).fits
    fine = replace(seen, saved_per_kb=5.0)
    assert not any("no bits" in warning for warning in assessment(model, fine).mismatch_warnings)


def test_only_what_is_clear_is_believed_early(planted):
    contender = Contender(Model.load(planted.model), Compute(device="cpu"))
    assert not is_clear(contender)
    own = replace(PROFILE, codons=tuple(10 * count for count in CODONS))
    contender.model = replace(contender.model, profiles=(own,), sha256="")
    contender.profile = own
    assert is_clear(contender)
    none = (0,) * 64
    for early, seen in [
        (True, replace(own, genes_per_mb=900.0)),
        (True, replace(own, codons=own.codons[::-1])),
        (True, replace(own, genes_per_mb=900.0, codons=none)),
        (False, replace(own, genes_per_mb=290.0)),
        (False, replace(own, genes_per_mb=310.0)),
        (False, replace(own, codons=none)),
        (False, replace(own, saved_per_kb=-1.0)),
        (False, replace(own, genes_per_mb=0.0)),
    ]:
        contender.profile = seen
        assert is_clear(contender) is early
