"""The command that finds the genes of a genome."""

import os
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Generic, TextIO, TypeVar

import click

from genefinder import __version__

if TYPE_CHECKING:
    import torch

    from genefinder.io.fasta import Genome
    from genefinder.io.gff3 import Gff3Writer
    from genefinder.io.summary import ContigSummary
    from genefinder.models.model import Model
    from genefinder.predictor import AnnotatedContig

Item = TypeVar("Item")

_POSTERIOR = click.FloatRange(0.0, 1.0)


@click.command(context_settings={"help_option_names": ["-h", "--help"], "show_default": True})
@click.argument("genome")
@click.option("-o", "--output", default="-", help="GFF3 to write; .gz is bgzipped, - is stdout.")
@click.option(
    "-m",
    "--model",
    default="auto",
    help="Name of an installed model, or a model directory; auto compares all installed models on "
    "a sample of the genome.",
)
@click.option("--proteins", help="Also write the proteins, as FASTA.")
@click.option("--cds", help="Also write the coding sequences, as FASTA.")
@click.option("--summary", help="Also write an account of the run, as JSON.")
@click.option(
    "--min-posterior",
    type=_POSTERIOR,
    help="Leave out genes below this probability.  [default: the model's]",
)
@click.option(
    "--min-contig",
    type=click.IntRange(min=0),
    default=0,
    help="Skip contigs shorter than this many bases.",
)
@click.option(
    "--threads",
    type=click.IntRange(min=1),
    default=1,
    help="Windows computed at the same time on the CPU; changes no byte of the result.",
)
@click.option(
    "--batch-size",
    type=click.IntRange(min=1),
    default=8,
    help="Windows in flight for each thread or GPU call.",
)
@click.option("--device", default="auto", help="auto, cpu, cuda or cuda:N.")
@click.option(
    "--adapt",
    is_flag=True,
    help="First fit the model to GENOME, without annotation; it is left as it is where that does "
    "not help.",
)
@click.option(
    "--adapt-minutes",
    type=click.FloatRange(min=0.0, min_open=True),
    help="With --adapt, how long to train, in about minutes of one core.  [default: 5]",
)
@click.option(
    "--adapt-next-base",
    metavar="SHARE",
    type=click.FloatRange(min=0.0, max=1.0, max_open=True),
    help="With --adapt, share of the training in which the encoder predicts the next base of "
    "GENOME, before genes are learnt.  [default: 0]",
)
@click.option(
    "--adapt-output", metavar="DIR", help="With --adapt, also write the model that came out of it."
)
@click.option("-q", "--quiet", is_flag=True, help="Only errors on stderr.")
@click.option("-v", "--verbose", is_flag=True, help="A line for every contig on stderr.")
def predict(
    genome: str,
    output: str,
    model: str,
    proteins: str | None,
    cds: str | None,
    summary: str | None,
    min_posterior: float | None,
    min_contig: int,
    threads: int,
    batch_size: int,
    device: str,
    adapt: bool,
    adapt_minutes: float | None,
    adapt_next_base: float | None,
    adapt_output: str | None,
    quiet: bool,
    verbose: bool,
) -> None:
    """Find the protein-coding genes of GENOME and write them as GFF3.

    GENOME is FASTA, plain, gzip or bgzip; - is standard input. Genes are complete and valid under
    the genetic code, on both strands; only at contig ends and gaps may they be partial, and say so.
    """
    from contextlib import ExitStack

    from tqdm import tqdm

    from genefinder.cli.auto import AUTO, Selection
    from genefinder.io.fasta import open_genome
    from genefinder.io.gff3 import Gff3Writer
    from genefinder.io.output import open_output
    from genefinder.io.summary import Summary
    from genefinder.models.model import Model
    from genefinder.network.device import choose_device
    from genefinder.network.scorer import WindowScorer
    from genefinder.predictor import annotate

    begin, own_begin = time.perf_counter(), time.thread_time()
    name = "-" if genome == "-" else Path(genome).name
    _check_outputs(genome, output, proteins, cds, summary)
    _check_adaptation(genome, adapt, adapt_minutes, adapt_next_base, adapt_output)
    source = open_genome(genome)
    where = choose_device(device)
    selection = None
    if model == AUTO:
        selection = Selection(source, where, threads, batch_size)
        loaded = selection.model
        own_begin = time.thread_time()
        if not quiet:
            click.echo(selection.format(), err=True)
    else:
        loaded = Model.load(model)
    if adapt:
        loaded = _adapt(
            loaded,
            source,
            adapt_minutes or 5.0,
            adapt_next_base,
            adapt_output,
            threads,
            where,
            quiet,
        )
        own_begin = time.thread_time()
    grammar = loaded.grammar
    threshold = loaded.min_posterior if min_posterior is None else min_posterior
    settings = {
        "genetic_code": grammar.genetic_code,
        "min_intron": grammar.min_intron,
        "min_exon": grammar.min_exon,
        "min_posterior": threshold,
        "min_contig": min_contig,
    }
    contigs: list[ContigSummary] = []
    with ExitStack() as stack:
        streams = {
            path: stack.enter_context(open_output(path))
            for path in (output, proteins, cds, summary)
            if path is not None
        }
        gff = stack.enter_context(Gff3Writer(streams[output]))
        reader = stack.enter_context(WindowScorer(loaded.network, where, threads, batch_size))
        bar = stack.enter_context(
            tqdm(unit="b", unit_scale=True, disable=True if quiet or verbose else None)
        )
        write = _Writer(
            gff,
            streams[proteins] if proteins is not None else None,
            streams[cds] if cds is not None else None,
            grammar.genetic_code,
        )
        reading = _Timed(source)
        finding = _Timed(
            annotate(reading, reader, grammar, threshold, min_contig, loaded.calibration)
        )
        # Mapped, so that no contig stays in memory while the next is read.
        for contig in map(write, finding):
            contigs.append(contig)
            bar.update(contig.bases)
            if verbose and not quiet:
                click.echo(_describe(contig), err=True)
        regions = [(one.name, one.bases) for one in contigs]
        comments = _comments(loaded, name, source.sha256, settings)
        gff.finish(regions, comments + (selection.comments() if selection else []))
        seconds = time.perf_counter() - begin
        if summary is not None:
            Summary(
                version=__version__,
                genome=name,
                genome_sha256=source.sha256,
                model=loaded.name,
                model_sha256=loaded.sha256,
                settings=settings,
                contigs=contigs,
                seconds=seconds,
                stages={
                    "choice": 0.0 if selection is None else selection.seconds,
                    "input": reading.seconds,
                    "network": sum(reader.seconds),
                    "decoder": finding.seconds - reading.seconds,
                    "output": time.thread_time() - own_begin - finding.seconds,
                },
                selection=selection.to_dict() if selection else None,
            ).write(streams[summary])
        # A full disk or a closed pipe is met here, while no output has its name yet.
        for stream in streams.values():
            stream.flush()
    if not quiet:
        bases = sum(one.bases for one in contigs)
        click.echo(
            f"{write.genes:,} genes on {len(contigs):,} contigs ({bases / 1e6:.2f} Mb) "
            f"in {seconds:.1f} s, model {loaded.name}{_skipped(contigs)}",
            err=True,
        )


