"""The command that finds the genes of a genome."""

import time
from collections import Counter
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import click

from genefinder import __version__
from genefinder.cli.genetic_code import genetic_code_option
from genefinder.cli.output_options import OutputOptions, output_options
from genefinder.cli.species_option import AUTO, choose_shown, species_option

if TYPE_CHECKING:
    from genefinder.choice import Choice
    from genefinder.io.fasta import Genome
    from genefinder.io.fasta_headers import FastaHeaders
    from genefinder.io.summary import ContigSummary
    from genefinder.models.model import Model
    from genefinder.prediction import PredictedContig
    from genefinder.selection import Selection

_POSTERIOR = click.FloatRange(0.0, 1.0)
_MOST = 0.5
"""Where a smaller share of the genes is expected to be right, that is a warning."""
_REMEDY = "keep the surest (--min-posterior), or train on a relative with genes (genefinder train)"


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
@species_option
@genetic_code_option(
    "that of the species or model asked for; otherwise found by the stop codons inside long open "
    "frames"
)
@click.option("--proteins", help="Also write the proteins, as FASTA.")
@click.option("--cds", help="Also write the coding sequences, as FASTA.")
@click.option(
    "--fasta-headers",
    type=click.Choice(("id", "prodigal")),
    default="id",
    help="Of --proteins and --cds: the IDs of the GFF3, or lines as Prodigal writes them.",
)
@click.option("--summary", help="Also write an account of the run, as JSON.")
@click.option(
    "--multiqc",
    metavar="FILE_mqc.json",
    help="Also write a table of what was found, which MultiQC shows.",
)
@click.option(
    "--versions", metavar="FILE", help="Also write the versions of program and libraries, as YAML."
)
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
def predict(**options: Any) -> None:
    """Find the protein-coding genes of GENOME and write them as GFF3 or in another format.

    GENOME is FASTA, plain, gzip or bgzip; - is standard input. Genes are complete and valid under
    the genetic code, on both strands; only at contig ends and gaps may they be partial, and say so.
    """
    from genefinder.io.fasta import open_genome
    from genefinder.models.model import Model
    from genefinder.network.device import choose_device

    begin = time.perf_counter()
    given = _Options(form=OutputOptions.taken_from(options), **options)
    given.check()
    genome = open_genome(given.genome)
    choose_device(given.device)  # before minutes are spent
    named = None if given.model == AUTO else Model.load(given.model)
    choice = _choose(named, genome, given)
    _predict(genome, choice, given, begin)


@dataclass(frozen=True, slots=True)
class _Options:
    """What the command line says."""

    genome: str
    form: OutputOptions
    id_prefix: str
    model: str
    species: str
    genetic_code: int | None
    proteins: str | None
    cds: str | None
    fasta_headers: "FastaHeaders"
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

    @property
    def outputs(self) -> list[str]:
        """Every file to write, that of the genes first."""
        others = (self.proteins, self.cds, self.summary, self.multiqc, self.versions)
        return [self.form.output, *(path for path in others if path is not None)]

    def check(self) -> None:
        """Refuse outputs that could not be written, and options that exclude each other."""
        from genefinder.io.multiqc import SUFFIX
        from genefinder.io.output import check_output, output_place

        self.form.check(id_prefix=self.id_prefix)
        if self.multiqc is not None and not self.multiqc.endswith(SUFFIX):
            raise click.UsageError(
                f"MultiQC knows its files by their names; give --multiqc one that ends in {SUFFIX}"
            )
        taken = set() if self.genome == "-" else {output_place(self.genome)}
        for path in self.outputs:
            place = output_place(path)
            if place is not None and place in taken:
                raise click.UsageError(
                    f"{path} is the genome itself or another output; give every output its own name"
                )
            taken.add(place)
            check_output(path)

    def say(self, message: str) -> None:
        """Tell something on standard error."""
        if not self.quiet:
            click.echo(message, err=True)


def _choose(model: "Model | None", genome: "Genome", given: _Options) -> "Choice":
    """Choose the model that suits the genome, and what it reads; say why."""
    from genefinder.compute import Compute
    from genefinder.grammar.grammar import STANDARD_CODE

    choice = choose_shown(
        genome,
        model,
        given.species,
        genetic_code=given.genetic_code,
        compute=Compute(given.threads, given.batch_size, given.device),
        quiet=given.quiet,
    )
    if choice.signs_text:
        given.say(choice.signs_text)
    if choice.selection is not None:
        given.say(_explain(choice.selection))
        if choice.reason:
            given.say(choice.reason)
        if choice.reads is None and choice.selection.mismatch_warnings:
            given.say(_warn(choice.selection))
    if choice.reads is not None:
        given.say(choice.reads.describe())
    code = choice.model.grammar.genetic_code
    if choice.code is not None and (choice.code.given or code != STANDARD_CODE):
        given.say(f"genetic code {choice.code.describe(code)}")
    return choice


