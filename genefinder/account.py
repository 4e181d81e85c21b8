"""What a run says for people: why this model, how sure it is of its genes, where to look first."""

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from genefinder.choice import Choice
    from genefinder.data.repeats import Repeats
    from genefinder.io.summary import ContigSummary
    from genefinder.prediction import PredictedContig
    from genefinder.saved_choice import SavedChoice
    from genefinder.selection import Selection

_STANDARD_CODE = 1
_MOST_WRONG = 0.5
"""Where a smaller share of the genes is expected to be right, that is a warning."""
_REMEDY = "keep the surest (--min-posterior), or train on a relative with genes (genefinder train)"
_FEWEST_BASES = 100_000
"""Less sequence tells nothing of a genome."""
_GENES_PER_MB = 1_200.0
"""More have no eukaryotes: the densest genomes, of the nucleomorph of Guillardia theta (Douglas et
al. 2001, doi:10.1038/35074092) and of Encephalitozoon cuniculi (Katinka et al. 2001,
doi:10.1038/35106579), have a gene a kilobase."""
_CODING = 0.93
"""Share of bases; those two have nine in ten."""
_GENES = 250_000
"""The most genes of a eukaryote are in polyploid grasses: bread wheat has 107,891 (IWGSC 2018,
doi:10.1126/science.aar7191), sugar cane about twice as many."""
_EMPTY_CONTIG = 500_000
_TRANSPOSON_SHARE = 0.1


def reasons(choice: "Choice") -> list[str]:
    """Return why a model was chosen, and what it reads, a text each."""
    texts = [choice.signs_text]
    if choice.selection is not None:
        texts += [explain(choice.selection), choice.reason]
        if choice.reads is None and choice.selection.mismatch_warnings:
            texts.append(warn(choice.selection))
    if choice.reads is not None:
        texts.append(choice.reads.describe())
    code = choice.model.grammar.genetic_code
    if choice.code is not None and (choice.code.given or code != _STANDARD_CODE):
        texts.append(f"genetic code {choice.code.describe(code)}")
    return [text for text in texts if text]


def with_account(choice: "Choice", place: str, repeats: "Repeats | None") -> "SavedChoice":
    """Return what was chosen for a genome together with what a run says of it.

    Parameters
    ----------
    choice
        The model, and why.
    place
        Its name, or its directory.
    repeats
        What is repeated in the genome.
    """
    from genefinder.saved_choice import SavedChoice

    return SavedChoice(
        choice.model,
        place,
        repeats,
        tuple(reasons(choice)),
        tuple(choice.comments()),
        choice.to_dict(),
        None if choice.reads is None else choice.reads.to_dict(),
        choice.seconds,
    )


def explain(selection: "Selection") -> str:
    """Say why a model was chosen."""
    first, *others = selection.assessments
    more = [
        assessment.model
        for assessment in others
        if assessment.codon_usage_divergence is None and assessment.score > first.score
    ]
    aside = f" ({' and '.join(more)}: for genomes that no other model fits)" if more else ""
    lines = [
        f"model {first.model}, chosen by --model auto on {selection.bases / 1e3:,.0f} kb of the "
        f"genome: its genes save the most bits in describing 1 kb{aside}"
    ]
    width = max(len(assessment.model) for assessment in selection.assessments)
    for assessment in selection.assessments:
        seen = assessment.profile
        lines.append(
            f"  {assessment.model:{width}} {assessment.score:7.2f}   "
            f"{seen.genes_per_mb:.0f} genes per Mb, {100 * seen.coding:.1f} % coding, "
            f"mean posterior {seen.posterior:.2f}"
            + (f", on {seen.bases / 1e3:,.0f} kb" if seen.bases < selection.bases else "")
        )
    return "\n".join(lines)


def warn(selection: "Selection") -> str:
    """Say in what a genome is like none that the models know, and what may help."""
    lines = [
        "WARNING: this genome looks like nothing that the installed models were trained "
        "on; expect poor genes.",
        *(f"  {warning}" for warning in selection.mismatch_warnings),
        "  Better: train a model on this species or a relative of it (genefinder train).",
    ]
    return "\n".join(lines)


