"""The command that learns the statistics of a genome."""

import click

from genefinder.cli.options import compute_options, genetic_code_option, quiet_option
from genefinder.cli.output_options import check_file


@click.command()
@click.argument("genome")
@click.option(
    "-o", "--output", metavar="FILE", required=True, help="Statistics to write; - is stdout."
)
@click.option(
    "-m",
    "--model",
    default="universal",
    help="The model that is to read them: its name or its directory.",
)
@genetic_code_option("found by the stop codons inside long open frames")
@compute_options
@quiet_option
def learn(
    genome: str,
    output: str,
    model: str,
    genetic_code: int | None,
    threads: int,
    device: str,
    quiet: bool,
) -> None:
    """Learn the statistics of GENOME from its sequence alone, and save them.

    GENOME is FASTA, plain, gzip or bgzip; - is standard input. `genefinder predict --species FILE`
    reads what is saved, so that a genome, or its relatives, need not be learnt again.
    """
    from genefinder.cli.display import Display
    from genefinder.compute import Compute
    from genefinder.data.genome_sample import GenomeSample
    from genefinder.io.fasta import open_genome
    from genefinder.models.model import Model
    from genefinder.network.device import choose_device
    from genefinder.species_choice import learn as run
    from genefinder.species_choice import own_statistics

    check_file(output, [genome])
    source = open_genome(genome)
    choose_device(device)  # before minutes are spent
    with Display(quiet, "learning the genome: ") as display:
        learnt = run(
            Model.load(model),
            GenomeSample(source),
            genetic_code=genetic_code,
            compute=Compute(threads=threads, device=device),
            progress=display.show,
        )
        for candidate in learnt.candidates:
            display.say(candidate.describe())
    own_statistics(learnt).save(output)