class _Writer:
    """Names the genes of contigs and writes them to every output asked for."""

    def __init__(
        self, gff: "Gff3Writer", proteins: TextIO | None, cds: TextIO | None, genetic_code: int
    ) -> None:
        self._gff = gff
        self._proteins = proteins
        self._cds = cds
        self._genetic_code = genetic_code
        self.genes = 0

    def __call__(self, annotated: "AnnotatedContig") -> "ContigSummary":
        """Write the genes of the next contig."""
        from genefinder.io.gff3 import assign_ids
        from genefinder.io.sequences import coding_sequence, protein, write_record
        from genefinder.io.summary import ContigSummary

        contig, genes = annotated.contig, annotated.genes
        for gene in assign_ids(genes, first=self.genes + 1):
            self._gff.write(gene)
            for transcript in gene.transcripts:
                if self._proteins is not None:
                    residues = protein(transcript, contig.codes, self._genetic_code)
                    write_record(self._proteins, transcript.id, residues)
                if self._cds is not None:
                    letters = coding_sequence(transcript, contig.codes)
                    write_record(self._cds, transcript.id, letters)
        self.genes += len(genes)
        return ContigSummary(contig.name, len(contig), len(genes), annotated.skipped)


class _Timed(Generic[Item]):
    """Passes items on and adds up the processor time that this thread takes to make them."""

    def __init__(self, items: Iterable[Item]) -> None:
        self._items = iter(items)
        self.seconds = 0.0

    def __iter__(self) -> Iterator[Item]:
        return self

    def __next__(self) -> Item:
        begin = time.thread_time()
        try:
            return next(self._items)
        finally:
            self.seconds += time.thread_time() - begin


