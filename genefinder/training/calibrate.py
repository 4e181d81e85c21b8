"""Calibrating a model that exists already on annotated sequence that it has not seen."""

from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import replace

from genefinder.data.genome_sample import GenomeSample
from genefinder.errors import InputError
from genefinder.genes import Region
from genefinder.io.contigs import Contig
from genefinder.models.model import Model, find_model
from genefinder.network.device import choose_device
from genefinder.network.scorer import WindowScorer, prepare_thread
from genefinder.prokaryotes import SAMPLE_BASES, learn_prokaryote
from genefinder.training.cards import replace_calibration
from genefinder.training.final_validation import FinalValidation, validate_finally
from genefinder.training.genomes import (
    AnnotatedGenome,
    cut_held_out,
    load_genome,
    split_annotated,
)
from genefinder.training.settings import LabelledGenome
from genefinder.training.validation import predict_held_out


def calibrate(
    name: str,
    genomes: Sequence[LabelledGenome],
    regions: Sequence[Region] = (),
    threads: int = 1,
    device: str = "auto",
) -> FinalValidation:
    """Calibrate a model and write the result into its directory; its weights stay.

    A model of bacteria and archaea reads the statistics that it learns from each genome, and calls
    all genes afterwards as before.

    Parameters
    ----------
    name
        The model, by name or directory.
    genomes
        Annotated genomes.
    regions
        Where on them; everywhere where there are none. The model should not have been trained
        there, or its posteriors will promise too much.
    threads, device
        What to compute with.

    Raises
    ------
    GenefinderError
        If the model, the data or the device cannot be used, or no genes are there.
    """
    where = choose_device(device)
    prepare_thread()
    folder = find_model(name)
    model = Model.load(folder)
    if model.reads is None and model.usual_grammar.spliced:
        raise InputError(
            f"model {name} knows several species; it is calibrated on all of them together, when "
            "it is trained"
        )
    loaded = [load_genome(genome) for genome in genomes]
    whole = [
        Region(name, 0, len(codes))
        for genome in loaded
        for name, codes in genome.contigs.items()
        if len(codes)
    ]
    held_out = tuple(cut_held_out(loaded, split_annotated(loaded, regions or whole, ())))
    if not any(held.genes for held in held_out):
        raise InputError("the regions hold no genes to calibrate on; name others")
    tested = {held.genome for held in held_out}
    readers = {number: _as_it_reads(model, loaded[number]) for number in sorted(tested)}
    grammars = {number: reader.grammar for number, reader in readers.items()}
    with ExitStack() as stack:
        scorers = {
            number: stack.enter_context(WindowScorer(reader.network, where, threads))
            for number, reader in readers.items()
        }
        _, predicted, _ = predict_held_out(held_out, scorers, grammars, None)
        final_validation = validate_finally(held_out, predicted, scorers, grammars)
    profiles = final_validation.profiles
    if model.reads is None:
        profiles = model.profiles
        every = dict(final_validation.trade_off)[0.0]
        final_validation = replace(final_validation, min_posterior=0.0, best=every)
    replace(
        model,
        calibration=final_validation.calibration,
        profiles=profiles,
        min_posterior=final_validation.min_posterior,
        provenance={**model.provenance, "held_out_f1": final_validation.figures()},
        sha256="",
    ).save(folder)
    replace_calibration(folder, final_validation)
    return final_validation


def _as_it_reads(model: Model, genome: AnnotatedGenome) -> Model:
    """Return a model as it reads a genome, of which it is told nothing."""
    if model.reads is not None:
        return model
    contigs = [Contig(name, codes) for name, codes in genome.contigs.items()]
    sample = [chunk.codes for chunk in GenomeSample(contigs).long(SAMPLE_BASES)]
    name, grammar = str(genome.source.genome), model.usual_grammar
    learnt = learn_prokaryote(sample, model.network, grammar, name, known=model.statistics)
    return model.reading(learnt.statistics)
