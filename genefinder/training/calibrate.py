"""Calibrating a model that exists already on annotated sequence that it has not seen."""

from collections.abc import Sequence
from dataclasses import replace

from genefinder.errors import InputError
from genefinder.genes import Region
from genefinder.models.model import Model, find_model
from genefinder.network.device import choose_device
from genefinder.network.scorer import WindowScorer, prepare_thread
from genefinder.training.cards import replace_calibration
from genefinder.training.final_validation import FinalValidation, validate_finally
from genefinder.training.genomes import cut_held_out, load_genome, split_annotated
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
    if model.reads is None:
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
    with WindowScorer(model.network, where, threads) as reader:
        _, predicted, _ = predict_held_out(held_out, reader, model.grammar, None)
        final_validation = validate_finally(held_out, predicted, reader, model.grammar)
    replace(
        model,
        calibration=final_validation.calibration,
        profiles=final_validation.profiles,
        min_posterior=final_validation.min_posterior,
        provenance={**model.provenance, "held_out_f1": final_validation.figures()},
        sha256="",
    ).save(folder)
    replace_calibration(folder, final_validation)
    return final_validation
