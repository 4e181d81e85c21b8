"""The model card of a pretrained encoder, written from the run that made it."""

from genefinder import __version__
from genefinder.io.regions import format_region
from genefinder.models.model import CARD
from genefinder.network.config import NetworkConfig
from genefinder.training.pretrain_result import PretrainingResult
from genefinder.training.pretrain_settings import PretrainSettings


def write_card(
    settings: PretrainSettings, result: PretrainingResult, config: NetworkConfig
) -> None:
    """Write ``MODEL_CARD.md`` beside the weights.

    Parameters
    ----------
    settings
        The run.
    result
        What came out of it.
    config
        Shape of the network.
    """
    comparison, corpus, recipe = result.comparison, result.corpus, settings.recipe
    total = sum(corpus.weights)
    data = "\n".join(
        f"| {genome.genome.name} | {sha256[:12]} | {bases / 1e6:.1f} | {100 * weight / total:.0f} |"
        for genome, sha256, bases, weight in zip(
            settings.genomes, corpus.hashes, corpus.bases, corpus.weights, strict=True
        )
    )
    held_out = "\n".join(f"- {format_region(region)}" for region in corpus.regions)
    excluded = ", ".join(format_region(region) for region in settings.exclude) or "none"
    soft_masked = (
        "were read, but not predicted"
        if settings.skip_soft_masked
        else "were predicted like others"
    )
    history = "\n".join(
        f"| {step:,} | {seconds / 60:.1f} | {bits.forward:.4f} | {bits.reverse:.4f} |"
        for step, seconds, bits in result.history
    )
    begun = f", started from {settings.begun_from}" if settings.init else ""
    best = comparison.best_markov
    text = f"""# {settings.output.resolve().name}

Encoder of genefinder {__version__}, pretrained on raw sequence: motif convolutions and a pooled
{config.recurrent.upper()}, rewarded for predicting the next base in either reading direction, and
for nothing else. It finds no genes; `genefinder train --init` makes a gene model of it.

## Training data

| genome | SHA-256 | Mb | % of the windows |
|---|---|---|---|
{data}

No annotation was read. N was left out of the loss; lower-case bases {soft_masked}.
Kept out of the training altogether: {excluded}.

## Training

{result.steps:,} updates of {recipe.batch} windows of {recipe.window:,} bases
({result.bases / 1e6:.0f} Mb read), {result.seconds / 60:.0f} minutes, learning rate
{recipe.rate:g}, seed {recipe.seed}{begun}. The saved weights are those after update
{result.best_step:,}.

## Bits per base on held-out sequence

Regions that no weight was trained on, but that chose the moment to stop:

{held_out}

Markov models were counted on the same training sequence, both strands, with a pseudocount of one
for each base. All predictors are scored on the same {comparison.scored:,} bases of both
directions; {comparison.skipped:,} that follow N or the beginning too closely for the highest order
are left out. Against the best Markov model, that of order {best.order}, the network takes
{-comparison.gain:+.4f} bits a base.

{comparison.format()}

During the run:

| update | minutes | forward | reverse |
|---|---|---|---|
{history}
"""
    (settings.output / CARD).write_text(text, encoding="utf-8")
