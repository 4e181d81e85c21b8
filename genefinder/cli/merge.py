"""The command that joins the genes of shards."""

import time
from typing import TYPE_CHECKING, Any

import click

from genefinder import __version__
from genefinder.account import expected, look_first, skipped
from genefinder.cli.options import quiet_option
from genefinder.cli.output_options import (
    OutputOptions,
    check_destinations,
    output_options,
    sequence_options,
    workflow_options,
)
from genefinder.io.destinations import Destinations

if TYPE_CHECKING:
    from genefinder.io.fasta_headers import FastaHeaders

_TABLES = "gff3", "gtf", "tbl"


@click.command()
@click.argument("folder", metavar="DIR")
@click.argument("genes", nargs=-1, required=True)
@output_options
@click.option("--id-prefix", metavar="TEXT", default="g", help="Begins the ID of every gene.")
@click.option(
    "-m", "--model", help="Where the model of the choice is, if not where genefinder shard saw it."
)
@sequence_options
@click.option("--summary", help="Also write an account of what was found, as JSON.")
@workflow_options
@quiet_option
def merge(
    folder: str,
    genes: tuple[str, ...],
    id_prefix: str,
    model: str | None,
    proteins: str | None,
    cds: str | None,
    fasta_headers: "FastaHeaders",
    summary: str | None,
    multiqc: str | None,
    versions: str | None,
    quiet: bool,
    **options: Any,
) -> None:
    """Join GENES, the GFF3 of every shard in DIR, to the genes of the genome.

    DIR is what `genefinder shard` wrote; GENES come in any order. They are written in the genome's
    order, under the IDs, and with the bytes, that one run of `genefinder predict` gives them.
    """
    from contextlib import ExitStack
    from pathlib import Path

    from genefinder.errors import InputError
    from genefinder.io.index import write_index
    from genefinder.io.multiqc import GeneCounts, write_multiqc
    from genefinder.io.output import open_output
    from genefinder.io.summary import Summary
    from genefinder.io.versions import write_versions
    from genefinder.merging import merge as run
    from genefinder.saved_choice import SavedChoice
    from genefinder.shards import CHOICE, Shards

    begin = time.perf_counter()
    form = OutputOptions.taken_from(options)
    form.check(id_prefix=id_prefix)
    if form.form not in _TABLES:
        raise click.UsageError(
            f"shards are joined as {', '.join(_TABLES)}; write {form.form} of the result with "
            "genefinder convert"
        )
    where = Destinations(
        genes=form.output,
        format=form.form,
        proteins=proteins,
        cds=cds,
        summary=summary,
        multiqc=multiqc,
        versions=versions,
    )
    check_destinations(where, genes)
    shards = Shards.load(folder)
    choice = SavedChoice.load(Path(folder) / CHOICE, model)
    prediction = run(
        folder, genes, choice, id_prefix=id_prefix, locus_tag_prefix=form.locus_tag_prefix
    )
    if summary is not None and prediction.settings.get("drop_transposons"):
        raise InputError(
            "genes that look like transposons were left out of the shards, and nobody knows how "
            "many; leave out --summary, or predict the shards without --drop-transposons"
        )
    counts = GeneCounts()
    with ExitStack() as stack:
        streams = {path: stack.enter_context(open_output(path)) for path in where.files}
        prediction.write(
            streams[form.output],
            format=form.form,
            id_database=form.id_database,
            proteins=None if proteins is None else streams[proteins],
            cds=None if cds is None else streams[cds],
            fasta_headers=fasta_headers,
            progress=lambda contig: counts.add(
                contig.length, (gene.record for gene in contig.genes)
            ),
        )
        contigs = prediction.contigs
        first = look_first(contigs, choice.model.grammar.spliced)
        if summary is not None:
            Summary(
                version=__version__,
                genome=shards.genome,
                genome_sha256=shards.genome_sha256,
                model=choice.model.name,
                model_sha256=choice.model.sha256,
                species=choice.species,
                settings=prediction.settings,
                contigs=contigs,
                seconds=time.perf_counter() - begin,
                stages={"choice": choice.seconds},
                selection=choice.selection,
                look_first=first,
            ).write(streams[summary])
        if multiqc is not None:
            write_multiqc(streams[multiqc], shards.genome, counts, choice.model.name)
        if versions is not None:
            write_versions(streams[versions])
        # A full disk or a closed pipe is met here, while no output has its name yet.
        for stream in streams.values():
            stream.flush()
    if form.index:
        write_index(form.output, max(contig.bases for contig in contigs))
    if not quiet:
        number = sum(contig.genes for contig in contigs)
        bases = sum(contig.bases for contig in contigs)
        told = [
            f"{number:,} genes on {len(contigs):,} contigs ({bases / 1e6:.2f} Mb) of "
            f"{len(shards.shards):,} shards, model {choice.model.name}"
            f"{expected(contigs)}{skipped(contigs)}"
        ]
        if first:
            told.append("look first at:" + "".join(f"\n  {remark}" for remark in first))
        click.echo("\n".join(told), err=True)
