"""Model cards, written from the runs that made the models."""

import re
from pathlib import Path

from genefinder import __version__
from genefinder.grammar import Grammar
from genefinder.grammar.labels import CODON
from genefinder.io.regions import format_region
from genefinder.models.model import CARD
from genefinder.network.config import NetworkConfig
from genefinder.reliability import format_reliability, format_trade_off
from genefinder.training.final_validation import FinalValidation
from genefinder.training.results import PretrainingResult, TrainingResult
from genefinder.training.settings import LabelledGenome, PretrainSettings, TrainSettings, listed

CALIBRATION = "## Calibration"
_SPLICED_LIMITS = """\
One transcript a gene; no untranslated regions; no AT-AC introns, and no start or stop codons split
by an intron. Genes inside an intron of a gene on the other strand are found; on the same strand, or
sharing coding bases with it, they are not."""
_UNSPLICED_LIMITS = """\
No genes with programmed frameshifts, and none inside another."""


def calibration_section(final_validation: FinalValidation) -> str:
    """Return the part of the card that tells how far posteriors can be trusted."""
    return f"""{CALIBRATION}

Posteriors are calibrated on the held-out regions: of the predictions of a posterior of 0.8, about
80 % should be right. Measured by cross-validation in {len(final_validation.reliability)} kinds of
prediction; ECE is the expected calibration error over ten bins of equal width.

{format_reliability(final_validation.reliability)}

What `--min-posterior` trades, on the same regions; the default is
{final_validation.min_posterior:g}:

{format_trade_off(final_validation.trade_off)}
"""


def write_training_card(
    settings: TrainSettings, result: TrainingResult, config: NetworkConfig
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
    held_out = "\n".join(
        f"- {format_region(held.region)}: {len(held.genes):,} genes"
        for held in result.corpus.held_out
    )
    excluded = _excluded(settings)
    data = "\n".join(
        f"| {_named(genome)} | {genome.annotation.name} | {sha256[:12]} "
        f"| {summary.bases / 1e6:.1f} "
        f"| {summary.coding_genes:,} | {summary.used_genes:,} |"
        for genome, sha256, summary in zip(
            settings.genomes, result.corpus.hashes, result.corpus.reports, strict=True
        )
    )
    history = "\n".join(
        f"| {step:,} | {seconds / 60:.1f} | {100 * found.base.f1:.1f} | {100 * found.exon.f1:.1f} "
        f"| {100 * found.gene.f1:.1f} |"
        for step, seconds, found in result.history
    )
    recipe = settings.recipe
    grammar = result.grammar
    begun = f", started from {settings.begun_from}" if settings.init else ""
    if settings.next_base_share:
        begun = f", after {settings.next_base_share:.0%} of the budget for predicting the next base"
    bias = result.start_score_bias
    text = f"""# {settings.output.resolve().name}

Gene model of genefinder {__version__}: motif convolutions, pooled bidirectional
{config.recurrent.upper()} and a gene grammar {_grammar(grammar)},
genetic code {grammar.genetic_code}. Stop codons inside a gene, wrong splice sites and broken
reading frames cannot occur in its predictions.

## Training data

| genome | annotation | SHA-256 | Mb | coding genes | used |
|---|---|---|---|---|---|
{data}

Any isoform of a gene counted as right; genes that the grammar cannot spell were left out of the
loss. Kept out of the training altogether: {excluded}.

## Training

{result.steps:,} updates of {recipe.batch} windows of {recipe.window:,} bases
({result.bases / 1e6:.0f} Mb read), {result.seconds / 60:.0f} minutes, learning rate
{recipe.rate:g}, seed {recipe.seed}{begun}. The saved weights are those after update
{result.best_step:,}. Then {bias:g} was added to the scores of start codons, which calls
as many genes as validated best.

## Held-out figures

Regions that no weight was trained on, but that chose the moment to stop and the threshold of the
posterior ({result.min_posterior:g}):

{held_out}

```
{result.best.format().rstrip()}
```

During the run (all predictions, no threshold):

| update | minutes | base F1 | exon F1 | gene F1 |
|---|---|---|---|---|
{history}

{calibration_section(result.final_validation)}
## Limits

{_SPLICED_LIMITS if grammar.spliced else _UNSPLICED_LIMITS}
Posteriors are calibrated on the species named above; on others they say less.
"""
    (settings.output / CARD).write_text(text, encoding="utf-8")


def _grammar(grammar: Grammar) -> str:
    """Say what the genes of a grammar are like."""
    if not grammar.spliced:
        return (
            f"without introns, with start codons {', '.join(grammar.starts)},\n"
            f"genes of at least {grammar.min_exon + CODON} bases that may overlap"
        )
    least = f"introns of at least {grammar.min_intron} and exons of at least {grammar.min_exon}"
    if grammar.min_coding:
        least = f"{least}, coding sequences of at least {grammar.min_coding}"
    return f"with splice donors {', '.join(grammar.donors)},\n{least} bases"


def write_pretraining_card(
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
    held_out = "\n".join(f"- {format_region(held.region)}" for held in corpus.held_out)
    excluded = _excluded(settings)
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


def _excluded(settings: TrainSettings | PretrainSettings) -> str:
    """Name the regions that are kept out of a training, or the files of them."""
    parts = listed(settings.exclude)
    for genome in settings.genomes:
        parts += [f"{region} of {genome.genome.name}" for region in listed(genome.exclude)]
    return ", ".join(parts) or "none"


def _named(genome: LabelledGenome) -> str:
    """Return what a reader knows a genome by."""
    return f"*{genome.species}*, {genome.genome.name}" if genome.species else genome.genome.name


def replace_calibration(folder: Path, final_validation: FinalValidation) -> None:
    """Write the calibration of a model into its card, if it has one, instead of the former one."""
    path = folder / CARD
    if not path.exists():
        return
    sections = re.split(r"^(?=## )", path.read_text(encoding="utf-8"), flags=re.MULTILINE)
    kept = [section for section in sections if not section.startswith(CALIBRATION)]
    place = next((n for n, line in enumerate(kept) if line.startswith("## Limits")), len(kept))
    kept.insert(place, calibration_section(final_validation) + "\n")
    path.write_text("".join(kept).rstrip() + "\n", encoding="utf-8")