def _check_outputs(genome: str, *outputs: str | None) -> None:
    """Refuse to write two outputs to one place, or over the genome."""
    taken = [] if genome == "-" else [os.path.realpath(genome)]
    for path in outputs:
        if path is None:
            continue
        place = path if path == "-" else os.path.realpath(path)
        if place in taken:
            raise click.UsageError(
                f"{path} is the genome itself or another output; give every output its own name"
            )
        taken.append(place)


def _check_adaptation(
    genome: str, adapt: bool, minutes: float | None, next_base: float | None, output: str | None
) -> None:
    """Refuse what cannot be adapted to, and options that would do nothing."""
    if adapt and genome == "-":
        raise click.UsageError("--adapt reads GENOME more than once; save it to a file first")
    if not adapt and any(value is not None for value in (minutes, next_base, output)):
        raise click.UsageError(
            "--adapt-minutes, --adapt-next-base and --adapt-output do nothing without --adapt"
        )


def _adapt(
    model: "Model",
    genome: "Genome",
    minutes: float,
    next_base: float | None,
    output: str | None,
    threads: int,
    device: "torch.device",
    quiet: bool,
) -> "Model":
    """Fit a model to a genome; return the model itself where that does not help."""
    from genefinder.selftraining.adapt import (
        NEXT_BASE,
        adapt,
        adaptation_recipe,
        adapted_model,
        save_adapted,
    )

    if output is not None:
        Path(output).mkdir(parents=True, exist_ok=True)
    recipe = adaptation_recipe(minutes)
    adaptation = adapt(
        model,
        genome,
        recipe,
        threads=threads,
        device=device,
        next_base=NEXT_BASE if next_base is None else next_base,
        report=(lambda line: None) if quiet else (lambda line: click.echo(line, err=True)),
    )
    adapted = adapted_model(model, adaptation, Path(genome.path).name, genome.sha256, recipe)
    if output is not None:
        adapted = save_adapted(Path(output), adapted, adaptation)
    return model if adaptation.reverted else adapted


def _describe(contig: "ContigSummary") -> str:
    """Say what became of a contig."""
    fate = f"skipped: {contig.skipped}" if contig.skipped else f"{contig.genes:,} genes"
    return f"{contig.name}: {contig.bases:,} bases, {fate}"


def _skipped(contigs: Sequence["ContigSummary"]) -> str:
    """Say how many contigs were skipped, by reason; nothing where none was."""
    reasons = Counter(contig.skipped for contig in contigs if contig.skipped)
    if not reasons:
        return ""
    counts = "; ".join(f"{reason}: {number:,}" for reason, number in reasons.items())
    return f"\ncontigs skipped: {counts}"


def _comments(
    model: "Model", genome: str, sha256: str, settings: dict[str, int | float]
) -> list[tuple[str, str]]:
    """Return what the header of the GFF3 tells about its making."""
    values = " ".join(f"{name}={value}" for name, value in settings.items())
    return [
        ("tool", f"genefinder {__version__}"),
        ("model", f"{model.name} sha256:{model.sha256}"),
        ("genome", f"{genome} sha256:{sha256}"),
        ("settings", values),
    ]
