"""The command that finds the genes of a genome."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from genefinder import __version__

if TYPE_CHECKING:
    from genefinder.annotate import AnnotatedContig
    from genefinder.network.store import Model

_POSTERIOR = click.FloatRange(0.0, 1.0)


@click.command(context_settings={"help_option_names": ["-h", "--help"], "show_default": True})
@click.argument("genome")
@click.option("-o", "--output", default="-", help="GFF3 to write; .gz is bgzipped, - is stdout.")
@click.option(
    "-m", "--model", default="plant", help="Name of an installed model, or a model directory."
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
    quiet: bool,
    verbose: bool,
) -> None:
    """Find the protein-coding genes of GENOME and write them as GFF3.

    GENOME is FASTA, plain, gzip or bgzip; - is standard input. Genes are complete and valid under
    the genetic code, on both strands; only at contig ends and gaps may they be partial, and say so.
    """
    import time
    from contextlib import ExitStack

    from tqdm import tqdm

    from genefinder.annotate import EvidenceReader, annotate, choose_device
    from genefinder.decoding import Grammar
    from genefinder.io.fasta import open_genome
    from genefinder.io.gff3 import Gff3Writer, assign_ids
    from genefinder.io.output import open_output
    from genefinder.io.sequences import coding_sequence, protein, write_record
    from genefinder.io.summary import ContigSummary, Summary
    from genefinder.network.store import load_model

    begin = time.perf_counter()
    name = "-" if genome == "-" else Path(genome).name
    _check_outputs(output, proteins, cds, summary)
    source = open_genome(genome)
    where = choose_device(device)
    loaded = load_model(model)
    grammar = Grammar.from_dict(loaded.grammar)
    threshold = loaded.min_posterior if min_posterior is None else min_posterior
    contigs: list[ContigSummary] = []
    with ExitStack() as stack:
        gff = stack.enter_context(Gff3Writer(stack.enter_context(open_output(output))))
        protein_file = stack.enter_context(open_output(proteins)) if proteins else None
        cds_file = stack.enter_context(open_output(cds)) if cds else None
        summary_file = stack.enter_context(open_output(summary)) if summary else None
        reader = stack.enter_context(EvidenceReader(loaded.network, where, threads, batch_size))
        bar = stack.enter_context(
            tqdm(unit="b", unit_scale=True, disable=True if quiet or verbose else None)
        )
        found = 0
        for annotated in annotate(source, reader, grammar, threshold, min_contig):
            contig = annotated.contig
            numbered = assign_ids(annotated.genes, first=found + 1)
            for gene in numbered:
                found += 1
                gff.write(gene)
                for transcript in gene.transcripts:
                    if protein_file is not None:
                        residues = protein(transcript, contig.codes, grammar.genetic_code)
                        write_record(protein_file, transcript.id, residues)
                    if cds_file is not None:
                        letters = coding_sequence(transcript, contig.codes)
                        write_record(cds_file, transcript.id, letters)
            contigs.append(
                ContigSummary(contig.name, len(contig), len(annotated.genes), annotated.skipped)
            )
            bar.update(len(contig))
            if not quiet and (verbose or annotated.skipped):
                click.echo(_describe(annotated), err=True)
        settings = {
            "genetic_code": grammar.genetic_code,
            "min_intron": grammar.min_intron,
            "min_exon": grammar.min_exon,
            "min_posterior": threshold,
            "min_contig": min_contig,
        }
        regions = [(one.name, one.bases) for one in contigs]
        gff.finish(regions, _comments(loaded, name, source.sha256, settings))
        seconds = time.perf_counter() - begin
        if summary_file is not None:
            Summary(
                version=__version__,
                genome=name,
                genome_sha256=source.sha256,
                model=loaded.name,
                model_sha256=loaded.sha256,
                settings=settings,
                contigs=contigs,
                seconds=seconds,
                stages={"network": sum(reader.seconds), "decoder and output": time.thread_time()},
            ).write(summary_file)
    if not quiet:
        bases = sum(one.bases for one in contigs)
        click.echo(
            f"{found:,} genes on {len(contigs):,} contigs ({bases / 1e6:.2f} Mb) "
            f"in {seconds:.1f} s, model {loaded.name}",
            err=True,
        )


def _check_outputs(*paths: str | None) -> None:
    """Refuse to write two outputs to one place."""
    given = [path for path in paths if path is not None]
    if doubled := {path for path in given if given.count(path) > 1}:
        raise click.UsageError(f"two outputs have the same name: {', '.join(sorted(doubled))}")


def _describe(annotated: "AnnotatedContig") -> str:
    """Say what became of a contig."""
    contig = annotated.contig
    if annotated.skipped:
        return f"{contig.name}: {len(contig):,} bases, skipped: {annotated.skipped}"
    return f"{contig.name}: {len(contig):,} bases, {len(annotated.genes):,} genes"


def _comments(
    model: "Model", genome: str, sha256: str, settings: dict[str, int | float]
) -> list[tuple[str, str]]:
    """What the header of the GFF3 tells about its making."""
    values = " ".join(f"{name}={value}" for name, value in settings.items())
    return [
        ("tool", f"genefinder {__version__}"),
        ("model", f"{model.name} sha256:{model.sha256}"),
        ("genome", f"{genome} sha256:{sha256}"),
        ("settings", values),
    ]
