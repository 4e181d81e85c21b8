"""The command that cuts a genome into shards."""

from typing import Any

import click

from genefinder.cli.choice_options import ChoiceOptions, choice_options
from genefinder.cli.display import bases_bar
from genefinder.cli.options import compute_options, quiet_option


@click.command()
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
@choice_options
@compute_options
@quiet_option
def shard(
    genome: str,
    output: str,
    bases: int,
    threads: int,
    device: str,
    quiet: bool,
    **options: Any,
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
    choice = ChoiceOptions.taken_from(options).decide(
        source, compute=Compute(threads=threads, device=device), quiet=quiet, say=say
    )
    Path(output).mkdir(parents=True, exist_ok=True)
    choice.save(Path(output) / CHOICE)
    with bases_bar("writing shards: ", source.known_bases, quiet=quiet) as bar:
        shards = write_shards(source, choice.repeats, output, bases, bar.update)
    largest = max(shard.bases for shard in shards.shards)
    say(f"{len(shards.shards):,} shards, the largest of {largest / 1e6:.2f} Mb")
