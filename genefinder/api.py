"""The Python API: what ``import genefinder`` offers.

No function prints, and none leaves a temporary file; what a user can repair is raised as an error
of :mod:`genefinder.errors`. Functions may be called from several threads at once.
"""

import os
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch

from genefinder.account import with_account
from genefinder.choice import Choice, choose
from genefinder.compute import Compute
from genefinder.data.genome_sample import GenomeSample
from genefinder.errors import InputError
from genefinder.evaluation import Evaluation, check_regions
from genefinder.evaluation import evaluate as compare
from genefinder.genes import Gene, Region
from genefinder.io.annotation import read_annotation
from genefinder.io.contigs import Contig, Letters, contig_of
from genefinder.io.destinations import Destinations
from genefinder.io.fasta import Genome, open_genome
from genefinder.io.fasta_headers import FastaHeaders
from genefinder.io.formats import Format, check_format, format_of
from genefinder.io.output import check_output
from genefinder.io.qualifiers import Qualifiers
from genefinder.io.regions import parse_region
from genefinder.models.model import Model, PretrainedModel, installed_models
from genefinder.output_writer import Written, open_outputs
from genefinder.prediction import PredictedContig, Prediction
from genefinder.predictor import Predictor
from genefinder.repeats import RepeatMarks, learn_repeats
from genefinder.species.statistics import Statistics
from genefinder.species_choice import AUTO, own_statistics
from genefinder.species_choice import learn as learn_genome
from genefinder.tracks import check_tracks_folder

if TYPE_CHECKING:
    from genefinder.training.recipe import Recipe
    from genefinder.training.settings import LabelledGenome, RawGenome

__all__ = [
    "AUTO",
    "Model",
    "Prediction",
    "Predictor",
    "PretrainedModel",
    "Statistics",
    "adapt",
    "annotate",
    "evaluate",
    "installed_models",
    "learn",
    "load_model",
    "predict",
    "predict_sequence",
    "pretrain",
    "train",
]

PathLike = str | os.PathLike[str]
Genes = PathLike | Prediction | Iterable[Gene]
"""A file of GFF3 or GTF, what :func:`predict` returned, or genes."""


def load_model(name: PathLike) -> Model:
    """Load a model that finds genes.

    Parameters
    ----------
    name
        Name of an installed model (see :func:`installed_models`), or a model directory.

    Raises
    ------
    ModelError
        If the model is missing, incomplete, of another format or finds no genes.

    Examples
    --------
    >>> model = genefinder.load_model("plant")
    >>> model.grammar.genetic_code, model.min_posterior
    (1, 0.15)
    """
    return Model.load(_path(name, "the name of a model"))


