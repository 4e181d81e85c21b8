import numpy as np
import pytest
import torch

from genefinder.errors import InputError, ModelError
from genefinder.interpret import periodicity as module
from genefinder.interpret.periodicity import inspect_periodicity, likelihoods
from genefinder.interpret.windows import Tracer


def test_likelihoods_are_those_of_the_network(base_tracer: Tracer, pieces) -> None:
    piece = pieces[0]
    found = likelihoods(base_tracer, piece)
    window, trace = next(iter(base_tracer.trace(piece.forward.codes)))
    for place in (0, 5, 1_000):
        logs = trace.output[0, place - window.first]
        assert found[0, place] == pytest.approx(float(logs[piece.forward.codes[place]]))
        assert float(logs.exp().sum()) == pytest.approx(1, abs=1e-5)
        # The same base as the other strand reads it.
        row = len(window.codes) - 1 - (place - window.first)
        other = float(trace.output[1, row, 3 - piece.forward.codes[place]])
        assert found[1, len(piece) - 1 - place] == pytest.approx(other)


def test_gene_models_predict_no_bases(gene_tracer: Tracer, pieces) -> None:
    with pytest.raises(ModelError, match="genefinder pretrain"):
        inspect_periodicity(gene_tracer, pieces)


def with_period(strength: float):
    """Log-likelihoods that are noise, with codon position 2 harder to predict in exons."""
    rng = np.random.default_rng(1)

    def stand_in(_: Tracer, piece) -> np.ndarray:
        logs = rng.normal(-1.3, 0.3, (2, len(piece)))
        for side, reading in enumerate(piece.readings()):
            logs[side, reading.labels == 3] -= strength
        return logs

    return stand_in


def test_exons_have_the_period_and_introns_have_not(base_tracer, pieces, monkeypatch) -> None:
    monkeypatch.setattr(module, "likelihoods", with_period(1.0))
    monkeypatch.setattr(module, "_LEAST_REGIONS", 3)
    monkeypatch.setattr(module, "FLANK", 60)
    spectra, contrasts, boundaries = inspect_periodicity(base_tracer, pieces, 48, rounds=500)
    by_context = {spectrum.context: spectrum for spectrum in spectra}
    assert by_context["exon"].peak > 10
    assert by_context["exon"].p < 1e-6
    assert by_context["intron"].peak < 3
    assert by_context["intron"].p > 0.01
    assert by_context["intergenic"].bits == pytest.approx(1.3 / np.log(2), abs=0.05)
    exon = by_context["exon"]
    assert exon.frequencies[exon.third] == pytest.approx(1 / 3)
    assert exon.thirds.mean() == pytest.approx(exon.power[exon.third])
    for contrast in contrasts:
        assert contrast.ratio > 5
        assert contrast.low < contrast.ratio < contrast.high
        assert contrast.aligned_ratio > 10
        assert contrast.p < 0.05
    for site in boundaries:
        assert site.sites == 10
        exon_side = site.offsets < -20 if site.kind == "donor" else site.offsets > 20
        intron_side = site.offsets > 20 if site.kind == "donor" else site.offsets < -20
        near = np.abs(site.offsets) < 45
        assert site.power[exon_side & near].min() > 4 * site.power[intron_side & near].max()


def test_without_a_period_there_is_none(base_tracer, pieces, monkeypatch) -> None:
    monkeypatch.setattr(module, "likelihoods", with_period(0.0))
    monkeypatch.setattr(module, "_LEAST_REGIONS", 3)
    spectra, contrasts, _ = inspect_periodicity(base_tracer, pieces, 48, rounds=500)
    assert all(spectrum.p > 0.001 for spectrum in spectra)
    assert all(contrast.low < 1.2 and contrast.high > 0.8 for contrast in contrasts)


def test_windows_without_a_third(base_tracer: Tracer, pieces) -> None:
    with pytest.raises(InputError, match="multiple of 3"):
        inspect_periodicity(base_tracer, pieces, 100)
    with pytest.raises(InputError, match="shorter --window"):
        inspect_periodicity(base_tracer, pieces, 3_000)


def test_masked_and_unknown_bases_are_left_out(base_tracer: Tracer, tmp_path) -> None:
    from genefinder.interpret.pieces import read_pieces

    path = tmp_path / "genome.fa"
    path.write_text(">x\n" + "ACGT" * 80 + "NNN" + "GATC" * 80 + "\n")
    ((piece,), _) = read_pieces(path)
    found = likelihoods(base_tracer, piece)
    assert np.isnan(found[0, 320:323]).all()
    assert np.isnan(found).sum() == 6
    assert torch.is_inference_mode_enabled() is False
