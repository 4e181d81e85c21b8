"""The command that cuts a genome into shards."""

from typing import TYPE_CHECKING

import click

from genefinder.cli.decision import decide
from genefinder.cli.display import bases_bar
from genefinder.cli.genetic_code import genetic_code_option
from genefinder.cli.repeats_option import repeats_option
from genefinder.cli.species_option import AUTO, species_option

if TYPE_CHECKING:
    from genefinder.repeats import RepeatMarks


@click.command(context_settings={"help_option_names": ["-h", "--help"], "show_default": True})
@click.argument("genome")
@click.option(
    "-o", "--output", metavar="DIR", required=True, help="Folder of the shards; new, or empty."
)
@click.option(
    "--bases",
    type=click.IntRange(min=1),
    default=50_000_000,
    help="Of a shard, at most; a longer contig is cut where it has gaps of 10,000 N or more, and "
    "kept whole where it has none.",
)
@click.option(
    "-m",
    "--model",
    default=AUTO,
    help="Name of an installed model, or a model directory; auto compares all installed models on "
    "a sample of the genome.",
)
@species_option
@genetic_code_option(
    "that of the species or model asked for; otherwise found by the stop codons inside long open "
    "frames"
)
@repeats_option
@click.option("--threads", type=click.IntRange(min=1), default=1, help="CPU threads.")
@click.option("--device", default="auto", help="auto, cpu, cuda or cuda:N.")
@click.option("-q", "--quiet", is_flag=True, help="Only errors on stderr.")
def shard(
    genome: str,
    output: str,
    bases: int,
    model: str,
    species: str,
    genetic_code: int | None,
    repeats: "RepeatMarks",
    threads: int,
    device: str,
    quiet: bool,
) -> None:
    """Cut GENOME into shards, and choose once for all what their genes are found with.

    DIR gets files 0001.fa and so on, choice.json for `genefinder predict --choice`, and, at last,
    shards.json for `genefinder merge`, which joins the genes to the bytes of one run on the whole.
    GENOME is FASTA, plain, gzip or bgzip; - is standard input.
    """
    from pathlib import Path

    from genefinder.compute import Compute
    from genefinder.io.fasta import open_genome
    from genefinder.network.device import choose_device
    from genefinder.shards import CHOICE, check_shards_folder, write_shards

    def say(message: str) -> None:
        if not quiet:
            click.echo(message, err=True)

    check_shards_folder(output)
    source = open_genome(genome, soft_masks=True)
    choose_device(device)  # before minutes are spent
    source.spool()
    choice = decide(
        source,
        model,
        species,
        genetic_code=genetic_code,
        marks=repeats,
        compute=Compute(threads=threads, device=device),
        quiet=quiet,
        say=say,
    )
    Path(output).mkdir(parents=True, exist_ok=True)
    choice.save(Path(output) / CHOICE)
    with bases_bar("writing shards: ", source.known_bases, quiet=quiet) as bar:
        shards = write_shards(source, choice.repeats, output, bases, bar.update)
    largest = max(shard.bases for shard in shards.shards)
    say(f"{len(shards.shards):,} shards, the largest of {largest / 1e6:.2f} Mb")