def predict(
    genome: PathLike | Genome | Mapping[str, str],
    model: str | os.PathLike[str] | Model = AUTO,
    *,
    species: PathLike | Statistics = AUTO,
    genetic_code: int | None = None,
    min_posterior: float | None = None,
    min_contig: int = 0,
    threads: int = 1,
    batch_size: int = 8,
    device: str | torch.device = "auto",
    id_prefix: str = "g",
    locus_tag_prefix: str | None = None,
    repeats: RepeatMarks = "words",
    drop_transposons: bool = False,
    circular: bool = False,
    keep: bool = True,
) -> Prediction:
    """Find the genes of a genome.

    Parameters
    ----------
    genome
        FASTA file, plain, gzip or bgzip; or sequences by name.
    model
        A model, its name or directory; ``auto`` takes of the installed models the one that suits
        the genome best, which is found out at once on a sample.
    species
        What the model reads: the statistics of a species that it knows by name, a file of
        statistics, or statistics; ``known`` takes the best of those that it knows, ``self`` learns
        them from the genome, ``auto`` the better of both, or those of the only species that it
        knows.
    genetic_code
        NCBI translation table; where that is ``None``, a species or a model of one species brings
        its own, and otherwise it is found by the stop codons in long open frames.
    min_posterior
        Leave out genes below this probability; ``None`` takes the model's default.
    min_contig
        Skip contigs of fewer bases.
    threads, batch_size, device
        What to compute with: windows at the same time on the CPU, windows in flight for each, and
        ``auto``, ``cpu``, ``cuda`` or ``cuda:N``. They change no gene.
    id_prefix
        Begins the ID of every gene.
    locus_tag_prefix
        As NCBI or ENA registered it for a project; the genes then have locus tags.
    repeats
        What tells repeats, where coding sequence is penalised: ``words`` (frequent ones), ``case``
        (lower case), ``none``; ``auto`` takes lower case where there is some, else words.
    drop_transposons
        Leave out genes that look like transposons.
    circular
        Take every sequence for circular, not only those whose headers say so.
    keep
        Keep what was found, to be iterated and written as often as one likes; without, memory is
        bounded and it is there once.

    Returns
    -------
    Prediction
        Contigs with genes, predicted as they are asked for.

    Raises
    ------
    GenefinderError
        If the genome, the model or the device cannot be used. What is wrong inside the file is
        met when it is first read: at once, or during the iteration where the model reads nothing of
        it and ``repeats`` is ``none``.

    Examples
    --------
    >>> result = genefinder.predict("genome.fa", model="plant")
    >>> for contig in result:
    ...     for gene in contig.genes:
    ...         print(contig.name, gene.start, gene.end, gene.strand, gene.posterior)
    >>> result.write("genes.gff3.gz", index=True, proteins="proteins.fa")
    >>> result.write("genes.gbk", organism="Arabidopsis thaliana")
    """
    source = _as_source(genome)
    choice, predictor = _decide(
        source,
        model,
        species,
        genetic_code=genetic_code,
        marks=repeats,
        min_posterior=min_posterior,
        min_contig=min_contig,
        threads=threads,
        batch_size=batch_size,
        device=device,
        id_prefix=id_prefix,
        locus_tag_prefix=locus_tag_prefix,
        drop_transposons=drop_transposons,
        circular=circular,
    )
    return predictor.predict(source, remarks=choice.comments(), keep=keep)


def annotate(
    genome: PathLike | Genome,
    genes: PathLike,
    model: str | os.PathLike[str] | Model = AUTO,
    *,
    format: Format | None = None,
    index: bool = False,
    organism: str | None = None,
    id_database: str | None = None,
    proteins: PathLike | None = None,
    cds: PathLike | None = None,
    fasta_headers: FastaHeaders = "id",
    tracks: PathLike | None = None,
    report: PathLike | None = None,
    summary: PathLike | None = None,
    multiqc: PathLike | None = None,
    versions: PathLike | None = None,
    species: PathLike | Statistics = AUTO,
    genetic_code: int | None = None,
    repeats: RepeatMarks = "words",
    progress: Callable[[PredictedContig], None] = lambda contig: None,
    **settings: Any,
) -> Written:
    """Find the genes of a genome and write all that ``genefinder predict`` writes, in one pass.

    The files have the bytes of the command's, and appear when everything is complete. Memory is
    bounded by a contig.

    Parameters
    ----------
    genome
        FASTA file, plain, gzip or bgzip.
    genes
        File of the genes; ``.gz`` for bgzip.
    model, species, genetic_code, repeats
        See :func:`predict`.
    format, index, organism, id_database, proteins, cds, fasta_headers
        See :meth:`Prediction.write <genefinder.prediction.Prediction.write>`; files alone.
    tracks
        Folder that genome browsers open, with bigWig of probabilities; needs pyBigWig.
    report
        Page of HTML: what was run, found, and how sure it is.
    summary
        Account of the run, JSON.
    multiqc
        Table for MultiQC; the name ends in ``_mqc.json``.
    versions
        Versions of program and libraries, YAML.
    progress
        Takes every contig when its genes are written.
    **settings
        Of :class:`Predictor`: ``min_posterior``, ``min_contig``, ``threads``, ``batch_size``,
        ``device``, ``id_prefix``, ``locus_tag_prefix``, ``drop_transposons``, ``circular``.

    Returns
    -------
    Written
        What became of each contig, and what deserves the first look.

    Raises
    ------
    GenefinderError
        If the genome, the model or the device cannot be used, a file cannot be written, or two
        have one name.

    Examples
    --------
    >>> done = genefinder.annotate(
    ...     "genome.fa", "genes.gff3.gz", index=True, report="report.html", tracks="tracks"
    ... )
    >>> done.genes, done.look_first
    """
    begin = time.perf_counter()
    source = _as_genome(genome)
    place = _path(genes, "a file for the genes")
    paths = {"proteins": proteins, "cds": cds, "tracks": tracks, "report": report}
    paths |= {"summary": summary, "multiqc": multiqc, "versions": versions}
    where = Destinations(
        genes=place,
        format=format or format_of(place),
        index=index,
        organism=organism,
        id_database=id_database,
        fasta_headers=fasta_headers,
        **{
            name: _path(path, f"a place for {name}")
            for name, path in paths.items()
            if path is not None
        },
    )
    tagged = settings.get("locus_tag_prefix") is not None
    qualifiers = Qualifiers(organism, id_database)
    check_format(where.format, place, qualifiers=qualifiers, index=index, locus_tags=tagged)
    where.check_names([source.path])
    for path in where.files:
        check_output(path)
    if where.tracks is not None:
        check_tracks_folder(where.tracks)
    choice, predictor = _decide(
        source, model, species, genetic_code=genetic_code, marks=repeats, **settings
    )
    account = with_account(choice, choice.model.name, predictor.repeats)
    with open_outputs(where, source, account, predictor, began=begin) as writer:
        return writer.write(lambda bases: None, progress)


