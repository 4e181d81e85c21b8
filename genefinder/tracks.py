"""A folder that a genome browser opens: genome, genes, and posteriors along the genome."""

import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from genefinder.data.base_posteriors import BasePosteriors
from genefinder.errors import InputError
from genefinder.grammar import Grammar
from genefinder.grammar.labels import EXON, INTRON, START, STRAND_CHANNELS
from genefinder.grammar.posteriors import Posterior
from genefinder.io.browser_sessions import GENES, GENOME, IGV, JBROWSE, BrowserSession
from genefinder.io.contigs import Contig
from genefinder.io.fasta import Genome
from genefinder.io.gff3 import Gff3Writer
from genefinder.io.index import write_index
from genefinder.io.output import check_folder, open_output
from genefinder.io.sequences import write_record
from genefinder.io.tracks import STRANDS, TrackWriter, Values, check_tracks, track_files
from genefinder.network.scorer import Block
from genefinder.prediction import PredictedContig, genome_name


def track_values(posterior: Posterior) -> list[Values]:
    """Return the values of each track, in the order of :func:`~genefinder.io.tracks.track_files`.

    Parameters
    ----------
    posterior
        Of each base, shape ``(n, 20)``.
    """
    strands = [
        posterior[:, strand * STRAND_CHANNELS : (strand + 1) * STRAND_CHANNELS]
        for strand in range(len(STRANDS))
    ]
    return [
        *(own[:, EXON:INTRON].sum(axis=1) for own in strands),
        *(own[:, INTRON:START].sum(axis=1) for own in strands),
        *(own[:, START:].max(axis=1) for own in strands),
    ]


def check_tracks_folder(path: str | os.PathLike[str]) -> None:
    """Refuse a folder in which tracks could not be written, before time is spent on them.

    Raises
    ------
    InputError
        It is a file or may not be written to, or pyBigWig is not installed.
    """
    check_tracks()
    check_folder(path, "the tracks")


class Tracks:
    """Writes posteriors and genes while these are found; :func:`open_tracks` makes it.

    Parameters
    ----------
    writer
        Of the posteriors.
    genes
        Of the genes.
    grammar
        What genes look like.
    """

    def __init__(self, writer: TrackWriter, genes: Gff3Writer, grammar: Grammar) -> None:
        self._writer = writer
        self._genes = genes
        self._grammar = grammar

    def tapped(self, contig: Contig, blocks: Iterable[Block]) -> Iterator[Block]:
        """Pass on the blocks of a contig, and write its posteriors meanwhile."""
        posteriors = BasePosteriors(self._grammar)
        for codes, scores in blocks:
            for start, part in posteriors.push(codes, scores):
                self._writer.add(contig.name, start, track_values(part))
            yield codes, scores
        for start, part in posteriors.finish():
            self._writer.add(contig.name, start, track_values(part))

    def add(self, contig: PredictedContig) -> None:
        """Write the genes of the next contig."""
        records = [gene.record for gene in contig.genes]
        self._genes.write(contig.name, contig.length, records, circular=contig.circular)

    def end_genes(self, comments: Iterable[tuple[str, str]]) -> None:
        """Write what the header of the genes tells; see ``Prediction.comments``."""
        self._genes.finish(comments)


@contextmanager
def open_tracks(path: str | os.PathLike[str], genome: Genome, grammar: Grammar) -> Iterator[Tracks]:
    """Begin a folder; its files get their names at the end, and are taken away after an error.

    Parameters
    ----------
    path
        The folder, which is made where there is none.
    genome
        It is read once before for the lengths of its contigs, and once afterwards for its bases.
    grammar
        What genes look like.

    Raises
    ------
    InputError
        The folder cannot be written, or the genome cannot be read.
    """
    check_tracks_folder(path)
    folder = Path(path)
    genome.spool()
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"{path}: cannot be made: {error.strerror or error}") from error
    with (
        TrackWriter(folder, genome.contigs) as writer,
        open_output(folder / GENES) as stream,
        Gff3Writer(stream) as genes,
    ):
        yield Tracks(writer, genes, grammar)
    _add_genome(folder, genome)


def _add_genome(folder: Path, genome: Genome) -> None:
    """Write genome, indexes and sessions beside the genes."""
    import pysam

    fasta = folder / GENOME
    with open_output(fasta) as stream:
        for name, letters in genome.letters():
            if letters:
                write_record(stream, name, letters.decode("ascii"))
    pysam.faidx(str(fasta))
    contigs = [(name, length) for name, length in genome.contigs if length]
    name, length = max(contigs, key=lambda contig: contig[1])
    index = write_index(folder / GENES, length)
    session = BrowserSession(genome_name(genome), name, length, Path(index).suffix, track_files())
    for file, text in ((IGV, session.igv()), (JBROWSE, session.jbrowse())):
        with open_output(folder / file) as stream:
            stream.write(text)
