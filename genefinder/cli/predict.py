"""The command that finds the genes of a genome."""

import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import click

from genefinder import __version__
from genefinder.account import expected, line, skipped
from genefinder.cli.decision import decide
from genefinder.cli.display import bases_bar
from genefinder.cli.genetic_code import genetic_code_option
from genefinder.cli.log import Log
from genefinder.cli.output_options import (
    OutputOptions,
    output_options,
    sequence_options,
    workflow_options,
)
from genefinder.cli.repeats_option import MARKS, repeats_option
from genefinder.cli.species_option import AUTO, KNOWN, species_option
from genefinder.io.destinations import Destinations

if TYPE_CHECKING:
    from genefinder.io.fasta import Genome
    from genefinder.io.fasta_headers import FastaHeaders
    from genefinder.prediction import PredictedContig
    from genefinder.repeats import RepeatMarks
    from genefinder.saved_choice import SavedChoice

_POSTERIOR = click.FloatRange(0.0, 1.0)
_METAGENOME_CODE = 11


@click.command(context_settings={"help_option_names": ["-h", "--help"], "show_default": True})
@click.argument("genome")
@output_options
@click.option("--id-prefix", metavar="TEXT", default="g", help="Begins the ID of every gene.")
@click.option(
    "-m",
    "--model",
    default=AUTO,
    help="Name of an installed model, or a model directory; auto compares all installed models on "
    "a sample of the genome.",
)
@click.option(
    "--choice",
    metavar="FILE",
    help="What genefinder shard chose for all shards of a genome, of which GENOME is one.",
)
@species_option
@genetic_code_option(
    "that of the species or model asked for; otherwise found by the stop codons inside long open "
    "frames"
)
@repeats_option
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
    "--log-file",
    metavar="FILE",
    help="Also write all messages and a line for every contig, with times.",
)
@click.option("-q", "--quiet", is_flag=True, help="Only errors on stderr.")
@click.option("-v", "--verbose", is_flag=True, help="A line for every contig on stderr.")
def predict(**options: Any) -> None:
    """Find the protein-coding genes of GENOME and write them as GFF3 or in another format.

    GENOME is FASTA, plain, gzip or bgzip; - is standard input. Genes are complete and valid under
    the genetic code, on both strands; only at contig ends and gaps may they be partial, and say so.
    """
    begin = time.perf_counter()
    given = _Options(form=OutputOptions.taken_from(options), log=Log(None), **options)
    given.check()
    with Log(given.log_file) as log:
        _run(replace(given, log=log), begin)


def _run(given: "_Options", begin: float) -> None:
    """Choose a model, learn what is repeated, and find the genes."""
    from genefinder.compute import Compute
    from genefinder.io.fasta import open_genome
    from genefinder.network.device import choose_device
    from genefinder.saved_choice import SavedChoice

    given.log.write(f"genefinder {__version__} predict {given.genome} --model {given.model}")
    genome = open_genome(given.genome, soft_masks=True)
    choose_device(given.device)  # before minutes are spent
    if given.choice is None:
        choice = decide(
            genome,
            given.model,
            KNOWN if given.meta else given.species,
            genetic_code=given.common_code,
            marks=given.repeats,
            compute=Compute(given.threads, given.batch_size, given.device),
            quiet=given.quiet,
            say=given.say,
        )
    else:
        choice = SavedChoice.load(given.choice, None if given.model == AUTO else given.model)
    _predict(genome, choice, given, begin)


@dataclass(frozen=True, slots=True)
class _Options:
    """What the command line says."""

    genome: str
    form: OutputOptions
    id_prefix: str
    model: str
    choice: str | None
    species: str
    genetic_code: int | None
    repeats: "RepeatMarks"
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
    def common_code(self) -> int | None:
        """The genetic code that is not to be found: the one asked for, or that of metagenomes."""
        return _METAGENOME_CODE if self.meta and self.genetic_code is None else self.genetic_code

    def check(self) -> None:
        """Refuse outputs that could not be written, and options that exclude each other."""
        from genefinder.errors import InputError
        from genefinder.io.output import check_output

        self.form.check(id_prefix=self.id_prefix)
        if self.choice is not None and (
            (self.species, self.genetic_code, self.repeats) != (AUTO, None, MARKS[0])
        ):
            raise click.UsageError(
                "--choice brings species, genetic code and repeats; leave out --species, "
                "--genetic-code and --repeats, or give them to genefinder shard"
            )
        if self.meta and (self.choice, self.species) != (None, AUTO):
            raise click.UsageError(
                "--meta chooses what to read for each contig; leave out --species and --choice"
            )
        if self.tracks is not None:
            from genefinder.tracks import check_folder

            check_folder(self.tracks)
        inputs = [self.genome, *([] if self.choice is None else [self.choice])]
        log = [] if self.log_file is None else [self.log_file]
        try:
            self.destinations.check_names(inputs, others=log)
        except InputError as error:
            raise click.UsageError(str(error)) from error
        for path in (*self.destinations.files, *log):
            check_output(path)

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
    from genefinder.output_writer import OutputWriter
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
        OutputWriter(given.destinations, genome, choice, predictor, began=begin) as writer,
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