def learn(
    genome: PathLike | Genome | Mapping[str, str],
    model: PathLike | Model = "universal",
    *,
    name: str | None = None,
    genetic_code: int | None = None,
    threads: int = 1,
    device: str | torch.device = "auto",
    progress: Callable[[float], None] = lambda share: None,
) -> Statistics:
    """Learn the statistics of a genome from its sequence alone, for a model to read.

    Parameters
    ----------
    genome
        FASTA file; or sequences by name. A megabase at least.
    model
        A model, its name or directory.
    name
        Of the statistics; the name of the file where that is ``None``.
    genetic_code
        NCBI translation table; where that is ``None``, it is found by the stop codons in long open
        frames.
    threads, device
        See :func:`predict`.
    progress
        Takes the share of the learning that is done, 0 to 1.

    Returns
    -------
    Statistics
        To be given to :func:`predict` as ``species``, or saved with their ``save``.

    Raises
    ------
    GenefinderError
        If the model or the device cannot be used, or the genome cannot be used or is too small.
    """
    learnt = learn_genome(
        _as_model(model),
        GenomeSample(_as_source(genome)),
        name=name,
        genetic_code=genetic_code,
        compute=Compute(threads=threads, device=device),
        progress=progress,
    )
    return own_statistics(learnt)


def predict_sequence(
    sequence: Letters,
    model: PathLike | Model,
    *,
    name: str = "sequence",
    min_posterior: float | None = None,
    device: str | torch.device = "auto",
) -> PredictedContig:
    """Find the genes of one sequence.

    For many sequences, make a :class:`Predictor` once and call its ``find_genes``.

    Parameters
    ----------
    sequence
        Nucleotides of either case; ambiguities count as N.
    model
        A model, its name or directory.
    name
        What the genes call their contig.
    min_posterior, device
        See :func:`predict`.

    Raises
    ------
    GenefinderError
        If the sequence, the model or the device cannot be used.

    Examples
    --------
    >>> contig = genefinder.predict_sequence("ACGT...", "plant")
    >>> [gene.protein() for gene in contig.genes]
    """
    predictor = Predictor(_as_model(model), min_posterior=min_posterior, device=device)
    return predictor.find_genes(sequence, name)


def evaluate(
    reference: Genes, predicted: Genes, regions: Iterable[str | Region] = ()
) -> Evaluation:
    """Compare predicted genes with a reference.

    Parameters
    ----------
    reference, predicted
        Files of GFF3 or GTF, predictions, or genes. Transcripts that make no sense are left out;
        :func:`genefinder.io.annotation.read_annotation` tells which.
    regions
        ``CONTIG`` or ``CONTIG:START-END`` (1-based, closed), or regions: count only what lies
        wholly inside one; everything counts where there are none.

    Returns
    -------
    Evaluation
        Levels ``base``, ``exon``, ``transcript`` and ``gene``, each with ``sensitivity``,
        ``precision`` and ``f1``.

    Raises
    ------
    InputError
        If a file cannot be read or has transcripts without coding sequence alone, a region is none,
        or neither side has genes on its contig.

    Examples
    --------
    >>> genefinder.evaluate("reference.gff3", result).gene.f1
    """
    truth, guess, limits = _as_genes(reference), _as_genes(predicted), _as_regions(regions)
    check_regions(truth, guess, limits)
    return compare(truth, guess, limits)