def tell_repeats(repeats: "Repeats | None") -> str:
    """Say what is repeated and what that costs; nothing where it costs nothing."""
    if repeats is None or not repeats.weight:
        return ""
    return f"repeats by {repeats.describe()}"


def line(contig: "PredictedContig") -> str:
    """Say what became of a contig."""
    fate = f"skipped: {contig.skipped}" if contig.skipped else f"{len(contig.genes):,} genes"
    return f"{contig.name}: {contig.length:,} bases, {fate}"


def expected(contigs: Sequence["ContigSummary"]) -> str:
    """Say how many genes are right if posteriors keep their word; warn where most are not."""
    genes = sum(contig.genes for contig in contigs)
    if not genes:
        return ""
    right = sum(contig.expected_right for contig in contigs)
    share = right / genes
    found = f"by their posteriors about {right:,.0f} of them ({share:.0%}) are right in every exon"
    return f"\n{found}" if share >= _MOST_WRONG else f"\nWARNING: {found}; {_REMEDY}"


def skipped(contigs: Sequence["ContigSummary"]) -> str:
    """Say how many contigs were skipped, by reason; nothing where none was."""
    reasons = Counter(contig.skipped for contig in contigs if contig.skipped)
    if not reasons:
        return ""
    counts = "; ".join(f"{reason}: {number:,}" for reason, number in reasons.items())
    return f"\ncontigs skipped: {counts}"


def beyond_eukaryotes(contigs: Sequence["ContigSummary"]) -> Iterator[str]:
    """Yield in what the genes are more than those of any eukaryote, with what to do."""
    bases = sum(contig.bases for contig in contigs)
    genes = sum(contig.genes for contig in contigs)
    if bases < _FEWEST_BASES:
        return
    density = 1e6 * genes / bases
    coding = sum(contig.coding_bases for contig in contigs) / bases
    if density > _GENES_PER_MB:
        yield (
            f"{density:,.0f} genes per Mb; no eukaryote has more than {_GENES_PER_MB:,.0f}: is "
            "this the genome of a bacterium (--model prokaryote), or are these transcripts?"
        )
    if coding > _CODING:
        yield (
            f"{coding:.0%} of the bases code; no eukaryote has more than {_CODING:.0%}: is this "
            "the genome of a bacterium (--model prokaryote), or are these transcripts?"
        )
    if genes > _GENES:
        yield (
            f"{genes:,} genes; no eukaryote has more than {_GENES:,}: are repeats marked "
            "(--repeats), is every haplotype there once?"
        )


def look_first(contigs: Sequence["ContigSummary"], spliced: bool) -> list[str]:
    """Return what deserves the first look in a result, the gravest first.

    Parameters
    ----------
    contigs
        What became of each.
    spliced
        Whether the genes are those of a eukaryote.
    """
    genes = sum(contig.genes for contig in contigs)
    told = [f"WARNING: {warning}" for warning in beyond_eukaryotes(contigs) if spliced]
    like = sum(contig.transposon_like for contig in contigs)
    if like and like >= _TRANSPOSON_SHARE * genes:
        told.append(
            f"{like:,} genes ({like / genes:.0%}) look like transposons (transposon_like=true); "
            "--drop-transposons leaves them out"
        )
    elif like:
        told.append(f"{like:,} genes that look like transposons (transposon_like=true)")
    if dropped := sum(contig.dropped for contig in contigs):
        told.append(f"{dropped:,} genes that look like transposons were left out")
    empty = [
        contig
        for contig in contigs
        if not contig.genes and not contig.skipped and contig.bases >= _EMPTY_CONTIG
    ]
    if empty and genes:
        largest = max(empty, key=lambda contig: contig.bases)
        told.append(
            f"{len(empty):,} long contigs without any gene, such as {largest.name} "
            f"({largest.bases / 1e6:.1f} Mb): contamination, an organelle, or only repeats?"
        )
    return told
