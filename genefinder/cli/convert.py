"""The command that writes the genes of a file in another format."""

import os
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import click

from genefinder import __version__
from genefinder.cli.options import quiet_option
from genefinder.cli.output_options import OutputOptions, check_file, output_options
from genefinder.cli.problems import show_problems

if TYPE_CHECKING:
    from genefinder.genes import Gene
    from genefinder.io.identifiers import Identifiers


@click.command()
@click.argument("genes")
@click.argument("genome")
@output_options
@click.option(
    "--genetic-code",
    metavar="NUMBER",
    type=click.IntRange(min=1),
    default=1,
    help="NCBI translation table of the genes.",
)
@quiet_option
def convert(genes: str, genome: str, genetic_code: int, quiet: bool, **options: Any) -> None:
    """Write the coding genes of GENES, on the contigs of GENOME, in another format.

    GENES is GFF3 or GTF, GENOME is FASTA; either may be compressed, and one of them be -, standard
    input. IDs and the names of products are kept, and locus tags where no prefix is given.
    """
    from genefinder.dna import encode
    from genefinder.errors import InputError
    from genefinder.io.annotation import read_annotation
    from genefinder.io.fasta import open_genome
    from genefinder.io.formats import open_writer
    from genefinder.io.identifiers import Identifiers
    from genefinder.io.index import write_index
    from genefinder.io.output import open_output
    from genefinder.io.qualifiers import Qualifiers
    from genefinder.io.sequences import translate

    form = OutputOptions.taken_from(options)
    form.check(tagged=True)
    if genes == genome == "-":
        raise click.UsageError("GENES and GENOME cannot both be standard input")
    try:
        translate(encode("NNN"), genetic_code)
    except InputError as error:
        raise click.UsageError(str(error)) from error
    check_file(form.output, (genes, genome))
    source = open_genome(genome)
    source.spool()
    contigs = source.contigs
    annotation = read_annotation(genes).check_against(dict(contigs), source.name)
    if not quiet:
        show_problems(annotation)
    by_contig: dict[str, list[Gene]] = defaultdict(list)
    for gene in _distinct(annotation.genes):
        by_contig[gene.contig].append(gene)
    qualifiers = Qualifiers(form.organism, form.id_database, genetic_code)
    identifiers = Identifiers(locus_tag_prefix=form.locus_tag_prefix)
    number = 0
    with (
        open_output(form.output) as stream,
        open_writer(form.form, stream, qualifiers, source.letters) as writer,
    ):
        for name, length in contigs:
            tagged = list(_tagged(by_contig[name], identifiers, number + 1))
            number += len(tagged)
            writer.write(name, length, tagged)
        origin = f"{os.path.basename(genes)} on {os.path.basename(genome)}"
        writer.finish([("tool", f"genefinder {__version__}"), ("converted", origin)])
    if form.index:
        write_index(form.output, max(length for _, length in contigs))
    if not quiet:
        click.echo(f"{number:,} genes on {len(contigs):,} contigs as {form.form}", err=True)


def _tagged(genes: Iterable["Gene"], identifiers: "Identifiers", first: int) -> Iterator["Gene"]:
    """Give genes locus tags, if there is a prefix for them."""
    for number, gene in enumerate(genes, start=first):
        yield replace(gene, locus_tag=identifiers.locus_tag(number) or gene.locus_tag)


def _distinct(genes: Iterable["Gene"]) -> Iterator["Gene"]:
    """Give a transcript another ID where a gene has the same, as in files that know no genes."""
    known = list(genes)
    taken = {gene.id for gene in known}
    for gene in known:
        transcripts = []
        for transcript in gene.transcripts:
            name = transcript.id
            while name in taken:
                name += ".t"
            taken.add(name)
            transcripts.append(replace(transcript, id=name))
        yield replace(gene, transcripts=tuple(transcripts))