def train(
    genomes: "Iterable[tuple[PathLike, PathLike] | LabelledGenome]",
    output: PathLike,
    *,
    recipe: "Recipe | None" = None,
    max_minutes: float | None = None,
    max_steps: int | None = None,
    seed: int | None = None,
    validation: Iterable[str | Region] = (),
    exclude: Iterable[str | Region] = (),
    overwrite: bool = False,
    report: Callable[[str], None] = lambda line: None,
    progress: Callable[[float], None] = lambda share: None,
    **settings: Any,
) -> Model:
    """Train a model on annotated genomes.

    Parameters
    ----------
    genomes
        Pairs of FASTA and GFF3 or GTF, or :class:`~genefinder.training.settings.LabelledGenome`.
    output
        Model directory to write, with log, card and checkpoint.
    recipe
        How to train; the usual one where that is ``None``.
    max_minutes, max_steps, seed
        What of it is changed; an hour where nothing says how long.
    validation, exclude
        Regions to validate on, and regions that are not read at all; as for :func:`evaluate`.
        Without ``validation``, it is the end of the first genome's longest contig.
    overwrite
        Replace a model in ``output``, which is refused otherwise.
    report, progress
        Take a line for the user at times, and the share of the budget that is used up, 0 to 1.
    **settings
        Other fields of :class:`~genefinder.training.settings.TrainSettings`: ``network``,
        ``init``, ``next_base``, ``resume``, ``threads``, ``device``, and more.

    Raises
    ------
    GenefinderError
        If the data, the model to start from, the device or the output cannot be used, or the
        output holds a model.

    Examples
    --------
    >>> model = genefinder.train([("genome.fa", "genes.gff3")], "mine", max_minutes=30)
    """
    from genefinder.training.recipe import Recipe, budgeted
    from genefinder.training.settings import LabelledGenome, TrainSettings
    from genefinder.training.train import train as run

    labelled = tuple(
        source
        if isinstance(source, LabelledGenome)
        else LabelledGenome(Path(source[0]), Path(source[1]))
        for source in genomes
    )
    budget = budgeted(recipe or Recipe(), max_minutes, max_steps, seed)
    asked = TrainSettings(
        genomes=labelled,
        output=Path(output),
        validation=tuple(_as_regions(validation)),
        exclude=tuple(_as_regions(exclude)),
        recipe=budget,
        overwrite=overwrite,
        **settings,
    )
    run(asked, report, progress)
    return Model.load(Path(output))


def pretrain(
    genomes: "Iterable[PathLike | RawGenome]",
    output: PathLike,
    *,
    recipe: "Recipe | None" = None,
    max_minutes: float | None = None,
    max_steps: int | None = None,
    seed: int | None = None,
    validation: Iterable[str | Region] = (),
    exclude: Iterable[str | Region] = (),
    overwrite: bool = False,
    report: Callable[[str], None] = lambda line: None,
    progress: Callable[[float], None] = lambda share: None,
    **settings: Any,
) -> PretrainedModel:
    """Prepare a model on genomes without annotation: its encoder learns to predict the next base.

    Parameters
    ----------
    genomes
        FASTA files, or :class:`~genefinder.training.settings.RawGenome`.
    output, recipe, max_minutes, max_steps, seed, validation, exclude, overwrite, report, progress
        See :func:`train`.
    **settings
        Other fields of :class:`~genefinder.training.settings.PretrainSettings`.

    Raises
    ------
    GenefinderError
        As for :func:`train`.

    Examples
    --------
    >>> genefinder.pretrain(["genome.fa"], "raw", max_minutes=30)
    >>> model = genefinder.train([("genome.fa", "genes.gff3")], "mine", init="raw")
    """
    from genefinder.training.pretrain import pretrain as run
    from genefinder.training.recipe import budgeted
    from genefinder.training.settings import PRETRAINING, PretrainSettings, RawGenome

    raw = tuple(
        genome if isinstance(genome, RawGenome) else RawGenome(Path(genome)) for genome in genomes
    )
    budget = budgeted(recipe or PRETRAINING, max_minutes, max_steps, seed)
    asked = PretrainSettings(
        genomes=raw,
        output=Path(output),
        validation=tuple(_as_regions(validation)),
        exclude=tuple(_as_regions(exclude)),
        recipe=budget,
        overwrite=overwrite,
        **settings,
    )
    run(asked, report, progress)
    return PretrainedModel.load(Path(output))