def _predict(
    genome: "Genome",
    choice: "Choice",
    given: _Options,
    begin: float,
) -> None:
    """Find the genes and write all that is asked for."""
    from tqdm import tqdm

    from genefinder.io.index import write_index
    from genefinder.io.multiqc import GeneCounts, write_multiqc
    from genefinder.io.output import open_output
    from genefinder.io.summary import Summary
    from genefinder.io.versions import write_versions
    from genefinder.prediction import genome_name
    from genefinder.predictor import Predictor

    model = choice.model
    own_begin = time.thread_time()
    predictor = Predictor(
        model,
        min_posterior=given.min_posterior,
        min_contig=given.min_contig,
        threads=given.threads,
        batch_size=given.batch_size,
        device=given.device,
        id_prefix=given.id_prefix,
        locus_tag_prefix=given.form.locus_tag_prefix,
    )
    counts = GeneCounts()
    prediction = predictor.predict(genome, remarks=choice.comments(), keep=False)
    with ExitStack() as stack:
        streams = {path: stack.enter_context(open_output(path)) for path in given.outputs}
        bar = stack.enter_context(
            tqdm(unit="b", unit_scale=True, disable=True if given.quiet or given.verbose else None)
        )

        def progress(contig: "PredictedContig") -> None:
            bar.update(contig.length)
            counts.add(contig.length, (gene.record for gene in contig.genes))
            if given.verbose:
                given.say(_line(contig))

        prediction.write(
            streams[given.form.output],
            format=given.form.form,
            organism=given.form.organism,
            id_database=given.form.id_database,
            proteins=None if given.proteins is None else streams[given.proteins],
            cds=None if given.cds is None else streams[given.cds],
            fasta_headers=given.fasta_headers,
            progress=progress,
        )
        seconds = time.perf_counter() - begin
        if given.summary is not None:
            stages = prediction.seconds
            found = stages["input"] + stages["decoder"]
            Summary(
                version=__version__,
                genome=genome_name(genome),
                genome_sha256=genome.sha256,
                model=model.name,
                model_sha256=model.sha256,
                species=None if choice.reads is None else choice.reads.to_dict(),
                settings=prediction.settings,
                contigs=prediction.contigs,
                seconds=seconds,
                stages={
                    "choice": choice.seconds,
                    **stages,
                    "output": time.thread_time() - own_begin - found,
                },
                selection=choice.to_dict(),
            ).write(streams[given.summary])
        if given.multiqc is not None:
            write_multiqc(streams[given.multiqc], genome_name(genome), counts, model.name)
        if given.versions is not None:
            write_versions(streams[given.versions])
        # A full disk or a closed pipe is met here, while no output has its name yet.
        for stream in streams.values():
            stream.flush()
    contigs = prediction.contigs
    if given.form.index:
        write_index(given.form.output, max(contig.bases for contig in contigs))
    genes, bases = sum(contig.genes for contig in contigs), sum(contig.bases for contig in contigs)
    given.say(
        f"{genes:,} genes on {len(contigs):,} contigs ({bases / 1e6:.2f} Mb) "
        f"in {seconds:.1f} s, model {model.name}{_expected(contigs)}{_skipped(contigs)}"
    )


def _explain(selection: "Selection") -> str:
    """Say why a model was chosen."""
    first, *others = selection.assessments
    more = [assessment.model for assessment in others if assessment.score > first.score]
    aside = f" ({' and '.join(more)}: for genomes that no other model fits)" if more else ""
    lines = [
        f"model {first.model}, chosen by --model auto on {selection.bases / 1e3:,.0f} kb of the "
        f"genome: its genes save the most bits in describing 1 kb{aside}"
    ]
    width = max(len(assessment.model) for assessment in selection.assessments)
    for assessment in selection.assessments:
        seen = assessment.profile
        lines.append(
            f"  {assessment.model:{width}} {assessment.score:7.2f}   "
            f"{seen.genes_per_mb:.0f} genes per Mb, {100 * seen.coding:.1f} % coding, "
            f"mean posterior {seen.posterior:.2f}"
        )
    return "\n".join(lines)


def _warn(selection: "Selection") -> str:
    """Say in what a genome is like none that the models know, and what may help."""
    lines = [
        "WARNING: this genome looks like nothing that the installed models were trained "
        "on; expect poor genes.",
        *(f"  {warning}" for warning in selection.mismatch_warnings),
        "  Better: train a model on this species or a relative of it (genefinder train).",
    ]
    return "\n".join(lines)


def _line(contig: "PredictedContig") -> str:
    """Say what became of a contig."""
    fate = f"skipped: {contig.skipped}" if contig.skipped else f"{len(contig.genes):,} genes"
    return f"{contig.name}: {contig.length:,} bases, {fate}"


def _expected(contigs: Sequence["ContigSummary"]) -> str:
    """Say how many genes are right if posteriors keep their word; warn where most are not."""
    genes = sum(contig.genes for contig in contigs)
    if not genes:
        return ""
    right = sum(contig.expected_right for contig in contigs)
    share = right / genes
    expected = (
        f"by their posteriors about {right:,.0f} of them ({share:.0%}) are right in every exon"
    )
    return f"\n{expected}" if share >= _MOST else f"\nWARNING: {expected}; {_REMEDY}"


def _skipped(contigs: Sequence["ContigSummary"]) -> str:
    """Say how many contigs were skipped, by reason; nothing where none was."""
    reasons = Counter(contig.skipped for contig in contigs if contig.skipped)
    if not reasons:
        return ""
    counts = "; ".join(f"{reason}: {number:,}" for reason, number in reasons.items())
    return f"\ncontigs skipped: {counts}"
