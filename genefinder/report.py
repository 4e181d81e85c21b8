"""A page on a prediction: what was run, what was found, how sure it is, and what to cite."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from genefinder import __version__
from genefinder.data.description_length import divergence
from genefinder.dna import Codes, N
from genefinder.genes import Gene
from genefinder.grammar import forward_backward
from genefinder.grammar.labels import EXON, INTRON, START, STRAND_CHANNELS
from genefinder.io.html import (
    figures,
    note,
    page,
    paragraph,
    preformatted,
    section,
    table,
    tiles,
)
from genefinder.io.summary import Setting
from genefinder.io.svg import COLOURS, FAINT, Plot, draw_genes
from genefinder.models.model import Model
from genefinder.prediction import PredictedContig
from genefinder.predictor import Predictor
from genefinder.report_figures import (
    codon_table,
    curve_figure,
    dial,
    length_figures,
    posterior_figure,
)

Fetch = Callable[[str, int, int], Codes]
"""Returns the bases of a stretch of a contig."""

_CONTIGS = 24
"""The longest contigs that are drawn."""
_STRETCHES = 120
"""Bars of a contig, at most."""
_LOWEST = 6
"""Genes that are drawn."""
_LONGEST_DRAWN = 20_000
_CONTEXT, _FLANK = 2_000, 300
"""Bases on either side that are read, and that are drawn."""
_COLUMNS = 600
"""Values of a curve."""
_THRESHOLDS = tuple(round(0.05 * step, 2) for step in range(20))


@dataclass(frozen=True, slots=True)
class Run:
    """What was run.

    Attributes
    ----------
    genome
        Name of the genome's file.
    genome_sha256
        Of its bytes.
    model
        What found the genes.
    reasons
        Why this model, and what it reads, a text each.
    remarks
        What deserves the first look; those that begin with WARNING are warnings.
    settings
        Everything that the genes depend on besides, by name.
    """

    genome: str
    genome_sha256: str
    model: Model
    reasons: Sequence[str]
    remarks: Sequence[str]
    settings: Mapping[str, Setting]


@dataclass(slots=True)
class GenesSeen:
    """What a report needs of the genes of a genome, contig by contig.

    Attributes
    ----------
    contigs
        Name and length of each.
    genes
        All genes.
    codons
        Number of each codon in them, AAA to TTT.
    coding_gc
        Share of G and C in each coding sequence.
    """

    contigs: list[tuple[str, int]] = field(default_factory=list)
    genes: list[Gene] = field(default_factory=list)
    codons: npt.NDArray[np.int64] = field(default_factory=lambda: np.zeros(64, dtype=np.int64))
    coding_gc: list[float] = field(default_factory=list)

    def add(self, contig: PredictedContig) -> None:
        """Take in the next contig."""
        self.contigs.append((contig.name, contig.length))
        for gene in contig.genes:
            self.genes.append(gene.record)
            whole = gene.coding[: len(gene.coding) // 3 * 3].reshape(-1, 3).astype(np.int64)
            known = whole[(whole != N).all(axis=1)]
            self.codons += np.bincount(known @ np.array([16, 4, 1]), minlength=64)
            strong = np.isin(gene.coding, (1, 2)).mean() if len(gene.coding) else 0.0
            self.coding_gc.append(float(strong))


def report_page(run: Run, seen: GenesSeen, predictor: Predictor, fetch: Fetch) -> str:
    """Return the page.

    Parameters
    ----------
    run
        What was run.
    seen
        What was found.
    predictor
        Reads the genes again that are drawn.
    fetch
        Gives their bases.
    """
    sections = [_overview(run, seen), _run(run)]
    if seen.genes:
        sections += [
            _along_contigs(seen),
            section("Genes, exons and introns", length_figures(seen.genes)),
            _composition(run.model, seen),
            _posteriors(run.model, seen.genes),
            _dial(run, seen.genes),
            _lowest(seen, predictor, fetch),
        ]
    sections.append(_methods(run))
    return page(f"Genes of {run.genome}", f"genefinder {__version__}", sections)


def _overview(run: Run, seen: GenesSeen) -> str:
    bases = sum(length for _, length in seen.contigs)
    genes = len(seen.genes)
    transcripts = [gene.transcripts[0] for gene in seen.genes]
    coding = sum(transcript.cds_length for transcript in transcripts)
    values = [
        (f"{genes:,}", "genes"),
        (f"{bases / 1e6:,.2f} Mb", f"on {len(seen.contigs):,} contigs"),
        (f"{1e6 * genes / max(1, bases):,.0f}", "genes per Mb"),
        (f"{100 * coding / max(1, bases):.1f} %", "of the bases code"),
    ]
    if genes:
        right = sum(gene.posterior or 0.0 for gene in seen.genes)
        exons = sum(len(transcript.cds) for transcript in transcripts)
        partial = sum(t.partial_low or t.partial_high for t in transcripts)
        values += [
            (f"{exons / genes:.1f}", "exons a gene"),
            (f"{right:,.0f} ({right / genes:.0%})", "right in every exon, by their posteriors"),
            (f"{partial:,}", "partial genes"),
        ]
    remarks = [note(remark) for remark in run.remarks]
    return section("What was found", tiles(values), *remarks)


def _run(run: Run) -> str:
    model = run.model
    rows = [
        ("genome", f"{run.genome}, sha256 {run.genome_sha256}"),
        ("model", f"{model.name}, sha256 {model.sha256}"),
        ("trained on", ", ".join(model.species) or "unnamed species"),
        *([("reads", model.reads.describe())] if model.reads is not None else []),
        ("genefinder", __version__),
        *((name.replace("_", " "), str(value)) for name, value in run.settings.items()),
    ]
    return section("What was run", table(rows), *(note(reason) for reason in run.reasons))


def _along_contigs(seen: GenesSeen) -> str:
    """Draw the density of genes along the longest contigs."""
    longest = sorted(seen.contigs, key=lambda contig: -contig[1])[:_CONTIGS]
    scale = max(longest[0][1], 1)
    width = max(1_000, -(-scale // _STRETCHES))
    starts: dict[str, list[int]] = {}
    for gene in seen.genes:
        starts.setdefault(gene.contig, []).append(gene.start)
    counts = {
        name: np.bincount(
            np.array(starts.get(name, []), dtype=np.int64) // width,
            minlength=-(-length // width),
        )
        for name, length in longest
    }
    most = max(int(count.max(initial=0)) for count in counts.values())
    drawn = []
    for name, length in longest:
        if not length:
            continue
        plot = Plot((0, scale / 1e6), (0, most), "Mb", "genes", width=920, height=130)
        edges = [min(length, width * number) / 1e6 for number in range(len(counts[name]) + 1)]
        plot.bars(edges, counts[name].tolist(), COLOURS[0])
        plot.line([(length / 1e6, 0), (length / 1e6, most)], FAINT, dashed=True)
        found = int(counts[name].sum())
        drawn.append(
            (plot.svg(f"genes along {name}"), f"{name}: {length:,} bases, {found:,} genes")
        )
    more = len(seen.contigs) - len(longest)
    told = [paragraph(f"Each bar is {width / 1e3:,.0f} kb.")]
    if more > 0:
        told.append(paragraph(f"{more:,} shorter contigs are not drawn."))
    return section("Genes along the contigs", *told, figures(drawn))


def _composition(model: Model, seen: GenesSeen) -> str:
    """Compare the genome with what the model knows of its own species."""
    bases = max(1, sum(length for _, length in seen.contigs))
    genes = len(seen.genes)
    transcripts = [gene.transcripts[0] for gene in seen.genes]
    third = seen.codons.reshape(16, 4).sum(axis=0)
    own = {
        "genes per Mb": 1e6 * genes / bases,
        "coding share": sum(transcript.cds_length for transcript in transcripts) / bases,
        "exons a gene": sum(len(transcript.cds) for transcript in transcripts) / genes,
        "mean posterior": sum(gene.posterior or 0.0 for gene in seen.genes) / genes,
        "GC at third positions": float(third[1:3].sum() / max(1, third.sum())),
    }
    known = {
        "genes per Mb": [profile.genes_per_mb for profile in model.profiles],
        "coding share": [profile.coding for profile in model.profiles],
        "exons a gene": [profile.exons for profile in model.profiles],
        "mean posterior": [profile.posterior for profile in model.profiles],
        "GC at third positions": [profile.gc3 for profile in model.profiles],
    }
    reads = model.reads
    if not model.profiles and reads is not None and reads.structure.bases:
        known["genes per Mb"] = [reads.structure.genes_per_mb]
        known["coding share"] = [reads.structure.coding]
        known["exons a gene"] = [reads.structure.introns_per_gene + 1]
    rows = [(name, f"{value:.3g}", _span(known[name])) for name, value in own.items()]
    parts = [table(rows, ("", "this genome", "model's species"), numbers=2)]
    counts, edges = np.histogram(seen.coding_gc, bins=50, range=(0, 1))
    plot = Plot((0, 1), (0, counts.max()), "GC of a coding sequence", "genes")
    plot.bars(edges.tolist(), counts.tolist(), COLOURS[2])
    mean = float(np.mean(seen.coding_gc))
    parts.append(figures([(plot.svg("GC of genes"), f"GC of coding sequences; mean {mean:.3f}")]))
    usages = [np.array(profile.codons) for profile in model.profiles if sum(profile.codons)]
    if usages:
        nearest = min(usages, key=lambda usage: divergence(seen.codons, usage))
        code = model.grammar.genetic_code
        parts.append(codon_table(seen.codons, nearest.astype(np.int64), code))
    else:
        parts.append(paragraph("The model keeps no codon usage to compare with."))
    return section("Composition and codon usage", *parts)


def _posteriors(model: Model, genes: Sequence[Gene]) -> str:
    parts = [posterior_figure(genes)]
    curves = model.own_calibration.curves
    drawn = [
        (kind, [(step / 50, curves[kind](step / 50)) for step in range(51)])
        for kind in ("gene", "exon")
        if kind in curves
    ]
    if drawn:
        plot = curve_figure(drawn, "posterior of the network", "share that was right")
        caption = (
            "Calibration, as it was learnt on held-out sequence with a reference; the posteriors "
            "above are calibrated. A comparison with a reference of this genome "
            "(genefinder evaluate --report) shows how well that holds here."
        )
        parts.append(figures([(plot.svg("calibration"), caption)]))
    else:
        parts.append(paragraph("The model is not calibrated: its posteriors are its own."))
    return section("Posteriors", *parts)


def _dial(run: Run, genes: Sequence[Gene]) -> str:
    """Say what a higher threshold would bring, if the posteriors keep their word."""
    posteriors = np.sort([gene.posterior or 0.0 for gene in genes])
    total = max(posteriors.sum(), 1e-9)
    rows, points = [], []
    for threshold in _THRESHOLDS:
        kept = posteriors[posteriors >= threshold]
        if not len(kept):
            break
        precision, share = kept.mean(), kept.sum() / total
        points.append((float(share), float(precision)))
        rows.append(
            (
                threshold,
                f"{len(kept):,} genes, of which {kept.sum():,.0f} are expected to be right "
                f"({precision:.0%}); these are {share:.0%} of all right genes of this prediction",
            )
        )
    plot = Plot((0, 1), (0, 1), "right genes kept", "precision", width=430, height=300)
    plot.line(points, COLOURS[0])
    plot.dots(points, COLOURS[0])
    start = run.settings.get("min_posterior") or 0.0
    return section(
        "Sensitivity against precision",
        dial(rows, float(start)),
        figures([(plot.svg("precision by share kept"), "a dot a threshold, as expected")]),
    )


def _lowest(seen: GenesSeen, predictor: Predictor, fetch: Fetch) -> str:
    """Draw the genes of the lowest posteriors, with what speaks for them."""
    lengths = dict(seen.contigs)
    whole = [
        gene
        for gene in seen.genes
        if gene.end - gene.start <= _LONGEST_DRAWN
        and not (gene.transcripts[0].partial_low or gene.transcripts[0].partial_high)
    ]
    lowest = sorted(whole, key=lambda gene: gene.posterior or 0.0)[:_LOWEST]
    told = paragraph(
        "Complete genes, and beneath each the probability of exons, of introns and of sites (start "
        "and stop codons, donors, acceptors) on its strand. Where the exons above and the "
        "probabilities beneath disagree, another structure is almost as probable."
    )
    return section("Least sure genes", told, figures(_drawings(lowest, lengths, predictor, fetch)))


def _drawings(
    genes: Sequence[Gene], lengths: Mapping[str, int], predictor: Predictor, fetch: Fetch
) -> Iterator[tuple[str, str]]:
    with predictor.scorer() as scorer:
        for gene in genes:
            first = max(0, gene.start - _CONTEXT)
            last = min(lengths[gene.contig], gene.end + _CONTEXT)
            codes = fetch(gene.contig, first, last)
            scores = np.concatenate([block for _, block in scorer.read(codes)])
            _, posterior = forward_backward(codes, scores, predictor.model.grammar, free_ends=True)
            strand = STRAND_CHANNELS * (gene.strand == "-")
            own = posterior[:, strand : strand + STRAND_CHANNELS]
            span = max(first, gene.start - _FLANK), min(first + len(codes), gene.end + _FLANK)
            shown = own[span[0] - first : span[1] - first]
            curves = [
                ("P(exon)", _columns(shown[:, EXON:INTRON].sum(axis=1)), COLOURS[0]),
                ("P(intron)", _columns(shown[:, INTRON:START].sum(axis=1)), FAINT),
                ("P(site)", _columns(shown[:, START:].max(axis=1)), COLOURS[1]),
            ]
            place = f"{gene.contig}:{gene.start + 1:,}-{gene.end:,} ({gene.strand})"
            row = (f"{gene.id} {gene.posterior or 0.0:.2f}", gene.strand, gene.transcripts[0].cds)
            yield draw_genes(span, [row], curves, title=f"{gene.id} at {place}"), place


def _columns(values: npt.NDArray[np.float32]) -> list[float]:
    """Return the greatest value of each of some hundred stretches."""
    edges = np.linspace(0, len(values), min(_COLUMNS, len(values)) + 1).astype(int)
    return [float(min(1.0, value)) for value in np.maximum.reduceat(values, edges[:-1])]


def _methods(run: Run) -> str:
    model = run.model
    settings = run.settings
    reads = ""
    if model.reads is not None and model.reads.origin == "genome":
        reads = ", which read statistics learnt from the genome itself,"
    elif model.reads is not None and model.reads.name not in model.species:
        reads = f", which read the statistics of {model.reads.name},"
    repeats = ""
    if "repeat_penalty" in settings:
        repeats = (
            f" Coding in repeats was penalised by {settings['repeat_penalty']} nats a base, which "
            "was learnt from the genome."
        )
    dropped = " Genes that look like transposons were left out." * bool(
        settings.get("drop_transposons")
    )
    text = (
        f"Protein-coding genes of {run.genome} were predicted with genefinder {__version__}. The "
        f"model {model.name} (sha256 {model.sha256[:12]}){reads} scored every base on both "
        "strands with a convolutional and bidirectional recurrent network; genes are those of the "
        "best path through a grammar of complete genes under NCBI translation table "
        f"{settings['genetic_code']}. Posterior probabilities were computed by the "
        f"forward-backward algorithm{' and calibrated' if model.own_calibration.curves else ''}; "
        f"genes below {settings['min_posterior']:g} were left out.{repeats}{dropped}"
    )
    bibtex = (
        "@software{genefinder,\n"
        "  title = {genefinder: protein-coding genes from a neural network and a gene grammar},\n"
        "  author = {{The genefinder maintainers}},\n"
        f"  version = {{{__version__}}},\n"
        "  license = {MIT}\n}"
    )
    return section("Methods and citation", paragraph(text), preformatted(bibtex))


def _span(values: Sequence[float]) -> str:
    if not values:
        return "not known"
    low, high = min(values), max(values)
    return f"{low:.3g}" if low == high else f"{low:.3g} to {high:.3g}"
