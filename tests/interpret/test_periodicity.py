from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from genefinder.errors import InputError
from genefinder.genes import Region
from genefinder.grammar.labels import EXON, STRAND_CHANNELS
from genefinder.interpret.activations import Tracer
from genefinder.interpret.periodicity import (
    Spectrum,
    compare_contexts,
    inspect_periodicity,
    trace_signal,
)
from genefinder.interpret.sequence import read_sequences
from genefinder.models.model import Model


def test_likelihoods_are_those_of_the_network(base_tracer: Tracer, sequences) -> None:
    sequence = sequences[0]
    found = trace_signal(base_tracer, sequence)
    window, activations = next(iter(base_tracer.trace(sequence.codes)))
    for position in (0, 5, 1_000):
        logs = activations.output[0, position - window.first]
        assert found[0, position] == pytest.approx(float(logs[sequence.codes[position]]))
        assert float(logs.exp().sum()) == pytest.approx(1, abs=1e-5)
        # The same base as the other strand reads it.
        row = window.length - 1 - (position - window.first)
        other = float(activations.output[1, row, 3 - sequence.codes[position]])
        assert found[1, len(sequence) - 1 - position] == pytest.approx(other)


def test_the_signal_of_a_gene_model_is_its_score_for_first_bases(
    gene_tracer: Tracer, sequences
) -> None:
    sequence = sequences[0]
    found = trace_signal(gene_tracer, sequence)
    window, activations = next(iter(gene_tracer.trace(sequence.codes)))
    for position in (0, 5, 1_000):
        scores = activations.output[0, position - window.first]
        assert found[0, position] == pytest.approx(float(scores[EXON]))
        reverse = found[1, len(sequence) - 1 - position]
        assert reverse == pytest.approx(float(scores[STRAND_CHANNELS + EXON]))


def test_a_gene_model_shows_the_period_of_exons_by_the_statistics_of_a_species(
    planted_species: Path, sequences
) -> None:
    model = Model.load(planted_species)

    def spectra_of(name: str) -> list[Spectrum]:
        reading = model.reading(model.species_statistics(name))
        tracer = Tracer(reading.network, torch.device("cpu"))
        signals = [trace_signal(tracer, sequence) for sequence in sequences]
        return compare_contexts(sequences, signals, 48, 99, 1, least_regions=3)[0]

    exon, _, intergenic = spectra_of("Planta clara")
    assert exon.aligned[exon.third] > 20 * intergenic.aligned[intergenic.third]
    assert exon.p < 1e-6
    with pytest.raises(InputError, match="same of every base"):
        spectra_of("Planta obscura")


def test_a_gene_model_predicts_no_bases(gene_tracer: Tracer, base_tracer: Tracer, example) -> None:
    sequences, _ = read_sequences(
        example / "genome.fa.gz",
        example / "genes.gff3.gz",
        [Region("NC_003070.9_26003001-26303000", 0, 30_000)],
    )
    for tracer, known in ((gene_tracer, False), (base_tracer, True)):
        spectra, _, _ = inspect_periodicity(tracer, sequences, 48, 99)
        assert [np.isfinite(spectrum.bits) for spectrum in spectra] == [known] * 3


def with_period(sequences, strength: float) -> list[np.ndarray]:
    """Log-likelihoods that are noise, with codon position 2 harder to predict in exons."""
    rng = np.random.default_rng(1)
    logs = [rng.normal(-1.3, 0.3, (2, len(sequence))) for sequence in sequences]
    for values, sequence in zip(logs, sequences, strict=True):
        for side, reading in enumerate(sequence.readings()):
            values[side, reading.labels == 3] -= strength
    return logs


def test_exons_have_the_period_and_introns_have_not(sequences) -> None:
    spectra, contrasts, periods = compare_contexts(
        sequences, with_period(sequences, 1.0), 48, 500, 1, flank=60, least_regions=3
    )
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
    for period in periods:
        assert period.sites == 10
        exon_side = period.offsets < -20 if period.kind == "donor" else period.offsets > 20
        intron_side = period.offsets > 20 if period.kind == "donor" else period.offsets < -20
        near = np.abs(period.offsets) < 45
        assert period.power[exon_side & near].min() > 4 * period.power[intron_side & near].max()


def test_without_a_period_there_is_none(sequences) -> None:
    spectra, contrasts, _ = compare_contexts(
        sequences, with_period(sequences, 0.0), 48, 500, 1, least_regions=3
    )
    assert all(spectrum.p > 0.001 for spectrum in spectra)
    assert all(contrast.low < 1.2 and contrast.high > 0.8 for contrast in contrasts)


def test_masked_exons_and_introns_are_left_out(sequences) -> None:
    masked = [sequence.masked.copy() for sequence in sequences]
    gene = max(sequences[0].transcripts, key=lambda transcript: len(transcript.cds))
    masked[0][gene.start : gene.end] = True
    some = [
        replace(sequence, masked=flags) for sequence, flags in zip(sequences, masked, strict=True)
    ]
    spectra = [
        compare_contexts(given, with_period(sequences, 1.0), 48, 99, 1, least_regions=3)[0]
        for given in (sequences, some)
    ]
    lost = [before.regions - after.regions for before, after in zip(*spectra, strict=True)]
    assert lost[:2] == [len(gene.cds), len(gene.cds) - 1] == [4, 3]


def test_power_below_the_noise_is_the_noise() -> None:
    def spectrum(aligned: float) -> Spectrum:
        three = np.array([0.1, 1 / 3, 0.4])
        power = np.array([0.0, aligned, 0.0])
        return Spectrum("exon", 9, 9, 2.0, three, power, power, power, np.full(3, 2.0), power)

    assert spectrum(10.0).aligned_third == pytest.approx(8.0)
    assert spectrum(2.5).aligned_third == pytest.approx(2.0)
    assert spectrum(4.0).p == pytest.approx(np.exp(-2))


def test_windows_without_a_third(base_tracer: Tracer, sequences) -> None:
    with pytest.raises(InputError, match="multiple of 3"):
        inspect_periodicity(base_tracer, sequences, 100)
    with pytest.raises(InputError, match="shorter --window"):
        inspect_periodicity(base_tracer, sequences, 3_000)


def test_masked_and_unknown_bases_are_left_out(base_tracer: Tracer, tmp_path) -> None:
    path = tmp_path / "genome.fa"
    path.write_text(">x\n" + "ACGT" * 80 + "NNN" + "GATC" * 80 + "\n")
    ((sequence,), _) = read_sequences(path)
    found = trace_signal(base_tracer, sequence)
    assert np.isnan(found[0, 320:323]).all()
    assert np.isnan(found).sum() == 6
    assert torch.is_inference_mode_enabled() is False
