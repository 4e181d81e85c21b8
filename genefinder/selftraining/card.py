"""The card of a model that no annotation was used for."""

from collections.abc import Sequence
from pathlib import Path

from genefinder import __version__
from genefinder.genes import Region
from genefinder.io.regions import format_region
from genefinder.models.model import CARD
from genefinder.selftraining.criteria import Candidate

_SHOWN = 20


def write_unannotated_card(
    folder: Path,
    origin: str,
    candidates: Sequence[Candidate],
    best: Candidate,
    held: Sequence[Region],
) -> None:
    """Write ``MODEL_CARD.md`` beside the weights.

    Parameters
    ----------
    folder
        The model directory.
    origin
        A sentence on what the model was made of.
    candidates
        All that were compared.
    best
        The one that is the model.
    held
        Where they were compared.
    """
    rows = "\n".join(
        f"| {candidate.name} "
        f"| {sum(len(parse.genes) for parse in (*candidate.learnt, *candidate.held)):,} "
        f"| {candidate.saved:.2f} | {candidate.held_out_gain:.2f} | {candidate.splice:.2f} "
        f"| {'yes' if candidate is best else ''} |"
        for candidate in candidates
    )
    places = [format_region(region) for region in held]
    more = f" and {len(places) - _SHOWN} more" if len(places) > _SHOWN else ""
    grammar = best.grammar
    text = f"""# {folder.resolve().name}

Gene model of genefinder {__version__}. {origin}
Splice donors {", ".join(grammar.donors)}, introns of at least {grammar.min_intron} and exons of at
least {grammar.min_exon} bases, genetic code {grammar.genetic_code}.

## How it was chosen

Nobody checked these genes against an annotation. Bits saved are those by which they shorten the
description of 1,000 bases: codons, splice sites and lengths are counted on one half of the genes to
describe the other. Held-out gain is how much better the bases of held-out sequence are explained by
the genes found there than by none, in nats per 1,000 bases, under tables counted on the genes that
the same model finds elsewhere in the genome; splice signal how much more alike the splice sites are
than decoys, in nats per intron.

| candidate | genes | bits saved | held-out gain | splice signal | kept |
|---|---|---|---|---|---|
{rows}

Held out: {", ".join(places[:_SHOWN])}{more}.

## Limits

The genes it learnt from are predictions: what they lack or have wrong in common, the model cannot
know. Posteriors say how sure the model is of itself, and are too high. Lengths of introns below
the minimum above cannot be found. One transcript a gene; no untranslated regions.
"""
    (folder / CARD).write_text(text, encoding="utf-8")
