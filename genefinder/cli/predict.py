"""The command that finds the genes of a genome."""

import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import click

from genefinder import __version__
from genefinder.account import expected, line, skipped
from genefinder.cli.choice_options import AUTO, KNOWN, ChoiceOptions, choice_options
from genefinder.cli.display import bases_bar
from genefinder.cli.log import Log
from genefinder.cli.options import compute_options, quiet_option
from genefinder.cli.output_options import (
    OutputOptions,
    check_destinations,
    output_options,
    sequence_options,
    workflow_options,
)
from genefinder.io.destinations import Destinations

if TYPE_CHECKING:
    from genefinder.io.fasta import Genome
    from genefinder.io.fasta_headers import FastaHeaders
    from genefinder.prediction import PredictedContig
    from genefinder.saved_choice import SavedChoice

_POSTERIOR = click.FloatRange(0.0, 1.0)
_METAGENOME_CODE = 11


@click.command()
@click.argument("genome")
@output_options
@click.option("--id-prefix", metavar="TEXT", default="g", help="Begins the ID of every gene.")
@choice_options
@click.option(
    "--choice",
    metavar="FILE",
    help="What genefinder shard chose for all shards of a genome, of which GENOME is one.",
)
@click.option(
    "--drop-transposons", is_flag=True, help="Leave out genes that look like transposons."
)
@click.option(
    "--circular",
    is_flag=True,
    help="Take every sequence for circular, not only those whose headers say [topology=circular] "
    "or circular=true.",
)
@click.option(
    "--meta",
    is_flag=True,
    help="Contigs of bacteria and archaea that may be of different species, as in a metagenome: "
    "each is found by itself.",
)
@sequence_options
@click.option(
    "--tracks",
    metavar="DIR",
    help="Also write a folder that genome browsers open: probabilities along the genome as bigWig, "
    "genes, genome, and sessions for IGV and JBrowse 2.",
)
@click.option(
    "--report",
    metavar="FILE",
    help="Also write a page of HTML: what was run, found, and how sure it is.",
)
@click.option("--summary", help="Also write an account of the run, as JSON.")
@workflow_options
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
@compute_options
@click.option(
    "--batch-size",
    type=click.IntRange(min=1),
    default=8,
    help="Windows in flight for each thread or GPU call.",
)
@click.option(
    "--log-file",
    metavar="FILE",
    help="Also write all messages and a line for every contig, with times.",
)
@quiet_option
@click.option("-v", "--verbose", is_flag=True, help="A line for every contig on stderr.")
def predict(**options: Any) -> None:
    """Find the protein-coding genes of GENOME and write them as GFF3 or in another format.

    GENOME is FASTA, plain, gzip or bgzip; - is standard input. Genes are complete and valid under
    the genetic code, on both strands; only at contig ends and gaps may they be partial, and say so.
    """
    begin = time.perf_counter()
    form, asked = OutputOptions.taken_from(options), ChoiceOptions.taken_from(options)
    given = _Options(form=form, asked=asked, log=Log(None), **options)
    given.check()
    with Log(given.log_file) as log:
        _run(replace(given, log=log), begin)


def _run(given: "_Options", begin: float) -> None:
    """Choose a model, learn what is repeated, and find the genes."""
    from genefinder.compute import Compute
    from genefinder.io.fasta import open_genome
    from genefinder.network.device import choose_device
    from genefinder.saved_choice import SavedChoice

    given.log.write(f"genefinder {__version__} predict {given.genome} --model {given.asked.model}")
    genome = open_genome(given.genome, soft_masks=True)
    choose_device(given.device)  # before minutes are spent
    if given.choice is None:
        choice = given.wanted.decide(
            genome,
            compute=Compute(given.threads, given.batch_size, given.device),
            quiet=given.quiet,
            say=given.say,
        )
    else:
        model = given.asked.model
        choice = SavedChoice.load(given.choice, None if model == AUTO else model)
    _predict(genome, choice, given, begin)