def adapt(
    model: PathLike | Model,
    genome: PathLike | Genome | Mapping[str, str],
    *,
    name: str | None = None,
    genetic_code: int | None = None,
    threads: int = 1,
    device: str | torch.device = "auto",
    progress: Callable[[float], None] = lambda share: None,
) -> Model:
    """Make a model of one species of a genome that nobody annotated.

    Parameters
    ----------
    model
        Where to start, which is not changed: a model, its name or directory.
    genome, name, genetic_code, threads, device, progress
        See :func:`learn`.

    Returns
    -------
    Model
        It has the same network, and knows and reads what :func:`learn` found in the genome; to be
        given to :func:`predict`, or saved with its ``save``.

    Raises
    ------
    GenefinderError
        If the model or the device cannot be used, or the genome cannot be used or is too small.

    Examples
    --------
    >>> model = genefinder.adapt("universal", "genome.fa")
    >>> result = genefinder.predict("relative.fa", model=model)
    """
    start = _as_model(model)
    statistics = learn(
        genome,
        start,
        name=name,
        genetic_code=genetic_code,
        threads=threads,
        device=device,
        progress=progress,
    )
    return replace(start.reading(statistics), statistics=(statistics,), sha256="")


def _decide(
    source: Genome | list[Contig],
    model: str | os.PathLike[str] | Model,
    species: PathLike | Statistics,
    *,
    genetic_code: int | None,
    marks: RepeatMarks,
    **settings: Any,
) -> tuple[Choice, Predictor]:
    """Choose a model, learn what is repeated, and return what finds the genes with them."""
    compute = Compute(
        settings.get("threads", 1), settings.get("batch_size", 8), settings.get("device", "auto")
    )
    choice = choose(
        source,
        None if model == AUTO else _as_model(model),
        species if isinstance(species, Statistics) else _path(species, "statistics, a species"),
        genetic_code=genetic_code,
        compute=compute,
    )
    repeats = learn_repeats(source, choice.model, marks=marks, compute=compute)
    return choice, Predictor(choice.model, repeats=repeats, **settings)


def _as_regions(regions: Iterable[str | Region]) -> list[Region]:
    found = [regions] if isinstance(regions, str | Region) else regions
    return [
        parse_region(region) if isinstance(region, str) else region
        for region in _listed(found, str | Region, "regions: CONTIG, CONTIG:START-END or Region")
    ]


def _as_model(model: PathLike | Model) -> Model:
    return model if isinstance(model, Model) else Model.load(_path(model, "a model, its name"))


def _path(value: object, wanted: str) -> str:
    """Return a path as text."""
    if not isinstance(value, str | os.PathLike):
        raise InputError(f"give {wanted} or its path, not {type(value).__name__}")
    return os.fspath(value)


def _as_source(genome: PathLike | Genome | Mapping[str, str]) -> Genome | list[Contig]:
    if isinstance(genome, Mapping):
        return [contig_of(name, sequence) for name, sequence in genome.items()]
    return _as_genome(genome)


def _as_genome(genome: PathLike | Genome) -> Genome:
    if isinstance(genome, Genome):
        return genome
    path = _path(genome, "a genome: sequences by name, a FASTA file")
    return open_genome(path, soft_masks=True)


def _as_genes(genes: Genes) -> Sequence[Gene]:
    if isinstance(genes, str | os.PathLike):
        annotation = read_annotation(genes)
        annotation.check_coding()
        return annotation.genes
    if isinstance(genes, Prediction):
        return [gene.record for gene in genes.genes()]
    return _listed(genes, Gene, "genes, a prediction, or a file of GFF3 or GTF")


def _listed(values: object, kind: Any, wanted: str) -> list[Any]:
    """Return values of one kind as a list."""
    found = list(values) if isinstance(values, Iterable) else [values]
    strange = [value for value in found if not isinstance(value, kind)]
    if not strange:
        return found
    raise InputError(f"give {wanted}, not {type(strange[0]).__name__}")