@dataclass(frozen=True, slots=True)
class _Options:
    """What the command line says."""

    genome: str
    form: OutputOptions
    asked: ChoiceOptions
    id_prefix: str
    choice: str | None
    drop_transposons: bool
    circular: bool
    meta: bool
    proteins: str | None
    cds: str | None
    fasta_headers: "FastaHeaders"
    tracks: str | None
    report: str | None
    summary: str | None
    multiqc: str | None
    versions: str | None
    min_posterior: float | None
    min_contig: int
    threads: int
    batch_size: int
    device: str
    quiet: bool
    verbose: bool
    log_file: str | None
    log: Log

    @property
    def destinations(self) -> Destinations:
        """What to write, and where."""
        return Destinations(
            genes=self.form.output,
            format=self.form.form,
            index=self.form.index,
            organism=self.form.organism,
            id_database=self.form.id_database,
            proteins=self.proteins,
            cds=self.cds,
            fasta_headers=self.fasta_headers,
            tracks=self.tracks,
            report=self.report,
            summary=self.summary,
            multiqc=self.multiqc,
            versions=self.versions,
        )

    @property
    def wanted(self) -> ChoiceOptions:
        """What to find genes with: contigs of metagenomes read known species, by the usual code."""
        if not self.meta:
            return self.asked
        code = self.asked.genetic_code or _METAGENOME_CODE
        return replace(self.asked, species=KNOWN, genetic_code=code)

    def check(self) -> None:
        """Refuse outputs that could not be written, and options that exclude each other."""
        self.form.check(id_prefix=self.id_prefix)
        if self.choice is not None and not self.asked.asks_for_model_alone:
            raise click.UsageError(
                "--choice brings species, genetic code and repeats; leave out --species, "
                "--genetic-code and --repeats, or give them to genefinder shard"
            )
        if self.meta and (self.choice, self.asked.species) != (None, AUTO):
            raise click.UsageError(
                "--meta chooses what to read for each contig; leave out --species and --choice"
            )
        if self.tracks is not None:
            from genefinder.tracks import check_tracks_folder

            check_tracks_folder(self.tracks)
        check_destinations(
            self.destinations,
            [self.genome, *([] if self.choice is None else [self.choice])],
            [] if self.log_file is None else [self.log_file],
        )

    def say(self, message: str) -> None:
        """Tell something on standard error and in the log."""
        self.log.write(message)
        if not self.quiet:
            click.echo(message, err=True)

    def follow(self, contig: "PredictedContig") -> None:
        """Tell what became of a contig, where somebody wants to know."""
        if self.verbose:
            self.say(line(contig))
        else:
            self.log.write(line(contig))


def _predict(genome: "Genome", choice: "SavedChoice", given: _Options, begin: float) -> None:
    """Find the genes, write all that is asked for, and say what was found."""
    from genefinder.metagenome import MetagenomePredictor
    from genefinder.output_writer import open_outputs
    from genefinder.predictor import Predictor

    found_by = MetagenomePredictor if given.meta else Predictor
    predictor = found_by(
        choice.model,
        min_posterior=given.min_posterior,
        min_contig=given.min_contig,
        threads=given.threads,
        batch_size=given.batch_size,
        device=given.device,
        id_prefix=given.id_prefix,
        locus_tag_prefix=given.form.locus_tag_prefix,
        repeats=choice.repeats,
        drop_transposons=given.drop_transposons,
        circular=given.circular,
    )
    quiet = given.quiet or given.verbose
    with (
        open_outputs(given.destinations, genome, choice, predictor, began=begin) as writer,
        bases_bar("finding genes: ", genome.known_bases, quiet=quiet) as bar,
    ):
        written = writer.write(bar.update, given.follow)
    contigs = written.contigs
    given.say(
        f"{written.genes:,} genes on {len(contigs):,} contigs ({written.bases / 1e6:.2f} Mb) "
        f"in {written.seconds:.1f} s, model {choice.model.name}{expected(contigs)}"
        f"{skipped(contigs)}"
    )
    if written.look_first:
        given.say("look first at:" + "".join(f"\n  {remark}" for remark in written.look_first))
